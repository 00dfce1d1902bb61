//! What the page keeps beside the decision core: names of what is being decided, what was already said of it, drafts.

use std::cell::{Cell, RefCell};

use action_center_core::domain::action::Action;
use action_center_core::domain::time::Time;

/// The desk of one mounted page.
#[derive(Default)]
pub(crate) struct Desk {
    /// This page's name among the open tabs.
    pub(crate) tab: String,
    /// How many toasts there were: each has a number of its own.
    pub(crate) n_toasts: Cell<u32>,
    /// Wakes the core.
    pub(crate) timer: Cell<i32>,
    /// Whether the session is being asked for the core.
    pub(crate) is_asking: Cell<bool>,
    /// Waits to ask for it again.
    pub(crate) session_timer: Cell<i32>,
    /// Waits to go on after a session that can be read while something else is refused.
    pub(crate) resume_timer: Cell<i32>,
    /// How often that failed in a row.
    pub(crate) n_failures: Cell<u32>,
    /// When the page was last known to be awake, by this computer's clock.
    pub(crate) awake_millis: Cell<f64>,
    /// Tells other pages of this browser that a record changed.
    pub(crate) channel: RefCell<Option<web_sys::BroadcastChannel>>,
    /// Lets go of the lock that says that this page lives.
    pub(crate) lock: RefCell<Option<js_sys::Function>>,
    /// Other tabs whose end is waited for.
    pub(crate) watched: RefCell<Vec<String>>,
    /// How many items of another user were told of.
    pub(crate) n_parked: Cell<usize>,
    /// The batches of this page.
    pub(crate) batches: RefCell<Vec<Known>>,
    /// Actions that were decided here lately, newest last: their further changes are no surprise.
    pub(crate) decided: RefCell<Vec<String>>,
    /// Comment and reason typed for actions that are not open now, by id.
    pub(crate) drafts: RefCell<Vec<(String, String, String)>>,
}

/// A batch as the page knows it.
pub(crate) struct Known {
    /// Its name.
    pub(crate) batch: String,
    /// What it is done to, by id, ascending.
    pub(crate) items: Vec<Named>,
    /// Whether doubt about it was told.
    pub(crate) is_doubt_told: bool,
    /// Whether its end was told.
    pub(crate) is_end_told: bool,
    /// Whether it goes on although this browser could not keep it.
    pub(crate) is_unstored: bool,
}

/// An action in a batch, by name.
#[derive(Clone, PartialEq)]
pub(crate) struct Named {
    /// Its id.
    pub(crate) id: String,
    /// What is done, such as `quarantineFile`.
    pub(crate) action_type: String,
    /// What it is done to. Untrusted text.
    pub(crate) entity: String,
    /// What kind of thing that is.
    pub(crate) entity_type: String,
    /// The investigation that it belongs to.
    pub(crate) investigation: Option<String>,
    /// When the server's word on it came.
    pub(crate) told_at: Option<Time>,
    /// As the server then had it, where it was not done.
    pub(crate) now: Option<Box<Action>>,
}

impl Named {
    /// The name of an action.
    pub(crate) fn of(action: &Action) -> Self {
        Self {
            id: action.id.clone(),
            action_type: action.action_type.clone(),
            entity: action.entity.clone(),
            entity_type: action.entity_type.clone(),
            investigation: action.investigation_id.clone(),
            told_at: None,
            now: None,
        }
    }
}

impl Known {
    /// The name of one of its items.
    pub(crate) fn named(&self, id: &str) -> Option<&Named> {
        let at = self
            .items
            .binary_search_by(|item| item.id.as_str().cmp(id))
            .ok()?;
        self.items.get(at)
    }

    /// Takes what the server says of an item.
    pub(crate) fn take(&mut self, id: &str, told_at: Time, is_done: bool, action: Option<&Action>) {
        let found = self.items.binary_search_by(|item| item.id.as_str().cmp(id));
        let at = match (found, action) {
            (Ok(at), _) => at,
            (Err(at), Some(action)) => {
                self.items.insert(at, Named::of(action));
                at
            }
            (Err(_), None) => return,
        };
        if let Some(item) = self.items.get_mut(at) {
            item.told_at = Some(told_at);
            item.now = action.filter(|_| !is_done).map(|action| Box::new(action.clone()));
        }
    }
}
