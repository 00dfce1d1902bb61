//! Generated data: the same seed and time give the same actions and investigations; nothing in it is real.
//!
//! Modules: `random` (numbers by seed), `words` (names, paths, subjects), `scenario` (what investigations are about),
//! `detail` and `findings` (what the flyout and the
//! investigation's page show, worked out from the row when asked for).

pub mod detail;
pub mod findings;
pub mod random;
pub mod scenario;
pub mod words;

use action_center_core::domain::action::{Action, Decider, Impact};
use action_center_core::domain::time::{DAY, HOUR, MINUTE, SECOND, Time};

use random::Random;
use scenario::{Place, Scenario, Step};

/// What to generate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// The same number gives the same data.
    pub seed: u64,
    /// How many actions.
    pub n_actions: usize,
    /// How many of them wait for a decision.
    pub n_pending: usize,
    /// The time that everything is relative to.
    pub now: Time,
}

impl Plan {
    /// A plan in which a realistic share of the actions is pending: 4 %, and more where there are few.
    #[must_use]
    pub fn new(seed: u64, n_actions: usize, now: Time) -> Self {
        let n_pending = if n_actions < 5_000 {
            (n_actions * 17 / 200).max(4)
        } else {
            (n_actions / 25).max(425)
        };
        Self {
            seed,
            n_actions,
            n_pending: n_pending.min(n_actions),
            now,
        }
    }
}

/// An investigation with its actions, as generated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Case {
    /// What is known of the investigation beside its actions; none where actions were taken by hand.
    pub investigation: Option<Opening>,
    /// The actions, the earliest first.
    pub actions: Vec<Action>,
}

/// What an investigation has of its own; status, counts and times are derived from its actions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opening {
    /// Opaque id.
    pub id: String,
    /// The title.
    pub title: String,
    /// The status that it has where no action says otherwise; none means that the actions alone decide.
    pub own_status: Option<&'static str>,
    /// `informational` to `high`.
    pub severity: &'static str,
    /// The category.
    pub category: &'static str,
    /// What found it.
    pub detection_source: &'static str,
    /// The triggering alert's id and title.
    pub alert: (String, String),
    /// Asset kinds and names.
    pub assets: Vec<action_center_core::domain::action::Asset>,
    /// Threats found.
    pub n_threats: i64,
    /// When it started.
    pub started_at: Time,
    /// When it ended, where no action says so.
    pub ended_at: Option<Time>,
}

/// Pending actions become rejections after this long.
pub const PATIENCE: i64 = 7 * DAY;

/// Generates case after case: history from the oldest on, then what waits.
pub struct Cases {
    plan: Plan,
    index: u64,
    n_closed: usize,
    n_open: usize,
    /// Whether the last case had no actions.
    has_rested: bool,
}

impl Cases {
    /// Starts at the first case.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            index: 0,
            n_closed: 0,
            n_open: 0,
            has_rested: false,
        }
    }
}

impl Iterator for Cases {
    type Item = Case;

    fn next(&mut self) -> Option<Case> {
        let n_closed_wanted = self.plan.n_actions - self.plan.n_pending;
        let is_open = self.n_closed >= n_closed_wanted;
        let n_left = if is_open {
            self.plan.n_pending - self.n_open
        } else {
            n_closed_wanted - self.n_closed
        };
        if n_left == 0 {
            return None;
        }
        let mut random = Random::new(self.plan.seed, self.index);
        // One in eight investigations proposes nothing. The last two cases' share of that does not matter.
        let is_empty = !self.has_rested && self.index > 0 && random.chance(12);
        let age = if is_open {
            // What waits longest has the least time left; the last hours before a deadline are well filled.
            let spread = PATIENCE - 12 * MINUTE;
            let share = self.n_open as f64 / self.plan.n_pending as f64;
            ((1.0 - share).powf(0.8) * spread as f64) as i64
        } else {
            let share = self.n_closed as f64 / n_closed_wanted as f64;
            8 * MINUTE + ((1.0 - share).powf(1.6) * (182 * DAY) as f64) as i64
        };
        self.has_rested = is_empty;
        if is_empty {
            let opening = empty(&mut random, self.plan, self.index, is_open, age);
            self.index += 1;
            return Some(Case {
                investigation: Some(opening),
                actions: Vec::new(),
            });
        }
        let case = case(&mut random, self.plan, self.index, is_open, age, n_left);
        self.index += 1;
        if is_open {
            self.n_open += case.actions.len();
        } else {
            self.n_closed += case.actions.len();
        }
        Some(case)
    }
}

fn case(random: &mut Random, plan: Plan, index: u64, is_open: bool, age: i64, n_most: usize) -> Case {
    // Every thousandth case is a large investigation; see `findings`.
    let scenario = if index.is_multiple_of(1_000) {
        Scenario::pick_investigated(random)
    } else {
        Scenario::pick(random)
    };
    let started_at = plan.now.plus(-age - random.between(SECOND, 20 * MINUTE));
    let place = Place::new(random, scenario);
    let is_by_hand = scenario.is_by_hand;
    let n_wanted = if is_by_hand {
        1 + random.below(2) as usize
    } else {
        2 + random.below(6) as usize
    };
    let investigation = (!is_by_hand).then(|| {
        let own_status = own_status(random, is_open);
        opening(random, plan, index, scenario, &place, own_status, started_at)
    });
    let alerts = alert_ids(random, plan.seed, index, &investigation);
    let approval_id = (n_wanted > 2 && random.chance(40))
        .then(|| format!("apr-{}", word_of(mix(plan.seed.wrapping_add(index * 7)), 8)));
    let mut at = started_at;
    let actions = (0..n_wanted.min(n_most))
        .map(|nth| {
            at = at.plus(random.between(2 * SECOND, 3 * MINUTE));
            let step = scenario.step(nth, random);
            let id_index = index * 8 + nth as u64;
            let mut action = action(random, step, &place, scenario);
            action.id = action_id(plan.seed, id_index);
            action.version = "1".to_owned();
            action.created_at = at.min(plan.now.plus(-SECOND));
            action.investigation_id = investigation.as_ref().map(|of| of.id.clone());
            action.investigation_title = investigation.as_ref().map(|of| of.title.clone());
            action.alert_ids.clone_from(&alerts);
            action.approval_id.clone_from(&approval_id);
            if is_open {
                action.status = "pending".to_owned();
                action.updated_at = action.created_at;
                action.expires_at = Some(action.created_at.plus(PATIENCE).max(plan.now.plus(5 * MINUTE)));
            } else {
                close(random, &mut action, scenario, plan.now);
            }
            action
        })
        .collect();
    Case {
        investigation,
        actions,
    }
}

/// A case that begins now, with a number that none before it had.
#[must_use]
pub fn arrival(plan: Plan, index: u64) -> Case {
    let mut random = Random::new(plan.seed, index);
    let mut case = case(&mut random, plan, index, true, 0, 3);
    for action in &mut case.actions {
        // A change is told with the time at which it happens, so that nobody who looks later misses it.
        action.created_at = plan.now;
        action.updated_at = plan.now;
        action.expires_at = Some(plan.now.plus(PATIENCE));
    }
    if let Some(opening) = &mut case.investigation {
        opening.started_at = opening.started_at.min(plan.now);
    }
    case
}

/// An investigation that proposes nothing: found nothing, or has only begun.
fn empty(random: &mut Random, plan: Plan, index: u64, is_open: bool, age: i64) -> Opening {
    let scenario = Scenario::pick_investigated(random);
    let place = Place::new(random, scenario);
    let is_running = is_open && random.chance(40);
    let age = if is_running {
        age.min(random.between(MINUTE, 3 * HOUR))
    } else {
        age
    };
    let status = if is_running {
        random.pick(&["queued", "starting", "running", "running", "waitingForDevice"])
    } else {
        "noThreatsFound"
    };
    let started_at = plan.now.plus(-age);
    let mut opening = opening(random, plan, index, scenario, &place, Some(status), started_at);
    opening.n_threats = 0;
    opening.ended_at =
        (!is_running).then(|| started_at.plus((age / 2).min(random.between(MINUTE, 40 * MINUTE))));
    opening
}

fn opening(
    random: &mut Random,
    plan: Plan,
    index: u64,
    scenario: &Scenario,
    place: &Place,
    own_status: Option<&'static str>,
    started_at: Time,
) -> Opening {
    Opening {
        id: (1_000 + index).to_string(),
        title: place.fill(scenario.title),
        own_status,
        severity: scenario.severity,
        category: scenario.category,
        detection_source: scenario.detection_source,
        alert: (
            format!("da{}", word_of(mix(plan.seed ^ index), 12)),
            place.fill(scenario.alert),
        ),
        assets: place.assets(scenario),
        n_threats: random.between(1, 9),
        started_at,
        ended_at: None,
    }
}

fn own_status(random: &mut Random, is_open: bool) -> Option<&'static str> {
    if is_open {
        return None;
    }
    match random.below(100) {
        0..=2 => Some("terminatedByUser"),
        3..=4 => Some("terminatedBySystem"),
        5 => Some("terminatedByThrottling"),
        6..=8 => Some("failed"),
        9..=13 => Some("partiallyInvestigated"),
        _ => None,
    }
}

fn alert_ids(random: &mut Random, seed: u64, index: u64, investigation: &Option<Opening>) -> Vec<String> {
    let mut ids: Vec<String> = investigation.iter().map(|of| of.alert.0.clone()).collect();
    for extra in 0..random.below(3) {
        ids.push(format!(
            "da{}",
            word_of(mix(seed ^ index ^ ((extra + 1) << 40)), 12)
        ));
    }
    ids
}

fn action(random: &mut Random, step: &Step, place: &Place, scenario: &Scenario) -> Action {
    let asset = place.asset(step.asset);
    let entity = if random.below(1_000) < 22 {
        words::hostile(random, step.entity_type)
    } else {
        place.entity(step, random)
    };
    let n_boxes = place.n_mailboxes;
    let impact = match step.asset {
        "device" => Impact {
            devices: Some(1),
            users: random.chance(40).then(|| random.between(1, 3)),
            ..Impact::default()
        },
        "user" => Impact {
            users: Some(1),
            ..Impact::default()
        },
        _ if step.entity_type == "mailCluster" => Impact {
            mailboxes: Some(n_boxes),
            messages: Some(n_boxes + random.between(0, n_boxes)),
            ..Impact::default()
        },
        "mailbox" => Impact {
            mailboxes: Some(1),
            messages: random.chance(70).then_some(1),
            ..Impact::default()
        },
        _ => Impact::default(),
    };
    Action {
        action_type: step.action_type.to_owned(),
        entity_type: step.entity_type.to_owned(),
        entity,
        asset,
        severity: (!random.chance(2)).then(|| step_severity(random, scenario).to_owned()),
        threat: (random.chance(70) && !scenario.threat.is_empty()).then(|| scenario.threat.to_owned()),
        source: Some(step.source.to_owned()),
        impact: (impact != Impact::default()).then_some(impact),
        reversible: Some(is_reversible(step.action_type)),
        ..Action::default()
    }
}

fn step_severity(random: &mut Random, scenario: &Scenario) -> &'static str {
    if random.chance(75) {
        scenario.severity
    } else {
        random.pick(&["informational", "low", "medium", "high"])
    }
}

/// Whether a kind of action can be undone once taken.
#[must_use]
pub fn is_reversible(action_type: &str) -> bool {
    matches!(
        action_type,
        "quarantineFile"
            | "isolateDevice"
            | "containDevice"
            | "containUser"
            | "containIp"
            | "restrictCodeExecution"
            | "disableDriver"
            | "stopService"
            | "softDeleteEmail"
            | "moveEmailToJunk"
            | "moveEmailToInbox"
            | "quarantineEmail"
            | "blockUrl"
            | "turnOffMailForwarding"
            | "disableUser"
    )
}

/// Gives an action of the past its outcome.
fn close(random: &mut Random, action: &mut Action, scenario: &Scenario, now: Time) {
    let age = now.since(action.created_at);
    let is_fresh = age < 3 * HOUR;
    let status = match random.below(1_000) {
        0..=24 if is_fresh => "queued",
        25..=69 if is_fresh => "inProgress",
        0..=609 => "completed",
        610..=739 => "rejected",
        740..=799 if age > PATIENCE + HOUR => "expired",
        740..=799 => "completed",
        800..=849 => "failed",
        850..=889 => "partiallyCompleted",
        890..=919 => "skipped",
        920..=939 => "timedOut",
        940..=959 => "cancelled",
        960..=984 if action.reversible == Some(true) => "undone",
        _ => "completed",
    };
    status.clone_into(&mut action.status);
    let is_automatic = random.chance(45) || scenario.is_disruption;
    let waited = if is_automatic {
        random.between(SECOND, 40 * SECOND)
    } else {
        random.between(MINUTE, 30 * HOUR)
    }
    .min(age / 2);
    let decided_at = action.created_at.plus(waited.max(1));
    let has_decision = status != "skipped" && !(status == "completed" && random.chance(6));
    if status == "expired" {
        let expired_at = action.created_at.plus(PATIENCE);
        action.decision = Some("expired".to_owned());
        action.decided_by = Some(decider("system", "System"));
        action.decided_at = Some(expired_at);
        action.expires_at = Some(expired_at);
        action.updated_at = expired_at;
        return;
    }
    if has_decision {
        let word = if status == "rejected" {
            "rejected"
        } else {
            "approved"
        };
        action.decision = Some(word.to_owned());
        action.decided_at = Some(decided_at);
        action.decided_by = Some(if scenario.is_disruption {
            decider("automation", "Attack disruption")
        } else if is_automatic && status != "rejected" {
            if random.chance(90) {
                decider("automation", "Automation")
            } else {
                decider("api", "SOAR playbook")
            }
        } else {
            decider("user", random.pick(&words::ANALYSTS))
        });
        let is_by_person = action.decided_by.as_ref().is_some_and(|by| by.kind == "user");
        if is_by_person && random.chance(if status == "rejected" { 80 } else { 30 }) {
            let comments: &[&str] = if status == "rejected" {
                &words::REJECTIONS
            } else {
                &words::APPROVALS
            };
            action.comment = Some(if random.below(100) < 3 {
                words::hostile(random, "comment")
            } else {
                random.pick(comments).to_owned()
            });
        }
    }
    action.updated_at = if has_decision {
        decided_at
    } else {
        action.created_at
    };
    if matches!(status, "rejected" | "queued" | "skipped") {
        return;
    }
    let left = now.since(action.updated_at);
    let started_at = action
        .updated_at
        .plus(random.between(SECOND, 30 * SECOND).min(left / 4));
    action.started_at = Some(started_at);
    action.updated_at = started_at;
    if status == "inProgress" {
        return;
    }
    let took = match status {
        "timedOut" => 60 * MINUTE,
        _ => random.between(SECOND, 6 * MINUTE),
    }
    .min(left / 4);
    let ended_at = started_at.plus(took.max(1));
    action.ended_at = Some(ended_at);
    action.updated_at = ended_at;
    if status == "undone" {
        action.updated_at = ended_at.plus((left / 4).min(random.between(HOUR, 40 * HOUR)).max(1));
    }
}

fn decider(kind: &str, name: &str) -> Decider {
    Decider {
        kind: kind.to_owned(),
        name: name.to_owned(),
    }
}

/// Scrambles a number (SplitMix64, Steele, Lea and Flood 2014): near numbers give far ones.
#[must_use]
pub fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

fn word_of(number: u64, n_digits: usize) -> String {
    let mut word = format!("{number:016x}");
    word.truncate(n_digits);
    word
}

/// An id that no other index has: 48 bits, scrambled by an odd factor, which is one to one.
#[must_use]
pub fn action_id(seed: u64, index: u64) -> String {
    let scrambled = index.wrapping_add(mix(seed)).wrapping_mul(0x5DEE_CE66_D1A5) & 0xFFFF_FFFF_FFFF;
    format!("act-{:08x}-{:04x}", scrambled >> 16, scrambled & 0xFFFF)
}
