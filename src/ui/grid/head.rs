//! The head of the table: select all, sort buttons, widths.

use std::cell::Cell;
use std::rc::Rc;

use action_center_core::domain::column::{Column, Kind};
use action_center_core::domain::query::Sort;
use action_center_core::domain::time::zone_name;
use wasm_bindgen::JsCast;

use super::is_at_end;
use crate::ui::kit::dom::{El, div, el, span};
use crate::ui::kit::parts::small_icon;
use crate::ui::state::App;
use crate::ui::tasks::{keep, later, place, select};

/// Narrowest and widest column, in CSS pixels.
const MIN_WIDTH: i32 = 64;
const MAX_WIDTH: i32 = 1200;

pub(super) fn head(app: App) -> El {
    div("grid__head")
        .attr("role", "row")
        .attr("aria-rowindex", "1")
        .each(
            move || {
                // A header is another one in another view: the title and what it sorts differ.
                let view = app.view().word();
                let mut keys = vec!["select".to_owned()];
                keys.extend(keep::shown_columns(app).iter().map(|column| {
                    let mut key = String::from(view);
                    key.push(' ');
                    key.push_str(column.info().member);
                    key
                }));
                keys
            },
            move |key| {
                let member = key.split_once(' ').map_or("", |(_, member)| member);
                match Column::parse(member, app.place.peek().query.view) {
                    Some(column) => header(app, column),
                    None => select_all(app),
                }
            },
        )
}

fn select_all(app: App) -> El {
    let checkbox = el("input")
        .class("checkbox")
        .attr("type", "checkbox")
        .attr("aria-label", "Select all matching")
        .put_of("checked", move || {
            let (n_selected, n_matching) = select::counts(app);
            n_selected > 0 && n_selected >= n_matching
        })
        .put_of("indeterminate", move || {
            let (n_selected, n_matching) = select::counts(app);
            n_selected > 0 && n_selected < n_matching
        })
        .on("click", move |event| {
            event.prevent_default();
            later::after(0, move || select::all(app));
        });
    div("grid__cell")
        .attr("role", "columnheader")
        .attr("data-column", "select")
        .child(checkbox)
}

/// The zone of the times in a column, beside its title.
pub(crate) fn zone_mark(app: App) -> El {
    span("grid__zone").attr("aria-hidden", "true").text_of(move || {
        let now = app.clock.get();
        zone_name(app.offset_at(now))
    })
}

fn header(app: App, column: Column) -> El {
    let title = column.title_in(app.place.peek().query.view);
    let button = el("button")
        .attr("type", "button")
        .class("grid__sort")
        .words(title);
    // A deadline is told as the time that is left, which has no zone.
    if column.info().kind == Kind::Time && column != Column::Expires {
        button.append(&zone_mark(app));
    }
    button.append(&small_icon("arrow-up"));
    let kept = button.clone();
    let button = button
        .click(move || sort_next(app, column))
        .on("keydown", move |event| {
            let key: &web_sys::KeyboardEvent = event.unchecked_ref();
            let step = match key.key().as_str() {
                "ArrowLeft" => -16,
                "ArrowRight" => 16,
                _ => return,
            };
            if key.shift_key() {
                event.prevent_default();
                event.stop_propagation();
                let width = kept.0.parent_element().map_or(0, |cell| cell.client_width());
                set_width(app, column, width + step);
            }
        });
    let class = if is_at_end(column) {
        "grid__cell grid__cell--end"
    } else {
        "grid__cell"
    };
    div(class)
        .attr("role", "columnheader")
        .attr("aria-label", title)
        .attr("data-column", column.info().member)
        .attr_of("aria-sort", move || {
            let sort = app.place.with(|place| place.query.sort);
            (sort.column == column).then(|| {
                if sort.is_descending {
                    "descending"
                } else {
                    "ascending"
                }
                .to_owned()
            })
        })
        .child(button)
        .child(handle(app, column, title))
}

/// Ascending, descending, then the view's default. Where the default is this column, descending, the third step changes
/// nothing, and the fourth is the first again.
fn sort_next(app: App, column: Column) {
    let was_stepped = app.stepped_down.take() == Some(column);
    place::change(app, place::Step::Over, |query| {
        let default = query.view.default_sort();
        let ascending = Sort {
            column,
            is_descending: false,
        };
        let descending = Sort {
            column,
            is_descending: true,
        };
        query.sort = if query.sort == ascending {
            app.stepped_down.set(Some(column));
            descending
        } else if query.sort == descending && (default.column != column || was_stepped) {
            default
        } else {
            ascending
        };
    });
}

/// The edge by which a column is made wider by pointer; by keys, Shift with the arrows on the title does it.
fn handle(app: App, column: Column, title: &str) -> El {
    let mut label = String::from("Width of ");
    label.push_str(title);
    // The pointer's place and the width when it went down.
    let start: Rc<Cell<Option<(i32, i32)>>> = Rc::default();
    let handle = el("span")
        .class("grid__resize")
        .attr("role", "separator")
        .attr("aria-orientation", "vertical")
        .attr("aria-label", &label)
        .attr("aria-valuemin", "64")
        .attr("aria-valuemax", "1200")
        .attr("tabindex", "-1")
        .attr_of("aria-valuenow", move || {
            let view = app.view();
            let chosen = app.layouts.with(|layouts| {
                layouts[view as usize]
                    .widths
                    .iter()
                    .find(|(of, _)| *of == column)
                    .map(|(_, width)| *width)
            });
            Some(chosen.unwrap_or_else(|| column.width_in(view)).to_string())
        });
    let width_of = |element: &El| element.0.parent_element().map_or(0, |cell| cell.client_width());
    let kept = handle.clone();
    let begun = start.clone();
    let handle = handle.on("pointerdown", move |event| {
        let pointer: &web_sys::PointerEvent = event.unchecked_ref();
        event.prevent_default();
        begun.set(Some((pointer.client_x(), width_of(&kept))));
        let _captured = kept.0.set_pointer_capture(pointer.pointer_id());
    });
    let moved = start.clone();
    let handle = handle.on("pointermove", move |event| {
        if let Some((x, width)) = moved.get() {
            let pointer: &web_sys::PointerEvent = event.unchecked_ref();
            set_width(app, column, width + pointer.client_x() - x);
        }
    });
    let ended = start.clone();
    handle
        .on("pointerup", move |_| ended.set(None))
        .on("pointercancel", move |_| start.set(None))
}

fn set_width(app: App, column: Column, width: i32) {
    let width = width.clamp(MIN_WIDTH, MAX_WIDTH) as u16;
    let view = app.place.peek().query.view;
    keep::change_layout(app, view, |layout| {
        layout.widths.retain(|(of, _)| *of != column);
        layout.widths.push((column, width));
    });
}
