//! Generated data: the same by seed, of every kind that the contract names, relative to now.

use std::collections::BTreeSet;

use action_center_backend::sample::{Cases, PATIENCE, Plan};
use action_center_core::domain::action::Action;
use action_center_core::domain::time::HOUR;
use action_center_core::domain::words::{Kind, known};

use crate::backend::NOW;

fn actions(seed: u64, n_actions: usize) -> Vec<Action> {
    Cases::new(Plan::new(seed, n_actions, NOW))
        .flat_map(|case| case.actions)
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_data_and_another_does_not() {
    let cases = |seed| Cases::new(Plan::new(seed, 500, NOW)).collect::<Vec<_>>();
    assert!(cases(1) == cases(1));
    assert!(cases(1) != cases(2));
}

#[test]
fn there_are_as_many_as_asked_for_and_no_id_twice() {
    for n_actions in [10, 11, 333, 2_000, 20_000] {
        let actions = actions(7, n_actions);
        assert_eq!(actions.len(), n_actions);
        let ids: BTreeSet<&str> = actions.iter().map(|action| action.id.as_str()).collect();
        assert_eq!(ids.len(), n_actions);
        let n_pending = actions.iter().filter(|action| action.is_pending()).count();
        assert_eq!(n_pending, Plan::new(7, n_actions, NOW).n_pending);
        assert!(n_pending >= 4);
    }
    let n_pending = Plan::new(7, 2_000, NOW).n_pending;
    assert!((150..=200).contains(&n_pending), "{n_pending}");
}

#[test]
fn every_kind_of_the_contract_occurs() {
    let actions = actions(3, 30_000);
    let check = |kind: Kind, values: BTreeSet<&str>| {
        for word in known(kind) {
            assert!(values.contains(word), "{kind:?}: {word}");
        }
    };
    check(
        Kind::ActionType,
        actions.iter().map(|action| action.action_type.as_str()).collect(),
    );
    check(
        Kind::EntityType,
        actions.iter().map(|action| action.entity_type.as_str()).collect(),
    );
    check(
        Kind::Status,
        actions.iter().map(|action| action.status.as_str()).collect(),
    );
    check(
        Kind::Source,
        actions
            .iter()
            .filter_map(|action| action.source.as_deref())
            .collect(),
    );
    check(
        Kind::Severity,
        actions
            .iter()
            .filter_map(|action| action.severity.as_deref())
            .collect(),
    );
    check(
        Kind::Decision,
        actions
            .iter()
            .filter_map(|action| action.decision.as_deref())
            .collect(),
    );
    let deciders = actions.iter().filter_map(|action| action.decided_by.as_ref());
    check(Kind::DeciderKind, deciders.map(|by| by.kind.as_str()).collect());
    assert!(actions.iter().any(|action| action.entity.contains('\u{202e}')));
    assert!(actions.iter().any(|action| action.entity.starts_with('=')));
}

#[test]
fn times_are_in_order_and_relative_to_now() {
    for action in actions(5, 5_000) {
        let times = [
            Some(action.created_at),
            action.decided_at,
            action.started_at,
            action.ended_at,
        ];
        let times: Vec<_> = times.into_iter().flatten().collect();
        assert!(times.is_sorted(), "{action:?}");
        assert!(
            times
                .iter()
                .all(|time| *time <= action.updated_at && *time <= NOW),
            "{action:?}"
        );
        assert!(action.updated_at <= NOW, "{action:?}");
        if action.is_pending() {
            let expires = action.expires_at.unwrap();
            assert!(expires > NOW && expires <= NOW.plus(PATIENCE), "{action:?}");
        }
    }
    let soon = |hours: i64| {
        let by = NOW.plus(hours * HOUR);
        actions(1, 2_000)
            .iter()
            .filter(|action| action.is_pending() && action.expires_at < Some(by))
            .count()
    };
    assert!(soon(2) > 0 && soon(24) > soon(2));
}
