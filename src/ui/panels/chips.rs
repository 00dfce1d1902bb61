//! The filters that hold, each with a button that takes it away, and how many rows they leave.

use action_center_core::domain::facet::Facet;
use action_center_core::domain::query::Deadline;
use action_center_core::domain::time::grouped;
use wasm_bindgen::JsCast;

use super::{DEADLINES, focus_toolbar, value_drawn, value_words};
use crate::ui::kit::dom::{El, div, el, span};
use crate::ui::kit::parts::{button, small_icon};
use crate::ui::state::App;
use crate::ui::tasks::place::{self, Step};
use crate::ui::words;

/// The key of the chip of the deadline; a facet's parameter stands before a tab and the value in the others.
const DEADLINE: &str = "expiresBefore";

/// The bar of active filters; hidden where nothing narrows the rows.
pub(crate) fn chips(app: App) -> El {
    let list = el("ul")
        .class("chip-bar__list")
        .attr("aria-label", "Active filters")
        .flag("hidden", move || {
            app.place.with(|place| place.query.n_active() == 0)
        })
        .each(move || keys(app), move |key| chip(app, key));
    let clear = button("button button--link button--small", "Clear all filters").click(move || {
        focus_toolbar(app);
        place::change(app, Step::New, |query| query.clear_filters());
    });
    div("chip-bar")
        .flag("hidden", move || {
            app.place.with(|place| !place.query.is_filtered())
        })
        .child(list)
        .child(clear)
        .child(
            span("chip-bar__matches")
                .child(el("strong").text_of(move || grouped(matches(app).0)))
                .child(span("").text_of(move || matches(app).1)),
        )
}

fn keys(app: App) -> Vec<String> {
    app.place.with(|place| {
        let query = &place.query;
        let mut keys: Vec<String> = query
            .filters()
            .iter()
            .flat_map(|(facet, values)| {
                values.iter().map(|value| {
                    let mut key = String::from(facet.parameter());
                    key.push('\t');
                    key.push_str(value);
                    key
                })
            })
            .collect();
        if query.deadline.is_some() {
            // Another deadline is another chip.
            let mut key = String::from(DEADLINE);
            key.push_str(&deadline_words(app, query.deadline));
            keys.insert(0, key);
        }
        keys
    })
}

fn deadline_words(app: App, deadline: Option<Deadline>) -> String {
    match deadline {
        Some(Deadline::Within(minutes)) => match DEADLINES.iter().find(|(known, _)| *known == minutes) {
            Some((_, words)) => (*words).to_owned(),
            None => {
                let mut words = String::from("Within ");
                words.push_str(&words::counted(minutes as usize, "minute", "minutes"));
                words
            }
        },
        Some(Deadline::Before(time)) => {
            let mut words = String::from("Before ");
            words.push_str(&time.to_full(app.offset_at(time)));
            words
        }
        None => String::new(),
    }
}

fn chip(app: App, key: &str) -> El {
    let view = app.place.peek().query.view;
    let (title, spoken, drawn, facet) = match key.split_once('\t') {
        Some((parameter, value)) => {
            let facet = Facet::parse(parameter).unwrap_or(Facet::Status);
            // Of the wanted values the store gives the labels, however many others there are.
            let counts = app.store.borrow().facet_counts(facet, "", 0);
            let known = counts.values.into_iter().find(|known| known.value == value);
            let label = known.map_or_else(|| value.to_owned(), |known| known.label);
            let drawn = value_drawn(facet, view, value, &label);
            (
                facet.title(),
                value_words(facet, value, &label),
                drawn,
                Some((facet, value.to_owned())),
            )
        }
        None => {
            let words = key.strip_prefix(DEADLINE).unwrap_or_default();
            ("Expires", words.to_owned(), span("").text(words), None)
        }
    };
    let mut name = String::from("Remove filter ");
    name.push_str(&spoken);
    let remove = el("button")
        .attr("type", "button")
        .class("chip__remove")
        .attr("aria-label", &name)
        .child(small_icon("close"));
    let itself = remove.clone();
    let remove = remove.click(move || {
        focus_next(app, &itself);
        place::change(app, Step::Over, |query| match &facet {
            Some((facet, value)) => query.set(*facet, value, false),
            None => query.deadline = None,
        });
    });
    let text = span("chip__text")
        .attr("title", &spoken)
        .child(span("chip__facet").text(title))
        .words(" ")
        .child(drawn);
    el("li").class("chip").child(text).child(remove)
}

/// Moves the focus to the neighbour of a chip that goes.
fn focus_next(app: App, remove: &El) {
    let chip = remove.0.parent_element();
    let next = chip.and_then(|chip| {
        chip.next_element_sibling()
            .or_else(|| chip.previous_element_sibling())
    });
    match next.and_then(|next| next.query_selector("button").ok().flatten()) {
        Some(next) => El(next.unchecked_into()).focus(),
        None => focus_toolbar(app),
    }
}

/// How many rows match, and of how many.
fn matches(app: App) -> (usize, String) {
    app.rows.track();
    let (n_matching, n_window, view) = {
        let store = app.store.borrow();
        (store.n_matching(), store.n_total(), store.view())
    };
    let (is_narrowed, is_loading, n_total) = app.load.with(|load| {
        let is_loading = matches!(
            load.phase,
            crate::ui::state::Phase::First | crate::ui::state::Phase::Rest
        );
        (load.is_narrowed, is_loading, load.n_total)
    });
    let mut text = String::from(" of ");
    if is_narrowed {
        text.push_str(&grouped(n_total.map_or(n_matching, |total| total as usize)));
        text.push_str(" matches loaded");
    } else if is_loading {
        text.push_str(&grouped(n_window));
        text.push_str(" loaded");
    } else {
        text.push_str(&words::counted(
            n_window,
            words::rows_of(view, 1),
            words::rows_of(view, 2),
        ));
    }
    (n_matching, text)
}
