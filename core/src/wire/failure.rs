//! What can go wrong with a request, told apart by status and problem, and the words for each: what happened, then what to do.

/// What kind of failure it is, which decides what to do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
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
    /// Not in the rows that are here, and the backend has no way to ask for one alone.
    NotListed,
    /// 410, as for a cursor.
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

impl Failure {
    /// Reads a status that is no success, the problem's word, and whether the answer says when to ask again.
    #[must_use]
    pub fn of(status: u16, word: &str, has_retry_after: bool) -> Self {
        match (status, word) {
            (401, _) => Self::SignedOut,
            (403, "csrf-token-invalid") => Self::TokenRefused,
            (403, _) => Self::Forbidden,
            (404, _) => Self::NotFound,
            (410, _) => Self::CursorExpired,
            (429, _) => Self::Busy,
            (503, _) if has_retry_after => Self::Busy,
            _ => Self::Status,
        }
    }

    /// What happened and what to do.
    #[must_use]
    pub fn words(self, status: u16, word: &str) -> &'static str {
        match self {
            Self::NoAnswer => "No answer came from the server. Check the connection, then try again.",
            Self::Stopped => "The loading was stopped.",
            Self::SignedOut => "Your session has ended. Sign in again to go on; nothing here is lost.",
            Self::Forbidden => "Your account may not see this. Ask an administrator for access.",
            Self::TokenRefused => "The server did not accept the page’s token. Try again.",
            Self::NotFound => "The server does not have this. Go back to the list and refresh it.",
            Self::NotListed => {
                "It is not in this list, and this backend does not show single actions. Look in the other list, or choose a longer time range."
            }
            Self::CursorExpired if word == "cursor-expired" => {
                "The list has changed too much to go on. Load it again."
            }
            Self::CursorExpired => "The server no longer has this. Go back to the list and refresh it.",
            Self::Busy if status == 429 => "The server was asked too often. Wait a moment, then try again.",
            Self::Busy => "The server is busy. Try again in a moment.",
            Self::WebPage => {
                "A web page came in place of data, as when a sign-in has ended. Sign in, then try again."
            }
            Self::Unreadable => {
                "The server’s answer can’t be read. Try again; if it stays so, tell an administrator."
            }
            Self::TooLarge => "The server’s answer is larger than this page accepts. Tell an administrator.",
            Self::Status => match status {
                400 => "The server did not understand the question. Load the page again.",
                404 => {
                    "There is no list at the address that this page asks. Try again; if it stays so, an administrator should look at apiBase in the page’s settings."
                }
                409 => "The server is still busy with an earlier request. Try again in a moment.",
                413 => "The request is too large for the server. Choose less, then try again.",
                415 => "The server does not take what this page sends. Load the page again.",
                422 => "The server did not accept the request. Look at what you entered, then try again.",
                408 | 504 => "The server did not answer in time. Try again in a moment.",
                502 => "The server behind the gateway did not answer. Try again in a moment.",
                503 => "The server is not available now. Try again in a few minutes.",
                500..=599 => "The server failed. Try again; if it stays so, tell an administrator.",
                _ => "The server could not answer. Try again.",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Statuses of the contract and of proxies, with the words that tell each from the others.
    const ANSWERS: [(u16, &str, bool, Failure, &str); 18] = [
        (400, "bad-query", false, Failure::Status, "not understand"),
        (
            401,
            "unauthenticated",
            false,
            Failure::SignedOut,
            "session has ended",
        ),
        (403, "forbidden", false, Failure::Forbidden, "may not see"),
        (403, "csrf-token-invalid", false, Failure::TokenRefused, "token"),
        (404, "not-found", false, Failure::NotFound, "does not have"),
        (408, "", false, Failure::Status, "in time"),
        (409, "in-progress", true, Failure::Status, "earlier request"),
        (
            410,
            "cursor-expired",
            false,
            Failure::CursorExpired,
            "list has changed",
        ),
        (410, "", false, Failure::CursorExpired, "no longer has"),
        (413, "too-many-items", false, Failure::Status, "too large"),
        (415, "", false, Failure::Status, "does not take"),
        (
            422,
            "invalid-request",
            false,
            Failure::Status,
            "not accept the request",
        ),
        (429, "too-many-requests", true, Failure::Busy, "too often"),
        (500, "", false, Failure::Status, "server failed"),
        (502, "", false, Failure::Status, "gateway"),
        (503, "", false, Failure::Status, "not available"),
        (503, "", true, Failure::Busy, "busy. Try"),
        (504, "", false, Failure::Status, "in time"),
    ];

    #[test]
    fn every_status_has_its_own_words() {
        for (status, word, has_retry_after, failure, part) in ANSWERS {
            let read = Failure::of(status, word, has_retry_after);
            assert_eq!(read, failure, "{status} {word}");
            let words = read.words(status, word);
            assert!(words.contains(part), "{status} {word}: {words}");
            for (other_status, other_word, _, other, _) in ANSWERS {
                let is_alike = matches!((status, other_status), (408 | 504, 408 | 504));
                let is_same = (status, word, failure) == (other_status, other_word, other);
                let is_worded_alike = other.words(other_status, other_word).contains(part);
                assert!(
                    !is_worded_alike || is_same || is_alike,
                    "{status} and {other_status}"
                );
            }
        }
    }

    #[test]
    fn every_failure_says_what_to_do() {
        let verbs = [
            "Check", "Sign in", "Ask", "Try", "Go back", "Load", "Wait", "Tell", "Choose", "Look",
        ];
        let bodies = [
            Failure::NoAnswer,
            Failure::NotListed,
            Failure::WebPage,
            Failure::Unreadable,
            Failure::TooLarge,
        ];
        let answers = ANSWERS.map(|(status, word, _, failure, _)| failure.words(status, word));
        for words in bodies
            .map(|failure| failure.words(200, ""))
            .iter()
            .chain(&answers)
        {
            let (_, step) = words.split_once(". ").unwrap();
            assert!(verbs.iter().any(|verb| step.starts_with(verb)), "{words}");
        }
    }
}
