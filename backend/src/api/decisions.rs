//! `/decisions`: the one way to change anything. Refusals come in the contract's order: 401, 403, 400, 413, 422.

use std::collections::HashSet;
use std::sync::Arc;

use action_center_core::domain::action::Operation;
use action_center_core::wire;
use axum::body::{Body, to_bytes};
use axum::extract::State as Shared;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use serde_json::Value;

use super::json;
use crate::State;
use crate::access::{Visitor, is_guarded};
use crate::database::rows;
use crate::decide::{self, Decision, MAX_BATCH, MAX_COMMENT_CHARS, Outcome};
use crate::problem::Problem;

/// A body with a hundred items and the longest comment, every character escaped, is smaller.
const MAX_BODY_BYTES: usize = 1024 * 1024;

pub(super) async fn decide(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let visitor = state.access.visitor(&headers)?;
    visitor.check_csrf(&headers)?;
    if !Operation::ALL
        .into_iter()
        .any(|operation| visitor.role.may(operation.permission()))
    {
        return Err(Problem::forbidden(format!(
            "the role {} may read but not decide",
            visitor.role.word()
        )));
    }
    let key = idempotency_key(&headers);
    let is_json = headers.get_all(header::CONTENT_TYPE).iter().all(|kind| {
        let kind = String::from_utf8_lossy(kind.as_bytes()).to_ascii_lowercase();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        essence == "application/json" || essence.ends_with("+json")
    });
    if !is_json {
        return Err(Problem::not_json());
    }
    let bytes = to_bytes(body, MAX_BODY_BYTES)
        .await
        .map_err(|_| Problem::body_too_large(MAX_BODY_BYTES))?;
    let value: Result<Value, Problem> = serde_json::from_slice(&bytes)
        .map_err(|error| Problem::invalid(format!("the body is no JSON: {error}")));
    let body = state
        .blocking(move |state| answer(state, &visitor, &key?, &value?))
        .await?;
    Ok(json(body))
}

fn idempotency_key(headers: &HeaderMap) -> Result<String, Problem> {
    headers
        .get("idempotency-key")
        .and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
        .filter(|key| (8..=128).contains(&key.chars().count()))
        .map(str::to_owned)
        .ok_or_else(Problem::key_required)
}

fn answer(state: &State, visitor: &Visitor, key: &str, value: &Value) -> Result<String, Problem> {
    let claim = state
        .running
        .claim(&visitor.id, key)
        .ok_or_else(Problem::in_progress)?;
    // Members in order, numbers and strings in one form: the same JSON value is the same text.
    let canonical = value.to_string();
    let kept = state
        .database
        .read(|connection, _| decide::kept_answer(connection, &visitor.id, key))?;
    if let Some((body, receipt)) = &kept
        && *body == canonical
    {
        return Ok(receipt.clone());
    }
    let operation = value
        .get("operation")
        .and_then(Value::as_str)
        .and_then(Operation::parse);
    if let Some(operation) = operation {
        visitor.need(operation.permission())?;
    }
    if value
        .get("items")
        .and_then(Value::as_array)
        .is_some_and(|items| items.len() > MAX_BATCH)
    {
        return Err(Problem::too_many_items(MAX_BATCH));
    }
    if kept.is_some() {
        return Err(Problem::key_reused());
    }
    let decision = read(value, operation)?;
    if decision.comment.is_none()
        && state
            .comment_required
            .iter()
            .any(|word| word == decision.operation.word())
    {
        return Err(Problem::comment_required(decision.operation.word()));
    }
    let receipt_id = crate::access::random_token().map_err(|error| Problem::internal(&error))?;
    let (receipt, changed) = state.database.write(|transaction, now| {
        let outcomes = decide::decide(transaction, now, &decision, visitor)?;
        let receipt = receipt_json(&receipt_id, &outcomes, visitor);
        decide::keep_answer(transaction, &visitor.id, key, &canonical, &receipt, now)?;
        let changed: Vec<_> = outcomes
            .into_iter()
            .filter(|outcome| outcome.has_changed)
            .filter_map(|outcome| outcome.action)
            .collect();
        Ok((receipt, changed))
    })?;
    drop(claim);
    state.publish(&changed);
    Ok(receipt)
}

/// Reads the body's members; `null` is absent.
fn read(value: &Value, operation: Option<Operation>) -> Result<Decision, Problem> {
    if !value.is_object() {
        return Err(Problem::invalid("the body is no object"));
    }
    let operation =
        operation.ok_or_else(|| Problem::invalid("operation is none of approve, reject, undo and cancel"))?;
    let text = |name: &str| match value.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Problem::invalid(format!("{name} is no text"))),
    };
    let comment = text("comment")?;
    if comment
        .as_ref()
        .is_some_and(|comment| comment.chars().count() > MAX_COMMENT_CHARS)
    {
        return Err(Problem::invalid("comment is longer than 4000 characters"));
    }
    let reason = text("reason")?.filter(|reason| !reason.trim().is_empty());
    if reason.as_ref().is_some_and(|reason| reason.chars().count() > 200) {
        return Err(Problem::invalid("reason is longer than 200 characters"));
    }
    let items = value
        .get("items")
        .and_then(Value::as_array)
        .filter(|items| !items.is_empty())
        .ok_or_else(|| Problem::invalid("items is no list with at least one item"))?;
    let mut seen = HashSet::new();
    let items = items
        .iter()
        .enumerate()
        .map(|(index, item)| {
            let member = |name: &str| {
                item.get(name)
                    .and_then(Value::as_str)
                    .map(str::to_owned)
                    .ok_or_else(|| Problem::invalid(format!("items[{index}].{name} is no text")))
            };
            let (id, version) = (member("id")?, member("version")?);
            if !seen.insert(id.clone()) {
                return Err(Problem::invalid(format!("items[{index}].id is there twice")));
            }
            Ok((id, version))
        })
        .collect::<Result<_, _>>()?;
    Ok(Decision {
        operation,
        comment: comment.filter(|comment| !comment.trim().is_empty()),
        reason: reason.filter(|_| operation == Operation::Reject),
        items,
    })
}

fn receipt_json(id: &str, outcomes: &[Outcome], visitor: &Visitor) -> String {
    let mut receipt = format!("{{\"id\":\"{id}\",\"results\":[");
    for (index, outcome) in outcomes.iter().enumerate() {
        if index > 0 {
            receipt.push(',');
        }
        receipt.push_str("{\"id\":");
        receipt.push_str(&Value::from(outcome.id.as_str()).to_string());
        receipt.push_str(",\"outcome\":\"");
        receipt.push_str(outcome.word);
        receipt.push('"');
        if let Some(detail) = &outcome.detail {
            receipt.push_str(",\"detail\":");
            receipt.push_str(&Value::from(detail.as_str()).to_string());
        }
        if let Some(action) = &outcome.action {
            receipt.push_str(",\"action\":");
            receipt.push_str(&rows::served_json(
                &wire::action_json(action),
                is_guarded(action),
                visitor.role.is_administrator(),
            ));
        }
        receipt.push('}');
    }
    receipt.push_str("]}");
    receipt
}
