//! What a person says: confirm, stop, go on, try again, take a lock off.

use super::{Confirmed, Core, Draft, Effect, Group, Moment, QUEUE_LEASE_MILLIS, Refusal};
use crate::decision::intent::{Entry, Hold, Intent, Item, Stage};

/// The contract's limit of a comment, in characters.
const MAX_COMMENT_CHARS: usize = 4_000;

impl Core {
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
        let batch = self.take_draft(draft, keys)?;
        let effects = self.end();
        Ok(Confirmed { batch, effects })
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
                // It is kept for its batch, and locks nothing in other tabs.
                intent.lease_until_millis = 0;
                intent.is_written = false;
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
            for entry in intent.entries.iter().filter(|entry| entry.is_retriable()) {
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
            for entry in intent.entries.iter_mut().filter(|entry| entry.is_retriable()) {
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
            self.locks.remove(id);
            let key = &self.intents[index].key;
            if !self.locks.values().any(|locking| locking == key) {
                self.intents[index].stage = Stage::Settled;
                self.intents[index].is_written = false;
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
            for index in 0..self.intents.len() {
                if self.intents[index].is_own && self.intents[index].batch == batch {
                    self.forget(index);
                }
            }
            self.intents
                .retain(|intent| !intent.is_own || intent.batch != batch);
            self.groups.retain(|group| group.id != batch);
            self.effects.push(Effect::Changed);
        }
        self.end()
    }

    pub(super) fn take_draft(&mut self, draft: Draft, keys: &[String]) -> Result<String, Refusal> {
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
        let is_decided = |item: &&Item| self.decided(&item.id, &item.version) == Some(draft.operation);
        let decided = draft.items.iter().filter(is_decided);
        let decided: Vec<String> = decided.map(|item| item.id.clone()).collect();
        if !decided.is_empty() {
            return Err(Refusal::Decided(decided));
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

    pub(super) fn check_keys(&self, keys: &[String], n_items: usize) -> Result<(), Refusal> {
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
    pub(super) fn enqueue(&mut self, batch: &str, round: u64, draft: Draft, keys: &[String]) {
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
                read_lease_millis: 0,
                is_reread: false,
                is_own: true,
                is_written: false,
                has_record: false,
                stage: Stage::Queued,
                is_doubtful: false,
                straggling_until_millis: 0,
                asked_until_millis: 0,
                attempt: 0,
                failures: 0,
                rejections: 0,
            });
        }
        self.effects.push(Effect::Changed);
    }
}
