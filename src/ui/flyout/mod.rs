//! The flyout: one action beside the rows, with everything that a decision needs; and the dialogs around decisions.
//! May use `core`, `ui::{state, tasks, kit}`.
//!
//! In reading order: this file (frame and head), `body` (what is known), `decision` (the bottom edge), `confirm`, `sheet`,
//! `results`.

mod body;
mod confirm;
mod decision;
mod results;
mod sheet;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use action_center_core::domain::text;
use action_center_core::domain::time::grouped;
use action_center_core::domain::words::humanise;
use action_center_core::wire::Detail;
use wasm_bindgen::JsCast;

use super::kit::dom::{El, at_end, div, effect, el, soon, span};
use super::kit::parts::{focused_in, icon_button, icon_text_button, is_off, off_because};
use super::state::{App, Opened};
use super::tasks::{decide, hand, host, load, place};
use super::{grid, show};

pub(crate) use confirm::{irreversible, unstored};
pub(crate) use decision::start;
pub(crate) use results::results;
pub(crate) use sheet::sheet;

/// The open action, as far as it is known.
#[derive(Clone, PartialEq)]
struct Shown {
    detail: Rc<Detail>,
    /// Whether its details are here, or its row alone.
    is_whole: bool,
}

/// The open action: its details, or until they come what its row says; tracked.
fn shown(app: App) -> Option<Shown> {
    let id = app.place.with(|place| place.action.clone())?;
    let ready = app.detail.with(|opened| match opened {
        Opened::Ready(detail) if detail.action.id == id => Some(detail.clone()),
        _ => None,
    });
    if let Some(detail) = ready {
        return Some(Shown {
            detail,
            is_whole: true,
        });
    }
    app.rows.track();
    let action = load::action(app, &id)?;
    // Where there are no details to ask for, the row is all there is.
    let is_whole = app.detail.with(load::is_not_listed);
    Some(Shown {
        detail: Rc::new(Detail {
            action,
            ..Detail::default()
        }),
        is_whole,
    })
}

/// The flyout of the open action.
pub(crate) fn flyout(app: App) -> El {
    let title = el("h2")
        .class("flyout__title")
        .attr("id", "flyout-title")
        .attr("tabindex", "-1")
        .text_of(move || match shown(app) {
            Some(shown) => text::spoken(text::clipped(&humanise(&shown.detail.action.action_type), 200).0),
            None => "Action".to_owned(),
        });
    let dialog = el("dialog")
        .class("flyout")
        .attr("open", "")
        .attr("aria-labelledby", "flyout-title flyout-entity")
        .child(bar(app))
        .child(head(app, title.clone()));
    let dialog = body::body(app, dialog).child(decision::footer(app));
    keep_focus(app, &dialog, title);
    tell_host(app);
    let draft = decide::take_draft(app, app.place.peek().action.as_deref().unwrap_or_default());
    app.comment.set(draft.0);
    app.reason.set(draft.1);
    dialog
}

/// Tells the host which action is open.
fn tell_host(app: App) {
    let told = RefCell::new(None);
    effect(move || {
        let id = app.place.with(|place| place.action.clone());
        if let Some(id) = id.filter(|id| told.borrow().as_ref() != Some(id)) {
            told.replace(Some(id.clone()));
            // Outside of the effect: the host's listener may do anything.
            soon(move || {
                host::tell(app, "action-opened", &[("id", &id)]);
            });
        }
    });
}

/// Closes the flyout; the focus goes back to the row.
pub(crate) fn close(app: App) {
    let id = app.place.peek().action.clone();
    if id
        .as_deref()
        .is_some_and(|id| app.store.borrow().row_of(id).is_some())
    {
        app.focused.set(id);
    }
    place::open_action(app, None);
    grid::focus_row(app);
}

/// The focus moves in as the flyout opens, stays when a part of it is rebuilt, and goes back to the rows at its end.
fn keep_focus(app: App, dialog: &El, title: El) {
    let first = title.clone();
    if app.is_page || focused_in(&app.root).is_some() {
        soon(move || first.focus());
    }
    let has_focus = Rc::new(Cell::new(false));
    let (gained, lost) = (has_focus.clone(), has_focus.clone());
    dialog
        .clone()
        .on("focusin", move |_| gained.set(true))
        .on("focusout", move |event| {
            // Where the element with the focus is taken out, no other gets it.
            let next = js_sys::Reflect::get(&event, &"relatedTarget".into());
            lost.set(!next.is_ok_and(|next| next.is_object()));
        });
    effect(move || {
        let _shown = shown(app);
        app.decided.track();
        app.changed_open.with(|_| ());
        app.detail_stale.with(|_| ());
        let (has_focus, title) = (has_focus.clone(), title.clone());
        soon(move || {
            if has_focus.get() && focused_in(&app.root).is_none() && title.0.is_connected() {
                title.focus();
            }
        });
    });
    at_end(move || {
        soon(move || {
            if app.is_alive.get() && focused_in(&app.root).is_none() && app.dialog.peek().is_none() {
                grid::focus_row(app);
            }
        });
    });
}

/// Where the open action stands among the rows of the list or of the investigation that is open, and how many there are;
/// tracked. One that has left the list stands where the next
/// has taken its place.
fn position(app: App) -> (Option<usize>, usize) {
    let (id, is_in_list) = app.place.with(|place| {
        (
            place.action.clone().unwrap_or_default(),
            place.investigation.is_none(),
        )
    });
    app.rows.track();
    let store = app.store.borrow();
    if !is_in_list {
        let find = |ids: &Vec<String>| (ids.iter().position(|known| *known == id), ids.len());
        let (position, n_rows) = app.investigation_order.with(find);
        if n_rows > 0 {
            return (position, n_rows);
        }
        return app.investigation.with(|opened| match opened {
            Opened::Ready(detail) => (
                detail.actions.iter().position(|action| action.id == id),
                detail.actions.len(),
            ),
            _ => (None, 0),
        });
    }
    let position = store.row_of(&id).and_then(|row| store.position_of(row));
    (position, store.order().len())
}

/// The action at a position among those rows.
fn id_at(app: App, position: usize) -> Option<String> {
    if app.place.peek().investigation.is_some() {
        let order = app.investigation_order.peek();
        if !order.is_empty() {
            return order.get(position).cloned();
        }
        return match &*app.investigation.peek() {
            Opened::Ready(detail) => detail.actions.get(position).map(|action| action.id.clone()),
            _ => None,
        };
    }
    let store = app.store.borrow();
    store.order().get(position).map(|row| store.id(*row).to_owned())
}

/// Goes on to the next action, or back, as the buttons do.
pub(crate) fn go(app: App, is_next: bool) {
    let button = if is_next {
        "[data-step=Next]"
    } else {
        "[data-step=Previous]"
    };
    let found = app.root.query_selector(button).ok().flatten();
    if let Some(button) = found.and_then(|button| button.dyn_into::<web_sys::HtmlElement>().ok()) {
        button.click();
    }
}

fn bar(app: App) -> El {
    let last = Rc::new(Cell::new(0_usize));
    let at = last.clone();
    let place_of = Rc::new(move |is_next: bool| {
        let (position, n_rows) = position(app);
        if let Some(position) = position {
            at.set(position);
        }
        let target = match (position, is_next) {
            (Some(position), true) => Some(position + 1),
            (Some(position), false) => position.checked_sub(1),
            (None, true) => Some(at.get()),
            (None, false) => at.get().checked_sub(1),
        };
        target.filter(|target| *target < n_rows)
    });
    let step = |icon_name: &str, label: &str, end: &'static str, is_next: bool| {
        let (find, again) = (place_of.clone(), place_of.clone());
        let button = icon_button(
            "button button--subtle button--icon button--small",
            icon_name,
            label,
        )
        .attr("data-step", label);
        let button = off_because(button, move || find(is_next).is_none().then(|| end.to_owned()));
        let kept = button.clone();
        button.click(move || {
            let Some(target) = again(is_next).filter(|_| !is_off(&kept)) else {
                return;
            };
            if let Some(id) = id_at(app, target) {
                let draft = decide::take_draft(app, &id);
                app.focused.set(Some(id.clone()));
                place::open_action(app, Some(id));
                app.comment.set(draft.0);
                app.reason.set(draft.1);
            }
        })
    };
    div("flyout__bar")
        .child(step("arrow-up", "Previous", "This is the first", false))
        .child(step("arrow-down", "Next", "This is the last", true))
        .child(span("").text_of(move || {
            let (position, n_rows) = position(app);
            let Some(position) = position else {
                return String::new();
            };
            let mut text = grouped(position + 1);
            text.push_str(" of ");
            text.push_str(&grouped(n_rows));
            text
        }))
        .child(
            off_because(
                icon_text_button("button button--subtle button--small push", "link", "Copy link"),
                move || hand::no_link(app),
            )
            .click(move || hand::copy_link(app)),
        )
        .child(
            icon_button(
                "button button--subtle button--icon button--small",
                "close",
                "Close",
            )
            .click(move || close(app)),
        )
}

fn head(app: App, title: El) -> El {
    el("header")
        .class("flyout__head")
        .child(title)
        .child(div("flyout__entity").attr("id", "flyout-entity").part(
            move || {
                shown(app).map(|shown| {
                    (
                        shown.detail.action.entity.clone(),
                        shown.detail.action.entity_type.clone(),
                    )
                })
            },
            move || {
                shown(app).map(|shown| {
                    let action = &shown.detail.action;
                    show::entity(&action.entity, &action.entity_type, true).into()
                })
            },
        ))
        .part(
            move || {
                (
                    shown(app).map(|shown| shown.detail.action.clone()),
                    app.clock.get(),
                )
            },
            move || {
                let action = shown(app)?.detail.action.clone();
                let meta = div("flyout__meta");
                match action.expires_at {
                    Some(expires) if action.is_pending() => {
                        meta.append(&show::expiry_of(expires, true, app.now(), "Expires ").into());
                    }
                    _ if action.is_pending() => {}
                    _ => meta.append(&show::status(&action.status).into()),
                }
                if action.severity.is_some() {
                    meta.append(&show::severity(action.severity.as_deref()).into());
                }
                if action.asset.is_some() {
                    meta.append(&show::asset_of(action.asset.as_ref()).into());
                }
                Some(meta)
            },
        )
}
