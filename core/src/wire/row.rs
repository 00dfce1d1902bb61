//! The contract's Action as it is on the wire, borrowed from the body: what comes by the million is read straight into this.

use serde::Deserialize;

use super::Unreadable;
use super::members::utf8;
use super::parts::{Count, Stamp, Text};
use crate::domain::action::{Action, Asset, Decider, Impact};

/// The contract's Decider.
#[derive(Deserialize, Clone, Debug, PartialEq)]
pub struct DeciderRow<'a> {
    /// `user`, `automation`, `system`, `api` …
    #[serde(borrow)]
    pub kind: Text<'a>,
    /// The name.
    #[serde(borrow)]
    pub name: Text<'a>,
}

/// The contract's Asset.
#[derive(Deserialize, Clone, Debug, PartialEq)]
pub struct AssetRow<'a> {
    /// `device`, `mailbox`, `user`, `cloudApp` …
    #[serde(borrow)]
    pub kind: Text<'a>,
    /// Opaque id.
    #[serde(borrow)]
    pub id: Option<Text<'a>>,
    /// The name.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// `low` … `veryHigh`
    #[serde(borrow)]
    pub criticality: Option<Text<'a>>,
}

/// How much one decision touches.
#[derive(Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImpactRow {
    /// Devices.
    pub devices: Option<Count>,
    /// Users.
    pub users: Option<Count>,
    /// Mailboxes.
    pub mailboxes: Option<Count>,
    /// Messages.
    pub messages: Option<Count>,
}

/// The contract's Action, borrowed from the body.
#[derive(Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the members are those of domain::action::Action")]
pub struct Row<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow, default)]
    pub version: Option<Text<'a>>,
    #[serde(borrow)]
    pub approval_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub investigation_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub investigation_title: Option<Text<'a>>,
    #[serde(borrow)]
    pub alert_ids: Option<Vec<Text<'a>>>,
    #[serde(borrow, rename = "type")]
    pub action_type: Text<'a>,
    #[serde(borrow)]
    pub status: Text<'a>,
    #[serde(borrow)]
    pub decision: Option<Text<'a>>,
    #[serde(borrow)]
    pub decided_by: Option<DeciderRow<'a>>,
    #[serde(borrow)]
    pub entity_type: Text<'a>,
    #[serde(borrow)]
    pub entity: Text<'a>,
    #[serde(borrow)]
    pub asset: Option<AssetRow<'a>>,
    #[serde(borrow)]
    pub severity: Option<Text<'a>>,
    #[serde(borrow)]
    pub threat: Option<Text<'a>>,
    #[serde(borrow)]
    pub source: Option<Text<'a>>,
    pub impact: Option<ImpactRow>,
    pub reversible: Option<bool>,
    #[serde(borrow)]
    pub operations: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    pub comment: Option<Text<'a>>,
    pub created_at: Stamp,
    pub updated_at: Stamp,
    pub decided_at: Option<Stamp>,
    pub started_at: Option<Stamp>,
    pub ended_at: Option<Stamp>,
    pub expires_at: Option<Stamp>,
}

impl<'a> Row<'a> {
    /// Reads one row.
    ///
    /// # Errors
    /// Where it is no JSON, or no Action.
    pub(super) fn read(json: &'a [u8]) -> Result<Self, Unreadable> {
        // Rows are read from text everywhere: for bytes there would be all of the reader once more.
        serde_json::from_str(utf8(json)?).map_err(|error| Unreadable::new(&error))
    }
}

fn owned(text: Option<&Text<'_>>) -> Option<String> {
    text.map(Text::to_text)
}

impl From<&AssetRow<'_>> for Asset {
    fn from(row: &AssetRow<'_>) -> Self {
        Self {
            kind: row.kind.to_text(),
            id: owned(row.id.as_ref()),
            name: row.name.to_text(),
            criticality: owned(row.criticality.as_ref()),
        }
    }
}

impl From<&DeciderRow<'_>> for Decider {
    fn from(row: &DeciderRow<'_>) -> Self {
        Self {
            kind: row.kind.to_text(),
            name: row.name.to_text(),
        }
    }
}

impl From<ImpactRow> for Impact {
    fn from(row: ImpactRow) -> Self {
        let number = |count: Option<Count>| count.map(|count| count.0);
        Self {
            devices: number(row.devices),
            users: number(row.users),
            mailboxes: number(row.mailboxes),
            messages: number(row.messages),
        }
    }
}

impl From<&Row<'_>> for Action {
    fn from(row: &Row<'_>) -> Self {
        let time = |stamp: Option<Stamp>| stamp.map(|stamp| stamp.0);
        let list = |texts: &Option<Vec<Text<'_>>>| {
            texts
                .as_ref()
                .map(|texts| texts.iter().map(Text::to_text).collect::<Vec<_>>())
        };
        Self {
            id: row.id.to_text(),
            version: owned(row.version.as_ref()).unwrap_or_default(),
            approval_id: owned(row.approval_id.as_ref()),
            investigation_id: owned(row.investigation_id.as_ref()),
            investigation_title: owned(row.investigation_title.as_ref()),
            alert_ids: list(&row.alert_ids).unwrap_or_default(),
            action_type: row.action_type.to_text(),
            status: row.status.to_text(),
            decision: owned(row.decision.as_ref()),
            decided_by: row.decided_by.as_ref().map(Decider::from),
            entity_type: row.entity_type.to_text(),
            entity: row.entity.to_text(),
            asset: row.asset.as_ref().map(Asset::from),
            severity: owned(row.severity.as_ref()),
            threat: owned(row.threat.as_ref()),
            source: owned(row.source.as_ref()),
            impact: row.impact.map(Impact::from),
            reversible: row.reversible,
            operations: list(&row.operations),
            comment: owned(row.comment.as_ref()),
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
            decided_at: time(row.decided_at),
            started_at: time(row.started_at),
            ended_at: time(row.ended_at),
            expires_at: time(row.expires_at),
        }
    }
}
