//! Machine actions and investigations as Microsoft documents them for the Defender for Endpoint API ("machineAction resource
//! type", "Investigation resource type"). Words that are not known are kept, their first letter made small.

use action_center_core::domain::action::{Action, Alert, Asset, Decider};
use action_center_core::domain::time::Time;
use serde_json::{Map, Value, json};

use super::Item;
use crate::database::investigations::Base;
use crate::database::rows::Stored;

type Members = Map<String, Value>;

/// A member's text; numbers count as their digits, empty text as absent.
fn text(members: &Members, name: &str) -> Option<String> {
    match members.get(name)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn required(members: &Members, name: &str) -> Result<String, String> {
    text(members, name).ok_or_else(|| format!("{name} is missing"))
}

fn time(members: &Members, name: &str) -> Result<Option<Time>, String> {
    match text(members, name) {
        None => Ok(None),
        Some(text) => Time::parse(&text)
            .map(Some)
            .ok_or_else(|| format!("{name} is no time: {text:?}")),
    }
}

/// A word with its first letter made small, as this API writes words.
fn small(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn device(members: &Members) -> Option<Asset> {
    let id = text(members, "machineId");
    let name = text(members, "computerDnsName").or_else(|| id.clone())?;
    Some(Asset {
        kind: "device".to_owned(),
        id,
        name,
        criticality: None,
    })
}

/// Reads a machine action: somebody asked for it, so it is decided already.
pub(super) fn machine_action(members: &Members) -> Result<Item, String> {
    let id = required(members, "id")?;
    let kind = required(members, "type")?;
    let created_at =
        time(members, "creationDateTimeUtc")?.ok_or_else(|| "creationDateTimeUtc is missing".to_owned())?;
    let updated_at = time(members, "lastUpdateDateTimeUtc")?
        .or(time(members, "lastUpdateTimeUtc")?)
        .unwrap_or(created_at)
        .max(created_at);
    let asset = device(members);
    let file = members
        .get("relatedFileInfo")
        .and_then(Value::as_object)
        .and_then(|file| text(file, "fileIdentifier"));
    let status = match required(members, "status")?.as_str() {
        // It waits for the device, not for a decision.
        "Pending" => "queued".to_owned(),
        "Succeeded" => "completed".to_owned(),
        "TimeOut" => "timedOut".to_owned(),
        other => small(other),
    };
    let is_over = !matches!(status.as_str(), "queued" | "inProgress");
    let is_live_response = kind == "LiveResponse";
    let action_type = match kind.as_str() {
        "Isolate" => "isolateDevice".to_owned(),
        "Unisolate" => "releaseDevice".to_owned(),
        "RunAntiVirusScan" => "runAntivirusScan".to_owned(),
        "Offboard" => "offboardDevice".to_owned(),
        "StopAndQuarantineFile" => "quarantineFile".to_owned(),
        "UnrestrictCodeExecution" => "removeCodeRestriction".to_owned(),
        "LiveResponse" => "liveResponseCommand".to_owned(),
        other => small(other),
    };
    let is_file = file.is_some();
    let entity = file
        .clone()
        .or_else(|| asset.as_ref().map(|asset| asset.name.clone()))
        .ok_or_else(|| {
            "neither relatedFileInfo, computerDnsName nor machineId says what it is about".to_owned()
        })?;
    let is_by_program = text(members, "requestSource").is_some_and(|source| source.contains("API"));
    let decided_by = text(members, "requestor").map(|name| Decider {
        kind: if is_by_program { "api" } else { "user" }.to_owned(),
        name,
    });
    let mut facts = Vec::new();
    for (name, label) in [
        ("title", "Title"),
        ("scope", "Scope"),
        ("requestSource", "Request source"),
        ("externalId", "External ID"),
        ("errorHResult", "Error code"),
        ("cancellationRequestor", "Cancelled by"),
        ("cancellationComment", "Reason for cancelling"),
    ] {
        if let Some(value) = text(members, name).filter(|value| name != "errorHResult" || value != "0") {
            facts.push(json!({ "label": label, "value": value, "kind": "text" }));
        }
    }
    if let Some(file) = &file {
        facts.push(json!({ "label": "File hash", "value": file, "kind": "hash" }));
    }
    let action = Action {
        id,
        version: "1".to_owned(),
        action_type,
        status,
        decision: decided_by.is_some().then(|| "approved".to_owned()),
        decided_at: decided_by.is_some().then_some(created_at),
        decided_by,
        entity_type: if is_file { "file" } else { "device" }.to_owned(),
        entity,
        asset,
        source: Some(
            if is_live_response {
                "manualLiveResponseAction"
            } else {
                "manualDeviceAction"
            }
            .to_owned(),
        ),
        comment: text(members, "requestorComment"),
        created_at,
        updated_at,
        ended_at: is_over.then_some(updated_at),
        ..Action::default()
    };
    let stored = Stored {
        action,
        is_sample: false,
        extra: (!facts.is_empty()).then(|| json!({ "properties": facts }).to_string()),
    };
    Ok(Item::Action(Box::new(stored), Vec::new()))
}

/// Reads an investigation.
pub(super) fn investigation(members: &Members) -> Result<Item, String> {
    let id = required(members, "id")?;
    let started_at = time(members, "startTime")?.ok_or_else(|| "startTime is missing".to_owned())?;
    let asset = device(members);
    let status = match required(members, "state")?.as_str() {
        "PendingApproval" => "pendingAction".to_owned(),
        "PendingResource" => "waitingForDevice".to_owned(),
        "SuccessfullyRemediated" => "remediated".to_owned(),
        "Benign" => "noThreatsFound".to_owned(),
        "Terminated" => "terminatedBySystem".to_owned(),
        "InnerFailure" => "failed".to_owned(),
        other => small(other),
    };
    let title = match &asset {
        Some(asset) => format!("Investigation {id} on {}", asset.name),
        None => format!("Investigation {id}"),
    };
    let extra = text(members, "statusDetails").map(|details| {
        json!({ "log": [{ "at": started_at.to_rfc3339(), "step": "Status", "detail": details }] }).to_string()
    });
    Ok(Item::Investigation(Box::new(Base {
        id,
        title,
        own_status: Some(status),
        alert: text(members, "triggeringAlertId").map(|id| Alert {
            title: id.clone(),
            id,
            ..Alert::default()
        }),
        assets: asset.into_iter().collect(),
        started_at,
        ended_at: time(members, "endTime")?,
        extra,
        ..Base::default()
    })))
}
