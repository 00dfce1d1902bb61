//! The pure part of the Action center. Nothing here does IO, reads a clock or knows a browser:
//! clock, storage, network and randomness are arguments.
//!
//! Modules in reading order: `domain` (what an action is, the one query, columns, time, text safety),
//! `wire` (the contract's JSON), `store` (rows in memory), `decision` (approve, reject, undo, cancel),
//! `export` (CSV).

pub mod decision;
pub mod domain;
pub mod export;
pub mod store;
pub mod wire;
