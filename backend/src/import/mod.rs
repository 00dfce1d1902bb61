//! Reads saved data: JSON or NDJSON of the contract's actions and investigations, and lists saved from Microsoft Defender for
//! Endpoint. Every item is judged by itself, and the report has a line for each.
//!
//! Module: `defender` (the documented fields of machine actions and investigations).

mod defender;

use std::collections::BTreeSet;
use std::fmt;

use action_center_core::domain::action::Action;
use action_center_core::domain::time::Time;
use action_center_core::wire;
use rusqlite::{Connection, OptionalExtension};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::database::investigations::{self, Base};
use crate::database::rows::{self, Event, Stored};
use crate::database::{Database, Result as DatabaseResult};

/// One thing that was understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Item {
    /// An action, with its life where it came along.
    Action(Box<Stored>, Vec<Event>),
    /// An investigation.
    Investigation(Box<Base>),
}

/// What became of one item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Its place: the line of NDJSON, or the number in the list, from 1.
    pub place: usize,
    /// What it was taken as, or why it was refused.
    pub outcome: Result<String, String>,
}

/// What became of a file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// `line` or `item`.
    pub unit: &'static str,
    /// One for each item, in order.
    pub lines: Vec<Line>,
}

impl Report {
    /// How many items were taken.
    #[must_use]
    pub fn n_taken(&self) -> usize {
        self.lines.iter().filter(|line| line.outcome.is_ok()).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            match &line.outcome {
                Ok(what) => writeln!(formatter, "{} {}: taken: {what}", self.unit, line.place)?,
                Err(why) => writeln!(formatter, "{} {}: refused: {why}", self.unit, line.place)?,
            }
        }
        let n_taken = self.n_taken();
        let n_refused = self.lines.len() - n_taken;
        writeln!(formatter, "{n_taken} taken, {n_refused} refused")
    }
}

/// Items by their places, each understood or refused.
pub type Items = Vec<(usize, Result<Item, String>)>;

/// Reads a file's text into items, and says what a place counts. A list that can't be cut into items at all is one sentence.
///
/// # Errors
/// A sentence, where the file is neither JSON nor NDJSON.
pub fn read(bytes: &[u8]) -> Result<(&'static str, Items), String> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Some(items) = whole_list(bytes) {
        let items = items
            .into_iter()
            .enumerate()
            .map(|(index, item)| (index + 1, read_item(item.get().as_bytes())));
        return Ok(("item", items.collect()));
    }
    let lines: Items = bytes
        .split(|byte| *byte == b'\n')
        .enumerate()
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .map(|(index, line)| (index + 1, read_item(line.trim_ascii())))
        .collect();
    let is_ndjson = bytes
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .any(|line| line.starts_with(b"{") && line.ends_with(b"}"));
    if is_ndjson || lines.is_empty() {
        Ok(("line", lines))
    } else {
        Err(
            "The file is neither a JSON list, nor an object with a list “value” or “items”, nor NDJSON."
                .to_owned(),
        )
    }
}

/// The items of `[…]`, `{"value":[…]}` or `{"items":[…]}`.
fn whole_list(bytes: &[u8]) -> Option<Vec<&RawValue>> {
    if let Ok(items) = serde_json::from_slice::<Vec<&RawValue>>(bytes) {
        return Some(items);
    }
    let members: std::collections::BTreeMap<String, &RawValue> = serde_json::from_slice(bytes).ok()?;
    let list = members.get("value").or_else(|| members.get("items"))?;
    serde_json::from_str(list.get()).ok()
}

fn read_item(bytes: &[u8]) -> Result<Item, String> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| format!("no JSON: {error}"))?;
    let Value::Object(members) = value else {
        return Err("no object".to_owned());
    };
    let has = |name: &str| members.get(name).is_some_and(|value| !value.is_null());
    if has("entityType") || has("createdAt") {
        read_action(bytes, &members)
    } else if has("startedAt") {
        read_investigation(bytes, &members)
    } else if has("creationDateTimeUtc") || has("machineId") && has("type") {
        defender::machine_action(&members)
    } else if has("startTime") && has("state") {
        defender::investigation(&members)
    } else {
        Err("neither an action nor an investigation, by its members".to_owned())
    }
}

fn read_action(bytes: &[u8], members: &Map<String, Value>) -> Result<Item, String> {
    let detail = wire::read_detail(bytes).map_err(|unreadable| unreadable.0)?;
    let mut action = detail.action;
    if action.id.is_empty() {
        return Err("the id is empty".to_owned());
    }
    if action.version.is_empty() {
        "1".clone_into(&mut action.version);
    }
    // What a user may do depends on who asks here.
    action.operations = None;
    let life = detail
        .timeline
        .into_iter()
        .map(|event| Event {
            at: event.at,
            event: event.event,
            by: event.by,
            comment: event.comment,
            reason: None,
        })
        .collect();
    let extra = extra(
        members,
        &[
            "summary",
            "onApprove",
            "onReject",
            "properties",
            "alerts",
            "investigation",
            "targets",
        ],
    );
    let stored = Stored {
        action,
        is_sample: false,
        extra,
    };
    Ok(Item::Action(Box::new(stored), life))
}

fn read_investigation(bytes: &[u8], members: &Map<String, Value>) -> Result<Item, String> {
    let detail = wire::read_investigation_detail(bytes).map_err(|unreadable| unreadable.0)?;
    let investigation = detail.investigation;
    if investigation.id.is_empty() {
        return Err("the id is empty".to_owned());
    }
    Ok(Item::Investigation(Box::new(Base {
        id: investigation.id,
        title: investigation.title,
        own_status: Some(investigation.status),
        severity: investigation.severity,
        category: investigation.category,
        detection_source: investigation.detection_source,
        alert: investigation.triggering_alert,
        assets: investigation.assets,
        threat_count: investigation.threat_count,
        started_at: investigation.started_at,
        ended_at: investigation.ended_at,
        url: investigation.url,
        is_sample: false,
        extra: extra(members, &["alerts", "evidence", "entityCounts", "log"]),
    })))
}

/// The members of a detail, as a JSON object.
fn extra(members: &Map<String, Value>, names: &[&str]) -> Option<String> {
    let kept: Map<String, Value> = members
        .iter()
        .filter(|(name, value)| names.contains(&name.as_str()) && !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    (!kept.is_empty()).then(|| Value::Object(kept).to_string())
}

/// Reads a file into the database.
///
/// # Errors
/// A sentence, where the file as a whole can't be read, or SQLite fails; then nothing is taken.
pub fn import(database: &Database, bytes: &[u8]) -> Result<Report, String> {
    let (unit, items) = read(bytes)?;
    let lines = database
        .write(|transaction, _| {
            let mut touched = BTreeSet::new();
            let mut lines = Vec::with_capacity(items.len());
            for (place, item) in items {
                let outcome = match item {
                    Ok(item) => take(transaction, item, &mut touched)?,
                    Err(why) => Err(why),
                };
                lines.push(Line { place, outcome });
            }
            for id in &touched {
                settle(transaction, id)?;
            }
            Ok(lines)
        })
        .map_err(|error| format!("The import can’t be written: {error}."))?;
    Ok(Report { unit, lines })
}

/// Takes an item where nothing newer is there.
fn take(
    connection: &Connection,
    item: Item,
    touched: &mut BTreeSet<String>,
) -> DatabaseResult<Result<String, String>> {
    match item {
        Item::Action(stored, life) => {
            let action = &stored.action;
            if let Some(before) = rows::get(connection, &action.id)?
                && before.action.updated_at >= action.updated_at
            {
                return Ok(Err(format!(
                    "the action {:?} is there already, and not older",
                    action.id
                )));
            }
            rows::put(connection, &stored)?;
            rows::set_life(connection, &action.id, &life)?;
            touched.extend(action.investigation_id.clone());
            Ok(Ok(format!("action {:?}, {}", action.id, action.action_type)))
        }
        Item::Investigation(base) => {
            let is_there = connection
                .prepare_cached("SELECT 1 FROM investigation WHERE id = ?1")?
                .query_row([&base.id], |_| Ok(()))
                .optional()?
                .is_some();
            if is_there {
                return Ok(Err(format!("the investigation {:?} is there already", base.id)));
            }
            investigations::put(connection, &base, &[])?;
            touched.insert(base.id.clone());
            Ok(Ok(format!("investigation {:?}", base.id)))
        }
    }
}

/// Derives a touched investigation; one that only actions speak of is made from them, so that links to it lead somewhere.
fn settle(connection: &Connection, id: &str) -> DatabaseResult<()> {
    if investigations::get(connection, id)?.is_some() {
        return investigations::refresh(connection, id);
    }
    let actions = investigations::actions(connection, id)?;
    let title = actions
        .iter()
        .find_map(|action| action.investigation_title.clone());
    let base = Base {
        id: id.to_owned(),
        title: title.unwrap_or_else(|| format!("Investigation {id}")),
        severity: actions.iter().find_map(|action| action.severity.clone()),
        assets: assets(&actions),
        started_at: actions
            .iter()
            .map(|action| action.created_at)
            .min()
            .unwrap_or(Time(0)),
        ..Base::default()
    };
    investigations::put(connection, &base, &actions)
}

fn assets(actions: &[Action]) -> Vec<action_center_core::domain::action::Asset> {
    let mut assets = Vec::new();
    for asset in actions.iter().filter_map(|action| action.asset.as_ref()) {
        if !assets.contains(asset) {
            assets.push(asset.clone());
        }
    }
    assets
}
