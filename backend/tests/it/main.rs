//! The backend held against the contract: the router is called in process, on generated data, by a standing clock.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod actions;
mod backend;
mod decisions;
mod events;
mod import;
mod investigations;
mod pages;
mod query_sql;
mod sample;
