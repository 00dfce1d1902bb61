//! What an answer proves. The rest of the core never looks at a status.

use super::intent::{Cause, Entry, Finding, Outcome};

/// One result of a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipted {
    /// The action's id.
    pub id: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The server's words, empty where it had none.
    pub detail: String,
}

/// An answer other than 200.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// The last part of the problem's `type`, empty where the body was none.
    pub word: String,
    /// The problem's detail or title, empty where it had none.
    pub detail: String,
    /// [`super::retry_after`] of the header.
    pub retry_after_millis: Option<u64>,
}

/// What came back for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 200 with a receipt that could be read. Results that could not be read are left out: they prove nothing.
    Receipt(Vec<Receipted>),
    /// Any other status, whoever sent it.
    Problem(Problem),
    /// The connection broke, or time ran out.
    NoAnswer,
    /// 200, but no receipt: a sign-in page, a cut or oversize body, another content type.
    Unreadable,
}

/// What follows from a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Whether it took effect can't be told: ask again.
    Doubt,
    /// Not executed for lack of capacity: ask again, not too soon.
    Throttled,
    /// Not executed: the session has ended.
    SignedOut,
    /// Not executed: the token is old.
    TokenRefused,
    /// Not executed, and it never will be.
    TurnedDown(Refused),
}

/// How a whole request was turned down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused {
    /// The same may be worth trying again, as a new intent.
    pub(super) can_retry: bool,
    /// Too many items.
    pub(super) is_limit: bool,
    /// For its content, so that every attempt is turned down alike.
    pub(super) is_lasting: bool,
}

/// Reads a status and the problem's word.
///
/// What was refused for its form or for the user's rights was not executed; the contract answers a key that was
/// executed before with its receipt, so that such a refusal also speaks for the earlier attempts. All else proves nothing.
pub(super) fn verdict(problem: &Problem) -> Verdict {
    let status = problem.status;
    match status {
        401 => Verdict::SignedOut,
        403 if problem.word == "csrf-token-invalid" => Verdict::TokenRefused,
        429 => Verdict::Throttled,
        // 409: an earlier request with this key runs. 408 and 425: the server itself asks for the request again.
        408 | 409 | 425 => Verdict::Doubt,
        // Rights and content don't get better by the same request; a key that was used for another body least of all.
        400..=499 => Verdict::TurnedDown(Refused {
            can_retry: !matches!(status, 403 | 422),
            is_limit: status == 413,
            is_lasting: status == 422,
        }),
        _ => Verdict::Doubt,
    }
}

/// Enters what a receipt proves. An id that is missing, or that comes twice with different outcomes, proves nothing.
pub(super) fn enter_receipt(entries: &mut [Entry], results: &[Receipted]) {
    for entry in entries.iter_mut().filter(|entry| entry.finding == Finding::Open) {
        let mut same_id = results.iter().filter(|result| result.id == entry.item.id);
        let Some(first) = same_id.next() else { continue };
        if same_id.any(|other| other.outcome != first.outcome) {
            continue;
        }
        let detail = first.detail.clone();
        entry.finding = match &first.outcome {
            Outcome::Done => Finding::Done { detail },
            Outcome::Other(word) => Finding::Unfamiliar {
                word: word.clone(),
                detail,
            },
            outcome => Finding::Refused {
                can_retry: *outcome == Outcome::Failed,
                cause: Cause::Outcome(outcome.clone()),
                detail,
            },
        };
    }
}

#[cfg(test)]
mod tests {
    use super::super::intent::Item;
    use super::*;

    #[test]
    fn only_a_clear_refusal_is_one() {
        let turned_down = |can_retry, is_limit, is_lasting| {
            Verdict::TurnedDown(Refused {
                can_retry,
                is_limit,
                is_lasting,
            })
        };
        for (status, word, expected) in [
            (0, "", Verdict::Doubt),
            (204, "", Verdict::Doubt),
            (302, "", Verdict::Doubt),
            (400, "idempotency-key-required", turned_down(true, false, false)),
            (401, "unauthenticated", Verdict::SignedOut),
            (403, "forbidden", turned_down(false, false, false)),
            (403, "", turned_down(false, false, false)),
            (403, "csrf-token-invalid", Verdict::TokenRefused),
            (404, "not-found", turned_down(true, false, false)),
            (408, "", Verdict::Doubt),
            (409, "in-progress", Verdict::Doubt),
            (413, "too-many-items", turned_down(true, true, false)),
            (422, "idempotency-key-reused", turned_down(false, false, true)),
            (425, "", Verdict::Doubt),
            (429, "too-many-requests", Verdict::Throttled),
            (500, "", Verdict::Doubt),
            (503, "csrf-token-invalid", Verdict::Doubt),
        ] {
            let (word, detail) = (word.to_owned(), String::new());
            let problem = Problem {
                status,
                word,
                detail,
                retry_after_millis: None,
            };
            assert_eq!(verdict(&problem), expected, "{problem:?}");
        }
    }

    fn check(results: &[(&str, &str)], expected: &Finding) {
        let mut entries = [Entry::new(Item {
            id: "a".to_owned(),
            version: "1".to_owned(),
        })];
        let results: Vec<Receipted> = results
            .iter()
            .map(|(id, word)| Receipted {
                id: (*id).to_owned(),
                outcome: Outcome::from_word(word),
                detail: String::new(),
            })
            .collect();
        enter_receipt(&mut entries, &results);
        assert_eq!(&entries[0].finding, expected, "{results:?}");
    }

    #[test]
    fn a_receipt_proves_what_it_names_and_no_more() {
        let detail = String::new();
        check(
            &[("a", "done")],
            &Finding::Done {
                detail: detail.clone(),
            },
        );
        check(
            &[("b", "failed"), ("a", "done")],
            &Finding::Done {
                detail: detail.clone(),
            },
        );
        check(
            &[("a", "done"), ("a", "done")],
            &Finding::Done {
                detail: detail.clone(),
            },
        );
        check(&[("a", "done"), ("a", "failed")], &Finding::Open);
        check(&[("b", "done")], &Finding::Open);
        check(&[], &Finding::Open);
        check(
            &[("a", "queued")],
            &Finding::Unfamiliar {
                word: "queued".to_owned(),
                detail: detail.clone(),
            },
        );
        for (word, outcome, can_retry) in [
            ("failed", Outcome::Failed, true),
            ("changed", Outcome::Changed, false),
            ("expired", Outcome::Expired, false),
        ] {
            let cause = Cause::Outcome(outcome);
            check(
                &[("a", word)],
                &Finding::Refused {
                    cause,
                    detail: detail.clone(),
                    can_retry,
                },
            );
        }
    }

    #[test]
    fn what_is_proven_stays_proven() {
        let mut entries = [Entry::new(Item {
            id: "a".to_owned(),
            version: "1".to_owned(),
        })];
        let result = |outcome| {
            [Receipted {
                id: "a".to_owned(),
                outcome,
                detail: String::new(),
            }]
        };
        enter_receipt(&mut entries, &result(Outcome::Done));
        enter_receipt(&mut entries, &result(Outcome::Failed));
        assert_eq!(
            entries[0].finding,
            Finding::Done {
                detail: String::new()
            }
        );
    }
}
