//! The backend as this page sees it: requests out, bytes or an `Error` in. Knows the wire, nothing of what is on screen.

mod client;
mod error;
mod stream;

pub(crate) use client::{Client, Credentials, Reply};
pub(crate) use error::{Error, Kind};
pub(crate) use stream::Stream;
