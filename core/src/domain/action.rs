//! One remediation action as the product knows it, and what may be done to it. Enumerations stay open words:
//! a backend may send values that this version does not know.

use super::time::Time;

/// Who or what decided.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Decider {
    /// `user`, `automation`, `system`, `api` or another word.
    pub kind: String,
    /// The name, for people. Untrusted text.
    pub name: String,
}

/// Where the action is taken: a device, mailbox, user or app.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Asset {
    /// `device`, `mailbox`, `user`, `cloudApp` or another word.
    pub kind: String,
    /// The backend's id of it.
    pub id: Option<String>,
    /// The name, for people. Untrusted text.
    pub name: String,
    /// `low`, `medium`, `high`, `veryHigh` or another word.
    pub criticality: Option<String>,
}

/// How much one decision touches.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Impact {
    /// Devices touched.
    pub devices: Option<i64>,
    /// Users touched.
    pub users: Option<i64>,
    /// Mailboxes touched.
    pub mailboxes: Option<i64>,
    /// Messages touched.
    pub messages: Option<i64>,
}

impl Impact {
    /// The sum, by which it sorts; none where nothing is given.
    #[must_use]
    pub fn sum(self) -> Option<i64> {
        let parts = [self.devices, self.users, self.mailboxes, self.messages];
        parts.iter().any(Option::is_some).then(|| {
            parts
                .iter()
                .flatten()
                .fold(0_i64, |sum, part| sum.saturating_add(*part))
        })
    }
}

/// One action.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Action {
    /// Opaque id.
    pub id: String,
    /// Changes whenever the action does; what was on screen is what is signed.
    pub version: String,
    /// Actions that were proposed together share it.
    pub approval_id: Option<String>,
    /// The investigation's id.
    pub investigation_id: Option<String>,
    /// The investigation's title. Untrusted text.
    pub investigation_title: Option<String>,
    /// The alerts behind it.
    pub alert_ids: Vec<String>,
    /// What is done, such as `quarantineFile`; on the wire `type`.
    pub action_type: String,
    /// `pending`, `completed` … or another word.
    pub status: String,
    /// `approved`, `rejected`, `expired`.
    pub decision: Option<String>,
    /// Who decided.
    pub decided_by: Option<Decider>,
    /// What kind of thing is acted on, such as `file`.
    pub entity_type: String,
    /// What is acted on, for people. Untrusted text.
    pub entity: String,
    /// Where.
    pub asset: Option<Asset>,
    /// `informational` to `high`, or another word.
    pub severity: Option<String>,
    /// The threat's name. Untrusted text.
    pub threat: Option<String>,
    /// Where the action came from, such as `attackDisruption`.
    pub source: Option<String>,
    /// How much one decision touches.
    pub impact: Option<Impact>,
    /// Whether it can be undone once taken.
    pub reversible: Option<bool>,
    /// What this user may do to it now; none means the contract's rule by status.
    pub operations: Option<Vec<String>>,
    /// Of the last decision. Untrusted text.
    pub comment: Option<String>,
    /// When it was proposed.
    pub created_at: Time,
    /// Rises with every change.
    pub updated_at: Time,
    /// When it was decided.
    pub decided_at: Option<Time>,
    /// When it started to run.
    pub started_at: Option<Time>,
    /// When it ended.
    pub ended_at: Option<Time>,
    /// When a pending action becomes a rejection.
    pub expires_at: Option<Time>,
}

/// The status of an action that waits for a person.
pub const PENDING: &str = "pending";

/// What a person can do to an action.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Operation {
    /// The action is taken.
    Approve,
    /// The action is not taken.
    Reject,
    /// What was taken is taken back.
    Undo,
    /// What is queued or runs is stopped.
    Cancel,
}

impl Operation {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Approve, Self::Reject, Self::Undo, Self::Cancel];

    /// The word on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Undo => "undo",
            Self::Cancel => "cancel",
        }
    }

    /// The permission that it needs.
    #[must_use]
    pub fn permission(self) -> &'static str {
        match self {
            Self::Approve => "actions.approve",
            Self::Reject => "actions.reject",
            Self::Undo => "actions.undo",
            Self::Cancel => "actions.cancel",
        }
    }

    /// The operation of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.word() == word)
    }

    /// Whether the contract's rule by status allows it where the action names no operations.
    #[must_use]
    pub fn fits(self, status: &str, reversible: bool) -> bool {
        match self {
            Self::Approve | Self::Reject => status == PENDING,
            Self::Cancel => matches!(status, "queued" | "inProgress"),
            Self::Undo => reversible && matches!(status, "completed" | "partiallyCompleted"),
        }
    }
}

impl Action {
    /// Whether it waits for a person.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.status == PENDING
    }

    /// Whether the action itself (not the user's permissions) allows an operation now.
    #[must_use]
    pub fn allows(&self, operation: Operation) -> bool {
        match &self.operations {
            Some(operations) => operations.iter().any(|word| word == operation.word()),
            None => operation.fits(&self.status, self.reversible == Some(true)),
        }
    }

    /// Whether it is past its deadline by the given clock, while still pending.
    #[must_use]
    pub fn is_expired_at(&self, now: Time) -> bool {
        self.is_pending() && self.expires_at.is_some_and(|expires| expires <= now)
    }

    /// Microseconds that it waited for a person: until it was decided, or until now while pending. None where neither is known.
    #[must_use]
    pub fn waiting_at(&self, now: Time) -> Option<i64> {
        waiting(self.is_pending(), self.created_at, self.decided_at, now)
    }
}

/// The contract's `waiting`: `decidedAt`, or now while pending, minus `createdAt`, in microseconds.
#[must_use]
pub fn waiting(is_pending: bool, created_at: Time, decided_at: Option<Time>, now: Time) -> Option<i64> {
    let until = if is_pending && decided_at.is_none() {
        Some(now)
    } else {
        decided_at
    };
    until.map(|until| until.since(created_at))
}

/// One automated investigation.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Investigation {
    /// Opaque id.
    pub id: String,
    /// The title. Untrusted text.
    pub title: String,
    /// `running`, `pendingAction` … or another word.
    pub status: String,
    /// `informational` to `high`, or another word.
    pub severity: Option<String>,
    /// The category, for people.
    pub category: Option<String>,
    /// What found it, such as `antivirus`.
    pub detection_source: Option<String>,
    /// The alert that set it off: id, title and link.
    pub triggering_alert: Option<Alert>,
    /// What it is about.
    pub assets: Vec<Asset>,
    /// Threats found.
    pub threat_count: Option<i64>,
    /// Actions proposed or taken.
    pub action_count: Option<i64>,
    /// Actions that wait for a person.
    pub pending_action_count: Option<i64>,
    /// When it started.
    pub started_at: Time,
    /// When it last changed.
    pub updated_at: Option<Time>,
    /// When it ended.
    pub ended_at: Option<Time>,
    /// Seconds spent waiting for a person.
    pub pending_seconds: Option<i64>,
    /// The portal's own page for it; untrusted until `text::safe_link` agrees.
    pub url: Option<String>,
}

/// A link to an alert.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Alert {
    /// Opaque id.
    pub id: String,
    /// The title. Untrusted text.
    pub title: String,
    /// `informational` to `high`, or another word.
    pub severity: Option<String>,
    /// The alert's own status.
    pub status: Option<String>,
    /// The portal's own page for it.
    pub url: Option<String>,
}
