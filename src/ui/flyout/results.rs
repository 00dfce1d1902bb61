//! What came of a batch: a receipt for each item, by outcome; retry of the failed, and the results to take away.

use std::rc::Rc;

use action_center_core::decision::{Batch, State};
use action_center_core::domain::order::sort_by;
use action_center_core::domain::time::{Time, grouped};
use action_center_core::domain::words::{Kind, operation_words};

use super::body::watch;
use crate::ui::kit::dom::{El, div, el, span};
use crate::ui::kit::parts::{button, dialog, icon, icon_text_button, progress, section};
use crate::ui::show;
use crate::ui::state::{App, Field, Named};
use crate::ui::tasks::{decide, effects, hand, say};
use crate::ui::words::effects as effect_words;
use crate::ui::words::outcomes;

/// Receipts that are drawn of one outcome; the file has all of them.
const MAX_DRAWN: usize = 500;

/// Investigations of a batch whose state is told.
const MAX_INVESTIGATIONS: usize = 5;

/// One receipt.
#[derive(Clone, PartialEq)]
struct Receipt {
    id: String,
    named: Option<Named>,
    text: String,
}

/// The receipts of one outcome.
#[derive(Clone, PartialEq)]
struct Group {
    name: &'static str,
    /// `data-outcome` of its rows.
    outcome: &'static str,
    count: usize,
    receipts: Vec<Receipt>,
}

/// Sorts the items by outcome: what needs a look comes first.
fn groups(app: App, batch: &Batch) -> Vec<Group> {
    let core = app.decisions.borrow();
    let mut out: Vec<Group> = Vec::new();
    for item in core.items(&batch.id) {
        let (name, outcome) = match item.state {
            State::Unsent => ("not sent", "unsent"),
            State::Sending => ("sending", "sending"),
            State::Unknown => ("outcome unknown", "unknown"),
            State::Done => (outcomes::outcome_inside(batch.operation, item.finding), "done"),
            State::Refused => match outcomes::outcome_inside(batch.operation, item.finding) {
                name @ ("failed" | "turned down") => (name, "failed"),
                name => (name, "refused"),
            },
        };
        let at = out
            .iter()
            .position(|group| group.name == name)
            .unwrap_or(out.len());
        if at == out.len() {
            out.push(Group {
                name,
                outcome,
                count: 0,
                receipts: Vec::new(),
            });
        }
        let Some(group) = out.get_mut(at) else {
            continue;
        };
        group.count += 1;
        if group.receipts.len() >= MAX_DRAWN {
            continue;
        }
        let named = decide::named(app, &batch.id, &item.item.id);
        let clock = |time: Time| time.to_clock(app.offset_at(time), false);
        let text = match item.state {
            State::Done => String::new(),
            State::Refused => outcomes::finding(
                batch.operation,
                item.finding,
                named.as_ref().and_then(|named| named.now.as_deref()),
                clock,
            ),
            State::Unsent | State::Sending | State::Unknown => outcomes::waits_for(item.why, |millis| {
                let time = Time::from_millis(millis as f64);
                time.to_clock(app.offset_at(time), true)
            }),
        };
        group.receipts.push(Receipt {
            id: item.item.id.clone(),
            named,
            text,
        });
    }
    let rank = |outcome: &str| {
        ["failed", "unknown", "unsent", "sending", "refused", "done"]
            .iter()
            .position(|known| *known == outcome)
    };
    sort_by(&mut out, |left, right| {
        rank(left.outcome).cmp(&rank(right.outcome))
    });
    out
}

/// The dialog of a batch's results.
pub(crate) fn results(app: App, batch: &str) -> El {
    let batch: Rc<str> = batch.into();
    let state: Rc<Field<Option<Batch>>> = Rc::new(Field::default());
    let drawn: Rc<Field<Rc<Vec<Group>>>> = Rc::new(Field::default());
    let filter: Rc<Field<Option<&'static str>>> = Rc::new(Field::default());
    let (of, kept, kept_groups) = (batch.clone(), state.clone(), drawn.clone());
    super::super::kit::dom::effect(move || {
        app.decided.track();
        let _zone = app.zone.get();
        let now = app.decisions.borrow().batch(&of);
        kept_groups.set(Rc::new(
            now.as_ref().map(|now| groups(app, now)).unwrap_or_default(),
        ));
        kept.set(now);
    });
    let close = {
        let batch = batch.clone();
        move || {
            app.dialog.set(None);
            decide::close_results(app, &batch);
        }
    };
    let done = close.clone();
    let whole = dialog("dialog dialog--wide", "Results", Some(""), close);
    if let Ok(Some(lead)) = whole.0.query_selector("p") {
        let of = state.clone();
        let _kept =
            El(lead).text_of(move || of.with(|batch| batch.as_ref().map(lead_text)).unwrap_or_default());
    }

    let (of, bar) = (drawn.clone(), drawn.clone());
    let (running, of_batch) = (state.clone(), state.clone());
    let body = div("dialog__body")
        .when(
            move || running.with(|batch| batch.as_ref().is_some_and(|batch| batch.is_running)),
            move || {
                let of = of_batch.clone();
                progress("Progress", move || {
                    of.with(|batch| {
                        let tally = batch.as_ref()?.tally;
                        Some((tally.done + tally.refused) as f64 / tally.total.max(1) as f64)
                    })
                })
            },
        )
        .part(move || of.get(), {
            let filter = filter.clone();
            move || Some(head(&bar.peek(), &filter))
        });
    let (of, listed) = (batch.clone(), batch.clone());
    let body = body.part(
        move || {
            app.decided.track();
            decide::investigations_of(app, &of)
        },
        move || investigations(app, &decide::investigations_of(app, &listed)),
    );
    let (of, shown, only) = (drawn.clone(), drawn.clone(), filter.clone());
    let body = body.part(
        move || (of.get(), only.get()),
        move || Some(list(app, &shown.peek(), *filter.peek())),
    );
    whole.child(body).child(foot(app, &batch, &state, done))
}

/// *9 of 14 approved.*
fn lead_text(batch: &Batch) -> String {
    let mut text = grouped(batch.tally.done);
    text.push_str(" of ");
    text.push_str(&grouped(batch.tally.total));
    text.push(' ');
    text.push_str(operation_words(batch.operation.word()).map_or("done", |words| words.done_inside));
    text
}

fn sentence(name: &str) -> String {
    let mut text = name.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

fn mark(outcome: &str) -> El {
    match outcome {
        "done" => icon("st-completed"),
        "failed" => icon("st-failed"),
        "unknown" => icon("st-running").class("icon spinner"),
        "sending" => icon("st-running").class("icon spinner"),
        "unsent" => icon("clock"),
        _ => icon("st-rejected"),
    }
}

/// The bar, and a button per outcome that shows it alone.
fn head(groups: &[Group], filter: &Rc<Field<Option<&'static str>>>) -> El {
    let bar = div("outcome-bar").attr("aria-hidden", "true");
    let buttons = div("outcomes")
        .attr("role", "group")
        .attr("aria-label", "Outcomes");
    for group in groups {
        bar.append(
            &span("")
                .attr("data-outcome", group.outcome)
                .style("flex-grow", &group.count.to_string()),
        );
        let name = group.name;
        let mut text = grouped(group.count);
        text.push(' ');
        text.push_str(name);
        let (pressed, toggled) = (filter.clone(), filter.clone());
        buttons.append(
            &el("button")
                .attr("type", "button")
                .class("button button--small")
                .flag("aria-pressed", move || pressed.get() == Some(name))
                .child(mark(group.outcome))
                .words(&text)
                .click(move || {
                    let is_on = *toggled.peek() == Some(name);
                    toggled.set((!is_on).then_some(name));
                }),
        );
    }
    div("results__head").child(bar).child(buttons)
}

fn list(app: App, groups: &[Group], only: Option<&str>) -> El {
    let whole = div("results__list");
    for group in groups
        .iter()
        .filter(|group| only.is_none_or(|only| only == group.name))
    {
        let rows = el("ul");
        for receipt in &group.receipts {
            rows.append(&row(app, group.outcome, receipt));
        }
        let made = section(&sentence(group.name));
        if let Some(heading) = made.0.first_element_child() {
            El(heading).append(&span("count").text(&grouped(group.count)));
        }
        let made = made.child(rows);
        let n_more = group.count - group.receipts.len();
        if n_more > 0 {
            let mut text = String::from("and ");
            text.push_str(&grouped(n_more));
            text.push_str(" more; Export results has all of them");
            made.append(&el("p").class("faint").text(&text));
        }
        whole.append(&made);
    }
    whole
}

fn row(app: App, outcome: &str, receipt: &Receipt) -> El {
    let what = span("receipt__what");
    let what = match &receipt.named {
        None => what.child(show::bdi(&receipt.id)),
        Some(named) => what
            .child(show::word(Kind::ActionType, Some(&named.action_type)))
            .child(show::entity(&named.entity, &named.entity_type, false)),
    };
    let row = el("li")
        .class("receipt")
        .attr("data-outcome", outcome)
        .child(mark(outcome))
        .child(what);
    if let Some(at) = receipt.named.as_ref().and_then(|named| named.told_at) {
        row.append(
            &el("time")
                .class("receipt__time")
                .attr("datetime", &at.to_rfc3339())
                .text(&at.to_clock(app.offset_at(at), true)),
        );
    }
    if !receipt.text.is_empty() {
        row.append(&span("receipt__outcome").text(&receipt.text));
    }
    row
}

/// How the investigations of what was done now stand, as the server says; of many the first, and how many more there are.
fn investigations(app: App, ids: &[String]) -> Option<El> {
    let listed = ids.get(..MAX_INVESTIGATIONS).unwrap_or(ids);
    if listed.is_empty() {
        return None;
    }
    watch(app, listed.to_vec());
    let list = el("ul");
    for id in listed {
        let id: Rc<str> = id.as_str().into();
        let known = id.clone();
        let told = div("").attr("role", "status").part(
            move || effects::state_of(app, &known),
            move || {
                let row = div("list__row list__row--wrap");
                let Some(state) = effects::state_of(app, &id) else {
                    return Some(row.child(show::bdi(&id).class("list__main")));
                };
                Some(
                    row.child(show::bdi(&state.title).class("list__main"))
                        .words(" ")
                        .child(show::status_of(Kind::InvestigationStatus, &state.status))
                        .words(" ")
                        .child(span("faint").text(&effect_words::behind_status(&state))),
                )
            },
        );
        list.append(&el("li").child(told));
    }
    let made = section("Investigations").child(list);
    let n_more = ids.len() - listed.len();
    if n_more > 0 {
        made.append(
            &el("p")
                .class("faint")
                .text(&["and ", &grouped(n_more), " more"].concat()),
        );
    }
    Some(made)
}

/// What can be done with a batch: try the failed again, send the rest, stop, take the results along, close.
fn foot(app: App, batch: &Rc<str>, state: &Rc<Field<Option<Batch>>>, close: impl Fn() + 'static) -> El {
    let asked = move |outcome: Result<(), String>| {
        if let Err(text) = outcome {
            say::toast(app, &text, false);
        }
    };
    let count = |of: &Rc<Field<Option<Batch>>>, get: fn(&Batch) -> usize| {
        let of = of.clone();
        move || of.with(|batch| batch.as_ref().map_or(0, get))
    };
    let can_retry = count(state, |batch| batch.can_retry);
    let held = count(state, |batch| batch.held);
    let stoppable = count(
        state,
        |batch| if batch.is_running { batch.tally.unsent } else { 0 },
    );
    let (retry, resume, stop, copy, save) = (
        batch.clone(),
        batch.clone(),
        batch.clone(),
        batch.clone(),
        batch.clone(),
    );
    div("dialog__foot")
        .part(can_retry, {
            let n_failed = count(state, |batch| batch.can_retry);
            move || {
                let n_failed = n_failed();
                let retry = retry.clone();
                (n_failed > 0).then(|| {
                    let mut text = String::from(" (");
                    text.push_str(&grouped(n_failed));
                    text.push(')');
                    icon_text_button("button button--primary", "refresh", "Retry failed")
                        .child(span("").attr("aria-hidden", "true").text(&text))
                        .click(move || asked(decide::retry_failed(app, &retry)))
                })
            }
        })
        .part(held, {
            let n_held = count(state, |batch| batch.held);
            move || {
                let n_held = n_held();
                let resume = resume.clone();
                (n_held > 0).then(|| {
                    let mut text = String::from("Send the other ");
                    text.push_str(&grouped(n_held));
                    button("button", &text).click(move || asked(decide::resume(app, &resume)))
                })
            }
        })
        .when(move || stoppable() > 0, {
            move || {
                let stop = stop.clone();
                icon_text_button("button", "stop", "Stop").click(move || decide::stop(app, &stop))
            }
        })
        .child(button("button button--subtle", "Copy results").click(move || hand::copy_results(app, &copy)))
        .child(
            button("button button--subtle", "Export results").click(move || hand::export_results(app, &save)),
        )
        .child(button("button push", "Close").click(close))
}
