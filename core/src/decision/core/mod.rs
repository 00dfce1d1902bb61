//! The state machine: its state, its clock, and what goes out. Every public method that takes a [`Moment`] is one input;
//! what it returns has to be carried out in order, each [`Effect::Persist`] being answered at once by [`Core::stored`],
//! whose effects come behind those that are still to be carried out.

mod effect;
mod person;
mod reply;
mod tabs;
#[cfg(test)]
mod tests;
mod view;

pub use self::effect::{Ask, Confirmed, Draft, Effect, Moment, Refusal, Request};
pub use self::view::{Batch, ItemView, Lock, Tally, Why};

use std::collections::HashMap;

use super::backoff::next_random;
use super::intent::{Entry, Finding, Hold, Intent, Scope, Stage};
use super::record;

/// The contract: a backend keeps keys for 24 hours at least. After that the same key might be taken for a new one, so
/// that the last request has to arrive before; ten minutes are for its way.
const KEY_LIFE_MILLIS: u64 = 24 * 3_600_000 - 600_000;
/// A request without an answer for so long counts as unanswered.
const ANSWER_MILLIS: u64 = 60_000;
/// How long after its sending a request without an answer may still be on its way. A refusal of one that was sent within
/// this time doesn't speak for it.
const STRAGGLER_MILLIS: u64 = 180_000;
/// How long a tab that sends is taken to be alive, and how often it says so. Browsers wake a hidden tab once a minute.
const LEASE_MILLIS: u64 = 150_000;
const RENEWAL_MILLIS: u64 = 30_000;
/// How long a queued intent locks its items in other tabs.
const QUEUE_LEASE_MILLIS: u64 = 600_000;
/// A tab that was not woken for so long was asleep, or its clock was set.
const SLEEP_MILLIS: u64 = 90_000;
/// How many requests of one batch may be unanswered at the same time.
const PARALLEL: u32 = 2;

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
///
/// After an input that was refused ([`Refusal`]) nothing is handed out; what the passing of time brought comes with the
/// next input, so that a [`Core::tick`] should follow.
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
    closed_tabs: Vec<String>,
    /// Item id → key of the intent that locks it.
    locks: HashMap<String, String>,
    /// Item id, a line break and the version that was signed → the word of what was done to it.
    decided: HashMap<String, String>,
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
            closed_tabs: Vec::new(),
            locks: HashMap::new(),
            decided: HashMap::new(),
            effects: Vec::new(),
        }
    }

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
            if intent.is_elsewhere() {
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
        self.reread();
        self.renew();
    }

    /// Sends what may be sent, and hands out the effects.
    fn end(&mut self) -> Vec<Effect> {
        let mut is_full = vec![0; self.groups.len()];
        let mut is_open = vec![false; self.groups.len()];
        let place =
            |groups: &[Group], intent: &Intent| groups.iter().position(|group| group.id == intent.batch);
        for intent in self.intents.iter().filter(|intent| intent.is_own) {
            let Some(place) = place(&self.groups, intent).filter(|_| !intent.is_at_rest()) else {
                continue;
            };
            is_open[place] = !self.groups[place].is_unstored;
            if matches!(
                intent.stage,
                Stage::Storing | Stage::Flying(_) | Stage::Waiting { .. }
            ) {
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
            let intent = &mut self.intents[index];
            let is_over = || place(&self.groups, intent).is_none_or(|place| !is_open[place]);
            if intent.is_own && intent.is_at_rest() && is_over() {
                // Should its batch go on, it is written again.
                intent.is_written = false;
                self.forget(index);
            } else if !intent.is_written {
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

    fn persist(&mut self, index: usize) {
        let intent = &mut self.intents[index];
        (intent.is_written, intent.has_record) = (true, true);
        let limit_until_millis = Some(self.not_before_millis).filter(|millis| self.now_millis < *millis);
        let record = record::encode(intent, limit_until_millis.unwrap_or(0));
        let key = intent.key.clone();
        self.effects.push(Effect::Persist { key, record });
    }

    fn forget(&mut self, index: usize) {
        let intent = &mut self.intents[index];
        if std::mem::take(&mut intent.has_record) {
            self.effects.push(Effect::Forget {
                key: intent.key.clone(),
            });
        }
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
        self.hand_over();
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
            back(&mut intent.asked_until_millis);
            if let Some(millis) = &mut intent.sent_at_millis {
                back(millis);
            }
            match &mut intent.stage {
                Stage::Flying(millis)
                | Stage::Waiting {
                    until_millis: millis, ..
                } => back(millis),
                Stage::Queued
                | Stage::Held(_)
                | Stage::Storing
                | Stage::Stalled
                | Stage::Away
                | Stage::Settled => {}
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

    /// Remembers what was done, beyond the batches that it was done in.
    fn note_decided(&mut self, indexes: std::ops::Range<usize>) {
        for intent in self.intents[indexes].iter().filter(|intent| intent.is_own) {
            for entry in &intent.entries {
                if matches!(entry.finding, Finding::Done { .. }) {
                    let what = [&entry.item.id, "\n", &entry.item.version].concat();
                    self.decided.insert(what, intent.operation.word().to_owned());
                }
            }
        }
    }

    /// Rebuilds the locks. Another user's intents lock nothing for this one: to them they are another analyst's.
    fn relock(&mut self) {
        self.locks.clear();
        self.note_decided(0..self.intents.len());
        // What was sent comes last and wins over what still waits for its turn.
        for is_sent in [false, true] {
            for intent in self.intents.iter().filter(|intent| intent.is_live() == is_sent) {
                let is_mine = self.scope.as_ref().is_none_or(|scope| *scope == intent.scope);
                let is_locking = if intent.is_own {
                    intent.is_locking()
                } else {
                    intent.stage != Stage::Settled && self.now_millis < intent.lease_until_millis
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
}
