//! `/actions` and `/actions/{id}`: what is listed, counted, refused.

use std::collections::HashSet;

use action_center_core::wire;

use crate::backend::Backend;

#[test]
fn pending_and_history_share_out_all_actions() {
    let backend = Backend::with(500);
    let (pending, head) = backend.page("view=pending&limit=1000");
    assert!(
        pending
            .iter()
            .all(action_center_core::domain::action::Action::is_pending)
    );
    assert_eq!(head.total, Some(pending.len() as u64));
    let (history, head) = backend.page("view=history&limit=1000");
    assert!(
        !history
            .iter()
            .any(action_center_core::domain::action::Action::is_pending)
    );
    assert_eq!(head.total, Some(history.len() as u64));
    assert_eq!(pending.len() + history.len(), 500);
}

#[test]
fn pages_give_each_action_once_in_order() {
    let backend = Backend::with(300);
    for sort in [
        "-updatedAt",
        "expiresAt",
        "severity",
        "-asset",
        "waiting",
        "comment",
        "-id",
    ] {
        let query = format!("view=history&sort={sort}");
        let whole: Vec<String> = backend
            .page(&format!("{query}&limit=1000"))
            .0
            .into_iter()
            .map(|action| action.id)
            .collect();
        let mut paged = Vec::new();
        let mut cursor = String::new();
        loop {
            let (actions, head) = backend.page(&format!("{query}&limit=7{cursor}"));
            assert_eq!(head.total, Some(whole.len() as u64));
            paged.extend(actions.into_iter().map(|action| action.id));
            let Some(next) = head.next_cursor else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(paged, whole, "{sort}");
        assert_eq!(paged.iter().collect::<HashSet<_>>().len(), paged.len());
    }
}

#[test]
fn limits_follow_the_contract() {
    let backend = Backend::start(1_000, |options| options.max_page_size = 300);
    let n_items = |parameters: &str| backend.page(&format!("view=history{parameters}")).0.len();
    assert_eq!(n_items(""), 200);
    assert_eq!(n_items("&limit=7"), 7);
    assert_eq!(n_items("&limit=301"), 300);
    assert_eq!(n_items("&limit=99999999999999999999999"), 300);
    let (none, head) = backend.page("view=history&limit=0");
    assert!(none.is_empty() && head.next_cursor.is_none() && head.total > Some(500));
    for limit in ["-1", "x", "", "1.5", "1e3", "+1"] {
        let problem = backend
            .get(&format!("actions?view=history&limit={limit}"))
            .problem(400, "bad-query");
        assert_eq!(problem.parameter.as_deref(), Some("limit"));
    }
    let small = Backend::start(300, |options| options.max_page_size = 50);
    assert_eq!(small.page("view=history").0.len(), 50);
}

#[test]
fn a_bad_parameter_is_named() {
    let backend = Backend::with(50);
    for (parameters, name) in [
        ("", "view"),
        ("view=all", "view"),
        ("view=investigations", "view"),
        ("view=pending&view=history", "view"),
        ("view=pending&from=yesterday", "from"),
        ("view=pending&to=", "to"),
        ("view=pending&expiresBefore=soon", "expiresBefore"),
        ("view=pending&sort=version", "sort"),
        ("view=pending&sort=alertIds", "sort"),
        ("view=pending&sort=operations", "sort"),
        ("view=pending&sort=nothing", "sort"),
        ("view=pending&sort=", "sort"),
        ("view=pending&facets=approvalId", "facets"),
        ("view=pending&facets=comment", "facets"),
        ("view=pending&facets=", "facets"),
        ("view=pending&cursor=", "cursor"),
        ("view=pending&cursor=00", "cursor"),
    ] {
        let problem = backend
            .get(&format!("actions?{parameters}"))
            .problem(400, "bad-query");
        assert_eq!(problem.parameter.as_deref(), Some(name), "{parameters}");
    }
    let long = format!("actions?view=pending&q={}", "x".repeat(501));
    assert_eq!(
        backend.get(&long).problem(400, "bad-query").parameter.as_deref(),
        Some("q")
    );
}

#[test]
fn a_cursor_belongs_to_its_query_but_not_to_limit_and_facets() {
    let backend = Backend::with(200);
    let cursor = backend
        .page("view=history&severity=high&limit=3")
        .1
        .next_cursor
        .unwrap();
    let answer = |parameters: &str| backend.get(&format!("actions?{parameters}&cursor={cursor}"));
    assert_eq!(
        answer("view=history&severity=high&limit=9&facets=type").status,
        200
    );
    for foreign in [
        "view=history",
        "view=pending&severity=high",
        "view=history&severity=low",
        "view=history&severity=high&sort=id",
        "view=history&severity=high&q=a",
        "view=history&severity=high&from=2026-01-01T00:00:00Z",
    ] {
        answer(foreign).problem(400, "bad-query");
    }
    let other = Backend::with(200);
    other
        .get(&format!("actions?view=history&severity=high&cursor={cursor}"))
        .problem(410, "cursor-expired");
}

#[test]
fn an_unknown_parameter_is_ignored() {
    let backend = Backend::with(50);
    assert_eq!(
        backend.page("view=pending&novel=1").1.total,
        backend.page("view=pending").1.total
    );
}

#[test]
fn waiting_is_fixed_by_the_first_page() {
    let backend = Backend::with(300);
    let (first, head) = backend.page("view=pending&sort=waiting&limit=5");
    backend.clock.set(crate::backend::NOW.plus(60_000_000));
    let rest = backend.page(&format!(
        "view=pending&sort=waiting&limit=1000&cursor={}",
        head.next_cursor.unwrap()
    ));
    assert_eq!(first.len() as u64 + rest.0.len() as u64, head.total.unwrap());
}

#[test]
fn the_detail_holds_everything_for_a_decision() {
    let backend = Backend::with(400);
    for view in ["pending", "history"] {
        for action in backend.page(&format!("view={view}&limit=400")).0 {
            let detail = wire::read_detail(&backend.get(&format!("actions/{}", action.id)).body).unwrap();
            assert_eq!(detail.action, action);
            assert!(detail.summary.is_some() && detail.on_approve.is_some() && detail.on_reject.is_some());
            assert!(!detail.facts.is_empty() && !detail.targets.is_empty());
            assert_eq!(detail.alerts.len(), action.alert_ids.len());
            assert_eq!(detail.timeline[0].event, "created");
            assert!(
                detail.timeline.is_sorted_by_key(|event| event.at),
                "{:?}",
                detail.timeline
            );
        }
    }
}

#[test]
fn what_is_not_there_is_not_found() {
    let backend = Backend::with(10);
    for path in [
        "actions/none",
        "actions/%FF",
        "actions/a%2Fb",
        "nothing",
        "actions/a/b",
        "",
    ] {
        backend.get(path).problem(404, "not-found");
    }
}

#[test]
fn another_method_is_not_allowed() {
    let backend = Backend::with(10);
    for (method, path, allowed) in [
        ("POST", "actions", "GET, HEAD"),
        ("DELETE", "actions/a", "GET, HEAD"),
        ("PUT", "session", "GET, HEAD"),
        ("POST", "events", "GET, HEAD"),
        ("GET", "decisions", "POST"),
        ("PATCH", "decisions", "POST"),
    ] {
        let answer = backend.send(method, &format!("/api/v1/{path}"), &[], "");
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, allowed));
        assert_eq!(answer.json()["type"], "about:blank");
    }
}
