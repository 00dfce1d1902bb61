//! The state machine. Every public method is one input; what it returns has to be carried out in order, each
//! [`Effect::Persist`] being answered at once by [`Core::stored`].

use std::collections::HashMap;

use crate::domain::action::Operation;

use super::answer::{Answer, Problem, Verdict, enter_receipt, verdict};
use super::backoff::{next_random, pause_millis};
use super::intent::{Cause, Entry, Finding, Hold, Intent, Item, Scope, Stage, State};
use super::record;

/// The contract: a backend keeps keys for 24 hours at least. After that the same key might be taken for a new one, so
/// that the last request has to arrive before; ten minutes are for its way.
const KEY_LIFE_MILLIS: u64 = 24 * 3_600_000 - 600_000;
/// A request without an answer for so long counts as unanswered.
const ANSWER_MILLIS: u64 = 60_000;
/// How long after its sending a request without an answer may still be on its way. A refusal of one that was sent within
/// this time doesn't speak for it.
const STRAGGLER_MILLIS: u64 = 180_000;
/// The same after an answer that settled nothing: browsers and proxies repeat a request by themselves when a connection
/// breaks, and the other copy may come later.
const TWIN_MILLIS: u64 = 10_000;
/// How long a tab that sends is taken to be alive, and how often it says so. Browsers wake a hidden tab once a minute.
const LEASE_MILLIS: u64 = 150_000;
const RENEWAL_MILLIS: u64 = 30_000;
/// How long a queued intent locks its items in other tabs.
const QUEUE_LEASE_MILLIS: u64 = 600_000;
/// A tab that was not woken for so long was asleep, or its clock was set.
const SLEEP_MILLIS: u64 = 90_000;
/// The contract's limit of a comment, in characters.
const MAX_COMMENT_CHARS: usize = 4_000;
/// How many requests of one batch may be unanswered at the same time.
const PARALLEL: u32 = 2;

/// The clock and the dice of one input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Unix time in milliseconds. It may jump; the core notices.
    pub now_millis: u64,
    /// Any random number: it spreads the repetitions.
    pub random: u64,
}

/// A decision as a person confirmed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What to do.
    pub operation: Operation,
    /// To which actions, in the versions on screen.
    pub items: Vec<Item>,
    /// The comment as typed; white space alone counts as none.
    pub comment: Option<String>,
    /// The reason's word, for a rejection.
    pub reason: Option<String>,
}

/// Why a confirmation was not taken. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No items.
    Empty,
    /// This id comes twice.
    Twice(String),
    /// This item has no id or no version: nobody can have seen it.
    NoVersion(String),
    /// These items are being decided, or what became of their last decision is unknown.
    Locked(Vec<String>),
    /// More than 4,000 characters.
    LongComment,
    /// Too few keys, one that is known, or one that is not 8 to 128 visible ASCII characters.
    BadKeys,
    /// Nobody is known to be signed in.
    NoSession,
    /// The batch is another user's, or belongs to another API.
    OtherScope,
    /// Nothing here can be done again.
    Nothing,
}

/// A confirmation that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    /// The batch, by which it is asked about.
    pub batch: String,
    /// To be carried out in order.
    pub effects: Vec<Effect>,
}

/// A request, the same each time that it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The `Idempotency-Key`, which also names the intent.
    pub key: String,
    /// To be given back with the answer.
    pub attempt: u32,
    /// What to do.
    pub operation: Operation,
    /// The comment, without white space around it.
    pub comment: Option<String>,
    /// The reason's word.
    pub reason: Option<String>,
    /// The frozen list.
    pub items: Vec<Item>,
}

/// Why the session has to be read before anything can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// It has ended: a person has to sign in.
    SignedOut,
    /// The token is old.
    Token,
    /// The page slept, was offline, or its clock was set.
    Woken,
    /// The backend takes fewer items than it said. Nothing waits for this.
    Limit,
}

/// What the page has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Write the record under the key, where other tabs can read it, and tell [`Core::stored`] at once.
    Persist {
        /// The intent's key.
        key: String,
        /// What to write.
        record: String,
    },
    /// Remove the record.
    Forget {
        /// The intent's key.
        key: String,
    },
    /// Send it, and tell [`Core::answered`], also when nothing comes back.
    Send(Request),
    /// Read the session, and tell [`Core::session`].
    AskSession(Ask),
    /// The storage is full. Ask whether to go on without ([`Core::go_on`]) or not ([`Core::stop`]).
    Unstored {
        /// The batch that waits.
        batch: String,
    },
    /// A record can't be read: say so. It stays where it is; another version of the page may read it.
    Unreadable {
        /// The record's key.
        key: String,
    },
    /// Something to draw changed.
    Changed,
}

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
    /// Another tab, which asks.
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

/// What concerns a batch as a whole; its intents know their batch.
#[derive(Debug, Clone)]
struct Group {
    id: String,
    /// Waits for an answer on the full storage.
    is_blocked: bool,
    /// A person chose to go on without storage.
    is_unstored: bool,
}

/// The decision core of one tab.
#[derive(Debug, Clone)]
pub struct Core {
    tab: String,
    scope: Option<Scope>,
    max_batch: usize,
    is_online: bool,
    /// Whether the session is known to be good.
    is_open: bool,
    /// Since when nothing can be sent, if so.
    shut_at_millis: Option<u64>,
    /// The backend asked this user to slow down until then.
    not_before_millis: u64,
    /// How often it did so since the last receipt.
    throttles: u32,
    renewed_at_millis: u64,
    now_millis: u64,
    random: u64,
    intents: Vec<Intent>,
    groups: Vec<Group>,
    /// Item id → key of the intent that locks it.
    locks: HashMap<String, String>,
    effects: Vec<Effect>,
}

impl Core {
    /// A core that knows nobody and nothing.
    ///
    /// `tab` must survive a reload and be unique among the open tabs: a browser that duplicates a tab copies its
    /// session storage, so that a page has to make sure of its name (a Web Lock of that name) before it uses it.
    #[must_use]
    pub fn new(tab: &str) -> Self {
        Self {
            tab: tab.to_owned(),
            scope: None,
            max_batch: 1,
            is_online: true,
            is_open: false,
            shut_at_millis: None,
            not_before_millis: 0,
            throttles: 0,
            renewed_at_millis: 0,
            now_millis: 0,
            random: 0,
            intents: Vec::new(),
            groups: Vec::new(),
            locks: HashMap::new(),
            effects: Vec::new(),
        }
    }

    // What the world says.

    /// The session was read: who is signed in, where, and `capabilities.maxBatch`. What waited for it goes on, if it is
    /// this user's.
    pub fn session(&mut self, scope: Scope, max_batch: usize, at: Moment) -> Vec<Effect> {
        self.begin(at);
        if self.scope.as_ref() != Some(&scope) {
            self.scope = Some(scope);
            let scope = self.scope.as_ref();
            for intent in &mut self.intents {
                if intent.stage == Stage::Queued && Some(&intent.scope) != scope {
                    intent.stage = Stage::Held(Hold::Woken);
                }
            }
            self.relock();
        }
        self.max_batch = max_batch.max(1);
        self.is_open = true;
        self.reopen();
        self.end()
    }

    /// A 401 came for something else than a decision.
    pub fn signed_out(&mut self, at: Moment) -> Vec<Effect> {
        self.begin(at);
        self.shut(Ask::SignedOut);
        self.end()
    }

    /// The browser lost or found its network.
    pub fn online(&mut self, is_online: bool, at: Moment) -> Vec<Effect> {
        self.begin(at);
        if is_online && !self.is_online {
            self.shut(Ask::Woken);
        }
        self.is_online = is_online;
        if !is_online {
            self.shut_at_millis.get_or_insert(at.now_millis);
        }
        self.end()
    }

    /// The page comes back from sleep or from the back/forward cache.
    pub fn woken(&mut self, at: Moment) -> Vec<Effect> {
        self.begin(at);
        self.wake();
        self.end()
    }

    /// Time has passed: to be called at [`Core::next_wake_millis`] at the latest.
    pub fn tick(&mut self, at: Moment) -> Vec<Effect> {
        self.begin(at);
        self.end()
    }

    /// When [`Core::tick`] is due, in Unix milliseconds; `None` while there is nothing to wait for.
    #[must_use]
    pub fn next_wake_millis(&self) -> Option<u64> {
        let mut wake: Option<u64> = None;
        let mut due = |millis: u64| wake = Some(wake.map_or(millis, |earliest| earliest.min(millis)));
        for intent in &self.intents {
            if !intent.is_own {
                due(intent.lease_until_millis);
            }
            if !intent.is_moving() {
                continue;
            }
            due(self.renewed_at_millis + RENEWAL_MILLIS);
            match intent.stage {
                Stage::Flying(since_millis) => due(since_millis + ANSWER_MILLIS),
                Stage::Waiting { until_millis, .. } if self.may_send(intent) => {
                    due(until_millis.max(self.not_before_millis));
                }
                Stage::Queued if self.may_send(intent) && self.now_millis < self.not_before_millis => {
                    due(self.not_before_millis);
                }
                _ => {}
            }
        }
        wake
    }

    /// An event or a page showed this version of an action. It is shown on a locked row; an unknown outcome is asked
    /// for at once. It proves nothing: somebody else may have done it.
    pub fn observed(&mut self, id: &str, version: &str, at: Moment) -> Vec<Effect> {
        self.begin(at);
        let spread = next_random(&mut self.random) % 1_000;
        if let Some(index) = self.locking(id) {
            let intent = &mut self.intents[index];
            for entry in intent.entries.iter_mut().filter(|entry| entry.item.id == id) {
                if entry.item.version == version || entry.newer_version.as_deref() == Some(version) {
                    continue;
                }
                entry.newer_version = Some(version.to_owned());
                self.effects.push(Effect::Changed);
                if let Stage::Waiting {
                    until_millis,
                    imposed: false,
                } = intent.stage
                {
                    let until_millis = until_millis.min(at.now_millis + spread);
                    intent.stage = Stage::Waiting {
                        until_millis,
                        imposed: false,
                    };
                }
            }
        }
        self.end()
    }

    // What a person says.

    /// How many keys a decision on so many items needs.
    #[must_use]
    pub fn keys_needed(&self, n_items: usize) -> usize {
        n_items.div_ceil(self.max_batch)
    }

    /// A person confirmed a decision. The list is frozen and cut into requests; each gets one of the `keys` for good.
    ///
    /// # Errors
    /// Says why nothing was taken.
    pub fn confirm(&mut self, draft: Draft, keys: &[String], at: Moment) -> Result<Confirmed, Refusal> {
        self.begin(at);
        match self.take_draft(draft, keys) {
            Err(refusal) => {
                // What time brought is not lost with the refusal: it comes with the next input.
                Err(refusal)
            }
            Ok(batch) => Ok(Confirmed {
                batch,
                effects: self.end(),
            }),
        }
    }

    /// A record was written, or could not be.
    pub fn stored(&mut self, key: &str, is_stored: bool, at: Moment) -> Vec<Effect> {
        self.begin(at);
        if let Some(index) = self.position(key).filter(|index| self.intents[*index].is_own) {
            let stage = self.intents[index].stage;
            let group = self
                .groups
                .iter_mut()
                .find(|group| group.id == self.intents[index].batch);
            let is_taken = is_stored || group.as_ref().is_some_and(|group| group.is_unstored);
            if is_taken && stage == Stage::Storing {
                if !is_stored {
                    // What stands there says that it was never sent: worse than nothing.
                    self.effects.push(Effect::Forget { key: key.to_owned() });
                }
                self.intents[index].stage = Stage::Waiting {
                    until_millis: at.now_millis,
                    imposed: false,
                };
                self.intents[index].sent_at_millis = Some(at.now_millis);
            } else if !is_taken && matches!(stage, Stage::Storing | Stage::Queued) {
                self.intents[index].stage = Stage::Queued;
                self.intents[index].sent_at_millis = None;
                if let Some(group) = group.filter(|group| !group.is_blocked) {
                    group.is_blocked = true;
                    self.effects.push(Effect::Unstored {
                        batch: group.id.clone(),
                    });
                    self.effects.push(Effect::Changed);
                }
            }
        }
        self.end()
    }

    /// A person wants to go on although the storage is full: a reload would lose track of what is unanswered.
    pub fn go_on(&mut self, batch: &str, at: Moment) -> Vec<Effect> {
        self.begin(at);
        for group in self.groups.iter_mut().filter(|group| group.id == batch) {
            group.is_blocked = false;
            group.is_unstored = true;
            self.effects.push(Effect::Changed);
        }
        self.end()
    }

    /// A person pressed Stop: what was not sent stays unsent. What was sent can't be called back.
    pub fn stop(&mut self, batch: &str, at: Moment) -> Vec<Effect> {
        self.begin(at);
        for intent in self
            .intents
            .iter_mut()
            .filter(|intent| intent.is_own && intent.batch == batch)
        {
            if matches!(intent.stage, Stage::Queued | Stage::Storing | Stage::Held(_)) {
                intent.stage = Stage::Held(Hold::Stopped);
                intent.sent_at_millis = None;
                intent.is_written = true;
                self.effects.push(Effect::Forget {
                    key: intent.key.clone(),
                });
                self.effects.push(Effect::Changed);
            }
        }
        for group in self.groups.iter_mut().filter(|group| group.id == batch) {
            group.is_blocked = false;
        }
        self.relock();
        self.end()
    }

    /// A person confirms what was not sent once more: after Stop, a reload, or sleep.
    ///
    /// # Errors
    /// Says why nothing goes on.
    pub fn resume(&mut self, batch: &str, at: Moment) -> Result<Vec<Effect>, Refusal> {
        self.begin(at);
        let is_held = |intent: &Intent| {
            intent.is_own && intent.batch == batch && matches!(intent.stage, Stage::Held(_))
        };
        let held = || self.intents.iter().filter(|intent| is_held(intent));
        if held().next().is_none() {
            return Err(Refusal::Nothing);
        }
        if held().any(|intent| Some(&intent.scope) != self.scope.as_ref()) {
            return Err(Refusal::OtherScope);
        }
        let ids = held().flat_map(|intent| intent.entries.iter().map(|entry| entry.item.id.as_str()));
        let locked = self.locked(ids);
        if !locked.is_empty() {
            return Err(Refusal::Locked(locked));
        }
        for intent in self.intents.iter_mut().filter(|intent| is_held(intent)) {
            intent.stage = Stage::Queued;
            intent.lease_until_millis = at.now_millis + QUEUE_LEASE_MILLIS;
            intent.is_written = false;
        }
        self.effects.push(Effect::Changed);
        self.relock();
        Ok(self.end())
    }

    /// A person wants the failed items of a batch tried again: a new intent with new keys, in the same batch.
    /// What is unknown, and what the server refused for a reason that stays, is not touched.
    ///
    /// # Errors
    /// Says why nothing is tried.
    pub fn retry_failed(&mut self, batch: &str, keys: &[String], at: Moment) -> Result<Vec<Effect>, Refusal> {
        self.begin(at);
        let (mut items, mut like) = (Vec::new(), None);
        for intent in self
            .intents
            .iter()
            .filter(|intent| intent.is_own && intent.batch == batch)
        {
            for entry in intent.entries.iter().filter(|entry| is_retriable(entry)) {
                if self.locking(&entry.item.id).is_none() {
                    items.push(entry.item.clone());
                    like = Some(intent);
                }
            }
        }
        let Some(like) = like else {
            return Err(Refusal::Nothing);
        };
        if Some(&like.scope) != self.scope.as_ref() {
            return Err(Refusal::OtherScope);
        }
        let draft = Draft {
            operation: like.operation,
            items,
            comment: like.comment.clone(),
            reason: like.reason.clone(),
        };
        let round = self.rounds(batch);
        self.check_keys(keys, draft.items.len())?;
        for intent in self
            .intents
            .iter_mut()
            .filter(|intent| intent.is_own && intent.batch == batch)
        {
            for entry in intent.entries.iter_mut().filter(|entry| is_retriable(entry)) {
                entry.superseded = draft.items.iter().any(|item| item.id == entry.item.id);
            }
        }
        self.enqueue(batch, round + 1, draft, keys);
        Ok(self.end())
    }

    /// A person looked at what can't be found out any more (see [`Why::KeyTooOld`], [`Why::Unfamiliar`]) and takes the
    /// lock off. The outcome stays unknown in the receipts.
    pub fn release(&mut self, id: &str, at: Moment) -> Vec<Effect> {
        self.begin(at);
        if let Some(index) = self
            .locking(id)
            .filter(|index| self.intents[*index].is_own && self.intents[*index].stage == Stage::Stalled)
        {
            let key = self.intents[index].key.clone();
            self.locks.remove(id);
            if !self.locks.values().any(|locking| *locking == key) {
                self.intents[index].stage = Stage::Settled;
                self.effects.push(Effect::Forget { key });
            }
            self.effects.push(Effect::Changed);
        }
        self.end()
    }

    /// The receipts of a batch were closed. A batch that is not finished stays.
    pub fn dismiss(&mut self, batch: &str, at: Moment) -> Vec<Effect> {
        self.begin(at);
        let is_busy = |intent: &Intent| intent.is_own && intent.batch == batch && intent.is_locking();
        if !self.intents.iter().any(is_busy) {
            for intent in self
                .intents
                .iter()
                .filter(|intent| intent.is_own && intent.batch == batch)
            {
                if matches!(intent.stage, Stage::Held(_)) {
                    self.effects.push(Effect::Forget {
                        key: intent.key.clone(),
                    });
                }
            }
            self.intents
                .retain(|intent| !intent.is_own || intent.batch != batch);
            self.groups.retain(|group| group.id != batch);
            self.effects.push(Effect::Changed);
        }
        self.end()
    }

    // What the server says.

    /// An answer came for a request, or none. A receipt counts whenever it comes; all else only for the request that is
    /// awaited.
    pub fn answered(&mut self, key: &str, attempt: u32, answer: Answer, at: Moment) -> Vec<Effect> {
        self.begin(at);
        let live = self.position(key).filter(|index| self.intents[*index].is_live());
        let awaited = live.and_then(|index| match self.intents[index].stage {
            Stage::Flying(since_millis) if self.intents[index].attempt == attempt => Some(since_millis),
            _ => None,
        });
        match (answer, live, awaited) {
            (Answer::Receipt(results), Some(index), _) => {
                self.throttles = 0;
                enter_receipt(&mut self.intents[index].entries, &results);
                self.settle(index, awaited);
                self.effects.push(Effect::Changed);
            }
            (Answer::NoAnswer | Answer::Unreadable, Some(index), Some(since_millis)) => {
                self.doubt(index, since_millis, None);
            }
            (Answer::Problem(problem), Some(index), Some(since_millis)) => {
                self.take_problem(index, since_millis, problem);
            }
            // The limit is the user's, not the request's.
            (Answer::Problem(problem), _, None) if verdict(&problem) == Verdict::Throttled => {
                self.slow_down(problem.retry_after_millis);
            }
            _ => {}
        }
        self.end()
    }

    // What is kept between page loads and between tabs.

    /// The records that the storage holds, as (key, record), at the start of the page.
    ///
    /// What this tab sent before comes back as unknown and is asked for again, with the same key and body. What it had
    /// not sent yet comes back as unsent: it goes only when a person says so, for the page that they confirmed it on is
    /// gone. What another tab keeps locks its items here, and is taken over when that tab's lease has lapsed.
    pub fn restore(&mut self, records: &[(String, String)], at: Moment) -> Vec<Effect> {
        self.begin(at);
        for (key, record) in records {
            self.take_record(key, record);
        }
        for index in 0..self.intents.len() {
            if !self.intents[index].is_own && self.intents[index].tab == self.tab {
                self.own(index);
            }
        }
        self.adopt();
        self.supersede();
        self.relock();
        self.end()
    }

    /// Another tab wrote (or, with `None`, removed) a record.
    pub fn shared(&mut self, key: &str, record: Option<&str>, at: Moment) -> Vec<Effect> {
        self.begin(at);
        match record {
            Some(record) => self.take_record(key, record),
            None => {
                self.intents.retain(|intent| intent.is_own || intent.key != key);
                // Somebody looked at it in the other tab. What this tab still asks for, it goes on asking for: the answer is
                // the same.
                for intent in self.intents.iter_mut().filter(|intent| intent.key == key) {
                    if intent.stage == Stage::Stalled {
                        intent.stage = Stage::Settled;
                    }
                }
            }
        }
        self.adopt();
        self.supersede();
        self.relock();
        self.effects.push(Effect::Changed);
        self.end()
    }

    /// Another tab is known to be closed (its Web Lock is free): what it left is taken over at once.
    pub fn orphaned(&mut self, tab: &str, at: Moment) -> Vec<Effect> {
        self.begin(at);
        for intent in self
            .intents
            .iter_mut()
            .filter(|intent| !intent.is_own && intent.tab == tab)
        {
            intent.lease_until_millis = 0;
        }
        self.adopt();
        self.end()
    }

    // What can be asked.

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
                Stage::Held(_) | Stage::Stalled | Stage::Settled => {}
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
                batch.can_retry += usize::from(is_retriable(entry) && self.locking(&entry.item.id).is_none());
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

    // Inside.

    /// Takes the clock, and what its passing brings.
    fn begin(&mut self, at: Moment) {
        self.random = self.random.wrapping_add(at.random);
        let (before_millis, now_millis) = (self.now_millis, at.now_millis);
        self.now_millis = now_millis;
        if before_millis == 0 {
            self.renewed_at_millis = now_millis;
            return;
        }
        if now_millis < before_millis {
            self.shift(before_millis - now_millis);
        } else if before_millis + SLEEP_MILLIS < now_millis && self.intents.iter().any(Intent::is_moving) {
            self.wake();
        }
        for index in 0..self.intents.len() {
            let intent = &self.intents[index];
            match intent.stage {
                Stage::Flying(since_millis)
                    if intent.is_own && since_millis + ANSWER_MILLIS <= now_millis =>
                {
                    self.doubt(index, since_millis, None);
                }
                _ => {}
            }
        }
        self.adopt();
        self.renew();
    }

    /// Sends what may be sent, and hands out the effects.
    fn end(&mut self) -> Vec<Effect> {
        let mut is_full = vec![0; self.groups.len()];
        let place =
            |groups: &[Group], intent: &Intent| groups.iter().position(|group| group.id == intent.batch);
        for intent in self.intents.iter().filter(|intent| intent.is_own) {
            if matches!(
                intent.stage,
                Stage::Storing | Stage::Flying(_) | Stage::Waiting { .. }
            ) && let Some(place) = place(&self.groups, intent)
            {
                is_full[place] += 1;
            }
        }
        for index in 0..self.intents.len() {
            let intent = &self.intents[index];
            if !matches!(intent.stage, Stage::Queued | Stage::Waiting { .. }) || !self.may_send(intent) {
                continue;
            }
            match intent.stage {
                Stage::Waiting { until_millis, .. }
                    if until_millis.max(self.not_before_millis) <= self.now_millis =>
                {
                    self.launch(index);
                }
                Stage::Queued if self.not_before_millis <= self.now_millis => {
                    let Some(place) = place(&self.groups, intent) else {
                        continue;
                    };
                    if self.groups[place].is_blocked || PARALLEL <= is_full[place] {
                        continue;
                    }
                    // Another tab may have sent one of its items meanwhile: it waits for that answer.
                    let is_other = |entry: &Entry| {
                        self.locks
                            .get(&entry.item.id)
                            .is_some_and(|key| *key != intent.key)
                    };
                    if intent.entries.iter().any(is_other) {
                        continue;
                    }
                    is_full[place] += 1;
                    let now_millis = self.now_millis;
                    let intent = &mut self.intents[index];
                    for entry in &intent.entries {
                        self.locks.insert(entry.item.id.clone(), intent.key.clone());
                    }
                    intent.stage = Stage::Storing;
                    intent.sent_at_millis = Some(now_millis);
                    intent.lease_until_millis = now_millis + LEASE_MILLIS;
                    self.persist(index);
                }
                _ => {}
            }
        }
        for index in 0..self.intents.len() {
            if !self.intents[index].is_written {
                self.persist(index);
            }
        }
        if self.effects.contains(&Effect::Changed) {
            self.effects.retain(|effect| *effect != Effect::Changed);
            self.effects.push(Effect::Changed);
        }
        std::mem::take(&mut self.effects)
    }

    fn may_send(&self, intent: &Intent) -> bool {
        self.is_open && self.is_online && intent.is_own && self.scope.as_ref() == Some(&intent.scope)
    }

    fn launch(&mut self, index: usize) {
        let now_millis = self.now_millis;
        let intent = &mut self.intents[index];
        let sent_at_millis = *intent.sent_at_millis.get_or_insert(now_millis);
        if sent_at_millis + KEY_LIFE_MILLIS <= now_millis {
            intent.stage = Stage::Stalled;
            self.effects.push(Effect::Changed);
            return;
        }
        intent.attempt += 1;
        intent.stage = Stage::Flying(now_millis);
        self.effects.push(Effect::Send(Request {
            key: intent.key.clone(),
            attempt: intent.attempt,
            operation: intent.operation,
            comment: intent.comment.clone(),
            reason: intent.reason.clone(),
            items: intent.entries.iter().map(|entry| entry.item.clone()).collect(),
        }));
        self.effects.push(Effect::Changed);
    }

    fn take_draft(&mut self, draft: Draft, keys: &[String]) -> Result<String, Refusal> {
        if self.scope.is_none() {
            return Err(Refusal::NoSession);
        }
        if draft.items.is_empty() {
            return Err(Refusal::Empty);
        }
        if let Some(item) = draft
            .items
            .iter()
            .find(|item| item.id.is_empty() || item.version.is_empty())
        {
            return Err(Refusal::NoVersion(item.id.clone()));
        }
        let mut ids: Vec<&str> = draft.items.iter().map(|item| item.id.as_str()).collect();
        ids.sort_unstable();
        if let Some(pair) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Refusal::Twice(pair[0].to_owned()));
        }
        if draft
            .comment
            .as_ref()
            .is_some_and(|comment| MAX_COMMENT_CHARS < comment.trim().chars().count())
        {
            return Err(Refusal::LongComment);
        }
        let locked = self.locked(draft.items.iter().map(|item| item.id.as_str()));
        if !locked.is_empty() {
            return Err(Refusal::Locked(locked));
        }
        self.check_keys(keys, draft.items.len())?;
        let Some(batch) = keys.first().cloned() else {
            return Err(Refusal::BadKeys);
        };
        self.groups.push(Group {
            id: batch.clone(),
            is_blocked: false,
            is_unstored: false,
        });
        self.enqueue(&batch, 0, draft, keys);
        Ok(batch)
    }

    fn check_keys(&self, keys: &[String], n_items: usize) -> Result<(), Refusal> {
        let is_bad = |(index, key): (usize, &String)| {
            let is_formed = (8..=128).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
            !is_formed || keys[..index].contains(key) || self.position(key).is_some()
        };
        let needed = self.keys_needed(n_items);
        if keys.len() < needed || keys.iter().enumerate().take(needed).any(is_bad) {
            return Err(Refusal::BadKeys);
        }
        Ok(())
    }

    /// Cuts a frozen list into intents and writes them down.
    fn enqueue(&mut self, batch: &str, round: u64, draft: Draft, keys: &[String]) {
        let Some(scope) = self.scope.clone() else { return };
        let trimmed = |text: &Option<String>| {
            text.as_deref()
                .map(str::trim)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let (comment, reason) = (trimmed(&draft.comment), trimmed(&draft.reason));
        let mut items = draft.items.into_iter();
        for key in keys {
            let entries: Vec<Entry> = items.by_ref().take(self.max_batch).map(Entry::new).collect();
            if entries.is_empty() {
                break;
            }
            for entry in &entries {
                self.locks.insert(entry.item.id.clone(), key.clone());
            }
            self.intents.push(Intent {
                key: key.clone(),
                batch: batch.to_owned(),
                round,
                scope: scope.clone(),
                operation: draft.operation,
                comment: comment.clone(),
                reason: reason.clone(),
                entries,
                confirmed_at_millis: self.now_millis,
                sent_at_millis: None,
                tab: self.tab.clone(),
                lease_until_millis: self.now_millis + QUEUE_LEASE_MILLIS,
                is_own: true,
                is_written: false,
                stage: Stage::Queued,
                is_doubtful: false,
                straggling_until_millis: 0,
                attempt: 0,
                failures: 0,
                rejections: 0,
            });
        }
        self.effects.push(Effect::Changed);
    }

    fn take_problem(&mut self, index: usize, since_millis: u64, problem: Problem) {
        match verdict(&problem) {
            Verdict::Doubt => self.doubt(index, since_millis, problem.retry_after_millis),
            Verdict::Throttled => {
                let until_millis = self.slow_down(problem.retry_after_millis);
                let imposed = true;
                self.intents[index].straggle(self.now_millis + TWIN_MILLIS);
                self.intents[index].stage = Stage::Waiting {
                    until_millis,
                    imposed,
                };
            }
            Verdict::SignedOut => self.take_rejection(index, Ask::SignedOut),
            Verdict::TokenRefused => self.take_rejection(index, Ask::Token),
            Verdict::TurnedDown(refused) => {
                if refused.is_limit {
                    self.effects.push(Effect::AskSession(Ask::Limit));
                }
                let intent = &mut self.intents[index];
                if since_millis < intent.straggling_until_millis && !refused.is_lasting {
                    self.again(index, problem.retry_after_millis);
                } else {
                    let Problem {
                        status, word, detail, ..
                    } = problem;
                    let finding = Finding::Refused {
                        cause: Cause::Problem { status, word },
                        detail,
                        can_retry: refused.can_retry,
                    };
                    for entry in &mut intent.entries {
                        if entry.finding == Finding::Open {
                            entry.finding = finding.clone();
                        }
                    }
                    self.settle(index, None);
                }
            }
        }
        self.effects.push(Effect::Changed);
    }

    /// The session or its token was refused. The first time it goes at once when the session is there; a backend that
    /// refuses every session is not asked without pause.
    fn take_rejection(&mut self, index: usize, ask: Ask) {
        let rejections = self.intents[index].rejections;
        let pause = match rejections {
            0 => 0,
            _ => pause_millis(rejections + 1, None, true, next_random(&mut self.random)),
        };
        self.intents[index].rejections = rejections.saturating_add(1);
        self.intents[index].straggle(self.now_millis + TWIN_MILLIS);
        self.intents[index].stage = Stage::Waiting {
            until_millis: self.now_millis + pause,
            imposed: true,
        };
        self.shut(ask);
    }

    /// Nothing goes before the time that the backend gave. Answers with that time.
    fn slow_down(&mut self, retry_after_millis: Option<u64>) -> u64 {
        self.throttles = self.throttles.saturating_add(1);
        let pause = pause_millis(
            self.throttles,
            retry_after_millis,
            true,
            next_random(&mut self.random),
        );
        self.not_before_millis = self.not_before_millis.max(self.now_millis + pause);
        self.not_before_millis
    }

    /// An attempt of unknown fate: the same again, later.
    fn doubt(&mut self, index: usize, since_millis: u64, retry_after_millis: Option<u64>) {
        let intent = &mut self.intents[index];
        intent.is_doubtful = true;
        intent.straggle(since_millis + STRAGGLER_MILLIS);
        self.again(index, retry_after_millis);
    }

    fn again(&mut self, index: usize, retry_after_millis: Option<u64>) {
        let intent = &mut self.intents[index];
        intent.failures = intent.failures.saturating_add(1);
        let pause = pause_millis(
            intent.failures,
            retry_after_millis,
            false,
            next_random(&mut self.random),
        );
        intent.stage = Stage::Waiting {
            until_millis: self.now_millis + pause,
            imposed: retry_after_millis.is_some(),
        };
        self.effects.push(Effect::Changed);
    }

    /// Follows from what is proven now; `since_millis` if an answer was awaited and left something open.
    fn settle(&mut self, index: usize, since_millis: Option<u64>) {
        if self.intents[index].has_open() {
            if let Some(since_millis) = since_millis {
                self.doubt(index, since_millis, None);
            }
        } else if self.intents[index]
            .entries
            .iter()
            .any(|it| matches!(it.finding, Finding::Unfamiliar { .. }))
        {
            self.intents[index].stage = Stage::Stalled;
        } else {
            self.intents[index].stage = Stage::Settled;
            self.effects.push(Effect::Forget {
                key: self.intents[index].key.clone(),
            });
        }
        let intent = &self.intents[index];
        for entry in &intent.entries {
            if matches!(entry.finding, Finding::Done { .. } | Finding::Refused { .. })
                && self.locks.get(&entry.item.id) == Some(&intent.key)
            {
                self.locks.remove(&entry.item.id);
            }
        }
    }

    fn take_record(&mut self, key: &str, text: &str) {
        if self.position(key).is_some_and(|index| self.intents[index].is_own) {
            return;
        }
        let Some(mut intent) = record::decode(text).filter(|intent| intent.key == key) else {
            self.effects.push(Effect::Unreadable { key: key.to_owned() });
            return;
        };
        // A clock that was set back must not make it younger than now, nor its owner immortal.
        intent.confirmed_at_millis = intent.confirmed_at_millis.min(self.now_millis);
        intent.sent_at_millis = intent.sent_at_millis.map(|millis| millis.min(self.now_millis));
        let longest = if intent.sent_at_millis.is_some() {
            LEASE_MILLIS
        } else {
            QUEUE_LEASE_MILLIS
        };
        intent.lease_until_millis = intent.lease_until_millis.min(self.now_millis + longest);
        self.intents.retain(|known| known.key != key);
        self.intents.push(intent);
        self.effects.push(Effect::Changed);
    }

    /// Makes an intent this tab's.
    fn own(&mut self, index: usize) {
        let now_millis = self.now_millis;
        let intent = &mut self.intents[index];
        intent.is_own = true;
        intent.tab.clone_from(&self.tab);
        if intent.sent_at_millis.is_some() {
            intent.stage = Stage::Waiting {
                until_millis: now_millis,
                imposed: false,
            };
            // It may have been sent a moment ago.
            intent.straggle(now_millis + STRAGGLER_MILLIS);
            intent.lease_until_millis = now_millis + LEASE_MILLIS;
            let batch = intent.batch.clone();
            self.persist(index);
            self.group(&batch);
        } else {
            let batch = intent.batch.clone();
            self.group(&batch);
        }
    }

    /// The latest round of a batch.
    fn rounds(&self, batch: &str) -> u64 {
        let of_batch = self.intents.iter().filter(|intent| intent.batch == batch);
        of_batch.map(|intent| intent.round).max().unwrap_or(0)
    }

    /// Records don't say that a later round took an item over: found out again from the rounds.
    fn supersede(&mut self) {
        if self.intents.iter().all(|intent| intent.round == 0) {
            return;
        }
        let mut latest: HashMap<(String, String), u64> = HashMap::new();
        for intent in self.intents.iter().filter(|intent| intent.is_own) {
            for entry in &intent.entries {
                let round = latest
                    .entry((intent.batch.clone(), entry.item.id.clone()))
                    .or_default();
                *round = intent.round.max(*round);
            }
        }
        for intent in self.intents.iter_mut().filter(|intent| intent.is_own) {
            for entry in &mut intent.entries {
                let place = (intent.batch.clone(), entry.item.id.clone());
                entry.superseded |= latest.get(&place).is_some_and(|round| intent.round < *round);
            }
        }
    }

    fn group(&mut self, batch: &str) {
        if !self.groups.iter().any(|group| group.id == batch) {
            self.groups.push(Group {
                id: batch.to_owned(),
                is_blocked: false,
                is_unstored: false,
            });
        }
    }

    /// Takes over what tabs that are gone had sent. What they had only queued is left alone: it was never sent, its actions
    /// are as pending as before, and the tab may come back. After the keys' life it is removed.
    fn adopt(&mut self) {
        let now_millis = self.now_millis;
        let is_left = |intent: &Intent| !intent.is_own && intent.lease_until_millis <= now_millis;
        if !self.intents.iter().any(is_left) {
            return;
        }
        for index in 0..self.intents.len() {
            let intent = &self.intents[index];
            if !is_left(intent) {
                continue;
            }
            if intent.sent_at_millis.is_some() {
                self.own(index);
            } else if intent.confirmed_at_millis + KEY_LIFE_MILLIS <= now_millis {
                let key = intent.key.clone();
                self.effects.push(Effect::Forget { key });
            }
        }
        self.intents.retain(|intent| !is_left(intent));
        self.supersede();
        self.relock();
        self.effects.push(Effect::Changed);
    }

    /// Says that this tab still lives, for what it has sent.
    fn renew(&mut self) {
        let now_millis = self.now_millis;
        if now_millis < self.renewed_at_millis + RENEWAL_MILLIS {
            return;
        }
        self.renewed_at_millis = now_millis;
        for index in 0..self.intents.len() {
            if self.intents[index].is_moving() && self.intents[index].is_live() {
                self.intents[index].lease_until_millis = now_millis + LEASE_MILLIS;
                self.persist(index);
            }
        }
    }

    fn persist(&mut self, index: usize) {
        let intent = &mut self.intents[index];
        intent.is_written = true;
        let (key, record) = (intent.key.clone(), record::encode(intent));
        self.effects.push(Effect::Persist { key, record });
    }

    /// Nothing is sent until the session was read.
    fn shut(&mut self, ask: Ask) {
        self.shut_at_millis.get_or_insert(self.now_millis);
        if self.is_open {
            self.is_open = false;
            self.effects.push(Effect::AskSession(ask));
            self.effects.push(Effect::Changed);
        }
    }

    /// The way is free again. After a long time, what was only queued waits for a person: the page they saw is old.
    fn reopen(&mut self) {
        if !self.is_online {
            return;
        }
        if let Some(shut_at_millis) = self.shut_at_millis.take()
            && shut_at_millis + SLEEP_MILLIS < self.now_millis
        {
            self.hold_queued();
        }
        self.effects.push(Effect::Changed);
    }

    fn wake(&mut self) {
        for intent in self
            .intents
            .iter_mut()
            .filter(|intent| intent.is_own && intent.is_live())
        {
            // How long it slept is not known by this clock: requests may still be on their way.
            intent.straggle(self.now_millis + STRAGGLER_MILLIS);
        }
        self.hold_queued();
        self.shut(Ask::Woken);
    }

    fn hold_queued(&mut self) {
        for intent in self
            .intents
            .iter_mut()
            .filter(|intent| intent.is_own && intent.stage == Stage::Queued)
        {
            intent.stage = Stage::Held(Hold::Woken);
            self.effects.push(Effect::Changed);
        }
        self.relock();
    }

    /// The clock was set back: what lay ahead stays as far ahead, what lay behind as far behind.
    fn shift(&mut self, by_millis: u64) {
        let back = |millis: &mut u64| *millis = millis.saturating_sub(by_millis);
        back(&mut self.not_before_millis);
        back(&mut self.renewed_at_millis);
        if let Some(millis) = &mut self.shut_at_millis {
            back(millis);
        }
        for intent in &mut self.intents {
            back(&mut intent.confirmed_at_millis);
            back(&mut intent.lease_until_millis);
            back(&mut intent.straggling_until_millis);
            if let Some(millis) = &mut intent.sent_at_millis {
                back(millis);
            }
            match &mut intent.stage {
                Stage::Flying(millis)
                | Stage::Waiting {
                    until_millis: millis, ..
                } => back(millis),
                Stage::Queued | Stage::Held(_) | Stage::Storing | Stage::Stalled | Stage::Settled => {}
            }
        }
    }

    fn position(&self, key: &str) -> Option<usize> {
        self.intents.iter().position(|intent| intent.key == key)
    }

    fn locking(&self, id: &str) -> Option<usize> {
        self.position(self.locks.get(id)?)
    }

    fn locked<'a>(&self, ids: impl Iterator<Item = &'a str>) -> Vec<String> {
        ids.filter(|id| self.locks.contains_key(*id))
            .map(str::to_owned)
            .collect()
    }

    /// Rebuilds the locks. Another user's intents lock nothing for this one: to them they are another analyst's.
    fn relock(&mut self) {
        self.locks.clear();
        // What was sent comes last and wins over what still waits for its turn.
        for is_sent in [false, true] {
            for intent in self.intents.iter().filter(|intent| intent.is_live() == is_sent) {
                let is_mine = self.scope.as_ref().is_none_or(|scope| *scope == intent.scope);
                let is_locking = if intent.is_own {
                    intent.is_locking()
                } else {
                    self.now_millis < intent.lease_until_millis
                };
                if is_mine && is_locking {
                    for entry in &intent.entries {
                        let is_open = matches!(entry.finding, Finding::Open | Finding::Unfamiliar { .. });
                        if is_open && !entry.superseded {
                            self.locks.insert(entry.item.id.clone(), intent.key.clone());
                        }
                    }
                }
            }
        }
    }

    fn why(&self, intent: &Intent, entry: &Entry) -> Why {
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

fn is_retriable(entry: &Entry) -> bool {
    !entry.superseded && matches!(entry.finding, Finding::Refused { can_retry: true, .. })
}
