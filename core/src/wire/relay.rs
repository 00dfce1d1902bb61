//! One event stream for all tabs of a browser: a tab holds it and passes on what it reads; the others follow, know when they
//! missed something, and take over behind the last event that they have. Pure: channel, lock and stream are its caller's.
//!
//! Each event is passed on together with the id of the one before it, so that a tab that follows sees every gap.

use super::event_stream::StreamEvent;

/// How many ids are kept to tell what comes again after a takeover from what is new.
const MAX_SEEN: usize = 512;

/// What the caller has to do, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RelayStep {
    /// Pass this text on to the other tabs.
    Post(String),
    /// Take the event in.
    Apply(StreamEvent),
    /// Ask the backend for what changed up to now, again and again until [`Relay::bridged`] agrees.
    CatchUp,
    /// Open a stream behind [`Relay::last_id`], unless one is being read; again and again, for as long as [`Relay::reads`].
    Open,
    /// End the stream.
    Close,
}

/// Where a tab has its events from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Source {
    /// From the tab that holds the stream.
    Others,
    /// From a stream of its own, because that tab is silent or something is missing.
    Own,
    /// From the stream that it holds for all.
    Held,
}

/// One tab's part.
#[derive(Clone, Debug)]
pub struct Relay {
    source: Source,
    is_open: bool,
    last_id: String,
    /// The last id that the holder has passed on.
    held_id: String,
    seen: Vec<String>,
    /// How often something was missed that no stream brings.
    gap: u32,
    /// The last of these gaps that was bridged.
    n_bridged: u32,
}

impl Default for Relay {
    fn default() -> Self {
        Self {
            source: Source::Others,
            is_open: false,
            last_id: String::new(),
            held_id: String::new(),
            seen: Vec::new(),
            // What happened before this tab listened.
            gap: 1,
            n_bridged: 0,
        }
    }
}

impl Relay {
    /// The last event that was taken in, for `Last-Event-ID`; empty where there was none.
    #[must_use]
    pub fn last_id(&self) -> &str {
        &self.last_id
    }

    /// Whether this tab reads a stream itself.
    #[must_use]
    pub fn reads(&self) -> bool {
        self.source != Source::Others
    }

    /// Begins to follow the others, at first or after a time in which nothing was heard. To be posted: a question whether
    /// somebody holds the stream.
    pub fn follow(&mut self) -> String {
        self.source = Source::Others;
        self.is_open = false;
        // Without an id the next event does not tell whether one is missing before it.
        self.gap += u32::from(self.last_id.is_empty());
        "?".to_owned()
    }

    /// This tab shall hold the stream for all.
    pub fn hold(&mut self) -> Vec<RelayStep> {
        self.source = Source::Held;
        let mut steps = vec![RelayStep::Open];
        if self.is_open {
            // What came before was passed on by nobody.
            steps.push(self.beat('o'));
        }
        steps
    }

    /// The others are silent, or there are none to be heard: this tab reads for itself.
    pub fn read_alone(&mut self) -> Vec<RelayStep> {
        if self.source == Source::Others {
            self.source = Source::Own;
        }
        vec![RelayStep::Open]
    }

    /// A stream was opened behind `last_id`.
    pub fn opened(&mut self) -> Vec<RelayStep> {
        self.is_open = true;
        let mut steps = Vec::new();
        if self.source == Source::Held {
            steps.push(self.beat('o'));
        }
        if self.last_id.is_empty() {
            // Without an id the backend can't tell what was missed.
            self.gap += 1;
        }
        self.catch_up(&mut steps);
        steps
    }

    /// Whether a stream is open here.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// The stream has ended.
    pub fn closed(&mut self) {
        self.is_open = false;
    }

    /// The backend does not take the last id.
    pub fn forget(&mut self) {
        self.last_id.clear();
        self.gap += 1;
    }

    /// Names what is missing now, before the backend is asked for it.
    #[must_use]
    pub fn gap(&self) -> u32 {
        self.gap
    }

    /// What was missing at [`Relay::gap`] is here. Whether nothing is missing any more.
    pub fn bridged(&mut self, gap: u32) -> bool {
        self.n_bridged = self.n_bridged.max(gap);
        self.is_whole()
    }

    /// Whether all that happened was taken in or is on its way to this tab.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.gap == self.n_bridged
    }

    fn catch_up(&self, steps: &mut Vec<RelayStep>) {
        if !self.is_whole() {
            steps.push(RelayStep::CatchUp);
        }
    }

    /// Bytes came through the stream and completed these events; none where they were a sign of life alone. One without a name
    /// says only that the stream has come as far as its id.
    pub fn read(&mut self, events: Vec<StreamEvent>) -> Vec<RelayStep> {
        let is_holder = self.source == Source::Held;
        let mut steps = Vec::new();
        if events.is_empty() && is_holder {
            steps.push(self.beat('b'));
        }
        for mut event in events {
            if event.id.is_empty() {
                event.id.clone_from(&self.last_id);
            }
            if is_holder {
                steps.push(RelayStep::Post(written(&self.last_id, &event)));
            }
            self.take(event, &mut steps);
        }
        self.rejoin(&mut steps);
        steps
    }

    /// Another tab has posted this. None where it is no sign of life of a holder.
    pub fn hear(&mut self, text: &str) -> Option<Vec<RelayStep>> {
        let mut parts = text.splitn(5, '\n');
        let kind = parts.next().unwrap_or_default();
        let mut next = || parts.next().unwrap_or_default().to_owned();
        let mut steps = Vec::new();
        if self.source == Source::Held {
            // What the one before has passed on late comes through the stream again.
            if kind == "?" && self.is_open {
                steps.push(self.beat('b'));
            }
            return (!steps.is_empty()).then_some(steps);
        }
        match kind {
            "e" => {
                let before = next();
                let event = StreamEvent {
                    id: next(),
                    name: next(),
                    data: next(),
                };
                self.held_id.clone_from(&event.id);
                if self.source == Source::Others {
                    self.hear_event(&before, event, &mut steps);
                }
            }
            "b" | "o" => {
                self.held_id = next();
                if self.source == Source::Others {
                    self.hear_beat(kind == "o", &mut steps);
                }
            }
            _ => return None,
        }
        self.rejoin(&mut steps);
        Some(steps)
    }

    fn hear_event(&mut self, before: &str, event: StreamEvent, steps: &mut Vec<RelayStep>) {
        if before != self.last_id {
            if self.has_seen(&event.id) {
                return;
            }
            if !self.last_id.is_empty() {
                steps.extend(self.read_alone());
                return;
            }
            self.gap += 1;
        }
        self.take(event, steps);
        self.catch_up(steps);
    }

    fn hear_beat(&mut self, is_opened: bool, steps: &mut Vec<RelayStep>) {
        if self.held_id == self.last_id {
            if is_opened && self.last_id.is_empty() {
                // Opened without an id: what happened before is passed on by nobody.
                self.gap += 1;
            }
        } else if self.has_seen(&self.held_id) {
            // It comes again from there.
            return;
        } else if self.last_id.is_empty() {
            self.come_to(&self.held_id.clone());
            self.gap += 1;
        } else {
            steps.extend(self.read_alone());
            return;
        }
        self.catch_up(steps);
    }

    /// A tab that reads for itself follows again as soon as it is where the holder is.
    fn rejoin(&mut self, steps: &mut Vec<RelayStep>) {
        if self.source == Source::Own
            && self.is_open
            && !self.last_id.is_empty()
            && self.last_id == self.held_id
        {
            self.source = Source::Others;
            self.is_open = false;
            steps.push(RelayStep::Close);
        }
    }

    fn take(&mut self, event: StreamEvent, steps: &mut Vec<RelayStep>) {
        self.come_to(&event.id);
        if !event.name.is_empty() {
            steps.push(RelayStep::Apply(event));
        }
    }

    fn come_to(&mut self, id: &str) {
        if self.last_id != id {
            id.clone_into(&mut self.last_id);
            self.seen.push(self.last_id.clone());
            let n_over = self.seen.len().saturating_sub(MAX_SEEN);
            self.seen.drain(..n_over);
        }
    }

    fn has_seen(&self, id: &str) -> bool {
        self.seen.iter().any(|seen| seen == id)
    }

    fn beat(&self, kind: char) -> RelayStep {
        let mut text = String::from(kind);
        text.push('\n');
        text.push_str(&self.last_id);
        RelayStep::Post(text)
    }
}

/// An event as it is passed on. Ids and names hold no line feeds; data may, and comes last.
fn written(before: &str, event: &StreamEvent) -> String {
    let mut text = String::from("e");
    for part in [before, &event.id, &event.name, &event.data] {
        text.push('\n');
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, VecDeque};

    use super::*;
    use proptest::prelude::*;

    /// A tab: its relay, what it knows, what is on its way to it.
    #[derive(Default)]
    struct Tab {
        relay: Relay,
        known: BTreeSet<usize>,
        /// The number of the next event that its stream brings.
        stream: Option<usize>,
        heard: VecDeque<String>,
        asked: bool,
    }

    /// A backend with its events, and the tabs of one browser, under one seed.
    struct World {
        random: u64,
        has_ids: bool,
        n_events: usize,
        tabs: Vec<Tab>,
        /// Who holds the lock, then who waits for it.
        lock: VecDeque<usize>,
        is_granted: bool,
    }

    impl World {
        fn below(&mut self, limit: usize) -> usize {
            self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            ((mixed ^ (mixed >> 27)) % limit as u64) as usize
        }

        fn id(&self, event: usize) -> String {
            if self.has_ids {
                (event + 1).to_string()
            } else {
                String::new()
            }
        }

        fn carry_out(&mut self, at: usize, steps: Vec<RelayStep>) {
            for step in steps {
                match step {
                    RelayStep::Post(text) => self.post(at, &text),
                    RelayStep::Apply(event) => {
                        self.tabs[at].known.insert(event.data.parse().unwrap());
                    }
                    RelayStep::CatchUp => self.tabs[at].asked = true,
                    RelayStep::Open => {}
                    RelayStep::Close => self.tabs[at].stream = None,
                }
            }
        }

        fn post(&mut self, from: usize, text: &str) {
            for (at, tab) in self.tabs.iter_mut().enumerate() {
                if at != from {
                    tab.heard.push_back(text.to_owned());
                }
            }
        }

        /// A page is loaded, or comes back from where it heard nothing.
        fn join(&mut self, at: usize, is_new: bool) {
            self.leave(at);
            let tab = &mut self.tabs[at];
            tab.heard.clear();
            if is_new {
                *tab = Tab::default();
                tab.known = (0..self.n_events).collect();
            }
            let question = tab.relay.follow();
            self.lock.push_back(at);
            self.post(at, &question);
        }

        fn leave(&mut self, at: usize) {
            self.is_granted &= self.lock.front() != Some(&at);
            self.lock.retain(|waiting| *waiting != at);
            self.tabs[at].stream = None;
            self.tabs[at].relay.closed();
            self.tabs[at].asked = false;
        }

        fn grant(&mut self) {
            if let Some(&at) = self.lock.front().filter(|_| !self.is_granted) {
                self.is_granted = true;
                let steps = self.tabs[at].relay.hold();
                self.carry_out(at, steps);
            }
        }

        /// The stream of a tab opens or brings its next bytes; says whether there was anything to do.
        fn flow(&mut self, at: usize) -> bool {
            if !self.tabs[at].relay.reads() {
                return false;
            }
            let Some(next) = self.tabs[at].stream else {
                let last_id = self.tabs[at].relay.last_id();
                let next = last_id.parse().unwrap_or(self.n_events);
                self.tabs[at].stream = Some(next);
                let steps = self.tabs[at].relay.opened();
                self.carry_out(at, steps);
                return true;
            };
            let events: Vec<StreamEvent> = (next < self.n_events)
                .then(|| StreamEvent {
                    name: "action".to_owned(),
                    data: next.to_string(),
                    id: self.id(next),
                })
                .into_iter()
                .collect();
            let is_news = !events.is_empty();
            self.tabs[at].stream = Some(next + usize::from(is_news));
            let steps = self.tabs[at].relay.read(events);
            self.carry_out(at, steps);
            is_news
        }

        fn hear(&mut self, at: usize) -> bool {
            let Some(text) = self.tabs[at].heard.pop_front() else {
                return false;
            };
            if let Some(steps) = self.tabs[at].relay.hear(&text) {
                self.carry_out(at, steps);
            }
            true
        }

        fn catch_up(&mut self, at: usize) -> bool {
            if !std::mem::take(&mut self.tabs[at].asked) {
                return false;
            }
            let gap = self.tabs[at].relay.gap();
            self.tabs[at].known.extend(0..self.n_events);
            self.tabs[at].asked = !self.tabs[at].relay.bridged(gap);
            true
        }

        fn step(&mut self) {
            let at = self.below(self.tabs.len());
            match self.below(24) {
                0..=4 => self.n_events += 1,
                5..=9 => {
                    self.flow(at);
                }
                10..=15 => {
                    self.hear(at);
                }
                16 => {
                    self.catch_up(at);
                }
                17..=19 => self.grant(),
                20 => {
                    self.tabs[at].stream = None;
                    self.tabs[at].relay.closed();
                }
                21 => {
                    let steps = self.tabs[at].relay.read_alone();
                    self.carry_out(at, steps);
                }
                kind => self.join(at, kind == 22),
            }
        }

        /// The faults are over: everything arrives, and the holder shows signs of life.
        fn come_to_rest(&mut self) {
            for _ in 0..4 {
                self.n_events += 1;
                self.grant();
                for at in 0..self.tabs.len() {
                    self.flow(at);
                }
                for _ in 0..1_000 {
                    let mut is_moving = false;
                    for at in 0..self.tabs.len() {
                        let is_behind = self.tabs[at].stream.is_none_or(|next| next < self.n_events);
                        is_moving |= is_behind && self.flow(at);
                        is_moving |= self.hear(at) | self.catch_up(at);
                    }
                    if !is_moving {
                        break;
                    }
                }
            }
        }
    }

    fn run(seed: u64, has_ids: bool) -> World {
        let mut world = World {
            random: seed,
            has_ids,
            n_events: 3,
            tabs: (0..3).map(|_| Tab::default()).collect(),
            lock: VecDeque::new(),
            is_granted: false,
        };
        for at in 0..3 {
            world.join(at, true);
        }
        for _ in 0..400 {
            world.step();
        }
        world.come_to_rest();
        world
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn no_tab_misses_an_event_and_one_holds_the_stream_at_last(seed in any::<u64>()) {
            let world = run(seed, true);
            for tab in &world.tabs {
                prop_assert!(tab.relay.is_whole());
                prop_assert_eq!(tab.known.len(), world.n_events);
            }
            prop_assert_eq!(world.tabs.iter().filter(|tab| tab.stream.is_some()).count(), 1);
        }

        #[test]
        fn no_tab_misses_an_event_of_a_backend_that_gives_no_ids(seed in any::<u64>()) {
            let world = run(seed, false);
            for tab in &world.tabs {
                prop_assert!(tab.relay.is_whole());
                prop_assert_eq!(tab.known.len(), world.n_events);
            }
        }
    }
}
