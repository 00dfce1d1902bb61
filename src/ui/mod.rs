//! Everything on screen.

pub(crate) mod kit;
