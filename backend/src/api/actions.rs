//! `/actions` and `/actions/{id}`.

use std::sync::Arc;

use action_center_core::domain::action::Operation;
use action_center_core::domain::time::Time;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State as Shared};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use super::list::{self, Kind, given_members, with_members};
use crate::State;
use crate::access::{Visitor, blocked_reason, is_guarded};
use crate::database::rows;
use crate::problem::Problem;

/// Actions.
const KIND: Kind = Kind {
    is_of_actions: true,
    permission: "actions.read",
    missing: "there is no such action",
    read: detail_json,
};

pub(super) async fn list(
    Shared(state): Shared<Arc<State>>,
    RawQuery(text): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    list::list(&state, &KIND, text, &headers).await
}

pub(super) async fn detail(
    Shared(state): Shared<Arc<State>>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    list::one(&state, &KIND, id, &headers).await
}

fn detail_json(
    connection: &rusqlite::Connection,
    id: &str,
    visitor: &Visitor,
    _now: Time,
) -> crate::database::Result<Option<String>> {
    let Some(stored) = rows::get(connection, id)? else {
        return Ok(None);
    };
    let action = &stored.action;
    let mut members = given_members(stored.extra.as_deref());
    if stored.is_sample {
        members.append(&mut crate::sample::detail::members(action));
    }
    let life: Vec<Value> = rows::life(connection, action)?
        .into_iter()
        .map(|event| {
            let mut row = json!({ "at": event.at.to_rfc3339(), "event": event.event });
            if let Some(by) = event.by {
                row["by"] = json!({ "kind": by.kind, "name": by.name });
            }
            if let Some(comment) = event.comment {
                row["comment"] = comment.into();
            }
            if let Some(reason) = event.reason {
                row["reason"] = reason.into();
            }
            row
        })
        .collect();
    members.insert("timeline".to_owned(), life.into());
    let blocked: Vec<Value> = Operation::ALL
        .into_iter()
        .filter_map(|operation| {
            let reason = blocked_reason(action, operation, visitor.role)?;
            Some(json!({ "operation": operation.word(), "reason": reason }))
        })
        .collect();
    members.insert("blocked".to_owned(), blocked.into());
    let n_others: i64 = connection
        .prepare_cached("SELECT count(*) FROM action WHERE is_pending = 1 AND entity = ?1 AND id != ?2")?
        .query_row([&action.entity, &action.id], |row| row.get(0))?;
    members.insert("sameEntity".to_owned(), n_others.into());
    let row = rows::served_json(
        &action_center_core::wire::action_json(action),
        is_guarded(action),
        visitor.role.is_administrator(),
    );
    Ok(Some(with_members(row, members)))
}
