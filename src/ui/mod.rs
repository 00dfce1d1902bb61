//! Everything on screen.

pub(crate) mod kit;
pub(crate) mod show;
