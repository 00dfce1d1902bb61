//! What the product talks about, with its rules: actions and investigations, the one query, columns, time, text safety.
//! Std only; no IO, no clock.

pub mod action;
pub mod column;
pub mod facet;
pub mod fold;
pub mod order;
pub mod place;
pub mod query;
pub mod reference;
pub mod text;
pub mod time;
pub mod words;
