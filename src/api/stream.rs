//! The event stream, read by fetch so that it can carry a bearer token (WHATWG HTML, 9.2 Server-sent events).

use action_center_core::wire;
use gloo_net::http::Method;
use wasm_bindgen::JsCast;
use web_sys::{AbortSignal, ReadableStreamDefaultReader};

use super::client::{Client, read_piece};
use super::error::{Error, Kind};

/// An open stream of bytes.
pub(crate) struct Stream {
    reader: ReadableStreamDefaultReader,
}

impl Stream {
    /// Opens `/events`, going on behind the last event that was seen.
    pub(crate) async fn open(client: &Client, last_event_id: &str, stop: AbortSignal) -> Result<Self, Error> {
        let mut builder = client
            .request(Method::GET, "/events", stop)
            .await?
            .header("accept", "text/event-stream");
        if !last_event_id.is_empty() {
            builder = builder.header("last-event-id", &wire::utf8_field_value(last_event_id));
        }
        let no_answer = |detail: String| Error::new(Kind::NoAnswer, &detail);
        let request = builder.build().map_err(|error| no_answer(error.to_string()))?;
        let response = request
            .send()
            .await
            .map_err(|error| no_answer(error.to_string()))?;
        let status = response.status();
        client.note("/events", status);
        if status != 200 {
            return Err(Error::of(status, response.headers().get("retry-after"), &[]));
        }
        if !response
            .headers()
            .get("content-type")
            .is_some_and(|kind| kind.starts_with("text/event-stream"))
        {
            return Err(Error::new(Kind::Unreadable, "no event stream"));
        }
        let Some(body) = response.body() else {
            return Err(Error::new(Kind::Unreadable, "no event stream"));
        };
        Ok(Self {
            reader: body.get_reader().unchecked_into(),
        })
    }

    /// The next bytes; none where the backend has closed the stream.
    pub(crate) async fn next(&self) -> Result<Option<Vec<u8>>, Error> {
        let piece = read_piece(&self.reader)
            .await
            .map_err(|detail| Error::new(Kind::NoAnswer, &detail))?;
        Ok(piece.map(|piece| piece.to_vec()))
    }
}
