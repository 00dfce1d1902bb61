//! Events: numbered, the last ones kept for replay, handed to every open stream. A stream that can't keep up is told to load
//! again; nobody's slowness costs memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use action_center_core::domain::action::Action;
use action_center_core::wire;
use tokio::sync::broadcast;

use crate::access::is_guarded;

/// One event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// Its number, from 1.
    pub number: u64,
    /// The action's JSON.
    pub json: String,
    /// Whether only administrators decide about it.
    pub is_guarded: bool,
}

/// So many events can be replayed.
pub const N_KEPT: usize = 4_096;
/// A stream may lag behind by so many.
const N_LAG: usize = 1_024;

struct Past {
    last: u64,
    kept: VecDeque<Arc<Event>>,
}

/// Takes events and hands them out.
pub struct Hub {
    epoch: String,
    past: Mutex<Past>,
    sender: broadcast::Sender<Arc<Event>>,
    closing: tokio::sync::watch::Sender<bool>,
}

/// What a new stream starts with.
pub struct Subscription {
    /// The number of the last event before the stream.
    pub last: u64,
    /// What was missed; none where it can't be replayed.
    pub missed: Option<Vec<Arc<Event>>>,
    /// What comes.
    pub receiver: broadcast::Receiver<Arc<Event>>,
}

impl Hub {
    /// A hub without events. Ids of another run of the backend, with another epoch, can't be replayed.
    #[must_use]
    pub fn new(epoch: String) -> Self {
        Self {
            epoch,
            past: Mutex::new(Past {
                last: 0,
                kept: VecDeque::new(),
            }),
            sender: broadcast::channel(N_LAG).0,
            closing: tokio::sync::watch::channel(false).0,
        }
    }

    /// Tells every stream of an action, new or changed.
    pub fn publish(&self, action: &Action) {
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        past.last += 1;
        let event = Arc::new(Event {
            number: past.last,
            json: wire::action_json(action),
            is_guarded: is_guarded(action),
        });
        if past.kept.len() >= N_KEPT {
            past.kept.pop_front();
        }
        past.kept.push_back(Arc::clone(&event));
        // Without a stream there is nobody to tell.
        let _n_streams = self.sender.send(event);
    }

    /// Starts a stream behind the event with an id, or now.
    #[must_use]
    pub fn subscribe(&self, last_event_id: Option<&str>) -> Subscription {
        let past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = self.sender.subscribe();
        let missed = match last_event_id {
            None => Some(Vec::new()),
            Some(id) => self.number(id).and_then(|number| {
                let first_kept = past.last + 1 - past.kept.len() as u64;
                (number + 1 >= first_kept && number <= past.last).then(|| {
                    past.kept
                        .iter()
                        .filter(|event| event.number > number)
                        .cloned()
                        .collect()
                })
            }),
        };
        Subscription {
            last: past.last,
            missed,
            receiver,
        }
    }

    /// The id of an event.
    #[must_use]
    pub fn id(&self, number: u64) -> String {
        format!("{}-{number}", self.epoch)
    }

    fn number(&self, id: &str) -> Option<u64> {
        id.strip_prefix(&self.epoch)?.strip_prefix('-')?.parse().ok()
    }

    /// Ends every stream: the backend stops.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Turns true when every stream ends.
    #[must_use]
    pub fn closing(&self) -> tokio::sync::watch::Receiver<bool> {
        self.closing.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missed(hub: &Hub, id: Option<&str>) -> Option<Vec<u64>> {
        hub.subscribe(id)
            .missed
            .map(|events| events.iter().map(|event| event.number).collect())
    }

    #[test]
    fn what_was_missed_is_replayed_where_it_is_kept() {
        let hub = Hub::new("e".to_owned());
        assert_eq!(missed(&hub, Some("e-0")), Some(vec![]));
        for _ in 0..3 {
            hub.publish(&Action::default());
        }
        assert_eq!(missed(&hub, None), Some(vec![]));
        assert_eq!(missed(&hub, Some("e-1")), Some(vec![2, 3]));
        assert_eq!(missed(&hub, Some("e-3")), Some(vec![]));
        for foreign in ["e-4", "f-1", "e-", "", "e-x"] {
            assert_eq!(missed(&hub, Some(foreign)), None, "{foreign}");
        }
        for _ in 0..N_KEPT {
            hub.publish(&Action::default());
        }
        assert_eq!(missed(&hub, Some("e-2")), None);
        assert_eq!(
            missed(&hub, Some("e-3")).map(|numbers| numbers.len()),
            Some(N_KEPT)
        );
    }
}
