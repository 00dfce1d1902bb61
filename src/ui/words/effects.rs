//! The sentences on what decisions do to an investigation: what the next one would, and what its status means as the server gives it.

use action_center_core::domain::action::{Investigation, Operation};
use action_center_core::domain::text;
use action_center_core::domain::words::humanise;

use super::counted;

/// What a status of an investigation means to those who decide.
pub(crate) fn meaning(status: &str) -> &'static str {
    match status {
        "queued" | "starting" | "running" => "Goes on: nothing waits for a person",
        "pendingAction" => "Goes on as soon as the decisions are carried out",
        "waitingForDevice" => "Goes on when the device is back",
        "remediated" => "Remediated: all that was found is dealt with",
        "partiallyRemediated" => {
            "Partially remediated: something was rejected, expired or failed, and is still there"
        }
        "partiallyInvestigated" => "Partially investigated: not everything could be looked at",
        "noThreatsFound" => "Nothing was found",
        "terminatedBySystem" | "terminatedByUser" | "terminatedByThrottling" => {
            "Halted: it does not go on by itself"
        }
        "failed" => "Halted by a failure: what it did not look at is not known to be clean",
        _ => "What this status means is not known to this version of the page",
    }
}

/// Decisions that an investigation waits for, where the server says it.
pub(crate) fn n_waiting(investigation: &Investigation) -> Option<usize> {
    usize::try_from(investigation.pending_action_count?).ok()
}

/// How an investigation stands: what it waits for, else what its status means.
pub(crate) fn standing(investigation: &Investigation) -> String {
    match n_waiting(investigation) {
        Some(count) if count > 0 => {
            let mut text = String::from("Waiting for ");
            text.push_str(&counted(count, "decision", "decisions"));
            text
        }
        _ => meaning(&investigation.status).to_owned(),
    }
}

/// How an investigation stands, to be said behind its status.
pub(crate) fn behind_status(investigation: &Investigation) -> String {
    let whole = standing(investigation);
    let Some((start, rest)) = whole.split_once(": ") else {
        return whole;
    };
    if start != humanise(&investigation.status) {
        return whole;
    }
    let mut rest = rest.to_owned();
    if let Some(first) = rest.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    rest
}

/// Tells of an investigation by name: *Malware on LT-1: Pending action. Waiting for 2 decisions*. It has passed through `text::spoken`.
pub(crate) fn told(investigation: &Investigation) -> String {
    let spoken = |given: &str| text::spoken(text::clipped(given, 120).0);
    let mut out = String::from("Investigation ");
    out.push_str(&spoken(&investigation.title));
    out.push_str(": ");
    out.push_str(&spoken(&humanise(&investigation.status)));
    out.push_str(". ");
    out.push_str(&behind_status(investigation));
    out
}

/// What a decision on one action would do to its investigation: `n_others` decisions wait beside it, where that is known. The backend
/// may have said itself what a rejection does.
pub(crate) fn before(operation: Operation, n_others: Option<usize>, is_told: bool) -> String {
    let mut out = match n_others {
        Some(0) => "It is the last decision that the investigation waits for.".to_owned(),
        Some(count) => {
            let mut text = String::from("The investigation then still waits for ");
            text.push_str(&counted(count, "other decision.", "other decisions."));
            text
        }
        None => String::new(),
    };
    let then = match (operation, n_others) {
        (Operation::Approve, Some(0)) => " It goes on.",
        (Operation::Approve, None) => "The investigation goes on.",
        (Operation::Reject, _) if !is_told => {
            " What is rejected stays as it is: the investigation ends as partially remediated at best."
        }
        _ => "",
    };
    out.push_str(if out.is_empty() { then.trim_start() } else { then });
    out
}

/// What a decision on many does to their investigations.
pub(crate) fn before_many(operation: Operation) -> &'static str {
    match operation {
        Operation::Approve => "An investigation goes on once nothing in it waits for a decision.",
        _ => "What is rejected stays as it is: its investigation ends as partially remediated at best.",
    }
}

/// How many of the decisions that an investigation waits for are made at once.
pub(crate) fn share(n_going: usize, n_waiting: Option<usize>) -> String {
    let mut out = String::new();
    match n_waiting {
        Some(count) if count > n_going => {
            out.push_str(&action_center_core::domain::time::grouped(n_going));
            out.push_str(" of ");
            out.push_str(&counted(count, "decision", "decisions"));
            out.push_str(" that it waits for");
        }
        Some(count) if count == n_going => {
            out.push_str("all ");
            out.push_str(&counted(count, "decision", "decisions"));
            out.push_str(" that it waits for");
        }
        _ => out = counted(n_going, "decision", "decisions"),
    }
    out
}
