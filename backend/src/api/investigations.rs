//! `/investigations` and `/investigations/{id}`.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State as Shared};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, value::to_value};

use action_center_core::domain::time::Time;
use action_center_core::wire;

use super::list::{self, Kind, given_members, with_members};
use crate::State;
use crate::access::{Visitor, is_guarded};
use crate::database::{investigations, rows};
use crate::problem::Problem;
use crate::sample::findings;

/// Investigations.
const KIND: Kind = Kind {
    is_of_actions: false,
    permission: "investigations.read",
    missing: "there is no such investigation",
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
    now: Time,
) -> crate::database::Result<Option<String>> {
    let Some(base) = investigations::get(connection, id)? else {
        return Ok(None);
    };
    let actions = investigations::actions(connection, id)?;
    let (mut investigation, waiting) = investigations::derive(&base, &actions);
    investigation.pending_seconds = Some(waiting.seconds_at(now));
    let mut members = given_members(base.extra.as_deref());
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
