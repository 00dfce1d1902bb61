//! What stands around the table: filters, chips, dialogs, menus, toasts. May use `core`, `ui::{state, tasks, kit}`.

mod chips;
mod columns;
mod export;
mod filters;
mod menus;
mod range;
mod shortcuts;
mod toasts;

pub(crate) use chips::chips;
pub(crate) use columns::columns;
pub(crate) use export::export;
pub(crate) use filters::filters;
pub(crate) use menus::{more_button, session_button, theme_button, zone_button};
pub(crate) use range::{range, range_select};
pub(crate) use shortcuts::shortcuts;
pub(crate) use toasts::{live_region, toasts};

use action_center_core::domain::facet::Facet;
use action_center_core::domain::query::View;
use action_center_core::domain::text;
use action_center_core::domain::words::{self, Kind};

use super::kit::dom::El;
use super::show;
use super::state::{App, Dialog};

/// The lengths of time that a deadline can be filtered by, in minutes.
const DEADLINES: [(u32, &str); 3] = [
    (2 * 60, "Within 2 hours"),
    (24 * 60, "Within 24 hours"),
    (72 * 60, "Within 3 days"),
];

fn close(app: App) {
    app.dialog.set(None);
}

fn open(app: App, dialog: Dialog) {
    app.dialog.set(Some(dialog));
}

/// The enumeration that a facet's values are words of.
fn kind_of(facet: Facet, view: View) -> Option<Kind> {
    Some(match facet {
        Facet::Status if view == View::Investigations => Kind::InvestigationStatus,
        Facet::Status => Kind::Status,
        Facet::ActionType => Kind::ActionType,
        Facet::EntityType => Kind::EntityType,
        Facet::Severity => Kind::Severity,
        Facet::Source => Kind::Source,
        Facet::DetectionSource => Kind::DetectionSource,
        Facet::Decision => Kind::Decision,
        Facet::DecidedBy | Facet::Asset | Facet::Investigation | Facet::Approval => return None,
    })
}

/// A facet's value as it is spoken; `label` is what people know it by.
fn value_words(facet: Facet, value: &str, label: &str) -> String {
    if value.is_empty() {
        return "None".to_owned();
    }
    let shown = if facet.is_enumeration() {
        words::humanise(value)
    } else {
        label.to_owned()
    };
    text::spoken(text::clipped(&shown, 200).0)
}

/// A facet's value as it is drawn.
fn value_drawn(facet: Facet, view: View, value: &str, label: &str) -> El {
    match kind_of(facet, view) {
        _ if value.is_empty() => super::kit::dom::span("").text("None"),
        Some(kind) => show::word(kind, Some(value)).into(),
        None => show::bdi(text::clipped(label, 200).0).into(),
    }
}

/// Gives the focus to what stays when the control that had it goes: the button of the filters, else the search.
fn focus_toolbar(app: App) {
    let stays = ["[data-filters]", "[data-search]"];
    if let Some(stays) = stays
        .into_iter()
        .find_map(|name| app.root.query_selector(name).ok().flatten())
    {
        El(stays).focus();
    }
}
