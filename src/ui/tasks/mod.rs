//! Everything that changes the world is here, one verb each: loading, moving, deciding, exporting. Views call these and
//! read `ui::state`; nothing else writes to it.

pub(crate) mod decide;
pub(crate) mod effects;
pub(crate) mod export;
pub(crate) mod facets;
pub(crate) mod hand;
pub(crate) mod host;
pub(crate) mod investigation;
pub(crate) mod keep;
pub(crate) mod later;
pub(crate) mod live;
pub(crate) mod load;
pub(crate) mod place;
pub(crate) mod say;
pub(crate) mod select;
pub(crate) mod session;
pub(crate) mod start;
