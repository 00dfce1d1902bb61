//! What can go wrong with a request. The words for people are put together in `ui::words`.

use action_center_core::wire;

/// What kind of failure it is, which decides what to do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// No answer: offline, refused, cut off, or too late.
    NoAnswer,
    /// Given up by the page itself; nobody needs to hear of it.
    Stopped,
    /// 401: the session has ended.
    SignedOut,
    /// 403.
    Forbidden,
    /// 403 `csrf-token-invalid`.
    TokenRefused,
    /// 404.
    NotFound,
    /// 410 `cursor-expired`.
    CursorExpired,
    /// 429, and 503 with `Retry-After`.
    Busy,
    /// Any other status that is no success.
    Status,
    /// A success whose body is a web page, as sign-in pages of proxies are.
    WebPage,
    /// A success whose body can't be read.
    Unreadable,
    /// A body over the limit.
    TooLarge,
}

/// A failed request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Error {
    /// What kind.
    pub(crate) kind: Kind,
    /// The status, 0 where there is none.
    pub(crate) status: u16,
    /// What the backend says of it. Untrusted text.
    pub(crate) problem: wire::Problem,
    /// `Retry-After` as it came.
    pub(crate) retry_after: Option<String>,
    /// What this page found, such as where a body could not be read.
    pub(crate) detail: String,
}

impl Error {
    pub(crate) fn new(kind: Kind, detail: &str) -> Self {
        Self {
            kind,
            status: 0,
            problem: wire::Problem::default(),
            retry_after: None,
            detail: detail.to_owned(),
        }
    }

    /// Whether nobody is signed in.
    pub(crate) fn is_signed_out(&self) -> bool {
        self.kind == Kind::SignedOut
    }

    /// Whether this user may not see it.
    pub(crate) fn is_forbidden(&self) -> bool {
        self.kind == Kind::Forbidden
    }

    pub(crate) fn unreadable(error: &wire::Unreadable) -> Self {
        Self::new(Kind::Unreadable, &error.0)
    }

    /// The error of an answer that is no success.
    pub(crate) fn of(status: u16, retry_after: Option<String>, body: &[u8]) -> Self {
        let problem = wire::read_problem(body);
        let kind = match (status, problem.word.as_str()) {
            (401, _) => Kind::SignedOut,
            (403, "csrf-token-invalid") => Kind::TokenRefused,
            (403, _) => Kind::Forbidden,
            (404, _) => Kind::NotFound,
            (410, _) => Kind::CursorExpired,
            (429, _) => Kind::Busy,
            (503, _) if retry_after.is_some() => Kind::Busy,
            _ => Kind::Status,
        };
        Self {
            kind,
            status,
            problem,
            retry_after,
            detail: String::new(),
        }
    }
}
