//! The browser's own things behind plain functions: clock, timers, storage, address, files. Nothing of ours is known here.

pub(crate) mod address;
pub(crate) mod clock;
pub(crate) mod file;
pub(crate) mod locks;
pub(crate) mod page;
pub(crate) mod storage;
