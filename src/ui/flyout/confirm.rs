//! The two questions before a decision goes: what can't be undone, and what this browser can't keep.

use std::cell::Cell;
use std::rc::Rc;

use action_center_core::domain::action::{Action, Operation};
use action_center_core::domain::text;
use action_center_core::domain::words::{humanise, operation_words};
use wasm_bindgen::JsCast;

use super::decision;
use crate::ui::kit::dom::{El, div, el};
use crate::ui::kit::parts::{button, dialog, icon, is_off, off_because};
use crate::ui::show;
use crate::ui::state::{App, Field};
use crate::ui::tasks::{decide, hand};

/// How long a button that can't be undone is off after its dialog has opened, in milliseconds: longer than a double click and
/// than the pause between two strokes of a key that is held down.
const GUARD_MILLIS: i32 = 400;

/// Makes a button that a key held down or a double click can't hit. `reason` keeps it off as in `off_because`.
pub(super) fn guarded(
    made: El,
    is_guarded: bool,
    reason: impl Fn() -> Option<String> + 'static,
    run: impl Fn() + 'static,
) -> El {
    let is_open = Rc::new(Field::default());
    is_open.set(!is_guarded);
    let opens = is_open.clone();
    if is_guarded {
        hand::after(GUARD_MILLIS, move || opens.set(true));
    }
    let made = off_because(made, move || match is_open.get() {
        true => reason(),
        false => Some("In a moment".to_owned()),
    });
    let kept = made.clone();
    let is_repeated = Rc::new(Cell::new(false));
    let repeated = is_repeated.clone();
    made.on("keydown", move |event| {
        let key: &web_sys::KeyboardEvent = event.unchecked_ref();
        repeated.set(key.repeat());
        if key.repeat() {
            event.prevent_default();
        }
    })
    .on("click", move |event| {
        let mouse: &web_sys::MouseEvent = event.unchecked_ref();
        let is_meant = !is_guarded || (mouse.detail() <= 1 && !is_repeated.get());
        if is_meant && !is_off(&kept) {
            run();
        }
    })
}

/// The button that closes a dialog and does nothing.
pub(super) fn cancel(app: App) -> El {
    button("button", "Cancel").click(move || app.dialog.set(None))
}

/// The dialog before what can't be undone.
pub(crate) fn irreversible(app: App, operation: Operation, action: Rc<Action>) -> El {
    let words = operation_words(operation.word());
    let verb = words.map_or("", |words| words.verb);
    let mut title = String::from(verb);
    title.push_str(": ");
    title.push_str(&text::spoken(
        text::clipped(&humanise(&action.action_type), 120).0,
    ));
    let impact = action.impact.map(show::impact_words).unwrap_or_default();
    let note = div("note")
        .attr("data-tone", "warning")
        .child(icon("final"))
        .child(el("p").class("note__title").text("This can’t be undone"))
        .child(div("note__row").child(show::entity(&action.entity, &action.entity_type, true)));
    if !impact.is_empty() {
        note.append(&el("p").text(&["It touches ", &impact, "."].concat()));
    }
    if action.asset.is_some() {
        note.append(&div("note__row").child(show::asset_of(action.asset.as_ref())));
    }
    let id = action.id.clone();
    let off = move || {
        app.decided.track();
        let _now = app.clock.get();
        if decide::lock(app, &id).is_some() {
            return Some("A decision on it is under way".to_owned());
        }
        // What changes behind the dialog was not seen when it was opened.
        let is_changed = app
            .changed_open
            .with(|changed| changed.as_ref().is_some_and(|changed| changed.id == id));
        is_changed.then(|| "It changed while you looked. Cancel, and look at what it is now".to_owned())
    };
    let act = guarded(
        button("button button--primary push", verb),
        true,
        off,
        move || {
            // The decision may open a dialog of its own.
            app.dialog.set(None);
            match app.obstacle(&action, operation) {
                Some(obstacle) => app.flyout_error.set(Some(obstacle)),
                None => decision::go(app, operation, &action),
            }
        },
    );
    dialog("dialog", &title, None, move || app.dialog.set(None))
        .child(div("dialog__body").child(note))
        .child(div("dialog__foot").child(act).child(cancel(app)))
}

/// The dialog where this browser can't keep a decision: whether it goes anyway.
pub(crate) fn unstored(app: App, batch: &str) -> El {
    let (go_on, leave, close) = (batch.to_owned(), batch.to_owned(), batch.to_owned());
    let stop = move |batch: &str| {
        app.dialog.set(None);
        decide::stop(app, batch);
    };
    dialog("dialog", "This browser can’t keep the decision", None, move || stop(&close))
        .child(
            div("dialog__body").child(
                el("p").text(
                    "Its storage is full or closed. The decision can go all the same, but if this page is closed before the \
                     server has answered, nobody asks again what became of it.",
                ),
            ),
        )
        .child(
            div("dialog__foot")
                .child(button("button button--primary push", "Send it anyway").click(move || {
                    app.dialog.set(None);
                    decide::go_on(app, &go_on);
                }))
                .child(button("button", "Don’t send").click(move || stop(&leave))),
        )
}
