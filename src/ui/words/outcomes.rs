//! The sentences on decisions: why one was not taken up, what it waits for, what the server said of it.

use action_center_core::decision::{Cause, Finding, Refusal, Why};
use action_center_core::domain::action::{Action, Operation};
use action_center_core::domain::text;
use action_center_core::domain::time::Time;
use action_center_core::domain::words::{self, humanise};

use super::outcome;

/// Why a decision was not taken up; nothing was sent.
pub(crate) fn refusal(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Empty => "There is nothing left to decide.",
        Refusal::Twice(_) => "The same action is in the list twice.",
        Refusal::NoVersion(_) => {
            "The backend gives no version of an action, so what you see can’t be signed."
        }
        Refusal::Locked(_) => "A decision is under way already. Wait for its outcome.",
        Refusal::Decided(_) => "It is done already; its present state is being read.",
        Refusal::LongComment => "The comment is longer than 4,000 characters. Shorten it.",
        Refusal::BadKeys => "This browser gave no usable random numbers. Try again.",
        Refusal::NoSession => "Nobody is signed in. Sign in again to go on.",
        Refusal::OtherScope => "It was confirmed by another user, or for another backend.",
        Refusal::Nothing => "Nothing here can be done again.",
    }
}

/// What an item that is not proven waits for. `clock` writes a time of this computer, in milliseconds.
pub(crate) fn waits_for(why: Why, clock: impl Fn(u64) -> String) -> String {
    let words = match why {
        Why::Proven => "",
        Why::Queue => "Waits for its turn.",
        Why::Answer => "Waits for the server’s answer.",
        Why::Again(at_millis) => {
            let mut out = String::from("The same request is sent again at ");
            out.push_str(&clock(at_millis));
            out.push('.');
            return out;
        }
        Why::Session => "Waits for your session. If you are asked to, sign in again.",
        Why::Offline => "Waits for the network.",
        Why::Storage => "Waits for your answer: this browser can’t keep it.",
        Why::Stopped => "Stopped before it was sent.",
        Why::Restored => "Not sent before the page was closed. Confirm it again if you still want it.",
        Why::Woken => "Not sent before the computer slept. Confirm it again if you still want it.",
        Why::KeyTooOld => {
            "The server no longer knows the request. Look at the action in History: what it says is what happened."
        }
        Why::Unfamiliar => {
            "The server’s word for the outcome is not known to this version. Look at the action in History."
        }
        Why::OtherScope => "Waits for the user who confirmed it.",
        Why::OtherTab => "Another tab of this browser has sent it and asks for the outcome.",
    };
    words.to_owned()
}

/// What the server said of an item, in a sentence with its own words behind.
pub(crate) fn finding(
    operation: Operation,
    finding: &Finding,
    action: Option<&Action>,
    clock: impl Fn(Time) -> String,
) -> String {
    let (mut out, detail) = match finding {
        Finding::Open => return String::new(),
        Finding::Done { detail } => (outcome(operation, "done", action, clock), detail),
        Finding::Refused {
            cause: Cause::Outcome(word),
            detail,
            ..
        } => (outcome(operation, word.word(), action, clock), detail),
        Finding::Refused {
            cause: Cause::Problem { status, word },
            detail,
            ..
        } => {
            let mut out = String::from(match (status, word.as_str()) {
                (403, _) => "Not allowed to you; nothing happened",
                (413, _) => "Too many at once for the server; nothing happened",
                _ => "Turned down by the server; nothing happened",
            });
            if detail.is_empty() {
                out.push_str(" (status ");
                out.push_str(&status.to_string());
                out.push(')');
            }
            (out, detail)
        }
        Finding::Unfamiliar { word, detail } => (outcome(operation, word, action, clock), detail),
    };
    let detail = detail.trim();
    if !detail.is_empty() {
        out.push_str(": ");
        out.push_str(&text::spoken(text::clipped(detail, 300).0));
    }
    out
}

/// A short name of an outcome, for counts: *12 approved, 1 already decided, 2 failed*.
pub(crate) fn outcome_inside(operation: Operation, finding: &Finding) -> &'static str {
    match finding {
        Finding::Open | Finding::Unfamiliar { .. } => "outcome unknown",
        Finding::Done { .. } => {
            words::operation_words(operation.word()).map_or("done", |words| words.done_inside)
        }
        Finding::Refused {
            cause: Cause::Problem { .. },
            ..
        } => "turned down",
        Finding::Refused {
            cause: Cause::Outcome(word),
            ..
        } => match word.word() {
            "alreadyDecided" => "already decided",
            "changed" => "changed meanwhile",
            "expired" => "expired",
            "forbidden" => "not allowed",
            "notFound" => "no longer there",
            "notPossible" => "not possible",
            _ => "failed",
        },
    }
}

/// An action in a few words, spoken: *Quarantine file, invoice.pdf.exe*.
pub(crate) fn named(action_type: &str, entity: &str, entity_type: &str) -> String {
    let parts = text::entity_parts(entity, entity_type);
    let mut out = text::spoken(text::clipped(&humanise(action_type), 80).0);
    out.push_str(", ");
    let mut name = text::spoken(text::clipped(parts.name, 80).0);
    name.push_str(&text::spoken(parts.extension));
    out.push_str(&name);
    out
}
