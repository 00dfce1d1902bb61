//! What following the backend needs to know: where this tab has its events from, and how long it may be silent.

use std::cell::{Cell, RefCell};

use action_center_core::wire::Relay;

use crate::ui::browser::locks::Claim;

/// How one mounted page follows.
#[derive(Default)]
pub(crate) struct Live {
    /// Tells a follower of changes that another has taken over.
    pub(crate) generation: Cell<u32>,
    /// Whose events: user, tenant and backend. Tabs with the same share a stream.
    pub(crate) scope: RefCell<String>,
    /// This tab's part in that.
    pub(crate) relay: RefCell<Relay>,
    /// Where tabs pass on events; the page hears here for as long as it lives.
    pub(crate) channel: RefCell<Option<web_sys::BroadcastChannel>>,
    /// The claim to hold the stream for all.
    pub(crate) claim: RefCell<Option<Claim>>,
    /// Whether the page is out of sight for good or frozen, and follows nothing.
    pub(crate) is_paused: Cell<bool>,
    /// The generation that reads a stream, 0 where none does.
    pub(crate) reading: Cell<u32>,
    /// The generation that fetches what was missed, 0 where none does.
    pub(crate) catching: Cell<u32>,
    /// The generation that polls beside a stream that fails, 0 where none does.
    pub(crate) polling: Cell<u32>,
    /// Whether that brings what the stream does not.
    pub(crate) is_polled: Cell<bool>,
    /// Ends the event stream.
    pub(crate) stop: RefCell<Option<web_sys::AbortController>>,
    /// Watches for silence.
    pub(crate) timer: Cell<i32>,
    /// When the backend was last heard of, by this computer's clock.
    pub(crate) heard_millis: Cell<f64>,
    /// The backend asked not to be asked before then, by this computer's clock.
    pub(crate) not_before_millis: Cell<f64>,
}
