//! What is kept between page loads and shared between the tabs of a browser.

use std::collections::HashMap;

use super::{
    Core, Effect, Group, KEY_LIFE_MILLIS, LEASE_MILLIS, Moment, QUEUE_LEASE_MILLIS, RENEWAL_MILLIS,
    STRAGGLER_MILLIS,
};
use crate::decision::intent::{Intent, Stage};
use crate::decision::record;

impl Core {
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

    pub(super) fn take_record(&mut self, key: &str, text: &str) {
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
    pub(super) fn own(&mut self, index: usize) {
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
    pub(super) fn rounds(&self, batch: &str) -> u64 {
        let of_batch = self.intents.iter().filter(|intent| intent.batch == batch);
        of_batch.map(|intent| intent.round).max().unwrap_or(0)
    }

    /// Records don't say that a later round took an item over: found out again from the rounds.
    pub(super) fn supersede(&mut self) {
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

    pub(super) fn group(&mut self, batch: &str) {
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
    pub(super) fn adopt(&mut self) {
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
    pub(super) fn renew(&mut self) {
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
}
