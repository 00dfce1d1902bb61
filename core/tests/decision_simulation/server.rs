//! The model server: it judges each item by itself, keeps keys, versions and receipts, and executes a key once.
//! Its ledger is the truth that the simulation holds the page against.

use std::collections::HashMap;

use action_center_core::decision::{Item, Outcome, Receipted, Request};
use action_center_core::domain::action::Operation;

use crate::dice::Dice;

pub(crate) struct Action {
    pub(crate) id: String,
    pub(crate) version: u64,
    pub(crate) status: &'static str,
    pub(crate) is_reversible: bool,
    pub(crate) expires_at_millis: Option<u64>,
    /// A user who may not decide this one.
    pub(crate) forbidden_to: Option<usize>,
}

/// A request's content.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) operation: Operation,
    pub(crate) comment: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) items: Vec<Item>,
}

impl Body {
    pub(crate) fn of(request: &Request) -> Self {
        Self {
            operation: request.operation,
            comment: request.comment.clone(),
            reason: request.reason.clone(),
            items: request.items.clone(),
        }
    }
}

enum Kept {
    Running,
    Answered(Body, Vec<Receipted>),
}

/// What one item's execution was.
pub(crate) struct Execution {
    pub(crate) user: usize,
    pub(crate) key: String,
    pub(crate) operation: Operation,
    pub(crate) comment: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) item: Item,
}

/// The first look at a request.
pub(crate) enum Reception {
    /// Goes on to be executed.
    Started,
    /// The receipt of the first time.
    Replayed(Vec<Receipted>),
    Problem(u16, &'static str),
}

pub(crate) struct Server {
    pub(crate) actions: Vec<Action>,
    pub(crate) max_batch: usize,
    pub(crate) ledger: Vec<Execution>,
    pub(crate) fails_percent: u64,
    pub(crate) unfamiliar_percent: u64,
    keys: HashMap<(usize, String), Kept>,
}

impl Server {
    pub(crate) fn new(actions: Vec<Action>, max_batch: usize) -> Self {
        let (ledger, keys) = (Vec::new(), HashMap::new());
        Self {
            actions,
            max_batch,
            ledger,
            fails_percent: 0,
            unfamiliar_percent: 0,
            keys,
        }
    }

    /// Keys first, then rights, size and form: the contract's order.
    pub(crate) fn receive(&mut self, user: usize, is_granted: bool, key: &str, body: &Body) -> Reception {
        match self.keys.get(&(user, key.to_owned())) {
            Some(Kept::Running) => return Reception::Problem(409, "in-progress"),
            Some(Kept::Answered(first, receipt)) if first == body => {
                return Reception::Replayed(receipt.clone());
            }
            Some(Kept::Answered(..)) => return Reception::Problem(422, "idempotency-key-reused"),
            None => {}
        }
        if !is_granted {
            return Reception::Problem(403, "forbidden");
        }
        if self.max_batch < body.items.len() {
            return Reception::Problem(413, "too-many-items");
        }
        if body.operation == Operation::Reject && body.comment.is_none() {
            return Reception::Problem(422, "comment-required");
        }
        self.keys.insert((user, key.to_owned()), Kept::Running);
        Reception::Started
    }

    /// The process died with the request: nothing was done, nothing is kept.
    pub(crate) fn crash(&mut self, user: usize, key: &str) {
        self.keys.remove(&(user, key.to_owned()));
    }

    /// Executes what was received. Answers with the receipt and the indexes of the actions that changed.
    pub(crate) fn execute(
        &mut self,
        user: usize,
        key: &str,
        body: &Body,
        now_millis: u64,
        dice: &mut Dice,
    ) -> (Vec<Receipted>, Vec<usize>) {
        let (mut receipt, mut changed) = (Vec::new(), Vec::new());
        for item in &body.items {
            let mut outcome = self.judge(user, item, body.operation, now_millis, dice);
            if outcome == Outcome::Done {
                let found = self.actions.iter().position(|action| action.id == item.id);
                if let Some(index) = found {
                    let action = &mut self.actions[index];
                    action.version += 1;
                    action.status = match body.operation {
                        Operation::Approve => "queued",
                        Operation::Reject => "rejected",
                        Operation::Undo => "undone",
                        Operation::Cancel => "cancelled",
                    };
                    changed.push(index);
                }
                self.ledger.push(Execution {
                    user,
                    key: key.to_owned(),
                    operation: body.operation,
                    comment: body.comment.clone(),
                    reason: body.reason.clone(),
                    item: item.clone(),
                });
            }
            if dice.percent(self.unfamiliar_percent) {
                outcome = Outcome::Other("postponed".to_owned());
            }
            receipt.push(Receipted {
                id: item.id.clone(),
                outcome,
                detail: String::new(),
            });
        }
        self.keys.insert(
            (user, key.to_owned()),
            Kept::Answered(body.clone(), receipt.clone()),
        );
        (receipt, changed)
    }

    fn judge(
        &self,
        user: usize,
        item: &Item,
        operation: Operation,
        now_millis: u64,
        dice: &mut Dice,
    ) -> Outcome {
        let Some(action) = self.actions.iter().find(|action| action.id == item.id) else {
            return Outcome::NotFound;
        };
        if action.forbidden_to == Some(user) {
            return Outcome::Forbidden;
        }
        let is_pending = action.status == "pending";
        let decides = matches!(operation, Operation::Approve | Operation::Reject);
        if decides && !is_pending {
            return Outcome::AlreadyDecided;
        }
        if decides
            && action
                .expires_at_millis
                .is_some_and(|expires| expires <= now_millis)
        {
            return Outcome::Expired;
        }
        let is_possible = match operation {
            Operation::Approve | Operation::Reject => is_pending,
            Operation::Undo => action.status == "completed" && action.is_reversible,
            Operation::Cancel => action.status == "queued",
        };
        if !is_possible {
            return Outcome::NotPossible;
        }
        if action.version.to_string() != item.version {
            return Outcome::Changed;
        }
        if dice.percent(self.fails_percent) {
            return Outcome::Failed;
        }
        Outcome::Done
    }
}
