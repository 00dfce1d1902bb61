//! `/events`: server-sent events (HTML standard, 9.2) with replay, a comment against idle time-outs, and an end with the session.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State as Shared;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures_core::Stream;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

use crate::State;
use crate::access::Visitor;
use crate::database::rows;
use crate::hub::{Event, Subscription};
use crate::problem::Problem;

/// The contract wants a comment every 20 s at least; a session's end is noticed as often.
const PULSE: Duration = Duration::from_secs(10);

/// Chunks that wait for a slow reader.
const N_WAITING: usize = 64;

/// Chunks handed over by the task that feeds a stream.
struct Chunks(mpsc::Receiver<Bytes>);

impl Stream for Chunks {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|chunk| chunk.map(Ok))
    }
}

pub(super) async fn stream(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let visitor = state.access.visitor(&headers)?;
    visitor.need("actions.read")?;
    let last_event_id = headers
        .get("last-event-id")
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .filter(|id| !id.is_empty());
    let subscription = state.hub.subscribe(last_event_id.as_deref());
    let (sender, receiver) = mpsc::channel(N_WAITING);
    tokio::spawn(feed(Arc::clone(&state), visitor, subscription, sender));
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        // A proxy must not collect events (nginx).
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(Chunks(receiver))).into_response())
}

/// Writes a stream until the reader goes, the session ends, or the backend stops.
async fn feed(state: Arc<State>, visitor: Visitor, subscription: Subscription, sender: mpsc::Sender<Bytes>) {
    let Subscription {
        last,
        missed,
        mut receiver,
    } = subscription;
    let mut closing = state.hub.closing();
    // The id alone tells a reader where it stands before anything has happened; it dispatches no event.
    let mut first = format!(": open\nid: {}\n\n", state.hub.id(last));
    match missed {
        Some(missed) => {
            for event in missed {
                first.push_str(&event_text(&state, &visitor, &event));
            }
        }
        None => first.push_str(&reset_text(&state, last)),
    }
    if sender.send(Bytes::from(first)).await.is_err() {
        return;
    }
    let mut pulse = tokio::time::interval(PULSE);
    pulse.reset();
    loop {
        let text = tokio::select! {
            event = receiver.recv() => match event {
                Ok(event) => event_text(&state, &visitor, &event),
                Err(RecvError::Lagged(_)) => {
                    let now = state.hub.subscribe(None);
                    receiver = now.receiver;
                    reset_text(&state, now.last)
                }
                Err(RecvError::Closed) => return,
            },
            _ = pulse.tick() => {
                if !state.access.holds(&visitor) {
                    return;
                }
                ": here\n\n".to_owned()
            }
            _ = closing.wait_for(|is_closing| *is_closing) => return,
            () = sender.closed() => return,
        };
        let is_sent = tokio::select! {
            sent = sender.send(Bytes::from(text)) => sent.is_ok(),
            _ = closing.wait_for(|is_closing| *is_closing) => false,
        };
        if !is_sent {
            return;
        }
    }
}

fn event_text(state: &State, visitor: &Visitor, event: &Event) -> String {
    let json = rows::served_json(&event.json, event.is_guarded, visitor.role.is_administrator());
    format!(
        "event: action\nid: {}\ndata: {json}\n\n",
        state.hub.id(event.number)
    )
}

fn reset_text(state: &State, number: u64) -> String {
    format!("event: reset\nid: {}\ndata: {{}}\n\n", state.hub.id(number))
}
