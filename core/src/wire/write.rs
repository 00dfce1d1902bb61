//! What is sent: a decision's body (page) and actions and investigations (backend). JSON is put together by hand around
//! serde_json's string escaping, which keeps generated code out of the page.

use crate::domain::action::{Action, Asset, Investigation};
use crate::domain::time::{Time, push_number};

/// Appends a JSON string.
fn push_text(out: &mut String, text: &str) {
    // Writing a str to a String can't fail: both are UTF-8 and in memory.
    if let Ok(json) = serde_json::to_string(text) {
        out.push_str(&json);
    }
}

fn push_key(out: &mut String, key: &str) {
    if !out.ends_with(['{', '[']) {
        out.push(',');
    }
    out.push('"');
    out.push_str(key);
    out.push_str("\":");
}

fn text(out: &mut String, key: &str, value: &str) {
    push_key(out, key);
    push_text(out, value);
}

fn optional(out: &mut String, key: &str, value: Option<&String>) {
    if let Some(value) = value {
        text(out, key, value);
    }
}

fn time(out: &mut String, key: &str, value: Option<Time>) {
    if let Some(value) = value {
        text(out, key, &value.to_rfc3339());
    }
}

fn number(out: &mut String, key: &str, value: Option<i64>) {
    if let Some(value) = value {
        push_key(out, key);
        push_number(out, value);
    }
}

fn list(out: &mut String, key: &str, values: &[String]) {
    push_key(out, key);
    out.push('[');
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_text(out, value);
    }
    out.push(']');
}

/// The body of `POST /decisions`: the same text for the same arguments, so that a repeated request is the same request.
/// Items are ids with the versions that the user saw.
#[must_use]
pub fn decision_body(
    operation: &str,
    comment: &str,
    reason: Option<&str>,
    items: &[(String, String)],
) -> String {
    let mut out = String::from("{");
    text(&mut out, "operation", operation);
    if !comment.trim().is_empty() {
        text(&mut out, "comment", comment);
    }
    if let Some(reason) = reason {
        text(&mut out, "reason", reason);
    }
    push_key(&mut out, "items");
    out.push('[');
    for (index, (id, version)) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push('{');
        text(&mut out, "id", id);
        text(&mut out, "version", version);
        out.push('}');
    }
    out.push_str("]}");
    out
}

fn asset_json(out: &mut String, asset: &Asset) {
    out.push('{');
    text(out, "kind", &asset.kind);
    optional(out, "id", asset.id.as_ref());
    text(out, "name", &asset.name);
    optional(out, "criticality", asset.criticality.as_ref());
    out.push('}');
}

/// An action's members, without the closing brace, so that a caller may add its own.
fn push_action(out: &mut String, action: &Action) {
    out.push('{');
    text(out, "id", &action.id);
    text(out, "version", &action.version);
    optional(out, "approvalId", action.approval_id.as_ref());
    optional(out, "investigationId", action.investigation_id.as_ref());
    optional(out, "investigationTitle", action.investigation_title.as_ref());
    if !action.alert_ids.is_empty() {
        list(out, "alertIds", &action.alert_ids);
    }
    text(out, "type", &action.action_type);
    text(out, "status", &action.status);
    optional(out, "decision", action.decision.as_ref());
    if let Some(by) = &action.decided_by {
        push_key(out, "decidedBy");
        out.push('{');
        text(out, "kind", &by.kind);
        text(out, "name", &by.name);
        out.push('}');
    }
    text(out, "entityType", &action.entity_type);
    text(out, "entity", &action.entity);
    if let Some(asset) = &action.asset {
        push_key(out, "asset");
        asset_json(out, asset);
    }
    optional(out, "severity", action.severity.as_ref());
    optional(out, "threat", action.threat.as_ref());
    optional(out, "source", action.source.as_ref());
    if let Some(impact) = action.impact {
        push_key(out, "impact");
        out.push('{');
        number(out, "devices", impact.devices);
        number(out, "users", impact.users);
        number(out, "mailboxes", impact.mailboxes);
        number(out, "messages", impact.messages);
        out.push('}');
    }
    if let Some(reversible) = action.reversible {
        push_key(out, "reversible");
        out.push_str(if reversible { "true" } else { "false" });
    }
    if let Some(operations) = &action.operations {
        list(out, "operations", operations);
    }
    optional(out, "comment", action.comment.as_ref());
    time(out, "createdAt", Some(action.created_at));
    time(out, "updatedAt", Some(action.updated_at));
    time(out, "decidedAt", action.decided_at);
    time(out, "startedAt", action.started_at);
    time(out, "endedAt", action.ended_at);
    time(out, "expiresAt", action.expires_at);
}

/// An Action of the contract.
#[must_use]
pub fn action_json(action: &Action) -> String {
    let mut out = String::with_capacity(640);
    push_action(&mut out, action);
    out.push('}');
    out
}

/// An Investigation of the contract.
#[must_use]
pub fn investigation_json(investigation: &Investigation) -> String {
    let mut out = String::with_capacity(640);
    out.push('{');
    text(&mut out, "id", &investigation.id);
    text(&mut out, "title", &investigation.title);
    text(&mut out, "status", &investigation.status);
    optional(&mut out, "severity", investigation.severity.as_ref());
    optional(&mut out, "category", investigation.category.as_ref());
    optional(
        &mut out,
        "detectionSource",
        investigation.detection_source.as_ref(),
    );
    if let Some(alert) = &investigation.triggering_alert {
        push_key(&mut out, "triggeringAlert");
        out.push('{');
        text(&mut out, "id", &alert.id);
        text(&mut out, "title", &alert.title);
        optional(&mut out, "severity", alert.severity.as_ref());
        optional(&mut out, "status", alert.status.as_ref());
        optional(&mut out, "url", alert.url.as_ref());
        out.push('}');
    }
    push_key(&mut out, "assets");
    out.push('[');
    for (index, asset) in investigation.assets.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        asset_json(&mut out, asset);
    }
    out.push(']');
    number(&mut out, "threatCount", investigation.threat_count);
    number(&mut out, "actionCount", investigation.action_count);
    number(&mut out, "pendingActionCount", investigation.pending_action_count);
    time(&mut out, "startedAt", Some(investigation.started_at));
    time(&mut out, "updatedAt", investigation.updated_at);
    time(&mut out, "endedAt", investigation.ended_at);
    number(&mut out, "pendingSeconds", investigation.pending_seconds);
    optional(&mut out, "url", investigation.url.as_ref());
    out.push('}');
    out
}
