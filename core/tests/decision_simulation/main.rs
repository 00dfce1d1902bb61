//! The real decision core against a faulty world, a hundred thousand seeds of it, and the proof that this would find a bug.
//!
//! `ACTION_CENTER_SEEDS=1000000` runs so many; `ACTION_CENTER_SEED=17` runs one and says what it did.

mod dice;
mod sabotage;
mod server;
mod world;

use sabotage::Sabotage;
use world::Coverage;

/// Seeds of one `cargo test`, shared by the parts below.
const SEEDS: u64 = 100_000;
const PARTS: u64 = 4;
/// Every planted bug has to show within so many seeds.
const SABOTAGE_SEEDS: u64 = 60_000;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn check_part(part: u64) {
    if let Some(seed) = number("ACTION_CENTER_SEED") {
        let outcome = world::run(seed, None, true);
        eprintln!("seed {seed}: {outcome:?}");
        assert!(outcome.is_ok(), "seed {seed}: {outcome:?}");
        return;
    }
    let seeds = number("ACTION_CENTER_SEEDS").unwrap_or(SEEDS);
    let mut sum = Coverage::default();
    for seed in (part..seeds).step_by(PARTS as usize) {
        match world::run(seed, None, false) {
            Ok(coverage) => sum.add(coverage),
            Err(violation) => {
                panic!(
                    "ACTION_CENTER_SEED={seed} breaks \"{}\": {}",
                    violation.invariant, violation.detail
                )
            }
        }
    }
    eprintln!("{sum:?}");
    sum.check();
}

#[test]
fn no_decision_is_lost_doubled_or_wrongly_shown_first_part() {
    check_part(0);
}

#[test]
fn no_decision_is_lost_doubled_or_wrongly_shown_second_part() {
    check_part(1);
}

#[test]
fn no_decision_is_lost_doubled_or_wrongly_shown_third_part() {
    check_part(2);
}

#[test]
fn no_decision_is_lost_doubled_or_wrongly_shown_fourth_part() {
    check_part(3);
}

/// The table of planted bugs is in the document beside this folder, and this test keeps it true: it prints the rows that
/// have to stand there.
#[test]
fn every_planted_bug_is_found_by_the_seed_in_the_document() {
    let document = include_str!("../decision_simulation.md");
    let (mut unseen, mut rows) = (Vec::new(), Vec::new());
    for sabotage in Sabotage::ALL {
        let broken = |seed| {
            let violation = world::run(seed, Some(sabotage), false).err()?;
            Some((seed, violation))
        };
        match (0..SABOTAGE_SEEDS).find_map(broken) {
            Some((seed, violation)) => {
                let row = format!(
                    "| {sabotage:?} | {} | {seed} | {} |",
                    sabotage.words(),
                    violation.invariant
                );
                eprintln!("{row}");
                if !document.contains(&row) {
                    rows.push(row);
                }
            }
            None => unseen.push(sabotage),
        }
    }
    assert!(
        unseen.is_empty(),
        "not found in {SABOTAGE_SEEDS} seeds: {unseen:?}"
    );
    assert!(
        rows.is_empty(),
        "the document lacks these rows:\n{}",
        rows.join("\n")
    );
}
