//! A request that failed: of which kind, with what the backend says. The words for people are put together in `ui::words`.

use action_center_core::wire;

pub(crate) use action_center_core::wire::Failure as Kind;

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
        let kind = Kind::of(status, &problem.word, retry_after.is_some());
        Self {
            kind,
            status,
            problem,
            retry_after,
            detail: String::new(),
        }
    }
}
