//! What actions and investigations have in common: who may ask, one page by query and cursor, one row with all its details.

use std::sync::Arc;

use action_center_core::domain::facet::Facet;
use action_center_core::domain::query::Query;
use action_center_core::domain::time::Time;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use rusqlite::Connection;
use serde_json::{Map, Value};

use super::{json, page_json, paging};
use crate::State;
use crate::access::Visitor;
use crate::cursor::Cursor;
use crate::database::index::Index;
use crate::database::{self, select};
use crate::problem::Problem;

/// What is asked for: where it lies, who may read it, and how one of it is read with all its details.
pub(super) struct Kind {
    pub(super) is_of_actions: bool,
    pub(super) permission: &'static str,
    pub(super) missing: &'static str,
    pub(super) read: fn(&Connection, &str, &Visitor, Time) -> database::Result<Option<String>>,
}

/// Answers a request for a page.
pub(super) async fn list(
    state: &Arc<State>,
    kind: &Kind,
    text: Option<String>,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let visitor = state.access.visitor(headers)?;
    visitor.need(kind.permission)?;
    page(
        state,
        visitor,
        text.as_deref().unwrap_or_default(),
        kind.is_of_actions,
    )
    .await
    .map(json)
}

/// Answers a request for one row with all its details.
pub(super) async fn one(
    state: &Arc<State>,
    kind: &'static Kind,
    id: Result<Path<String>, PathRejection>,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let visitor = state.access.visitor(headers)?;
    visitor.need(kind.permission)?;
    let no_such = || Problem::not_found(kind.missing);
    let Path(id) = id.map_err(|_| no_such())?;
    let body = state
        .blocking(move |state| {
            state.expire()?;
            state
                .database
                .read(|connection, as_of| (kind.read)(connection, &id, &visitor, as_of))?
                .ok_or_else(no_such)
        })
        .await?;
    Ok(json(body))
}

/// Members that came with an import, as they were given; none where they are no object.
pub(super) fn given_members(extra: Option<&str>) -> Map<String, Value> {
    extra
        .and_then(|extra| serde_json::from_str(extra).ok())
        .unwrap_or_default()
}

async fn page(
    state: &Arc<State>,
    visitor: Visitor,
    parameters: &str,
    is_of_actions: bool,
) -> Result<String, Problem> {
    let (query, others) = Query::from_api(parameters, is_of_actions)
        .map_err(|problem| Problem::bad_query(&problem.parameter, &problem.detail))?;
    let paging = paging(state, &query, &others)?;
    state
        .blocking(move |state| {
            state.expire()?;
            let is_administrator = visitor.role.is_administrator();
            let version = state.database.version();
            Ok(state.database.read(|connection, as_of| {
                let now = paging.cursor.as_ref().map_or(as_of, |cursor| cursor.now);
                let behind = paging.cursor.as_ref().map(|cursor| &cursor.behind);
                let index = state.database.indexed(query.view);
                let total = match &*index {
                    Some(index) => index.count(&query, now),
                    None => state.counts.total(connection, version, &query, now)?,
                };
                let mut items = String::new();
                let next = match &*index {
                    _ if paging.limit == 0 => None,
                    Some(index) => {
                        let page = index.page(&query, behind, paging.limit, now);
                        let view = query.view;
                        select::push_rows(&mut items, connection, view, &page.rows, now, is_administrator)?;
                        page.next
                    }
                    None => {
                        let page =
                            select::page(connection, &query, behind, paging.limit, now, is_administrator)?;
                        items = page.items;
                        page.next
                    }
                };
                let next_cursor = next.map(|behind| state.cursors.write(&query, &Cursor { now, behind }));
                let facets = match paging.facets.as_slice() {
                    [] => None,
                    facets => Some(facets_json(connection, index.as_ref(), &query, facets, now)?),
                };
                Ok(page_json(&items, total, next_cursor, as_of, facets))
            })?)
        })
        .await
}

fn facets_json(
    connection: &Connection,
    index: Option<&Index>,
    query: &Query,
    facets: &[Facet],
    now: Time,
) -> database::Result<String> {
    let mut members = Map::new();
    for facet in facets {
        let counts = match index {
            Some(index) => index.facet_counts(query, *facet, now),
            None => select::facet_counts(connection, query, *facet, now)?,
        };
        let counts: Vec<Value> = counts
            .into_iter()
            .map(|(value, count)| serde_json::json!({ "value": value, "count": count }))
            .collect();
        members.insert(facet.parameter().to_owned(), Value::from(counts));
    }
    Ok(Value::Object(members).to_string())
}

/// A row's JSON with further members behind its own; a member that it has already stays as it is.
pub(super) fn with_members(row: String, mut members: Map<String, Value>) -> String {
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
    body
}
