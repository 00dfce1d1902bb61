//! `/events`: what happens is told, and what was missed is replayed.

use axum::body::{Body, Bytes};
use axum::http::Request;
use tower::ServiceExt as _;

use crate::backend::{Backend, body};

/// An open stream.
struct Stream(Body);

impl Stream {
    fn open(backend: &Backend, last_event_id: Option<&str>) -> Self {
        let mut request = Request::get("/api/v1/events");
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = backend
            .runtime
            .block_on(backend.router.clone().oneshot(request))
            .unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self(response.into_body())
    }

    /// The next chunk; none at the end.
    fn next(&mut self, backend: &Backend) -> Option<String> {
        let chunk: Option<Bytes> = backend.runtime.block_on(async {
            std::future::poll_fn(|context| {
                use axum::body::HttpBody as _;
                std::pin::Pin::new(&mut self.0).poll_frame(context)
            })
            .await
            .map(|frame| frame.unwrap().into_data().unwrap())
        });
        chunk.map(|chunk| String::from_utf8(chunk.to_vec()).unwrap())
    }
}

fn id(text: &str) -> String {
    let line = text.lines().rev().find(|line| line.starts_with("id: ")).unwrap();
    line[4..].to_owned()
}

fn approve(backend: &Backend, nth: usize, key: &str) -> String {
    let (actions, _) = backend.page("view=pending&limit=100");
    let action = actions
        .iter()
        .filter(|action| action.operations.is_none())
        .nth(nth)
        .unwrap();
    assert_eq!(
        backend.outcomes(key, "approve", &[(&action.id, "1")])[0].1,
        "done"
    );
    action.id.clone()
}

#[test]
fn a_decision_is_told_to_every_stream() {
    let backend = Backend::with(100);
    let mut streams = [Stream::open(&backend, None), Stream::open(&backend, None)];
    for stream in &mut streams {
        assert!(stream.next(&backend).unwrap().starts_with(": open\nid: "));
    }
    let decided = approve(&backend, 0, "key-0001");
    for stream in &mut streams {
        let text = stream.next(&backend).unwrap();
        assert!(text.starts_with("event: action\nid: "), "{text}");
        let data = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
        let action = action_center_core::wire::read_action(data.as_bytes()).unwrap();
        assert_eq!((action.id, action.status.as_str()), (decided.clone(), "queued"));
    }
}

#[test]
fn what_was_missed_is_replayed_or_reset() {
    let backend = Backend::with(100);
    let start = id(&Stream::open(&backend, None).next(&backend).unwrap());
    let first = approve(&backend, 0, "key-0001");
    let second = approve(&backend, 0, "key-0002");
    let text = Stream::open(&backend, Some(&start)).next(&backend).unwrap();
    assert_eq!(text.matches("event: action").count(), 2);
    assert!(text.find(&first) < text.find(&second));
    let text = Stream::open(&backend, Some(&id(&text))).next(&backend).unwrap();
    assert!(!text.contains("event:"));
    for foreign in ["other-1", "nonsense", &format!("{start}9")] {
        let text = Stream::open(&backend, Some(foreign)).next(&backend).unwrap();
        assert!(
            text.contains("event: reset\n") && text.contains("data: {}\n"),
            "{text}"
        );
    }
}

#[test]
fn the_streams_end_with_the_backend() {
    let backend = Backend::with(10);
    let mut stream = Stream::open(&backend, None);
    assert!(stream.next(&backend).is_some());
    backend.state.hub.close();
    assert_eq!(stream.next(&backend), None);
}

#[test]
fn a_decision_without_change_tells_nothing() {
    let backend = Backend::with(100);
    let mut stream = Stream::open(&backend, None);
    let before = id(&stream.next(&backend).unwrap());
    backend.decide("key-0001", &body("approve", &[("nothing", "1")]));
    let after = id(&Stream::open(&backend, None).next(&backend).unwrap());
    assert_eq!(before, after);
}
