//! The members that rows are filtered and counted by.

use super::query::View;

/// A member that can be filtered by value, in the order in which filters are shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Facet {
    /// `status`
    Status,
    /// `type`
    ActionType,
    /// `entityType`
    EntityType,
    /// `severity`
    Severity,
    /// `source`
    Source,
    /// `detectionSource`, of investigations
    DetectionSource,
    /// `decision`
    Decision,
    /// `decidedBy`, by name
    DecidedBy,
    /// `asset`, by name
    Asset,
    /// `investigationId`
    Investigation,
    /// `approvalId`: filtered by link, not offered as a group
    Approval,
}

impl Facet {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Status,
        Self::ActionType,
        Self::EntityType,
        Self::Severity,
        Self::Source,
        Self::DetectionSource,
        Self::Decision,
        Self::DecidedBy,
        Self::Asset,
        Self::Investigation,
        Self::Approval,
    ];

    /// The parameter in URL and API.
    #[must_use]
    pub fn parameter(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::ActionType => "type",
            Self::EntityType => "entityType",
            Self::Severity => "severity",
            Self::Source => "source",
            Self::DetectionSource => "detectionSource",
            Self::Decision => "decision",
            Self::DecidedBy => "decidedBy",
            Self::Asset => "asset",
            Self::Investigation => "investigationId",
            Self::Approval => "approvalId",
        }
    }

    /// The title on screen.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Status => "Status",
            Self::ActionType => "Action type",
            Self::EntityType => "Entity type",
            Self::Severity => "Severity",
            Self::Source => "Action source",
            Self::DetectionSource => "Detection source",
            Self::Decision => "Decision",
            Self::DecidedBy => "Decided by",
            Self::Asset => "Asset",
            Self::Investigation => "Investigation",
            Self::Approval => "Approval ID",
        }
    }

    /// The facet of a parameter.
    #[must_use]
    pub fn parse(parameter: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|facet| facet.parameter() == parameter)
    }

    /// Whether a view's rows can be filtered by it.
    #[must_use]
    pub fn is_in(self, view: View) -> bool {
        match self {
            Self::Status | Self::Severity => true,
            Self::DetectionSource => view == View::Investigations,
            _ => view != View::Investigations,
        }
    }

    /// The groups that a view offers, in order. Pending rows have one status and no decision.
    #[must_use]
    pub fn offered_in(view: View) -> Vec<Self> {
        Self::ALL
            .into_iter()
            .filter(|facet| facet.is_in(view) && *facet != Self::Approval)
            .filter(|facet| {
                view != View::Pending || !matches!(facet, Self::Status | Self::Decision | Self::DecidedBy)
            })
            .collect()
    }

    /// Whether values are words of an enumeration (shown humanised) rather than names.
    #[must_use]
    pub fn is_enumeration(self) -> bool {
        !matches!(
            self,
            Self::DecidedBy | Self::Asset | Self::Investigation | Self::Approval
        )
    }
}
