//! The query's meaning, written as plainly as it can be: does a row match, which of two comes first, how many have a value.
//! Slow on purpose. The store and the backend's SQL are held against it; nothing on screen is computed with it.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::action::{Action, Investigation};
use super::column::Column;
use super::facet::Facet;
use super::fold::fold;
use super::query::{Query, Sort, View};
use super::time::Time;

/// What a query is about: one row of either kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Record<'a> {
    /// A row of Pending or History.
    Action(&'a Action),
    /// A row of Investigations.
    Investigation(&'a Investigation),
}

impl<'a> From<&'a Action> for Record<'a> {
    fn from(action: &'a Action) -> Self {
        Self::Action(action)
    }
}

impl<'a> From<&'a Investigation> for Record<'a> {
    fn from(investigation: &'a Investigation) -> Self {
        Self::Investigation(investigation)
    }
}

/// What a row sorts by in one column.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Key {
    /// A number, a time in microseconds, or a flag.
    Number(i64),
    /// Text after Unicode simple case folding; its bytes order as its code points do.
    Text(String),
    /// A severity: its rank, and the folded text of an unknown one.
    Severity(u8, String),
}

/// The severities that have a rank, lowest first. Others come after them, as text.
pub const SEVERITIES: [&str; 4] = ["informational", "low", "medium", "high"];

impl<'a> Record<'a> {
    /// The id.
    #[must_use]
    pub fn id(self) -> &'a str {
        match self {
            Self::Action(action) => &action.id,
            Self::Investigation(investigation) => &investigation.id,
        }
    }

    /// The time that ranges are about: `updatedAt` of an action, `startedAt` of an investigation.
    #[must_use]
    pub fn range_time(self) -> Time {
        match self {
            Self::Action(action) => action.updated_at,
            Self::Investigation(investigation) => investigation.started_at,
        }
    }

    /// The value that a facet filters and counts by; a missing member is the empty text.
    #[must_use]
    pub fn facet_value(self, facet: Facet) -> &'a str {
        let value = match self {
            Self::Action(action) => match facet {
                Facet::Status => Some(&action.status),
                Facet::ActionType => Some(&action.action_type),
                Facet::EntityType => Some(&action.entity_type),
                Facet::Severity => action.severity.as_ref(),
                Facet::Source => action.source.as_ref(),
                Facet::DetectionSource => None,
                Facet::Decision => action.decision.as_ref(),
                Facet::DecidedBy => action.decided_by.as_ref().map(|decider| &decider.name),
                Facet::Asset => action.asset.as_ref().map(|asset| &asset.name),
                Facet::Investigation => action.investigation_id.as_ref(),
                Facet::Approval => action.approval_id.as_ref(),
            },
            Self::Investigation(investigation) => match facet {
                Facet::Status => Some(&investigation.status),
                Facet::Severity => investigation.severity.as_ref(),
                Facet::DetectionSource => investigation.detection_source.as_ref(),
                Facet::ActionType
                | Facet::EntityType
                | Facet::Source
                | Facet::Decision
                | Facet::DecidedBy
                | Facet::Asset
                | Facet::Investigation
                | Facet::Approval => None,
            },
        };
        value.map_or("", String::as_str)
    }

    /// The texts that search looks into.
    #[must_use]
    pub fn searched(self) -> Vec<&'a str> {
        match self {
            Self::Action(action) => [
                Some(&action.entity),
                Some(&action.action_type),
                action.asset.as_ref().map(|asset| &asset.name),
                action.investigation_id.as_ref(),
                action.investigation_title.as_ref(),
                Some(&action.id),
                action.approval_id.as_ref(),
                action.threat.as_ref(),
                action.decided_by.as_ref().map(|decider| &decider.name),
                action.comment.as_ref(),
            ]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect(),
            Self::Investigation(investigation) => [&investigation.id, &investigation.title]
                .into_iter()
                .chain(investigation.triggering_alert.as_ref().map(|alert| &alert.title))
                .chain(investigation.assets.iter().map(|asset| &asset.name))
                .map(String::as_str)
                .collect(),
        }
    }

    /// What the row sorts by; none where the member is missing or the row has no such column.
    #[must_use]
    pub fn key(self, column: Column, now: Time) -> Option<Key> {
        let text = |text: Option<&String>| text.map(|text| Key::Text(fold(text)));
        let time = |time: Option<Time>| time.map(|time| Key::Number(time.0));
        match self {
            Self::Action(action) => match column {
                Column::Created => time(Some(action.created_at)),
                Column::Expires => time(action.expires_at),
                Column::ActionType => text(Some(&action.action_type)),
                Column::Entity => text(Some(&action.entity)),
                Column::EntityType => text(Some(&action.entity_type)),
                Column::Asset => text(action.asset.as_ref().map(|asset| &asset.name)),
                Column::Severity => action.severity.as_deref().map(severity_key),
                Column::Investigation => text(action.investigation_title.as_ref()),
                Column::Threat => text(action.threat.as_ref()),
                Column::Source => text(action.source.as_ref()),
                Column::Impact => action
                    .impact
                    .and_then(super::action::Impact::sum)
                    .map(Key::Number),
                Column::Waiting => action.waiting_at(now).map(Key::Number),
                Column::ApprovalId => text(action.approval_id.as_ref()),
                Column::InvestigationId => text(action.investigation_id.as_ref()),
                Column::Id => text(Some(&action.id)),
                Column::Updated => time(Some(action.updated_at)),
                Column::Decision => text(action.decision.as_ref()),
                Column::DecidedBy => text(action.decided_by.as_ref().map(|decider| &decider.name)),
                Column::Status => text(Some(&action.status)),
                Column::Comment => text(action.comment.as_ref()),
                Column::Decided => time(action.decided_at),
                Column::Started => time(action.started_at),
                Column::Ended => time(action.ended_at),
                Column::Reversible => action
                    .reversible
                    .map(|reversible| Key::Number(i64::from(reversible))),
                Column::Title
                | Column::TriggeringAlert
                | Column::DetectionSource
                | Column::Category
                | Column::Assets
                | Column::Threats
                | Column::Actions
                | Column::PendingActions
                | Column::Duration
                | Column::PendingTime
                | Column::Url => None,
            },
            Self::Investigation(investigation) => match column {
                Column::Id => text(Some(&investigation.id)),
                Column::Title => text(Some(&investigation.title)),
                Column::Status => text(Some(&investigation.status)),
                Column::Severity => investigation.severity.as_deref().map(severity_key),
                Column::Category => text(investigation.category.as_ref()),
                Column::DetectionSource => text(investigation.detection_source.as_ref()),
                Column::TriggeringAlert => {
                    text(investigation.triggering_alert.as_ref().map(|alert| &alert.title))
                }
                Column::Assets => text(investigation.assets.first().map(|asset| &asset.name)),
                Column::Threats => investigation.threat_count.map(Key::Number),
                Column::Actions => investigation.action_count.map(Key::Number),
                Column::PendingActions => investigation.pending_action_count.map(Key::Number),
                Column::Started => time(Some(investigation.started_at)),
                Column::Updated => time(investigation.updated_at),
                Column::Ended => time(investigation.ended_at),
                Column::Duration => Some(Key::Number(
                    investigation
                        .ended_at
                        .unwrap_or(now)
                        .since(investigation.started_at),
                )),
                Column::PendingTime => investigation.pending_seconds.map(Key::Number),
                Column::Url => text(investigation.url.as_ref()),
                Column::Created
                | Column::Expires
                | Column::ActionType
                | Column::Entity
                | Column::EntityType
                | Column::Asset
                | Column::Investigation
                | Column::Threat
                | Column::Source
                | Column::Impact
                | Column::Waiting
                | Column::ApprovalId
                | Column::InvestigationId
                | Column::Decision
                | Column::DecidedBy
                | Column::Comment
                | Column::Decided
                | Column::Reversible => None,
            },
        }
    }

    fn is_in_view(self, view: View) -> bool {
        match (self, view) {
            (Self::Action(action), View::Pending) => action.is_pending(),
            (Self::Action(action), View::History) => !action.is_pending(),
            (Self::Investigation(_), View::Investigations) => true,
            (Self::Action(_), View::Investigations)
            | (Self::Investigation(_), View::Pending | View::History) => false,
        }
    }
}

fn severity_key(word: &str) -> Key {
    match SEVERITIES.iter().position(|known| *known == word) {
        Some(rank) => Key::Severity(rank as u8, String::new()),
        None => Key::Severity(SEVERITIES.len() as u8, fold(word)),
    }
}

/// Whether a row is wanted: view, range, every facet, deadline and search.
#[must_use]
pub fn matches<'a>(record: impl Into<Record<'a>>, query: &Query, now: Time) -> bool {
    matches_but(record.into(), query, None, now)
}

/// Whether a row is wanted where one facet's own filter is left out, as for its counts.
#[must_use]
pub fn matches_but(record: Record<'_>, query: &Query, left_out: Option<Facet>, now: Time) -> bool {
    let (from, to) = query.range.bounds_at(now);
    let time = record.range_time();
    let is_in_range = from.is_none_or(|from| time >= from) && to.is_none_or(|to| time < to);
    let passes_facets = query
        .filters()
        .iter()
        .filter(|(facet, _)| Some(*facet) != left_out)
        .all(|(facet, values)| values.iter().any(|value| value == record.facet_value(*facet)));
    let meets_deadline = query.deadline.is_none_or(|deadline| match record {
        Record::Action(action) => action
            .expires_at
            .is_some_and(|expires| expires < deadline.before_at(now)),
        Record::Investigation(_) => false,
    });
    let texts: Vec<String> = record.searched().into_iter().map(fold).collect();
    let is_found = query.search.split_whitespace().all(|term| {
        let term = fold(term);
        texts.iter().any(|text| text.contains(&term))
    });
    record.is_in_view(query.view) && is_in_range && passes_facets && meets_deadline && is_found
}

/// Which of two rows comes first: missing values last both ways, ties by id, ascending by code point.
#[must_use]
pub fn compare<'a>(
    left: impl Into<Record<'a>>,
    right: impl Into<Record<'a>>,
    sort: Sort,
    now: Time,
) -> Ordering {
    let (left, right) = (left.into(), right.into());
    let by_key = match (left.key(sort.column, now), right.key(sort.column, now)) {
        (Some(left), Some(right)) if sort.is_descending => right.cmp(&left),
        (Some(left), Some(right)) => left.cmp(&right),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    };
    by_key.then_with(|| left.id().cmp(right.id()))
}

/// The wanted rows' places in `records`, in the query's order.
#[must_use]
pub fn order(records: &[Record<'_>], query: &Query, now: Time) -> Vec<usize> {
    let mut places: Vec<usize> = (0..records.len())
        .filter(|place| matches(records[*place], query, now))
        .collect();
    places.sort_by(|left, right| compare(records[*left], records[*right], query.sort, now));
    places
}

/// How many rows have each value of a facet, its own filter left out: the most frequent first, then by code point.
/// A wanted value is listed even where no row has it.
#[must_use]
pub fn facet_counts(records: &[Record<'_>], query: &Query, facet: Facet, now: Time) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<&str, usize> = query
        .values(facet)
        .iter()
        .map(|value| (value.as_str(), 0))
        .collect();
    for record in records {
        if matches_but(*record, query, Some(facet), now) {
            *counts.entry(record.facet_value(facet)).or_default() += 1;
        }
    }
    let mut listed: Vec<(String, usize)> = counts
        .into_iter()
        .map(|(value, count)| (value.to_owned(), count))
        .collect();
    listed.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    listed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::action::{Asset, Decider, PENDING};
    use crate::domain::query::{Deadline, Range};
    use crate::domain::time::DAY;

    const NOW: Time = Time(1_000 * DAY);

    fn action(id: &str) -> Action {
        Action {
            id: id.to_owned(),
            status: PENDING.to_owned(),
            action_type: "blockUrl".to_owned(),
            entity: "https://a.example".to_owned(),
            updated_at: NOW.plus(-1),
            ..Action::default()
        }
    }

    fn check(action: &Action, url: &str, expected: bool) {
        let (query, problems, others) = Query::from_url(url);
        assert!(problems.is_empty() && others.is_empty(), "{url}");
        assert_eq!(matches(action, &query, NOW), expected, "{url}");
    }

    #[test]
    fn filters_are_ored_inside_a_facet_and_anded_between() {
        let action = Action {
            severity: Some("high".to_owned()),
            ..action("a")
        };
        check(&action, "", true);
        check(&action, "severity=high&severity=low", true);
        check(&action, "severity=low", false);
        check(&action, "severity=high&type=isolateDevice", false);
        check(&action, "source=", true);
        check(&action, "severity=", false);
        check(&action, "view=history", false);
    }

    #[test]
    fn every_term_must_occur_in_some_field() {
        let action = Action {
            asset: Some(Asset {
                name: "WKS-7".to_owned(),
                ..Asset::default()
            }),
            decided_by: Some(Decider {
                name: "Jörg".to_owned(),
                ..Decider::default()
            }),
            ..action("a")
        };
        check(&action, "q=%20", true);
        check(&action, "q=wks%20JÖRG%20BLOCK", true);
        check(&action, "q=wks-8", false);
        check(&action, "q=wks-7jörg", false);
    }

    #[test]
    fn a_range_holds_its_start_and_not_its_end() {
        for (from, to, expected) in [
            (Some(NOW), None, false),
            (Some(NOW.plus(-1)), None, true),
            (None, Some(NOW.plus(-1)), false),
            (None, Some(NOW), true),
        ] {
            let mut query = Query::default();
            query.range = Range::Custom { from, to };
            assert_eq!(matches(&action("a"), &query, NOW), expected);
        }
    }

    #[test]
    fn a_row_without_a_deadline_never_meets_one() {
        let mut query = Query::default();
        query.deadline = Some(Deadline::Within(1));
        for (expires_at, expected) in [
            (None, false),
            (Some(NOW), true),
            (Some(NOW.plus(60_000_000)), false),
        ] {
            let action = Action {
                expires_at,
                ..action("a")
            };
            assert_eq!(matches(&action, &query, NOW), expected);
        }
    }

    #[test]
    fn missing_values_are_last_both_ways_and_ties_are_by_id() {
        let with = |id: &str, severity: Option<&str>| Action {
            severity: severity.map(str::to_owned),
            ..action(id)
        };
        let actions = [
            with("d", Some("high")),
            with("b", None),
            with("c", Some("Novel")),
            with("f", Some("low")),
            with("a", None),
            with("e", Some("high")),
        ];
        let records: Vec<Record<'_>> = actions.iter().map(Record::from).collect();
        for (text, expected) in [("severity", "fdecab"), ("-severity", "cdefab")] {
            let mut query = Query::default();
            query.sort = Sort::parse(text, query.view).unwrap();
            let ids: String = order(&records, &query, NOW)
                .iter()
                .map(|place| records[*place].id())
                .collect();
            assert_eq!(ids, expected);
        }
    }

    #[test]
    fn a_facet_ignores_its_own_filter_alone() {
        let with = |severity: Option<&str>, source: &str| Action {
            severity: severity.map(str::to_owned),
            source: Some(source.to_owned()),
            ..action("a")
        };
        let actions = [with(Some("low"), "x"), with(None, "y"), with(None, "y")];
        let records: Vec<Record<'_>> = actions.iter().map(Record::from).collect();
        let (query, _, _) = Query::from_url("severity=low&severity=high");
        let counts = |facet| facet_counts(&records, &query, facet, NOW);
        assert_eq!(
            counts(Facet::Severity),
            [(String::new(), 2), ("low".to_owned(), 1), ("high".to_owned(), 0)]
        );
        assert_eq!(counts(Facet::Source), [("x".to_owned(), 1)]);
    }
}
