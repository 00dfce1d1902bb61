//! The region of the filters: a group of checkboxes for each facet, with counts as the other filters leave them.

use std::cell::RefCell;
use std::rc::Rc;

use action_center_core::domain::facet::Facet;
use action_center_core::domain::fold::fold;
use action_center_core::domain::order::sort_by;
use action_center_core::domain::query::{Deadline, Query, View};
use action_center_core::domain::time::grouped;
use action_center_core::domain::words;
use action_center_core::store::{FacetCounts, FacetValue};

use super::{DEADLINES, focus_toolbar, value_drawn, value_words};
use crate::ui::kit::dom::{El, div, effect, el, span, svg, target_is_checked, target_value};
use crate::ui::kit::parts::{button, choice, icon, icon_button, in_group};
use crate::ui::state::{App, Field, Phase};
use crate::ui::tasks::facets;
use crate::ui::tasks::place::{self, Step};

/// Values of a group before the user asks for all, and then at most.
const N_FIRST: usize = 7;
const MAX_VALUES: usize = 200;
/// More values than this are searched rather than read.
const MAX_READ: usize = 20;

/// The region; to be made while `filters_open`.
pub(crate) fn filters(app: App) -> El {
    effect(move || facets::ask(app));
    let head = div("filters__head")
        .words("Filters")
        .child(
            button("button button--link button--small push", "Clear all filters")
                .click(move || place::change(app, Step::New, |query| query.clear_filters())),
        )
        .child(
            icon_button(
                "button button--subtle button--icon button--small",
                "close",
                "Close filters",
            )
            .click(move || {
                focus_toolbar(app);
                app.filters_open.set(false);
            }),
        );
    el("section")
        .attr("id", "filters")
        .class("filters")
        .attr("aria-label", "Filters")
        .child(head)
        .when(
            move || app.load.with(|load| load.is_narrowed) && !facets::are_of_server(app),
            || {
                el("p")
                    .class("hint facet")
                    .text("Counts are of the rows that are loaded.")
            },
        )
        .child(div("").each(
            move || keys(app.view()),
            move |key| match Facet::parse(key.split('.').nth(1).unwrap_or_default()) {
                Some(facet) => group(app, facet),
                None => deadlines(app),
            },
        ))
}

/// A group is another one in another view.
fn keys(view: View) -> Vec<String> {
    let key = |name: &str| {
        let mut key = String::from(view.word());
        key.push('.');
        key.push_str(name);
        key
    };
    let mut keys: Vec<String> = Facet::offered_in(view)
        .iter()
        .map(|facet| key(facet.parameter()))
        .collect();
    if view == View::Pending {
        keys.insert(0, key("expires"));
    }
    keys
}

fn deadlines(app: App) -> El {
    let any = std::iter::once((None, "Any time"));
    let within = DEADLINES
        .iter()
        .map(|(minutes, words)| (Some(Deadline::Within(*minutes)), *words));
    el("fieldset")
        .class("facet")
        .attr("aria-label", "Expires")
        .child(div("facet__title").attr("aria-hidden", "true").text("Expires"))
        .children(any.chain(within).map(|(deadline, words)| {
            let (row, input) = choice("radio", words);
            in_group(input, "filter-expires")
                .put_of("checked", move || {
                    app.place.with(|place| place.query.deadline == deadline)
                })
                .on("change", move |_| {
                    place::change(app, Step::Over, |query| query.deadline = deadline)
                });
            row
        }))
}

/// Whether a group shows its values. The groups that most sessions start with do by default, and those that filter.
fn is_open(app: App, facet: Facet) -> bool {
    let by_default = matches!(facet, Facet::Status | Facet::ActionType | Facet::Severity);
    app.toggled_facets.with(|toggled| toggled.contains(&facet)) != by_default
}

fn toggle(list: &Field<Vec<Facet>>, facet: Facet) {
    list.update(|list| match list.iter().position(|other| *other == facet) {
        Some(at) => {
            list.remove(at);
        }
        None => list.push(facet),
    });
}

fn group(app: App, facet: Facet) -> El {
    let title = facet.title();
    let view = app.place.peek().query.view;
    let counts: Rc<Field<FacetCounts>> = Rc::default();
    let find: Rc<Field<String>> = Rc::default();
    let is_whole = move || app.whole_facets.with(|whole| whole.contains(&facet));
    keep_counted(app, facet, counts.clone(), find.clone());

    let n_active = move || app.place.with(|place| place.query.values(facet).len());
    let head = el("button")
        .attr("type", "button")
        .class("facet__title")
        .flag("aria-expanded", move || is_open(app, facet))
        .words(title)
        .child(
            span("count count--accent")
                .attr("aria-hidden", "true")
                .flag("hidden", move || n_active() == 0)
                .text_of(move || n_active().to_string()),
        )
        .child(icon("chevron-down"))
        .click(move || toggle(&app.toggled_facets, facet));

    let mut find_name = String::from("Find in ");
    find_name.push_str(title);
    let (n_values, typed) = (counts.clone(), find.clone());
    let search = el("input")
        .class("input facet__search")
        .attr("type", "search")
        .attr("aria-label", &find_name)
        .attr("placeholder", "Find a value…")
        .flag("hidden", move || {
            let is_long =
                n_values.with(|counts| counts.n_values > MAX_READ) || typed.with(|typed| !typed.is_empty());
            !(is_open(app, facet) && is_whole() && is_long)
        })
        .on("input", move |event| find.set(target_value(&event)));

    let (keys, labels) = (counts.clone(), counts.clone());
    let list = div("")
        .attr_of("class", move || is_whole().then(|| "facet__list".to_owned()))
        .flag("hidden", move || !is_open(app, facet))
        .each(
            move || keys.with(|counts| counts.values.iter().map(|value| value.value.clone()).collect()),
            move |value| value_row(app, view, facet, value, &labels),
        );

    let (n_all, more) = (counts.clone(), counts);
    let all = el("button")
        .attr("type", "button")
        .class("button button--link button--small")
        .flag("hidden", move || {
            !is_open(app, facet)
                || !(is_whole() || n_all.with(|counts| counts.n_values > counts.values.len()))
        })
        .text_of(move || {
            if is_whole() {
                return "Show fewer".to_owned();
            }
            let mut text = String::from("Show all ");
            text.push_str(&grouped(more.with(|counts| counts.n_values)));
            text
        })
        .click(move || toggle(&app.whole_facets, facet));
    el("fieldset")
        .class("facet")
        .attr("aria-label", title)
        .child(head)
        .child(search)
        .child(list)
        .child(all)
}

fn value_row(app: App, view: View, facet: Facet, value: &str, counts: &Rc<Field<FacetCounts>>) -> El {
    let value: Rc<str> = value.into();
    let label =
        find_value(&counts.peek(), &value).map_or_else(|| value.to_string(), |found| found.label.clone());
    let spoken = value_words(facet, &value, &label);
    let (of, counts) = (value.clone(), counts.clone());
    // The count, and its share of the group's largest in permille.
    let count: Rc<dyn Fn() -> (usize, usize)> = Rc::new(move || {
        counts.with(|counts| {
            let count = find_value(counts, &of).map_or(0, |found| found.count);
            let largest = counts.values.iter().map(|value| value.count).max().unwrap_or(0);
            (count, (count * 1000).checked_div(largest).unwrap_or(0))
        })
    });
    let (named, start, width, drawn) = (count.clone(), count.clone(), count.clone(), count);
    let mut name = spoken.clone();
    name.push_str(", ");
    let (is_wanted, wanted) = (value.clone(), value.clone());
    let input = el("input")
        .attr("type", "checkbox")
        .class("checkbox")
        .attr_of("aria-label", move || Some(name.clone() + &grouped(named().0)))
        .put_of("checked", move || {
            app.place.with(|place| place.query.has(facet, &is_wanted))
        })
        .on("change", move |event| {
            let is_checked = target_is_checked(&event);
            place::change(app, Step::Over, |query| query.set(facet, &wanted, is_checked));
        });
    let bar = svg("svg")
        .class("facet__bar")
        .attr("viewBox", "0 0 1000 3")
        .attr("preserveAspectRatio", "none")
        .attr("aria-hidden", "true")
        .child(
            svg("rect")
                .attr("height", "3")
                .attr_of("x", move || Some((1000 - start().1).to_string()))
                .attr_of("width", move || Some(width().1.to_string())),
        );
    let row = el("label")
        .class("facet__value")
        .child(input)
        .child(
            span("facet__name")
                .attr("title", &spoken)
                .child(value_drawn(facet, view, &value, &label)),
        )
        .child(
            span("facet__count")
                .child(bar)
                .child(span("").text_of(move || grouped(drawn().0))),
        );
    if value.is_empty() {
        row.attr("data-none", "")
    } else {
        row
    }
}

fn find_value<'c>(counts: &'c FacetCounts, value: &str) -> Option<&'c FacetValue> {
    counts.values.iter().find(|found| found.value == value)
}

/// Keeps a group's counts right while it is open.
fn keep_counted(app: App, facet: Facet, counts: Rc<Field<FacetCounts>>, find: Rc<Field<String>>) {
    type Stamp = (Option<Query>, usize, usize, usize, String);
    let last: RefCell<Option<Stamp>> = RefCell::default();
    effect(move || {
        if !is_open(app, facet) {
            last.take();
            return;
        }
        app.rows.track();
        let limit = if app.whole_facets.with(|whole| whole.contains(&facet)) {
            MAX_VALUES
        } else {
            N_FIRST
        };
        let find = if limit == MAX_VALUES {
            find.get()
        } else {
            String::new()
        };
        let store = app.store.borrow();
        let is_of_server =
            facets::are_of_server(app) || (facet == Facet::Status && facets::by_status(app).is_some());
        let mut next = if is_of_server {
            let (wanted, known) = (
                app.place.with(|place| place.query.values(facet).to_vec()),
                store.facet_counts(facet, "", MAX_VALUES),
            );
            of_server(app, facet, &wanted, &known, &find, limit)
        } else {
            // While rows stream in, the store counts at growing steps alone.
            let stamp = (
                store.query().cloned(),
                store.n_total(),
                store.n_matching(),
                limit,
                find.clone(),
            );
            let is_same = last.borrow().as_ref() == Some(&stamp);
            if is_same && app.load.peek().phase == Phase::Rest {
                return;
            }
            last.replace(Some(stamp));
            store.facet_counts(facet, &find, limit)
        };
        drop(store);
        if facet == Facet::Severity {
            sort_by(&mut next.values, |left, right| {
                severity_rank(&left.value).cmp(&severity_rank(&right.value))
            });
        }
        counts.set(next);
    });
}

/// The highest first, then what is not known, then what is missing.
fn severity_rank(severity: &str) -> usize {
    let known = words::known(words::Kind::Severity);
    match known.iter().rev().position(|word| *word == severity) {
        Some(rank) => rank,
        None => known.len() + usize::from(severity.is_empty()),
    }
}

/// The server's counts in the store's form: `known` gives labels, `wanted` is always among them.
fn of_server(
    app: App,
    facet: Facet,
    wanted: &[String],
    known: &FacetCounts,
    find: &str,
    limit: usize,
) -> FacetCounts {
    let label =
        |value: &str| find_value(known, value).map_or_else(|| value.to_owned(), |known| known.label.clone());
    let mut values: Vec<FacetValue> = app.server_facets.with(|facets| {
        let listed = facets.as_ref().and_then(|facets| {
            facets
                .1
                .facets
                .iter()
                .find(|(member, _)| member == facet.parameter())
                .map(|(_, values)| values.as_slice())
        });
        listed
            .unwrap_or_default()
            .iter()
            .map(|(value, count)| FacetValue {
                label: label(value),
                value: value.clone(),
                count: usize::try_from(*count).unwrap_or(0),
            })
            .filter(|value| value.count > 0 || wanted.contains(&value.value))
            .collect()
    });
    for value in wanted {
        if !values.iter().any(|known| known.value == *value) {
            values.push(FacetValue {
                value: value.clone(),
                label: label(value),
                count: 0,
            });
        }
    }
    let find = fold(find);
    values.retain(|value| {
        find.is_empty()
            || wanted.contains(&value.value)
            || fold(&value_words(facet, &value.value, &value.label)).contains(&find)
            || fold(&value.value).contains(&find)
    });
    sort_by(&mut values, |left, right| {
        right
            .count
            .cmp(&left.count)
            .then_with(|| left.value.cmp(&right.value))
    });
    let n_values = values.len();
    let mut n_kept = 0;
    values.retain(|value| {
        n_kept += 1;
        n_kept <= limit || wanted.contains(&value.value)
    });
    FacetCounts { values, n_values }
}
