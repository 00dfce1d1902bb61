//! `/investigations`: derived from their actions, live.

use action_center_core::domain::action::Investigation;
use action_center_core::wire;

use crate::backend::Backend;

fn list(backend: &Backend, parameters: &str) -> Vec<Investigation> {
    let answer = backend.get(&format!("investigations?{parameters}"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let mut rows = Vec::new();
    let head = wire::read_investigations(&answer.body, &mut |row| rows.push(row.clone())).unwrap();
    assert!(head.set_aside.is_empty() && head.as_of.is_some());
    rows
}

#[test]
fn counts_and_status_are_those_of_the_actions() {
    let backend = Backend::with(600);
    let investigations = list(&backend, "limit=1000");
    assert!(investigations.len() > 80);
    for investigation in &investigations {
        let answer = backend.get(&format!("investigations/{}", investigation.id));
        assert!(
            !answer.text().contains(":null"),
            "what is not known is left out: {}",
            answer.text()
        );
        let detail = wire::read_investigation_detail(&answer.body).unwrap();
        assert_eq!((&detail.investigation, detail.n_set_aside), (investigation, 0));
        let n_pending = detail.actions.iter().filter(|action| action.is_pending()).count();
        assert_eq!(investigation.action_count, Some(detail.actions.len() as i64));
        assert_eq!(investigation.pending_action_count, Some(n_pending as i64));
        assert_eq!(investigation.status == "pendingAction", n_pending > 0);
        let is_over = !matches!(
            investigation.status.as_str(),
            "queued" | "starting" | "running" | "waitingForDevice" | "pendingAction"
        );
        assert_eq!(investigation.ended_at.is_some(), is_over, "{investigation:?}");
        assert!(!detail.evidence.is_empty() && !detail.log.is_empty() && !detail.alerts.is_empty());
        let first_seen = detail.evidence.iter().filter_map(|of| of.first_seen);
        assert!(
            first_seen.max() <= Some(backend.clock.now()),
            "seen in the future"
        );
        let (actions, _) = backend.page(&format!(
            "view=history&investigationId={}&limit=100",
            investigation.id
        ));
        assert_eq!(actions.len(), detail.actions.len() - n_pending);
    }
    for status in [
        "pendingAction",
        "remediated",
        "partiallyRemediated",
        "noThreatsFound",
    ] {
        let listed = list(&backend, &format!("status={status}&limit=1000"));
        assert!(
            !listed.is_empty() && listed.iter().all(|of| of.status == status),
            "{status}"
        );
    }
}

#[test]
fn a_decision_moves_its_investigation_on() {
    let backend = Backend::with(300);
    let (actions, _) = backend.page("view=pending&limit=1000");
    let action = actions
        .iter()
        .find(|action| action.operations.is_none() && action.investigation_id.is_some())
        .unwrap();
    let id = action.investigation_id.clone().unwrap();
    let read =
        || wire::read_investigation_detail(&backend.get(&format!("investigations/{id}")).body).unwrap();
    let before = read();
    backend.clock.set(crate::backend::NOW.plus(5_000_000));
    backend.outcomes("key-0001", "reject", &[(&action.id, "1")]);
    let after = read();
    assert_eq!(
        after.investigation.pending_action_count,
        before.investigation.pending_action_count.map(|count| count - 1)
    );
    assert!(after.investigation.updated_at > before.investigation.updated_at);
    assert!(after.investigation.pending_seconds >= before.investigation.pending_seconds);
}

#[test]
fn pages_of_investigations_go_on_behind_a_cursor() {
    let backend = Backend::with(400);
    for sort in [
        "-startedAt",
        "duration",
        "-pendingSeconds",
        "title",
        "assets",
        "triggeringAlert",
        "-url",
    ] {
        let whole: Vec<String> = list(&backend, &format!("sort={sort}&limit=1000"))
            .into_iter()
            .map(|investigation| investigation.id)
            .collect();
        let mut paged = Vec::new();
        let mut cursor = String::new();
        loop {
            let parameters = format!("sort={sort}&limit=9{cursor}");
            paged.extend(
                list(&backend, &parameters)
                    .into_iter()
                    .map(|investigation| investigation.id),
            );
            let next = backend.get(&format!("investigations?{parameters}")).json()["nextCursor"].clone();
            let Some(next) = next.as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(paged, whole, "{sort}");
    }
}

#[test]
fn what_is_wrong_with_a_query_is_named() {
    let backend = Backend::with(20);
    for (parameters, name) in [
        ("sort=createdAt", "sort"),
        ("from=x", "from"),
        ("limit=-1", "limit"),
        ("cursor=1", "cursor"),
    ] {
        let problem = backend
            .get(&format!("investigations?{parameters}"))
            .problem(400, "bad-query");
        assert_eq!(problem.parameter.as_deref(), Some(name));
    }
    backend.get("investigations/none").problem(404, "not-found");
}

#[test]
fn a_large_investigation_is_there() {
    let backend = Backend::with(100);
    let detail = wire::read_investigation_detail(&backend.get("investigations/1000").body).unwrap();
    assert!(detail.evidence.len() >= 3_000 && detail.log.len() >= 2_000);
}
