//! Everything that changes the world is here, one verb each: loading, moving, deciding, exporting. Views call these and
//! read `ui::state`; nothing else writes to it.

pub(crate) mod load;
pub(crate) mod place;
pub(crate) mod say;
pub(crate) mod session;
pub(crate) mod start;
