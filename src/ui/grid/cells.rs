//! What stands in a row's cells: drawn once from the store, not kept up by effects.

use action_center_core::decision::{State, Why};
use action_center_core::domain::column::{Column, Kind};
use action_center_core::domain::query::View;
use action_center_core::domain::time::{SECOND, Time, duration, grouped};
use action_center_core::domain::words;
use action_center_core::store::Store;

use super::{Slot, drawn_at, is_at_end, name_of};
use crate::ui::kit::dom::{El, span};
use crate::ui::show;
use crate::ui::state::{App, Zone};
use crate::ui::tasks::decide;

/// Everything that rows drawn in one go share.
pub(super) struct Context<'a> {
    app: App,
    store: &'a Store,
    columns: Vec<Column>,
    now: Time,
    is_utc: bool,
}

impl<'a> Context<'a> {
    pub(super) fn new(app: App, store: &'a Store, columns: &[Column]) -> Self {
        Self {
            app,
            store,
            columns: columns.to_vec(),
            now: drawn_at(app),
            is_utc: *app.zone.peek() == Zone::Utc,
        }
    }

    /// Draws a row's content into its slot.
    pub(super) fn draw_row(&self, slot: &Slot, row: u32) {
        let mut name = String::from("Select ");
        name.push_str(&name_of(self.store, row));
        slot.checkbox.set("aria-label", Some(&name));
        let lock = decide::lock(self.app, self.store.id(row));
        slot.element.set("data-locked", lock.as_ref().map(|_| ""));
        slot.element
            .set("data-change", self.store.is_changed(row).then_some(""));
        for (cell, column) in slot.cells.iter().zip(&self.columns) {
            cell.clear();
            cell.set("data-column", Some(column.info().member));
            cell.set("data-card", card_place(self.store.view(), *column));
            cell.0.set_class_name(class_of(*column));
            let shows_lock = match self.store.view() {
                View::Pending => *column == Column::Expires,
                View::History => *column == Column::Status,
                View::Investigations => false,
            };
            let content = match &lock {
                Some(lock) if shows_lock => sending(lock.state, lock.why),
                _ => self.cell(row, *column),
            };
            cell.append(&content);
        }
    }

    fn cell(&self, row: u32, column: Column) -> El {
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
                Some(impact) if impact.sum().is_some() => span("").text(&show::impact_words(impact)),
                _ => show::missing(),
            },
            Column::PendingTime => match store.number(row, column, self.now) {
                Some(seconds) => span("number").text(&duration(seconds.saturating_mul(SECOND))),
                None => show::missing(),
            },
            _ => match column.info().kind {
                Kind::Time => match store.time(row, column) {
                    Some(time) => show::time_cell(time, self.offset_at(time), self.now),
                    None => show::missing(),
                },
                Kind::Number => match store.number(row, column, self.now) {
                    Some(number) => span("number").text(&grouped(usize::try_from(number).unwrap_or(0))),
                    None => show::missing(),
                },
                Kind::Span => match store.number(row, column, self.now) {
                    Some(micros) => span("number").text(&duration(micros)),
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

/// What a row says while its decision is under way.
fn sending(state: State, why: Why) -> El {
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

fn class_of(column: Column) -> &'static str {
    if column == Column::Expires {
        return "grid__cell grid__cell--overflow";
    }
    if is_at_end(column) {
        return "grid__cell grid__cell--end grid__cell--quiet";
    }
    match column {
        Column::ActionType | Column::Entity | Column::Severity | Column::Status | Column::Title => {
            "grid__cell"
        }
        _ => "grid__cell grid__cell--quiet",
    }
}
