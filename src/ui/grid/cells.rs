//! What stands in a row's cells: drafted from the store, not kept up by effects.

use action_center_core::decision::{State, Why};
use action_center_core::domain::column::{Column, Kind};
use action_center_core::domain::query::View;
use action_center_core::domain::time::{SECOND, Time, duration, grouped};
use action_center_core::domain::words;
use action_center_core::store::Store;

use super::{drawn_at, is_at_end, name_of};
use crate::ui::kit::draft::Draft;
use crate::ui::show;
use crate::ui::state::{App, Zone};
use crate::ui::tasks::decide;

/// Everything that rows drawn in one go share.
pub(super) struct Context<'a> {
    app: App,
    store: &'a Store,
    columns: Vec<Column>,
    /// The widths of columns at least, in thousandths of the font's size, without padding.
    widths: Vec<u32>,
    now: Time,
    is_utc: bool,
}

impl<'a> Context<'a> {
    pub(super) fn new(app: App, store: &'a Store, columns: &[Column], widths: Vec<u32>) -> Self {
        Self {
            app,
            store,
            columns: columns.to_vec(),
            widths,
            now: drawn_at(app),
            is_utc: *app.zone.peek() == Zone::Utc,
        }
    }

    /// What a row is to be.
    pub(super) fn row(&self, row: u32) -> Draft {
        let mut name = String::from("Select ");
        name.push_str(&name_of(self.store, row));
        let lock = decide::lock(self.app, self.store.id(row));
        let mut whole = blank(name);
        if lock.is_some() {
            whole = whole.attr("data-locked", "");
        }
        if self.store.is_changed(row) {
            whole = whole.attr("data-change", "");
        }
        let view = self.store.view();
        let lock_column = match view {
            View::Pending => Some(Column::Expires),
            View::History => Some(Column::Status),
            View::Investigations => None,
        };
        for (column, width) in self.columns.iter().zip(&self.widths) {
            let content = match &lock {
                Some(lock) if lock_column == Some(*column) => sending(lock.state, lock.why),
                _ => self.cell(row, *column),
            };
            let mut cell = Draft::new("div")
                .class(class_of(*column, content.width() <= *width))
                .attr("role", "gridcell")
                .attr("data-column", column.info().member);
            if let Some(place) = card_place(view, *column) {
                cell = cell.attr("data-card", place);
            }
            whole = whole.child(cell.child(content));
        }
        whole
    }

    fn cell(&self, row: u32, column: Column) -> Draft {
        let store = self.store;
        let text = || store.text(row, column);
        match column {
            Column::Entity => {
                let entity_type = store.text(row, Column::EntityType).unwrap_or_default();
                show::entity(text().unwrap_or_default(), entity_type, false)
            }
            Column::ActionType => match text() {
                Some(action_type) => show::action_type(action_type, store.reversible(row) == Some(false)),
                None => show::missing(),
            },
            Column::Asset => match text() {
                Some(name) => show::asset(
                    store.asset_kind(row).unwrap_or_default(),
                    name,
                    store.asset_criticality(row),
                ),
                None => show::missing(),
            },
            Column::Severity => show::severity(text()),
            Column::Status if store.view() == View::Investigations => match text() {
                Some(status) => show::status_of(words::Kind::InvestigationStatus, status),
                None => show::missing(),
            },
            Column::Status => text().map_or_else(show::missing, show::status),
            Column::Expires => match store.time(row, column) {
                Some(expires) => {
                    let is_pending = store.text(row, Column::Status) == Some("pending");
                    if is_pending || store.view() != View::Pending {
                        show::expiry(expires, is_pending, self.now)
                    } else {
                        // Somebody has decided it meanwhile: the row says what it is until the list is shown anew.
                        store
                            .text(row, Column::Status)
                            .map_or_else(show::missing, show::status)
                    }
                }
                None if store.view() == View::Pending
                    && store.text(row, Column::Status) != Some("pending") =>
                {
                    store
                        .text(row, Column::Status)
                        .map_or_else(show::missing, show::status)
                }
                None => show::missing(),
            },
            Column::EntityType => show::word(words::Kind::EntityType, text()),
            Column::Source => show::word(words::Kind::Source, text()),
            Column::Decision => show::word(words::Kind::Decision, text()),
            Column::DetectionSource => show::word(words::Kind::DetectionSource, text()),
            Column::Category => text().map_or_else(show::missing, |text| show::bdi(&words::humanise(text))),
            Column::Impact => match store.impact(row) {
                Some(impact) if impact.sum().is_some() => Draft::span("").words(show::impact_words(impact)),
                _ => show::missing(),
            },
            Column::PendingTime => match store.number(row, column, self.now) {
                Some(seconds) => Draft::span("number").words(duration(seconds.saturating_mul(SECOND))),
                None => show::missing(),
            },
            _ => match column.info().kind {
                Kind::Time => match store.time(row, column) {
                    Some(time) => show::time_cell(time, self.offset_at(time), self.now),
                    None => show::missing(),
                },
                Kind::Number => match store.number(row, column, self.now) {
                    Some(number) => {
                        Draft::span("number").words(grouped(usize::try_from(number).unwrap_or(0)))
                    }
                    None => show::missing(),
                },
                Kind::Span => match store.number(row, column, self.now) {
                    Some(micros) => Draft::span("number").words(duration(micros)),
                    None => show::missing(),
                },
                Kind::Word | Kind::Severity | Kind::Name | Kind::Text | Kind::Flag => text()
                    .filter(|text| !text.is_empty())
                    .map_or_else(show::missing, show::bdi),
            },
        }
    }

    fn offset_at(&self, time: Time) -> i32 {
        if self.is_utc {
            0
        } else {
            crate::ui::tasks::say::offset_minutes(time)
        }
    }
}

/// A row without columns: its checkbox, named.
pub(super) fn blank(name: String) -> Draft {
    let checkbox = Draft::new("input")
        .class("checkbox")
        .attr("type", "checkbox")
        .attr("tabindex", "-1")
        .attr("aria-label", name);
    Draft::new("div").class("grid__row").attr("role", "row").child(
        Draft::new("div")
            .class("grid__cell grid__cell--overflow")
            .attr("role", "gridcell")
            .attr("data-column", "select")
            .attr("data-card", "select")
            .child(checkbox),
    )
}

/// What a row says while its decision is under way.
fn sending(state: State, why: Why) -> Draft {
    match (state, why) {
        (State::Unsent, _) => show::status_words("sending", "st-queued", false, "Not sent yet"),
        (State::Unknown, _) => show::status_words("unknown", "st-unknown", false, "Outcome unknown"),
        _ => show::status_words("sending", "st-running", true, "Sending…"),
    }
}

/// Where a cell stands on the card that a row becomes on a narrow page.
fn card_place(view: View, column: Column) -> Option<&'static str> {
    match (view, column) {
        (View::Investigations, Column::Title) => Some("title"),
        (View::Investigations, Column::Started)
        | (View::Pending, Column::Expires)
        | (View::History, Column::Updated) => Some("time"),
        (View::Investigations, Column::TriggeringAlert) => Some("body"),
        (View::Investigations, Column::Assets) => Some("foot"),
        (View::Investigations, Column::Status) => Some("mark"),
        (View::Pending | View::History, Column::ActionType) => Some("title"),
        (View::Pending | View::History, Column::Entity) => Some("body"),
        (View::Pending | View::History, Column::Asset) => Some("foot"),
        (View::Pending, Column::Severity) | (View::History, Column::Status) => Some("mark"),
        _ => None,
    }
}

/// The classes of a cell. One whose content has room needs no clip: hundreds of clips are what makes painting slow.
fn class_of(column: Column, has_room: bool) -> &'static str {
    let is_quiet = !matches!(
        column,
        Column::ActionType
            | Column::Entity
            | Column::Severity
            | Column::Status
            | Column::Title
            | Column::Expires
    );
    match (is_at_end(column), is_quiet, has_room || column == Column::Expires) {
        (true, _, true) => "grid__cell grid__cell--end grid__cell--quiet grid__cell--overflow",
        (true, _, false) => "grid__cell grid__cell--end grid__cell--quiet",
        (false, true, true) => "grid__cell grid__cell--quiet grid__cell--overflow",
        (false, true, false) => "grid__cell grid__cell--quiet",
        (false, false, true) => "grid__cell grid__cell--overflow",
        (false, false, false) => "grid__cell",
    }
}
