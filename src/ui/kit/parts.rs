//! Icons, buttons, fields, choices, dialogs: native elements with the classes of `style/kit`.

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen::JsCast;

use super::dom::{El, at_end, div, effect, el, span, svg};

/// An icon of the sprite; says nothing to assistive technology.
pub(crate) fn icon(name: &str) -> El {
    icon_of("icon", name)
}

/// A small icon.
pub(crate) fn small_icon(name: &str) -> El {
    icon_of("icon icon--small", name)
}

fn icon_of(class: &str, name: &str) -> El {
    let mut href = String::with_capacity(name.len() + 1);
    href.push('#');
    href.push_str(name);
    svg("svg")
        .class(class)
        .attr("aria-hidden", "true")
        .child(svg("use").attr("href", &href))
}

/// A button of a class with text.
pub(crate) fn button(class: &str, text: &str) -> El {
    el("button").attr("type", "button").class(class).words(text)
}

/// A button with an icon and a text.
pub(crate) fn icon_text_button(class: &str, name: &str, text: &str) -> El {
    el("button")
        .attr("type", "button")
        .class(class)
        .child(icon(name))
        .words(text)
}

/// A button that shows an icon alone and is named by its label.
pub(crate) fn icon_button(class: &str, name: &str, label: &str) -> El {
    el("button")
        .attr("type", "button")
        .class(class)
        .attr("aria-label", label)
        .attr("title", label)
        .child(icon(name))
}

/// Text for assistive technology alone.
pub(crate) fn spoken(text: &str) -> El {
    span("spoken").text(text)
}

/// A key as it is drawn on a button; its name is not part of the button's.
pub(crate) fn key_hint(key: &str) -> El {
    el("kbd")
        .class("button__key")
        .attr("aria-hidden", "true")
        .text(key)
}

/// Keeps a button off while there is a reason, which stands in its tooltip and description. It stays focusable
/// (ARIA Authoring Practices, "Focusability of disabled controls"), so that the reason can be read.
pub(crate) fn off_because(button: El, reason: impl Fn() -> Option<String> + 'static) -> El {
    let reason = Rc::new(reason);
    let (again, third) = (reason.clone(), reason.clone());
    button
        .attr_of("aria-disabled", move || reason().map(|_| "true".to_owned()))
        .attr_of("title", move || again())
        .attr_of("aria-description", move || third())
}

/// Whether a button is off by `off_because`.
pub(crate) fn is_off(button: &El) -> bool {
    button.0.get_attribute("aria-disabled").as_deref() == Some("true")
}

/// A checkbox with its label; `name` overrides the accessible name.
pub(crate) fn choice(kind: &str, label: &str) -> (El, El) {
    let input = el("input").attr("type", kind).class(kind);
    let row = el("label")
        .class("choice")
        .child(input.clone())
        .child(span("").text(label));
    (row, input)
}

/// Puts a radio button into a group. Chromium keeps what leaves a shadow tree as a member of a named group for good, so the button
/// leaves the group first.
pub(crate) fn in_group(radio: El, group: &str) -> El {
    let radio = radio.attr("name", group);
    let kept = radio.clone();
    at_end(move || kept.set("name", None));
    radio
}

/// A labelled field around an input.
pub(crate) fn labelled(label: &str, input: El) -> El {
    el("label").class("label").words(label).child(input)
}

/// The frame of a modal dialog: `<dialog>` opened by `showModal`, named by its heading, closed by Escape, Close or a click
/// beside it. Focus goes back to where it was (ARIA Authoring Practices, Dialog pattern).
pub(crate) fn dialog(class: &str, title: &str, lead: Option<&str>, on_close: impl Fn() + 'static) -> El {
    thread_local! {
        static NUMBER: Cell<u32> = const { Cell::new(0) };
    }
    let mut id = String::from("dialog-");
    NUMBER.with(|number| {
        number.set(number.get() + 1);
        id.push_str(&number.get().to_string());
    });
    let on_close = Rc::new(on_close);
    let close = on_close.clone();
    let cancelled = on_close.clone();
    el("dialog")
        .class(class)
        .attr("aria-labelledby", &id)
        .on("cancel", move |event| {
            event.prevent_default();
            event.stop_propagation();
            cancelled();
        })
        .on("click", move |event| {
            // The dialog's box is filled by its children: a click on the element itself is one on the backdrop.
            if event
                .target()
                .is_some_and(|target| Some(target) == event.current_target())
            {
                on_close();
            }
        })
        .child(
            div("dialog__head")
                .child(
                    div("dialog__titles")
                        .child(el("h2").class("dialog__title").attr("id", &id).text(title))
                        .maybe(lead.map(|lead| el("p").class("dialog__lead").text(lead))),
                )
                .child(
                    icon_button(
                        "button button--subtle button--icon button--small",
                        "close",
                        "Close",
                    )
                    .click(move || close()),
                ),
        )
}

/// Opens a dialog that is in the document.
pub(crate) fn open_modal(dialog: &El) {
    let native: &web_sys::HtmlDialogElement = dialog.cast();
    if !native.open() {
        let _opened = native.show_modal();
    }
}

/// A row of `dl.facts`.
pub(crate) fn fact(label: &str, value: El) -> El {
    div("facts__row")
        .child(el("dt").text(label))
        .child(el("dd").child(value))
}

/// A heading with what belongs to it.
pub(crate) fn section(title: &str) -> El {
    el("section")
        .class("section")
        .child(el("h3").class("section__title").text(title))
}

/// A panel in place of rows: what happened, what to do.
pub(crate) fn state_panel(tone: &str, icon_name: &str, title: &str, text: &str) -> El {
    div("state")
        .attr("data-tone", tone)
        .child(div("state__icon").child(icon(icon_name)))
        .child(el("h2").class("state__title").text(title))
        .child(el("p").class("state__text").text(text))
}

/// The element that has the focus inside a root.
pub(crate) fn focused_in(root: &web_sys::ShadowRoot) -> Option<El> {
    root.active_element().map(El)
}

/// The cells of a row that are shown.
fn cells_of(row: &El) -> Vec<web_sys::HtmlElement> {
    let children = row.0.children();
    let cells = (0..children.length()).filter_map(|at| children.item(at)?.dyn_into().ok());
    cells
        .filter(|cell: &web_sys::HtmlElement| cell.client_width() > 0)
        .collect()
}

/// The place of the cell of a row that has the focus; none where the row itself has it, or another.
pub(crate) fn focused_cell(root: &web_sys::ShadowRoot, row: &El) -> Option<usize> {
    let active = root.active_element()?;
    cells_of(row).iter().position(|cell| cell.contains(Some(&active)))
}

/// Gives the focus to a cell of a row by its place, or to the row itself. The browser brings it into sight.
pub(crate) fn focus_cell(row: &El, place: Option<usize>) {
    let cell = place.and_then(|place| cells_of(row).into_iter().nth(place));
    match cell {
        Some(cell) => {
            cell.set_tab_index(-1);
            let _done = cell.focus();
        }
        None => row.focus(),
    }
}

/// Moves the focus along the cells of a row: from the row itself into its first, and from that back to the row (ARIA APG, grid and
/// treegrid patterns).
pub(crate) fn walk_cells(root: &web_sys::ShadowRoot, row: &El, is_forward: bool) {
    let last = cells_of(row).len().saturating_sub(1);
    let next = match (focused_cell(root, row), is_forward) {
        (None, is_forward) => is_forward.then_some(0),
        (Some(now), true) => Some((now + 1).min(last)),
        (Some(now), false) => now.checked_sub(1),
    };
    focus_cell(row, next);
}

/// Whether an event's path starts in something that takes typed text.
pub(crate) fn is_typing(event: &web_sys::Event) -> bool {
    let Some(target) = event.composed_path().get(0).dyn_into::<web_sys::Element>().ok() else {
        return false;
    };
    match target.tag_name().to_ascii_lowercase().as_str() {
        "textarea" | "select" => true,
        "input" => !matches!(
            target.get_attribute("type").as_deref(),
            Some("checkbox" | "radio" | "button")
        ),
        _ => false,
    }
}

/// A progress bar: `value` of 0 to 1, or none while unknown.
pub(crate) fn progress(label: &str, value: impl Fn() -> Option<f64> + 'static) -> El {
    let bar = el("progress")
        .class("progress")
        .attr("aria-label", label)
        .attr("max", "1000");
    let kept = bar.clone();
    effect(move || {
        let permille = value().map(|value| ((value * 1000.0) as i64).clamp(0, 1000).to_string());
        kept.set("value", permille.as_deref());
    });
    bar
}
