//! What the page knows of the investigations behind actions: whom it watches, whose actions changed, what the server last said.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use action_center_core::domain::action::Investigation;
use action_center_core::domain::time::Time;

use super::Field;

/// An investigation as the server last gave it, and when, by this computer's clock in milliseconds.
pub(crate) type Told = (Rc<Investigation>, f64);

/// What decisions do to investigations, as far as one mounted page follows it.
#[derive(Default)]
pub(crate) struct Effects {
    /// Investigations that stand on screen beside their actions, by id, once for each place.
    pub(crate) watched: RefCell<Vec<String>>,
    /// Investigations to be asked for, by id, each once.
    pub(crate) due: RefCell<Vec<String>>,
    /// The earliest change among those that are due.
    pub(crate) since: Cell<Option<Time>>,
    /// Investigations whose state is to be said once it is known, by id.
    pub(crate) untold: RefCell<Vec<String>>,
    /// What the server last said, newest last.
    pub(crate) told: Field<Vec<Told>>,
    /// Whether the next question waits or is under way.
    pub(crate) is_asking: Cell<bool>,
}
