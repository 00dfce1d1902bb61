//! The bar above the table: search, time range, filters, freshness, columns, export.

use action_center_core::domain::query::{MAX_SEARCH_CHARS, View};
use action_center_core::domain::time::{Time, grouped};
use wasm_bindgen::JsCast;

use super::kit::dom::{El, div, effect, el, span, target_value};
use super::kit::parts::{icon, icon_button, icon_text_button};
use super::state::{App, Dialog};
use super::tasks::{live, load, place};
use super::{grid, panels};

/// The bar.
pub(crate) fn toolbar(app: App) -> El {
    // Outside `main` everything has to be in a landmark (WCAG 1.3.1).
    el("section")
        .class("toolbar")
        .attr("role", "search")
        .attr("aria-label", "List")
        .child(search(app))
        .child(panels::range_select(app))
        .child(filters_button(app))
        .child(expiring(app))
        .child(fresh(app))
        .child(tool(app, "columns", "Columns", Dialog::Columns))
        .child(tool(app, "export", "Export", Dialog::Export))
        .child(panels::more_button(app))
}

fn search(app: App) -> El {
    let input = el("input")
        .class("input")
        .attr("type", "search")
        .attr("aria-label", "Search")
        .attr_of("placeholder", move || {
            let words = match app.view() {
                View::Investigations => "Search title, alert, asset, ID…",
                _ => "Search entity, asset, ID…",
            };
            Some(words.to_owned())
        })
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .attr("maxlength", &MAX_SEARCH_CHARS.to_string())
        .attr("data-search", "")
        .on("input", move |event| {
            let text = target_value(&event);
            place::change(app, place::Step::Over, |query| query.search = text);
        })
        .on("keydown", move |event| {
            let key: &web_sys::KeyboardEvent = event.unchecked_ref();
            match key.key().as_str() {
                "Enter" | "ArrowDown" => {
                    event.prevent_default();
                    grid::focus_row(app);
                }
                "Escape" if !app.place.peek().query.search.is_empty() => {
                    event.prevent_default();
                    event.stop_propagation();
                    place::change(app, place::Step::Over, |query| query.search.clear());
                }
                _ => {}
            }
        });
    let kept = input.clone();
    effect(move || {
        let text = app.place.with(|place| place.query.search.clone());
        kept.set_value(&text);
    });
    div("field field--search toolbar__search")
        .child(icon("search"))
        .child(input)
        .child(
            el("kbd")
                .class("field__key wide-only")
                .attr("aria-hidden", "true")
                .text("/"),
        )
}

fn filters_button(app: App) -> El {
    let n_active = move || app.place.with(|place| place.query.n_active());
    el("button")
        .attr("type", "button")
        .class("button")
        .attr("data-filters", "")
        .flag("aria-expanded", move || app.filters_open.get())
        .attr_of("aria-label", move || {
            let mut name = String::from("Filters");
            let count = n_active();
            if count > 0 {
                name.push_str(", ");
                name.push_str(&grouped(count));
                name.push_str(" active");
            }
            Some(name)
        })
        .child(icon("filter"))
        .child(span("button__label").text("Filters"))
        .part(n_active, move || {
            let count = app.place.peek().query.n_active();
            (count > 0).then(|| {
                // Drawn by the style sheet: the count is in the button's name already.
                span("count count--accent").attr("data-count", &grouped(count))
            })
        })
        .click(move || {
            let is_open = *app.filters_open.peek();
            app.filters_open.set(!is_open);
        })
}

/// What expires within a day, told before it does; a click filters by it, another takes the filter away.
fn expiring(app: App) -> El {
    let count = move || {
        app.rows.track();
        app.clock.with(|_| ());
        if app.view() == View::Pending {
            load::n_expiring(app)
        } else {
            0
        }
    };
    div("toolbar__expiring wide-only").part(count, move || {
        let count = if app.place.peek().query.view == View::Pending {
            load::n_expiring(app)
        } else {
            0
        };
        if count == 0 {
            return None;
        }
        let mut text = grouped(count);
        text.push_str(if count == 1 { " expires" } else { " expire" });
        text.push_str(" within 24 hours");
        Some(
            icon_text_button("button button--subtle", "clock", &text)
                .flag("aria-pressed", move || {
                    app.place
                        .with(|place| place.query.deadline == Some(load::WITHIN_A_DAY))
                })
                .click(move || {
                    place::change(app, place::Step::New, |query| {
                        query.deadline = if query.deadline.is_some() {
                            None
                        } else {
                            Some(load::WITHIN_A_DAY)
                        };
                    });
                }),
        )
    })
}

fn fresh(app: App) -> El {
    div("toolbar__fresh")
        .child(
            icon_button("button button--subtle button--icon", "refresh", "Refresh").click(move || {
                load::refresh(app);
            }),
        )
        .child(span("").text_of(move || {
            // Where the server does not tell its time, that of its answer does.
            let as_of = app.load.with(|load| {
                let answered = (load.fresh_millis > 0.0)
                    .then(|| Time((load.fresh_millis * 1000.0) as i64 + app.clock_skew.get()));
                load.as_of.or(answered)
            });
            let Some(as_of) = as_of else {
                return String::new();
            };
            let mut text = String::from("As of ");
            text.push_str(&clock(app, as_of));
            text
        }))
        .part(
            move || app.news.get(),
            move || {
                let (n_new, n_changed) = *app.news.peek();
                let mut text = String::new();
                if n_new > 0 {
                    text.push_str(&grouped(n_new));
                    text.push_str(" new");
                }
                if n_changed > 0 {
                    if n_new > 0 {
                        text.push_str(", ");
                    }
                    text.push_str(&grouped(n_changed));
                    text.push_str(" changed");
                }
                if text.is_empty() {
                    return None;
                }
                text.push_str(": show");
                Some(
                    el("button")
                        .attr("type", "button")
                        .class("button button--link button--small")
                        .text(&text)
                        .click(move || {
                            live::show_news(app);
                            grid::focus_row(app);
                        }),
                )
            },
        )
}

fn clock(app: App, time: Time) -> String {
    time.to_clock(app.offset_at(time), true)
}

fn tool(app: App, icon_name: &str, label: &str, dialog: Dialog) -> El {
    el("button")
        .attr("type", "button")
        .class("button button--subtle wide-only")
        .attr("aria-label", label)
        .child(icon(icon_name))
        .child(span("button__label").text(label))
        .click(move || app.dialog.set(Some(dialog.clone())))
}

fn focus(app: App, selector: &str) {
    if let Ok(Some(element)) = app.root.query_selector(selector) {
        El(element).focus();
    }
}

/// Puts the focus into the search.
pub(crate) fn focus_search(app: App) {
    focus(app, "[data-search]");
}

/// Puts the focus on the button of the filters.
pub(crate) fn focus_filters(app: App) {
    focus(app, "[data-filters]");
}
