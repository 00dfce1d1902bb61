//! The contract's endpoints under /api/v1. Every answer is uncached and of its declared type; every error is problem+json.

mod actions;
mod decisions;
mod events;
mod investigations;
mod list;
mod session;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use action_center_core::domain::facet::Facet;
use action_center_core::domain::query::Query;
use action_center_core::domain::time::Time;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};

use crate::State;
use crate::cursor::{Cursor, fingerprint};
use crate::database::select;
use crate::problem::Problem;

/// The endpoints.
pub fn router(state: Arc<State>) -> Router {
    let origin = state.allowed_origin.clone();
    let endpoints = Router::new()
        .route("/api/v1/session", get(session::read).fallback(only_get))
        .route("/api/v1/actions", get(actions::list).fallback(only_get))
        .route("/api/v1/actions/{id}", get(actions::detail).fallback(only_get))
        .route(
            "/api/v1/investigations",
            get(investigations::list).fallback(only_get),
        )
        .route(
            "/api/v1/investigations/{id}",
            get(investigations::detail).fallback(only_get),
        )
        .route("/api/v1/events", get(events::stream).fallback(only_get))
        .route(
            "/api/v1/decisions",
            axum::routing::post(decisions::decide).fallback(only_post),
        )
        .route("/api", any(unknown))
        .route("/api/{*rest}", any(unknown))
        .with_state(state);
    endpoints.layer(middleware::from_fn(move |request: Request, next: Next| {
        let origin = origin.clone();
        async move { answer(request, next, origin).await }
    }))
}

async fn only_get() -> Problem {
    Problem::method_not_allowed("GET, HEAD")
}

async fn only_post() -> Problem {
    Problem::method_not_allowed("POST")
}

async fn unknown() -> Problem {
    Problem::not_found("there is no such endpoint")
}

/// Adds what every answer has: no caching, no guessing of types, and the other origin's permission where there is one.
async fn answer(request: Request, next: Next, allowed_origin: Option<String>) -> Response {
    let asks_origin = request.headers().get(header::ORIGIN).cloned();
    let allowed = allowed_origin
        .as_deref()
        .and_then(|origin| asks_origin.filter(|asked| asked.as_bytes() == origin.as_bytes()));
    let is_preflight = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if is_preflight && allowed.is_some() {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(header::CACHE_CONTROL, "no-store");
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    );
    if allowed_origin.is_some() {
        set(header::VARY, "Origin");
        set(
            HeaderName::from_static("cross-origin-resource-policy"),
            "cross-origin",
        );
    } else {
        set(
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        );
    }
    if let Some(origin) = allowed {
        set(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        set(header::ACCESS_CONTROL_EXPOSE_HEADERS, "Retry-After");
        if is_preflight {
            set(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST");
            set(
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-CSRF-Token",
            );
            set(header::ACCESS_CONTROL_MAX_AGE, "600");
        }
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    response
}

/// A JSON answer.
fn json(body: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// Which page of a sequence, and what beside its rows.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Paging {
    limit: usize,
    cursor: Option<Cursor>,
    facets: Vec<Facet>,
}

/// Reads the parameters that are no part of the query. Others than the contract's are ignored.
fn paging(state: &State, query: &Query, pairs: &[(String, String)]) -> Result<Paging, Problem> {
    let mut paging = Paging {
        limit: state.max_page_size.min(200),
        cursor: None,
        facets: Vec::new(),
    };
    for (name, value) in pairs {
        match name.as_str() {
            "limit" => {
                if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(Problem::bad_query("limit", "is no whole number from 0"));
                }
                // More digits than fit are more than the maximum too.
                paging.limit = value.parse().unwrap_or(usize::MAX).min(state.max_page_size);
            }
            "cursor" => paging.cursor = Some(state.cursors.read(query, value)?),
            "facets" if query.view.is_of_actions() => {
                let facet = Facet::parse(value)
                    .filter(|facet| facet.is_in(query.view) && *facet != Facet::Approval)
                    .ok_or_else(|| Problem::bad_query("facets", "names a member that is not counted by"))?;
                if !paging.facets.contains(&facet) {
                    paging.facets.push(facet);
                }
            }
            _ => {}
        }
    }
    Ok(paging)
}

/// Totals that were counted already, as long as nothing changes.
#[derive(Default)]
pub(crate) struct Counts(Mutex<HashMap<u64, (u64, i64)>>);

impl Counts {
    /// The total of a query; counted where it is not known for this version of the data.
    fn total(
        &self,
        connection: &rusqlite::Connection,
        version: u64,
        query: &Query,
        now: Time,
    ) -> crate::database::Result<i64> {
        let mut unsorted = query.clone();
        unsorted.sort = query.view.api_default_sort();
        let at = fingerprint(&unsorted);
        let known = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&at)
            .copied();
        if let Some((counted, total)) = known
            && counted == version
        {
            return Ok(total);
        }
        let total = select::count(connection, query, now)?;
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() > 1_000 {
            counts.clear();
        }
        counts.insert(at, (version, total));
        Ok(total)
    }
}

/// Puts a page together; its items have commas between them already.
fn page_json(
    items: &str,
    total: i64,
    next_cursor: Option<String>,
    as_of: Time,
    facets: Option<String>,
) -> String {
    let mut body = String::with_capacity(items.len() + 256);
    body.push_str("{\"items\":[");
    body.push_str(items);
    body.push_str("],\"total\":");
    body.push_str(&total.to_string());
    if let Some(cursor) = next_cursor {
        // A cursor is made of hexadecimal digits: nothing in it needs an escape.
        body.push_str(",\"nextCursor\":\"");
        body.push_str(&cursor);
        body.push('"');
    }
    body.push_str(",\"asOf\":\"");
    body.push_str(&as_of.to_rfc3339());
    body.push('"');
    if let Some(facets) = facets {
        body.push_str(",\"facets\":");
        body.push_str(&facets);
    }
    body.push('}');
    body
}
