//! The store against the reference, and against itself.

use std::collections::BTreeMap;

use action_center_core::domain::action::{Action, Investigation};
use action_center_core::domain::column::{COLUMNS, Column};
use action_center_core::domain::facet::Facet;
use action_center_core::domain::query::{Query, Sort, View};
use action_center_core::domain::reference::{self, Record};
use action_center_core::domain::time::{DAY, Time};
use action_center_core::store::{Store, What};
use action_center_core::wire;
use proptest::collection::vec;
use proptest::prelude::*;

use super::generate::{self, NOW, Step};

/// Ids of the visible rows in order, and the counts of every facet of the view.
type Answer = (Vec<String>, Vec<(Facet, Vec<(String, usize)>)>);

fn answer(store: &Store, query: &Query) -> Answer {
    let ids = store
        .order()
        .iter()
        .map(|row| store.id(*row).to_owned())
        .collect();
    let counts = Facet::ALL
        .into_iter()
        .filter(|facet| facet.is_in(query.view))
        .map(|facet| {
            let counts = store.facet_counts(facet, "", usize::MAX);
            assert_eq!(counts.n_values, counts.values.len());
            let values = counts
                .values
                .into_iter()
                .map(|value| (value.value, value.count))
                .collect();
            (facet, values)
        })
        .collect();
    (ids, counts)
}

fn expected(records: &[Record<'_>], query: &Query, now: Time) -> Answer {
    let ids = reference::order(records, query, now)
        .into_iter()
        .map(|place| records[place].id().to_owned())
        .collect();
    let counts = Facet::ALL
        .into_iter()
        .filter(|facet| facet.is_in(query.view))
        .map(|facet| (facet, reference::facet_counts(records, query, facet, now)))
        .collect();
    (ids, counts)
}

fn check(store: &mut Store, records: &[Record<'_>], query: &Query, now: Time) {
    store.evaluate(query, now);
    assert_eq!(answer(store, query), expected(records, query, now), "{query:?}");
    assert_eq!(store.n_matching(), store.order().len());
    let mut window = Query::of(query.view);
    window.range = query.range;
    let n_total = records
        .iter()
        .filter(|record| reference::matches(**record, &window, now))
        .count();
    assert_eq!(store.n_total(), n_total);
    for (place, row) in store.order().iter().enumerate() {
        assert_eq!(store.position_of(*row), Some(place));
    }
}

/// The newest state of each action, as the contract keeps them.
fn keep(kept: &mut BTreeMap<String, Action>, action: &Action) -> bool {
    let is_stale = kept.get(&action.id).is_some_and(|before| {
        before.updated_at > action.updated_at
            || (before.updated_at == action.updated_at && before.version == action.version)
    });
    if !is_stale {
        kept.insert(action.id.clone(), action.clone());
    }
    !is_stale
}

proptest! {
    #[test]
    fn an_action_comes_back_whole(action in generate::action()) {
        let mut store = Store::new(View::Pending);
        let What::Added(row) = store.upsert_action(&action) else {
            panic!("it is new");
        };
        prop_assert_eq!(store.action(row), action.clone());
        let mut store = Store::new(View::Pending);
        let mut read = Vec::new();
        let body = format!(r#"{{"items":[{}],"total":1}}"#, wire::action_json(&action));
        wire::read_page(body.as_bytes(), &mut |row| {
            store.push(row);
            read.push(Action::from(row));
        })
        .unwrap();
        prop_assert_eq!(&[store.action(0)][..], &read[..]);
    }

    #[test]
    fn an_investigation_comes_back_whole(investigation in generate::investigation()) {
        let mut store = Store::new(View::Investigations);
        let row = store.upsert_investigation(&investigation).row();
        prop_assert_eq!(store.investigation(row), investigation.clone());
        let mut store = Store::new(View::Investigations);
        let mut read = Vec::new();
        let body = format!(r#"{{"items":[{}],"total":1}}"#, wire::investigation_json(&investigation));
        wire::read_investigations(body.as_bytes(), &mut |row| {
            store.upsert_investigation(row);
            read.push(row.clone());
        })
        .unwrap();
        prop_assert_eq!(&[store.investigation(0)][..], &read[..]);
    }

    #[test]
    fn the_store_answers_as_the_reference_whatever_came_before(steps in generate::steps()) {
        let mut store = Store::new(View::History);
        let mut kept: BTreeMap<String, Action> = BTreeMap::new();
        let mut left: BTreeMap<String, Time> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Put(action) => {
                    let is_new = !kept.contains_key(&action.id);
                    let what = store.upsert_action(&action);
                    // What was taken out comes back only as new as it left.
                    if is_new && left.get(&action.id).is_some_and(|left| action.updated_at < *left) {
                        prop_assert!(matches!(what, What::Stale(_)));
                        prop_assert_eq!(store.row_of(&action.id), None);
                        continue;
                    }
                    let is_kept = keep(&mut kept, &action);
                    let row = store.row_of(&action.id).unwrap();
                    let wanted = match (is_new, is_kept) {
                        (true, _) => What::Added(row),
                        (false, true) => What::Changed(row),
                        (false, false) => What::Stale(row),
                    };
                    prop_assert_eq!(what, wanted);
                }
                Step::Remove(id) => {
                    let was_there = kept.remove(&id).map(|action| left.insert(id.clone(), action.updated_at));
                    prop_assert_eq!(store.remove(&id).is_some(), was_there.is_some());
                    prop_assert_eq!(store.row_of(&id), None);
                }
                Step::Ask(query, days) => {
                    let records: Vec<Record<'_>> = kept.values().map(Record::from).collect();
                    check(&mut store, &records, &query, NOW.plus(days * DAY));
                }
            }
            prop_assert_eq!(store.len(), kept.len());
        }
    }

    #[test]
    fn typing_and_deleting_find_what_the_reference_finds(
        actions in vec(generate::action(), 1..40),
        search in "[aAbBäÄ .01x\\\\]{1,6}",
        late in vec(generate::action(), 1..4),
    ) {
        let mut store = Store::new(View::Pending);
        let mut kept = BTreeMap::new();
        for action in &actions {
            store.upsert_action(action);
            keep(&mut kept, action);
        }
        let mut query = Query::of(View::Pending);
        let n_chars = search.chars().count();
        let mut late = late.iter();
        for length in (0..=n_chars).chain((0..n_chars).rev()) {
            query.search = search.chars().take(length).collect();
            let records: Vec<Record<'_>> = kept.values().map(Record::from).collect();
            check(&mut store, &records, &query, NOW);
            if let Some(action) = late.next() {
                store.upsert_action(action);
                keep(&mut kept, action);
            }
        }
    }

    #[test]
    fn investigations_are_answered_as_by_the_reference(
        investigations in vec(generate::investigation(), 0..30),
        queries in vec(generate::query(&[View::Investigations]), 1..4),
    ) {
        let mut store = Store::new(View::Investigations);
        let mut kept: BTreeMap<String, Investigation> = BTreeMap::new();
        for investigation in &investigations {
            if let What::Added(_) | What::Changed(_) = store.upsert_investigation(investigation) {
                kept.insert(investigation.id.clone(), investigation.clone());
            }
        }
        let records: Vec<Record<'_>> = kept.values().map(Record::from).collect();
        for query in &queries {
            check(&mut store, &records, query, NOW);
        }
    }

    #[test]
    fn cells_say_what_the_action_says(action in generate::action()) {
        let mut store = Store::new(View::History);
        let row = store.upsert_action(&action).row();
        for info in COLUMNS.iter().filter(|info| info.column.sorts_in(View::History)) {
            let key = Record::from(&action).key(info.column, NOW);
            let is_empty = store.text(row, info.column).is_none()
                && store.time(row, info.column).is_none()
                && store.number(row, info.column, NOW).is_none()
                && (info.column != Column::Reversible || store.reversible(row).is_none());
            prop_assert_eq!(is_empty, key.is_none(), "{:?}", info.column);
        }
        prop_assert_eq!(store.text(row, Column::Entity), Some(action.entity.as_str()));
        prop_assert_eq!(store.time(row, Column::Expires), action.expires_at);
        prop_assert_eq!(store.number(row, Column::Waiting, NOW), action.waiting_at(NOW));
        prop_assert_eq!(store.version(row), action.version.as_str());
    }

    #[test]
    fn a_selection_survives_what_happens(
        actions in vec(generate::action(), 1..30),
        queries in vec(generate::query(&[View::Pending, View::History]), 1..4),
        picks in vec(any::<prop::sample::Index>(), 0..5),
    ) {
        let mut store = Store::new(View::Pending);
        for action in &actions {
            store.upsert_action(action);
        }
        let mut wanted: std::collections::BTreeSet<u32> = Default::default();
        for pick in picks {
            let row = pick.index(store.n_rows() as usize) as u32;
            store.select(row, true);
            wanted.insert(row);
        }
        for query in &queries {
            store.evaluate(query, NOW);
            prop_assert_eq!(store.selected().iter().collect::<Vec<_>>(), wanted.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(store.selected_in_order().len(), wanted.len());
            store.select_all_matching();
            wanted.extend(store.order());
            prop_assert_eq!(store.n_selected(), wanted.len());
            prop_assert_eq!(store.n_selected_matching(), store.n_matching());
            let tally = store.tally(store.selected(), Column::ActionType);
            prop_assert_eq!(tally.iter().map(|(_, count)| count).sum::<usize>(), wanted.len());
        }
        let gone = store.id(0).to_owned();
        store.remove(&gone);
        wanted.remove(&0);
        prop_assert_eq!(store.n_selected(), wanted.len());
    }

    #[test]
    fn small_steps_and_rows_in_between_lead_to_the_same(
        actions in vec(generate::action(), 1..60),
        query in generate::query(&[View::Pending]),
        budget in 1_usize..200,
    ) {
        let mut store = Store::new(View::Pending);
        let mut kept = BTreeMap::new();
        let (first, second) = actions.split_at(actions.len() / 2);
        for action in first {
            store.upsert_action(action);
            keep(&mut kept, action);
        }
        store.prepare(query.sort.column, budget);
        store.start(&query, NOW);
        for action in second {
            store.step(budget);
            store.upsert_action(action);
            keep(&mut kept, action);
        }
        while !store.step(budget) {}
        let records: Vec<Record<'_>> = kept.values().map(Record::from).collect();
        check(&mut store, &records, &query, NOW);
    }
}

#[test]
fn every_column_sorts_many_rows_as_the_reference_does() {
    // More rows than are put into an order one by one.
    let n_rows = 40_000_u32;
    let actions: Vec<Action> = (0..n_rows).map(super::shapes::varied).collect();
    let mut store = Store::new(View::History);
    for action in &actions {
        store.upsert_action(action);
    }
    let records: Vec<Record<'_>> = actions.iter().map(Record::from).collect();
    for info in COLUMNS.iter().filter(|info| info.column.sorts_in(View::History)) {
        for is_descending in [false, true] {
            let mut query = Query::of(View::History);
            query.range = action_center_core::domain::query::Range::AllTime;
            query.sort = Sort {
                column: info.column,
                is_descending,
            };
            store.start(&query, NOW);
            while !store.step(3_000) {}
            let now = NOW;
            let keys: Vec<_> = records
                .iter()
                .map(|record| record.key(info.column, now))
                .collect();
            // Neighbours in the right order, and as many as there should be, is the right order.
            assert_eq!(store.order().len(), records.len());
            for pair in store.order().windows(2) {
                let (left, right) = (pair[0] as usize, pair[1] as usize);
                let by_key = match (&keys[left], &keys[right]) {
                    (Some(left), Some(right)) if is_descending => right.cmp(left),
                    (Some(left), Some(right)) => left.cmp(right),
                    (left, right) => right.is_some().cmp(&left.is_some()),
                };
                let order = by_key.then_with(|| actions[left].id.cmp(&actions[right].id));
                assert_eq!(
                    order,
                    std::cmp::Ordering::Less,
                    "{:?} {is_descending}",
                    info.column
                );
            }
        }
    }
}
