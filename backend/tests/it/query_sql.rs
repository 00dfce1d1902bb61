//! The query as SQL, and as the index in memory answers it, means what `domain::reference` says: rows, order, pages, counts, for
//! any query over any rows.

use action_center_backend::clock::Clock;
use action_center_backend::database::investigations::{self, Base, Waiting};
use action_center_backend::database::rows::{self, Stored};
use action_center_backend::database::{Database, select};
use action_center_backend::options::Storage;
use action_center_core::domain::action::{Action, Alert, Asset, Decider, Impact, Investigation};
use action_center_core::domain::column::COLUMNS;
use action_center_core::domain::facet::Facet;
use action_center_core::domain::query::{Deadline, Query, Range, Sort, View};
use action_center_core::domain::reference::{self, Record};
use action_center_core::domain::time::Time;
use proptest::prelude::*;

const NOW: Time = Time(1_000_000);

/// Few values, so that ties, missing values and matches are frequent; some of them fold, some are hostile.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("high".to_owned()),
        Just("HIGH".to_owned()),
        Just("low".to_owned()),
        Just("informational".to_owned()),
        Just("Straße".to_owned()),
        Just("STRAẞE".to_owned()),
        Just("a\0b".to_owned()),
        Just("a%_b".to_owned()),
        Just("\u{202e}\u{10ffff}'".to_owned()),
        Just("ς Σ".to_owned()),
        "[a-c]{1,2}",
    ]
}

fn maybe<T: std::fmt::Debug>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Option<T>> {
    proptest::option::of(of)
}

fn time() -> impl Strategy<Value = Time> {
    (0_i64..6).prop_map(|step| Time(NOW.0 - 3 + step))
}

fn action() -> impl Strategy<Value = Action> {
    let status = prop_oneof![Just("pending".to_owned()), word()];
    let words = (status, word(), word(), word(), maybe(word()), maybe(word()));
    let names = (
        maybe(word()),
        maybe(word()),
        maybe(word()),
        maybe(word()),
        maybe(word()),
        maybe(word()),
        maybe(word()),
    );
    let times = (
        time(),
        time(),
        maybe(time()),
        maybe(time()),
        maybe(time()),
        maybe(time()),
    );
    let impact = maybe((maybe(-2_i64..3), maybe(0_i64..3)));
    (words, names, times, impact, maybe(any::<bool>())).prop_map(
        |(words, names, times, impact, reversible)| Action {
            status: words.0,
            action_type: words.1,
            entity_type: words.2,
            entity: words.3,
            severity: words.4,
            source: words.5,
            decision: names.0,
            decided_by: names.1.map(|name| Decider {
                kind: "user".to_owned(),
                name,
            }),
            asset: names.2.map(|name| Asset {
                kind: "device".to_owned(),
                name,
                ..Asset::default()
            }),
            investigation_id: names.3,
            investigation_title: names.4,
            approval_id: names.5,
            threat: names.6.clone(),
            comment: names.6,
            created_at: times.0,
            updated_at: times.1,
            decided_at: times.2,
            started_at: times.3,
            ended_at: times.4,
            expires_at: times.5,
            impact: impact.map(|(devices, users)| Impact {
                devices,
                users,
                ..Impact::default()
            }),
            reversible,
            ..Action::default()
        },
    )
}

fn base() -> impl Strategy<Value = Base> {
    let texts = (
        word(),
        maybe(word()),
        maybe(word()),
        maybe(word()),
        maybe(word()),
        maybe(word()),
    );
    let assets = proptest::collection::vec(word(), 0..3);
    (
        texts,
        assets,
        maybe(0_i64..3),
        time(),
        maybe(time()),
        maybe(word()),
    )
        .prop_map(|(texts, assets, threat_count, started_at, ended_at, url)| Base {
            title: texts.0,
            own_status: texts.1,
            severity: texts.2,
            category: texts.3,
            detection_source: texts.4,
            alert: texts.5.map(|title| Alert {
                title,
                ..Alert::default()
            }),
            assets: assets
                .into_iter()
                .map(|name| Asset {
                    kind: "device".to_owned(),
                    name,
                    ..Asset::default()
                })
                .collect(),
            threat_count,
            started_at,
            ended_at,
            url,
            ..Base::default()
        })
}

fn query() -> impl Strategy<Value = Query> {
    let filters = proptest::collection::vec((0..Facet::ALL.len(), word()), 0..4);
    let range = (maybe(time()), maybe(time()));
    let search = prop_oneof![2 => Just(String::new()), 1 => word(), 1 => (word(), word()).prop_map(|(a, b)| format!("{a} {b}"))];
    (
        0_usize..3,
        filters,
        range,
        maybe(time()),
        search,
        0..COLUMNS.len(),
        any::<bool>(),
    )
        .prop_map(
            |(view, filters, (from, to), deadline, search, column, is_descending)| {
                let view = View::ALL[view];
                let mut query = Query::of(view);
                query.range = match (from, to) {
                    (None, None) => Range::AllTime,
                    (from, to) => Range::Custom { from, to },
                };
                for (facet, value) in filters {
                    if Facet::ALL[facet].is_in(view) {
                        query.set(Facet::ALL[facet], &value, true);
                    }
                }
                query.deadline = deadline.filter(|_| view.is_of_actions()).map(Deadline::Before);
                query.search = search;
                let column = COLUMNS[column].column;
                if column.sorts_in(view) {
                    query.sort = Sort {
                        column,
                        is_descending,
                    };
                }
                query
            },
        )
}

/// Ids that order differently by code point than by number, with ties between their foldings.
fn id(index: usize) -> String {
    format!("{}{}", ["a", "A", "ä", "Z", "\u{10000}"][index % 5], index / 5)
}

fn check(database: &Database, records: &[Record<'_>], query: &Query, page_size: usize) {
    let expected: Vec<&str> = reference::order(records, query, NOW)
        .into_iter()
        .map(|place| records[place].id())
        .collect();
    database
        .read(|connection, _| {
            let mut found: Vec<String> = Vec::new();
            let mut behind = None;
            loop {
                let page = select::page(connection, query, behind.as_ref(), page_size, NOW, true)?;
                found.extend(page.ids);
                behind = page.next;
                if behind.is_none() {
                    break;
                }
            }
            assert_eq!(found, expected, "{query:?}");
            assert_eq!(select::count(connection, query, NOW)?, expected.len() as i64);
            let index = database.indexed(query.view);
            let index = index.as_ref().unwrap();
            let mut rows: Vec<i64> = Vec::new();
            let mut behind = None;
            loop {
                let page = index.page(query, behind.as_ref(), page_size, NOW);
                rows.extend(page.rows);
                behind = page.next;
                assert!(rows.len() <= records.len(), "the index repeats itself: {query:?}");
                if behind.is_none() {
                    break;
                }
            }
            let table = if query.view.is_of_actions() {
                "action"
            } else {
                "investigation"
            };
            let indexed: Vec<String> = rows
                .iter()
                .map(|row| {
                    let sql = format!("SELECT id FROM {table} WHERE row = ?1");
                    connection.query_row(&sql, [row], |row| row.get(0))
                })
                .collect::<Result<_, _>>()?;
            assert_eq!(indexed, expected, "index: {query:?}");
            assert_eq!(index.count(query, NOW), expected.len() as i64);
            for facet in Facet::ALL {
                if facet.is_in(query.view) {
                    let counts: Vec<(String, usize)> = select::facet_counts(connection, query, facet, NOW)?
                        .into_iter()
                        .map(|(value, count)| (value, count as usize))
                        .collect();
                    assert_eq!(
                        counts,
                        reference::facet_counts(records, query, facet, NOW),
                        "{facet:?} {query:?}"
                    );
                }
            }
            Ok(())
        })
        .unwrap();
}

fn database() -> Database {
    let database = Database::open(&Storage::Memory, Clock::standing(NOW)).unwrap();
    database.make_indexes().unwrap();
    database
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn actions_are_found_as_the_reference_finds_them(
        actions in proptest::collection::vec(action(), 0..24),
        queries in proptest::collection::vec(query(), 1..12),
        page_size in 1_usize..9,
        (n_early, max_dirty, is_warm) in (0_usize..24, 0_usize..6, any::<bool>()),
    ) {
        let actions: Vec<Action> = actions
            .into_iter()
            .enumerate()
            .map(|(index, action)| Action { id: id(index), ..action })
            .collect();
        let database = database();
        let put = |action: Action| {
            let stored = Stored { action, is_sample: false, extra: None };
            database.write(|transaction, _| rows::put(transaction, &stored)).unwrap();
        };
        // Some rows are there, in another state, before the index is.
        for (index, action) in actions.iter().rev().take(n_early).enumerate() {
            put(Action { id: id(index), ..action.clone() });
        }
        database.index(0, max_dirty).unwrap();
        if is_warm {
            database.warm();
        }
        for action in &actions {
            put(action.clone());
        }
        let records: Vec<Record<'_>> = actions.iter().map(Record::from).collect();
        for query in queries.iter().filter(|query| query.view.is_of_actions()) {
            check(&database, &records, query, page_size);
        }
    }

    #[test]
    fn investigations_are_found_as_the_reference_finds_them(
        bases in proptest::collection::vec((base(), proptest::collection::vec(action(), 0..4)), 0..14),
        queries in proptest::collection::vec(query(), 1..12),
        page_size in 1_usize..9,
        (n_early, max_dirty, is_warm) in (0_usize..14, 0_usize..6, any::<bool>()),
    ) {
        let database = database();
        let put = |base: &Base, actions: &[Action]| {
            database.write(|transaction, _| investigations::put(transaction, base, actions)).unwrap();
        };
        for (index, (base, actions)) in bases.iter().rev().take(n_early).enumerate() {
            put(&Base { id: id(index), ..base.clone() }, actions);
        }
        database.index(0, max_dirty).unwrap();
        if is_warm {
            database.warm();
        }
        let investigations: Vec<Investigation> = bases
            .into_iter()
            .enumerate()
            .map(|(index, (base, actions))| {
                let base = Base { id: id(index), ..base };
                put(&base, &actions);
                let (investigation, waiting): (_, Waiting) = investigations::derive(&base, &actions);
                Investigation { pending_seconds: Some(waiting.seconds_at(NOW)), ..investigation }
            })
            .collect();
        let records: Vec<Record<'_>> = investigations.iter().map(Record::from).collect();
        for query in queries.iter().filter(|query| !query.view.is_of_actions()) {
            check(&database, &records, query, page_size);
        }
    }
}
