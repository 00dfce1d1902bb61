//! The page of one investigation, in place of the list, which stays as it was behind it. Knows the investigation through
//! `app.investigation`; decides through the flyout and the sheet of the list.
//!
//! In reading order: this file (frame, head, tabs, filters, selection), `graph`, `tables` (what stands in them), `table` (how).

mod graph;
mod table;
mod tables;

use std::cell::RefCell;
use std::rc::Rc;

use action_center_core::domain::action::{Action, Operation};
use action_center_core::domain::facet::Facet;
use action_center_core::domain::fold::fold;
use action_center_core::domain::order::sort_by;
use action_center_core::domain::query::View;
use action_center_core::domain::text;
use action_center_core::domain::time::{SECOND, Time, duration, grouped};
use action_center_core::domain::words::{self as vocabulary, Kind, humanise};
use action_center_core::wire::{Evidence, InvestigationDetail};
use wasm_bindgen::JsCast;

use super::kit::dom::{El, at_end, div, effect, el, soon, span, target_value};
use super::kit::parts::{
    self, button, icon, icon_button, icon_text_button, progress, small_icon, state_panel,
};
use super::state::{App, Dialog, Field, Kept, Left, Opened, Phase};
use super::tasks::{facets, hand, investigation, load, place};
use super::{flyout, grid, show, words};
use tables::{Tab, outward};

/// Puts a value into a list, or takes it out.
fn toggle(list: &Field<Vec<String>>, value: &str) {
    list.update(|list| match list.iter().position(|of| of == value) {
        Some(at) => {
            list.remove(at);
        }
        None => list.push(value.to_owned()),
    });
}

/// What the evidence is narrowed to: the wanted values of each facet, and the folded words of the search.
#[derive(Default, PartialEq)]
struct Narrowing {
    wanted: [Vec<String>; 3],
    words: Vec<String>,
}

/// The facets of the evidence: the member in the address, the title, the kind of its words.
const FACETS: [(&str, &str, Kind); 3] = [
    ("verdict", "Verdict", Kind::Verdict),
    ("remediation", "Remediation", Kind::Status),
    ("evidenceType", "Entity type", Kind::EntityType),
];

/// The value of a piece of evidence in a facet; a missing one is empty.
fn facet_value(evidence: &Evidence, facet: usize) -> &str {
    match facet {
        0 => evidence.verdict.as_deref().unwrap_or_default(),
        1 => evidence.remediation.as_deref().unwrap_or_default(),
        _ => &evidence.entity_type,
    }
}

/// What the page knows beside the investigation itself.
pub(super) struct Page {
    app: App,
    /// Selected pending actions, by id.
    selected: Field<Vec<String>>,
    /// What the evidence is narrowed to, as the address says it.
    narrowing: Field<Narrowing>,
    /// Whether the summary may be drawn: the first time in a task of its own, since then all of it is new to the browser.
    is_drawing: Field<bool>,
    /// How the page of the investigation that is open was left; it is kept there.
    kept: RefCell<Rc<Kept>>,
    /// Actions that were seen pending: their rows stay where they are when somebody decides.
    seen: RefCell<Vec<String>>,
}

/// How far the page is.
#[derive(Clone, PartialEq)]
enum Stage {
    Loading,
    Ready(String),
    /// What failed, and whether there is no such investigation.
    Failed(String, bool),
}

fn stage(app: App) -> Stage {
    app.investigation.with(|opened| match opened {
        Opened::Nothing | Opened::Loading => Stage::Loading,
        Opened::Ready(detail) => Stage::Ready(detail.investigation.id.clone()),
        Opened::Failed(error) => Stage::Failed(words::failure(error), matches!(error.status, 404 | 410)),
    })
}

/// The investigation, where it is here; tracked.
fn detail_of(app: App) -> Option<Rc<InvestigationDetail>> {
    app.investigation.with(|_| ());
    detail_now(app)
}

/// The investigation, where it is here.
fn detail_now(app: App) -> Option<Rc<InvestigationDetail>> {
    match &*app.investigation.peek() {
        Opened::Ready(detail) => Some(detail.clone()),
        _ => None,
    }
}

/// The tab that is open; tracked.
fn tab_of(app: App) -> Tab {
    app.place.with(|place| Tab::parse(place.tab.as_deref()))
}

/// Actions that wait for a person.
fn n_pending(detail: &InvestigationDetail) -> usize {
    let n_here = Tab::Pending.count(detail).unwrap_or(0);
    detail
        .investigation
        .pending_action_count
        .filter(|_| detail.actions.is_empty())
        .map_or(n_here, |count| usize::try_from(count).unwrap_or(0))
}

/// What the state of the decisions means for the investigation, and what the next one will do to it.
fn outlook(detail: &InvestigationDetail) -> String {
    let n_waiting = n_pending(detail);
    if n_waiting > 0 {
        let is_kept = |action: &&Action| {
            matches!(action.decision.as_deref(), Some("rejected" | "expired"))
                || matches!(
                    action.status.as_str(),
                    "rejected" | "expired" | "failed" | "timedOut"
                )
        };
        let n_kept = detail.actions.iter().filter(is_kept).count();
        let mut text = String::from("Waiting for ");
        text.push_str(&words::counted(n_waiting, "decision", "decisions"));
        if n_kept == 0 {
            text.push_str(
                ". If all are approved, it ends as remediated; what is rejected or expires leaves it partially remediated.",
            );
        } else {
            text.push_str(". Then it ends as partially remediated: ");
            text.push_str(&words::counted(n_kept, "action was", "actions were"));
            text.push_str(" rejected, expired or failed.");
        }
        return text;
    }
    words::effects::meaning(&detail.investigation.status).to_owned()
}

/// Values with their counts.
fn counts_of<'e>(evidence: impl IntoIterator<Item = &'e Evidence>, facet: usize) -> Vec<(String, usize)> {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for one in evidence {
        let value = facet_value(one, facet);
        match counts.iter_mut().find(|(known, _)| known == value) {
            Some((_, count)) => *count += 1,
            None => counts.push((value.to_owned(), 1)),
        }
    }
    in_order(counts)
}

/// The known verdicts first, then by count.
fn in_order(mut counts: Vec<(String, usize)>) -> Vec<(String, usize)> {
    sort_by(&mut counts, |left, right| {
        graph::verdict_rank(&left.0)
            .cmp(&graph::verdict_rank(&right.0))
            .then(right.1.cmp(&left.1))
    });
    counts
}

impl Page {
    /// Whether a piece of evidence is wanted; one facet may be left out of it.
    fn passes(&self, evidence: &Evidence, but: Option<usize>) -> bool {
        let narrowing = self.narrowing.peek();
        narrowing.wanted.iter().enumerate().all(|(facet, wanted)| {
            but == Some(facet)
                || wanted.is_empty()
                || wanted.iter().any(|wanted| wanted == facet_value(evidence, facet))
        }) && narrowing.words.iter().all(|word| {
            let asset = evidence.asset.as_ref().map(|asset| &asset.name);
            let texts = [Some(&evidence.entity), asset, evidence.origin.as_ref()];
            let mut texts = texts.into_iter().flatten().chain(&evidence.threats);
            texts.any(|text| fold(text).contains(word.as_str()))
        })
    }

    /// Takes over what the address narrows the evidence to.
    fn follow_narrowing(&self) {
        let narrowing = self.app.place.with(|place| Narrowing {
            wanted: FACETS.map(|(member, ..)| place.evidence_values(member).map(str::to_owned).collect()),
            words: place
                .evidence_values("evidenceSearch")
                .flat_map(|text| {
                    fold(text)
                        .split_whitespace()
                        .map(str::to_owned)
                        .collect::<Vec<_>>()
                })
                .collect(),
        });
        self.narrowing.set(narrowing);
    }

    /// Whether a row of a tab's list is shown.
    fn shows(&self, detail: &InvestigationDetail, tab: Tab, row: usize) -> bool {
        match tab {
            Tab::Evidence => detail
                .evidence
                .get(row)
                .is_some_and(|evidence| self.passes(evidence, None)),
            Tab::Pending => detail.actions.get(row).is_some_and(|action| {
                let mut seen = self.seen.borrow_mut();
                let is_seen = seen.contains(&action.id);
                if action.is_pending() && !is_seen {
                    seen.push(action.id.clone());
                }
                action.is_pending() || is_seen
            }),
            _ => true,
        }
    }

    /// How a tab was left, where it was sorted so.
    fn left(&self, tab: Tab, sort: &str) -> Option<Left> {
        let kept = self.kept.borrow();
        let tables = kept.tables.borrow();
        let mut left = tables
            .iter()
            .filter(|left| left.tab == tab.word() && left.sort == sort);
        left.next().cloned()
    }

    fn n_pending(&self) -> usize {
        detail_of(self.app).map_or(0, |detail| Tab::Pending.count(&detail).unwrap_or(0))
    }

    /// The selected actions that still wait; tracked.
    fn selected(&self) -> Vec<Action> {
        let Some(detail) = detail_of(self.app) else {
            return Vec::new();
        };
        self.selected.with(|selected| {
            let is_meant = |action: &&Action| action.is_pending() && selected.contains(&action.id);
            detail.actions.iter().filter(is_meant).cloned().collect()
        })
    }

    fn toggle_all(&self) {
        let Some(detail) = detail_now(self.app) else {
            return;
        };
        let all: Vec<String> = detail
            .actions
            .iter()
            .filter(|action| action.is_pending())
            .map(|action| action.id.clone())
            .collect();
        let is_all = self.selected().len() == all.len();
        self.selected.update(|selected| {
            *selected = if is_all { Vec::new() } else { all };
        });
    }

    /// The box of an action's row; one that no longer waits can't be selected.
    fn checkbox(action: &Action) -> El {
        let mut name = String::from("Select ");
        name.push_str(&text::spoken(text::clipped(&action.entity, 200).0));
        let checkbox = el("input")
            .attr("type", "checkbox")
            .class("checkbox")
            .attr("tabindex", "-1")
            .attr("aria-label", &name);
        if !action.is_pending() {
            checkbox.set("disabled", Some(""));
        }
        checkbox
    }

    /// Opens the sheet for the selected actions.
    fn decide(&self, operation: Operation) {
        let actions = self.selected();
        if !actions.is_empty() {
            self.app
                .dialog
                .set(Some(Dialog::Sheet(operation, Rc::new(actions))));
        }
    }

    /// Opens a tab, and puts the focus on it.
    fn go_to(&self, tab: Tab) {
        place::open_tab(self.app, tab.word());
        self.focus_tab(tab);
    }

    fn focus_tab(&self, tab: Tab) {
        let mut selector = String::from("[data-tab=");
        selector.push_str(tab.word());
        selector.push(']');
        if let Ok(Some(found)) = self.app.root.query_selector(&selector) {
            El(found).focus();
        }
    }
}

/// The page.
pub(crate) fn page(app: App) -> El {
    let page = Rc::new(Page {
        app,
        selected: Field::default(),
        narrowing: Field::default(),
        is_drawing: Field::default(),
        kept: RefCell::default(),
        seen: RefCell::default(),
    });
    effect(move || {
        app.investigation.with(|_| ());
        investigation::keep_row(app);
    });
    let narrowed = page.clone();
    effect(move || narrowed.follow_narrowing());
    let keeping = page.clone();
    effect(move || {
        let selected = keeping.selected.get();
        keeping.kept.borrow().selected.replace(selected);
    });
    let (head, body, bottom, keys) = (page.clone(), page.clone(), page.clone(), page);
    let main = el("main")
        .class("investigation")
        .attr("tabindex", "-1")
        .attr("aria-label", "Investigation")
        .child(el("header").class("investigation__head").child(trail(app)).part(
            move || stage(app),
            move || {
                head.seen.borrow_mut().clear();
                let Stage::Ready(id) = stage(app) else {
                    head.kept.replace(Rc::default());
                    head.selected.set(Vec::new());
                    return None;
                };
                head.kept.replace(investigation::kept(app, &id));
                let selected = head.kept.borrow().selected.borrow().clone();
                head.selected.set(selected);
                Some(ready_head(&head))
            },
        ))
        .part(
            move || (stage(app), tab_of(app)),
            move || match stage(app) {
                Stage::Loading => {
                    Some(div("work").child(progress("Loading", || None).class("progress progress--hairline")))
                }
                Stage::Failed(text, is_missing) => Some(failed(app, &text, is_missing)),
                Stage::Ready(_) => Some(panel(&body)),
            },
        )
        .part(
            {
                let bottom = bottom.clone();
                move || tab_of(app).decides() && !bottom.selected().is_empty()
            },
            move || (tab_of(app).decides() && !bottom.selected().is_empty()).then(|| selection_bar(&bottom)),
        )
        .on("keydown", move |event| {
            decide_by_key(&keys, event.unchecked_ref());
        });
    if app.is_page || parts::focused_in(&app.root).is_some() {
        let first = main.clone();
        soon(move || first.focus());
    }
    at_end(move || {
        soon(move || {
            let is_free = app.is_alive.get() && parts::focused_in(&app.root).is_none();
            if is_free && app.dialog.peek().is_none() {
                grid::focus_row(app);
            }
        });
    });
    main
}

/// The way back.
fn trail(app: App) -> El {
    let mut back = String::from("Back to ");
    back.push_str(words::tab_name(app.place.peek().query.view));
    el("nav")
        .class("investigation__trail")
        .attr("aria-label", "Path")
        .child(
            button("button button--link button--small", &back)
                .click(move || place::open_investigation(app, None)),
        )
        .child(small_icon("chevron-right"))
        .child(span("").words("Investigation ").part(
            move || app.place.with(|place| place.investigation.clone()),
            move || {
                let id = app.place.peek().investigation.clone()?;
                Some(show::bdi(text::clipped(&id, 80).0).into())
            },
        ))
}

fn failed(app: App, text: &str, is_missing: bool) -> El {
    let title = if is_missing {
        "There is no such investigation"
    } else {
        "The investigation could not be loaded"
    };
    state_panel("danger", "warning", title, text)
        .attr("role", "alert")
        .child(
            div("state__actions").child(
                button("button button--primary", "Retry").click(move || load::open_investigation(app)),
            ),
        )
}

fn ready_head(page: &Rc<Page>) -> El {
    let app = page.app;
    let review = page.clone();
    div("investigation__top")
        .child(
            div("investigation__line")
                .part(
                    move || detail_of(app).map(|detail| detail.investigation.title.clone()),
                    move || {
                        detail_now(app).map(|detail| {
                            el("h2")
                                .class("investigation__title")
                                .child(show::bdi(&detail.investigation.title))
                        })
                    },
                )
                .part(
                    move || detail_of(app).map(|detail| detail.investigation.status.clone()),
                    move || detail_now(app).map(|detail| status_pill(&detail.investigation.status)),
                )
                .child(
                    icon_button("button button--subtle button--icon push", "refresh", "Refresh")
                        .click(move || load::open_investigation(app)),
                )
                .child(
                    parts::off_because(
                        icon_text_button("button button--subtle", "link", "Copy link"),
                        move || hand::no_link(app),
                    )
                    .click(move || hand::copy_link(app)),
                )
                .part(
                    move || portal(app),
                    move || {
                        portal(app).map(|link| {
                            outward(&link)
                                .class("button")
                                .child(icon("open"))
                                .words("Open in portal")
                        })
                    },
                )
                .child(
                    button("button button--primary", "")
                        .flag("hidden", move || {
                            detail_of(app).is_none_or(|detail| n_pending(&detail) == 0)
                        })
                        .text_of(move || {
                            let n_waiting = detail_of(app).map_or(0, |detail| n_pending(&detail));
                            let mut text = String::from("Review ");
                            text.push_str(&words::counted(n_waiting, "pending action", "pending actions"));
                            text
                        })
                        .click(move || {
                            review.go_to(Tab::Pending);
                        }),
                ),
        )
        .child(
            el("p")
                .class("investigation__outlook")
                .attr("role", "status")
                .text_of(move || detail_of(app).map_or_else(String::new, |detail| outlook(&detail))),
        )
        .part(
            move || {
                (
                    detail_of(app).map(|detail| detail.investigation.clone()),
                    app.zone.get(),
                )
            },
            move || detail_now(app).map(|detail| facts(app, &detail)),
        )
        .part(
            move || detail_of(app).map(|detail| detail.n_set_aside).filter(|n| *n > 0),
            move || {
                let detail = detail_now(app).filter(|detail| detail.n_set_aside > 0)?;
                let mut text = words::counted(detail.n_set_aside, "entry", "entries");
                text.push_str(" could not be read and can’t be shown here.");
                Some(
                    div("banner")
                        .attr("data-tone", "warning")
                        .child(icon("warning"))
                        .child(span("banner__text").text(&text)),
                )
            },
        )
        .child(tabs(page))
}

/// The status in words, on the ground of what it means.
fn status_pill(status: &str) -> El {
    let pill = span("pill").child(show::status_of(Kind::InvestigationStatus, status));
    match vocabulary::status_tone(status) {
        vocabulary::Tone::Success => pill.attr("data-tone", "success"),
        vocabulary::Tone::Danger => pill.attr("data-tone", "danger"),
        vocabulary::Tone::Warning => pill.attr("data-tone", "warning"),
        vocabulary::Tone::Neutral | vocabulary::Tone::Accent => pill,
    }
}

/// The portal's own page; tracked.
fn portal(app: App) -> Option<String> {
    let detail = detail_of(app)?;
    let investigation = &detail.investigation;
    hand::investigation_link(app, &investigation.id, investigation.url.as_deref())
}

/// How long it has taken, in microseconds: in all, and of that waiting for a person, where the backend says so.
fn spans(detail: &InvestigationDetail, now: Time) -> (i64, Option<i64>) {
    let investigation = &detail.investigation;
    let all = investigation
        .ended_at
        .unwrap_or(now)
        .since(investigation.started_at)
        .max(0);
    let waited = investigation.pending_seconds;
    (
        all,
        waited.map(|seconds| seconds.saturating_mul(SECOND).clamp(0, all)),
    )
}

fn facts(app: App, detail: &InvestigationDetail) -> El {
    let of = &detail.investigation;
    let fact = |label: &str, value: El| div("").child(el("dt").text(label)).child(el("dd").child(value));
    let time = |time: Option<Time>| match time {
        Some(time) => El::from(show::full_time(time, app.offset_at(time))),
        None => show::missing().into(),
    };
    let span_of = |pick: fn((i64, Option<i64>)) -> Option<i64>| {
        el("span").class("number").text_of(move || {
            app.clock.with(|_| ());
            let spans = detail_of(app).map(|detail| spans(&detail, app.now()));
            spans.and_then(pick).map_or_else(|| "–".to_owned(), duration)
        })
    };
    let list = el("dl")
        .class("investigation__facts")
        .child(fact("Severity", show::severity(of.severity.as_deref()).into()));
    if let Some(alert) = &of.triggering_alert {
        let title = if alert.title.is_empty() {
            &alert.id
        } else {
            &alert.title
        };
        let drawn = match hand::alert_link(app, &alert.id, alert.url.as_deref()) {
            Some(link) => outward(&link).child(show::bdi(title)),
            None => show::bdi(title).into(),
        };
        list.append(&fact("Triggered by", drawn));
    }
    list.child(fact(
        "Detection source",
        show::word(Kind::DetectionSource, of.detection_source.as_deref()).into(),
    ))
    .child(fact("Started", time(Some(of.started_at))))
    .child(fact("Ended", time(of.ended_at)))
    .child(fact("Duration", span_of(|(all, _)| Some(all))))
    .child(fact("Working", span_of(|(all, waited)| Some(all - waited?))))
    .child(fact("Waiting for a person", span_of(|(_, waited)| waited)))
}

/// The tabs (ARIA tabs pattern, with the selection following the focus only on activation).
fn tabs(page: &Rc<Page>) -> El {
    let app = page.app;
    let mut list = div("tabs")
        .attr("role", "tablist")
        .attr("aria-label", "Investigation");
    for tab in Tab::ALL {
        list = list.child(
            button("tab", &tab.title())
                .attr("role", "tab")
                .attr("data-tab", tab.word())
                .flag("aria-selected", move || tab_of(app) == tab)
                .attr_of("tabindex", move || {
                    Some(if tab_of(app) == tab { "0" } else { "-1" }.to_owned())
                })
                .part(
                    move || detail_of(app).and_then(|detail| tab.count(&detail)),
                    move || {
                        detail_now(app)
                            .and_then(|detail| tab.count(&detail))
                            .map(|count| span("count").text(&grouped(count)))
                    },
                )
                .click(move || place::open_tab(app, tab.word())),
        );
    }
    let scrolled = list.clone();
    effect(move || {
        let tab = tab_of(app);
        let list = scrolled.clone();
        // The open tab is in sight, also where a link has opened it.
        soon(move || {
            let index = Tab::ALL.iter().position(|of| *of == tab).unwrap_or(0);
            if let Some(open) = list.0.children().item(index as u32) {
                let start = open.get_bounding_client_rect().left() - list.0.get_bounding_client_rect().left();
                let room = list.0.client_width() - open.client_width();
                if start < 0.0 || start > f64::from(room) {
                    list.0
                        .set_scroll_left(list.0.scroll_left() + start as i32 - room / 2);
                }
            }
        });
    });
    let kept = list.clone();
    list.on("keydown", move |event| {
        let key: &web_sys::KeyboardEvent = event.unchecked_ref();
        let tabs = kept.0.children();
        let length = tabs.length();
        let active = app.root.active_element();
        let now = (0..length).find(|index| tabs.item(*index) == active).unwrap_or(0);
        let next = match key.key().as_str() {
            "ArrowRight" => (now + 1) % length.max(1),
            "ArrowLeft" => (now + length - 1) % length.max(1),
            "Home" => 0,
            "End" => length - 1,
            _ => return,
        };
        event.prevent_default();
        if let Some(next) = tabs.item(next) {
            El(next).focus();
        }
    })
}

/// What the open tab holds, and the flyout over it.
fn panel(page: &Rc<Page>) -> El {
    let app = page.app;
    let tab = tab_of(app);
    div("work")
        .attr("role", "tabpanel")
        .attr("aria-label", &tab.title())
        .child(if tab == Tab::Summary {
            summary(page)
        } else {
            table::table(page, tab)
        })
        .part(
            move || app.place.with(|place| place.action.is_some()),
            move || app.place.peek().action.is_some().then(|| flyout::flyout(app)),
        )
}

fn card(class: &str, title: &str, body: El) -> El {
    el("section")
        .class(class)
        .attr("aria-label", title)
        .child(el("h3").class("card__head").text(title))
        .child(body)
}

fn summary(page: &Rc<Page>) -> El {
    let app = page.app;
    let (kept, has_rows, below) = (page.clone(), page.clone(), page.clone());
    let (due, drawing, later) = (page.clone(), page.clone(), page.clone());
    if !*page.is_drawing.peek() {
        hand::soon(move || later.is_drawing.set(true));
    }
    // Drawn with the picture, for which it is the description, and put below what waits.
    let in_words: Rc<RefCell<Option<El>>> = Rc::default();
    let n_drawn: Rc<Field<u32>> = Rc::default();
    let (written, counted) = (in_words.clone(), n_drawn.clone());
    let body = div("investigation__body")
        .part(
            move || due.is_drawing.get().then(|| detail_of(app)).flatten(),
            move || {
                let detail = detail_now(app).filter(|_| *drawing.is_drawing.peek())?;
                let (picture, in_words) = graph::graph(&kept, &detail);
                written.replace(Some(in_words));
                counted.update(|number| *number = number.wrapping_add(1));
                let picture = div("card__body").child(picture);
                Some(card("card card--wide", "How it unfolded", picture))
            },
        )
        .when(
            move || {
                has_rows.is_drawing.get() && (has_rows.n_pending() > 0 || !has_rows.seen.borrow().is_empty())
            },
            move || waiting(&below),
        )
        .part(
            move || n_drawn.get(),
            move || {
                let in_words = div("card__body").child(in_words.take()?);
                let pair = div("investigation__pair").child(card("card", "In words", in_words));
                let detail = detail_now(app).filter(|detail| !detail.entity_counts.is_empty());
                Some(match detail {
                    None => pair,
                    Some(detail) => {
                        let counts = div("card__body").child(verdicts(&detail));
                        pair.child(card("card", "Entities, by verdict", counts))
                    }
                })
            },
        );
    let group = div("rows investigation__summary")
        .attr("role", "group")
        .attr("aria-label", "Summary")
        .attr("tabindex", "0")
        .child(body);
    table::keep_top(page, &group, Tab::Summary);
    group
}

/// What waits for a person, below the picture; it stays while the page is open, also once all is decided.
fn waiting(page: &Rc<Page>) -> El {
    let app = page.app;
    let (rows, to_queue) = (table::rows_below(page), page.clone());
    let head = div("card__head")
        .child(el("h3").class("card__title").text("Pending actions"))
        .child(span("count").text_of(move || {
            detail_of(app).map_or_else(String::new, |detail| {
                grouped(Tab::Pending.count(&detail).unwrap_or(0))
            })
        }))
        .child(
            button("button button--link button--small push", "Show in queue").click(move || {
                let id = detail_now(to_queue.app).map(|detail| detail.investigation.id.clone());
                if let Some(id) = id {
                    place::show_in_list(app, View::Pending, |query| {
                        query.set(Facet::Investigation, &id, true)
                    });
                }
            }),
        );
    el("section")
        .class("card card--wide")
        .attr("aria-label", "Pending actions")
        .child(head)
        .child(rows)
}

/// Entities by kind and verdict, the bad ones first.
fn verdicts(detail: &InvestigationDetail) -> El {
    let head = el("tr").children(
        ["Type", "Malicious", "Suspicious", "Clean"]
            .into_iter()
            .map(|title| el("th").attr("scope", "col").text(title)),
    );
    let body = el("tbody");
    for count in &detail.entity_counts {
        let row = el("tr").child(
            el("th")
                .attr("scope", "row")
                .child(show::word(Kind::EntityType, Some(&count.entity_type))),
        );
        for (verdict, number) in [
            ("malicious", count.malicious),
            ("suspicious", count.suspicious),
            ("clean", count.clean),
        ] {
            let cell = el("td");
            match number.and_then(|number| usize::try_from(number).ok()) {
                Some(0) => cell.clone().attr("data-zero", "").add_words("0"),
                Some(number) => cell
                    .clone()
                    .attr("data-verdict", verdict)
                    .add_words(&grouped(number)),
                None => cell.append(&show::missing().into()),
            }
            row.append(&cell);
        }
        body.append(&row);
    }
    el("table")
        .class("verdicts")
        .child(el("thead").child(head))
        .child(body)
}

/// Decides on the selection; the same words as in the list.
fn selection_bar(page: &Rc<Page>) -> El {
    let app = page.app;
    let count = page.clone();
    let bar = div("selection")
        .attr("role", "toolbar")
        .attr("aria-label", "Selection")
        .child(span("selection__count").text_of(move || {
            let mut text = grouped(count.selected().len());
            text.push_str(" selected");
            text
        }));
    for (operation, class, key) in [
        (Operation::Approve, "button button--primary", "a"),
        (Operation::Reject, "button", "r"),
    ] {
        let button = button(class, &humanise(operation.word())).child(parts::key_hint(key));
        let button = parts::off_because(button, move || {
            words::no_permission(app.session()?.as_ref(), operation)
        });
        let (kept, page) = (button.clone(), page.clone());
        bar.append(&button.click(move || {
            if !parts::is_off(&kept) {
                page.decide(operation);
            }
        }));
    }
    let clear = page.clone();
    bar.child(
        button("button button--subtle push", "Clear selection").click(move || {
            clear.selected.set(Vec::new());
            grid::focus_row(app);
        }),
    )
}

/// `a` and `r` open the sheet for the selection; with an open action they go to its buttons, as everywhere.
fn decide_by_key(page: &Rc<Page>, event: &web_sys::KeyboardEvent) {
    let app = page.app;
    let operation = match event.key().as_str() {
        "a" => Operation::Approve,
        "r" => Operation::Reject,
        "/" if !parts::is_typing(event) => {
            // The search of the list is behind the page.
            event.prevent_default();
            event.stop_propagation();
            place::open_evidence(app, place::Step::New, |_| ());
            return focus_evidence_search(app);
        }
        "Escape" if tab_of(app).decides() && !page.selected().is_empty() => {
            if app.place.peek().action.is_none() {
                event.prevent_default();
                event.stop_propagation();
                page.selected.set(Vec::new());
                grid::focus_row(app);
            }
            return;
        }
        _ => return,
    };
    let is_ours = tab_of(app).decides() && app.place.peek().action.is_none();
    let may = app
        .session_now()
        .is_some_and(|session| words::no_permission(&session, operation).is_none());
    if !is_ours
        || !may
        || event.ctrl_key()
        || event.meta_key()
        || event.alt_key()
        || event.repeat()
        || parts::is_typing(event)
    {
        return;
    }
    event.prevent_default();
    event.stop_propagation();
    page.decide(operation);
}

/// Buttons that narrow rows to values, each with its count.
struct Toggles {
    label: &'static str,
    kind: Kind,
    values: Box<dyn Fn() -> Vec<(String, usize)>>,
    is_on: Rc<dyn Fn(&str) -> bool>,
    toggle: Rc<dyn Fn(&str)>,
}

fn toggles(of: Toggles) -> El {
    let counted: Rc<Field<Vec<(String, usize)>>> = Rc::default();
    let (kept, values, is_on, toggle, kind) = (counted.clone(), of.values, of.is_on, of.toggle, of.kind);
    effect(move || kept.set(values()));
    let keys = counted.clone();
    div("chip-bar__list")
        .attr("role", "group")
        .attr("aria-label", of.label)
        .each(
            move || keys.with(|values| values.iter().map(|(value, _)| value.clone()).collect()),
            move |value| {
                let value: Rc<str> = value.into();
                let word = if value.is_empty() {
                    span("").text("None")
                } else {
                    show::word(kind, Some(&value)).into()
                };
                let (is_on, on, of) = (is_on.clone(), value.clone(), value.clone());
                let (toggle, counted) = (toggle.clone(), counted.clone());
                button("button button--small", "")
                    .flag("aria-pressed", move || is_on(&on))
                    .child(word)
                    .words(" ")
                    .child(span("count").text_of(move || {
                        counted.with(|values| {
                            let found = values.iter().find(|(known, _)| **known == *of);
                            grouped(found.map_or(0, |(_, count)| *count))
                        })
                    }))
                    .click(move || toggle(&value))
            },
        )
}

/// The search and the filters of the evidence: each counts what the others let pass.
fn evidence_filters(page: &Rc<Page>) -> El {
    let app = page.app;
    let input = el("input")
        .class("input")
        .attr("type", "search")
        .attr("aria-label", "Search evidence")
        .attr("placeholder", "Search evidence…")
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .attr("maxlength", "500")
        .attr("data-search-evidence", "")
        .on("input", move |event| {
            let text = target_value(&event);
            place::open_evidence(app, place::Step::Over, |place| place.search_evidence(&text));
        })
        .on("keydown", move |event| {
            let key: &web_sys::KeyboardEvent = event.unchecked_ref();
            let has_text = app
                .place
                .peek()
                .evidence_values("evidenceSearch")
                .next()
                .is_some();
            if key.key() == "Escape" && has_text {
                event.prevent_default();
                event.stop_propagation();
                place::open_evidence(app, place::Step::Over, |place| place.search_evidence(""));
            }
        });
    let kept = input.clone();
    effect(move || {
        let text = app.place.with(|place| {
            let mut texts = place.evidence_values("evidenceSearch").map(str::to_owned);
            texts.next().unwrap_or_default()
        });
        kept.set_value(&text);
    });
    let mut filters = div("investigation__filters").child(
        div("field field--search field--small")
            .child(icon("search"))
            .child(input),
    );
    for facet in 0..FACETS.len() {
        filters = filters.child(evidence_facet(page, facet));
    }
    filters.child(
        button("button button--link button--small", "Clear filters")
            .flag("hidden", move || {
                app.place.with(|place| place.evidence.is_empty())
            })
            .click(move || {
                place::open_evidence(app, place::Step::New, |place| place.evidence.clear());
                focus_evidence_search(app);
            }),
    )
}

fn focus_evidence_search(app: App) {
    // It may not be there before the tab is.
    soon(move || {
        if let Ok(Some(found)) = app.root.query_selector("[data-search-evidence]") {
            El(found).focus();
        }
    });
}

fn evidence_facet(page: &Rc<Page>, facet: usize) -> El {
    let (member, label, kind) = FACETS[facet];
    let (app, counting) = (page.app, page.clone());
    let list = toggles(Toggles {
        label,
        kind,
        values: Box::new(move || {
            let Some(detail) = detail_of(app) else {
                return Vec::new();
            };
            counting.narrowing.with(|_| ());
            let passing = detail
                .evidence
                .iter()
                .filter(|evidence| counting.passes(evidence, Some(facet)));
            let mut counts = counts_of(passing, facet);
            for wanted in &counting.narrowing.peek().wanted[facet] {
                if !counts.iter().any(|(value, _)| value == wanted) {
                    counts.push((wanted.clone(), 0));
                }
            }
            counts
        }),
        is_on: Rc::new(move |value| app.place.with(|place| place.has_evidence(member, value))),
        toggle: Rc::new(move |value| {
            place::open_evidence(app, place::Step::New, |place| {
                let is_wanted = !place.has_evidence(member, value);
                place.set_evidence(member, value, is_wanted);
            });
        }),
    });
    div("investigation__facet")
        .child(span("hint").attr("aria-hidden", "true").text(label))
        .child(list)
}

/// Investigations that none of the server's counts has; none where it has not counted.
fn n_elsewhere(app: App) -> Option<usize> {
    let (values, total) = facets::by_status(app)?;
    let n_counted = values.iter().fold(0, |sum, (_, count)| count.saturating_add(sum));
    let n_elsewhere = total.saturating_sub(u64::try_from(n_counted).unwrap_or(0));
    usize::try_from(n_elsewhere).ok()
}

/// How many investigations have each status, above their list; each is a filter.
pub(crate) fn status_strip(app: App) -> El {
    effect(move || facets::ask_by_status(app));
    let is_wanted = move |value: &str| app.place.with(|place| place.query.has(Facet::Status, value));
    let strip = toggles(Toggles {
        label: "Status",
        kind: Kind::InvestigationStatus,
        values: Box::new(move || {
            app.rows.track();
            let store = app.store.borrow();
            if store.view() != View::Investigations {
                return Vec::new();
            }
            let known = vocabulary::known(Kind::InvestigationStatus);
            let rank = |value: &str| {
                known
                    .iter()
                    .position(|known| *known == value)
                    .unwrap_or(known.len())
            };
            let mut values: Vec<(String, usize)> = match facets::by_status(app) {
                Some((values, _)) => values
                    .into_iter()
                    .map(|(value, count)| (value, usize::try_from(count).unwrap_or(0)))
                    .filter(|(value, count)| *count > 0 || is_wanted(value))
                    .collect(),
                None => {
                    let counts = store.facet_counts(Facet::Status, "", usize::MAX);
                    let values = counts.values.into_iter();
                    values.map(|value| (value.value, value.count)).collect()
                }
            };
            // In the contract's order, so that none moves with its count.
            sort_by(&mut values, |left, right| rank(&left.0).cmp(&rank(&right.0)));
            values
        }),
        is_on: Rc::new(is_wanted),
        toggle: Rc::new(move |value| {
            place::change(app, place::Step::New, |query| {
                let is_wanted = !query.has(Facet::Status, value);
                query.set(Facet::Status, value, is_wanted);
            });
        }),
    });
    el("section")
        .class("chip-bar")
        .attr("aria-label", "Investigations by status")
        .attr("data-strip", "")
        .child(strip)
        .part(
            move || {
                (
                    app.load
                        .with(|load| (load.is_narrowed, load.phase == Phase::Complete, load.n_loaded)),
                    app.place.with(|place| place.query.sort),
                    n_elsewhere(app),
                )
            },
            move || {
                if let Some(n_elsewhere) = n_elsewhere(app) {
                    let mut text = grouped(n_elsewhere);
                    text.push_str(" more of another status");
                    return (n_elsewhere > 0).then(|| span("hint push nowrap").text(&text));
                }
                let load = app.load.peek();
                let start = match (load.is_narrowed, &load.phase) {
                    (true, _) if app.place.peek().query.is_newest_first() => "of the newest ",
                    (false, Phase::Complete) => return None,
                    _ => "of the first ",
                };
                let mut text = String::from(start);
                text.push_str(&grouped(load.n_loaded));
                Some(span("hint push nowrap").text(&text))
            },
        )
}
