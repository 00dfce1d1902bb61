//! What can be asked: locks for the rows, sums and receipts for the batches. Nothing here changes anything.

use super::Core;
use crate::decision::intent::{Entry, Finding, Hold, Intent, Item, Stage, State};
use crate::domain::action::Operation;

/// What an item waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Nothing: it is proven.
    Proven,
    /// Its place in the queue.
    Queue,
    /// The answer.
    Answer,
    /// The next attempt, at this time in milliseconds.
    Again(u64),
    /// Somebody to sign in, or the session to be read.
    Session,
    /// The network.
    Offline,
    /// An answer on the full storage.
    Storage,
    /// A person, after Stop.
    Stopped,
    /// A person, after the page was loaded again.
    Restored,
    /// A person, after the page slept.
    Woken,
    /// A person, because the backend may have forgotten the key.
    KeyTooOld,
    /// A person, because the answer has a word that this version does not know.
    Unfamiliar,
    /// The user who confirmed it, or the API where it was confirmed.
    OtherScope,
    /// Another tab, which asks or already knows.
    OtherTab,
}

/// Why a row can't be decided now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// What is being done to it.
    pub operation: Operation,
    /// How far that is.
    pub state: State,
    /// What it waits for.
    pub why: Why,
    /// A newer version that an event showed meanwhile: evidence to show, no proof.
    pub newer_version: Option<String>,
}

/// How a batch adds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Items confirmed: the sum of all others, always.
    pub total: usize,
    /// Took effect.
    pub done: usize,
    /// Proven to have had no effect.
    pub refused: usize,
    /// May or may not have taken effect.
    pub unknown: usize,
    /// Never sent.
    pub unsent: usize,
    /// On their way.
    pub sending: usize,
}

/// One item of a batch, for the receipts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemView<'a> {
    /// The key of the request that carries it, by which a backend's log can be searched.
    pub key: &'a str,
    /// The action, as confirmed.
    pub item: &'a Item,
    /// How far it is.
    pub state: State,
    /// What the server said.
    pub finding: &'a Finding,
    /// What it waits for.
    pub why: Why,
    /// A newer version that an event showed since.
    pub newer_version: Option<&'a str>,
}

/// A batch as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its name.
    pub id: String,
    /// What was confirmed.
    pub operation: Operation,
    /// How it adds up.
    pub tally: Tally,
    /// Whether it goes on by itself.
    pub is_running: bool,
    /// Items that were never sent and go only when a person says so ([`Core::resume`]).
    pub held: usize,
    /// Refused items that can be tried again ([`Core::retry_failed`]).
    pub can_retry: usize,
    /// Whether it waits for an answer on the full storage.
    pub is_unstored: bool,
}

impl Core {
    /// Why this action can't be decided now; `None` if it can.
    #[must_use]
    pub fn lock(&self, id: &str) -> Option<Lock> {
        let intent = &self.intents[self.locking(id)?];
        let entry = intent.entries.iter().find(|entry| entry.item.id == id)?;
        Some(Lock {
            operation: intent.operation,
            state: intent.state_of(entry),
            why: self.why(intent, entry),
            newer_version: entry.newer_version.clone(),
        })
    }

    /// What was done to an action in this version, by a receipt that came here: what is shown in this version is old.
    #[must_use]
    pub fn decided(&self, id: &str, version: &str) -> Option<Operation> {
        let word = self.decided.get(&[id, "\n", version].concat())?;
        Operation::ALL
            .into_iter()
            .find(|operation| operation.word() == word)
    }

    /// The batches of this page, oldest first.
    pub fn batches(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().map(|group| group.id.as_str())
    }

    /// A batch as a whole.
    #[must_use]
    pub fn batch(&self, id: &str) -> Option<Batch> {
        let group = self.groups.iter().find(|group| group.id == id)?;
        let mut batch: Option<Batch> = None;
        for intent in self
            .intents
            .iter()
            .filter(|intent| intent.is_own && intent.batch == id)
        {
            let batch = batch.get_or_insert_with(|| Batch {
                id: id.to_owned(),
                operation: intent.operation,
                tally: Tally::default(),
                is_running: false,
                held: 0,
                can_retry: 0,
                is_unstored: group.is_blocked,
            });
            match intent.stage {
                Stage::Queued => batch.is_running |= !group.is_blocked,
                Stage::Storing | Stage::Flying(_) | Stage::Waiting { .. } => batch.is_running = true,
                Stage::Held(_) | Stage::Stalled | Stage::Away | Stage::Settled => {}
            }
            for entry in intent.entries.iter().filter(|entry| !entry.superseded) {
                let tally = &mut batch.tally;
                tally.total += 1;
                match intent.state_of(entry) {
                    State::Unsent => tally.unsent += 1,
                    State::Sending => tally.sending += 1,
                    State::Unknown => tally.unknown += 1,
                    State::Done => tally.done += 1,
                    State::Refused => tally.refused += 1,
                }
                batch.held += usize::from(matches!(intent.stage, Stage::Held(_)));
                batch.can_retry +=
                    usize::from(entry.is_retriable() && self.locking(&entry.item.id).is_none());
            }
        }
        batch
    }

    /// The items of a batch, in the order confirmed; what was tried again stands behind.
    pub fn items<'a>(&'a self, batch: &'a str) -> impl Iterator<Item = ItemView<'a>> {
        let of_batch = move |intent: &&Intent| intent.is_own && intent.batch == batch;
        self.intents.iter().filter(of_batch).flat_map(move |intent| {
            intent
                .entries
                .iter()
                .filter(|entry| !entry.superseded)
                .map(move |entry| ItemView {
                    key: &intent.key,
                    item: &entry.item,
                    state: intent.state_of(entry),
                    finding: &entry.finding,
                    why: self.why(intent, entry),
                    newer_version: entry.newer_version.as_deref(),
                })
        })
    }

    /// How many items wait for another user to come back, or for another API.
    #[must_use]
    pub fn parked(&self) -> usize {
        let is_parked = |intent: &&Intent| {
            intent.is_own
                && intent.is_live()
                && self.scope.as_ref().is_some_and(|scope| *scope != intent.scope)
        };
        self.intents
            .iter()
            .filter(is_parked)
            .map(|intent| intent.entries.len())
            .sum()
    }

    /// The other tabs whose intents are known here, some perhaps several times. Whether they live is for the page to find out
    /// (see [`Core::orphaned`]).
    pub fn other_tabs(&self) -> impl Iterator<Item = &str> {
        let others = self
            .intents
            .iter()
            .filter(|intent| !intent.is_own && intent.is_elsewhere());
        others.map(|intent| intent.tab.as_str())
    }

    pub(super) fn why(&self, intent: &Intent, entry: &Entry) -> Why {
        if matches!(entry.finding, Finding::Done { .. } | Finding::Refused { .. }) {
            return Why::Proven;
        }
        if matches!(entry.finding, Finding::Unfamiliar { .. }) {
            return Why::Unfamiliar;
        }
        if !intent.is_own {
            return Why::OtherTab;
        }
        if intent.is_locking() && self.scope.as_ref().is_some_and(|scope| *scope != intent.scope) {
            return Why::OtherScope;
        }
        match intent.stage {
            Stage::Held(Hold::Stopped) => Why::Stopped,
            Stage::Held(Hold::Restored) => Why::Restored,
            Stage::Held(Hold::Woken) => Why::Woken,
            Stage::Away => Why::OtherTab,
            Stage::Settled if intent.tab != self.tab => Why::OtherTab,
            Stage::Stalled | Stage::Settled => Why::KeyTooOld,
            Stage::Flying(_) | Stage::Storing => Why::Answer,
            Stage::Queued
                if self
                    .groups
                    .iter()
                    .any(|it| it.id == intent.batch && it.is_blocked) =>
            {
                Why::Storage
            }
            _ if !self.is_online => Why::Offline,
            _ if !self.is_open => Why::Session,
            Stage::Queued => Why::Queue,
            Stage::Waiting { until_millis, .. } => Why::Again(until_millis.max(self.not_before_millis)),
        }
    }
}
