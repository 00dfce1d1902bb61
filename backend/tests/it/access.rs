//! Session, sign-in, roles.

use action_center_core::wire;

use crate::backend::{Backend, body};

#[test]
fn the_session_tells_who_asks_and_what_there_is() {
    let answer = Backend::with(10).get("session");
    let session = wire::read_session(&answer.body).unwrap();
    assert_eq!(session.user_name, "Ada Sköld");
    assert_eq!(session.roles, ["securityOperator"]);
    assert!(session.may("actions.approve") && session.csrf_token.is_some());
    assert_eq!(session.server_time, Some(crate::backend::NOW));
    assert_eq!(session.capabilities.max_batch, 100);
    assert!(
        session.capabilities.has_detail && session.capabilities.has_events && session.capabilities.has_facets
    );
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[test]
fn a_reader_reads_and_does_not_decide() {
    let backend = Backend::start(50, |options| options.allows_role_switch = true);
    let reader = [("x-role", "securityReader")];
    assert_eq!(
        backend
            .send("GET", "/api/v1/actions?view=pending", &reader, "")
            .status,
        200
    );
    let id = &backend.page("view=pending").0[0].id;
    backend
        .decide_as(&reader, "key-0001", &body("approve", &[(id, "1")]))
        .problem(403, "forbidden");
    assert_eq!(backend.action(id).status, "pending");
}

#[test]
fn without_a_session_there_is_only_a_way_to_sign_in() {
    let backend = Backend::start(10, |options| options.requires_sign_in = true);
    for path in ["session", "actions?view=pending", "actions/x", "events"] {
        let problem = backend.get(path).problem(401, "unauthenticated");
        assert_eq!(problem.sign_in.as_deref(), Some("/sign-in"));
    }
    backend
        .send("POST", "/api/v1/decisions", &[], "")
        .problem(401, "unauthenticated");
    assert!(backend.send("GET", "/sign-in", &[], "").text().contains("<form"));
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let answer = backend.send("POST", "/sign-in", &form, "name=J%C3%B6rg+M&role=securityReader");
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    assert!(answer.header("set-cookie").contains("HttpOnly"));
    let cookie = [("cookie", cookie.as_str())];
    let session = wire::read_session(&backend.send("GET", "/api/v1/session", &cookie, "").body).unwrap();
    assert_eq!(session.user_name, "Jörg M");
    backend.send("POST", "/sign-out", &cookie, "");
    backend
        .send("GET", "/api/v1/session", &cookie, "")
        .problem(401, "unauthenticated");
}

#[test]
fn a_bearer_needs_no_token_against_other_sites() {
    let backend = Backend::start(20, |options| options.token = Some("secret-1".to_owned()));
    backend.get("session").problem(401, "unauthenticated");
    let bearer = [
        ("authorization", "Bearer secret-1"),
        ("idempotency-key", "key-0001"),
    ];
    let page = backend
        .send("GET", "/api/v1/actions?view=pending", &bearer, "")
        .json();
    let id = page["items"][0]["id"].as_str().unwrap();
    let answer = backend.send(
        "POST",
        "/api/v1/decisions",
        &bearer,
        &body("approve", &[(id, "1")]),
    );
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn another_origin_may_ask_where_it_is_allowed() {
    let backend = Backend::start(10, |options| {
        options.allowed_origin = Some("https://portal.example".to_owned());
    });
    for (origin, expected) in [
        ("https://portal.example", "https://portal.example"),
        ("https://evil.example", ""),
    ] {
        let answer = backend.send("GET", "/api/v1/session", &[("origin", origin)], "");
        assert_eq!(answer.header("access-control-allow-origin"), expected);
        assert_eq!(answer.header("vary"), "Origin");
        let preflight = [("origin", origin), ("access-control-request-method", "POST")];
        let answer = backend.send("OPTIONS", "/api/v1/decisions", &preflight, "");
        assert_eq!(answer.header("access-control-allow-origin"), expected);
        assert_eq!(
            answer
                .header("access-control-allow-headers")
                .contains("Idempotency-Key"),
            !expected.is_empty()
        );
    }
}
