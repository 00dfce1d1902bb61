//! Everything that changes the world is here, one verb each: loading, moving, deciding, exporting. Views call these and
//! read `ui::state`; nothing else writes to it.

pub(crate) mod export;
pub(crate) mod facets;
pub(crate) mod host;
pub(crate) mod keep;
pub(crate) mod live;
pub(crate) mod load;
pub(crate) mod place;
pub(crate) mod say;
pub(crate) mod select;
pub(crate) mod session;
pub(crate) mod start;

pub(crate) mod decide {
    use crate::ui::state::*; use action_center_core::domain::action::*; use action_center_core::decision::*;
    pub(crate) fn session_known(_: App) {}
    pub(crate) fn woken(_: App) {}
    pub(crate) fn observed(_: App, _: &Action) {}
    pub(crate) fn is_own(_: App, _: &str) -> bool { false }
    pub(crate) fn tick(_: App) {}
    pub(crate) fn lock(_: App, _: &str) -> Option<Lock> { None }
}
