//! Life for generated data: approved actions run and finish, new investigations propose new actions. Nothing is decided by itself
//! but expiry. `step` is pure: the same state, time and seed give the same changes.

use action_center_core::domain::action::{Action, Decider};
use action_center_core::domain::time::{SECOND, Time};
use rusqlite::Transaction;

use crate::database::Result;
use crate::database::rows::{self, Event, Stored};
use crate::decide::{change, next};
use crate::load;
use crate::sample::random::Random;
use crate::sample::{self, Case, Plan};

/// What a step sees.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Seen {
    /// Actions that are queued or in progress, by id.
    pub running: Vec<Action>,
    /// How many wait for a decision.
    pub n_pending: usize,
    /// How many cases there were; the next one has this number.
    pub n_cases: u64,
}

/// What a step does.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Step {
    /// Actions as they were, as they are now, and what happened to them.
    pub changes: Vec<(Action, Action, Event)>,
    /// A new case.
    pub arrival: Option<Case>,
}

/// Seconds between steps.
pub const STEP_SECONDS: u64 = 2;
/// Beyond so many pending actions nothing new arrives.
const MAX_PENDING: usize = 20_000;
/// Running actions that one step looks at.
const MAX_RUNNING: i64 = 200;

/// What happens at a moment.
#[must_use]
pub fn step(seen: &Seen, seed: u64, now: Time) -> Step {
    let changes = seen
        .running
        .iter()
        .filter_map(|action| {
            let (after, event) = advance(action, now)?;
            Some((action.clone(), after, event))
        })
        .collect();
    // A new case every 40 s, on average.
    let mut random = Random::new(seed, (now.0 / SECOND) as u64);
    let arrives = seen.n_pending < MAX_PENDING && random.below(20) == 0;
    let arrival = arrives.then(|| sample::arrival(Plan::new(seed, 0, now), seen.n_cases));
    Step { changes, arrival }
}

/// The next state of a queued or running action, where its time has come.
fn advance(action: &Action, now: Time) -> Option<(Action, Event)> {
    let mut random = Random::of(&action.id);
    let by = Decider {
        kind: "automation".to_owned(),
        name: "Automation".to_owned(),
    };
    let (queues, runs) = (random.between(1, 5), random.between(3, 25));
    if action.status == "queued" {
        if now.since(action.updated_at) < queues * SECOND {
            return None;
        }
        let mut after = next(action, now);
        "inProgress".clone_into(&mut after.status);
        after.started_at = Some(after.updated_at);
        let event = Event::new(after.updated_at, "started", Some(by));
        return Some((after, event));
    }
    let started_at = action.started_at.unwrap_or(action.updated_at);
    if action.status != "inProgress" || now.since(started_at) < runs * SECOND {
        return None;
    }
    let mut after = next(action, now);
    let is_many = action.entity_type == "mailCluster";
    let (status, word) = match random.below(100) {
        0..=5 => ("failed", "failed"),
        6..=17 if is_many => ("partiallyCompleted", "completed"),
        18..=19 => ("timedOut", "failed"),
        _ => ("completed", "completed"),
    };
    status.clone_into(&mut after.status);
    after.ended_at = Some(after.updated_at);
    let event = Event::new(after.updated_at, word, Some(by));
    Some((after, event))
}

/// Looks, steps, and writes what happened. Gives the actions that changed or came.
///
/// # Errors
/// Where SQLite fails; then nothing has happened.
pub fn run(transaction: &Transaction<'_>, seed: u64, now: Time) -> Result<Vec<Action>> {
    let rows: Vec<Stored> = transaction
        .prepare_cached(
            "SELECT json, is_sample, extra FROM action
             WHERE status IN ('queued', 'inProgress') AND is_sample = 1 ORDER BY updated, id LIMIT ?1",
        )?
        .query_map([MAX_RUNNING], rows::stored)?
        .collect::<Result<_>>()?;
    let n_pending: i64 = transaction
        .prepare_cached("SELECT count(*) FROM action WHERE is_pending = 1")?
        .query_row([], |row| row.get(0))?;
    let seen = Seen {
        running: rows.into_iter().map(|stored| stored.action).collect(),
        n_pending: usize::try_from(n_pending).unwrap_or(0),
        n_cases: load::n_cases(transaction)?,
    };
    let step = step(&seen, seed, now);
    let mut changed = Vec::new();
    for (before, after, event) in step.changes {
        change(transaction, &before, after.clone(), true, None, event)?;
        changed.push(after);
    }
    if let Some(case) = step.arrival {
        changed.extend(case.actions.iter().cloned());
        load::put_case(transaction, case)?;
        load::keep_n_cases(transaction, seen.n_cases + 1)?;
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_795_000_000 * SECOND);

    fn seen(status: &str) -> Seen {
        Seen {
            running: vec![Action {
                id: "a".to_owned(),
                version: "2".to_owned(),
                status: status.to_owned(),
                updated_at: NOW,
                started_at: (status == "inProgress").then_some(NOW),
                ..Action::default()
            }],
            ..Seen::default()
        }
    }

    fn statuses(seen: &Seen, seconds: i64) -> Vec<String> {
        step(seen, 1, NOW.plus(seconds * SECOND))
            .changes
            .into_iter()
            .map(|(_, after, _)| after.status)
            .collect()
    }

    #[test]
    fn what_is_approved_runs_and_ends() {
        assert!(statuses(&seen("queued"), 0).is_empty());
        assert_eq!(statuses(&seen("queued"), 5), ["inProgress"]);
        assert!(statuses(&seen("inProgress"), 2).is_empty());
        let ends = statuses(&seen("inProgress"), 25);
        assert!(matches!(ends[0].as_str(), "completed" | "failed" | "timedOut"));
    }

    #[test]
    fn a_step_is_its_state_its_seed_and_its_time() {
        for second in 0..200 {
            let now = NOW.plus(second * SECOND);
            assert_eq!(step(&seen("queued"), 3, now), step(&seen("queued"), 3, now));
        }
    }

    #[test]
    fn new_cases_wait_for_people_and_begin_now() {
        let mut n_arrivals = 0;
        for second in 0..400 {
            let now = NOW.plus(second * SECOND);
            let Some(case) = step(&Seen::default(), 3, now).arrival else {
                continue;
            };
            n_arrivals += 1;
            assert!(!case.actions.is_empty());
            for action in &case.actions {
                assert!(action.is_pending() && action.expires_at > Some(now));
                assert_eq!(action.updated_at, now);
            }
        }
        assert!((5..60).contains(&n_arrivals), "{n_arrivals}");
        let full = Seen {
            n_pending: MAX_PENDING,
            ..Seen::default()
        };
        assert!((0..400).all(|second| step(&full, 3, NOW.plus(second * SECOND)).arrival.is_none()));
    }
}
