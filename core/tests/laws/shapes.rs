//! Shapes of data that break such tables: nothing, one row, all the same, all different, huge texts, huge facets, odd times.

use action_center_core::domain::action::{Action, Asset, Impact};
use action_center_core::domain::column::{COLUMNS, Column};
use action_center_core::domain::facet::Facet;
use action_center_core::domain::query::{Query, Range, Sort, View};
use action_center_core::domain::reference::{self, Record};
use action_center_core::domain::time::{SECOND, Time};
use action_center_core::store::Store;

use super::generate::NOW;

fn mixed(number: u32) -> u32 {
    let number = (number ^ number >> 16).wrapping_mul(0x45D9_F3B5);
    (number ^ number >> 15).wrapping_mul(0x27D4_EB2F) ^ number >> 13
}

/// One of many actions, all columns filled or missing in turn.
pub(crate) fn varied(number: u32) -> Action {
    let mix = mixed(number);
    let pick = |words: &[&str], shift: u32| words[(mix >> shift) as usize % words.len()].to_owned();
    let some = |bit: u32| mix >> bit & 1 == 1;
    let time = |shift: u32| Time(NOW.0 - i64::from(mix >> shift & 0xFFFF) * SECOND);
    Action {
        id: format!("{}{mix:08x}", if some(3) { "A" } else { "a" }),
        version: "1".to_owned(),
        approval_id: some(1).then(|| format!("p{}", mix % 1_000)),
        investigation_id: some(2).then(|| (mix % 300).to_string()),
        investigation_title: some(2).then(|| format!("Incident on host-{}", mix % 200)),
        action_type: pick(&["blockUrl", "isolateDevice", "quarantineFile"], 4),
        status: pick(&["completed", "failed", "undone"], 7),
        decision: some(9).then(|| "approved".to_owned()),
        entity_type: pick(&["file", "url"], 11),
        entity: format!(
            "C:\\Windows\\System32\\{}{}.exe",
            pick(&["SVC", "svc", "É", "é"], 5),
            mix % 30_000
        ),
        asset: some(4).then(|| Asset {
            kind: "device".to_owned(),
            name: format!("wks-{}", mix % 500),
            ..Asset::default()
        }),
        severity: some(5).then(|| pick(&["low", "high", "medium", "odd", "informational", "Basic"], 13)),
        threat: some(6).then(|| pick(&["Trojan", "trojan", "Worm"], 15)),
        source: some(7).then(|| pick(&["explorerAction", "attackDisruption"], 2)),
        impact: some(8).then(|| Impact {
            devices: some(9).then_some(i64::from(mix % 9)),
            users: some(10).then_some(1),
            ..Impact::default()
        }),
        reversible: some(11).then_some(some(12)),
        comment: some(13).then(|| format!("Note {}", mix % 100)),
        created_at: time(0),
        updated_at: if number.is_multiple_of(997) {
            Time(i64::from(mix) << 30)
        } else {
            time(3)
        },
        decided_at: some(14).then(|| time(5)),
        started_at: some(15).then(|| time(7)),
        ended_at: some(16).then(|| Time(time(9).0 + 1)),
        expires_at: some(17).then(|| time(2)),
        ..Action::default()
    }
}

fn query() -> Query {
    let mut query = Query::of(View::History);
    query.range = Range::AllTime;
    query
}

/// Every sort, a search and every facet, step by step; the smallest sanity of each.
fn check(actions: &[Action]) {
    let mut store = Store::new(View::History);
    for action in actions {
        store.upsert_action(action);
    }
    for info in COLUMNS.iter().filter(|info| info.column.sorts_in(View::History)) {
        let mut query = query();
        query.sort = Sort {
            column: info.column,
            is_descending: true,
        };
        store.start(&query, NOW);
        while !store.step(10_000) {}
        assert_eq!(store.n_matching(), actions.len());
        let first_two: Vec<&Action> = store
            .order()
            .iter()
            .take(2)
            .map(|row| &actions[*row as usize])
            .collect();
        if let [first, second] = first_two[..] {
            assert!(reference::compare(first, second, query.sort, NOW).is_lt());
        }
    }
    let mut query = query();
    for length in 1..=4 {
        query.search = "quar"[..length].to_owned();
        store.evaluate(&query, NOW);
        let n_expected = actions
            .iter()
            .filter(|action| reference::matches(Record::from(*action), &query, NOW))
            .count();
        assert_eq!(store.n_matching(), n_expected);
    }
    for facet in Facet::ALL {
        let counts = store.facet_counts(facet, "", 20);
        assert!(counts.values.len() <= 20 && counts.n_values >= counts.values.len());
    }
}

fn plain(number: usize) -> Action {
    Action {
        id: format!("a{number}"),
        status: "completed".to_owned(),
        action_type: "quarantineFile".to_owned(),
        entity: "x".to_owned(),
        created_at: NOW,
        updated_at: NOW,
        ..Action::default()
    }
}

#[test]
fn no_row_and_one_row() {
    check(&[]);
    check(&[plain(0)]);
}

#[test]
fn all_rows_alike() {
    check(&(0..50_000).map(plain).collect::<Vec<_>>());
}

#[test]
fn all_rows_different_in_all_columns() {
    let actions: Vec<Action> = (0..50_000_u32)
        .map(|number| {
            let text = format!("{:08x}", mixed(number));
            Action {
                id: text.clone(),
                version: text.clone(),
                approval_id: Some(text.clone()),
                investigation_id: Some(text.clone()),
                investigation_title: Some(text.clone()),
                action_type: text.clone(),
                status: text.clone(),
                entity_type: text.clone(),
                entity: text.clone(),
                severity: Some(text.clone()),
                threat: Some(text.clone()),
                comment: Some(text),
                created_at: Time(i64::from(number) << 40),
                updated_at: Time(-(i64::from(number) << 40)),
                ..plain(0)
            }
        })
        .collect();
    check(&actions);
}

#[test]
fn a_megabyte_of_text() {
    let long = "Quarantine É ".repeat(80_000);
    let mut actions: Vec<Action> = (0..20).map(plain).collect();
    for (number, action) in actions.iter_mut().enumerate() {
        action.entity = format!("{long}{number}");
        action.comment = Some(long.clone());
    }
    check(&actions);
}

#[test]
fn a_hundred_thousand_values_in_one_facet() {
    let actions: Vec<Action> = (0..100_000)
        .map(|number| Action {
            asset: Some(Asset {
                name: format!("host-{number}"),
                ..Asset::default()
            }),
            ..plain(number)
        })
        .collect();
    let mut store = Store::new(View::History);
    for action in &actions {
        store.upsert_action(action);
    }
    let mut query = query();
    query.set(Facet::Asset, "host-77", true);
    query.set(Facet::Asset, "nowhere", true);
    store.evaluate(&query, NOW);
    assert_eq!(store.n_matching(), 1);
    let counts = store.facet_counts(Facet::Asset, "", 10);
    assert_eq!(counts.n_values, 100_001);
    let values: Vec<&str> = counts.values.iter().map(|value| value.value.as_str()).collect();
    assert!(values.contains(&"host-77") && values.contains(&"nowhere"));
    assert_eq!(values.len(), 12);
    let found = store.facet_counts(Facet::Asset, "HOST-9999", 100);
    assert_eq!(
        found.values.iter().filter(|value| value.count == 1).count(),
        11 + 1
    );
}

#[test]
fn rows_that_come_sorted_or_reversed_take_no_longer_than_others() {
    for is_reversed in [false, true] {
        let mut store = Store::new(View::History);
        let n_rows = 60_000;
        for page in 0..60 {
            for at in 0..1_000 {
                let number = page * 1_000 + at;
                let number = if is_reversed { n_rows - number } else { number };
                store.upsert_action(&Action {
                    updated_at: Time(number as i64 * SECOND),
                    ..plain(number)
                });
            }
            store.evaluate(&query(), NOW);
        }
        let times: Vec<_> = store
            .order()
            .iter()
            .map(|row| store.time(*row, Column::Updated))
            .collect();
        assert!(times.windows(2).all(|pair| pair[0] > pair[1]));
    }
}

#[test]
fn an_investigation_is_known_by_its_title_among_the_filters() {
    let mut store = Store::new(View::History);
    store.upsert_action(&Action {
        investigation_id: Some("7".to_owned()),
        investigation_title: Some("Emotet on wks-1".to_owned()),
        ..plain(1)
    });
    store.evaluate(&query(), NOW);
    for (find, n_expected) in [("", 1), ("emotet", 1), ("7", 1), ("x", 0)] {
        let counts = store.facet_counts(Facet::Investigation, find, 9);
        assert_eq!(counts.values.len(), n_expected);
        assert!(
            counts
                .values
                .iter()
                .all(|value| value.label == "Emotet on wks-1" && value.value == "7")
        );
    }
}

#[test]
fn marks_stay_until_they_are_taken_away() {
    let mut store = Store::new(View::History);
    let row = store.upsert_action(&plain(1)).row();
    store.mark_changed(row, true);
    store.evaluate(&query(), NOW);
    assert!(store.is_changed(row));
    store.clear_changed();
    assert!(store.changed().is_empty());
}

#[test]
fn texts_that_no_row_has_are_dropped_and_nothing_else_changes() {
    let n_rows = 3_000;
    let action = |number: usize, round: usize| Action {
        version: round.to_string(),
        entity: format!("entity {number} of round {round}"),
        comment: Some(format!("comment {number} {round}")),
        investigation_id: Some(format!("{number} {round}")),
        investigation_title: Some(format!("Title {number} {round}")),
        updated_at: Time(round as i64),
        ..plain(number)
    };
    let mut store = Store::new(View::History);
    for round in 0..4 {
        for number in 0..n_rows {
            store.upsert_action(&action(number, round));
        }
        let mut query = query();
        query.search = "round 3".to_owned();
        store.evaluate(&query, NOW);
    }
    let n_bytes = store.bytes();
    let mut n_compacted = 0;
    while store.compact() {
        n_compacted += 1;
    }
    assert_eq!(n_compacted, 4);
    assert!(store.bytes() < n_bytes / 2);
    for number in 0..n_rows {
        assert_eq!(store.action(number as u32), action(number, 3));
    }
    let actions: Vec<Action> = (0..n_rows).map(|number| action(number, 3)).collect();
    for search in ["round 3", "round2", "comment 17", "777"] {
        let mut query = query();
        query.search = search.to_owned();
        query.sort = Sort {
            column: Column::Entity,
            is_descending: false,
        };
        store.evaluate(&query, NOW);
        let n_expected = actions
            .iter()
            .filter(|action| reference::matches(*action, &query, NOW))
            .count();
        assert_eq!(store.n_matching(), n_expected, "{search}");
        assert!(
            store
                .facet_counts(Facet::Investigation, "", 3)
                .values
                .iter()
                .all(|value| value.label.starts_with("Title"))
        );
    }
}

#[test]
fn memory_stays_flat_over_random_operations() {
    let mut store = Store::new(View::History);
    let mut sizes = Vec::new();
    for round in 0..10_u32 {
        for number in 0..1_000_u32 {
            let pick = mixed(round * 1_000 + number);
            let mut action = varied(pick % 2_000);
            action.updated_at = Time(i64::from(round * 1_000 + number) * SECOND);
            action.comment = Some(format!("comment {pick}"));
            store.upsert_action(&action);
            if number.is_multiple_of(50) {
                let mut query = query();
                query.search = ["", "svc", "win", "comment 1"][pick as usize % 4].to_owned();
                query.set(Facet::Severity, "high", pick & 16 == 0);
                query.sort = Sort {
                    column: COLUMNS[pick as usize % 20].column,
                    is_descending: pick & 32 == 0,
                };
                store.evaluate(&query, NOW);
                while store.compact() {}
            }
        }
        sizes.push(store.bytes());
    }
    assert!(sizes[9] < sizes[3] * 3 / 2, "{sizes:?}");
}
