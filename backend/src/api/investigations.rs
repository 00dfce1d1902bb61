//! `/investigations` and `/investigations/{id}`.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State as Shared};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Map, Value, value::to_value};

use action_center_core::domain::time::Time;
use action_center_core::wire;

use super::json;
use super::list::{page, with_members};
use crate::State;
use crate::access::{Visitor, is_guarded};
use crate::database::{investigations, rows};
use crate::problem::Problem;
use crate::sample::findings;

pub(super) async fn list(
    Shared(state): Shared<Arc<State>>,
    RawQuery(text): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let visitor = state.access.visitor(&headers)?;
    visitor.need("investigations.read")?;
    page(&state, visitor, text.as_deref().unwrap_or_default(), false)
        .await
        .map(json)
}

pub(super) async fn detail(
    Shared(state): Shared<Arc<State>>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let visitor = state.access.visitor(&headers)?;
    visitor.need("investigations.read")?;
    let no_such = || Problem::not_found("there is no such investigation");
    let Path(id) = id.map_err(|_| no_such())?;
    let body = state
        .blocking(move |state| {
            state.expire()?;
            state
                .database
                .read(|connection, as_of| detail_json(connection, &id, &visitor, as_of))?
                .ok_or_else(no_such)
        })
        .await?;
    Ok(json(body))
}

fn detail_json(
    connection: &rusqlite::Connection,
    id: &str,
    visitor: &Visitor,
    now: Time,
) -> crate::database::Result<Option<String>> {
    let Some(base) = investigations::get(connection, id)? else {
        return Ok(None);
    };
    let actions = investigations::actions(connection, id)?;
    let (mut investigation, waiting) = investigations::derive(&base, &actions);
    investigation.pending_seconds = Some(waiting.seconds_at(now));
    let mut members = Map::new();
    if let Some(extra) = &base.extra
        && let Ok(Value::Object(given)) = serde_json::from_str(extra)
    {
        members = given;
    }
    if base.is_sample {
        members.append(&mut findings::members(&investigation, &actions, now));
    }
    let served: Vec<Value> = actions
        .iter()
        .filter_map(|action| {
            let json = rows::served_json(
                &wire::action_json(action),
                is_guarded(action),
                visitor.role.is_administrator(),
            );
            serde_json::from_str(&json).ok()
        })
        .collect();
    members.insert("actions".to_owned(), to_value(served).unwrap_or_default());
    Ok(Some(with_members(
        wire::investigation_json(&investigation),
        members,
    )))
}
