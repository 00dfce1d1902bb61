//! The picture of an investigation: alerts → assets → entities → evidence → decisions → result. Every node is a link to its tab,
//! the arrow keys walk between them, and a list says the same in words.

use std::cell::Cell;
use std::rc::Rc;

use action_center_core::domain::text;
use action_center_core::domain::time::grouped;
use action_center_core::domain::words::{self, Kind, humanise};
use action_center_core::wire::InvestigationDetail;
use wasm_bindgen::JsCast;

use super::tables::{Tab, n_entities, verdict_look};
use super::{Page, in_order, n_pending, outlook};
use crate::ui::kit::dom::{El, div, el, svg};
use crate::ui::tasks::place;
use crate::ui::words::counted;

/// Nodes of one kind that are drawn, at most; the last stands for those that are left.
const MAX_NODES: usize = 4;
/// The geometry, in user units, which are CSS pixels where there is room.
const NODE_WIDTH: usize = 184;
const NODE_HEIGHT: usize = 44;
const COLUMN_STEP: usize = 216;
const ROW_STEP: usize = 58;
const TOP: usize = 32;
/// Longer ones end here in the list of words too.
const MAX_LINE_CHARS: usize = 500;

/// A box of the picture.
struct Node {
    icon: &'static str,
    title: String,
    sub: String,
    /// The value of `data-verdict`; empty is none.
    tone: &'static str,
    tab: Tab,
    /// The verdict that its tab is to show alone.
    verdict: Option<String>,
}

/// Boxes of one kind under their title.
struct Column {
    title: &'static str,
    nodes: Vec<Node>,
}

fn node(icon: &'static str, title: &str, sub: &str, tone: &'static str, tab: Tab) -> Node {
    let line = |text: &str| {
        let (shown, n_left) = text::clipped(text, MAX_LINE_CHARS);
        let mut line = text::spoken(shown);
        line.push_str(if n_left > 0 { "…" } else { "" });
        line
    };
    Node {
        icon,
        title: line(title),
        sub: line(sub),
        tone,
        tab,
        verdict: None,
    }
}

/// As many of a list as there is room for, then one for the others.
fn some<T>(list: &[T], tab: Tab, make: impl FnMut(&T) -> Node) -> Vec<Node> {
    let n_shown = if list.len() > MAX_NODES {
        MAX_NODES - 1
    } else {
        list.len()
    };
    let mut nodes: Vec<Node> = list.iter().take(n_shown).map(make).collect();
    if n_shown < list.len() {
        let mut title = grouped(list.len() - n_shown);
        title.push_str(" more");
        nodes.push(node("more", &title, "", "", tab));
    }
    nodes
}

fn columns(detail: &InvestigationDetail) -> Vec<Column> {
    let investigation = &detail.investigation;
    let alerts = some(&detail.alerts, Tab::Alerts, |alert| {
        let mut sub = alert.severity.as_deref().map(humanise).unwrap_or_default();
        if let Some(status) = &alert.status {
            sub.push_str(if sub.is_empty() { "" } else { " · " });
            sub.push_str(&humanise(status));
        }
        node("warning", &alert.title, &sub, "", Tab::Alerts)
    });
    let mut n_by_asset = detail.n_by_asset.iter();
    let assets = some(&investigation.assets, Tab::Assets, |asset| {
        let n_found = n_by_asset.next().copied().unwrap_or(0);
        let sub = if n_found > 0 {
            counted(n_found, "finding", "findings")
        } else {
            humanise(&asset.kind)
        };
        node(
            words::entity_icon(&asset.kind),
            &asset.name,
            &sub,
            "",
            Tab::Assets,
        )
    });
    let n_looked_at = n_entities(detail);
    let mut entities = Vec::new();
    if n_looked_at > 0 {
        let kinds = counted(detail.entity_counts.len(), "kind", "kinds");
        let title = counted(n_looked_at, "entity", "entities");
        entities.push(node("network", &title, &kinds, "", Tab::Entities));
    }
    let verdicts = in_order(detail.n_by_verdict.clone());
    let evidence = some(&verdicts, Tab::Evidence, |(verdict, count)| {
        let title = if verdict.is_empty() {
            "No verdict".to_owned()
        } else {
            humanise(verdict)
        };
        let (icon, _, tone) = verdict_look(verdict);
        let sub = counted(*count, "piece of evidence", "pieces of evidence");
        Node {
            verdict: Some(verdict.clone()),
            ..node(icon, &title, &sub, tone, Tab::Evidence)
        }
    });
    let n_waiting = n_pending(detail);
    let mut decisions = Vec::new();
    if n_waiting > 0 {
        let title = counted(n_waiting, "decision", "decisions");
        let sub = "Waiting for a person";
        decisions.push(node("st-queued", &title, sub, "suspicious", Tab::Pending));
    } else if !detail.actions.is_empty() {
        let title = counted(detail.actions.len(), "action", "actions");
        decisions.push(node("check", &title, "None waits", "", Tab::Actions));
    }
    let is_over = if investigation.ended_at.is_some() {
        "Ended"
    } else {
        "Not ended yet"
    };
    let tone = match words::status_tone(&investigation.status) {
        words::Tone::Success => "clean",
        words::Tone::Danger => "malicious",
        words::Tone::Warning => "suspicious",
        words::Tone::Neutral | words::Tone::Accent => "",
    };
    let icon = words::status_icon(&investigation.status);
    let status = humanise(&investigation.status);
    let result = node(icon, &status, is_over, tone, Tab::Log);
    let all = [
        ("Alerts", alerts),
        ("Assets", assets),
        ("Entities analysed", entities),
        ("Evidence", evidence),
        ("Decisions", decisions),
        ("Result", vec![result]),
    ];
    all.into_iter()
        .filter(|(_, nodes)| !nodes.is_empty())
        .map(|(title, nodes)| Column { title, nodes })
        .collect()
}

fn number(number: usize) -> String {
    number.to_string()
}

/// The picture and its words.
pub(super) fn graph(page: &Rc<Page>, detail: &InvestigationDetail) -> (El, El) {
    let columns = columns(detail);
    let n_most = columns.iter().map(|column| column.nodes.len()).max().unwrap_or(1);
    let (width, height) = (
        columns.len() * COLUMN_STEP - (COLUMN_STEP - NODE_WIDTH) + 16,
        TOP + n_most * ROW_STEP,
    );
    let mut view = String::from("0 0 ");
    view.push_str(&number(width));
    view.push(' ');
    view.push_str(&number(height));
    let mut natural = number(width);
    natural.push_str("px");
    let picture = svg("svg")
        .class("graph")
        .style("--graph-width", &natural)
        .attr("viewBox", &view)
        .attr("role", "group")
        .attr("aria-label", "How it unfolded")
        .attr("aria-describedby", "investigation-words");
    let at = |column: usize, row: usize| {
        let n_here = columns[column].nodes.len();
        (
            8 + column * COLUMN_STEP,
            TOP + (n_most - n_here) * ROW_STEP / 2 + row * ROW_STEP,
        )
    };
    for (index, column) in columns.iter().enumerate() {
        picture.append(
            &svg("text")
                .class("graph__column")
                .attr("aria-hidden", "true")
                .attr("x", &number(8 + index * COLUMN_STEP))
                .attr("y", "16")
                .text(column.title),
        );
        let Some(next) = columns.get(index + 1) else {
            continue;
        };
        for (row, from) in column.nodes.iter().enumerate() {
            for (next_row, to) in next.nodes.iter().enumerate() {
                let tone = if from.tone == "malicious" {
                    from.tone
                } else {
                    to.tone
                };
                picture.append(&edge(at(index, row), at(index + 1, next_row), tone));
            }
        }
    }
    let elements: Rc<std::cell::RefCell<Vec<Vec<El>>>> = Rc::default();
    let list = el("ol")
        .class("investigation__words")
        .attr("id", "investigation-words");
    let current = Rc::new(Cell::new((0, 0)));
    for (index, column) in columns.iter().enumerate() {
        let mut drawn = Vec::new();
        let item = el("li").child(el("strong").text(column.title)).words(": ");
        for (row, of) in column.nodes.iter().enumerate() {
            let element = draw(page, column.title, of, at(index, row));
            element.set("tabindex", Some(if (index, row) == (0, 0) { "0" } else { "-1" }));
            let (kept, nodes) = (current.clone(), elements.clone());
            let element = element.on("focus", move |_| {
                let nodes: std::cell::Ref<'_, Vec<Vec<El>>> = nodes.borrow();
                let before = kept.replace((index, row));
                for ((column, row), value) in [(before, "-1"), ((index, row), "0")] {
                    if let Some(node) = nodes.get(column).and_then(|column| column.get(row)) {
                        node.set("tabindex", Some(value));
                    }
                }
            });
            picture.append(&element);
            drawn.push(element);
            item.add_words(if row > 0 { "; " } else { "" });
            item.append(&crate::ui::show::bdi(&of.title).into());
            if !of.sub.is_empty() {
                item.add_words(" (");
                item.add_words(&of.sub);
                item.add_words(")");
            }
        }
        elements.borrow_mut().push(drawn);
        list.append(&item.words("."));
    }
    list.append(&el("li").text(&outlook(detail)));
    let nodes = elements;
    let picture = picture.on("keydown", move |event| {
        let key: &web_sys::KeyboardEvent = event.unchecked_ref();
        let (column, row) = current.get();
        let nodes = nodes.borrow();
        let last = nodes.len().saturating_sub(1);
        let (column, row) = match key.key().as_str() {
            "ArrowRight" => ((column + 1).min(last), row),
            "ArrowLeft" => (column.saturating_sub(1), row),
            "ArrowDown" => (column, row + 1),
            "ArrowUp" => (column, row.saturating_sub(1)),
            "Home" => (0, 0),
            "End" => (last, 0),
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        if let Some(of) = nodes.get(column)
            && let Some(node) = of.get(row).or_else(|| of.last())
        {
            node.focus();
        }
    });
    (div("graph__scroll").child(picture), list)
}

/// A curve between two boxes.
fn edge(from: (usize, usize), to: (usize, usize), tone: &str) -> El {
    let (x, y) = (from.0 + NODE_WIDTH, from.1 + NODE_HEIGHT / 2);
    let (end_x, end_y) = (to.0, to.1 + NODE_HEIGHT / 2);
    let middle = (x + end_x) / 2;
    let mut path = String::from("M");
    for (index, number_of) in [x, y, middle, y, middle, end_y, end_x, end_y]
        .into_iter()
        .enumerate()
    {
        path.push_str(match index {
            0 => "",
            2 => "C",
            _ => " ",
        });
        path.push_str(&number(number_of));
    }
    let edge = svg("path")
        .class("graph__edge")
        .attr("aria-hidden", "true")
        .attr("d", &path);
    if tone.is_empty() {
        edge
    } else {
        edge.attr("data-verdict", tone)
    }
}

/// A box: icon, two lines that end at its edge, and the whole as its name and tooltip.
fn draw(page: &Rc<Page>, kind: &str, of: &Node, at: (usize, usize)) -> El {
    let mut place_words = String::from("translate(");
    place_words.push_str(&number(at.0));
    place_words.push(' ');
    place_words.push_str(&number(at.1));
    place_words.push(')');
    let mut name = String::from(kind);
    name.push_str(": ");
    name.push_str(&of.title);
    // The visible words stand in the name as they are (WCAG 2.5.3).
    name.push(' ');
    name.push_str(&of.sub);
    let mut href = String::from("#");
    href.push_str(of.icon);
    let (kept, tab, verdict) = (page.clone(), of.tab, of.verdict.clone());
    let open = Rc::new(move || match &verdict {
        Some(verdict) => {
            place::open_evidence(kept.app, place::Step::New, |place| {
                place.evidence.clear();
                place.set_evidence("verdict", verdict, true);
            });
            kept.focus_tab(tab);
        }
        None => kept.go_to(tab),
    });
    let by_key = open.clone();
    let node = svg("g")
        .class("graph__node")
        .attr("role", "link")
        .attr("aria-label", &name)
        .attr("transform", &place_words)
        .child(
            svg("rect")
                .attr("width", &number(NODE_WIDTH))
                .attr("height", &number(NODE_HEIGHT))
                .attr("rx", "4"),
        )
        .child(
            svg("use")
                .class("graph__mark")
                .attr("href", &href)
                .attr("x", "12")
                .attr("y", "14")
                .attr("width", "16")
                .attr("height", "16"),
        )
        // HTML in the picture: what is too long ends in an ellipsis, which SVG has not. The whole stands in the tooltip, the
        // name and the list.
        .child(
            svg("foreignObject")
                .attr("x", "36")
                .attr("width", &number(NODE_WIDTH - 44))
                .attr("height", &number(NODE_HEIGHT))
                .child(
                    div("graph__text")
                        .attr("title", &name)
                        .child(el("bdi").text(&of.title))
                        .words(" ")
                        .child(el("bdi").class("graph__sub").text(&of.sub)),
                ),
        )
        .click(move || open())
        .on("keydown", move |event| {
            let key: &web_sys::KeyboardEvent = event.unchecked_ref();
            if matches!(key.key().as_str(), "Enter" | " ") {
                event.prevent_default();
                event.stop_propagation();
                by_key();
            }
        });
    if of.tone.is_empty() {
        node
    } else {
        node.attr("data-verdict", of.tone)
    }
}

/// Known verdicts first, in the contract's order.
pub(super) fn verdict_rank(verdict: &str) -> usize {
    let known = words::known(Kind::Verdict);
    known
        .iter()
        .position(|known| *known == verdict)
        .unwrap_or(known.len() + usize::from(verdict.is_empty()))
}
