//! A backend for one test, and what it answers.

use std::sync::Arc;

use action_center_backend::clock::Clock;
use action_center_backend::options::Options;
use action_center_backend::sample::Plan;
use action_center_backend::{State, app, load};
use action_center_core::domain::action::Action;
use action_center_core::domain::time::Time;
use action_center_core::wire;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::Value;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

/// When the tests take place.
pub(crate) const NOW: Time = Time(1_795_000_000_000_000);

/// A backend for one test.
pub(crate) struct Backend {
    pub(crate) runtime: Runtime,
    pub(crate) router: Router,
    pub(crate) state: Arc<State>,
    pub(crate) clock: Clock,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts that it is a problem with a status and a word, and gives it.
    pub(crate) fn problem(&self, status: u16, word: &str) -> wire::Problem {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.json()["status"], status);
        let problem = wire::read_problem(&self.body);
        assert_eq!(problem.word, word, "{}", self.text());
        problem
    }
}

impl Backend {
    /// With so many generated actions.
    pub(crate) fn with(n_actions: usize) -> Self {
        Self::start(n_actions, |_| {})
    }

    /// With so many generated actions and changed options.
    pub(crate) fn start(n_actions: usize, change: impl FnOnce(&mut Options)) -> Self {
        let clock = Clock::standing(NOW);
        let mut options = Options::default();
        change(&mut options);
        let state = State::open(&options, clock.clone()).unwrap();
        load::generate(&state, Plan::new(options.seed, n_actions, NOW)).unwrap();
        state.database.make_indexes().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        Self {
            runtime,
            router: app(Arc::clone(&state)),
            state,
            clock,
        }
    }

    /// Sends a request and reads the answer to its end.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, value.as_bytes());
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            Answer {
                status: parts.status,
                headers: parts.headers,
                body: to_bytes(body, usize::MAX).await.unwrap(),
            }
        })
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", &format!("/api/v1/{path}"), &[], "")
    }

    /// A page's actions, read as the page reads them; none of them may be faulty.
    pub(crate) fn page(&self, parameters: &str) -> (Vec<Action>, wire::PageHead) {
        let answer = self.get(&format!("actions?{parameters}"));
        assert_eq!(answer.status, StatusCode::OK, "{parameters}: {}", answer.text());
        let mut actions = Vec::new();
        let head = wire::read_page(&answer.body, &mut |row| actions.push(Action::from(row))).unwrap();
        assert!(head.set_aside.is_empty());
        (actions, head)
    }

    pub(crate) fn action(&self, id: &str) -> Action {
        wire::read_action(&self.get(&format!("actions/{id}")).body).unwrap()
    }

    /// Sends a decision with the session's token.
    pub(crate) fn decide(&self, key: &str, body: &str) -> Answer {
        self.decide_as(&[], key, body)
    }

    /// Sends a decision with further headers.
    pub(crate) fn decide_as(&self, headers: &[(&str, &str)], key: &str, body: &str) -> Answer {
        let session = self.send("GET", "/api/v1/session", headers, "").json();
        let token = session["csrfToken"].as_str().unwrap_or_default().to_owned();
        let mut all = vec![
            ("content-type", "application/json"),
            ("idempotency-key", key),
            ("x-csrf-token", token.as_str()),
        ];
        all.extend(headers);
        self.send("POST", "/api/v1/decisions", &all, body)
    }

    /// Decides about some actions and gives the outcomes.
    pub(crate) fn outcomes(
        &self,
        key: &str,
        operation: &str,
        items: &[(&str, &str)],
    ) -> Vec<(String, String)> {
        let answer = self.decide(key, &body(operation, items));
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let receipt = wire::read_receipt(&answer.body).unwrap();
        receipt
            .items
            .into_iter()
            .map(|item| (item.id, item.outcome))
            .collect()
    }
}

/// The body of a decision without a comment.
pub(crate) fn body(operation: &str, items: &[(&str, &str)]) -> String {
    let items: Vec<(String, String)> = items
        .iter()
        .map(|(id, version)| ((*id).to_owned(), (*version).to_owned()))
        .collect();
    wire::decision_body(operation, "", None, &items)
}
