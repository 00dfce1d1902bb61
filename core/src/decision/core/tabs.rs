//! What is kept between page loads and shared between the tabs of a browser.

use std::collections::HashMap;

use super::{
    Core, Effect, Group, KEY_LIFE_MILLIS, LEASE_MILLIS, Moment, QUEUE_LEASE_MILLIS, RENEWAL_MILLIS,
    STRAGGLER_MILLIS,
};
use crate::decision::backoff::MAX_RETRY_AFTER_MILLIS;
use crate::decision::intent::{Finding, Intent, Stage};
use crate::decision::record;

impl Core {
    /// The records that the storage holds, as (key, record), at the start of the page.
    ///
    /// What this tab sent before comes back as unknown and is asked for again, with the same key and body. What it had
    /// not sent yet comes back as unsent: it goes only when a person says so, for the page that they confirmed it on is
    /// gone. What had settled while its batch went on comes back as it was, so that the batch adds up. What another tab keeps
    /// locks its items here, and is taken over when that tab's lease has lapsed.
    pub fn restore(&mut self, records: &[(String, String)], at: Moment) -> Vec<Effect> {
        self.begin(at);
        for (key, record) in records {
            self.take_record(key, record, true);
        }
        for place in 0..self.groups.len() {
            let batch = self.groups[place].id.clone();
            self.gather(&batch);
        }
        self.supersede();
        self.relock();
        self.end()
    }

    /// Another tab wrote (or, with `None`, removed) a record.
    pub fn shared(&mut self, key: &str, record: Option<&str>, at: Moment) -> Vec<Effect> {
        self.begin(at);
        match record {
            Some(record) => self.take_record(key, record, false),
            None => {
                self.intents.retain(|intent| intent.is_own || intent.key != key);
                // The other tab had the answer, or a person there looked at it. What this tab itself asks for, it goes on
                // asking for; what was never written can't be missing.
                if let Some(index) = self.position(key) {
                    let is_away = matches!(self.intents[index].stage, Stage::Stalled | Stage::Away);
                    if is_away && self.is_stored(&self.intents[index].batch) {
                        self.intents[index].stage = Stage::Settled;
                    }
                    if self.intents[index].is_at_rest() {
                        // It is not written again: where the storage is full two tabs would take that from each other for ever.
                        self.intents[index].has_record = false;
                    }
                }
            }
        }
        self.supersede();
        self.relock();
        self.effects.push(Effect::Changed);
        self.end()
    }

    /// Another tab is known to be closed (its Web Lock is free): what it left is taken over at once.
    pub fn orphaned(&mut self, tab: &str, at: Moment) -> Vec<Effect> {
        self.begin(at);
        self.closed_tabs.push(tab.to_owned());
        self.reread();
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
                    self.forget(index);
                }
                self.intents[index].stage = Stage::Waiting {
                    until_millis: at.now_millis,
                    imposed: false,
                };
                self.intents[index].sent_at_millis = Some(at.now_millis);
            } else if !is_stored && self.intents[index].is_at_rest() {
                // What stands there says that it goes on.
                self.forget(index);
            } else if !is_taken && matches!(stage, Stage::Storing | Stage::Queued) && self.make_room() {
                self.persist(index);
            } else if !is_taken && matches!(stage, Stage::Storing | Stage::Queued) {
                let batch = &self.intents[index].batch;
                let group = self.groups.iter_mut().find(|group| group.id == *batch);
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

    /// Gives up what is only kept so that batches add up. Whether there was any.
    fn make_room(&mut self) -> bool {
        let n_before = self.effects.len();
        for index in 0..self.intents.len() {
            if self.intents[index].is_own && self.intents[index].is_at_rest() {
                self.forget(index);
            }
        }
        n_before < self.effects.len()
    }

    /// Takes a record as it stands in the storage at this moment.
    pub(super) fn take_record(&mut self, key: &str, text: &str, is_restored: bool) {
        let Some((mut intent, limit_until_millis)) =
            record::decode(text).filter(|(intent, _)| intent.key == key)
        else {
            self.effects.push(Effect::Unreadable { key: key.to_owned() });
            return;
        };
        let now_millis = self.now_millis;
        // A pause outlasts the page that was asked for it; a clock that was set back makes it no longer.
        let longest_millis = now_millis + MAX_RETRY_AFTER_MILLIS;
        intent.asked_until_millis = intent.asked_until_millis.min(longest_millis);
        if self.scope.as_ref().is_none_or(|scope| *scope == intent.scope) {
            self.not_before_millis = self.not_before_millis.max(limit_until_millis.min(longest_millis));
        }
        if intent.stage == Stage::Settled {
            return self.take_settled(intent, is_restored);
        }
        // A clock that was set back must not make it younger than now, nor its owner immortal.
        intent.confirmed_at_millis = intent.confirmed_at_millis.min(now_millis);
        intent.sent_at_millis = intent.sent_at_millis.map(|millis| millis.min(now_millis));
        let is_sent = intent.sent_at_millis.is_some();
        let longest = if is_sent { LEASE_MILLIS } else { QUEUE_LEASE_MILLIS };
        let lease_until_millis = intent.lease_until_millis.min(now_millis + longest);
        intent.lease_until_millis = lease_until_millis;
        let known = self.position(key);
        // A tab that did not renew its lease all the time that this one took it for valid is gone, whatever the clocks say.
        let is_unrenewed = known.is_some_and(|index| {
            let known = &self.intents[index];
            known.is_reread && known.read_lease_millis == intent.read_lease_millis
        });
        let is_left =
            is_unrenewed || lease_until_millis <= now_millis || self.closed_tabs.contains(&intent.tab);
        self.effects.push(Effect::Changed);
        match known {
            Some(index) if self.intents[index].is_own => {
                let known = &mut self.intents[index];
                known.asked_until_millis = known.asked_until_millis.max(intent.asked_until_millis);
                if known.stage == Stage::Away && (intent.tab == self.tab || is_left) {
                    self.own(index);
                } else if known.is_live() && (known.stage == Stage::Away || intent.tab < self.tab) && !is_left
                {
                    // Of two tabs that ask, the one with the greater name leaves it to the other.
                    known.stage = Stage::Away;
                    known.tab = intent.tab;
                    known.lease_until_millis = lease_until_millis;
                    known.read_lease_millis = intent.read_lease_millis;
                    known.is_reread = false;
                }
            }
            _ => {
                self.intents.retain(|known| known.key != key);
                let is_ours = is_restored && intent.tab == self.tab;
                if is_left && !is_sent && !is_ours {
                    // It was never sent: its actions are as pending as before, and the tab may come back.
                    if intent.confirmed_at_millis + KEY_LIFE_MILLIS <= now_millis {
                        self.effects.push(Effect::Forget { key: key.to_owned() });
                    }
                    return;
                }
                self.intents.push(intent);
                if is_left || is_ours {
                    self.own(self.intents.len() - 1);
                }
            }
        }
    }

    /// Takes what another page of this browser has proven. It locks nothing and is shown where its batch is.
    fn take_settled(&mut self, intent: Intent, is_restored: bool) {
        let known = self.position(&intent.key);
        if let Some(index) = known.filter(|index| self.intents[*index].is_own) {
            let known = &mut self.intents[index];
            // What this tab itself asks for, it goes on asking for.
            if matches!(known.stage, Stage::Stalled | Stage::Away) {
                for entry in known
                    .entries
                    .iter_mut()
                    .filter(|entry| entry.finding == Finding::Open)
                {
                    let same = intent.entries.iter().find(|other| other.item == entry.item);
                    if let Some(same) = same {
                        entry.finding = same.finding.clone();
                    }
                }
                known.stage = Stage::Settled;
                known.has_record = true;
            }
            return;
        }
        self.intents.retain(|known| known.key != intent.key);
        // What a tab left behind for good; one that is still there writes it again.
        if is_restored
            && intent.tab != self.tab
            && intent.confirmed_at_millis.saturating_add(KEY_LIFE_MILLIS) <= self.now_millis
        {
            self.effects.push(Effect::Forget { key: intent.key });
        } else {
            self.intents.push(intent);
        }
    }

    /// Puts what has settled of a batch to the part of it that is this tab's.
    fn gather(&mut self, batch: &str) {
        for intent in &mut self.intents {
            intent.is_own |= intent.stage == Stage::Settled && intent.batch == batch;
        }
    }

    /// Makes an intent this tab's.
    pub(super) fn own(&mut self, index: usize) {
        let now_millis = self.now_millis;
        let intent = &mut self.intents[index];
        intent.is_own = true;
        intent.is_reread = false;
        intent.tab.clone_from(&self.tab);
        if intent.sent_at_millis.is_some() {
            intent.stage = Stage::Waiting {
                until_millis: now_millis.max(intent.asked_until_millis),
                imposed: now_millis < intent.asked_until_millis,
            };
            // It may have been sent a moment ago.
            intent.is_doubtful = true;
            intent.straggle(now_millis + STRAGGLER_MILLIS);
            intent.lease_until_millis = now_millis + LEASE_MILLIS;
            self.persist(index);
        }
        let batch = self.intents[index].batch.clone();
        self.group(&batch);
        self.gather(&batch);
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

    /// Looks at what tabs that seem to be gone have left. It may have been answered or taken over meanwhile.
    pub(super) fn reread(&mut self) {
        let now_millis = self.now_millis;
        for intent in self.intents.iter_mut().filter(|intent| intent.is_elsewhere()) {
            if intent.lease_until_millis <= now_millis || self.closed_tabs.contains(&intent.tab) {
                // Until the record was read it stays locked.
                intent.lease_until_millis = now_millis + RENEWAL_MILLIS;
                intent.is_reread = true;
                self.effects.push(Effect::Reread {
                    key: intent.key.clone(),
                });
            }
        }
    }

    /// After sleep another tab may have taken over what this one had sent, and may know the answer.
    pub(super) fn hand_over(&mut self) {
        for index in 0..self.intents.len() {
            let intent = &self.intents[index];
            let is_lapsed = intent.lease_until_millis <= self.now_millis;
            if is_lapsed && intent.is_moving() && intent.is_live() && self.is_stored(&intent.batch) {
                self.intents[index].stage = Stage::Away;
                self.intents[index].tab.clear();
            }
        }
    }

    /// Whether what is sent of a batch has a record: not where a person went on although the storage was full.
    fn is_stored(&self, batch: &str) -> bool {
        !self
            .groups
            .iter()
            .any(|group| group.id == batch && group.is_unstored)
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
