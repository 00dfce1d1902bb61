//! The only clock of the backend. Everything else is given the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use action_center_core::domain::time::Time;

/// Tells the time: the machine's, or a test's.
#[derive(Clone, Debug)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still until it is moved.
    #[must_use]
    pub fn standing(now: Time) -> Self {
        Self(Some(Arc::new(AtomicI64::new(now.0))))
    }

    /// The time, in whole microseconds.
    #[must_use]
    pub fn now(&self) -> Time {
        match &self.0 {
            Some(standing) => Time(standing.load(Ordering::SeqCst)),
            None => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Time(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
            }
        }
    }

    /// Moves a standing clock; the machine's does not move.
    pub fn set(&self, now: Time) {
        if let Some(standing) = &self.0 {
            standing.store(now.0, Ordering::SeqCst);
        }
    }
}
