//! Actions as rows: the ready-made JSON, and beside it the columns that are filtered, sorted and searched by.

use action_center_core::domain::action::{Action, Decider, Impact};
use action_center_core::domain::time::Time;
use action_center_core::wire;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::Result;
use crate::access::is_guarded;

/// An action as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stored {
    /// The action.
    pub action: Action,
    /// Whether it is generated, so that its details are generated too.
    pub is_sample: bool,
    /// Further members of ActionDetail that came with an import, as a JSON object.
    pub extra: Option<String>,
}

/// Writes an action, new or changed. Members that differ from user to user are left out.
///
/// # Errors
/// Where SQLite fails.
pub fn put(connection: &Connection, stored: &Stored) -> Result<()> {
    let action = &stored.action;
    let name = |decider: &Decider| decider.name.clone();
    connection
        .prepare_cached(
            "INSERT INTO action (id, is_pending, is_guarded, is_sample, created, updated, decided, started, ended, expires,
               status, type, entity_type, severity, source, decision, decided_by, asset, investigation_id, approval_id,
               impact, reversible, entity, investigation_title, threat, comment, json, extra)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
               ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28)
             ON CONFLICT (id) DO UPDATE SET is_pending = ?2, is_guarded = ?3, is_sample = ?4, created = ?5, updated = ?6,
               decided = ?7, started = ?8, ended = ?9, expires = ?10, status = ?11, type = ?12, entity_type = ?13,
               severity = ?14, source = ?15, decision = ?16, decided_by = ?17, asset = ?18, investigation_id = ?19,
               approval_id = ?20, impact = ?21, reversible = ?22, entity = ?23, investigation_title = ?24, threat = ?25,
               comment = ?26, json = ?27, extra = ?28",
        )?
        .execute(params![
            action.id,
            action.is_pending(),
            is_guarded(action),
            stored.is_sample,
            action.created_at.0,
            action.updated_at.0,
            action.decided_at.map(|time| time.0),
            action.started_at.map(|time| time.0),
            action.ended_at.map(|time| time.0),
            action.expires_at.map(|time| time.0),
            action.status,
            action.action_type,
            action.entity_type,
            action.severity,
            action.source,
            action.decision,
            action.decided_by.as_ref().map(name),
            action.asset.as_ref().map(|asset| asset.name.clone()),
            action.investigation_id,
            action.approval_id,
            action.impact.and_then(Impact::sum),
            action.reversible,
            action.entity,
            action.investigation_title,
            action.threat,
            action.comment,
            wire::action_json(action),
            stored.extra,
        ])?;
    Ok(())
}

/// An action by its id.
///
/// # Errors
/// Where SQLite fails or the row can't be read.
pub fn get(connection: &Connection, id: &str) -> Result<Option<Stored>> {
    connection
        .prepare_cached("SELECT json, is_sample, extra FROM action WHERE id = ?1")?
        .query_row([id], stored)
        .optional()
}

/// Reads the columns json, is_sample and extra.
///
/// # Errors
/// Where the JSON is no action.
pub fn stored(row: &Row<'_>) -> Result<Stored> {
    Ok(Stored {
        action: action(row.get_ref(0)?.as_str()?)?,
        is_sample: row.get(1)?,
        extra: row.get(2)?,
    })
}

/// Reads an action's JSON.
///
/// # Errors
/// Where it is none.
pub fn action(json: &str) -> Result<Action> {
    wire::read_action(json.as_bytes()).map_err(|unreadable| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::from(unreadable.0))
    })
}

/// One event in an action's life.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// When.
    pub at: Time,
    /// `created`, `approved` …
    pub event: String,
    /// Who.
    pub by: Option<Decider>,
    /// What they wrote.
    pub comment: Option<String>,
    /// The reason of a rejection.
    pub reason: Option<String>,
}

impl Event {
    /// An event without words.
    #[must_use]
    pub fn new(at: Time, event: &str, by: Option<Decider>) -> Self {
        Self {
            at,
            event: event.to_owned(),
            by,
            comment: None,
            reason: None,
        }
    }
}

/// The life that an action's own members tell.
#[must_use]
pub fn told_life(action: &Action) -> Vec<Event> {
    let is_automatic = action
        .source
        .as_deref()
        .is_some_and(|source| source.starts_with("automated") || source == "attackDisruption");
    let proposed_by = is_automatic.then(|| Decider {
        kind: "automation".to_owned(),
        name: "Automation".to_owned(),
    });
    let mut life = vec![Event::new(action.created_at, "created", proposed_by)];
    if let (Some(at), Some(decision)) = (action.decided_at, &action.decision) {
        life.push(Event {
            comment: action.comment.clone(),
            ..Event::new(at, decision, action.decided_by.clone())
        });
    }
    if let Some(at) = action.started_at {
        life.push(Event::new(at, "started", None));
    }
    if let Some(at) = action.ended_at {
        let event = match action.status.as_str() {
            "failed" | "timedOut" => "failed",
            _ => "completed",
        };
        life.push(Event::new(at, event, None));
    }
    if action.status == "undone" {
        life.push(Event::new(action.updated_at, "undone", None));
    }
    life
}

/// An action's life so far, the earliest first.
///
/// # Errors
/// Where SQLite fails.
pub fn life(connection: &Connection, action: &Action) -> Result<Vec<Event>> {
    let kept = kept_life(connection, &action.id)?;
    Ok(if kept.is_empty() { told_life(action) } else { kept })
}

fn kept_life(connection: &Connection, id: &str) -> Result<Vec<Event>> {
    let mut statement = connection.prepare_cached(
        "SELECT at, event, kind, name, comment, reason FROM timeline WHERE action_id = ?1 ORDER BY at, rowid",
    )?;
    let rows = statement.query_map([id], |row| {
        let kind: Option<String> = row.get(2)?;
        let name: Option<String> = row.get(3)?;
        Ok(Event {
            at: Time(row.get(0)?),
            event: row.get(1)?,
            by: kind.zip(name).map(|(kind, name)| Decider { kind, name }),
            comment: row.get(4)?,
            reason: row.get(5)?,
        })
    })?;
    rows.collect()
}

/// Adds to an action's life. `before` is the action as it was: the first event that is kept takes what it told along.
///
/// # Errors
/// Where SQLite fails.
pub fn live_on(connection: &Connection, before: &Action, event: Event) -> Result<()> {
    let mut events = if kept_life(connection, &before.id)?.is_empty() {
        told_life(before)
    } else {
        Vec::new()
    };
    events.push(event);
    add_life(connection, &before.id, &events)
}

/// Replaces an action's life by one that is known from elsewhere; an empty one means what its members tell.
///
/// # Errors
/// Where SQLite fails.
pub fn set_life(connection: &Connection, id: &str, events: &[Event]) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM timeline WHERE action_id = ?1")?
        .execute([id])?;
    add_life(connection, id, events)
}

fn add_life(connection: &Connection, id: &str, events: &[Event]) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO timeline (action_id, at, event, kind, name, comment, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for event in events {
        statement.execute(params![
            id,
            event.at.0,
            event.event,
            event.by.as_ref().map(|by| &by.kind),
            event.by.as_ref().map(|by| &by.name),
            event.comment,
            event.reason,
        ])?;
    }
    Ok(())
}

/// The action as this user gets it: where they may do nothing to it now, it says so.
#[must_use]
pub fn served_json(json: &str, is_guarded: bool, is_administrator: bool) -> String {
    let mut served = String::with_capacity(json.len() + 16);
    push_served(&mut served, json, is_guarded, is_administrator);
    served
}

/// Appends what `served_json` gives.
pub fn push_served(out: &mut String, json: &str, is_guarded: bool, is_administrator: bool) {
    match json.strip_suffix('}') {
        Some(open) if is_guarded && !is_administrator => {
            out.push_str(open);
            out.push_str(",\"operations\":[]}");
        }
        _ => out.push_str(json),
    }
}
