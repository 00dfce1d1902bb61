//! What is known of the open action: why, what follows, facts, alerts, investigation, targets, timeline.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use action_center_core::domain::action::{Action, Alert, Operation};
use action_center_core::domain::column::Column;
use action_center_core::domain::facet::Facet;
use action_center_core::domain::order::sort_by;
use action_center_core::domain::query::{MAX_SEARCH_CHARS, Query, View};
use action_center_core::domain::text;
use action_center_core::domain::time::{Time, grouped, push_grouped, push_number};
use action_center_core::domain::words::{self as vocabulary, Kind, humanise};
use action_center_core::wire::{Detail, Fact, Target, TimelineEvent};

use super::{Shown, shown};
use crate::ui::kit::dom::{El, at_end, div, el, soon, span};
use crate::ui::kit::parts::{
    button, fact, icon, icon_button, is_off, off_because, progress, section, state_panel,
};
use crate::ui::show;
use crate::ui::state::{App, Opened, Phase};
use crate::ui::tasks::{effects, hand, load, place, select};
use crate::ui::words;
use crate::ui::words::effects as effect_words;

/// Rows up to which those of the same proposal are counted: so many are also filtered at once (`load::evaluate`).
const MAX_COUNTED_ROWS: usize = 150_000;

/// Adds the body to the flyout. It is rebuilt when something in it changes, and stays scrolled where it was.
pub(super) fn body(app: App, flyout: El) -> El {
    let failure = move || {
        let is_loading = app
            .load
            .with(|load| matches!(load.phase, Phase::First | Phase::Rest));
        let is_here = shown(app).is_some();
        app.detail.with(|opened| match opened {
            // The rows that it may be among are still to come, or came.
            Opened::Failed(_) if (is_loading || is_here) && load::is_not_listed(opened) => None,
            Opened::Failed(error) => Some(error.clone()),
            _ => None,
        })
    };
    let scrolled = Rc::new((RefCell::new(String::new()), Cell::new(0)));
    flyout.part(
        move || (shown(app), failure(), app.zone.get(), app.session().is_some()),
        move || {
            let of = shown(app);
            let body = div("flyout__body");
            if let Some(error) = failure() {
                body.append(&failed(
                    app,
                    words::detail_failure_title(&error),
                    &words::failure(&error),
                ));
            } else if !of.as_ref().is_some_and(|of| of.is_whole) {
                body.append(&progress("Loading details", || None));
            }
            let id = of
                .as_ref()
                .map(|of| of.detail.action.id.clone())
                .unwrap_or_default();
            if let Some(of) = &of {
                fill(app, &body, of);
            }
            let (kept, scroller) = (scrolled.clone(), body.clone());
            if *kept.0.borrow() == id {
                let top = kept.1.get();
                soon(move || scroller.0.set_scroll_top(top));
            } else {
                kept.1.set(0);
                kept.0.replace(id);
            }
            let (kept, scroller) = (scrolled.clone(), body.clone());
            Some(body.on("scroll", move |_| kept.1.set(scroller.0.scroll_top())))
        },
    )
}

fn failed(app: App, title: &str, text: &str) -> El {
    let ways = div("state__actions").child(button("button", "Retry").click(move || load::open_detail(app)));
    if app.detail.with(load::is_not_listed) {
        let (words, view) = match app.place.peek().query.view {
            View::History => ("Look in Pending", View::Pending),
            _ => ("Look in History", View::History),
        };
        ways.append(&button("button", words).click(move || place::to_list(app, Query::of(view))));
    }
    state_panel("danger", "warning", title, text)
        .attr("role", "alert")
        .child(ways)
}

fn fill(app: App, body: &El, of: &Shown) {
    let detail = &*of.detail;
    let action = &detail.action;
    watch(app, action.investigation_id.clone().into_iter().collect());
    if let Some(summary) = &detail.summary {
        body.append(&section("Why this is recommended").child(el("p").child(show::bdi(summary))));
    }
    if action.is_pending() {
        body.append(&consequences(app, detail));
    }
    if detail.n_same_entity > 0 {
        body.append(&same_entity(app, detail));
    }
    if let Some(group) = proposed_together(app, action) {
        body.append(&group);
    }
    body.append(&details(app, detail));
    if !of.is_whole {
        return;
    }
    body.append(&alerts(app, detail));
    body.append(&investigation(app, detail));
    body.append(&targets(app, &detail.targets));
    body.append(&timeline(app, detail));
}

/// Keeps what the server says of investigations fresh while what shows it stands.
pub(super) fn watch(app: App, ids: Vec<String>) {
    effects::watch(app, &ids);
    at_end(move || effects::unwatch(app, &ids));
}

/// What either decision brings, to the entity and to the investigation, and whether it can be taken back.
fn consequences(app: App, detail: &Detail) -> El {
    let investigation = &detail.action.investigation_id;
    let side = |title: &str, text: Option<&String>, operation: Operation| {
        let side = div("consequences__side").child(el("h3").text(title));
        if let Some(text) = text {
            side.append(&el("p").child(show::bdi(text)));
        }
        let Some(id) = investigation.clone() else {
            return if text.is_none() {
                side.child(el("p").child(show::missing()))
            } else {
                side
            };
        };
        let is_told = text.is_some();
        let effect = el("p")
            .class("consequences__effect")
            .attr("data-told", if is_told { "true" } else { "false" });
        side.child(effect.text_of(move || {
            let n_waiting = effects::state_of(app, &id).and_then(|state| effect_words::n_waiting(&state));
            effect_words::before(operation, n_waiting.map(|count| count.saturating_sub(1)), is_told)
        }))
    };
    let (icon_name, undo) = match detail.action.reversible {
        Some(true) => ("undo", "Can be undone later."),
        Some(false) => ("final", "Can’t be undone."),
        None => ("info", "Whether it can be undone is not known."),
    };
    let whole = div("consequences");
    let is_told = detail.on_approve.is_some() || detail.on_reject.is_some() || investigation.is_some();
    let whole = if is_told {
        whole
            .child(side(
                "If you approve",
                detail.on_approve.as_ref(),
                Operation::Approve,
            ))
            .child(side(
                "If you reject",
                detail.on_reject.as_ref(),
                Operation::Reject,
            ))
    } else {
        whole
    };
    whole.child(
        div("consequences__undo")
            .child(icon(icon_name))
            .child(span("").text(undo)),
    )
}

fn note(text: &str, run: impl Fn() + 'static) -> El {
    div("banner banner--inset")
        .attr("data-tone", "neutral")
        .child(icon("info"))
        .child(span("banner__text").text(text))
        .child(button("button button--link button--small", "Show them").click(run))
}

/// Changes what the list shows, and goes there from the page of an investigation.
fn to_list(app: App, change: impl FnOnce(&mut Query)) {
    let mut query = app.place.peek().query.clone();
    change(&mut query);
    place::to_list(app, query);
}

fn same_entity(app: App, detail: &Detail) -> El {
    let count = usize::try_from(detail.n_same_entity).unwrap_or(usize::MAX);
    let mut text = words::counted(count, "other pending action", "other pending actions");
    text.push_str(" on this ");
    let kind = &detail.action.entity_type;
    text.push_str(&match vocabulary::is_known(Kind::EntityType, kind) {
        // Acronyms keep their capitals.
        true if matches!(kind.as_str(), "ip" | "url") => humanise(kind),
        true => humanise(kind).to_ascii_lowercase(),
        false => "entity".to_owned(),
    });
    text.push('.');
    let entity = text::clipped(&detail.action.entity, MAX_SEARCH_CHARS)
        .0
        .to_owned();
    note(&text, move || {
        let search = entity.clone();
        to_list(app, move |query| {
            *query = Query::of(View::Pending);
            query.search = search;
        });
    })
}

/// Actions that were proposed with one approval id can be decided together: the way there.
fn proposed_together(app: App, action: &Action) -> Option<El> {
    let approval = action.approval_id.clone().filter(|_| action.is_pending())?;
    let count = {
        let store = app.store.borrow();
        let is_counted = store.view() == View::Pending && store.len() <= MAX_COUNTED_ROWS;
        let is_of_it = |row: &u32| store.has(*row) && store.text(*row, Column::ApprovalId) == Some(&approval);
        is_counted.then(|| (0..store.n_rows()).filter(is_of_it).count())
    };
    let text = match count {
        Some(0 | 1) => return None,
        Some(count) => {
            let mut text = grouped(count);
            text.push_str(" actions were proposed together.");
            text
        }
        None => "Other actions may have been proposed together with it.".to_owned(),
    };
    let show = Rc::new(move || {
        let approval = approval.clone();
        to_list(app, move |query| {
            // In the window that is loaded, where it is that of the view.
            let range = if query.view == View::Pending {
                query.range
            } else {
                View::Pending.default_range()
            };
            *query = Query::of(View::Pending);
            query.range = range;
            query.set(Facet::Approval, &approval, true);
        });
    });
    let first = show.clone();
    let made = note(&text, move || show());
    // What matches has to be known at once, or other rows would be selected.
    if count.is_none() || app.load.peek().is_narrowed {
        return Some(made);
    }
    Some(made.child(
        button("button button--link button--small", "Select them").click(move || {
            first();
            select::clear(app);
            select::all(app);
        }),
    ))
}

/// A fact with a button that copies it as it is.
fn copied(app: App, label: &str, class: &'static str, value: &str) -> El {
    let mut name = String::from("Copy ");
    name.push_str(&text::spoken(text::clipped(label, 60).0));
    let kept = value.to_owned();
    let row = fact_row(label, show::bdi(value).class(class));
    if let Some(cell) = row.0.last_element_child() {
        El(cell).append(
            &icon_button("button button--subtle button--icon button--small", "copy", &name)
                .click(move || hand::copy(app, &kept)),
        );
    }
    row
}

fn fact_row(label: &str, value: impl Into<El>) -> El {
    let row = fact("", value.into());
    if let Some(term) = row.0.first_element_child() {
        El(term).append(&show::bdi(text::clipped(label, 120).0).into());
    }
    row
}

fn full_time(app: App, time: Time) -> El {
    span("facts__value").child(show::full_time(time, app.offset_at(time)))
}

const PLAIN: &str = "facts__value";
const MONO: &str = "facts__value facts__value--mono";

fn details(app: App, detail: &Detail) -> El {
    let action = &detail.action;
    let list = el("dl").class("facts");
    for given in &detail.facts {
        list.append(&given_fact(app, given));
    }
    let word = |kind: Kind, value: Option<&str>| span(PLAIN).child(show::word(kind, value));
    list.append(&fact_row(
        "Entity type",
        word(Kind::EntityType, Some(&action.entity_type)),
    ));
    let is_given = |label: &str| {
        detail
            .facts
            .iter()
            .any(|fact| fact.label.eq_ignore_ascii_case(label))
    };
    if let Some(threat) = action.threat.as_ref().filter(|_| !is_given("Threat")) {
        list.append(&copied(app, "Threat", PLAIN, threat));
    }
    if action.source.is_some() {
        list.append(&fact_row(
            "Action source",
            word(Kind::Source, action.source.as_deref()),
        ));
    }
    let impact = action.impact.map(show::impact_words).unwrap_or_default();
    if !impact.is_empty() {
        list.append(&fact_row("Impact", span(PLAIN).text(&impact)));
    }
    if let Some(decision) = &action.decision {
        list.append(&fact_row("Decision", word(Kind::Decision, Some(decision))));
    }
    if let Some(by) = &action.decided_by {
        list.append(&fact_row("Decided by", show::bdi(&by.name).class(PLAIN)));
    }
    if let Some(comment) = action.comment.as_ref().filter(|comment| !comment.is_empty()) {
        list.append(&fact_row("Comment", show::bdi(comment)));
    }
    for (label, time) in [
        ("Created", Some(action.created_at)),
        ("Expires", action.expires_at.filter(|_| action.is_pending())),
        ("Decided", action.decided_at),
        ("Started", action.started_at),
        ("Ended", action.ended_at),
    ] {
        if let Some(time) = time {
            list.append(&fact_row(label, full_time(app, time)));
        }
    }
    for (label, id) in [
        ("Approval ID", action.approval_id.as_ref()),
        ("Action ID", Some(&action.id)),
    ] {
        if let Some(id) = id {
            list.append(&copied(app, label, MONO, id));
        }
    }
    section("Details").child(list)
}

/// A fact of the backend, drawn by its kind.
fn given_fact(app: App, given: &Fact) -> El {
    let number = || {
        given
            .value
            .trim()
            .parse::<i64>()
            .ok()
            .filter(|number| *number >= 0)
    };
    match given.kind.as_deref() {
        Some("hash") => copied(app, &given.label, MONO, &given.value),
        Some("bytes") if number().is_some() => fact_row(
            &given.label,
            span(PLAIN).text(&bytes_words(number().unwrap_or_default())),
        ),
        Some("count") if number().is_some() => {
            let mut text = String::new();
            push_grouped(&mut text, number().unwrap_or_default());
            fact_row(&given.label, span(PLAIN).text(&text))
        }
        Some("time") => match Time::parse(&given.value) {
            Some(time) => fact_row(&given.label, full_time(app, time)),
            None => copied(app, &given.label, PLAIN, &given.value),
        },
        _ => copied(app, &given.label, PLAIN, &given.value),
    }
}

/// A size: *1.84 MB (1,927,168 bytes)*.
fn bytes_words(bytes: i64) -> String {
    let mut out = String::new();
    let mut unit = 1_i64;
    for name in ["TB", "GB", "MB", "kB"] {
        let size = match name {
            "TB" => 1_000_000_000_000,
            "GB" => 1_000_000_000,
            "MB" => 1_000_000,
            _ => 1_000,
        };
        if bytes >= size {
            unit = size;
            push_number(&mut out, bytes / size);
            out.push('.');
            let hundredths = bytes % size / (size / 100);
            if hundredths < 10 {
                out.push('0');
            }
            push_number(&mut out, hundredths);
            out.push(' ');
            out.push_str(name);
            out.push_str(" (");
            break;
        }
    }
    push_grouped(&mut out, bytes);
    out.push_str(if bytes == 1 { " byte" } else { " bytes" });
    if unit > 1 {
        out.push(')');
    }
    out
}

/// A section with a count beside its title, or a dash in place of rows.
fn counted_section(title: &str, count: usize) -> El {
    let made = section(title);
    if count == 0 {
        return made.child(show::missing());
    }
    if let Some(heading) = made.0.first_element_child() {
        El(heading)
            .words(" ")
            .append(&span("count").text(&grouped(count)));
    }
    made
}

/// A link out of the page where there is a safe one, else the text alone.
fn outward(link: Option<&str>, title: &str) -> El {
    match link {
        Some(link) => el("a")
            .attr("href", link)
            .attr("target", "_blank")
            .attr("rel", "noopener noreferrer")
            .child(show::bdi(title)),
        None => show::bdi(title).into(),
    }
    .class("list__main")
}

fn alerts(app: App, detail: &Detail) -> El {
    let known: Vec<Alert> = if detail.alerts.is_empty() {
        let of_id = |id: &String| Alert {
            id: id.clone(),
            title: id.clone(),
            ..Alert::default()
        };
        detail.action.alert_ids.iter().map(of_id).collect()
    } else {
        detail.alerts.clone()
    };
    let list = el("ul");
    for alert in &known {
        let link = hand::alert_link(app, &alert.id, alert.url.as_deref());
        let title = if alert.title.is_empty() {
            &alert.id
        } else {
            &alert.title
        };
        let row = el("li").class("list__row");
        if alert.severity.is_some() {
            row.append(&show::severity(alert.severity.as_deref()).into());
        }
        row.append(&outward(link.as_deref(), title));
        if let Some(status) = &alert.status {
            row.append(&span("faint").child(show::bdi(&humanise(status))));
        }
        list.append(&row);
    }
    let made = counted_section("Alerts", known.len());
    if known.is_empty() { made } else { made.child(list) }
}

fn investigation(app: App, detail: &Detail) -> El {
    let made = section("Investigation");
    let action = &detail.action;
    let (id, title, status, url) = match (&detail.investigation, &action.investigation_id) {
        (Some(link), _) => (
            &link.id,
            Some(&link.title),
            link.status.as_ref(),
            link.url.clone(),
        ),
        (None, Some(id)) => (id, None, None, None),
        (None, None) => return made.child(show::missing()),
    };
    let title = title
        .filter(|title| !title.is_empty())
        .or(action.investigation_title.as_ref())
        .unwrap_or(id);
    let row = div("list__row list__row--wrap").child(show::bdi(title).class("list__main"));
    let (known, given) = (id.clone(), status.cloned());
    let state = id.clone();
    // It has its room from the start: what comes late moves no button.
    let standing = div("standing").part(
        move || effects::state_of(app, &known).map(|state| state.status.clone()),
        move || {
            let state = effects::state_of(app, &state).map(|state| state.status.clone());
            let status = state.or(given.clone())?;
            Some(show::status_of(Kind::InvestigationStatus, &status).into())
        },
    );
    let stands = id.clone();
    let standing = standing.child(el("p").class("faint").attr("role", "status").text_of(move || {
        let state = effects::state_of(app, &stands);
        state.map_or_else(String::new, |state| effect_words::standing(&state))
    }));
    let has_page = hand::has_investigation_page(app, id, url.as_deref());
    let open = off_because(
        button("button button--small push", "Open investigation page"),
        move || (!has_page).then(|| "This backend has no pages for investigations".to_owned()),
    );
    let (kept, id) = (open.clone(), id.clone());
    made.child(row.child(standing).child(open.click(move || {
        if !is_off(&kept) {
            hand::open_investigation(app, &id, url.as_deref());
        }
    })))
}

fn targets(app: App, targets: &[Target]) -> El {
    let made = counted_section("Targets", targets.len());
    let list = el("ul");
    for target in targets {
        let main = span("list__main").child(show::bdi(&target.name));
        if let Some(detail) = &target.detail {
            main.append(&span("faint").words(" ").child(show::bdi(detail)));
        }
        let row = el("li")
            .class("list__row")
            .child(main)
            .child(show::status(&target.status));
        if let Some(at) = target.at {
            row.append(&span("faint").child(show::time_cell(at, app.offset_at(at), app.now())));
        }
        list.append(&row);
    }
    if targets.is_empty() {
        made
    } else {
        made.child(list)
    }
}

/// What happened, newest first; from the action's own times where the backend tells no story.
fn timeline(app: App, detail: &Detail) -> El {
    let mut events = detail.timeline.clone();
    if events.is_empty() {
        let action = &detail.action;
        let decided = action.decision.as_deref().unwrap_or("decided");
        for (event, at) in [
            ("created", Some(action.created_at)),
            (decided, action.decided_at),
            ("started", action.started_at),
            (action.status.as_str(), action.ended_at),
        ] {
            if let Some(at) = at {
                let by = action.decided_by.clone().filter(|_| event == decided);
                events.push(TimelineEvent {
                    at,
                    event: event.to_owned(),
                    by,
                    comment: None,
                });
            }
        }
    }
    // Stable: what happened at once stays in the order told.
    sort_by(&mut events, |left, right| right.at.cmp(&left.at));
    let list = el("ol").class("timeline");
    for event in &events {
        let what = span("").child(show::bdi(&humanise(&event.event)));
        if let Some(by) = &event.by {
            what.add_words(" by ");
            what.append(&show::bdi(&by.name).into());
        }
        if let Some(comment) = event.comment.as_ref().filter(|comment| !comment.is_empty()) {
            what.append(&div("faint").child(show::bdi(comment)));
        }
        list.append(
            &el("li")
                .class("timeline__item")
                .child(icon(vocabulary::status_icon(&event.event)))
                .child(what)
                .child(span("faint").child(show::time_cell(event.at, app.offset_at(event.at), app.now()))),
        );
    }
    section("Timeline").child(list)
}
