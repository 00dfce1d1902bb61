//! What went wrong, as the contract says it: problem+json (RFC 9457) with the contract's words. A status that the contract
//! gives no word for is `about:blank`. Causes are logged, never sent.

use action_center_core::wire::PROBLEM_PREFIX;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

/// An answer that is no success.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    status: StatusCode,
    word: &'static str,
    detail: Box<str>,
    parameter: Option<Box<str>>,
    sign_in: Option<&'static str>,
    header: Option<(&'static str, &'static str)>,
}

impl Problem {
    fn new(status: StatusCode, word: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            word,
            detail: detail.into().into_boxed_str(),
            parameter: None,
            sign_in: None,
            header: None,
        }
    }

    /// 400 `bad-query`, naming the parameter at fault.
    #[must_use]
    pub fn bad_query(parameter: &str, what: &str) -> Self {
        Self {
            parameter: Some(parameter.into()),
            ..Self::new(
                StatusCode::BAD_REQUEST,
                "bad-query",
                format!("{parameter} {what}"),
            )
        }
    }

    /// 400 `idempotency-key-required`.
    #[must_use]
    pub fn key_required() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "idempotency-key-required",
            "the header Idempotency-Key needs 8 to 128 characters",
        )
    }

    /// 401 `unauthenticated`, with the page where to sign in, if there is one.
    #[must_use]
    pub fn unauthenticated(sign_in: Option<&'static str>) -> Self {
        Self {
            sign_in,
            ..Self::new(
                StatusCode::UNAUTHORIZED,
                "unauthenticated",
                "the session has ended, or there was none",
            )
        }
    }

    /// 403 `forbidden`.
    #[must_use]
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// 403 `csrf-token-invalid`.
    #[must_use]
    pub fn csrf() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "csrf-token-invalid",
            "the header X-CSRF-Token is not the session's: read the session again, then ask again",
        )
    }

    /// 404 `not-found`.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", what)
    }

    /// 405, with the methods that there are.
    #[must_use]
    pub fn method_not_allowed(allowed: &'static str) -> Self {
        Self {
            header: Some(("allow", allowed)),
            ..Self::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "",
                format!("this address answers to {allowed} alone"),
            )
        }
    }

    /// 409 `in-progress`: the first request with this key still runs.
    #[must_use]
    pub fn in_progress() -> Self {
        Self {
            header: Some(("retry-after", "1")),
            ..Self::new(
                StatusCode::CONFLICT,
                "in-progress",
                "the first request with this Idempotency-Key still runs",
            )
        }
    }

    /// 410 `cursor-expired`.
    #[must_use]
    pub fn cursor_expired() -> Self {
        Self::new(
            StatusCode::GONE,
            "cursor-expired",
            "the cursor was right once: start the sequence again",
        )
    }

    /// 413 `too-many-items`.
    #[must_use]
    pub fn too_many_items(max_batch: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-many-items",
            format!("a decision takes {max_batch} items at most"),
        )
    }

    /// 413 for a body that is too long to read.
    #[must_use]
    pub fn body_too_large(max_bytes: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "",
            format!("a body has {max_bytes} bytes at most"),
        )
    }

    /// 415 for a body that is not JSON.
    #[must_use]
    pub fn not_json() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "",
            "the body must be application/json",
        )
    }

    /// 422 `invalid-request`.
    #[must_use]
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-request", detail)
    }

    /// 422 `comment-required`.
    #[must_use]
    pub fn comment_required(operation: &str) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "comment-required",
            format!("{operation} needs a comment"),
        )
    }

    /// 422 `idempotency-key-reused`.
    #[must_use]
    pub fn key_reused() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency-key-reused",
            "this Idempotency-Key was used with another body",
        )
    }

    /// 500; the cause goes to the log.
    #[must_use]
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        eprintln!("failed: {cause}");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "",
            "the backend failed; its log says why",
        )
    }

    /// 503: it shuts down or has too many streams open.
    #[must_use]
    pub fn unavailable(detail: &str) -> Self {
        Self {
            header: Some(("retry-after", "2")),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "", detail)
        }
    }

    /// The status that is sent.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The contract's word; empty where it has none.
    #[must_use]
    pub fn word(&self) -> &'static str {
        self.word
    }
}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Self {
        Self::internal(&error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let kind = if self.word.is_empty() {
            "about:blank".to_owned()
        } else {
            format!("{PROBLEM_PREFIX}{}", self.word)
        };
        let mut body = Map::new();
        body.insert("type".to_owned(), Value::from(kind));
        body.insert(
            "title".to_owned(),
            Value::from(self.status.canonical_reason().unwrap_or("Problem")),
        );
        body.insert("status".to_owned(), Value::from(self.status.as_u16()));
        body.insert("detail".to_owned(), Value::from(&*self.detail));
        if let Some(parameter) = self.parameter {
            body.insert("parameter".to_owned(), Value::from(&*parameter));
        }
        if let Some(sign_in) = self.sign_in {
            body.insert("signIn".to_owned(), Value::from(sign_in));
        }
        let mut response = (self.status, Value::Object(body).to_string()).into_response();
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some((name, value)) = self.header {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        response
    }
}
