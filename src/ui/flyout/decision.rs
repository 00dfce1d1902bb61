//! The bottom edge of the flyout: what is under way, what went wrong, comment and reason, the buttons.

use std::cell::RefCell;

use action_center_core::decision::{Lock, State, Why};
use action_center_core::domain::action::{Action, Decider, Operation};
use action_center_core::domain::text;
use action_center_core::domain::time::{Time, duration};
use action_center_core::domain::words::{Kind, humanise, is_known, known, operation_words};

use super::confirm::guarded;
use super::shown;
use crate::ui::kit::dom::{El, div, effect, el, span, target_value};
use crate::ui::kit::parts::{button, icon, key_hint, labelled};
use crate::ui::show;
use crate::ui::state::{App, Dialog};
use crate::ui::tasks::{decide, load};
use crate::ui::words::{self, no_permissions, outcomes};

/// What went wrong, said at once to assistive technology (ARIA alert pattern).
pub(super) fn failure_note(error: &str) -> El {
    div("note")
        .attr("data-tone", "danger")
        .attr("role", "alert")
        .child(icon("warning"))
        .child(el("p").text(error))
}

/// The contract's limit of a comment, in characters.
const MAX_COMMENT_CHARS: &str = "4000";

/// What the bottom edge offers: what the status could allow, also where it is off for this user.
fn offered(app: App) -> Vec<Operation> {
    let Some(shown) = shown(app) else {
        return Vec::new();
    };
    let action = &shown.detail.action;
    let has_cancel = app.session().is_some_and(|session| {
        let operations = &session.capabilities.operations;
        operations.iter().any(|word| word == Operation::Cancel.word())
    });
    let is_offered = |operation: &Operation| {
        let fits = action.allows(*operation) || operation.fits(&action.status, true);
        fits && (*operation != Operation::Cancel || has_cancel || action.allows(Operation::Cancel))
    };
    let offered: Vec<_> = Operation::ALL.into_iter().filter(is_offered).collect();
    if offered.is_empty() && !is_known(Kind::Status, &action.status) {
        // Off, with the reason: what it waits for is not known.
        return vec![Operation::Approve, Operation::Reject];
    }
    offered
}

/// Why an operation is off now; none where it is on. Tracked.
fn why_not(app: App, operation: Operation) -> Option<String> {
    let Some(shown) = shown(app) else {
        return Some("The action is not here yet".to_owned());
    };
    let _session = app.session();
    let _now = app.clock.get();
    app.decided.track();
    let action = &shown.detail.action;
    if decide::lock(app, &action.id).is_some() {
        return Some("A decision on it is under way".to_owned());
    }
    if app.changed_open.with(Option::is_some) {
        return Some("It changed while you looked. Look at what it is now: Show current".to_owned());
    }
    if app.detail.with(load::is_gone) {
        return Some("The server no longer has it".to_owned());
    }
    let is_blocked = |(word, _): &&(String, String)| word == operation.word();
    if let Some((_, reason)) = shown.detail.blocked.iter().find(is_blocked) {
        return Some(text::spoken(text::clipped(reason, 300).0));
    }
    app.obstacle(action, operation)
}

/// Why nothing at all can be done to what is shown, by who looks and what it is; none where something can. Tracked.
fn refusal(app: App) -> Option<String> {
    let shown = shown(app)?;
    let session = app.session()?;
    let _now = app.clock.get();
    app.decided.track();
    let offered = offered(app);
    let mut refusals = Vec::new();
    for operation in &offered {
        refusals.push(app.obstacle(&shown.detail.action, *operation)?);
    }
    refusals.dedup();
    if refusals.len() > 1
        && let Some(one) = no_permissions(&session, &offered)
    {
        return Some(one);
    }
    (!refusals.is_empty()).then(|| refusals.join(". "))
}

/// The bottom edge. It grows upwards: what comes and goes is told above what can be pressed, so that no button moves under the
/// pointer, and what can be pressed in a note stands below the notes that come and go by themselves.
pub(super) fn footer(app: App) -> El {
    let built_for = RefCell::new(None);
    div("decision")
        .part(
            move || app.flyout_error.get(),
            move || {
                let error = app.flyout_error.peek().clone()?;
                Some(failure_note(&error))
            },
        )
        .part(
            move || {
                app.decided.track();
                (
                    shown(app)
                        .map(|shown| shown.detail.action.id.clone())
                        .and_then(|id| decide::lock(app, &id)),
                    app.zone.get(),
                )
            },
            move || {
                let id = shown(app)?.detail.action.id.clone();
                decide::lock(app, &id).map(|lock| under_way(app, &id, &lock))
            },
        )
        .part(
            move || app.detail_stale.get(),
            move || {
                app.detail_stale
                    .peek()
                    .as_ref()
                    .map(|error| stale(app, words::failure(error)))
            },
        )
        .part(
            move || (app.changed_open.get(), app.zone.get()),
            move || app.changed_open.peek().as_ref().map(|now| changed(app, now)),
        )
        .when(
            move || {
                let is_typed = app.comment.with(|comment| !comment.trim().is_empty());
                !offered(app).is_empty() && (is_typed || refusal(app).is_none())
            },
            move || fields(app),
        )
        .part(
            move || (app.place.with(|place| place.action.clone()), offered(app)),
            move || {
                // A button in another's place must not be hit by what was meant for that.
                let id = app.place.peek().action.clone();
                let is_in_place = built_for.replace(id.clone()) == id;
                Some(buttons(app, &offered(app), is_in_place))
            },
        )
}

fn fields(app: App) -> El {
    let is_required = move || {
        let _session = app.session();
        offered(app)
            .iter()
            .any(|operation| decide::needs_comment(app, *operation))
    };
    let comment = comment_field(
        "1",
        is_required,
        move || app.comment.get(),
        move |comment| {
            app.comment.set(comment);
            keep_draft(app);
        },
    );
    div("decision__fields").child(comment).when(
        move || offered(app).contains(&Operation::Reject),
        move || {
            reason_field(
                "Only to reject",
                move || app.reason.get(),
                move |reason| {
                    app.reason.set(reason);
                    keep_draft(app);
                },
            )
        },
    )
}

/// The textbox for a comment.
pub(super) fn comment_field(
    rows: &str,
    is_required: impl Fn() -> bool + Copy + 'static,
    value: impl Fn() -> String + 'static,
    on_input: impl Fn(String) + 'static,
) -> El {
    let input = el("textarea")
        .class("input")
        .attr("rows", rows)
        .attr("maxlength", MAX_COMMENT_CHARS)
        .attr("data-comment", "")
        .attr_of("placeholder", move || {
            let start = if is_required() { "Required" } else { "Optional" };
            Some([start, ", kept with the decision"].concat())
        })
        .flag("aria-required", is_required)
        .on("input", move |event| on_input(target_value(&event)));
    let kept = input.clone();
    effect(move || kept.set_value(&value()));
    labelled("Comment", input)
}

/// The combobox of reasons for a rejection.
pub(super) fn reason_field(
    none: &str,
    value: impl Fn() -> String + 'static,
    on_change: impl Fn(String) + 'static,
) -> El {
    let input = el("select")
        .class("select")
        .on("change", move |event| on_change(target_value(&event)));
    input.append(&el("option").attr("value", "").text(none));
    for reason in known(Kind::Reason) {
        input.append(&el("option").attr("value", reason).text(&humanise(reason)));
    }
    let kept = input.clone();
    effect(move || kept.set_value(&value()));
    labelled("Reason", span("field").child(input).child(icon("chevron-down")))
}

fn keep_draft(app: App) {
    if let Some(id) = app.place.peek().action.as_deref() {
        decide::keep_draft(app, id, &app.comment.peek(), &app.reason.peek());
    }
}

fn buttons(app: App, offered: &[Operation], is_guarded: bool) -> El {
    let row = div("decision__actions");
    for operation in offered {
        let (class, key) = match operation {
            Operation::Approve => ("button button--primary", "a"),
            Operation::Reject => ("button", "r"),
            Operation::Undo => ("button", "u"),
            Operation::Cancel => ("button", ""),
        };
        let text = operation_words(operation.word()).map_or("", |words| words.button);
        let made = button(class, text).attr("data-operation", operation.word());
        let made = if key.is_empty() {
            made
        } else {
            made.attr("aria-keyshortcuts", key).child(key_hint(key))
        };
        let operation = *operation;
        row.append(&guarded(
            made,
            is_guarded,
            move || why_not(app, operation),
            move || press(app, operation),
        ));
    }
    let note = span("decision__note").attr_of("data-refusal", move || refusal(app).map(|_| String::new()));
    row.child(note.text_of(move || {
        if let Some(refusal) = refusal(app) {
            return refusal;
        }
        let impact = shown(app).and_then(|shown| shown.detail.action.impact);
        let words = impact.map(show::impact_words).unwrap_or_default();
        if words.is_empty() {
            words
        } else {
            ["Touches ", &words].concat()
        }
    }))
}

/// A button of a decision was pressed: what can't be undone asks first.
fn press(app: App, operation: Operation) {
    let Some(shown) = shown(app) else {
        return;
    };
    let action = &shown.detail.action;
    // A deadline may have passed since the button was drawn.
    if let Some(reason) = why_not(app, operation) {
        app.flyout_error.set(Some(reason));
        return;
    }
    if decide::needs_comment(app, operation) && app.comment.peek().trim().is_empty() {
        app.flyout_error.set(Some(
            "A comment is required. Add a comment, then try again.".to_owned(),
        ));
        focus(app, "[data-comment]");
    } else if operation == Operation::Approve && action.reversible == Some(false) {
        app.dialog.set(Some(Dialog::Irreversible(
            operation,
            std::rc::Rc::new(action.clone()),
        )));
    } else {
        go(app, operation, action);
    }
}

/// Takes the decision up.
pub(super) fn go(app: App, operation: Operation, action: &Action) {
    let (comment, reason) = (app.comment.peek().clone(), app.reason.peek().clone());
    let taken = decide::confirm(app, operation, &[action], &comment, &reason);
    app.flyout_error.set(taken.err());
}

fn focus(app: App, selector: &str) {
    if let Ok(Some(element)) = app.root.query_selector(selector) {
        El(element).focus();
    }
}

/// A key asks for an operation: its button, or the reason for a rejection, gets the focus. Nothing is sent.
pub(crate) fn start(app: App, operation: Operation) {
    let is_open_for_it = operation == Operation::Reject && why_not(app, operation).is_none();
    if is_open_for_it && app.reason.peek().is_empty() {
        return focus(app, ".decision .select");
    }
    let mut selector = String::from("[data-operation=");
    selector.push_str(operation.word());
    selector.push(']');
    focus(app, &selector);
}

/// How far a decision is that is under way.
fn under_way(app: App, id: &str, lock: &Lock) -> El {
    let running = operation_words(lock.operation.word()).map_or("", |words| words.running);
    let (tone, mark, title) = match (lock.state, lock.why) {
        (State::Unknown, Why::KeyTooOld | Why::Unfamiliar) => ("warning", "st-unknown", "Outcome unknown"),
        (State::Unknown, _) => ("warning", "st-running", "Outcome unknown, checking…"),
        (State::Unsent, _) => ("neutral", "clock", "Not sent yet"),
        (State::Sending, Why::Answer) => ("neutral", "st-running", running),
        _ => ("neutral", "st-running", "Sending…"),
    };
    let whole = div("note")
        .attr("data-tone", tone)
        .child(icon(mark))
        .child(el("p").class("note__title").text(title));
    let clock = move |millis: u64| {
        let time = Time::from_millis(millis as f64);
        time.to_clock(app.offset_at(time), true)
    };
    let waits = outcomes::waits_for(lock.why, clock);
    if !waits.is_empty() && lock.why != Why::Answer {
        whole.append(&el("p").text(&waits));
    }
    if lock.newer_version.is_some() {
        whole.append(&el("p").text("Meanwhile the server shows a newer state of the action."));
    }
    if matches!(lock.why, Why::KeyTooOld | Why::Unfamiliar) {
        let id = id.to_owned();
        whole.append(
            &div("decision__actions")
                .child(button("button button--small", "Unlock").click(move || decide::release(app, &id))),
        );
    }
    whole
}

/// The details above could not be refreshed: how old they are, why, and what to do.
fn stale(app: App, why: String) -> El {
    div("note")
        .attr("data-tone", "warning")
        .child(icon("warning"))
        .child(
            el("p")
                .class("note__title")
                .attr("role", "alert")
                .text("The details could not be refreshed"),
        )
        .child(el("p").text_of(move || {
            let _tick = app.clock.get();
            let mut text = String::from("They are ");
            text.push_str(&duration(load::detail_age(app)));
            text.push_str(" old. ");
            text.push_str(&why);
            text
        }))
        .child(
            div("decision__actions")
                .child(button("button button--small", "Retry").click(move || load::open_detail(app))),
        )
}

/// The action changed while it was looked at: who, when, what. The buttons are off until the present state was shown.
fn changed(app: App, now: &Action) -> El {
    let before = shown(app)
        .map(|shown| shown.detail.action.clone())
        .unwrap_or_default();
    let mut text = String::from("It changed while you looked");
    let differences = differences(&before, now);
    if !differences.is_empty() {
        text.push_str(": ");
        text.push_str(&differences);
    }
    let decider = now
        .decided_by
        .as_ref()
        .filter(|_| now.status != before.status && now.decision != before.decision);
    if let Some(Decider { name, .. }) = decider {
        text.push_str(" by ");
        text.push_str(&text::spoken(text::clipped(name, 80).0));
    }
    text.push_str(", at ");
    text.push_str(&now.updated_at.to_clock(app.offset_at(now.updated_at), false));
    text.push('.');
    let now = now.clone();
    div("note")
        .attr("data-tone", "warning")
        .attr("role", "alert")
        .child(icon("warning"))
        .child(el("p").class("note__title").text(&text))
        .child(el("p").text("Nothing can be decided on the old sight of it."))
        .child(
            div("decision__actions")
                .child(button("button button--small", "Show current").click(move || show_current(app, &now))),
        )
}

fn show_current(app: App, now: &Action) {
    decide::show_now(app, now);
    app.changed_open.set(None);
    app.flyout_error.set(None);
    load::open_detail(app);
}

/// What differs between two states of an action, in words.
fn differences(before: &Action, now: &Action) -> String {
    let mut out = String::new();
    let mut add = |text: &str| {
        if !out.is_empty() {
            out.push_str(", ");
        }
        out.push_str(text);
    };
    if before.status != now.status {
        add("it is now ");
        out.push_str(&text::spoken(
            text::clipped(&humanise(&now.status).to_ascii_lowercase(), 60).0,
        ));
        return out;
    }
    for (is_other, name) in [
        (before.severity != now.severity, "severity"),
        (before.entity != now.entity, "entity"),
        (before.action_type != now.action_type, "action type"),
        (before.asset != now.asset, "asset"),
        (before.threat != now.threat, "threat"),
        (before.impact != now.impact, "impact"),
        (before.expires_at != now.expires_at, "deadline"),
        (before.operations != now.operations, "what may be done"),
        (before.reversible != now.reversible, "whether it can be undone"),
    ] {
        if is_other {
            add(name);
        }
    }
    out
}
