//! What a person confirmed, and what is known about it. No time passes here and nothing is sent.

use crate::domain::action::Operation;

/// An action in the version that was on screen when it was confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The action's id.
    pub id: String,
    /// The version shown.
    pub version: String,
}

/// The outcome of one item in a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It took effect.
    Done,
    /// Somebody else was first.
    AlreadyDecided,
    /// The version was old.
    Changed,
    /// The deadline had passed.
    Expired,
    /// This user may not do it to this action.
    Forbidden,
    /// No such action.
    NotFound,
    /// Not in this status.
    NotPossible,
    /// Nothing happened; it can be tried again.
    Failed,
    /// A word that this version does not know. It proves neither that something happened nor that nothing did.
    Other(String),
}

impl Outcome {
    /// Reads the contract's word; any other is kept as it came.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        match word {
            "done" => Self::Done,
            "alreadyDecided" => Self::AlreadyDecided,
            "changed" => Self::Changed,
            "expired" => Self::Expired,
            "forbidden" => Self::Forbidden,
            "notFound" => Self::NotFound,
            "notPossible" => Self::NotPossible,
            "failed" => Self::Failed,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The contract's word, or the unknown one as it came.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Done => "done",
            Self::AlreadyDecided => "alreadyDecided",
            Self::Changed => "changed",
            Self::Expired => "expired",
            Self::Forbidden => "forbidden",
            Self::NotFound => "notFound",
            Self::NotPossible => "notPossible",
            Self::Failed => "failed",
            Self::Other(word) => word,
        }
    }
}

/// Who confirmed, and where. An intent is never sent in another scope than the one it was confirmed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The session's user.
    pub user_id: String,
    /// The session's tenant, empty where there is none.
    pub tenant_id: String,
    /// The API's base, absolute.
    pub api_base: String,
}

/// Why an item was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The receipt said so for this item.
    Outcome(Outcome),
    /// The whole request was turned down before anything was done.
    Problem {
        /// The HTTP status.
        status: u16,
        /// The problem's word, empty where it had none.
        word: String,
    },
}

/// What is proven about one item. Only an answer of the server changes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Nothing yet.
    Open,
    /// A receipt said `done`.
    Done {
        /// The server's words, empty where it had none.
        detail: String,
    },
    /// Proven to have had no effect.
    Refused {
        /// Why.
        cause: Cause,
        /// The server's words, empty where it had none.
        detail: String,
        /// Whether the same can sensibly be tried again, as a new intent.
        can_retry: bool,
    },
    /// The receipt used a word that this version does not know. Asking again would bring the same word, so a person
    /// has to look.
    Unfamiliar {
        /// The word.
        word: String,
        /// The server's words, empty where it had none.
        detail: String,
    },
}

/// The state of an item as a row shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Never handed to the network.
    Unsent,
    /// On its way, or turned away unexecuted (429, 401) and about to be asked again.
    Sending,
    /// It may or may not have taken effect. The same request with the same key finds out.
    Unknown,
    /// The server said it took effect.
    Done,
    /// The server said it did not.
    Refused,
}

/// An item of an intent with what is known about it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) item: Item,
    pub(super) finding: Finding,
    /// A newer version that an event or a page showed since. It is shown; it proves nothing.
    pub(super) newer_version: Option<String>,
    /// A later intent of the same batch took the item over.
    pub(super) superseded: bool,
}

impl Entry {
    pub(super) const fn new(item: Item) -> Self {
        Self {
            item,
            finding: Finding::Open,
            newer_version: None,
            superseded: false,
        }
    }

    /// Whether it can be tried again, as a new intent.
    pub(super) const fn is_retriable(&self) -> bool {
        !self.superseded && matches!(self.finding, Finding::Refused { can_retry: true, .. })
    }
}

/// Where an intent stands between confirmation and answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Confirmed; goes as soon as a place is free.
    Queued,
    /// Never sent, and goes only when a person says so.
    Held(Hold),
    /// Waits for the storage's answer; goes when it is written.
    Storing,
    /// Handed to the network at this time, in milliseconds.
    Flying(u64),
    /// Sent before; asks again at this time. `imposed` if the server named the time.
    Waiting { until_millis: u64, imposed: bool },
    /// Sent before and not proven, but asking again would not help.
    Stalled,
    /// Sent before; another tab asks now.
    Away,
    /// Every item is proven.
    Settled,
}

/// Why a confirmed intent that was never sent doesn't go by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    Stopped,
    Restored,
    Woken,
}

/// One confirmed request: one key, one body, for good.
#[derive(Debug, Clone)]
pub(super) struct Intent {
    pub(super) key: String,
    pub(super) batch: String,
    /// 0 as first confirmed, one more for each time that failed items were tried again.
    pub(super) round: u64,
    pub(super) scope: Scope,
    pub(super) operation: Operation,
    pub(super) comment: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) entries: Vec<Entry>,
    pub(super) confirmed_at_millis: u64,
    /// When it was first handed to the network; the backend keeps the key at least 24 hours from then.
    pub(super) sent_at_millis: Option<u64>,
    /// The tab that sends it, and until when that tab is taken to be alive.
    pub(super) tab: String,
    pub(super) lease_until_millis: u64,
    /// The lease as its record gave it, and whether the record is being read again because that seems to have lapsed.
    pub(super) read_lease_millis: u64,
    pub(super) is_reread: bool,
    /// Whether it belongs to a batch of this tab.
    pub(super) is_own: bool,
    /// Whether its record was handed out as it stands.
    pub(super) is_written: bool,
    /// Whether the storage may hold a record of it.
    pub(super) has_record: bool,
    pub(super) stage: Stage,
    /// Whether an earlier attempt may have reached the server.
    pub(super) is_doubtful: bool,
    /// Until when an earlier attempt may still be on its way.
    pub(super) straggling_until_millis: u64,
    /// The server asked not to be asked before, for this intent; 0 where it did not.
    pub(super) asked_until_millis: u64,
    /// Counts the requests of this page load, so that a late answer can be told from the awaited one.
    pub(super) attempt: u32,
    pub(super) failures: u32,
    /// How often a session or token was refused.
    pub(super) rejections: u32,
}

impl Intent {
    pub(super) fn state_of(&self, entry: &Entry) -> State {
        match entry.finding {
            Finding::Done { .. } => State::Done,
            Finding::Refused { .. } => State::Refused,
            Finding::Unfamiliar { .. } => State::Unknown,
            Finding::Open => match self.stage {
                Stage::Queued | Stage::Held(_) | Stage::Storing => State::Unsent,
                Stage::Flying(_) | Stage::Waiting { .. } if !self.is_doubtful => State::Sending,
                Stage::Flying(_) | Stage::Waiting { .. } | Stage::Stalled | Stage::Away | Stage::Settled => {
                    State::Unknown
                }
            },
        }
    }

    /// Sent, and not every item proven.
    pub(super) const fn is_live(&self) -> bool {
        matches!(
            self.stage,
            Stage::Flying(_) | Stage::Waiting { .. } | Stage::Stalled | Stage::Away
        )
    }

    /// Whether it goes on by itself in this tab, so that this tab has to be woken for it.
    pub(super) fn is_moving(&self) -> bool {
        self.is_own && self.is_locking() && !matches!(self.stage, Stage::Stalled | Stage::Away)
    }

    /// Whether another tab asks for it.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.stage != Stage::Settled && (!self.is_own || self.stage == Stage::Away)
    }

    /// Whether nothing more comes of it by itself: it is kept only so that its batch adds up.
    pub(super) const fn is_at_rest(&self) -> bool {
        matches!(self.stage, Stage::Settled | Stage::Held(Hold::Stopped))
    }

    /// Whether its items can't be decided otherwise meanwhile.
    pub(super) const fn is_locking(&self) -> bool {
        self.is_live() || matches!(self.stage, Stage::Queued | Stage::Storing)
    }

    pub(super) fn straggle(&mut self, until_millis: u64) {
        self.straggling_until_millis = self.straggling_until_millis.max(until_millis);
    }

    pub(super) fn has_open(&self) -> bool {
        self.entries.iter().any(|entry| entry.finding == Finding::Open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_come_back_as_they_went() {
        for word in [
            "done",
            "alreadyDecided",
            "changed",
            "expired",
            "forbidden",
            "notFound",
            "notPossible",
            "failed",
            "postponed",
            "",
        ] {
            assert_eq!(Outcome::from_word(word).word(), word);
        }
        assert_eq!(Outcome::from_word("Done"), Outcome::Other("Done".to_owned()));
    }
}
