//! The dialog of the columns: which are shown, in which order. Each change holds at once.

use std::cell::RefCell;
use std::rc::Rc;

use action_center_core::domain::column::Column;
use action_center_core::domain::order::sort_by;
use action_center_core::domain::query::View;

use super::close;
use crate::ui::kit::dom::{El, div, effect, el, span, target_is_checked};
use crate::ui::kit::parts::{button, choice, dialog, icon_button};
use crate::ui::state::App;
use crate::ui::tasks::keep;

/// The button that was pressed to move a column: moving takes the focus from it.
type Pressed = Rc<RefCell<Option<El>>>;

/// The dialog.
pub(crate) fn columns(app: App) -> El {
    let view = app.place.peek().query.view;
    let pressed = Pressed::default();
    let again = pressed.clone();
    let list = el("ul").each(
        move || {
            keep::layout(app, view)
                .order
                .iter()
                .map(|column| column.info().member.to_owned())
                .collect()
        },
        move |member| {
            Column::parse(member, view).map_or_else(|| el("li"), |column| row(app, view, column, &again))
        },
    );
    // Made behind the list's own effect, so that it runs when the rows stand in their new order.
    effect(move || {
        app.layouts.with(|_| ());
        if let Some(button) = pressed.take() {
            button.focus();
        }
    });
    let count = move || {
        let layout = keep::layout(app, view);
        let mut text = layout.shown.len().to_string();
        text.push_str(" of ");
        text.push_str(&layout.order.len().to_string());
        text.push_str(" shown");
        text
    };
    dialog("dialog", "Columns", None, move || close(app))
        .child(div("dialog__body").child(list))
        .child(
            div("dialog__foot")
                .child(
                    button("button button--subtle", "Reset to default").click(move || {
                        keep::change_columns(app, view, |layout| *layout = keep::default_layout(view))
                    }),
                )
                .child(span("faint push nowrap").text_of(count))
                .child(button("button button--primary", "Done").click(move || close(app))),
        )
}

fn row(app: App, view: View, column: Column, pressed: &Pressed) -> El {
    let title = column.title_in(view);
    let (name, input) = choice("checkbox", title);
    let is_shown = move || keep::layout(app, view).shown.contains(&column);
    let is_last = move || is_shown() && keep::layout(app, view).shown.len() == 1;
    let itself = input.clone();
    input
        .put_of("checked", is_shown)
        .flag("aria-disabled", is_last)
        .attr_of("title", move || is_last().then(|| "One column stays".to_owned()))
        .on("change", move |event| {
            let wants = target_is_checked(&event);
            if !wants && is_last() {
                return itself.put("checked", &true.into());
            }
            keep::change_columns(app, view, |layout| {
                layout.shown.retain(|other| *other != column);
                if wants {
                    layout.shown.push(column);
                }
                let order = &layout.order;
                let place = |column: &Column| order.iter().position(|other| other == column);
                sort_by(&mut layout.shown, |left, right| place(left).cmp(&place(right)));
            });
        });
    el("li")
        .class("columns__row")
        .child(name.class("choice columns__name"))
        .child(mover(app, view, column, true, pressed))
        .child(mover(app, view, column, false, pressed))
}

fn mover(app: App, view: View, column: Column, is_up: bool, pressed: &Pressed) -> El {
    let mut name = String::from("Move ");
    name.push_str(column.title_in(view));
    name.push_str(if is_up { " up" } else { " down" });
    let target = move || {
        let order = keep::layout(app, view).order;
        let at = order.iter().position(|other| *other == column)?;
        let to = if is_up { at.checked_sub(1)? } else { at + 1 };
        (to < order.len()).then_some((at, to))
    };
    let itself = icon_button(
        "button button--subtle button--icon button--small",
        if is_up { "arrow-up" } else { "arrow-down" },
        &name,
    );
    let (button, pressed) = (itself.clone(), pressed.clone());
    itself
        .flag("aria-disabled", move || target().is_none())
        .click(move || {
            if let Some((at, to)) = target() {
                pressed.replace(Some(button.clone()));
                keep::change_columns(app, view, |layout| {
                    layout.order.swap(at, to);
                    let order = &layout.order;
                    let place = |column: &Column| order.iter().position(|other| other == column);
                    sort_by(&mut layout.shown, |left, right| place(left).cmp(&place(right)));
                });
            }
        })
}
