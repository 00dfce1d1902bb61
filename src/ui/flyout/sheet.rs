//! The sheet before a decision on many: what it touches, what can't be undone, what is skipped and why. Its list is frozen;
//! what changes while it is open is left out and listed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use action_center_core::decision::{Item, Sheet};
use action_center_core::domain::action::{Action, Impact, Operation};
use action_center_core::domain::order::sort_by;
use action_center_core::domain::text;
use action_center_core::domain::time::{Time, grouped};
use action_center_core::domain::words::{humanise, operation_words};

use super::body::watch;
use super::confirm::{cancel, guarded};
use super::decision::{comment_field, failure_note, reason_field};
use crate::ui::kit::dom::{El, div, effect, el, span};
use crate::ui::kit::parts::{button, dialog, icon};
use crate::ui::show;
use crate::ui::state::{App, Dialog, Field, Opened};
use crate::ui::tasks::{decide, effects, hand, load, select};
use crate::ui::words::counted;
use crate::ui::words::effects as effect_words;
use crate::ui::words::outcomes;

/// Items up to which the sheet is drawn anew with every change, and the pause between two counts of more, in milliseconds.
const MAX_AT_ONCE: usize = 20_000;
const RECOUNT_MILLIS: i32 = 1_000;
/// Examples in a list; the rest is a count.
const MAX_LISTED: usize = 5;

/// Entity types that are named; an attacker does not choose how many there are, a faulty backend may.
const MAX_ENTITY_TYPES: usize = 12;

/// One line of the table: an action type, how many, on how much.
#[derive(Clone, PartialEq, Default)]
struct Line {
    action_type: String,
    n_actions: usize,
    /// Kind of asset, how many of it, how many of them critical.
    assets: Vec<(String, usize, usize)>,
    is_final: bool,
    is_reversible: bool,
    /// The first of those that can't be undone: entity and its type.
    first: (String, String),
    n_final: usize,
}

/// What the sheet says; it is drawn anew only when this changes.
#[derive(Clone, PartialEq, Default)]
struct Summary {
    n_going: usize,
    lines: Vec<Line>,
    /// Entity type and how many of it.
    entity_types: Vec<(String, usize)>,
    impact: Impact,
    n_final: usize,
    n_skipped: usize,
    /// Who and why, of the first that are skipped.
    skipped: Vec<(String, String)>,
    /// Why, and how many, of the others.
    skipped_else: Vec<(String, usize)>,
    first_expiry: Option<Time>,
    n_investigations: usize,
    /// The investigations with the most of them: id, title, how many.
    investigations: Vec<(String, String, usize)>,
}

/// A sheet that is open.
struct Open {
    app: App,
    operation: Operation,
    actions: Rc<Vec<Action>>,
    frozen: RefCell<Sheet>,
}

impl Open {
    fn new(app: App, operation: Operation, actions: Rc<Vec<Action>>) -> Self {
        let frozen = actions.iter().map(|action| {
            let item = Item {
                id: action.id.clone(),
                version: action.version.clone(),
            };
            (
                item,
                action
                    .expires_at
                    .and_then(|time| u64::try_from(time.millis()).ok()),
            )
        });
        let frozen = RefCell::new(Sheet::open(frozen));
        Self {
            app,
            operation,
            actions,
            frozen,
        }
    }

    /// Compares the frozen list with the rows as they now are.
    fn observe(&self) {
        let store = self.app.store.borrow();
        let is_listed = store.view().is_of_actions();
        let mut frozen = self.frozen.borrow_mut();
        for (index, action) in self.actions.iter().enumerate() {
            if let Some(row) = is_listed.then(|| store.row_of(&action.id)).flatten()
                && store.version(row) != action.version
            {
                frozen.observed_at(index, store.version(row));
            }
        }
        if let Opened::Ready(detail) = &*self.app.investigation.peek() {
            for (index, action) in self.actions.iter().enumerate() {
                let mut now = detail.actions.iter().filter(|now| now.id == action.id);
                if let Some(now) = now.next().filter(|now| now.updated_at > action.updated_at) {
                    frozen.observed_at(index, &now.version);
                }
            }
        }
    }

    /// Why an item is left out now.
    fn skipped(&self, index: usize, action: &Action) -> Option<String> {
        let app = self.app;
        if let Some(item) = self
            .frozen
            .borrow()
            .items()
            .get(index)
            .filter(|item| item.newer_version.is_some())
        {
            return Some(match load::current(app, &item.item.id) {
                Some(now) if now.status != action.status => {
                    let clock = |time: Time| time.to_clock(app.offset_at(time), false);
                    crate::ui::words::outcome(self.operation, "alreadyDecided", Some(&now), clock)
                }
                _ => "Changed while this was open".to_owned(),
            });
        }
        if decide::lock(app, &action.id).is_some() {
            return Some("A decision on it is under way".to_owned());
        }
        if !load::is_here(app, &action.id) {
            return Some("No longer in the list".to_owned());
        }
        app.obstacle(action, self.operation)
    }

    /// The items that a click would decide now.
    fn going(&self) -> Vec<&Action> {
        self.observe();
        let is_going = |(index, action): &(usize, &Action)| self.skipped(*index, action).is_none();
        self.actions
            .iter()
            .enumerate()
            .filter(is_going)
            .map(|(_, action)| action)
            .collect()
    }

    fn summary(&self) -> Summary {
        self.observe();
        let mut out = Summary::default();
        let mut assets: Vec<(usize, &str, &str, bool)> = Vec::new();
        let mut investigations: Vec<(&str, &str)> = Vec::new();
        for (index, action) in self.actions.iter().enumerate() {
            if let Some(reason) = self.skipped(index, action) {
                out.n_skipped += 1;
                if out.skipped.len() < MAX_LISTED {
                    let name = outcomes::named(&action.action_type, &action.entity, &action.entity_type);
                    out.skipped.push((name, reason));
                } else if let Some((_, count)) = out.skipped_else.iter_mut().find(|(of, _)| *of == reason) {
                    *count += 1;
                } else if out.skipped_else.len() < MAX_LISTED {
                    out.skipped_else.push((reason, 1));
                }
                continue;
            }
            out.n_going += 1;
            let known = out
                .lines
                .iter()
                .position(|line| line.action_type == action.action_type);
            let at = known.unwrap_or(out.lines.len());
            if known.is_none() {
                out.lines.push(Line {
                    action_type: action.action_type.clone(),
                    ..Line::default()
                });
            }
            let Some(line) = out.lines.get_mut(at) else {
                continue;
            };
            line.n_actions += 1;
            let mut types = out.entity_types.iter_mut();
            match types.find(|(known, _)| *known == action.entity_type) {
                Some((_, count)) => *count += 1,
                None => out.entity_types.push((action.entity_type.clone(), 1)),
            }
            line.is_reversible |= action.reversible == Some(true);
            if action.reversible == Some(false) {
                if line.n_final == 0 {
                    line.first = (action.entity.clone(), action.entity_type.clone());
                }
                line.is_final = true;
                line.n_final += 1;
                out.n_final += 1;
            }
            if let Some(asset) = &action.asset {
                let is_critical = matches!(asset.criticality.as_deref(), Some("high" | "veryHigh"));
                assets.push((at, &asset.kind, &asset.name, is_critical));
            }
            if let Some(impact) = action.impact {
                add(&mut out.impact, impact);
            }
            if let Some(id) = &action.investigation_id {
                investigations.push((id, action.investigation_title.as_deref().unwrap_or(id)));
            }
            if let Some(expires) = action.expires_at.filter(|_| action.is_pending()) {
                out.first_expiry = Some(out.first_expiry.map_or(expires, |first| first.min(expires)));
            }
        }
        sort_by(&mut assets, |left, right| {
            (left.0, left.1, left.2).cmp(&(right.0, right.1, right.2))
        });
        assets.dedup_by(|a, b| (a.0, a.1, a.2) == (b.0, b.1, b.2));
        for (at, kind, _, is_critical) in assets {
            let Some(line) = out.lines.get_mut(at) else {
                continue;
            };
            match line.assets.last_mut().filter(|(known, ..)| known == kind) {
                Some((_, count, n_critical)) => {
                    *count += 1;
                    *n_critical += usize::from(is_critical);
                }
                None => line.assets.push((kind.to_owned(), 1, usize::from(is_critical))),
            }
        }
        sort_by(&mut out.entity_types, |left, right| right.1.cmp(&left.1));
        sort_by(&mut out.lines, |left, right| right.n_actions.cmp(&left.n_actions));
        (out.n_investigations, out.investigations) = largest(investigations);
        out
    }
}

/// How many investigations there are, and those with the most actions.
fn largest(mut all: Vec<(&str, &str)>) -> (usize, Vec<(String, String, usize)>) {
    sort_by(&mut all, |left, right| left.0.cmp(right.0));
    let mut counts: Vec<(&str, &str, usize)> = Vec::new();
    for (id, title) in all {
        match counts.last_mut().filter(|(known, ..)| *known == id) {
            Some((.., count)) => *count += 1,
            None => counts.push((id, title, 1)),
        }
    }
    sort_by(&mut counts, |left, right| right.2.cmp(&left.2));
    let listed = counts.iter().take(MAX_LISTED);
    let listed = listed.map(|(id, title, count)| ((*id).to_owned(), (*title).to_owned(), *count));
    (counts.len(), listed.collect())
}

fn add(sum: &mut Impact, part: Impact) {
    let more = |sum: &mut Option<i64>, part: Option<i64>| {
        if let Some(part) = part {
            *sum = Some(sum.unwrap_or(0).saturating_add(part));
        }
    };
    more(&mut sum.devices, part.devices);
    more(&mut sum.users, part.users);
    more(&mut sum.mailboxes, part.mailboxes);
    more(&mut sum.messages, part.messages);
}

/// *Approve 14 actions*.
fn title(operation: Operation, n_actions: usize) -> String {
    let mut text = operation_words(operation.word())
        .map_or("", |words| words.verb)
        .to_owned();
    text.push(' ');
    text.push_str(&counted(n_actions, "action", "actions"));
    text
}

/// The sheet.
pub(crate) fn sheet(app: App, operation: Operation, actions: Rc<Vec<Action>>) -> El {
    let n_selected = actions.len();
    let frozen_at = app.now();
    let open = Rc::new(Open::new(app, operation, actions));
    let summary: Rc<Field<Rc<Summary>>> = Rc::new(Field::default());
    summary.set(Rc::new(open.summary()));
    let (fresh, kept, is_due) = (open.clone(), summary.clone(), Rc::new(Cell::new(false)));
    effect(move || {
        app.rows.track();
        app.decided.track();
        app.investigation.with(|_| ());
        let (_session, _now) = (app.session(), app.clock.get());
        if is_due.replace(true) {
            return;
        }
        let (fresh, kept, is_due) = (fresh.clone(), kept.clone(), is_due.clone());
        let pause_millis = if n_selected > MAX_AT_ONCE {
            RECOUNT_MILLIS
        } else {
            0
        };
        hand::after(pause_millis, move || {
            is_due.set(false);
            kept.set(Rc::new(fresh.summary()));
        });
    });
    let comment: Rc<Field<String>> = Rc::new(Field::default());
    let reason: Rc<Field<String>> = Rc::new(Field::default());
    let error: Rc<Field<Option<String>>> = Rc::new(Field::default());

    let whole = dialog(
        "dialog dialog--wide",
        &title(operation, n_selected),
        Some(""),
        move || app.dialog.set(None),
    );
    if let Ok(Some(heading)) = whole.0.query_selector("h2") {
        let of = summary.clone();
        let _kept = El(heading).text_of(move || title(operation, of.with(|summary| summary.n_going)));
    }
    if let Ok(Some(lead)) = whole.0.query_selector("p") {
        let of = summary.clone();
        let _kept = El(lead).text_of(move || {
            let mut text = grouped(n_selected);
            text.push_str(" selected");
            let n_skipped = of.with(|summary| summary.n_skipped);
            if n_skipped > 0 {
                text.push_str(", ");
                text.push_str(&grouped(n_skipped));
                text.push_str(" will be skipped");
            }
            text.push_str(". The list is frozen as of ");
            text.push_str(&frozen_at.to_clock(app.offset_at(frozen_at), true));
            text.push('.');
            text
        });
    }

    let body = div("dialog__body");
    let (of, drawn) = (summary.clone(), summary.clone());
    let body = body.part(
        move || of.get(),
        move || Some(contents(app, operation, &drawn.peek())),
    );
    let body = if operation == Operation::Reject {
        let (shown, typed) = (reason.clone(), reason.clone());
        body.child(reason_field(
            "No reason",
            move || shown.get(),
            move |value| typed.set(value),
        ))
    } else {
        body
    };
    let (shown, typed) = (comment.clone(), comment.clone());
    let is_required = move || {
        let _session = app.session();
        decide::needs_comment(app, operation)
    };
    let body = body.child(comment_field(
        "2",
        is_required,
        move || shown.get(),
        move |value| typed.set(value),
    ));
    let (failed, again) = (error.clone(), error.clone());
    let body = body.part(
        move || failed.get(),
        move || {
            let error = again.peek().clone()?;
            Some(failure_note(&error))
        },
    );

    let (of, named, soonest) = (summary.clone(), summary.clone(), summary.clone());
    let act = button("button button--primary push", "");
    let act = act.text_of(move || title(operation, named.with(|summary| summary.n_going)));
    let off = move || {
        of.with(|summary| summary.n_going == 0)
            .then(|| "Nothing is left to decide".to_owned())
    };
    let has_final = summary.peek().n_final > 0 && operation == Operation::Approve;
    let act = guarded(act, has_final, off, move || {
        let going = open.going();
        // What the button says is what is done: where the two differ, the next click knows.
        if going.len() != summary.peek().n_going {
            app.decided.notify();
            return;
        }
        match decide::confirm(app, operation, &going, &comment.peek(), &reason.peek()) {
            Ok(_) => {
                select::clear(app);
                // Where this browser could not keep the decision, another dialog asks already.
                if matches!(&*app.dialog.peek(), Some(Dialog::Sheet(..))) {
                    app.dialog.set(None);
                }
            }
            Err(text) => error.set(Some(text)),
        }
    });
    let of = soonest;
    let first = span("faint nowrap").text_of(move || {
        let first = of.with(|summary| summary.first_expiry);
        let _now = app.clock.get();
        first.map_or_else(String::new, |first| {
            ["First to expire ", &show::expiry_words(first, app.now())].concat()
        })
    });
    whole
        .child(body)
        .child(div("dialog__foot").child(first).child(act).child(cancel(app)))
}

/// Everything above the fields.
fn contents(app: App, operation: Operation, summary: &Summary) -> El {
    let whole = div("sheet");
    let impact = figures(summary);
    if let Some(impact) = impact {
        whole.append(&impact);
        if summary.n_going > 1 {
            whole.append(
                &el("p")
                    .class("hint")
                    .text("The sum over all actions: what two of them touch counts twice."),
            );
        }
    }
    if !summary.lines.is_empty() {
        whole.append(&table(operation, &summary.lines));
        whole.append(&el("p").class("hint").text(&entity_types(&summary.entity_types)));
    }
    // A rejection does nothing that could have to be undone.
    if summary.n_final > 0 && operation != Operation::Reject {
        whole.append(&finals(summary));
    }
    if summary.n_investigations > 0 && matches!(operation, Operation::Approve | Operation::Reject) {
        whole.append(&investigations(app, operation, summary));
    }
    if summary.n_skipped > 0 {
        whole.append(&skips(summary));
    }
    whole
}

fn figures(summary: &Summary) -> Option<El> {
    let whole = div("impact").attr("role", "group").attr("aria-label", "Impact");
    let impact = summary.impact;
    let mut is_any = false;
    for (count, one, many) in [
        (impact.devices, "device", "devices"),
        (impact.users, "user", "users"),
        (impact.mailboxes, "mailbox", "mailboxes"),
        (impact.messages, "message", "messages"),
    ] {
        if let Some(count) = count.and_then(|count| usize::try_from(count).ok()) {
            is_any = true;
            whole.append(
                &div("impact__item")
                    .child(span("impact__figure").text(&grouped(count)))
                    .child(span("impact__name").text(if count == 1 { one } else { many })),
            );
        }
    }
    is_any.then_some(whole)
}

/// *Entity types: File 3, Mail message 2*
fn entity_types(types: &[(String, usize)]) -> String {
    let mut out = String::from("Entity types: ");
    for (index, (kind, count)) in types.iter().take(MAX_ENTITY_TYPES).enumerate() {
        out.push_str(if index > 0 { ", " } else { "" });
        let word = if kind.is_empty() {
            "None".to_owned()
        } else {
            humanise(kind)
        };
        out.push_str(&text::spoken(text::clipped(&word, 40).0));
        out.push(' ');
        out.push_str(&grouped(*count));
    }
    if let Some(n_more) = types.len().checked_sub(MAX_ENTITY_TYPES).filter(|more| *more > 0) {
        out.push_str(", and ");
        out.push_str(&counted(n_more, "other type", "other types"));
    }
    out
}

fn table(operation: Operation, lines: &[Line]) -> El {
    let has_undo = operation == Operation::Approve;
    let head = el("tr");
    for (class, text) in [
        ("", "Action type"),
        ("tally__number", "Actions"),
        ("", "On"),
        ("", "Undo later"),
    ] {
        if text == "Undo later" && !has_undo {
            continue;
        }
        head.append(&el("th").class(class).attr("scope", "col").text(text));
    }
    let rows = el("tbody");
    for line in lines {
        let mut on = String::new();
        for (kind, count, n_critical) in &line.assets {
            if !on.is_empty() {
                on.push_str(", ");
            }
            let (one, many) = match kind.as_str() {
                "device" => ("device", "devices"),
                "mailbox" => ("mailbox", "mailboxes"),
                "user" => ("user", "users"),
                "cloudApp" => ("cloud app", "cloud apps"),
                _ => ("asset", "assets"),
            };
            on.push_str(&counted(*count, one, many));
            if *n_critical > 0 {
                on.push_str(", ");
                on.push_str(&grouped(*n_critical));
                on.push_str(" critical");
            }
        }
        let undo = match (line.is_final, line.is_reversible) {
            (true, true) => span("").text("In part"),
            (true, false) => span("action-type")
                .words("No")
                .child(icon("final").class("icon action-type__final")),
            (false, true) => span("").text("Yes"),
            (false, false) => span("").text("Not known"),
        };
        let on = if on.is_empty() {
            show::missing().into()
        } else {
            span("").text(&on)
        };
        let row = el("tr")
            .child(el("td").child(show::action_type(&line.action_type, false)))
            .child(el("td").class("tally__number").text(&grouped(line.n_actions)))
            .child(el("td").child(on));
        rows.append(&if has_undo {
            row.child(el("td").child(undo))
        } else {
            row
        });
    }
    el("table")
        .class("tally")
        .child(el("thead").child(head))
        .child(rows)
}

fn and_more(note: &El, n_more: usize) {
    if n_more > 0 {
        let mut text = String::from("and ");
        text.push_str(&grouped(n_more));
        text.push_str(" more");
        note.append(&div("note__row").child(span("").text(&text)));
    }
}

fn finals(summary: &Summary) -> El {
    let mut title = grouped(summary.n_final);
    title.push_str(" can’t be undone");
    let note = div("note")
        .attr("data-tone", "warning")
        .child(icon("final"))
        .child(el("p").class("note__title").text(&title));
    let lines = summary.lines.iter().filter(|line| line.is_final);
    let mut n_listed = 0;
    for line in lines.take(MAX_LISTED) {
        let name = span("").child(show::word(
            action_center_core::domain::words::Kind::ActionType,
            Some(&line.action_type),
        ));
        if line.n_final > 1 {
            name.add_words(", ");
            name.add_words(&grouped(line.n_final));
            name.add_words("×");
        }
        n_listed += line.n_final;
        note.append(
            &div("note__row")
                .child(name)
                .child(show::entity(&line.first.0, &line.first.1, false)),
        );
    }
    and_more(&note, summary.n_final - n_listed);
    note
}

/// What it means for the investigations behind: how much of what each waits for is decided here.
fn investigations(app: App, operation: Operation, summary: &Summary) -> El {
    watch(
        app,
        summary.investigations.iter().map(|(id, ..)| id.clone()).collect(),
    );
    let mut title = counted(summary.n_investigations, "investigation", "investigations");
    title.push_str(if summary.n_investigations == 1 {
        " is concerned"
    } else {
        " are concerned"
    });
    let note = div("note")
        .child(icon("network"))
        .child(el("p").class("note__title").text(&title))
        .child(el("p").text(effect_words::before_many(operation)));
    for (id, title, count) in &summary.investigations {
        let (id, count) = (id.clone(), *count);
        note.append(
            &div("note__row")
                .child(show::bdi(title))
                .child(span("").text_of(move || {
                    let state = effects::state_of(app, &id);
                    effect_words::share(count, state.and_then(|state| effect_words::n_waiting(&state)))
                })),
        );
    }
    and_more(&note, summary.n_investigations - summary.investigations.len());
    note
}

fn skips(summary: &Summary) -> El {
    let mut title = grouped(summary.n_skipped);
    title.push_str(" will be skipped");
    let note = div("note")
        .child(icon("st-rejected"))
        .child(el("p").class("note__title").text(&title));
    for (name, reason) in &summary.skipped {
        note.append(
            &div("note__row")
                .child(show::bdi(name))
                .child(span("").text(reason)),
        );
    }
    let mut n_told = summary.skipped.len();
    for (reason, count) in &summary.skipped_else {
        n_told += count;
        let mut text = grouped(*count);
        text.push_str(" more");
        note.append(
            &div("note__row")
                .child(span("").text(&text))
                .child(span("").text(reason)),
        );
    }
    and_more(&note, summary.n_skipped - n_told);
    note
}
