//! The one registry of columns: member, title, views, kind, width. Parser, headers, dialog, store and export are derived from it.

use super::query::View;

/// A column of the table, and every member that rows can be sorted by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Column {
    /// `createdAt`
    Created,
    /// `expiresAt`
    Expires,
    /// `type`
    ActionType,
    /// `entity`
    Entity,
    /// `entityType`
    EntityType,
    /// `asset`, by name
    Asset,
    /// `severity`, by rank
    Severity,
    /// `investigationTitle`
    Investigation,
    /// `threat`
    Threat,
    /// `source`
    Source,
    /// `impact`, by its sum
    Impact,
    /// `waiting`, worked out
    Waiting,
    /// `approvalId`
    ApprovalId,
    /// `investigationId`
    InvestigationId,
    /// `id`
    Id,
    /// `updatedAt`
    Updated,
    /// `decision`
    Decision,
    /// `decidedBy`, by name
    DecidedBy,
    /// `status`
    Status,
    /// `comment`
    Comment,
    /// `decidedAt`
    Decided,
    /// `startedAt`
    Started,
    /// `endedAt`
    Ended,
    /// `reversible`: sorts, is no column
    Reversible,
    /// Investigations: `title`
    Title,
    /// Investigations: `triggeringAlert`, by title
    TriggeringAlert,
    /// Investigations: `detectionSource`
    DetectionSource,
    /// Investigations: `category`
    Category,
    /// Investigations: `assets`, by the first one's name
    Assets,
    /// Investigations: `threatCount`
    Threats,
    /// Investigations: `actionCount`
    Actions,
    /// Investigations: `pendingActionCount`
    PendingActions,
    /// Investigations: `duration`, worked out
    Duration,
    /// Investigations: `pendingSeconds`
    PendingTime,
    /// Investigations: `url`: sorts, is no column
    Url,
}

/// What a column's values are, and so how they sort, align and export.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A word of an open enumeration: few distinct values, shown humanised.
    Word,
    /// `severity`: a word that sorts by rank.
    Severity,
    /// A name that repeats from row to row: asset, decider, title.
    Name,
    /// Text that is mostly different in every row.
    Text,
    /// An instant.
    Time,
    /// A whole number.
    Number,
    /// A length of time that runs while the row is open.
    Span,
    /// True or false.
    Flag,
}

/// One row of the registry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Info {
    /// Which column.
    pub column: Column,
    /// The member in URL and API.
    pub member: &'static str,
    /// The title on screen and in the export.
    pub title: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// Width in CSS pixels before the user changes it.
    pub width_px: u16,
}

const fn info(column: Column, member: &'static str, title: &'static str, kind: Kind, width_px: u16) -> Info {
    Info {
        column,
        member,
        title,
        kind,
        width_px,
    }
}

/// The registry, in the order of the enum.
pub const COLUMNS: [Info; 35] = [
    info(Column::Created, "createdAt", "Created", Kind::Time, 124),
    info(Column::Expires, "expiresAt", "Expires", Kind::Time, 152),
    info(Column::ActionType, "type", "Action type", Kind::Word, 160),
    info(Column::Entity, "entity", "Entity", Kind::Text, 300),
    info(Column::EntityType, "entityType", "Entity type", Kind::Word, 108),
    info(Column::Asset, "asset", "Asset", Kind::Name, 116),
    info(Column::Severity, "severity", "Severity", Kind::Severity, 120),
    info(
        Column::Investigation,
        "investigationTitle",
        "Investigation",
        Kind::Name,
        240,
    ),
    info(Column::Threat, "threat", "Threat", Kind::Name, 200),
    info(Column::Source, "source", "Action source", Kind::Word, 112),
    info(Column::Impact, "impact", "Impact", Kind::Number, 160),
    info(Column::Waiting, "waiting", "Waiting", Kind::Span, 110),
    info(Column::ApprovalId, "approvalId", "Approval ID", Kind::Name, 150),
    info(
        Column::InvestigationId,
        "investigationId",
        "Investigation ID",
        Kind::Name,
        150,
    ),
    info(Column::Id, "id", "Action ID", Kind::Text, 150),
    info(
        Column::Updated,
        "updatedAt",
        "Action update time",
        Kind::Time,
        184,
    ),
    info(Column::Decision, "decision", "Decision", Kind::Word, 80),
    info(Column::DecidedBy, "decidedBy", "Decided by", Kind::Name, 102),
    info(Column::Status, "status", "Status", Kind::Word, 166),
    info(Column::Comment, "comment", "Comment", Kind::Text, 240),
    info(Column::Decided, "decidedAt", "Decided", Kind::Time, 124),
    info(Column::Started, "startedAt", "Started", Kind::Time, 124),
    info(Column::Ended, "endedAt", "Ended", Kind::Time, 124),
    info(Column::Reversible, "reversible", "Reversible", Kind::Flag, 100),
    info(Column::Title, "title", "Investigation", Kind::Text, 320),
    info(
        Column::TriggeringAlert,
        "triggeringAlert",
        "Triggering alert",
        Kind::Name,
        136,
    ),
    info(
        Column::DetectionSource,
        "detectionSource",
        "Detection source",
        Kind::Word,
        132,
    ),
    info(Column::Category, "category", "Category", Kind::Word, 140),
    info(Column::Assets, "assets", "Assets", Kind::Name, 104),
    info(Column::Threats, "threatCount", "Threats", Kind::Number, 80),
    info(Column::Actions, "actionCount", "Actions", Kind::Number, 80),
    info(
        Column::PendingActions,
        "pendingActionCount",
        "Pending actions",
        Kind::Number,
        130,
    ),
    info(Column::Duration, "duration", "Duration", Kind::Span, 110),
    info(
        Column::PendingTime,
        "pendingSeconds",
        "Waiting for a person",
        Kind::Number,
        160,
    ),
    info(Column::Url, "url", "URL", Kind::Text, 160),
];

/// Pending's columns in their default order; those before `N_PENDING_SHOWN` are shown by default.
const PENDING: [Column; 16] = [
    Column::Created,
    Column::Expires,
    Column::ActionType,
    Column::Entity,
    Column::EntityType,
    Column::Asset,
    Column::Severity,
    Column::Investigation,
    Column::Threat,
    Column::Source,
    Column::Impact,
    Column::Waiting,
    Column::ApprovalId,
    Column::InvestigationId,
    Column::Id,
    Column::Updated,
];
const N_PENDING_SHOWN: usize = 8;

const HISTORY: [Column; 21] = [
    Column::Updated,
    Column::ActionType,
    Column::Entity,
    Column::EntityType,
    Column::Asset,
    Column::Decision,
    Column::DecidedBy,
    Column::Source,
    Column::Status,
    Column::Investigation,
    Column::Severity,
    Column::Threat,
    Column::Comment,
    Column::Created,
    Column::Decided,
    Column::Started,
    Column::Ended,
    Column::Waiting,
    Column::ApprovalId,
    Column::InvestigationId,
    Column::Id,
];
const N_HISTORY_SHOWN: usize = 10;

const INVESTIGATIONS: [Column; 16] = [
    Column::Status,
    Column::Title,
    Column::TriggeringAlert,
    Column::DetectionSource,
    Column::Severity,
    Column::Assets,
    Column::Threats,
    Column::Actions,
    Column::PendingActions,
    Column::Started,
    Column::Duration,
    Column::PendingTime,
    Column::Updated,
    Column::Ended,
    Column::Category,
    Column::Id,
];
const N_INVESTIGATIONS_SHOWN: usize = 12;

/// The columns of a view in their default order, and how many of them, from the first, are shown by default.
#[must_use]
pub fn columns_of(view: View) -> (&'static [Column], usize) {
    match view {
        View::Pending => (&PENDING, N_PENDING_SHOWN),
        View::History => (&HISTORY, N_HISTORY_SHOWN),
        View::Investigations => (&INVESTIGATIONS, N_INVESTIGATIONS_SHOWN),
    }
}

impl Column {
    /// Its row in the registry.
    #[must_use]
    pub fn info(self) -> &'static Info {
        &COLUMNS[self as usize]
    }

    /// The title on screen. An investigation's own id and update are not an action's.
    #[must_use]
    pub fn title_in(self, view: View) -> &'static str {
        match (self, view) {
            (Self::Id, View::Investigations) => "Investigation ID",
            (Self::Updated, View::Investigations) => "Updated",
            _ => self.info().title,
        }
    }

    /// The width in CSS pixels before the user changes it. What can grow has a smaller one, so that a view's default
    /// columns fit a page of 1,440 pixels.
    #[must_use]
    pub fn width_in(self, view: View) -> u16 {
        match (self, view) {
            (Self::Status, View::Investigations) => 186,
            (Self::Title, _) => 176,
            (Self::ActionType, View::Pending) => 196,
            (Self::Duration, _) => 96,
            (Self::Entity | Self::Investigation, _) => self.info().width_px * 19 / 30,
            _ => self.info().width_px,
        }
    }

    /// Its share of the room that is left, as a flexible length of CSS; none where it keeps its width.
    #[must_use]
    pub fn growth(self) -> Option<&'static str> {
        match self {
            Self::Entity | Self::Title => Some("3fr"),
            Self::Investigation => Some("2fr"),
            Self::ActionType | Self::Asset | Self::Assets | Self::TriggeringAlert => Some("1fr"),
            _ => None,
        }
    }

    /// Whether the API sorts a view's rows by it.
    #[must_use]
    pub fn sorts_in(self, view: View) -> bool {
        let is_of_investigations = matches!(
            self,
            Self::Title
                | Self::TriggeringAlert
                | Self::DetectionSource
                | Self::Category
                | Self::Assets
                | Self::Threats
                | Self::Actions
                | Self::PendingActions
                | Self::Duration
                | Self::PendingTime
                | Self::Url
        );
        match view {
            View::Investigations => {
                is_of_investigations
                    || matches!(
                        self,
                        Self::Status
                            | Self::Severity
                            | Self::Started
                            | Self::Updated
                            | Self::Ended
                            | Self::Id
                    )
            }
            View::Pending | View::History => !is_of_investigations,
        }
    }

    /// The column of a member that sorts in a view.
    #[must_use]
    pub fn parse(member: &str, view: View) -> Option<Self> {
        COLUMNS
            .iter()
            .find(|info| info.member == member && info.column.sorts_in(view))
            .map(|info| info.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_is_in_the_order_of_the_enum() {
        for (index, info) in COLUMNS.iter().enumerate() {
            assert_eq!(info.column as usize, index);
        }
    }

    #[test]
    fn every_column_of_a_view_sorts_and_is_named_once() {
        for view in View::ALL {
            let (columns, n_shown) = columns_of(view);
            assert!(n_shown <= columns.len());
            for column in columns {
                assert!(column.sorts_in(view), "{column:?}");
                assert_eq!(Column::parse(column.info().member, view), Some(*column));
                assert_eq!(
                    columns
                        .iter()
                        .filter(|other| other.title_in(view) == column.title_in(view))
                        .count(),
                    1
                );
            }
        }
    }
}
