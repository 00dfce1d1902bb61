//! Three analysts with their browsers, tabs and clocks, the network between them and the server, and the faults of
//! all of these, as one queue of events.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet, VecDeque};

use action_center_core::decision::{
    Answer, Ask, Cause, Core, Draft, Effect, Finding, Item, Moment, Outcome, Problem, Receipted, Refusal,
    Request, Scope, State, Why,
};
use action_center_core::domain::action::Operation;

use crate::dice::Dice;
use crate::sabotage::Sabotage;
use crate::server::{Action, Body, Reception, Server};

const EPOCH_MILLIS: u64 = 1_790_000_000_000;
const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
/// Faults and people act until then; afterwards everything works.
const FAULTS_MILLIS: u64 = 6 * MINUTE;
/// How long the healed world may take to come to rest: a lease, a straggler and the longest pauses.
const HEALING_MILLIS: u64 = 40 * MINUTE;
const PEOPLE: usize = 3;

/// Names what was broken, and how.
#[derive(Debug, Clone)]
pub(crate) struct Violation {
    pub(crate) invariant: &'static str,
    pub(crate) detail: String,
}

/// How often a run came to what it is meant to come to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Coverage {
    pub(crate) confirmed: u64,
    pub(crate) executed: u64,
    pub(crate) sent: u64,
    pub(crate) repeated: u64,
    pub(crate) restarts: u64,
    pub(crate) adopted: u64,
    pub(crate) stopped: u64,
    pub(crate) retried: u64,
    pub(crate) resumed: u64,
    pub(crate) unstored: u64,
    pub(crate) turned_down: u64,
    pub(crate) stalled: u64,
    pub(crate) unproven: u64,
    pub(crate) brought_back: u64,
    pub(crate) paused: u64,
    pub(crate) orphaned: u64,
}

impl Coverage {
    pub(crate) fn add(&mut self, other: Self) {
        self.confirmed += other.confirmed;
        self.executed += other.executed;
        self.sent += other.sent;
        self.repeated += other.repeated;
        self.restarts += other.restarts;
        self.adopted += other.adopted;
        self.stopped += other.stopped;
        self.retried += other.retried;
        self.resumed += other.resumed;
        self.unstored += other.unstored;
        self.turned_down += other.turned_down;
        self.stalled += other.stalled;
        self.unproven += other.unproven;
        self.brought_back += other.brought_back;
        self.paused += other.paused;
        self.orphaned += other.orphaned;
    }

    /// A simulation in which nothing happens proves nothing.
    pub(crate) fn check(&self) {
        let Self {
            confirmed,
            executed,
            sent,
            repeated,
            restarts,
            stopped,
            retried,
            resumed,
            unstored,
            ..
        } = *self;
        for (name, count) in [
            ("confirmed", confirmed),
            ("executed", executed),
            ("sent", sent),
            ("repeated", repeated),
            ("restarts", restarts),
            ("adopted", self.adopted),
            ("stopped", stopped),
            ("retried", retried),
            ("resumed", resumed),
            ("unstored", unstored),
            ("turned down", self.turned_down),
            ("stalled", self.stalled),
            ("brought back with its outcome", self.brought_back),
            ("paused over a reload", self.paused),
            ("left by a tab that is known to be closed", self.orphaned),
        ] {
            assert!(0 < count, "nothing was ever {name}");
        }
    }
}

/// Which faults this seed has, each in percent of its occasions.
struct Faults {
    request_lost: u64,
    answer_lost: u64,
    answer_cut: u64,
    portal: u64,
    item_missing: u64,
    item_twice: u64,
    duplicate: u64,
    delay: u64,
    slow_server: u64,
    throttle: u64,
    server_error: u64,
    crash: u64,
    token: u64,
    event_lost: u64,
    event_late: u64,
    event_twice: u64,
}

impl Faults {
    const NONE: Self = Self {
        request_lost: 0,
        answer_lost: 0,
        answer_cut: 0,
        portal: 0,
        item_missing: 0,
        item_twice: 0,
        duplicate: 0,
        delay: 0,
        slow_server: 0,
        throttle: 0,
        server_error: 0,
        crash: 0,
        token: 0,
        event_lost: 0,
        event_late: 0,
        event_twice: 0,
    };

    /// Each seed has some of them, so that no fault always hides behind another.
    fn some(dice: &mut Dice) -> Self {
        let mut rate = |percent| if dice.percent(45) { percent } else { 0 };
        Self {
            request_lost: rate(20),
            answer_lost: rate(25),
            answer_cut: rate(20),
            portal: rate(10),
            item_missing: rate(20),
            item_twice: rate(10),
            duplicate: rate(20),
            delay: rate(30),
            slow_server: rate(30),
            throttle: rate(20),
            server_error: rate(20),
            crash: rate(10),
            token: rate(10),
            event_lost: rate(30),
            event_late: rate(30),
            event_twice: rate(30),
        }
    }
}

/// A request on its way.
#[derive(Clone)]
struct Message {
    browser: usize,
    tab: usize,
    generation: u32,
    /// What the core calls it; under sabotage the wire may say otherwise.
    intent: String,
    key: String,
    attempt: u32,
    body: Body,
    user: usize,
    session: u32,
    token: u32,
    is_granted: bool,
    is_answered_back: bool,
}

enum Event {
    Act(usize),
    Disturb(usize),
    Wake(usize, usize, u32, u32),
    Arrive(Message),
    Execute(Message),
    Answer(usize, usize, u32, String, u32, Answer),
    ReadSession(usize, usize, u32),
    SignIn(usize),
    Stop(usize, usize, u32, String),
    Resume(usize, usize, u32, String),
    Retry(usize, usize, u32, String),
    Decide(usize, usize, u32, String),
    Observe(usize, usize, u32, usize, u64),
    Thaw(usize, usize, u32),
    Share(usize, usize, u32, String, Option<String>),
    Orphan(usize, usize, u32, usize),
    Online(usize, bool),
    FreeStorage(usize),
    Grant(usize),
    Run(usize, u64),
    Heal,
    LookAgain,
}

/// What a person confirmed, by key.
struct Confirmation {
    user: usize,
    browser: usize,
    tab: usize,
    batch: String,
    operation: Operation,
    comment: Option<String>,
    reason: Option<String>,
    items: Vec<Item>,
    /// Whether it was handed to the network.
    is_sent: bool,
    /// A person chose to go on without storage, so that a reload may lose it.
    is_unstored: bool,
    n_sends: u32,
}

struct Tab {
    name: String,
    core: Option<Core>,
    generation: u32,
    wake: u32,
    frozen_until_millis: u64,
    was_frozen: bool,
    /// Which user and token this tab read last.
    user: usize,
    token: u32,
    /// What this tab's rows show: version and status by action.
    seen: Vec<(u64, &'static str)>,
    /// Keys that a person let go in this page.
    going: HashSet<String>,
    /// Proof that reached this page: (key, id) → done or not.
    proven: HashMap<(String, String), Vec<Outcome>>,
    /// Keys whose whole request was turned down by an answer that reached this page.
    turned_down: HashSet<String>,
    unstored: HashSet<String>,
    /// The last request by key, and when it went by this browser's clock.
    attempts: HashMap<String, (u32, u64)>,
    is_session_asked: bool,
    /// Pauses that the server asked for, by true time.
    pauses: Vec<Pause>,
}

/// The server asked to be left alone.
#[derive(Clone)]
struct Pause {
    /// The request that was told so.
    key: String,
    /// By 429, so that all requests of this user wait.
    is_for_all: bool,
    asked_at_millis: u64,
    until_millis: u64,
    /// Whether it was written down, so that it outlasts the page.
    is_stored: bool,
}

/// What pages of a browser had seen proven of an intent when they wrote it down.
#[derive(Clone, Default)]
struct Proof {
    outcomes: HashMap<String, Vec<Outcome>>,
    is_turned_down: bool,
}

struct Browser {
    owner: usize,
    user: usize,
    is_signed_in: bool,
    session: u32,
    token: u32,
    is_granted: bool,
    is_online: bool,
    is_full: bool,
    has_locks: bool,
    /// Whether its storage was ever full or its clock ever set: then leases may lapse early.
    is_restless: bool,
    clock_offset: i64,
    storage: BTreeMap<String, String>,
    late_writes: Vec<(String, String)>,
    proofs: HashMap<String, Proof>,
    /// The tab that asked last, by key.
    asking: HashMap<String, usize>,
    tabs: Vec<Tab>,
    /// Items whose fate this browser doesn't know: (user, id) → key.
    open: HashMap<(usize, String), String>,
}

pub(crate) struct World {
    dice: Dice,
    now_millis: u64,
    serial: u64,
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    events: HashMap<u64, Event>,
    server: Server,
    browsers: Vec<Browser>,
    faults: Faults,
    is_healed: bool,
    next_key: u64,
    confirmations: HashMap<String, Confirmation>,
    /// Items by batch, as confirmed.
    batches: HashMap<String, HashSet<String>>,
    /// Batches that may have lost a part with their page: kept in part or not at all, or shared with another tab.
    broken: HashSet<String>,
    /// Whether writing is left out now, by sabotage.
    is_unwritten: bool,
    executed: HashSet<(String, String)>,
    refused_shown: HashSet<(String, String)>,
    n_checked: usize,
    sabotage: Option<Sabotage>,
    violation: Option<Violation>,
    is_told: bool,
    pub(crate) coverage: Coverage,
}

/// Runs one seed to its end.
pub(crate) fn run(seed: u64, sabotage: Option<Sabotage>, is_told: bool) -> Result<Coverage, Violation> {
    let mut world = World::new(seed, sabotage, is_told);
    world.run();
    match world.violation {
        Some(violation) => Err(violation),
        None => Ok(world.coverage),
    }
}

impl World {
    fn new(seed: u64, sabotage: Option<Sabotage>, is_told: bool) -> Self {
        let mut dice = Dice::new(seed);
        let n_actions = 3 + dice.index(6);
        let mut actions = Vec::new();
        for index in 0..n_actions {
            let status = ["pending", "pending", "pending", "queued", "completed"][dice.index(5)];
            actions.push(Action {
                id: ["a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8"][index].to_owned(),
                version: 1 + dice.below(3),
                status,
                is_reversible: dice.percent(70),
                expires_at_millis: dice.percent(30).then(|| EPOCH_MILLIS + dice.below(FAULTS_MILLIS)),
                forbidden_to: dice.percent(10).then(|| dice.index(PEOPLE)),
            });
        }
        let mut server = Server::new(actions, 1 + dice.index(3));
        server.fails_percent = if dice.percent(50) { 20 } else { 0 };
        server.unfamiliar_percent = if dice.percent(15) { 10 } else { 0 };
        let faults = Faults::some(&mut dice);
        let mut world = Self {
            dice,
            now_millis: EPOCH_MILLIS,
            serial: 0,
            queue: BinaryHeap::new(),
            events: HashMap::new(),
            server,
            browsers: Vec::new(),
            faults,
            is_healed: false,
            next_key: 0,
            confirmations: HashMap::new(),
            batches: HashMap::new(),
            broken: HashSet::new(),
            is_unwritten: false,
            executed: HashSet::new(),
            refused_shown: HashSet::new(),
            n_checked: 0,
            sabotage,
            violation: None,
            is_told,
            coverage: Coverage::default(),
        };
        for user in 0..PEOPLE {
            let clock_offset = if world.dice.percent(30) {
                world.dice.below(HOUR) as i64
            } else {
                0
            };
            world.browsers.push(Browser {
                owner: user,
                user,
                is_signed_in: true,
                session: user as u32,
                token: 1,
                is_granted: true,
                is_online: true,
                is_full: false,
                has_locks: world.dice.percent(50),
                is_restless: false,
                clock_offset,
                storage: BTreeMap::new(),
                late_writes: Vec::new(),
                proofs: HashMap::new(),
                asking: HashMap::new(),
                tabs: Vec::new(),
                open: HashMap::new(),
            });
            world.open_tab(user);
            for _ in 0..2 + world.dice.below(5) {
                let at = world.dice.below(FAULTS_MILLIS);
                world.at(at, Event::Act(user));
            }
            for _ in 0..world.dice.below(5) {
                let at = world.dice.below(FAULTS_MILLIS);
                world.at(at, Event::Disturb(user));
            }
        }
        world.at(FAULTS_MILLIS, Event::Heal);
        world
    }

    fn run(&mut self) {
        let mut n_events = 0;
        while self.violation.is_none() {
            let Some(Reverse((at_millis, serial))) = self.queue.pop() else {
                break;
            };
            let Some(event) = self.events.remove(&serial) else {
                continue;
            };
            self.now_millis = at_millis;
            self.happen(event);
            n_events += 1;
            if 20_000 < n_events {
                self.fail("rest", "20,000 events and no rest");
            }
            if EPOCH_MILLIS + FAULTS_MILLIS + HEALING_MILLIS < self.now_millis {
                break;
            }
        }
        if self.violation.is_none() {
            self.check_rest();
        }
    }

    fn at(&mut self, in_millis: u64, event: Event) {
        self.serial += 1;
        self.queue
            .push(Reverse((self.now_millis + in_millis, self.serial)));
        self.events.insert(self.serial, event);
    }

    /// Tells the story of a seed that is replayed.
    fn say(&self, words: impl FnOnce() -> String) {
        if self.is_told {
            eprintln!("{:>9} ms  {}", self.now_millis - EPOCH_MILLIS, words());
        }
    }

    fn fail(&mut self, invariant: &'static str, detail: &str) {
        if self.violation.is_none() {
            let at = self.now_millis - EPOCH_MILLIS;
            self.violation = Some(Violation {
                invariant,
                detail: format!("at {at} ms: {detail}"),
            });
        }
    }

    // Events.

    fn happen(&mut self, event: Event) {
        match event {
            Event::Act(browser) => {
                if !self.is_healed {
                    self.act(browser);
                }
            }
            Event::Disturb(browser) => {
                if !self.is_healed {
                    self.disturb(browser);
                }
            }
            Event::Wake(browser, tab, generation, wake) => {
                let found = &self.browsers[browser].tabs[tab];
                if found.generation == generation && found.wake == wake {
                    let frozen = found.frozen_until_millis;
                    if self.now_millis < frozen {
                        let again = Event::Wake(browser, tab, generation, wake);
                        self.at(frozen - self.now_millis, again);
                    } else {
                        self.input(browser, tab, |core, at| core.tick(at));
                    }
                }
            }
            Event::Arrive(message) => self.arrive(message),
            Event::Execute(message) => self.execute(&message),
            Event::Answer(browser, tab, generation, intent, attempt, answer) => {
                self.answer(browser, tab, generation, intent, attempt, answer);
            }
            Event::ReadSession(browser, tab, generation) => self.read_session(browser, tab, generation),
            Event::Stop(browser, tab, generation, batch) => {
                if self.is_there(browser, tab, generation) {
                    self.stop(browser, tab, &batch);
                }
            }
            Event::Resume(browser, tab, generation, batch) => {
                if self.is_there(browser, tab, generation) {
                    self.resume(browser, tab, &batch);
                }
            }
            Event::Retry(browser, tab, generation, batch) => {
                if self.is_there(browser, tab, generation) {
                    self.retry(browser, tab, &batch);
                }
            }
            Event::SignIn(browser) => self.sign_in(browser),
            Event::Decide(browser, tab, generation, batch) => self.decide(browser, tab, generation, &batch),
            Event::Observe(browser, tab, generation, action, version) => {
                self.observe(browser, tab, generation, action, version);
            }
            Event::Thaw(browser, tab, generation) => self.thaw(browser, tab, generation),
            Event::Share(browser, tab, generation, key, record) => {
                let found = &self.browsers[browser].tabs[tab];
                if found.generation == generation && found.frozen_until_millis <= self.now_millis {
                    if record.is_some() {
                        self.learn(browser, tab, &key);
                    }
                    self.input(browser, tab, |core, at| core.shared(&key, record.as_deref(), at));
                }
            }
            Event::Orphan(browser, tab, generation, left) => {
                let tabs = &self.browsers[browser].tabs;
                // The lock of a tab that was loaded again is held once more.
                let is_free = tabs[left].core.is_none() || self.sabotage == Some(Sabotage::ReloadIsEnd);
                if is_free && tabs[tab].generation == generation {
                    let name = tabs[left].name.clone();
                    self.coverage.orphaned += 1;
                    self.input(browser, tab, |core, at| core.orphaned(&name, at));
                }
            }
            Event::Online(browser, is_online) => self.go_online(browser, is_online),
            Event::FreeStorage(browser) => self.browsers[browser].is_full = false,
            Event::Grant(browser) => self.browsers[browser].is_granted = true,
            Event::Run(action, version) => self.run_action(action, version),
            Event::Heal => self.heal(),
            Event::LookAgain => self.look_again(),
        }
    }

    /// A person does something in one of their tabs.
    fn act(&mut self, browser: usize) {
        let Some(tab) = self.some_tab(browser) else { return };
        let what = self.dice.below(100);
        self.say(|| format!("{browser}.{tab} act {what}"));
        if what < 55 {
            return self.confirm(browser, tab);
        }
        let Some(batch) = self.some_batch(browser, tab) else {
            return;
        };
        match what {
            55..65 => self.stop(browser, tab, &batch),
            65..77 => self.resume(browser, tab, &batch),
            77..90 => self.retry(browser, tab, &batch),
            90..94 => self.release(browser, tab),
            _ => self.input(browser, tab, |core, at| core.dismiss(&batch, at)),
        }
    }

    /// Something goes wrong with a browser, a tab or the server.
    fn disturb(&mut self, browser: usize) {
        let any_tab = self.some_tab(browser);
        let what = self.dice.below(18);
        self.say(|| format!("{browser} disturbance {what}, tab {any_tab:?}"));
        match what {
            0..3 => {
                if let Some(tab) = any_tab {
                    self.restart(browser, tab);
                }
            }
            3 => {
                if let Some(tab) = any_tab {
                    self.close(browser, tab);
                    self.open_tab(browser);
                }
            }
            4 => {
                if self.browsers[browser].tabs.len() < 3 {
                    self.open_tab(browser);
                }
            }
            5 | 6 => self.browsers[browser].is_signed_in = false,
            7 => {
                // Somebody else signs in in the same browser.
                let user = self.dice.index(PEOPLE);
                self.new_session(browser, user);
            }
            8 => {
                self.browsers[browser].is_full = true;
                self.browsers[browser].is_restless = true;
                let pause = self.dice.below(2 * MINUTE);
                self.at(pause, Event::FreeStorage(browser));
            }
            9 => {
                let by = match self.dice.below(5) {
                    0 => -(self.dice.below(2 * HOUR) as i64),
                    1 => (2 * MINUTE + self.dice.below(3 * HOUR)) as i64,
                    2 if self.dice.percent(40) => (25 * HOUR) as i64,
                    _ => self.dice.below(30 * SECOND) as i64,
                };
                self.browsers[browser].clock_offset += by;
                self.browsers[browser].is_restless = true;
                for tab in &mut self.browsers[browser].tabs {
                    // What was a pause is none by the new clock.
                    tab.pauses.clear();
                }
            }
            10 | 15 | 16 => {
                self.browsers[browser].is_granted = false;
                let longest = if self.dice.percent(70) {
                    40 * SECOND
                } else {
                    3 * MINUTE
                };
                let pause = self.dice.below(longest);
                self.at(pause, Event::Grant(browser));
            }
            11 | 12 => {
                self.go_online(browser, false);
                let pause = self.dice.below(3 * MINUTE);
                self.at(pause, Event::Online(browser, true));
            }
            13 | 14 => {
                if let Some(tab) = any_tab {
                    let pause = if self.dice.percent(50) {
                        20 * SECOND
                    } else {
                        4 * MINUTE
                    };
                    let found = &mut self.browsers[browser].tabs[tab];
                    found.frozen_until_millis = self.now_millis + pause;
                    found.was_frozen = true;
                    let generation = found.generation;
                    self.at(pause, Event::Thaw(browser, tab, generation));
                }
            }
            _ => self.server.max_batch = 1,
        }
    }

    /// The end of all faults: every browser is back with its owner, online, signed in, with room and one open tab.
    fn heal(&mut self) {
        self.say(|| "all faults end".to_owned());
        self.is_healed = true;
        self.faults = Faults::NONE;
        self.server.fails_percent = 0;
        for browser in 0..PEOPLE {
            let owner = self.browsers[browser].owner;
            let found = &mut self.browsers[browser];
            found.is_full = false;
            found.is_granted = true;
            if found.user != owner || !found.is_signed_in {
                self.new_session(browser, owner);
            }
            self.go_online(browser, true);
            if !self.browsers[browser].tabs.iter().any(|tab| tab.core.is_some()) {
                self.open_tab(browser);
            }
            for tab in 0..self.browsers[browser].tabs.len() {
                if self.browsers[browser].tabs[tab].core.is_some() {
                    let generation = self.browsers[browser].tabs[tab].generation;
                    self.at(4 * MINUTE, Event::ReadSession(browser, tab, generation));
                }
            }
        }
        self.at(4 * MINUTE, Event::LookAgain);
    }

    /// In the healed world people answer what is still asked of them.
    fn look_again(&mut self) {
        for browser in 0..PEOPLE {
            for tab in 0..self.browsers[browser].tabs.len() {
                let Some(core) = &self.browsers[browser].tabs[tab].core else {
                    continue;
                };
                let batches: Vec<String> = core.batches().map(str::to_owned).collect();
                for batch in batches {
                    let is_asked = self.browsers[browser].tabs[tab]
                        .core
                        .as_ref()
                        .and_then(|core| core.batch(&batch))
                        .is_some_and(|batch| batch.is_unstored);
                    if is_asked {
                        let generation = self.browsers[browser].tabs[tab].generation;
                        self.decide(browser, tab, generation, &batch);
                    }
                }
            }
        }
    }

    // People.

    fn some_tab(&mut self, browser: usize) -> Option<usize> {
        let open: Vec<usize> = self.browsers[browser]
            .tabs
            .iter()
            .enumerate()
            .filter(|(_, tab)| tab.core.is_some() && tab.frozen_until_millis <= self.now_millis)
            .map(|(index, _)| index)
            .collect();
        (!open.is_empty()).then(|| open[self.dice.index(open.len())])
    }

    fn some_batch(&mut self, browser: usize, tab: usize) -> Option<String> {
        let core = self.browsers[browser].tabs[tab].core.as_ref()?;
        let batches: Vec<&str> = core.batches().collect();
        if batches.is_empty() {
            return None;
        }
        Some(batches[self.dice.index(batches.len())].to_owned())
    }

    fn confirm(&mut self, browser: usize, tab: usize) {
        let seen = self.browsers[browser].tabs[tab].seen.clone();
        let n_items = 1 + self.dice.index(7);
        let mut items: Vec<Item> = Vec::new();
        let first = self.dice.index(seen.len());
        let operation = match seen[first].1 {
            "queued" => Operation::Cancel,
            "completed" => Operation::Undo,
            _ if self.dice.percent(60) => Operation::Approve,
            _ => Operation::Reject,
        };
        for offset in 0..seen.len() {
            let index = (first + offset) % seen.len();
            let is_alike = seen[index].1 == seen[first].1 || self.dice.percent(10);
            if is_alike && items.len() < n_items {
                items.push(Item {
                    id: self.server.actions[index].id.clone(),
                    version: seen[index].0.to_string(),
                });
            }
        }
        let comment = match self.dice.below(10) {
            0 => None,
            1 => Some("  ".to_owned()),
            number => Some(format!(" because {number} ")),
        };
        let reason = (operation == Operation::Reject).then(|| "falsePositive".to_owned());
        let draft = Draft {
            operation,
            items,
            comment,
            reason,
        };
        let keys = self.keys(draft.items.len());
        let at = self.moment(browser);
        let found = &mut self.browsers[browser].tabs[tab];
        let Some(core) = found.core.as_mut() else { return };
        let locked: Vec<String> = draft
            .items
            .iter()
            .filter(|item| core.lock(&item.id).is_some())
            .map(|item| item.id.clone())
            .collect();
        // What the batches of this tab show as done in this very version, by the same operation.
        let mut known_done = Vec::new();
        for batch in core.batches() {
            if core
                .batch(batch)
                .is_none_or(|batch| batch.operation != draft.operation)
            {
                continue;
            }
            for view in core.items(batch).filter(|view| view.state == State::Done) {
                if draft.items.contains(view.item) {
                    known_done.push(view.item.id.clone());
                }
            }
        }
        if !locked.is_empty() && self.sabotage == Some(Sabotage::IgnoreLock) {
            // A core that knows of no lock: the same person, the same page, an empty memory.
            let mut careless = Core::new("careless");
            let (user, token) = (found.user, found.token);
            careless.session(scope(user), 3, at);
            if let Ok(confirmed) = careless.confirm(draft.clone(), &keys, at) {
                self.register(browser, tab, &careless, &confirmed.batch, &draft, &[]);
                let mut effects = VecDeque::from(confirmed.effects);
                while let Some(effect) = effects.pop_front() {
                    match effect {
                        Effect::Persist { key, record } => {
                            effects.extend(careless.stored(&key, true, at));
                            self.browsers[browser].storage.insert(key, record);
                        }
                        Effect::Send(request) => self.send(browser, tab, token, &request),
                        _ => {}
                    }
                }
            }
            return;
        }
        match core.confirm(draft.clone(), &keys, at) {
            // Time may free an item within the call, when the page notices that it slept.
            Err(Refusal::Locked(named)) => {
                if named.is_empty() || named.iter().any(|id| !locked.contains(id)) {
                    self.fail("locks", &format!("locked {locked:?}, named {named:?}"));
                }
            }
            Err(Refusal::NoSession) => {}
            // What this tab still sees is from before a receipt that it got.
            Err(Refusal::Decided(named)) => {
                let is_done = |id: &String| {
                    let signed = draft.items.iter().find(|item| item.id == *id);
                    signed.is_some_and(|item| self.is_executed(draft.operation, item))
                };
                if named.is_empty() || !named.iter().all(is_done) {
                    self.fail("done", &format!("{named:?} of {draft:?} was not done"));
                }
            }
            Err(refusal) => self.fail("confirmation", &format!("{refusal:?} for {draft:?}")),
            Ok(confirmed) => {
                if draft.items.iter().any(|item| known_done.contains(&item.id)) {
                    self.fail(
                        "done",
                        &format!("{known_done:?} was done and is confirmed again: {draft:?}"),
                    );
                }
                self.coverage.confirmed += 1;
                if let Some(core) = self.browsers[browser].tabs[tab].core.clone() {
                    self.register(browser, tab, &core, &confirmed.batch, &draft, &[]);
                }
                self.carry_out(browser, tab, confirmed.effects);
                self.plan(browser, tab, &confirmed.batch);
            }
        }
    }

    fn is_executed(&self, operation: Operation, item: &Item) -> bool {
        let mut ledger = self.server.ledger.iter();
        ledger.any(|execution| execution.operation == operation && execution.item == *item)
    }

    /// What people do with a batch while it runs and after.
    fn plan(&mut self, browser: usize, tab: usize, batch: &str) {
        let generation = self.browsers[browser].tabs[tab].generation;
        let mut at = 0;
        if self.dice.percent(25) {
            at += self.dice.below(SECOND);
            self.at(at, Event::Stop(browser, tab, generation, batch.to_owned()));
        }
        if self.dice.percent(40) {
            at += self.dice.below(20 * SECOND);
            self.at(at, Event::Resume(browser, tab, generation, batch.to_owned()));
        }
        if self.dice.percent(40) {
            at += self.dice.below(20 * SECOND);
            self.at(at, Event::Retry(browser, tab, generation, batch.to_owned()));
        }
    }

    fn is_there(&self, browser: usize, tab: usize, generation: u32) -> bool {
        let found = &self.browsers[browser].tabs[tab];
        !self.is_healed && found.generation == generation && found.frozen_until_millis <= self.now_millis
    }

    /// Notes what a person confirmed, by the keys that the core gave to it.
    fn register(
        &mut self,
        browser: usize,
        tab: usize,
        core: &Core,
        batch: &str,
        draft: &Draft,
        known: &[String],
    ) {
        let user = self.browsers[browser].tabs[tab].user;
        let mut by_key: BTreeMap<String, Vec<Item>> = BTreeMap::new();
        let mut bound = Vec::new();
        for view in core
            .items(batch)
            .filter(|view| !known.iter().any(|key| key == view.key))
        {
            by_key
                .entry(view.key.to_owned())
                .or_default()
                .push(view.item.clone());
            bound.push(view.item.clone());
        }
        if bound != draft.items {
            self.fail(
                "content",
                &format!("confirmed {:?}, taken {bound:?}", draft.items),
            );
        }
        let trimmed = |text: &Option<String>| {
            text.as_deref()
                .map(str::trim)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let is_unstored = known
            .iter()
            .any(|key| self.confirmations.get(key).is_some_and(|it| it.is_unstored));
        let whole = self.batches.entry(batch.to_owned()).or_default();
        whole.extend(draft.items.iter().map(|item| item.id.clone()));
        for (key, items) in by_key {
            self.browsers[browser].tabs[tab].going.insert(key.clone());
            let confirmation = Confirmation {
                user,
                browser,
                tab,
                batch: batch.to_owned(),
                operation: draft.operation,
                comment: trimmed(&draft.comment),
                reason: trimmed(&draft.reason),
                items,
                is_sent: false,
                is_unstored,
                n_sends: 0,
            };
            if self.confirmations.insert(key.clone(), confirmation).is_some() {
                self.fail("keys", &format!("{key} serves two confirmations"));
            }
        }
    }

    fn stop(&mut self, browser: usize, tab: usize, batch: &str) {
        let Some(core) = self.browsers[browser].tabs[tab].core.as_ref() else {
            return;
        };
        let unsent: Vec<String> = core
            .items(batch)
            .filter(|view| view.state == State::Unsent)
            .map(|view| view.key.to_owned())
            .collect();
        for key in &unsent {
            self.browsers[browser].tabs[tab].going.remove(key);
            self.coverage.stopped += 1;
        }
        self.input(browser, tab, |core, at| core.stop(batch, at));
        if self.sabotage == Some(Sabotage::StopIgnored) {
            self.input(browser, tab, |core, at| {
                core.resume(batch, at).unwrap_or_default()
            });
        }
    }

    fn resume(&mut self, browser: usize, tab: usize, batch: &str) {
        let at = self.moment(browser);
        let found = &mut self.browsers[browser].tabs[tab];
        let Some(core) = found.core.as_mut() else { return };
        let held: Vec<String> = core
            .items(batch)
            .filter(|view| matches!(view.why, Why::Stopped | Why::Restored | Why::Woken))
            .map(|view| view.key.to_owned())
            .collect();
        if let Ok(effects) = core.resume(batch, at) {
            self.coverage.resumed += 1;
            found.going.extend(held);
            self.carry_out(browser, tab, effects);
        }
    }

    fn retry(&mut self, browser: usize, tab: usize, batch: &str) {
        let keys = self.keys(8);
        let at = self.moment(browser);
        let found = &mut self.browsers[browser].tabs[tab];
        let Some(core) = found.core.as_mut() else { return };
        let known: Vec<String> = core.items(batch).map(|view| view.key.to_owned()).collect();
        let failed: Vec<Item> = core
            .items(batch)
            .filter(|view| {
                matches!(view.finding, Finding::Refused { can_retry: true, .. })
                    && core.lock(&view.item.id).is_none()
            })
            .map(|view| view.item.clone())
            .collect();
        let promised = core.batch(batch).map_or(0, |batch| batch.can_retry);
        if promised != failed.len() {
            let detail = format!("can_retry {promised}, found {}", failed.len());
            return self.fail("sums", &detail);
        }
        if let Ok(effects) = core.retry_failed(batch, &keys, at) {
            let core = core.clone();
            self.coverage.retried += 1;
            let Some(like) = known.first().and_then(|key| self.confirmations.get(key)) else {
                return;
            };
            let draft = Draft {
                operation: like.operation,
                comment: like.comment.clone(),
                reason: like.reason.clone(),
                items: failed,
            };
            self.register(browser, tab, &core, batch, &draft, &known);
            self.carry_out(browser, tab, effects);
        }
    }

    fn release(&mut self, browser: usize, tab: usize) {
        let index = self.dice.index(self.server.actions.len());
        let id = self.server.actions[index].id.clone();
        let found = &self.browsers[browser].tabs[tab];
        let Some(lock) = found.core.as_ref().and_then(|core| core.lock(&id)) else {
            return;
        };
        self.input(browser, tab, |core, at| core.release(&id, at));
        if matches!(lock.why, Why::KeyTooOld | Why::Unfamiliar) {
            let user = self.browsers[browser].tabs[tab].user;
            self.browsers[browser].open.remove(&(user, id));
        } else {
            let found = &self.browsers[browser].tabs[tab];
            if found.core.as_ref().is_some_and(|core| core.lock(&id).is_none())
                && matches!(lock.state, State::Sending | State::Unknown)
            {
                self.fail("locks", &format!("released {id} while {:?}", lock.why));
            }
        }
    }

    /// A person answers whether to go on without storage.
    fn decide(&mut self, browser: usize, tab: usize, generation: u32, batch: &str) {
        if self.browsers[browser].tabs[tab].generation != generation {
            return;
        }
        if self.dice.percent(50) {
            for confirmation in self.confirmations.values_mut().filter(|it| it.batch == batch) {
                confirmation.is_unstored = true;
            }
            self.input(browser, tab, |core, at| core.go_on(batch, at));
        } else {
            self.input(browser, tab, |core, at| core.stop(batch, at));
        }
    }

    fn keys(&mut self, count: usize) -> Vec<String> {
        let mut keys = Vec::new();
        for _ in 0..count {
            self.next_key += 1;
            keys.push(format!("key-{:06}", self.next_key));
        }
        keys
    }

    // Browsers and tabs.

    fn tab_now(&self, browser: usize) -> u64 {
        self.now_millis
            .saturating_add_signed(self.browsers[browser].clock_offset)
    }

    fn moment(&mut self, browser: usize) -> Moment {
        Moment {
            now_millis: self.tab_now(browser),
            random: self.dice.next(),
        }
    }

    fn open_tab(&mut self, browser: usize) {
        let tabs = &mut self.browsers[browser].tabs;
        let open = tabs.iter().find(|tab| tab.core.is_some());
        let name = match open.filter(|_| self.sabotage == Some(Sabotage::NameShared)) {
            Some(open) => open.name.clone(),
            None => format!("tab-{browser}-{}", tabs.len()),
        };
        tabs.push(Tab {
            name,
            core: None,
            generation: 0,
            wake: 0,
            frozen_until_millis: 0,
            was_frozen: false,
            user: 0,
            token: 0,
            seen: Vec::new(),
            going: HashSet::new(),
            proven: HashMap::new(),
            turned_down: HashSet::new(),
            unstored: HashSet::new(),
            attempts: HashMap::new(),
            is_session_asked: false,
            pauses: Vec::new(),
        });
        let tab = tabs.len() - 1;
        self.start(browser, tab);
    }

    fn close(&mut self, browser: usize, tab: usize) {
        self.lose_unstored(browser, tab);
        let found = &mut self.browsers[browser].tabs[tab];
        found.core = None;
        found.generation += 1;
        // Where the browser has locks the other tabs learn of its end; elsewhere its lease has to lapse.
        if self.browsers[browser].has_locks {
            for other in 0..self.browsers[browser].tabs.len() {
                let found = &self.browsers[browser].tabs[other];
                if found.core.is_some() {
                    let event = Event::Orphan(browser, other, found.generation, tab);
                    self.at(5 * SECOND, event);
                }
            }
        }
    }

    fn restart(&mut self, browser: usize, tab: usize) {
        self.coverage.restarts += 1;
        self.close(browser, tab);
        self.start(browser, tab);
    }

    /// What a person let go without storage is lost with the page, and they knew.
    fn lose_unstored(&mut self, browser: usize, tab: usize) {
        let unstored = std::mem::take(&mut self.browsers[browser].tabs[tab].unstored);
        self.browsers[browser]
            .open
            .retain(|_, key| !unstored.contains(key));
    }

    fn start(&mut self, browser: usize, tab: usize) {
        let seen = self
            .server
            .actions
            .iter()
            .map(|action| (action.version, action.status))
            .collect();
        self.check_records(browser);
        let found = &mut self.browsers[browser];
        let late = std::mem::take(&mut found.late_writes);
        drop(late);
        let records: Vec<(String, String)> = found
            .storage
            .iter()
            .map(|(key, record)| (key.clone(), record.clone()))
            .collect();
        let user = found.user;
        let found = &mut found.tabs[tab];
        found.core = Some(Core::new(&found.name));
        found.seen = seen;
        found.user = user;
        found.frozen_until_millis = 0;
        found.going.clear();
        found.proven.clear();
        found.turned_down.clear();
        found.attempts.clear();
        found.is_session_asked = false;
        let pauses = std::mem::take(&mut found.pauses);
        let generation = found.generation;
        for pause in pauses {
            let batch = self.confirmations.get(&pause.key).map(|it| &it.batch);
            let is_whole = batch.is_some_and(|batch| !self.broken.contains(batch));
            let is_written = self.browsers[browser].storage.contains_key(&pause.key);
            if pause.is_stored && is_written && is_whole {
                self.coverage.paused += u64::from(self.now_millis < pause.until_millis);
                self.browsers[browser].tabs[tab].pauses.push(pause);
            }
        }
        for (key, _) in &records {
            self.learn(browser, tab, key);
        }
        self.input(browser, tab, |core, at| core.restore(&records, at));
        if let Some(core) = &self.browsers[browser].tabs[tab].core {
            let items = core.batches().flat_map(|batch| core.items(batch));
            let is_final = |state| matches!(state, State::Done | State::Refused);
            self.coverage.brought_back += items.filter(|view| is_final(view.state)).count() as u64;
        }
        if self.sabotage == Some(Sabotage::SendAfterReload)
            && let Some(core) = &self.browsers[browser].tabs[tab].core
        {
            let batches: Vec<String> = core.batches().map(str::to_owned).collect();
            self.at(SECOND, Event::ReadSession(browser, tab, generation));
            self.read_session(browser, tab, generation);
            for batch in batches {
                self.input(browser, tab, |core, at| {
                    core.resume(&batch, at).unwrap_or_default()
                });
            }
        }
        let pause = self.dice.below(3 * SECOND);
        self.at(pause, Event::ReadSession(browser, tab, generation));
    }

    fn thaw(&mut self, browser: usize, tab: usize, generation: u32) {
        let found = &self.browsers[browser].tabs[tab];
        if found.generation != generation
            || found.core.is_none()
            || self.now_millis < found.frozen_until_millis
        {
            return;
        }
        let records: Vec<(String, String)> = self.browsers[browser]
            .storage
            .iter()
            .map(|(key, record)| (key.clone(), record.clone()))
            .collect();
        let name = found.name.clone();
        let gone: Vec<String> = self
            .confirmations
            .keys()
            .filter(|key| !self.browsers[browser].storage.contains_key(*key))
            .cloned()
            .collect();
        self.input(browser, tab, |core, at| core.woken(at));
        for key in gone {
            self.input(browser, tab, |core, at| core.shared(&key, None, at));
        }
        for (key, record) in records.iter().filter(|(_, record)| !record.contains(&name)) {
            self.learn(browser, tab, key);
            self.input(browser, tab, |core, at| core.shared(key, Some(record), at));
        }
    }

    /// A page reads a record: what those who wrote it had seen proven is proven for it.
    fn learn(&mut self, browser: usize, tab: usize, key: &str) {
        let Some(proof) = self.browsers[browser].proofs.get(key).cloned() else {
            return;
        };
        let found = &mut self.browsers[browser].tabs[tab];
        for (id, outcomes) in proof.outcomes {
            let proven = found.proven.entry((key.to_owned(), id)).or_default();
            proven.extend(outcomes);
        }
        if proof.is_turned_down {
            found.turned_down.insert(key.to_owned());
        }
    }

    fn go_online(&mut self, browser: usize, is_online: bool) {
        self.browsers[browser].is_online = is_online;
        for tab in 0..self.browsers[browser].tabs.len() {
            self.input(browser, tab, |core, at| core.online(is_online, at));
        }
    }

    fn new_session(&mut self, browser: usize, user: usize) {
        let found = &mut self.browsers[browser];
        found.user = user;
        found.session += PEOPLE as u32;
        found.token += 1;
        found.is_signed_in = true;
    }

    fn sign_in(&mut self, browser: usize) {
        if !self.browsers[browser].is_signed_in {
            let user = if self.dice.percent(80) || self.is_healed {
                self.browsers[browser].owner
            } else {
                self.dice.index(PEOPLE)
            };
            self.new_session(browser, user);
        }
        for tab in 0..self.browsers[browser].tabs.len() {
            let generation = self.browsers[browser].tabs[tab].generation;
            self.read_session(browser, tab, generation);
        }
    }

    /// The page reads the session; where it has ended, somebody signs in some time later.
    fn read_session(&mut self, browser: usize, tab: usize, generation: u32) {
        let found = &self.browsers[browser];
        if found.tabs[tab].generation != generation || found.tabs[tab].core.is_none() {
            return;
        }
        let is_lost = !found.is_online || self.now_millis < found.tabs[tab].frozen_until_millis;
        if is_lost || self.dice.percent(self.faults.request_lost) {
            let pause = SECOND + self.dice.below(9 * SECOND);
            self.at(pause, Event::ReadSession(browser, tab, generation));
            return;
        }
        if !self.browsers[browser].is_signed_in {
            let pause = SECOND + self.dice.below(150 * SECOND);
            self.at(pause, Event::SignIn(browser));
            return;
        }
        let mut user = self.browsers[browser].user;
        let token = self.browsers[browser].token;
        let max_batch = self.server.max_batch;
        if self.sabotage == Some(Sabotage::UserChangeIgnored) {
            user = self.browsers[browser].owner;
        }
        let found = &mut self.browsers[browser].tabs[tab];
        found.user = user;
        found.token = token;
        found.is_session_asked = false;
        self.input(browser, tab, |core, at| core.session(scope(user), max_batch, at));
    }

    // The core's inputs and effects.

    fn input(&mut self, browser: usize, tab: usize, call: impl FnOnce(&mut Core, Moment) -> Vec<Effect>) {
        let at = self.moment(browser);
        let found = &mut self.browsers[browser].tabs[tab];
        if self.violation.is_some() {
            return;
        }
        if let Some(core) = found.core.as_mut() {
            let effects = call(core, at);
            self.carry_out(browser, tab, effects);
        }
    }

    fn carry_out(&mut self, browser: usize, tab: usize, effects: Vec<Effect>) {
        let mut effects = VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            if self.violation.is_some() {
                return;
            }
            self.say(|| format!("{browser}.{tab} {effect:?}"));
            match effect {
                Effect::Persist { key, record } => {
                    let more = self.persist(browser, tab, &key, &record);
                    effects.extend(more);
                }
                Effect::Forget { key } => {
                    self.note_writer(tab, &key);
                    if self.browsers[browser].is_full
                        && let Some(confirmation) = self.confirmations.get(&key)
                    {
                        // What is over gives way to what is not.
                        self.broken.insert(confirmation.batch.clone());
                    }
                    self.browsers[browser].storage.remove(&key);
                    self.share(browser, tab, &key, None);
                }
                Effect::Reread { .. } if self.sabotage == Some(Sabotage::NobodyTakesOver) => {}
                Effect::Reread { key } => {
                    self.learn(browser, tab, &key);
                    let at = self.moment(browser);
                    let found = &mut self.browsers[browser];
                    let record = found.storage.get(&key).map(String::as_str);
                    if let Some(core) = found.tabs[tab].core.as_mut() {
                        effects.extend(core.shared(&key, record, at));
                    }
                }
                Effect::Send(request) => {
                    let token = self.browsers[browser].tabs[tab].token;
                    self.send(browser, tab, token, &request);
                }
                Effect::AskSession(ask) => {
                    let found = &mut self.browsers[browser].tabs[tab];
                    let generation = found.generation;
                    if !found.is_session_asked || ask == Ask::SignedOut {
                        found.is_session_asked = true;
                        let pause = self.dice.below(2 * SECOND);
                        self.at(pause, Event::ReadSession(browser, tab, generation));
                    }
                }
                Effect::Unstored { batch } => {
                    self.coverage.unstored += 1;
                    let generation = self.browsers[browser].tabs[tab].generation;
                    let pause = self.dice.below(20 * SECOND);
                    self.at(pause, Event::Decide(browser, tab, generation, batch));
                }
                Effect::Unreadable { key } => self.fail("records", &format!("{key} can't be read")),
                Effect::Changed => {}
            }
        }
        self.check_tab(browser, tab);
        self.plan_wake(browser, tab);
    }

    /// Another tab than the one where it was confirmed has to do with an intent.
    fn note_writer(&mut self, tab: usize, key: &str) {
        if let Some(confirmation) = self.confirmations.get(key).filter(|it| it.tab != tab) {
            self.broken.insert(confirmation.batch.clone());
        }
    }

    /// What the page has seen proven of an intent goes with its record.
    fn note_proof(&mut self, browser: usize, tab: usize, key: &str) {
        let found = &mut self.browsers[browser];
        let mut proof = Proof {
            is_turned_down: found.tabs[tab].turned_down.contains(key),
            ..Proof::default()
        };
        for ((of, id), outcomes) in &found.tabs[tab].proven {
            if of == key {
                proof.outcomes.insert(id.clone(), outcomes.clone());
            }
        }
        found.proofs.insert(key.to_owned(), proof);
    }

    fn persist(&mut self, browser: usize, tab: usize, key: &str, record: &str) -> Vec<Effect> {
        let at = self.moment(browser);
        self.note_writer(tab, key);
        let found = &self.browsers[browser];
        let is_stored = !found.is_full;
        if is_stored {
            self.note_proof(browser, tab, key);
        } else if let Some(confirmation) = self.confirmations.get(key) {
            self.broken.insert(confirmation.batch.clone());
        }
        let is_settled = {
            let core = self.browsers[browser].tabs[tab].core.as_ref();
            let is_open = |core: &Core| {
                let mut items = core.batches().flat_map(|batch| core.items(batch));
                items.any(|view| view.key == key && !matches!(view.state, State::Done | State::Refused))
            };
            core.is_some_and(|core| !is_open(core))
        };
        let found = &mut self.browsers[browser];
        let is_known = self.confirmations.get(key).is_some_and(|it| it.is_sent);
        if is_stored {
            match self.sabotage {
                Some(Sabotage::SendBeforePersist) if !is_known => {
                    found.late_writes.push((key.to_owned(), record.to_owned()));
                }
                Some(Sabotage::SentNotNoted) if found.storage.contains_key(key) => {}
                Some(Sabotage::PauseForgotten) if self.is_unwritten => {}
                Some(Sabotage::SettledForgotten) if is_settled => {
                    found.storage.remove(key);
                }
                _ => {
                    found.storage.insert(key.to_owned(), record.to_owned());
                }
            }
        }
        let effects = match found.tabs[tab].core.as_mut() {
            Some(core) => core.stored(key, is_stored, at),
            None => Vec::new(),
        };
        if is_stored {
            self.share(browser, tab, key, Some(record));
        }
        effects
    }

    /// Other tabs of the browser hear of a record.
    fn share(&mut self, browser: usize, from: usize, key: &str, record: Option<&str>) {
        if record.is_some() && self.sabotage == Some(Sabotage::RecordsUnheard) {
            return;
        }
        for tab in 0..self.browsers[browser].tabs.len() {
            let found = &self.browsers[browser].tabs[tab];
            if tab != from && found.core.is_some() {
                let record = record.map(str::to_owned);
                let event = Event::Share(browser, tab, found.generation, key.to_owned(), record);
                self.at(0, event);
            }
        }
    }

    fn plan_wake(&mut self, browser: usize, tab: usize) {
        let now_millis = self.tab_now(browser);
        let found = &mut self.browsers[browser].tabs[tab];
        found.wake += 1;
        if let Some(due) = found.core.as_ref().and_then(Core::next_wake_millis) {
            let event = Event::Wake(browser, tab, found.generation, found.wake);
            self.at(due.saturating_sub(now_millis).max(1), event);
        }
    }

    fn send(&mut self, browser: usize, tab: usize, token: u32, request: &Request) {
        let intent = request.key.clone();
        let (mut key, attempt) = (request.key.clone(), request.attempt);
        let mut body = Body::of(request);
        let is_repeated = self.confirmations.get(&key).is_some_and(|it| it.is_sent);
        let generation = self.browsers[browser].tabs[tab].generation;
        match self.sabotage {
            Some(Sabotage::NewKeyOnRetry) if is_repeated => key.push_str(&format!("-{attempt}")),
            Some(Sabotage::SwapOperation) if is_repeated => body.operation = Operation::Approve,
            Some(Sabotage::LoseComment) if is_repeated => body.comment = None,
            Some(Sabotage::DropItem) if is_repeated && 1 < body.items.len() => {
                body.items.pop();
            }
            Some(Sabotage::SignAgain) if is_repeated => {
                for item in &mut body.items {
                    if let Some(action) = self.server.actions.iter().find(|action| action.id == item.id) {
                        item.version = action.version.to_string();
                    }
                }
            }
            Some(Sabotage::GiveUp) if 2 < attempt => return,
            _ => {}
        }
        self.check_send(browser, tab, request);
        if self.sabotage == Some(Sabotage::ForgetOnSend) {
            self.browsers[browser].storage.remove(&intent);
        }
        let sent_at_millis = self.tab_now(browser);
        let attempts = &mut self.browsers[browser].tabs[tab].attempts;
        attempts.insert(intent.clone(), (attempt, sent_at_millis));
        self.coverage.sent += 1;
        self.coverage.repeated += u64::from(is_repeated);
        let found = &self.browsers[browser];
        let message = Message {
            browser,
            tab,
            generation,
            intent,
            key,
            attempt,
            body,
            user: found.user,
            session: found.session,
            token,
            is_granted: found.is_granted,
            is_answered_back: true,
        };
        if !found.is_online || self.dice.percent(self.faults.request_lost) {
            // Either the browser notices, or nobody does.
            if self.dice.percent(50) {
                self.reply(&message, Answer::NoAnswer);
            }
            return;
        }
        if self.dice.percent(self.faults.portal) {
            return self.reply(&message, Answer::Unreadable);
        }
        let pause = self.lag();
        if self.dice.percent(self.faults.duplicate) {
            let later = pause + self.dice.below(5 * SECOND);
            let mut twin = message.clone();
            twin.is_answered_back = self.dice.percent(50);
            let mut first = message;
            first.is_answered_back = !twin.is_answered_back || self.dice.percent(50);
            self.at(pause, Event::Arrive(first));
            self.at(later, Event::Arrive(twin));
        } else {
            self.at(pause, Event::Arrive(message));
        }
    }

    fn lag(&mut self) -> u64 {
        if self.dice.percent(self.faults.delay) {
            self.dice.below(MINUTE)
        } else {
            10 + self.dice.below(300)
        }
    }

    // The server and the way back.

    fn arrive(&mut self, message: Message) {
        let found = &self.browsers[message.browser];
        // A session that has ended since is none, whoever has signed in meanwhile.
        let is_known = found.is_signed_in && found.session == message.session;
        if !is_known {
            return self.problem(&message, 401, "unauthenticated", None);
        }
        if found.token != message.token {
            return self.problem(&message, 403, "csrf-token-invalid", None);
        }
        if self.dice.percent(self.faults.token) {
            self.browsers[message.browser].token += 1;
            return self.problem(&message, 403, "csrf-token-invalid", None);
        }
        if self.dice.percent(self.faults.throttle) {
            let pause = self.dice.percent(60).then(|| self.dice.below(20) * SECOND);
            return self.problem(&message, 429, "too-many-requests", pause);
        }
        if self.dice.percent(self.faults.server_error) {
            let pause = self.dice.percent(30).then(|| self.dice.below(30) * SECOND);
            return self.problem(&message, 503, "", pause);
        }
        match self
            .server
            .receive(message.user, message.is_granted, &message.key, &message.body)
        {
            Reception::Problem(status, word) => {
                let pause = (status == 409 && self.dice.percent(50)).then_some(SECOND);
                self.problem(&message, status, word, pause);
            }
            Reception::Replayed(receipt) => self.receipt(&message, receipt),
            Reception::Started => {
                let pause = if self.dice.percent(self.faults.slow_server) {
                    self.dice.below(15 * SECOND)
                } else {
                    self.dice.below(50)
                };
                self.at(pause, Event::Execute(message));
            }
        }
    }

    fn execute(&mut self, message: &Message) {
        if self.dice.percent(self.faults.crash) {
            self.server.crash(message.user, &message.key);
            return self.problem(message, 502, "", None);
        }
        let now_millis = self.now_millis;
        let (receipt, changed) = self.server.execute(
            message.user,
            &message.key,
            &message.body,
            now_millis,
            &mut self.dice,
        );
        self.say(|| format!("server executes {} for {changed:?}: {receipt:?}", message.key));
        self.check_ledger();
        for index in changed {
            self.tell(index);
            if self.server.actions[index].status == "queued" && self.dice.percent(60) {
                let pause = SECOND + self.dice.below(MINUTE);
                let version = self.server.actions[index].version;
                self.at(pause, Event::Run(index, version));
            }
        }
        if self.dice.percent(self.faults.server_error) {
            // Executed, but the gateway gave up.
            return self.problem(message, 504, "", None);
        }
        self.receipt(message, receipt);
    }

    /// An approved action runs and ends.
    fn run_action(&mut self, index: usize, version: u64) {
        let action = &mut self.server.actions[index];
        if action.version == version {
            action.version += 1;
            action.status = "completed";
            self.tell(index);
        }
    }

    fn problem(&mut self, message: &Message, status: u16, word: &str, retry_after_millis: Option<u64>) {
        let answer = Answer::Problem(Problem {
            status,
            word: word.to_owned(),
            detail: String::new(),
            retry_after_millis,
        });
        self.way_back(message, answer);
    }

    fn receipt(&mut self, message: &Message, mut receipt: Vec<Receipted>) {
        if self.dice.percent(self.faults.item_missing) && !receipt.is_empty() {
            let index = self.dice.index(receipt.len());
            receipt.remove(index);
        }
        if self.dice.percent(self.faults.item_twice)
            && let Some(first) = receipt.first().cloned()
        {
            // Once more, half the time with another outcome, before or after.
            let outcome = if self.dice.percent(50) {
                Outcome::Failed
            } else {
                first.outcome.clone()
            };
            let index = self.dice.index(receipt.len() + 1);
            receipt.insert(index, Receipted { outcome, ..first });
        }
        self.way_back(message, Answer::Receipt(receipt));
    }

    fn way_back(&mut self, message: &Message, answer: Answer) {
        if !message.is_answered_back {
            return;
        }
        if self.dice.percent(self.faults.answer_lost) {
            if self.dice.percent(50) {
                self.reply(message, Answer::NoAnswer);
            }
            return;
        }
        if matches!(answer, Answer::Receipt(_)) && self.dice.percent(self.faults.answer_cut) {
            return self.reply(message, Answer::Unreadable);
        }
        self.reply(message, answer);
    }

    fn reply(&mut self, message: &Message, answer: Answer) {
        let pause = self.lag();
        let event = Event::Answer(
            message.browser,
            message.tab,
            message.generation,
            message.intent.clone(),
            message.attempt,
            answer,
        );
        self.at(pause, event);
    }

    fn answer(
        &mut self,
        browser: usize,
        tab: usize,
        generation: u32,
        mut intent: String,
        attempt: u32,
        mut answer: Answer,
    ) {
        let found = &mut self.browsers[browser].tabs[tab];
        if found.generation != generation || found.core.is_none() {
            return;
        }
        if self.now_millis < found.frozen_until_millis {
            let pause = found.frozen_until_millis - self.now_millis;
            return self.at(
                pause,
                Event::Answer(browser, tab, generation, intent, attempt, answer),
            );
        }
        // What this answer proves is noted before any sabotage.
        match &answer {
            Answer::Receipt(results) => {
                for result in results {
                    let outcomes = found
                        .proven
                        .entry((intent.clone(), result.id.clone()))
                        .or_default();
                    outcomes.push(result.outcome.clone());
                }
            }
            Answer::Problem(Problem { status, word, .. }) => {
                let is_refusal = match status {
                    403 => word != "csrf-token-invalid",
                    400 | 404 | 413 | 422 => true,
                    _ => false,
                };
                if is_refusal {
                    found.turned_down.insert(intent.clone());
                }
            }
            Answer::NoAnswer | Answer::Unreadable => {}
        }
        self.say(|| format!("{browser}.{tab} {intent}/{attempt} is answered {answer:?}"));
        self.note_pause(browser, tab, &intent, attempt, &answer);
        self.spoil(browser, tab, &mut intent, &mut answer);
        self.is_unwritten = matches!(
            &answer,
            Answer::Problem(Problem {
                status: 429 | 503,
                ..
            })
        );
        self.input(browser, tab, |core, at| {
            core.answered(&intent, attempt, answer, at)
        });
        self.is_unwritten = false;
        if self.sabotage == Some(Sabotage::RetryByItself) {
            let keys = self.keys(8);
            let batch = self
                .confirmations
                .get(&intent)
                .map(|it| it.batch.clone())
                .unwrap_or_default();
            self.input(browser, tab, |core, at| {
                core.retry_failed(&batch, &keys, at).unwrap_or_default()
            });
        }
    }

    /// Notes a pause that an answer asks for: by 429 in any case, by 503 where the page waited for this very answer.
    fn note_pause(&mut self, browser: usize, tab: usize, intent: &str, attempt: u32, answer: &Answer) {
        let Answer::Problem(problem) = answer else { return };
        let is_stored = !self.browsers[browser].is_full;
        let now_millis = self.tab_now(browser);
        let found = &mut self.browsers[browser].tabs[tab];
        let Some(core) = &found.core else { return };
        let mut items = core.batches().flat_map(|batch| core.items(batch));
        let is_awaited = items.any(|view| view.key == intent && view.why == Why::Answer)
            && found.attempts.get(intent).is_some_and(|(last, sent_at_millis)| {
                // By its own clock the page has waited for it no longer than it waits.
                *last == attempt && now_millis < sent_at_millis + MINUTE
            });
        let is_for_all = problem.status == 429;
        let is_asked = problem.status == 503 && problem.retry_after_millis.is_some() && is_awaited;
        if is_for_all || is_asked {
            let asked_millis = problem.retry_after_millis.unwrap_or(0);
            let least_millis = if is_for_all { 2_000 } else { 0 };
            found.pauses.push(Pause {
                key: intent.to_owned(),
                is_for_all,
                asked_at_millis: self.now_millis,
                until_millis: self.now_millis + asked_millis.max(least_millis),
                is_stored: is_stored && is_awaited,
            });
        }
    }

    /// Plants the bugs that misread an answer.
    fn spoil(&mut self, browser: usize, tab: usize, intent: &mut String, answer: &mut Answer) {
        let Some(sabotage) = self.sabotage else { return };
        let items: Vec<String> = match self.confirmations.get(intent) {
            Some(confirmation) => confirmation.items.iter().map(|item| item.id.clone()).collect(),
            None => Vec::new(),
        };
        let all = |outcome: &Outcome| {
            let result = |id: &String| Receipted {
                id: id.clone(),
                outcome: outcome.clone(),
                detail: String::new(),
            };
            Answer::Receipt(items.iter().map(result).collect())
        };
        let refusal = || {
            Answer::Problem(Problem {
                status: 422,
                word: "invalid-request".to_owned(),
                detail: String::new(),
                retry_after_millis: None,
            })
        };
        let status = if let Answer::Problem(Problem { status, .. }) = answer {
            *status
        } else {
            0
        };
        match sabotage {
            Sabotage::ServerErrorRefuses if 500 <= status => *answer = refusal(),
            Sabotage::RunningRefuses if status == 409 => *answer = refusal(),
            Sabotage::SignedOutRefuses if status == 401 => *answer = refusal(),
            Sabotage::ThrottledRefuses if status == 429 => *answer = refusal(),
            Sabotage::ThrottleIgnored if status == 429 => *answer = Answer::NoAnswer,
            Sabotage::SilenceRefuses if *answer == Answer::NoAnswer => *answer = refusal(),
            Sabotage::UnreadableIsDone if *answer == Answer::Unreadable => *answer = all(&Outcome::Done),
            Sabotage::MissingIsDone | Sabotage::MissingIsFailed => {
                if let Answer::Receipt(results) = answer {
                    let outcome = if sabotage == Sabotage::MissingIsDone {
                        Outcome::Done
                    } else {
                        Outcome::Failed
                    };
                    for id in items {
                        if !results.iter().any(|result| result.id == id) {
                            results.push(Receipted {
                                id,
                                outcome: outcome.clone(),
                                detail: String::new(),
                            });
                        }
                    }
                }
            }
            Sabotage::ContradictionBelieved => {
                if let Answer::Receipt(results) = answer {
                    let mut ids = HashSet::new();
                    results.retain(|result| ids.insert(result.id.clone()));
                }
            }
            Sabotage::StragglerForgotten if status == 403 => {
                if let Answer::Problem(problem) = answer
                    && problem.word == "forbidden"
                {
                    problem.status = 422;
                }
            }
            Sabotage::UnfamiliarIsDone => {
                if let Answer::Receipt(results) = answer {
                    for result in results
                        .iter_mut()
                        .filter(|it| matches!(it.outcome, Outcome::Other(_)))
                    {
                        result.outcome = Outcome::Done;
                    }
                }
            }
            Sabotage::WrongIntent => {
                let core = self.browsers[browser].tabs[tab].core.as_ref();
                if let Some(core) = core {
                    let id = items.first().map_or("", String::as_str);
                    let other = core.batches().flat_map(|batch| core.items(batch)).find(|view| {
                        view.item.id == id
                            && view.key != intent
                            && matches!(view.state, State::Sending | State::Unknown)
                    });
                    let other = other.or_else(|| {
                        core.batches().flat_map(|batch| core.items(batch)).find(|view| {
                            view.key != intent && matches!(view.state, State::Sending | State::Unknown)
                        })
                    });
                    if let (Some(other), Answer::Receipt(results)) = (other, answer) {
                        *intent = other.key.to_owned();
                        for result in results {
                            result.id.clone_from(&other.item.id);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// Tells every page of a change, early, late, twice or never.
    fn tell(&mut self, index: usize) {
        let version = self.server.actions[index].version;
        for browser in 0..PEOPLE {
            for tab in 0..self.browsers[browser].tabs.len() {
                if self.browsers[browser].tabs[tab].core.is_none()
                    || self.dice.percent(self.faults.event_lost)
                {
                    continue;
                }
                let n_times = if self.dice.percent(self.faults.event_twice) {
                    2
                } else {
                    1
                };
                for _ in 0..n_times {
                    let pause = if self.dice.percent(self.faults.event_late) {
                        self.dice.below(MINUTE)
                    } else {
                        self.dice.below(200)
                    };
                    let generation = self.browsers[browser].tabs[tab].generation;
                    self.at(pause, Event::Observe(browser, tab, generation, index, version));
                }
            }
        }
    }

    fn observe(&mut self, browser: usize, tab: usize, generation: u32, index: usize, version: u64) {
        let action = &self.server.actions[index];
        let (id, status, current) = (action.id.clone(), action.status, action.version);
        let found = &mut self.browsers[browser].tabs[tab];
        if found.generation != generation
            || found.core.is_none()
            || self.now_millis < found.frozen_until_millis
        {
            return;
        }
        if found.seen[index].0 < version {
            // An old event carries the old status; only its being pending matters here.
            found.seen[index] = (version, if version == current { status } else { "running" });
        }
        if self.sabotage == Some(Sabotage::EventIsProof)
            && let Some(core) = &found.core
        {
            let unknown = core
                .batches()
                .flat_map(|batch| core.items(batch))
                .find(|view| view.item.id == id && view.state == State::Unknown)
                .map(|view| view.key.to_owned());
            if let Some(key) = unknown {
                let result = Receipted {
                    id: id.clone(),
                    outcome: Outcome::Done,
                    detail: String::new(),
                };
                let answer = Answer::Receipt(vec![result]);
                self.input(browser, tab, |core, at| core.answered(&key, 0, answer, at));
            }
        }
        self.input(browser, tab, |core, at| {
            core.observed(&id, &version.to_string(), at)
        });
    }

    // Invariants.

    /// What was executed is what was confirmed, by the same person, once, and never behind a shown refusal.
    fn check_ledger(&mut self) {
        while self.n_checked < self.server.ledger.len() {
            let execution = &self.server.ledger[self.n_checked];
            self.n_checked += 1;
            self.coverage.executed += 1;
            let (key, id) = (execution.key.clone(), execution.item.id.clone());
            let Some(confirmation) = self.confirmations.get(&key) else {
                return self.fail(
                    "confirmed",
                    &format!("{key} was executed, and nobody confirmed it"),
                );
            };
            let is_same = confirmation.user == execution.user
                && confirmation.operation == execution.operation
                && confirmation.comment == execution.comment
                && confirmation.reason == execution.reason
                && confirmation.items.contains(&execution.item);
            if !is_same {
                let detail = format!(
                    "{key}: {} of {id} is not what was confirmed",
                    execution.operation.word()
                );
                return self.fail("content", &detail);
            }
            if !self.executed.insert((key.clone(), id.clone())) {
                return self.fail("once", &format!("{key} was executed twice for {id}"));
            }
            if self.refused_shown.contains(&(key.clone(), id.clone())) {
                return self.fail(
                    "truth",
                    &format!("{key}: {id} was shown as refused and then executed"),
                );
            }
        }
    }

    fn check_send(&mut self, browser: usize, tab: usize, request: &Request) {
        let key = &request.key;
        let now_millis = self.now_millis;
        let found = &self.browsers[browser];
        let Some(confirmation) = self.confirmations.get_mut(key) else {
            return self.fail("confirmed", &format!("{key} was sent, and nobody confirmed it"));
        };
        let is_same = confirmation.operation == request.operation
            && confirmation.comment == request.comment
            && confirmation.reason == request.reason
            && confirmation.items == request.items;
        let is_first = !confirmation.is_sent;
        confirmation.is_sent = true;
        confirmation.n_sends += 1;
        self.coverage.adopted += u64::from(confirmation.tab != tab);
        let n_sends = confirmation.n_sends;
        let pauses = &found.tabs[tab].pauses;
        let pause = pauses
            .iter()
            .find(|it| (it.is_for_all || it.key == *key) && now_millis < it.until_millis)
            .cloned();
        let is_unstored = confirmation.is_unstored;
        let is_stored = found.storage.contains_key(key);
        let is_open = confirmation.items.iter().any(|item| {
            found
                .open
                .get(&(confirmation.user, item.id.clone()))
                .is_some_and(|open| open == key)
        });
        let user = confirmation.user;
        if !is_same {
            return self.fail("content", &format!("{key} was sent with another content"));
        }
        if user != found.tabs[tab].user || browser != confirmation.browser {
            return self.fail("user", &format!("{key} of user {user} was sent as another"));
        }
        if is_first && !found.tabs[tab].going.contains(key) {
            return self.fail(
                "confirmed",
                &format!("{key} was sent after Stop, a reload or sleep"),
            );
        }
        if !is_stored && !is_unstored && (is_first || is_open) {
            return self.fail("stored", &format!("{key} was sent without a record"));
        }
        if let Some(pause) = pause {
            let detail = format!(
                "{key} was sent {} ms after a pause was asked for",
                now_millis - pause.asked_at_millis
            );
            return self.fail("pauses", &detail);
        }
        let before = self.browsers[browser].asking.insert(key.clone(), tab);
        if let Some(other) = before.filter(|other| *other != tab && self.asks(browser, *other, tab, key)) {
            let detail = format!("{key} was sent by tab {tab} while tab {other} asks");
            return self.fail("one asks", &detail);
        }
        if 300 < n_sends {
            return self.fail("pauses", &format!("{key} was sent {n_sends} times"));
        }
        if is_first {
            self.close_heard(browser, tab);
            let found = &self.browsers[browser];
            // Where a person went on without storage, other tabs can't know.
            let unstored: HashSet<&String> = found.tabs.iter().flat_map(|tab| &tab.unstored).collect();
            for item in &request.items {
                if let Some(open) = found
                    .open
                    .get(&(user, item.id.clone()))
                    .filter(|open| *open != key && !unstored.contains(*open))
                {
                    let detail = format!("{key} for {} while {open} is unknown", item.id);
                    return self.fail("new key", &detail);
                }
            }
            let found = &mut self.browsers[browser];
            for item in &request.items {
                found.open.insert((user, item.id.clone()), key.clone());
            }
        }
        if !is_stored {
            self.browsers[browser].tabs[tab].unstored.insert(key.clone());
        }
    }

    /// Whether a tab asks for an intent, so that another has no reason to: where neither ever froze, and their browser's clock
    /// and storage can be relied on.
    fn asks(&self, browser: usize, tab: usize, other: usize, key: &str) -> bool {
        let found = &self.browsers[browser];
        let is_calm = |tab: usize| !found.tabs[tab].was_frozen;
        let is_relied_on = !found.is_restless && is_calm(tab) && is_calm(other);
        let Some(core) = found.tabs[tab].core.as_ref().filter(|_| is_relied_on) else {
            return false;
        };
        let mut items = core.batches().flat_map(|batch| core.items(batch));
        items.any(|view| {
            let is_resting = matches!(
                view.why,
                Why::OtherTab | Why::OtherScope | Why::KeyTooOld | Why::Unfamiliar
            );
            let is_open = matches!(view.state, State::Sending | State::Unknown);
            view.key == key && is_open && !is_resting
        })
    }

    /// Sums hold, and every state has its evidence and agrees with the ledger.
    fn check_tab(&mut self, browser: usize, tab: usize) {
        let found = &self.browsers[browser].tabs[tab];
        let Some(core) = &found.core else { return };
        let mut violation: Option<(&'static str, String)> = None;
        let (mut refused, mut held, mut closed) = (Vec::new(), Vec::new(), Vec::new());
        for id in core.batches() {
            let Some(batch) = core.batch(id) else { continue };
            let tally = batch.tally;
            let mut counted = [0; 5];
            for view in core.items(id) {
                let place = (view.key.to_owned(), view.item.id.clone());
                let is_executed = self.executed.contains(&place);
                let is_sent = self.confirmations.get(view.key).is_some_and(|it| it.is_sent);
                let fault = match view.state {
                    State::Unsent => {
                        counted[0] += 1;
                        if matches!(view.why, Why::Stopped | Why::Restored | Why::Woken) {
                            held.push(place.0.clone());
                        }
                        is_executed.then_some(("truth", "unsent, but executed"))
                    }
                    State::Sending => {
                        counted[1] += 1;
                        (!is_sent).then_some(("evidence", "sending, but not sent"))
                    }
                    State::Unknown => {
                        counted[2] += 1;
                        (!is_sent).then_some(("evidence", "unknown, but not sent"))
                    }
                    State::Done => {
                        counted[3] += 1;
                        closed.push(place.clone());
                        let is_proven = found
                            .proven
                            .get(&place)
                            .is_some_and(|outcomes| outcomes.contains(&Outcome::Done));
                        if !is_proven {
                            Some(("evidence", "done without a receipt"))
                        } else {
                            (!is_executed).then_some(("truth", "done, but not executed"))
                        }
                    }
                    State::Refused => {
                        counted[4] += 1;
                        closed.push(place.clone());
                        refused.push(place.clone());
                        let is_proven = match view.finding {
                            Finding::Refused {
                                cause: Cause::Outcome(outcome),
                                ..
                            } => found
                                .proven
                                .get(&place)
                                .is_some_and(|outcomes| outcomes.contains(outcome)),
                            _ => found.turned_down.contains(view.key),
                        };
                        if !is_proven {
                            Some(("evidence", "refused without an answer that says so"))
                        } else {
                            is_executed.then_some(("truth", "refused, but executed"))
                        }
                    }
                };
                if let Some((invariant, words)) = fault {
                    violation.get_or_insert((invariant, format!("{} {}: {words}", place.0, place.1)));
                }
            }
            let [unsent, sending, unknown, done, refused] = counted;
            let is_sum = tally.total
                == tally.done + tally.refused + tally.unknown + tally.unsent + tally.sending
                && (tally.unsent, tally.sending, tally.unknown) == (unsent, sending, unknown)
                && (tally.done, tally.refused) == (done, refused);
            let mut confirmed: HashSet<&str> = HashSet::new();
            for view in core.items(id) {
                confirmed.insert(&view.item.id);
            }
            // What was confirmed counts as a whole, also after a reload.
            let is_known = |it: &Confirmation| it.batch == id && it.is_unstored;
            let is_whole = self.broken.contains(id)
                || self.confirmations.values().any(is_known)
                || self
                    .batches
                    .get(id)
                    .is_none_or(|items| items.len() == tally.total);
            if !is_sum || confirmed.len() != tally.total || !is_whole {
                violation.get_or_insert(("sums", format!("{id}: {tally:?}")));
            }
        }
        for key in held {
            self.browsers[browser].tabs[tab].going.remove(&key);
        }
        self.coverage.turned_down += refused.len().min(1) as u64;
        self.refused_shown.extend(refused);
        self.close_items(browser, closed);
        if let Some((invariant, detail)) = violation {
            self.fail(invariant, &detail);
        }
    }

    /// What a tab has just learned the outcome of is unknown no more, also for what it sends in the same step: another decision
    /// on the item may have waited for that.
    fn close_heard(&mut self, browser: usize, tab: usize) {
        let Some(core) = &self.browsers[browser].tabs[tab].core else {
            return;
        };
        let items = core.batches().flat_map(|batch| core.items(batch));
        let heard = items.filter(|view| matches!(view.state, State::Done | State::Refused));
        let closed = heard
            .map(|view| (view.key.to_owned(), view.item.id.clone()))
            .collect();
        self.close_items(browser, closed);
    }

    fn close_items(&mut self, browser: usize, closed: Vec<(String, String)>) {
        for (key, id) in closed {
            let Some(user) = self.confirmations.get(&key).map(|it| it.user) else {
                continue;
            };
            let open = &mut self.browsers[browser].open;
            if open.get(&(user, id.clone())) == Some(&key) {
                open.remove(&(user, id));
            }
        }
    }

    /// What is unknown can be found out after a crash at any moment: its record is there.
    fn check_records(&mut self, browser: usize) {
        let found = &self.browsers[browser];
        let lost = found.open.values().find(|key| {
            !found.storage.contains_key(*key)
                && !self.confirmations.get(*key).is_some_and(|it| it.is_unstored)
        });
        if let Some(key) = lost.cloned() {
            self.fail("stored", &format!("{key} is unknown, and its record is gone"));
        }
    }

    /// After the faults everything has reached the server's truth, or says that only a person can tell.
    fn check_rest(&mut self) {
        for browser in 0..PEOPLE {
            self.check_records(browser);
            let found = &self.browsers[browser];
            let mut resting: HashSet<&str> = HashSet::new();
            let mut fault = None;
            for tab in &found.tabs {
                let Some(core) = &tab.core else { continue };
                for view in core.batches().flat_map(|batch| core.items(batch)) {
                    match (view.state, view.why) {
                        (State::Done | State::Refused, _) => {}
                        (State::Unsent, Why::Stopped | Why::Restored | Why::Woken) => {}
                        (State::Unknown, Why::KeyTooOld | Why::Unfamiliar) => {
                            self.coverage.stalled += 1;
                            resting.insert(view.key);
                        }
                        // The tab that asked says the outcome.
                        (State::Unknown, Why::OtherTab) => {}
                        // Of another user who came by: it waits for them.
                        (_, Why::OtherScope) => {
                            resting.insert(view.key);
                        }
                        (state, why) => {
                            fault = Some(format!("{} {}: {state:?}, {why:?}", view.key, view.item.id));
                        }
                    }
                }
            }
            for ((user, id), key) in &found.open {
                self.coverage.unproven += 1;
                let is_guest = *user != found.owner;
                if !is_guest && !resting.contains(key.as_str()) {
                    fault.get_or_insert_with(|| format!("{key} {id}: nobody asks any more"));
                }
            }
            if let Some(detail) = fault {
                self.fail("truth at last", &detail);
            }
        }
    }
}

fn scope(user: usize) -> Scope {
    Scope {
        user_id: ["ann", "bo", "cleo"][user].to_owned(),
        tenant_id: String::new(),
        api_base: "https://soc.example/api/v1".to_owned(),
    }
}
