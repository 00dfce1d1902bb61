//! Everything on screen.

pub(crate) mod app;
pub(crate) mod browser;
pub(crate) mod element;
pub(crate) mod flyout;
pub(crate) mod grid;
pub(crate) mod investigation;
pub(crate) mod kit;
pub(crate) mod panels;
pub(crate) mod show;
pub(crate) mod state;
pub(crate) mod states;
pub(crate) mod tasks;
pub(crate) mod toolbar;
pub(crate) mod words;
