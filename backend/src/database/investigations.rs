//! Investigations as rows. Status, counts, end and waiting time are derived from their actions, anew whenever one changes.

use action_center_core::domain::action::{Action, Alert, Asset, Investigation};
use action_center_core::domain::time::Time;
use action_center_core::wire;
use rusqlite::{Connection, OptionalExtension, params};

use super::{Result, rows};

/// What an investigation has of its own.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Base {
    /// Opaque id.
    pub id: String,
    /// The title.
    pub title: String,
    /// The status that it has where its actions don't say otherwise; none means that they alone decide.
    pub own_status: Option<String>,
    /// `informational` to `high`.
    pub severity: Option<String>,
    /// The category, for people.
    pub category: Option<String>,
    /// What found it.
    pub detection_source: Option<String>,
    /// The alert that set it off.
    pub alert: Option<Alert>,
    /// What it is about.
    pub assets: Vec<Asset>,
    /// Threats found.
    pub threat_count: Option<i64>,
    /// When it started.
    pub started_at: Time,
    /// When it ended by itself.
    pub ended_at: Option<Time>,
    /// The portal's own page for it.
    pub url: Option<String>,
    /// Whether it is generated, so that its findings are generated too.
    pub is_sample: bool,
    /// Further members of InvestigationDetail that came with an import, as a JSON object.
    pub extra: Option<String>,
}

/// How long people were waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Waiting {
    /// Microseconds that are over.
    pub over: i64,
    /// Since when it waits now.
    pub since: Option<Time>,
}

impl Waiting {
    /// Whole seconds at a moment.
    #[must_use]
    pub fn seconds_at(self, now: Time) -> i64 {
        let running = self.since.map_or(0, |since| now.since(since));
        self.over.saturating_add(running) / action_center_core::domain::time::SECOND
    }
}

/// The time that any of the actions waited for a person: overlaps count once.
#[must_use]
pub fn waiting(actions: &[Action]) -> Waiting {
    let since = actions
        .iter()
        .filter(|action| action.is_pending())
        .map(|action| action.created_at)
        .min();
    let mut spans: Vec<(Time, Time)> = actions
        .iter()
        .filter(|action| !action.is_pending())
        .filter_map(|action| Some((action.created_at, action.decided_at?)))
        .map(|(from, to)| (from, since.map_or(to, |since| to.min(since))))
        .filter(|(from, to)| from < to)
        .collect();
    spans.sort_unstable();
    let mut over = 0;
    let mut until = Time(i64::MIN);
    for (from, to) in spans {
        if to > until {
            over += to.since(from.max(until));
            until = to;
        }
    }
    Waiting { over, since }
}

/// Whether an investigation with this status is over.
#[must_use]
pub fn is_over(status: &str) -> bool {
    !matches!(
        status,
        "queued" | "starting" | "running" | "waitingForDevice" | "pendingAction"
    )
}

/// The status that actions give their investigation.
#[must_use]
pub fn status(own_status: Option<&str>, actions: &[Action]) -> String {
    let has = |status: &str| actions.iter().any(|action| action.status == status);
    let derived = if has("pending") {
        "pendingAction"
    } else if has("queued") || has("inProgress") {
        "running"
    } else if let Some(own) = own_status {
        own
    } else if actions.is_empty() {
        "noThreatsFound"
    } else if actions
        .iter()
        .all(|action| matches!(action.status.as_str(), "completed" | "skipped"))
    {
        "remediated"
    } else {
        "partiallyRemediated"
    };
    derived.to_owned()
}

/// The investigation as its actions make it; the time that it waited for people comes beside it.
#[must_use]
pub fn derive(base: &Base, actions: &[Action]) -> (Investigation, Waiting) {
    let status = status(base.own_status.as_deref(), actions);
    let last_change = actions.iter().map(|action| action.updated_at).max();
    let ended_at = is_over(&status).then(|| {
        let own = base.ended_at.into_iter();
        let of_actions = actions
            .iter()
            .map(|action| action.ended_at.or(action.decided_at).unwrap_or(action.created_at));
        own.chain(of_actions).max().unwrap_or(base.started_at)
    });
    let n_pending = actions.iter().filter(|action| action.is_pending()).count();
    let count = |n: usize| Some(i64::try_from(n).unwrap_or(i64::MAX));
    let investigation = Investigation {
        id: base.id.clone(),
        title: base.title.clone(),
        status,
        severity: base.severity.clone(),
        category: base.category.clone(),
        detection_source: base.detection_source.clone(),
        triggering_alert: base.alert.clone(),
        assets: base.assets.clone(),
        threat_count: base.threat_count,
        action_count: count(actions.len()),
        pending_action_count: count(n_pending),
        started_at: base.started_at,
        updated_at: Some(
            last_change
                .or(ended_at)
                .unwrap_or(base.started_at)
                .max(base.started_at),
        ),
        ended_at,
        pending_seconds: None,
        url: base.url.clone(),
    };
    (investigation, waiting(actions))
}

/// Writes an investigation as derived from its actions.
///
/// # Errors
/// Where SQLite fails.
pub fn put(connection: &Connection, base: &Base, actions: &[Action]) -> Result<()> {
    let (investigation, waiting) = derive(base, actions);
    let names: Vec<&str> = base.assets.iter().map(|asset| asset.name.as_str()).collect();
    connection
        .prepare_cached(
            "INSERT INTO investigation (id, title, own_status, status, severity, category, detection_source, alert_title,
               first_asset, asset_names, threat_count, action_count, pending_action_count, started, updated, ended,
               own_ended, waited, waits_since, url, is_sample, json, extra)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)
             ON CONFLICT (id) DO UPDATE SET title = ?2, own_status = ?3, status = ?4, severity = ?5, category = ?6,
               detection_source = ?7, alert_title = ?8, first_asset = ?9, asset_names = ?10, threat_count = ?11,
               action_count = ?12, pending_action_count = ?13, started = ?14, updated = ?15, ended = ?16, own_ended = ?17,
               waited = ?18, waits_since = ?19, url = ?20, is_sample = ?21, json = ?22, extra = ?23",
        )?
        .execute(params![
            base.id,
            base.title,
            base.own_status,
            investigation.status,
            base.severity,
            base.category,
            base.detection_source,
            base.alert.as_ref().map(|alert| &alert.title),
            base.assets.first().map(|asset| &asset.name),
            // A search term holds no line break, so none spans two names.
            names.join("\n"),
            base.threat_count,
            investigation.action_count,
            investigation.pending_action_count,
            base.started_at.0,
            investigation.updated_at.map(|time| time.0),
            investigation.ended_at.map(|time| time.0),
            base.ended_at.map(|time| time.0),
            waiting.over,
            waiting.since.map(|time| time.0),
            base.url,
            base.is_sample,
            wire::investigation_json(&investigation),
            base.extra,
        ])?;
    Ok(())
}

/// An investigation's own part, by its id.
///
/// # Errors
/// Where SQLite fails or the row can't be read.
pub fn get(connection: &Connection, id: &str) -> Result<Option<Base>> {
    connection
        .prepare_cached(
            "SELECT json, own_status, own_ended, is_sample, extra FROM investigation WHERE id = ?1",
        )?
        .query_row([id], |row| {
            let read = wire::read_investigation_detail(row.get_ref(0)?.as_str()?.as_bytes()).map_err(
                |unreadable| {
                    rusqlite::Error::FromSqlConversionFailure(
                        0,
                        rusqlite::types::Type::Text,
                        Box::from(unreadable.0),
                    )
                },
            )?;
            let investigation = read.investigation;
            Ok(Base {
                id: investigation.id,
                title: investigation.title,
                own_status: row.get(1)?,
                severity: investigation.severity,
                category: investigation.category,
                detection_source: investigation.detection_source,
                alert: investigation.triggering_alert,
                assets: investigation.assets,
                threat_count: investigation.threat_count,
                started_at: investigation.started_at,
                ended_at: row.get::<_, Option<i64>>(2)?.map(Time),
                url: investigation.url,
                is_sample: row.get(3)?,
                extra: row.get(4)?,
            })
        })
        .optional()
}

/// An investigation's actions, the earliest first.
///
/// # Errors
/// Where SQLite fails or a row can't be read.
pub fn actions(connection: &Connection, id: &str) -> Result<Vec<Action>> {
    connection
        .prepare_cached("SELECT json FROM action WHERE investigation_id = ?1 ORDER BY created, id")?
        .query_map([id], |row| rows::action(row.get_ref(0)?.as_str()?))?
        .collect()
}

/// Derives an investigation anew, after one of its actions changed.
///
/// # Errors
/// Where SQLite fails or a row can't be read.
pub fn refresh(connection: &Connection, id: &str) -> Result<()> {
    match get(connection, id)? {
        Some(base) => put(connection, &base, &actions(connection, id)?),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use action_center_core::domain::time::SECOND;

    fn action(status: &str, created: i64, decided: Option<i64>) -> Action {
        Action {
            status: status.to_owned(),
            created_at: Time(created * SECOND),
            decided_at: decided.map(|decided| Time(decided * SECOND)),
            ..Action::default()
        }
    }

    #[test]
    fn the_actions_say_how_an_investigation_stands() {
        for (own, statuses, expected) in [
            (None, &[][..], "noThreatsFound"),
            (Some("starting"), &[], "starting"),
            (Some("failed"), &["pending"], "pendingAction"),
            (None, &["completed", "pending"], "pendingAction"),
            (None, &["completed", "queued"], "running"),
            (None, &["completed", "skipped"], "remediated"),
            (None, &["completed", "rejected"], "partiallyRemediated"),
            (None, &["expired"], "partiallyRemediated"),
            (Some("terminatedByUser"), &["completed"], "terminatedByUser"),
        ] {
            let actions: Vec<Action> = statuses.iter().map(|status| action(status, 0, None)).collect();
            assert_eq!(status(own, &actions), expected, "{statuses:?}");
        }
    }

    #[test]
    fn waiting_counts_overlaps_once() {
        for (actions, over, since) in [
            (vec![], 0, None),
            (vec![action("completed", 0, Some(10))], 10, None),
            (
                vec![action("completed", 0, Some(10)), action("rejected", 5, Some(20))],
                20,
                None,
            ),
            (
                vec![action("completed", 0, Some(10)), action("rejected", 15, Some(20))],
                15,
                None,
            ),
            (
                vec![action("completed", 0, Some(30)), action("pending", 20, None)],
                20,
                Some(20),
            ),
            (vec![action("skipped", 0, None)], 0, None),
        ] {
            let expected = Waiting {
                over: over * SECOND,
                since: since.map(|since: i64| Time(since * SECOND)),
            };
            assert_eq!(waiting(&actions), expected);
            let running = since.map_or(0, |since| 100 - since);
            assert_eq!(expected.seconds_at(Time(100 * SECOND)), over + running);
        }
    }
}
