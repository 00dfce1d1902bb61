//! What a decision does to actions: item by item, inside one transaction. Also the one thing that time decides: expiry.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use action_center_core::domain::action::{Action, Decider, Operation};
use action_center_core::domain::time::Time;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::access::{Visitor, is_guarded};
use crate::database::rows::{self, Event, Stored};
use crate::database::{Result, investigations};

/// Items in one decision at most.
pub const MAX_BATCH: usize = 100;
/// Characters in a comment at most.
pub const MAX_COMMENT_CHARS: usize = 4_000;
/// Answers are kept so long; the contract asks for 24 hours at least.
const KEEP_ANSWERS: i64 = 48 * action_center_core::domain::time::HOUR;

/// A decision that was read and found sound.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// What is to be done.
    pub operation: Operation,
    /// What the user wrote; never white space alone.
    pub comment: Option<String>,
    /// Of a rejection.
    pub reason: Option<String>,
    /// Ids with the versions that the user saw.
    pub items: Vec<(String, String)>,
}

/// What became of one item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The action's id.
    pub id: String,
    /// The contract's word.
    pub word: &'static str,
    /// More words, for people.
    pub detail: Option<String>,
    /// The action as it now is.
    pub action: Option<Action>,
    /// Whether it changed, by the decision or because its time was up.
    pub has_changed: bool,
}

impl Outcome {
    fn of(word: &'static str, action: Action, detail: Option<String>) -> Self {
        Self {
            id: action.id.clone(),
            word,
            detail,
            has_changed: false,
            action: Some(action),
        }
    }
}

/// Decides about every item. One that fails stops none of the others.
///
/// # Errors
/// Where SQLite fails as a whole; then nothing has changed.
pub fn decide(
    transaction: &Transaction<'_>,
    now: Time,
    decision: &Decision,
    visitor: &Visitor,
) -> Result<Vec<Outcome>> {
    decision
        .items
        .iter()
        .map(|(id, version)| {
            transaction.execute_batch("SAVEPOINT item")?;
            match decide_item(transaction, now, decision, visitor, id, version) {
                Ok(outcome) => {
                    transaction.execute_batch("RELEASE item")?;
                    Ok(outcome)
                }
                Err(error) => {
                    eprintln!("failed: the decision about {id:?}: {error}");
                    transaction.execute_batch("ROLLBACK TO item; RELEASE item")?;
                    Ok(Outcome {
                        id: id.clone(),
                        word: "failed",
                        detail: Some("The backend could not write. Nothing happened.".to_owned()),
                        action: None,
                        has_changed: false,
                    })
                }
            }
        })
        .collect()
}

fn decide_item(
    connection: &Connection,
    now: Time,
    decision: &Decision,
    visitor: &Visitor,
    id: &str,
    version: &str,
) -> Result<Outcome> {
    let Some(stored) = rows::get(connection, id)? else {
        return Ok(Outcome {
            id: id.to_owned(),
            word: "notFound",
            detail: None,
            action: None,
            has_changed: false,
        });
    };
    let Stored {
        action,
        is_sample,
        extra,
    } = stored;
    if is_guarded(&action) && !visitor.role.is_administrator() {
        let detail = "Needs the role Security administrator.".to_owned();
        return Ok(Outcome::of("forbidden", action, Some(detail)));
    }
    if action.is_expired_at(now) {
        let expired = expired(&action, now);
        change(
            connection,
            &action,
            expired.clone(),
            is_sample,
            extra,
            expiry_event(&expired),
        )?;
        let is_judged = matches!(decision.operation, Operation::Approve | Operation::Reject);
        let word = if is_judged { "expired" } else { "notPossible" };
        return Ok(Outcome {
            has_changed: true,
            ..Outcome::of(word, expired, None)
        });
    }
    if !decision
        .operation
        .fits(&action.status, action.reversible == Some(true))
    {
        let (word, detail) = refusal(connection, &action, decision.operation)?;
        return Ok(Outcome::of(word, action, detail));
    }
    if action.version != version {
        let detail = "It changed after you saw it.".to_owned();
        return Ok(Outcome::of("changed", action, Some(detail)));
    }
    let by = Decider {
        kind: "user".to_owned(),
        name: visitor.name.clone(),
    };
    let after = decided(&action, decision, by.clone(), now);
    let word = match decision.operation {
        Operation::Approve => "approved",
        Operation::Reject => "rejected",
        Operation::Undo => "undone",
        Operation::Cancel => "cancelled",
    };
    let event = Event {
        comment: decision.comment.clone(),
        reason: decision.reason.clone(),
        ..Event::new(after.updated_at, word, Some(by))
    };
    change(connection, &action, after.clone(), is_sample, extra, event)?;
    Ok(Outcome {
        has_changed: true,
        ..Outcome::of("done", after, None)
    })
}

/// The action after a decision that was possible.
fn decided(action: &Action, decision: &Decision, by: Decider, now: Time) -> Action {
    let mut after = next(action, now);
    let at = after.updated_at;
    match decision.operation {
        Operation::Approve | Operation::Reject => {
            let is_approved = decision.operation == Operation::Approve;
            let (status, word) = if is_approved {
                ("queued", "approved")
            } else {
                ("rejected", "rejected")
            };
            status.clone_into(&mut after.status);
            after.decision = Some(word.to_owned());
            after.decided_by = Some(by);
            after.decided_at = Some(at);
            after.expires_at = None;
            after.comment.clone_from(&decision.comment);
        }
        Operation::Undo | Operation::Cancel => {
            let status = if decision.operation == Operation::Undo {
                "undone"
            } else {
                after.ended_at = Some(at);
                "cancelled"
            };
            status.clone_into(&mut after.status);
            // Who approved stays on record; the timeline says who took it back.
            if decision.comment.is_some() {
                after.comment.clone_from(&decision.comment);
            }
        }
    }
    after
}

/// Why an operation is not possible in an action's status.
fn refusal(
    connection: &Connection,
    action: &Action,
    operation: Operation,
) -> Result<(&'static str, Option<String>)> {
    let is_before = match operation {
        Operation::Approve | Operation::Reject => match action.status.as_str() {
            "expired" => return Ok(("expired", None)),
            status => action.decision.is_some() || matches!(status, "rejected" | "cancelled" | "undone"),
        },
        Operation::Undo => action.status == "undone",
        Operation::Cancel => action.status == "cancelled",
    };
    if !is_before {
        return Ok(("notPossible", None));
    }
    let last = rows::life(connection, action)?.into_iter().rfind(|event| {
        matches!(
            event.event.as_str(),
            "approved" | "rejected" | "undone" | "cancelled"
        )
    });
    let detail = last.and_then(|event| {
        let by = event.by?;
        Some(format!(
            "Already {} by {} at {} UTC.",
            event.event,
            by.name,
            event.at.to_clock(0, false)
        ))
    });
    Ok(("alreadyDecided", detail))
}

/// A copy with the next version and a later `updatedAt`.
#[must_use]
pub fn next(action: &Action, now: Time) -> Action {
    let mut after = action.clone();
    let number: u64 = action.version.parse().unwrap_or(0);
    after.version = (number + 1).to_string();
    after.updated_at = now.max(action.updated_at.plus(1));
    after
}

/// Writes a changed action, what happened to it, and what it means for its investigation.
///
/// # Errors
/// Where SQLite fails.
pub fn change(
    connection: &Connection,
    before: &Action,
    after: Action,
    is_sample: bool,
    extra: Option<String>,
    event: Event,
) -> Result<()> {
    rows::live_on(connection, before, event)?;
    let stored = Stored {
        action: after,
        is_sample,
        extra,
    };
    rows::put(connection, &stored)?;
    match &stored.action.investigation_id {
        Some(id) => investigations::refresh(connection, id),
        None => Ok(()),
    }
}

fn expired(action: &Action, now: Time) -> Action {
    let mut after = next(action, now);
    "expired".clone_into(&mut after.status);
    after.decision = Some("expired".to_owned());
    after.decided_by = Some(Decider {
        kind: "system".to_owned(),
        name: "System".to_owned(),
    });
    after.decided_at = action.expires_at;
    after
}

fn expiry_event(expired: &Action) -> Event {
    Event::new(
        expired.decided_at.unwrap_or(expired.updated_at),
        "expired",
        expired.decided_by.clone(),
    )
}

/// Turns every pending action that is past its deadline into a rejection by the system, and gives those that changed.
///
/// # Errors
/// Where SQLite fails; then nothing has changed.
pub fn expire(transaction: &Transaction<'_>, now: Time) -> Result<Vec<Action>> {
    let due: Vec<Stored> = transaction
        .prepare_cached(
            "SELECT json, is_sample, extra FROM action WHERE is_pending = 1 AND expires <= ?1 ORDER BY expires, id",
        )?
        .query_map([now.0], rows::stored)?
        .collect::<Result<_>>()?;
    due.into_iter()
        .map(|stored| {
            let after = expired(&stored.action, now);
            let event = expiry_event(&after);
            change(
                transaction,
                &stored.action,
                after.clone(),
                stored.is_sample,
                stored.extra,
                event,
            )?;
            Ok(after)
        })
        .collect()
}

/// A kept answer: the body that it was given to, and the receipt.
///
/// # Errors
/// Where SQLite fails.
pub fn kept_answer(connection: &Connection, user: &str, key: &str) -> Result<Option<(String, String)>> {
    connection
        .prepare_cached("SELECT body, receipt FROM answer WHERE user = ?1 AND key = ?2")?
        .query_row([user, key], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Keeps an answer, and forgets those that are old enough.
///
/// # Errors
/// Where SQLite fails.
pub fn keep_answer(
    connection: &Connection,
    user: &str,
    key: &str,
    body: &str,
    receipt: &str,
    now: Time,
) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM answer WHERE at < ?1")?
        .execute([now.plus(-KEEP_ANSWERS).0])?;
    connection
        .prepare_cached("INSERT INTO answer (user, key, body, receipt, at) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![user, key, body, receipt, now.0])?;
    Ok(())
}

/// Users' idempotency keys whose first request runs now.
#[derive(Default)]
pub struct Running(Mutex<HashSet<(String, String)>>);

/// Holds a key until it is dropped.
pub struct Claim<'a> {
    running: &'a Running,
    of: (String, String),
}

impl Running {
    /// Claims a key; none where a request with it runs already.
    pub fn claim(&self, user: &str, key: &str) -> Option<Claim<'_>> {
        let of = (user.to_owned(), key.to_owned());
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if running.insert(of.clone()) {
            Some(Claim { running: self, of })
        } else {
            None
        }
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut running = self.running.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.remove(&self.of);
    }
}
