//! What the store keeps of a row, member by member, and how columns, facets and search map to it. Lists and counts that
//! nothing sorts or filters by are kept as one text each.

use crate::domain::action::{Action, Alert, Asset, Decider, Impact, Investigation};
use crate::domain::column::Column;
use crate::domain::facet::Facet;
use crate::domain::query::View;
use crate::domain::time::{Time, push_number};
use crate::wire::{AssetRow, Count, DeciderRow, ImpactRow, Row, Stamp, Text};

/// A member that is kept as text, by code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Field {
    Id,
    Version,
    Approval,
    InvestigationId,
    InvestigationTitle,
    AlertIds,
    ActionType,
    Status,
    Decision,
    DeciderKind,
    DeciderName,
    EntityType,
    Entity,
    AssetKind,
    AssetId,
    /// Of an investigation: the first asset's.
    AssetName,
    AssetCriticality,
    Severity,
    Threat,
    Source,
    Impact,
    Reversible,
    Operations,
    Comment,
    Title,
    Category,
    DetectionSource,
    AlertId,
    AlertTitle,
    AlertSeverity,
    AlertStatus,
    AlertUrl,
    Assets,
    /// The names of an investigation's assets, one a line: no search term holds white space.
    AssetNames,
    Url,
}

/// All of them, in order.
pub(super) const ALL: [Field; 35] = [
    Field::Id,
    Field::Version,
    Field::Approval,
    Field::InvestigationId,
    Field::InvestigationTitle,
    Field::AlertIds,
    Field::ActionType,
    Field::Status,
    Field::Decision,
    Field::DeciderKind,
    Field::DeciderName,
    Field::EntityType,
    Field::Entity,
    Field::AssetKind,
    Field::AssetId,
    Field::AssetName,
    Field::AssetCriticality,
    Field::Severity,
    Field::Threat,
    Field::Source,
    Field::Impact,
    Field::Reversible,
    Field::Operations,
    Field::Comment,
    Field::Title,
    Field::Category,
    Field::DetectionSource,
    Field::AlertId,
    Field::AlertTitle,
    Field::AlertSeverity,
    Field::AlertStatus,
    Field::AlertUrl,
    Field::Assets,
    Field::AssetNames,
    Field::Url,
];

/// A member that is kept as a whole number; times in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Whole {
    Created,
    Updated,
    Decided,
    Started,
    Ended,
    Expires,
    Threats,
    Actions,
    PendingActions,
    PendingSeconds,
}

pub(super) const N_WHOLES: usize = 10;
/// How many of them, from the first, are times.
pub(super) const N_TIMES: usize = 6;

/// What a column reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Source {
    Text(Field),
    Whole(Whole),
    Impact,
    Waiting,
    Duration,
}

pub(super) fn source_of(column: Column) -> Source {
    match column {
        Column::Created => Source::Whole(Whole::Created),
        Column::Expires => Source::Whole(Whole::Expires),
        Column::ActionType => Source::Text(Field::ActionType),
        Column::Entity => Source::Text(Field::Entity),
        Column::EntityType => Source::Text(Field::EntityType),
        Column::Asset | Column::Assets => Source::Text(Field::AssetName),
        Column::Severity => Source::Text(Field::Severity),
        Column::Investigation => Source::Text(Field::InvestigationTitle),
        Column::Threat => Source::Text(Field::Threat),
        Column::Source => Source::Text(Field::Source),
        Column::Impact => Source::Impact,
        Column::Waiting => Source::Waiting,
        Column::ApprovalId => Source::Text(Field::Approval),
        Column::InvestigationId => Source::Text(Field::InvestigationId),
        Column::Id => Source::Text(Field::Id),
        Column::Updated => Source::Whole(Whole::Updated),
        Column::Decision => Source::Text(Field::Decision),
        Column::DecidedBy => Source::Text(Field::DeciderName),
        Column::Status => Source::Text(Field::Status),
        Column::Comment => Source::Text(Field::Comment),
        Column::Decided => Source::Whole(Whole::Decided),
        Column::Started => Source::Whole(Whole::Started),
        Column::Ended => Source::Whole(Whole::Ended),
        Column::Reversible => Source::Text(Field::Reversible),
        Column::Title => Source::Text(Field::Title),
        Column::TriggeringAlert => Source::Text(Field::AlertTitle),
        Column::DetectionSource => Source::Text(Field::DetectionSource),
        Column::Category => Source::Text(Field::Category),
        Column::Threats => Source::Whole(Whole::Threats),
        Column::Actions => Source::Whole(Whole::Actions),
        Column::PendingActions => Source::Whole(Whole::PendingActions),
        Column::Duration => Source::Duration,
        Column::PendingTime => Source::Whole(Whole::PendingSeconds),
        Column::Url => Source::Text(Field::Url),
    }
}

pub(super) fn field_of(facet: Facet) -> Field {
    match facet {
        Facet::Status => Field::Status,
        Facet::ActionType => Field::ActionType,
        Facet::EntityType => Field::EntityType,
        Facet::Severity => Field::Severity,
        Facet::Source => Field::Source,
        Facet::DetectionSource => Field::DetectionSource,
        Facet::Decision => Field::Decision,
        Facet::DecidedBy => Field::DeciderName,
        Facet::Asset => Field::AssetName,
        Facet::Investigation => Field::InvestigationId,
        Facet::Approval => Field::Approval,
    }
}

/// The fields that search looks into, those first that most often hold a term.
pub(super) fn searched_in(view: View) -> &'static [Field] {
    if view.is_of_actions() {
        &[
            Field::Entity,
            Field::InvestigationTitle,
            Field::Id,
            Field::ActionType,
            Field::Threat,
            Field::AssetName,
            Field::DeciderName,
            Field::InvestigationId,
            Field::Approval,
            Field::Comment,
        ]
    } else {
        &[Field::Title, Field::AlertTitle, Field::AssetNames, Field::Id]
    }
}

/// How many texts of a field share a search signature, as a shift: one each where texts are long, 16 where they are short and mostly
/// of digits.
pub(super) fn signature_shift(field: Field) -> Option<u32> {
    match field {
        Field::Id | Field::Approval | Field::InvestigationId => Some(4),
        Field::Entity
        | Field::InvestigationTitle
        | Field::ActionType
        | Field::Threat
        | Field::AssetName
        | Field::DeciderName
        | Field::Comment
        | Field::Title
        | Field::AlertTitle
        | Field::AssetNames => Some(0),
        _ => None,
    }
}

/// Appends a text to a list kept as one text: its length in bytes, a colon, itself. A missing text is `-`.
pub(super) fn push_item(list: &mut String, text: Option<&str>) {
    match text {
        Some(text) => {
            push_number(list, text.len() as i64);
            list.push(':');
            list.push_str(text);
        }
        None => list.push('-'),
    }
}

/// Reads the next text of such a list; none at its end.
pub(super) fn next_item<'a>(list: &mut &'a str) -> Option<Option<&'a str>> {
    if let Some(rest) = list.strip_prefix('-') {
        *list = rest;
        return Some(None);
    }
    let (length, rest) = list.split_once(':')?;
    let (text, rest) = rest.split_at_checked(length.parse().ok()?)?;
    *list = rest;
    Some(Some(text))
}

pub(super) fn push_asset(list: &mut String, asset: &Asset) {
    push_item(list, Some(&asset.kind));
    push_item(list, asset.id.as_deref());
    push_item(list, Some(&asset.name));
    push_item(list, asset.criticality.as_deref());
}

pub(super) fn next_asset(list: &mut &str) -> Option<Asset> {
    let mut next = || next_item(list).map(|text| text.map(str::to_owned));
    Some(Asset {
        kind: next()??,
        id: next()?,
        name: next()??,
        criticality: next()?,
    })
}

/// An impact as text: four numbers, each followed by a comma, nothing for a missing one.
pub(super) fn push_impact(text: &mut String, impact: Impact) {
    for part in [impact.devices, impact.users, impact.mailboxes, impact.messages] {
        if let Some(part) = part {
            push_number(text, part);
        }
        text.push(',');
    }
}

pub(super) fn read_impact(text: &str) -> Impact {
    let mut parts = text.split(',').map(|part| part.parse().ok());
    let mut next = || parts.next().flatten();
    Impact {
        devices: next(),
        users: next(),
        mailboxes: next(),
        messages: next(),
    }
}

/// An action as a row of the wire, borrowed.
pub(super) fn row_of(action: &Action) -> Row<'_> {
    fn text(text: &str) -> Text<'_> {
        Text(std::borrow::Cow::Borrowed(text))
    }
    let option = |of: &'_ Option<String>| {
        of.as_deref()
            .map(|of| Text(std::borrow::Cow::Owned(of.to_owned())))
    };
    let list = |texts: &'_ [String]| {
        texts
            .iter()
            .map(|of| Text(std::borrow::Cow::Owned(of.clone())))
            .collect::<Vec<_>>()
    };
    let stamp = |time: Option<Time>| time.map(Stamp);
    let count = |number: Option<i64>| number.map(Count);
    Row {
        id: text(&action.id),
        version: Some(text(&action.version)),
        approval_id: option(&action.approval_id),
        investigation_id: option(&action.investigation_id),
        investigation_title: option(&action.investigation_title),
        alert_ids: Some(list(&action.alert_ids)),
        action_type: text(&action.action_type),
        status: text(&action.status),
        decision: option(&action.decision),
        decided_by: action
            .decided_by
            .as_ref()
            .map(|Decider { kind, name }| DeciderRow {
                kind: text(kind),
                name: text(name),
            }),
        entity_type: text(&action.entity_type),
        entity: text(&action.entity),
        asset: action.asset.as_ref().map(|asset| AssetRow {
            kind: text(&asset.kind),
            id: option(&asset.id),
            name: text(&asset.name),
            criticality: option(&asset.criticality),
        }),
        severity: option(&action.severity),
        threat: option(&action.threat),
        source: option(&action.source),
        impact: action.impact.map(|impact| ImpactRow {
            devices: count(impact.devices),
            users: count(impact.users),
            mailboxes: count(impact.mailboxes),
            messages: count(impact.messages),
        }),
        reversible: action.reversible,
        operations: action.operations.as_deref().map(list),
        comment: option(&action.comment),
        created_at: Stamp(action.created_at),
        updated_at: Stamp(action.updated_at),
        decided_at: stamp(action.decided_at),
        started_at: stamp(action.started_at),
        ended_at: stamp(action.ended_at),
        expires_at: stamp(action.expires_at),
    }
}

/// The parts of an investigation's row that are kept as one text each.
pub(super) fn assets_as_text(assets: &[Asset]) -> (String, String) {
    let (mut list, mut names) = (String::new(), String::new());
    for asset in assets {
        push_asset(&mut list, asset);
        if !names.is_empty() {
            names.push('\n');
        }
        names.push_str(&asset.name);
    }
    (list, names)
}

/// What an investigation's alert is rebuilt from.
pub(super) fn alert(texts: [Option<&str>; 5]) -> Option<Alert> {
    let [id, title, severity, status, url] = texts.map(|text| text.map(str::to_owned));
    Some(Alert {
        id: id?,
        title: title?,
        severity,
        status,
        url,
    })
}

/// The time by which ranges are cut.
pub(super) fn range_time(view: View) -> Whole {
    if view.is_of_actions() {
        Whole::Updated
    } else {
        Whole::Started
    }
}

/// Whether an investigation's own update is missing means nothing to `push`: it counts as its start.
pub(super) fn newest(investigation: &Investigation) -> Time {
    investigation.updated_at.unwrap_or(investigation.started_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_list_round_trips(items in proptest::collection::vec(any::<Option<String>>(), 0..6)) {
            let mut list = String::new();
            for item in &items {
                push_item(&mut list, item.as_deref());
            }
            let mut rest = list.as_str();
            let mut read = Vec::new();
            while let Some(item) = next_item(&mut rest) {
                read.push(item.map(str::to_owned));
            }
            prop_assert_eq!(read, items);
        }

        #[test]
        fn an_impact_round_trips(parts in any::<[Option<i64>; 4]>()) {
            let [devices, users, mailboxes, messages] = parts;
            let impact = Impact { devices, users, mailboxes, messages };
            let mut text = String::new();
            push_impact(&mut text, impact);
            prop_assert_eq!(read_impact(&text), impact);
        }
    }
}
