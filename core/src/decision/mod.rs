//! The decision core: approve, reject, undo and cancel, one or many, none lost, doubled or wrongly shown.
//!
//! A pure state machine. Clock, storage, network and randomness are inputs and [`Effect`]s; what it holds is only
//! ever changed by an input, and every input answers with the effects that the page has to carry out, in order.
//! Uses std and the domain's `Operation`: neither `store` nor `wire`, so that a simulation can run it a million times.
//!
//! In reading order: `intent` (what was confirmed), `answer` (what an answer proves), `backoff` (when to ask
//! again), `record` (an intent as stored text), `sheet` (a confirmation while it is open), `core` (the machine).

mod answer;
mod backoff;
mod core;
mod intent;
mod record;
mod sheet;

pub use self::answer::{Answer, Problem, Receipted};
pub use self::backoff::{MAX_RETRY_AFTER_MILLIS, pause_millis, poll_pause_millis, retry_after};
pub use self::core::{
    Ask, Batch, Confirmed, Core, Draft, Effect, ItemView, Lock, Moment, Refusal, Request, Tally, Why,
};
pub use self::intent::{Cause, Finding, Item, Outcome, Scope, State};
pub use self::sheet::{Sheet, SheetItem};
