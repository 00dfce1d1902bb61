//! The sentences of the page: what failed, what to do, what can't be done and why. Sentence case; the next step comes last.

pub(crate) mod effects;
pub(crate) mod outcomes;

use action_center_core::domain::action::{Action, Impact, Operation};
use action_center_core::domain::query::View;
use action_center_core::domain::text;
use action_center_core::domain::time::{Time, grouped, push_grouped};
use action_center_core::domain::words::{self, humanise};
use action_center_core::wire::Session;

use crate::api::{Error, Kind};

/// What to call the rows of a view, for one and for many.
pub(crate) fn rows_of(view: View, count: usize) -> &'static str {
    match (view, count) {
        (View::Investigations, 1) => "investigation",
        (View::Investigations, _) => "investigations",
        (_, 1) => "action",
        _ => "actions",
    }
}

/// A count with its noun: *1 action*, *1,204 actions*.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    let mut text = grouped(count);
    text.push(' ');
    text.push_str(if count == 1 { one } else { many });
    text
}

/// The name of the table of a view.
pub(crate) fn grid_name(view: View) -> &'static str {
    match view {
        View::Pending => "Pending actions",
        View::History => "Action history",
        View::Investigations => "Investigations",
    }
}

/// The tab of a view.
pub(crate) fn tab_name(view: View) -> &'static str {
    match view {
        View::Pending => "Pending",
        View::History => "History",
        View::Investigations => "Investigations",
    }
}

/// What failed and what to do, in one or two sentences.
pub(crate) fn failure(error: &Error) -> String {
    let mut out = String::from(error.kind.words(error.status, &error.problem.word));
    let mut said = String::new();
    for part in [&error.problem.title, &error.problem.detail, &error.detail] {
        if !part.trim().is_empty() && !said.contains(part.as_str()) {
            if !said.is_empty() {
                said.push_str(": ");
            }
            said.push_str(text::clipped(part, 300).0);
        }
    }
    if let Some(parameter) = &error.problem.parameter
        && !said.contains(parameter.as_str())
    {
        said.push_str(if said.is_empty() {
            "parameter "
        } else {
            "; parameter "
        });
        said.push_str(text::clipped(parameter, 60).0);
    }
    if error.status != 0 && error.kind == Kind::Status {
        out.push_str(" Status ");
        out.push_str(&error.status.to_string());
        out.push('.');
    }
    if !said.is_empty() {
        out.push_str(" (");
        out.push_str(&text::spoken(&said));
        out.push(')');
    }
    out
}

/// What to say above a failure of an action's details.
pub(crate) fn detail_failure_title(error: &Error) -> &'static str {
    match error.kind {
        Kind::NotFound | Kind::CursorExpired => "This action is no longer there",
        Kind::NotListed => "This action is not in this list",
        _ => "The details could not be loaded",
    }
}

/// Why a user can't do an operation to any action; none where they can.
pub(crate) fn no_permission(session: &Session, operation: Operation) -> Option<String> {
    if !session
        .capabilities
        .operations
        .iter()
        .any(|word| word == operation.word())
    {
        return Some("This backend does not offer it".to_owned());
    }
    no_permissions(session, &[operation])
}

/// Why a user may do none of some operations; none where they may do one.
pub(crate) fn no_permissions(session: &Session, operations: &[Operation]) -> Option<String> {
    let permissions = operations.iter().map(|operation| operation.permission());
    if permissions.clone().any(|permission| session.may(permission)) {
        return None;
    }
    let role = session
        .roles
        .first()
        .map_or_else(|| "Your role".to_owned(), |role| humanise(role));
    let mut out = text::spoken(&role);
    out.push_str(" may not do this; it needs the permission ");
    for (index, permission) in permissions.enumerate() {
        out.push_str(if index > 0 { " or " } else { "" });
        out.push_str(permission);
    }
    Some(out)
}

/// Why a user can't do an operation to an action now; none where they can.
pub(crate) fn obstacle(
    session: Option<&Session>,
    action: &Action,
    operation: Operation,
    now: Time,
) -> Option<String> {
    let verb = words::operation_words(operation.word()).map_or("do this", |words| words.done_inside);
    let sentence = |start: &str, end: &str| {
        let mut out = String::from(start);
        out.push_str(end);
        Some(out)
    };
    let Some(session) = session else {
        return sentence("Nobody is signed in", "");
    };
    if let Some(reason) = no_permission(session, operation) {
        return Some(reason);
    }
    if action.version.is_empty() {
        return sentence(
            "The backend gives no version of it, so what you see can’t be signed",
            "",
        );
    }
    if action.is_expired_at(now) && matches!(operation, Operation::Approve | Operation::Reject) {
        return sentence("It has expired, which counts as a rejection", "");
    }
    if !words::is_known(words::Kind::Status, &action.status) {
        return sentence("Its status is not known to this version of the page", "");
    }
    if !action.allows(operation) {
        if operation == Operation::Undo && action.reversible == Some(false) {
            return sentence("This kind of action can’t be undone", "");
        }
        if operation.fits(&action.status, action.reversible != Some(false)) {
            return sentence("The server does not offer it for this action now", "");
        }
        let mut out = String::from("It can’t be ");
        out.push_str(verb);
        out.push_str(" while it is ");
        out.push_str(&humanise(&action.status).to_ascii_lowercase());
        return Some(out);
    }
    None
}

/// Why nothing can be done to what is shown: an operation on it was answered, and what it brought is not here yet.
pub(crate) fn decided(operation: Operation) -> String {
    let mut out = String::from(words::operation_words(operation.word()).map_or("Done", |words| words.done));
    out.push_str("; its present state is being read");
    out
}

/// The outcome of one item, in a sentence: *Already rejected by Bo Lind at 12:02*.
pub(crate) fn outcome(
    operation: Operation,
    outcome: &str,
    action: Option<&Action>,
    clock: impl Fn(Time) -> String,
) -> String {
    let words = words::operation_words(operation.word());
    match outcome {
        "done" => words.map_or("Done", |words| words.done).to_owned(),
        "alreadyDecided" => {
            let mut out = String::from("Already ");
            let decided = action.map(
                |action| match (action.status.as_str(), action.decision.as_deref()) {
                    ("undone", _) => "undone",
                    ("cancelled", _) => "cancelled",
                    (_, Some("approved")) => "approved",
                    (_, Some("rejected")) => "rejected",
                    (_, Some("expired")) => "expired",
                    _ => "decided",
                },
            );
            out.push_str(decided.unwrap_or("decided"));
            if let Some(by) = action.and_then(|action| action.decided_by.as_ref()) {
                out.push_str(" by ");
                out.push_str(&text::spoken(text::clipped(&by.name, 80).0));
            }
            if let Some(at) = action.and_then(|action| action.decided_at) {
                out.push_str(" at ");
                out.push_str(&clock(at));
            }
            out
        }
        "changed" => "Changed since you saw it; look at it again".to_owned(),
        "expired" => "Expired before the decision came".to_owned(),
        "forbidden" => "Not allowed to you".to_owned(),
        "notFound" => "No longer there".to_owned(),
        "notPossible" => "Not possible in its status".to_owned(),
        "failed" => "Failed; nothing happened".to_owned(),
        other => {
            let mut out = String::from("An outcome that this version does not know: ");
            out.push_str(&text::spoken(other));
            out
        }
    }
}

/// What is touched, in words: *2 devices, 312 mailboxes*; empty where nothing is known.
pub(crate) fn impact_words(impact: Impact) -> String {
    let mut out = String::new();
    for (count, one, many) in [
        (impact.devices, "device", "devices"),
        (impact.users, "user", "users"),
        (impact.mailboxes, "mailbox", "mailboxes"),
        (impact.messages, "message", "messages"),
    ] {
        let Some(count) = count.filter(|count| *count > 0) else {
            continue;
        };
        if !out.is_empty() {
            out.push_str(", ");
        }
        push_grouped(&mut out, count);
        out.push(' ');
        out.push_str(if count == 1 { one } else { many });
    }
    out
}
