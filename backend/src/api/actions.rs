//! `/actions` and `/actions/{id}`.

use std::sync::Arc;

use action_center_core::domain::action::Operation;
use action_center_core::domain::facet::Facet;
use action_center_core::domain::query::Query;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State as Shared};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::{json, page_json, paging};
use crate::State;
use crate::access::{Visitor, blocked_reason, is_guarded};
use crate::cursor::Cursor;
use crate::database::{rows, select};
use crate::problem::Problem;

pub(super) async fn list(
    Shared(state): Shared<Arc<State>>,
    RawQuery(text): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let visitor = state.access.visitor(&headers)?;
    visitor.need("actions.read")?;
    let (query, others) = Query::from_api(text.as_deref().unwrap_or_default(), true)
        .map_err(|problem| Problem::bad_query(&problem.parameter, &problem.detail))?;
    let paging = paging(&state, &query, &others)?;
    let body = state
        .blocking(move |state| {
            state.expire()?;
            let is_administrator = visitor.role.is_administrator();
            let version = state.database.version();
            Ok(state.database.read(|connection, as_of| {
                let now = paging.cursor.as_ref().map_or(as_of, |cursor| cursor.now);
                let total = state.counts.total(connection, version, &query, now)?;
                let behind = paging.cursor.as_ref().map(|cursor| &cursor.behind);
                // One row more than asked for tells whether a page follows.
                let mut found = match paging.limit {
                    0 => Vec::new(),
                    limit => select::page(connection, &query, behind, limit + 1, now)?,
                };
                let has_more = found.len() > paging.limit;
                found.truncate(paging.limit);
                let next_cursor = found.last().filter(|_| has_more).map(|last| {
                    let behind = last.behind.clone();
                    state.cursors.write(&query, &Cursor { now, behind })
                });
                let facets = match paging.facets.as_slice() {
                    [] => None,
                    facets => Some(facets_json(connection, &query, facets, now)?),
                };
                let items: Vec<String> = found
                    .iter()
                    .map(|row| rows::served_json(&row.json, row.is_guarded, is_administrator))
                    .collect();
                Ok(page_json(&items, total, next_cursor, as_of, facets))
            })?)
        })
        .await?;
    Ok(json(body))
}

fn facets_json(
    connection: &rusqlite::Connection,
    query: &Query,
    facets: &[Facet],
    now: action_center_core::domain::time::Time,
) -> crate::database::Result<String> {
    let mut members = Map::new();
    for facet in facets {
        let counts: Vec<Value> = select::facet_counts(connection, query, *facet, now)?
            .into_iter()
            .map(|(value, count)| json!({ "value": value, "count": count }))
            .collect();
        members.insert(facet.parameter().to_owned(), Value::from(counts));
    }
    Ok(Value::Object(members).to_string())
}

pub(super) async fn detail(
    Shared(state): Shared<Arc<State>>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let visitor = state.access.visitor(&headers)?;
    visitor.need("actions.read")?;
    let no_such = || Problem::not_found("there is no such action");
    let Path(id) = id.map_err(|_| no_such())?;
    let body = state
        .blocking(move |state| {
            state.expire()?;
            state
                .database
                .read(|connection, _| detail_json(connection, &id, &visitor))?
                .ok_or_else(no_such)
        })
        .await?;
    Ok(json(body))
}

fn detail_json(
    connection: &rusqlite::Connection,
    id: &str,
    visitor: &Visitor,
) -> crate::database::Result<Option<String>> {
    let Some(stored) = rows::get(connection, id)? else {
        return Ok(None);
    };
    let action = &stored.action;
    let mut members = Map::new();
    if let Some(extra) = &stored.extra
        && let Ok(Value::Object(given)) = serde_json::from_str(extra)
    {
        members = given;
    }
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
    // The action's own members come first; of a doubled one only the action's counts.
    let own: Map<String, Value> = serde_json::from_str(&row).unwrap_or_default();
    members.retain(|name, _| !own.contains_key(name));
    let mut body = row;
    body.pop();
    for (name, value) in members {
        body.push(',');
        body.push_str(&Value::from(name).to_string());
        body.push(':');
        body.push_str(&value.to_string());
    }
    body.push('}');
    Ok(Some(body))
}
