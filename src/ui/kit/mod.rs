//! Reusable parts without knowledge of actions.

pub(crate) mod dom;
pub(crate) mod draft;
pub(crate) mod parts;
