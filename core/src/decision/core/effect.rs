//! The words in which the core and the page talk.

use crate::decision::intent::Item;
use crate::domain::action::Operation;

/// The clock and the dice of one input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Unix time in milliseconds. It may jump; the core notices.
    pub now_millis: u64,
    /// Any random number: it spreads the repetitions.
    pub random: u64,
}

/// A decision as a person confirmed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What to do.
    pub operation: Operation,
    /// To which actions, in the versions on screen.
    pub items: Vec<Item>,
    /// The comment as typed; white space alone counts as none.
    pub comment: Option<String>,
    /// The reason's word, for a rejection.
    pub reason: Option<String>,
}

/// Why a confirmation was not taken. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No items.
    Empty,
    /// This id comes twice.
    Twice(String),
    /// This item has no id or no version: nobody can have seen it.
    NoVersion(String),
    /// These items are being decided, or what became of their last decision is unknown.
    Locked(Vec<String>),
    /// What is shown of these items is older than this very operation on it, which was answered with `done`.
    Decided(Vec<String>),
    /// More than 4,000 characters.
    LongComment,
    /// Too few keys, one that is known, or one that is not 8 to 128 visible ASCII characters.
    BadKeys,
    /// Nobody is known to be signed in.
    NoSession,
    /// The batch is another user's, or belongs to another API.
    OtherScope,
    /// Nothing here can be done again.
    Nothing,
}

/// A confirmation that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    /// The batch, by which it is asked about.
    pub batch: String,
    /// To be carried out in order.
    pub effects: Vec<Effect>,
}

/// A request, the same each time that it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The `Idempotency-Key`, which also names the intent.
    pub key: String,
    /// To be given back with the answer.
    pub attempt: u32,
    /// What to do.
    pub operation: Operation,
    /// The comment, without white space around it.
    pub comment: Option<String>,
    /// The reason's word.
    pub reason: Option<String>,
    /// The frozen list.
    pub items: Vec<Item>,
}

/// Why the session has to be read before anything can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// It has ended: a person has to sign in.
    SignedOut,
    /// The token is old.
    Token,
    /// The page slept, was offline, or its clock was set.
    Woken,
    /// The backend takes fewer items than it said. Nothing waits for this.
    Limit,
}

/// What the page has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Write the record under the key, where other tabs can read it, and tell [`Core::stored`] at once.
    Persist {
        /// The intent's key.
        key: String,
        /// What to write.
        record: String,
    },
    /// Remove the record.
    Forget {
        /// The intent's key.
        key: String,
    },
    /// Read the record, if there still is one, and tell [`Core::shared`] at once. What another tab left is taken over only
    /// as it stands at that moment.
    Reread {
        /// The intent's key.
        key: String,
    },
    /// Send it, and tell [`Core::answered`], also when nothing comes back.
    Send(Request),
    /// Read the session, and tell [`Core::session`].
    AskSession(Ask),
    /// The storage is full. Ask whether to go on without ([`Core::go_on`]) or not ([`Core::stop`]).
    Unstored {
        /// The batch that waits.
        batch: String,
    },
    /// A record can't be read: say so. It stays where it is; another version of the page may read it.
    Unreadable {
        /// The record's key.
        key: String,
    },
    /// Something to draw changed.
    Changed,
}
