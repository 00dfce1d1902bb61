//! `/session`: who asks, what they may do, and what this backend can do.

use std::sync::Arc;

use action_center_core::domain::action::Operation;
use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::json;

use super::json;
use crate::State;
use crate::decide::MAX_BATCH;
use crate::problem::Problem;

pub(super) async fn read(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Result<Response, Problem> {
    let visitor = state.access.visitor(&headers)?;
    let mut session = json!({
        "user": { "id": visitor.id, "name": visitor.name },
        "tenant": { "id": "contoso", "name": "Contoso" },
        "roles": [visitor.role.word()],
        "permissions": visitor.role.permissions(),
        "serverTime": state.clock.now().to_rfc3339(),
        "capabilities": {
            "operations": Operation::ALL.map(Operation::word),
            "detail": true,
            "investigations": true,
            "events": true,
            "facets": true,
            "maxPageSize": state.max_page_size,
            "maxBatch": MAX_BATCH,
            "commentRequired": state.comment_required,
        },
    });
    if let Some(token) = visitor.csrf_token {
        session["csrfToken"] = token.into();
    }
    Ok(json(session.to_string()))
}
