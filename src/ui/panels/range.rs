//! The time range: the choice of the toolbar, and the dialog of a custom range.

use std::rc::Rc;

use action_center_core::domain::query::Range;
use action_center_core::domain::time::{DAY, MINUTE, Time};

use super::{close, open};
use crate::ui::kit::dom::{El, div, effect, el, target_value};
use crate::ui::kit::parts::{button, dialog, icon, labelled};
use crate::ui::state::{App, Dialog, Field};
use crate::ui::tasks::place::{self, Step};

/// The value of the option that opens the dialog, and of the one that stands for the custom range that holds.
const CUSTOM: &str = "custom";
const HELD: &str = "held";

/// The combobox.
pub(crate) fn range_select(app: App) -> El {
    let current = move || app.place.with(|place| place.query.range);
    let input = el("select")
        .class("select")
        .attr("aria-label", "Time range")
        .each(
            move || {
                let mut keys: Vec<String> = Range::NAMED
                    .iter()
                    .filter_map(|range| range.word())
                    .map(str::to_owned)
                    .collect();
                if let Some(words) = custom_words(app, current()) {
                    keys.push(words);
                }
                keys.push(CUSTOM.to_owned());
                keys
            },
            |key| {
                let named = Range::NAMED.iter().find(|range| range.word() == Some(key));
                let (value, text) = match named {
                    Some(range) => (key, range.title()),
                    None if key == CUSTOM => (CUSTOM, "Custom range…"),
                    None => (HELD, key),
                };
                el("option").attr("value", value).text(text)
            },
        );
    // Made behind the options' own effect: an option has to be there to be chosen.
    let show = {
        let input = input.clone();
        move || input.set_value(current().word().unwrap_or(HELD))
    };
    let again = show.clone();
    effect(show);
    let input = input.on("change", move |event| {
        let value = target_value(&event);
        if value == CUSTOM {
            // The range that holds stays chosen, so that choosing this again is a change again.
            again();
            open(app, Dialog::Range);
        } else {
            choose(app, &value);
        }
    });
    div("field toolbar__range wide-only")
        .child(input)
        .child(icon("chevron-down"))
}

/// Takes a range by its word.
pub(super) fn choose(app: App, word: &str) {
    if let Some(range) = Range::NAMED.into_iter().find(|range| range.word() == Some(word)) {
        place::change(app, Step::New, |query| query.range = range);
    }
}

/// The dates of a custom range: *10 Mar – 11 Mar*.
fn custom_words(app: App, range: Range) -> Option<String> {
    let Range::Custom { from, to } = range else {
        return None;
    };
    let date = |time: Time| time.to_row_parts(app.offset_at(time), app.now()).0;
    Some(match (from, to.map(last_day)) {
        (Some(from), Some(to)) => {
            let (mut words, to) = (date(from), date(to));
            if words != to {
                words.push_str(" – ");
                words.push_str(&to);
            }
            words
        }
        (Some(from), None) => {
            let mut words = String::from("Since ");
            words.push_str(&date(from));
            words
        }
        (None, to) => {
            let mut words = String::from("Until ");
            words.push_str(&to.map(date).unwrap_or_default());
            words
        }
    })
}

/// An instant of the last day before a bound.
fn last_day(to: Time) -> Time {
    to.plus(-1)
}

/// The dialog: both days included, in the zone that is shown.
pub(crate) fn range(app: App) -> El {
    let date = |time: Option<Time>| {
        time.map(|time| time.to_date(app.offset_at(time)))
            .unwrap_or_default()
    };
    let (from, to) = match app.place.peek().query.range {
        Range::Custom { from, to } => (date(from), date(to.map(last_day))),
        _ => Default::default(),
    };
    let error: Rc<Field<&'static str>> = Rc::default();
    let (from, to) = (field(&from, &error), field(&to, &error));
    from.set("autofocus", Some(""));
    let (shown, words) = (error.clone(), error.clone());
    let body = div("dialog__body")
        .child(
            div("fields")
                .child(labelled("From", from.clone()))
                .child(labelled("To", to.clone())),
        )
        .when(
            move || shown.with(|error| !error.is_empty()),
            move || {
                el("p").class("hint").attr("role", "alert").text_of({
                    let words = words.clone();
                    move || words.get().to_owned()
                })
            },
        );
    let apply = move || match read(app, &from.value(), &to.value()) {
        Ok(range) => {
            close(app);
            place::change(app, Step::New, |query| query.range = range);
        }
        Err(why) => {
            error.set(why);
            from.focus();
        }
    };
    dialog(
        "dialog",
        "Custom range",
        Some("Both days are included."),
        move || close(app),
    )
    .child(body)
    .child(
        div("dialog__foot")
            .child(button("button button--primary push", "Apply").click(apply))
            .child(button("button", "Cancel").click(move || close(app))),
    )
}

fn field(value: &str, error: &Rc<Field<&'static str>>) -> El {
    let is_wrong = error.clone();
    el("input")
        .attr("type", "date")
        .class("input")
        .attr("value", value)
        .flag("aria-invalid", move || is_wrong.with(|error| !error.is_empty()))
}

/// A range from two dates as the fields give them, empty for an open end.
fn read(app: App, from: &str, to: &str) -> Result<Range, &'static str> {
    let day = |text: &str| {
        if text.is_empty() {
            Ok(None)
        } else {
            Time::parse(text).map(Some).ok_or("This is no date.")
        }
    };
    let (from, to) = (day(from)?, day(to)?);
    match (from, to) {
        (None, None) => Err("Choose a first day, a last day, or both."),
        (Some(from), Some(to)) if from > to => Err("The first day is after the last day."),
        _ => Ok(Range::Custom {
            from: from.map(|day| midnight(app, day)),
            to: to.map(|day| midnight(app, day.plus(DAY))),
        }),
    }
}

/// The first instant of a day in the zone that is shown; the day is given as its midnight in UTC.
fn midnight(app: App, day: Time) -> Time {
    let shifted = |at: Time| day.plus(-i64::from(app.offset_at(at)) * MINUTE);
    // The offset is that of the midnight itself, which the first guess is within hours of.
    shifted(shifted(day))
}
