//! What stays of an investigation's page while others are looked at: where its tables were scrolled to, and what was selected.

use std::cell::RefCell;

/// How one table was left.
#[derive(Clone, PartialEq, Default)]
pub(crate) struct Left {
    /// The tab.
    pub(crate) tab: &'static str,
    /// How it was sorted, as the address says it.
    pub(crate) sort: String,
    /// Where it was scrolled to, in CSS pixels.
    pub(crate) top: i32,
    /// The position of the row that the keyboard was at.
    pub(crate) focused: usize,
}

/// What stays of one page.
#[derive(Default)]
pub(crate) struct Kept {
    /// The investigation.
    pub(crate) id: String,
    /// Selected pending actions, by id.
    pub(crate) selected: RefCell<Vec<String>>,
    /// Its tables, each once.
    pub(crate) tables: RefCell<Vec<Left>>,
}
