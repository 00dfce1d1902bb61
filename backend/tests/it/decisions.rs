//! `/decisions`: outcomes, versions, keys, refusals and their order.

use std::sync::Arc;

use action_center_core::domain::action::Action;
use action_center_core::domain::time::DAY;
use action_center_core::wire;

use crate::backend::{Backend, NOW, body};

/// Pending actions that an operator may decide about.
fn pending(backend: &Backend) -> Vec<Action> {
    let (mut actions, _) = backend.page("view=pending&limit=1000&sort=-expiresAt");
    actions.retain(|action| action.operations.is_none());
    actions
}

fn check(backend: &Backend, key: &str, operation: &str, id: &str, version: &str, expected: &str) {
    let outcomes = backend.outcomes(key, operation, &[(id, version)]);
    assert_eq!(outcomes, [(id.to_owned(), expected.to_owned())], "{operation}");
}

#[test]
fn a_decision_is_taken_once_and_seen_by_all() {
    let backend = Backend::with(200);
    let actions = pending(&backend);
    let [first, second, ..] = actions.as_slice() else {
        panic!("there are pending actions");
    };
    check(&backend, "key-0001", "approve", &first.id, &first.version, "done");
    let after = backend.action(&first.id);
    assert_eq!(
        (after.status.as_str(), after.decision.as_deref()),
        ("queued", Some("approved"))
    );
    assert_eq!(
        after.decided_by.as_ref().map(|by| by.name.as_str()),
        Some("Ada Sköld")
    );
    assert!(after.updated_at > first.updated_at && after.version != first.version);
    check(
        &backend,
        "key-0002",
        "approve",
        &first.id,
        &first.version,
        "alreadyDecided",
    );
    check(
        &backend,
        "key-0003",
        "reject",
        &first.id,
        &after.version,
        "alreadyDecided",
    );
    check(&backend, "key-0004", "reject", &second.id, "0", "changed");
    check(
        &backend,
        "key-0005",
        "reject",
        &second.id,
        &second.version,
        "done",
    );
    assert_eq!(backend.action(&second.id).status, "rejected");
    check(&backend, "key-0006", "cancel", &first.id, &after.version, "done");
    check(
        &backend,
        "key-0007",
        "cancel",
        &first.id,
        &after.version,
        "alreadyDecided",
    );
    check(
        &backend,
        "key-0008",
        "undo",
        &first.id,
        &after.version,
        "notPossible",
    );
    check(&backend, "key-0009", "cancel", &second.id, "1", "notPossible");
    check(&backend, "key-0010", "approve", "nothing", "1", "notFound");
}

#[test]
fn what_is_completed_can_be_undone_once() {
    let backend = Backend::with(500);
    let (actions, _) = backend.page("view=history&status=completed&limit=500");
    let reversible = actions
        .iter()
        .find(|action| action.reversible == Some(true) && action.operations.is_none())
        .unwrap();
    let irreversible = actions
        .iter()
        .find(|action| action.reversible == Some(false) && action.operations.is_none())
        .unwrap();
    check(&backend, "key-0001", "undo", &irreversible.id, "1", "notPossible");
    check(&backend, "key-0002", "undo", &reversible.id, "0", "changed");
    check(&backend, "key-0003", "undo", &reversible.id, "1", "done");
    check(
        &backend,
        "key-0004",
        "undo",
        &reversible.id,
        "1",
        "alreadyDecided",
    );
    let detail = wire::read_detail(&backend.get(&format!("actions/{}", reversible.id)).body).unwrap();
    assert_eq!(detail.action.status, "undone");
    assert_eq!(
        detail.timeline.last().map(|event| event.event.as_str()),
        Some("undone")
    );
    assert!(detail.timeline.len() > 1);
}

#[test]
fn every_item_is_judged_by_itself() {
    let backend = Backend::with(300);
    let actions = pending(&backend);
    let items = [
        (actions[0].id.as_str(), "1"),
        ("nothing", "1"),
        (actions[1].id.as_str(), "7"),
        (actions[2].id.as_str(), "1"),
    ];
    let words: Vec<String> = backend
        .outcomes("key-0001", "approve", &items)
        .into_iter()
        .map(|(_, word)| word)
        .collect();
    assert_eq!(words, ["done", "notFound", "changed", "done"]);
}

#[test]
fn an_expired_action_can_not_be_approved() {
    let backend = Backend::with(200);
    let action = pending(&backend).remove(0);
    backend.clock.set(NOW.plus(8 * DAY));
    check(
        &backend,
        "key-0001",
        "approve",
        &action.id,
        &action.version,
        "expired",
    );
    let after = backend.action(&action.id);
    assert_eq!(
        (after.status.as_str(), after.decision.as_deref()),
        ("expired", Some("expired"))
    );
    assert_eq!(backend.page("view=pending").1.total, Some(0));
    check(
        &backend,
        "key-0002",
        "reject",
        &action.id,
        &after.version,
        "expired",
    );
}

#[test]
fn the_same_request_is_answered_with_the_first_answer() {
    let backend = Backend::start(200, |options| options.allows_role_switch = true);
    let actions = pending(&backend);
    let id = &actions[0].id;
    let first = backend.decide("key-0001", &body("approve", &[(id, "1")]));
    let version = backend.action(id).version;
    let same_value =
        format!(r#"{{ "items": [{{"version":"1","id":"{id}"}}], "operation": "appr\u006fve" }}"#);
    for text in [&body("approve", &[(id, "1")]), &same_value] {
        let again = backend.decide("key-0001", text);
        assert_eq!((again.status.as_u16(), again.text()), (200, first.text()));
    }
    assert_eq!(backend.action(id).version, version);
    backend
        .decide("key-0001", &body("reject", &[(id, "1")]))
        .problem(422, "idempotency-key-reused");
    let other_user = backend.decide_as(
        &[("x-user", "Bo Lind")],
        "key-0001",
        &body("approve", &[(id, "1")]),
    );
    let receipt = wire::read_receipt(&other_user.body).unwrap();
    assert_eq!(receipt.items[0].outcome, "alreadyDecided");
    assert_eq!(
        receipt.items[0]
            .detail
            .as_deref()
            .map(|detail| detail.contains("Ada Sköld")),
        Some(true)
    );
}

#[test]
fn a_refused_request_keeps_no_key() {
    let backend = Backend::with(100);
    let id = pending(&backend).remove(0).id;
    backend
        .decide("key-0001", &body("approve", &[]))
        .problem(422, "invalid-request");
    check(&backend, "key-0001", "approve", &id, "1", "done");
}

#[test]
fn refusals_come_in_the_order_of_the_contract() {
    let backend = Backend::start(50, |options| {
        options.allows_role_switch = true;
        options.comment_required = vec!["reject".to_owned()];
    });
    let many: Vec<(String, String)> = (0..101).map(|n| (n.to_string(), String::from("1"))).collect();
    let many: Vec<(&str, &str)> = many
        .iter()
        .map(|(id, version)| (id.as_str(), version.as_str()))
        .collect();
    let many = body("approve", &many);
    let one = body("approve", &[("a", "1")]);
    backend
        .send(
            "POST",
            "/api/v1/decisions",
            &[("idempotency-key", "short")],
            &many,
        )
        .problem(403, "csrf-token-invalid");
    backend
        .decide_as(&[("x-role", "securityReader")], "key-0001", &many)
        .problem(403, "forbidden");
    for key in ["", "short", &"x".repeat(129)] {
        backend
            .decide(key, &many)
            .problem(400, "idempotency-key-required");
    }
    backend.decide("key-0001", &many).problem(413, "too-many-items");
    backend
        .decide("key-0001", &many.replace("approve", "dance"))
        .problem(413, "too-many-items");
    backend
        .decide("key-0001", &one.replace("approve", "reject"))
        .problem(422, "comment-required");
    backend
        .decide(
            "key-0001",
            r#"{"operation":"reject","comment":" \n\u00a0","items":[{"id":"a","version":"1"}]}"#,
        )
        .problem(422, "comment-required");
    let comment = "x".repeat(4_001);
    for faulty in [
        "",
        "[]",
        "null",
        "{}",
        "{\"operation\":\"approve\"",
        r#"{"operation":"approve","items":{}}"#,
        r#"{"operation":"approve","items":[]}"#,
        r#"{"operation":"approve","items":["a"]}"#,
        r#"{"operation":"approve","items":[{"id":"a"}]}"#,
        r#"{"operation":"approve","items":[{"id":7,"version":"1"}]}"#,
        r#"{"operation":"approve","items":[{"id":"a","version":"1"},{"id":"a","version":"2"}]}"#,
        r#"{"operation":"dance","items":[{"id":"a","version":"1"}]}"#,
        r#"{"operation":"approve","comment":7,"items":[{"id":"a","version":"1"}]}"#,
        r#"{"operation":"approve","reason":[],"items":[{"id":"a","version":"1"}]}"#,
        r#"{"operation":"approve","items":[{"id":"\ud800","version":"1"}]}"#,
        &format!(r#"{{"operation":"approve","comment":"{comment}","items":[{{"id":"a","version":"1"}}]}}"#),
    ] {
        backend.decide("key-0001", faulty).problem(422, "invalid-request");
    }
    let text = [("content-type", "text/plain")];
    assert_eq!(backend.decide_as(&text, "key-0001", &one).status, 415);
    assert_eq!(backend.decide("key-0001", &" ".repeat(2_000_000)).status, 413);
}

#[test]
fn a_comment_is_kept_as_it_was_written() {
    let backend = Backend::with(100);
    let id = pending(&backend).remove(0).id;
    let comment = "=1+1\n\u{202e}<b>\0".to_owned() + &"🎁".repeat(3_980);
    let request = wire::decision_body(
        "reject",
        &comment,
        Some("falsePositive"),
        &[(id.clone(), "1".to_owned())],
    );
    assert_eq!(backend.decide("key-0001", &request).status, 200);
    let detail = wire::read_detail(&backend.get(&format!("actions/{id}")).body).unwrap();
    assert_eq!(detail.action.comment.as_ref(), Some(&comment));
    assert_eq!(
        detail.timeline.last().and_then(|event| event.comment.as_ref()),
        Some(&comment)
    );
}

#[test]
fn an_action_for_administrators_says_so_and_holds() {
    let backend = Backend::start(4_000, |options| options.allows_role_switch = true);
    let (actions, _) = backend.page("view=pending&limit=1000");
    let guarded = actions
        .iter()
        .find(|action| action.operations.as_deref() == Some(&[]))
        .unwrap();
    check(&backend, "key-0001", "approve", &guarded.id, "1", "forbidden");
    let detail = wire::read_detail(&backend.get(&format!("actions/{}", guarded.id)).body).unwrap();
    assert!(
        detail
            .blocked
            .iter()
            .any(|(operation, reason)| operation == "approve" && reason.contains("Security administrator"))
    );
    let administrator = [("x-role", "securityAdministrator")];
    let answer = backend.decide_as(
        &administrator,
        "key-0002",
        &body("approve", &[(&guarded.id, "1")]),
    );
    assert_eq!(wire::read_receipt(&answer.body).unwrap().items[0].outcome, "done");
}

#[test]
fn of_two_analysts_at_once_one_decides() {
    let backend = Backend::start(400, |options| options.allows_role_switch = true);
    let actions = pending(&backend);
    let ids: Vec<String> = actions.iter().take(20).map(|action| action.id.clone()).collect();
    let backend = Arc::new(backend);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let token = backend.get("session").json()["csrfToken"]
        .as_str()
        .unwrap()
        .to_owned();
    let n_done: usize = runtime.block_on(async {
        let mut tasks = Vec::new();
        for id in &ids {
            for (user, operation) in [("Bo%20Lind", "approve"), ("Chen%20Wei", "reject")] {
                let request = axum::http::Request::post("/api/v1/decisions")
                    .header("cookie", format!("x-user={user}"))
                    .header("idempotency-key", format!("key-{id}"))
                    .header("x-csrf-token", &token)
                    .body(axum::body::Body::from(body(operation, &[(id, "1")])))
                    .unwrap();
                let router = backend.router.clone();
                tasks.push(tokio::spawn(async move {
                    let response = tower::ServiceExt::oneshot(router, request).await.unwrap();
                    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
                        .await
                        .unwrap();
                    wire::read_receipt(&bytes).unwrap().items[0].outcome.clone()
                }));
            }
        }
        let mut n_done = 0;
        for task in tasks {
            match task.await.unwrap().as_str() {
                "done" => n_done += 1,
                other => assert_eq!(other, "alreadyDecided"),
            }
        }
        n_done
    });
    assert_eq!(n_done, ids.len());
}

#[test]
fn a_key_whose_first_request_runs_is_in_progress() {
    let backend = Backend::with(50);
    let claim = backend.state.running.claim("user-ada-sköld", "key-0001").unwrap();
    let answer = backend.decide("key-0001", &body("approve", &[("a", "1")]));
    answer.problem(409, "in-progress");
    assert_eq!(answer.header("retry-after"), "1");
    drop(claim);
    assert_eq!(
        backend.decide("key-0001", &body("approve", &[("a", "1")])).status,
        200
    );
}

#[test]
fn keys_outlive_the_process() {
    let folder = std::env::temp_dir().join(format!("action-center-keys-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("data.sqlite");
    let open = |n_actions| {
        let storage = action_center_backend::options::Storage::File(file.clone());
        Backend::start(n_actions, |options| options.storage = storage)
    };
    let first = open(100);
    let id = pending(&first).remove(0).id;
    let receipt = first.decide("key-0001", &body("approve", &[(&id, "1")])).text();
    drop(first);
    let second = open(0);
    assert_eq!(
        second.decide("key-0001", &body("approve", &[(&id, "1")])).text(),
        receipt
    );
    drop(second);
    std::fs::remove_dir_all(&folder).unwrap();
}
