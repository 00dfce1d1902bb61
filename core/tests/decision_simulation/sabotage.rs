//! Bugs to plant between the core and the world, one at a time: what a wrong core would do. None of them exists in
//! the product; each proves that the simulation would see it.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Sabotage {
    /// A repeated request gets a key of its own.
    NewKeyOnRetry,
    /// The record is removed as soon as the request is sent.
    ForgetOnSend,
    /// The request goes before its record is written.
    SendBeforePersist,
    /// That it was sent is not written down.
    SentNotNoted,
    /// 5xx counts as a refusal.
    ServerErrorRefuses,
    /// No answer counts as a refusal.
    SilenceRefuses,
    /// A page with 200 that is no receipt counts as done.
    UnreadableIsDone,
    /// An item that the receipt lacks counts as done.
    MissingIsDone,
    /// An item that the receipt lacks counts as failed.
    MissingIsFailed,
    /// An unknown word counts as done.
    UnfamiliarIsDone,
    /// 409 counts as a refusal.
    RunningRefuses,
    /// 401 counts as a refusal.
    SignedOutRefuses,
    /// 429 counts as a refusal.
    ThrottledRefuses,
    /// The pause after 429 is not kept.
    ThrottleIgnored,
    /// A repeated rejection becomes an approval.
    SwapOperation,
    /// A repeated request has lost its comment.
    LoseComment,
    /// A repeated request has lost its last item.
    DropItem,
    /// A repeated request carries the newest version instead of the one that was seen.
    SignAgain,
    /// A locked item is decided again.
    IgnoreLock,
    /// What failed is tried again by itself.
    RetryByItself,
    /// Stop stops nothing.
    StopIgnored,
    /// After a reload, what was never sent goes by itself.
    SendAfterReload,
    /// A change of user goes unseen.
    UserChangeIgnored,
    /// An event about an unknown item counts as its success.
    EventIsProof,
    /// After two attempts nobody asks any more.
    GiveUp,
    /// An answer is taken for another request.
    WrongIntent,
}

impl Sabotage {
    pub(crate) const ALL: [Self; 26] = [
        Self::NewKeyOnRetry,
        Self::ForgetOnSend,
        Self::SendBeforePersist,
        Self::SentNotNoted,
        Self::ServerErrorRefuses,
        Self::SilenceRefuses,
        Self::UnreadableIsDone,
        Self::MissingIsDone,
        Self::MissingIsFailed,
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
