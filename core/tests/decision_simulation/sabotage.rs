//! Bugs to plant between the core and the world, one at a time: what a wrong core would do. None of them exists in
//! the product; each proves that the simulation would see it.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Sabotage {
    NewKeyOnRetry,
    ForgetOnSend,
    SendBeforePersist,
    SentNotNoted,
    ServerErrorRefuses,
    SilenceRefuses,
    UnreadableIsDone,
    MissingIsDone,
    MissingIsFailed,
    ContradictionBelieved,
    StragglerForgotten,
    UnfamiliarIsDone,
    RunningRefuses,
    SignedOutRefuses,
    ThrottledRefuses,
    ThrottleIgnored,
    SwapOperation,
    LoseComment,
    DropItem,
    SignAgain,
    IgnoreLock,
    RetryByItself,
    StopIgnored,
    SendAfterReload,
    UserChangeIgnored,
    EventIsProof,
    GiveUp,
    WrongIntent,
}

impl Sabotage {
    /// What a core with this bug does.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::NewKeyOnRetry => "a repeated request gets a key of its own",
            Self::ForgetOnSend => "the record is removed as soon as the request is sent",
            Self::SendBeforePersist => "the request goes before its record is written",
            Self::SentNotNoted => "that it was sent is not written down",
            Self::ServerErrorRefuses => "5xx counts as a refusal",
            Self::SilenceRefuses => "no answer counts as a refusal",
            Self::UnreadableIsDone => "a page with 200 that is no receipt counts as done",
            Self::MissingIsDone => "an item that the receipt lacks counts as done",
            Self::MissingIsFailed => "an item that the receipt lacks counts as failed",
            Self::ContradictionBelieved => "of two outcomes for one item the first counts",
            Self::StragglerForgotten => "a refusal counts for earlier attempts that are still on their way",
            Self::UnfamiliarIsDone => "an unknown word counts as done",
            Self::RunningRefuses => "409 counts as a refusal",
            Self::SignedOutRefuses => "401 counts as a refusal",
            Self::ThrottledRefuses => "429 counts as a refusal",
            Self::ThrottleIgnored => "the pause after 429 is not kept",
            Self::SwapOperation => "a repeated rejection becomes an approval",
            Self::LoseComment => "a repeated request has lost its comment",
            Self::DropItem => "a repeated request has lost its last item",
            Self::SignAgain => {
                "a repeated request carries the newest version instead of the one that was seen"
            }
            Self::IgnoreLock => "a locked item is decided again",
            Self::RetryByItself => "what failed is tried again by itself",
            Self::StopIgnored => "Stop stops nothing",
            Self::SendAfterReload => "after a reload, what was never sent goes by itself",
            Self::UserChangeIgnored => "a change of user goes unseen",
            Self::EventIsProof => "an event about an unknown item counts as its success",
            Self::GiveUp => "after two attempts nobody asks any more",
            Self::WrongIntent => "an answer is taken for another request",
        }
    }

    pub(crate) const ALL: [Self; 28] = [
        Self::NewKeyOnRetry,
        Self::ForgetOnSend,
        Self::SendBeforePersist,
        Self::SentNotNoted,
        Self::ServerErrorRefuses,
        Self::SilenceRefuses,
        Self::UnreadableIsDone,
        Self::MissingIsDone,
        Self::MissingIsFailed,
        Self::ContradictionBelieved,
        Self::StragglerForgotten,
        Self::UnfamiliarIsDone,
        Self::RunningRefuses,
        Self::SignedOutRefuses,
        Self::ThrottledRefuses,
        Self::ThrottleIgnored,
        Self::SwapOperation,
        Self::LoseComment,
        Self::DropItem,
        Self::SignAgain,
        Self::IgnoreLock,
        Self::RetryByItself,
        Self::StopIgnored,
        Self::SendAfterReload,
        Self::UserChangeIgnored,
        Self::EventIsProof,
        Self::GiveUp,
        Self::WrongIntent,
    ];
}
