//! The contract's words as people read them: humanised values, which values this version knows, and the icon
//! and tone that go with a type or a status. Enumerations are open, so an unknown word is shown, never refused.

/// An enumeration of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `Action.type`.
    ActionType,
    /// `Action.status`.
    Status,
    /// `Action.entityType`.
    EntityType,
    /// `severity` of actions, alerts and investigations.
    Severity,
    /// `Action.source`.
    Source,
    /// `Action.decision`.
    Decision,
    /// `Decider.kind`.
    DeciderKind,
    /// `DecisionReceipt.results.outcome`.
    Outcome,
    /// `DecisionRequest.reason`.
    Reason,
    /// `Investigation.status`.
    InvestigationStatus,
    /// `Investigation.detectionSource`.
    DetectionSource,
    /// `evidence.verdict`.
    Verdict,
    /// `Asset.kind`.
    AssetKind,
    /// `Asset.criticality`.
    Criticality,
    /// `Session.roles`.
    Role,
    /// What can be done to an action.
    Operation,
    /// `timeline.event`.
    TimelineEvent,
}

/// The words of `kind` that this version knows, in the contract's order (severities and criticalities rise).
#[must_use]
pub fn known(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::ActionType => &[
            "quarantineFile",
            "removeRegistryKey",
            "killProcess",
            "stopService",
            "disableDriver",
            "removeScheduledTask",
            "isolateDevice",
            "releaseDevice",
            "containDevice",
            "containUser",
            "containIp",
            "restrictCodeExecution",
            "removeCodeRestriction",
            "runAntivirusScan",
            "collectInvestigationPackage",
            "requestSample",
            "offboardDevice",
            "releaseFromQuarantine",
            "liveResponseCommand",
            "softDeleteEmail",
            "hardDeleteEmail",
            "moveEmailToJunk",
            "moveEmailToInbox",
            "quarantineEmail",
            "blockUrl",
            "turnOffMailForwarding",
            "removeMailForwardingRule",
            "removeMailDelegation",
            "disableUser",
            "enableUser",
            "resetPassword",
            "revokeSessions",
            "confirmUserCompromised",
        ],
        Kind::Status => &[
            "pending",
            "queued",
            "inProgress",
            "completed",
            "partiallyCompleted",
            "failed",
            "skipped",
            "timedOut",
            "cancelled",
            "rejected",
            "expired",
            "undone",
        ],
        Kind::EntityType => &[
            "file",
            "process",
            "service",
            "driver",
            "registryKey",
            "scheduledTask",
            "device",
            "user",
            "ip",
            "url",
            "mailbox",
            "mailMessage",
            "mailCluster",
            "cloudResource",
        ],
        Kind::Severity => &["informational", "low", "medium", "high"],
        Kind::Source => &[
            "automatedDeviceAction",
            "automatedEmailAction",
            "manualDeviceAction",
            "manualEmailAction",
            "advancedHuntingAction",
            "explorerAction",
            "manualLiveResponseAction",
            "liveResponseAction",
            "attackDisruption",
        ],
        Kind::Decision => &["approved", "rejected", "expired"],
        Kind::DeciderKind => &["user", "automation", "system", "api"],
        Kind::Outcome => &[
            "done",
            "alreadyDecided",
            "changed",
            "expired",
            "forbidden",
            "notFound",
            "notPossible",
            "failed",
        ],
        Kind::Reason => &[
            "falsePositive",
            "acceptedRisk",
            "businessException",
            "duplicate",
            "needsInformation",
            "other",
        ],
        Kind::InvestigationStatus => &[
            "queued",
            "starting",
            "running",
            "waitingForDevice",
            "pendingAction",
            "remediated",
            "partiallyRemediated",
            "partiallyInvestigated",
            "noThreatsFound",
            "terminatedBySystem",
            "terminatedByUser",
            "terminatedByThrottling",
            "failed",
        ],
        Kind::DetectionSource => &[
            "endpointDetection",
            "antivirus",
            "userReported",
            "zappedFile",
            "zappedUrl",
            "urlVerdictChange",
            "userCompromised",
            "manual",
        ],
        Kind::Verdict => &[
            "malicious",
            "suspicious",
            "noThreatsFound",
            "compromised",
            "unknown",
        ],
        Kind::AssetKind => &["device", "mailbox", "user", "cloudApp"],
        Kind::Criticality => &["low", "medium", "high", "veryHigh"],
        Kind::Role => &[
            "globalAdministrator",
            "securityAdministrator",
            "securityOperator",
            "securityReader",
        ],
        Kind::Operation => &["approve", "reject", "undo", "cancel"],
        Kind::TimelineEvent => &[
            "created",
            "approved",
            "rejected",
            "started",
            "completed",
            "failed",
            "undone",
            "expired",
        ],
    }
}

/// Whether this version knows `word` as a value of `kind`; words are compared exactly.
#[must_use]
pub fn is_known(kind: Kind, word: &str) -> bool {
    known(kind).contains(&word)
}

/// Parts of words that people write as acronyms, in lower case here.
const ACRONYMS: [&str; 15] = [
    "api", "cpu", "dll", "dns", "id", "ip", "mac", "mfa", "sha1", "sms", "uri", "url", "usb", "vpn", "xdr",
];

/// A word of the contract in sentence case: `softDeleteEmail` → Soft delete email, `blockUrl` → Block URL,
/// `ip` → IP address.
///
/// Only a plain identifier (ASCII letters and digits, a letter first) is rewritten. Anything else comes back
/// as it is, hostile characters included: what is shown still goes through `domain::text`.
///
/// ```
/// use action_center_core::domain::words::humanise;
/// assert_eq!(humanise("containIp"), "Contain IP");
/// assert_eq!(humanise("not a word"), "not a word");
/// ```
#[must_use]
pub fn humanise(word: &str) -> String {
    if word == "ip" {
        return String::from("IP address");
    }
    let mut out = String::with_capacity(word.len() + 4);
    humanise_into(&mut out, word);
    out
}

/// Appends [`humanise`]d `word` to `out`, `ip` in the middle of a sentence being just IP.
fn humanise_into(out: &mut String, word: &str) {
    let bytes = word.as_bytes();
    let is_identifier =
        bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.iter().all(u8::is_ascii_alphanumeric);
    if !is_identifier {
        out.push_str(word);
        return;
    }
    let mut start = 0;
    while start < bytes.len() {
        let end = part_end(bytes, start);
        let Some(part) = word.get(start..end) else { return };
        if start > 0 {
            out.push(' ');
        }
        push_part(out, part, start == 0);
        start = end;
    }
}

/// Where the part that starts at `start` ends: before the next capital that follows a small letter or a digit,
/// or that ends a run of capitals (`DNSQuery` → DNS, Query).
fn part_end(bytes: &[u8], start: usize) -> usize {
    let is_capital = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_uppercase);
    let is_small = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_lowercase);
    let mut end = start + 1;
    while end < bytes.len() {
        if is_capital(end) && (!is_capital(end - 1) || is_small(end + 1)) {
            break;
        }
        end += 1;
    }
    end
}

fn push_part(out: &mut String, part: &str, is_first: bool) {
    let is_acronym = ACRONYMS.iter().any(|acronym| acronym.eq_ignore_ascii_case(part));
    let is_all_capital = part.len() > 1 && !part.bytes().any(|byte| byte.is_ascii_lowercase());
    for (index, character) in part.chars().enumerate() {
        out.push(if is_acronym || is_all_capital || (is_first && index == 0) {
            character.to_ascii_uppercase()
        } else {
            character.to_ascii_lowercase()
        });
    }
}

/// How an operation is named on a button, when it is done, while it runs, and as what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperationWords {
    /// On a button of the flyout: *Approve*, *Cancel action*.
    pub button: &'static str,
    /// At the start of a sentence with an object: *Approve 12 actions*, *Cancel 12 actions*.
    pub verb: &'static str,
    /// *Approved*.
    pub done: &'static str,
    /// *approved*, inside a sentence: *12 approved*, *already approved by …*.
    pub done_inside: &'static str,
    /// *Approving…*.
    pub running: &'static str,
    /// The permission that it needs.
    pub permission: &'static str,
}

/// The words for a known operation; an unknown one has none, and its buttons are off.
#[must_use]
pub fn operation_words(operation: &str) -> Option<&'static OperationWords> {
    Some(match operation {
        "approve" => &OperationWords {
            button: "Approve",
            verb: "Approve",
            done: "Approved",
            done_inside: "approved",
            running: "Approving…",
            permission: "actions.approve",
        },
        "reject" => &OperationWords {
            button: "Reject",
            verb: "Reject",
            done: "Rejected",
            done_inside: "rejected",
            running: "Rejecting…",
            permission: "actions.reject",
        },
        "undo" => &OperationWords {
            button: "Undo",
            verb: "Undo",
            done: "Undone",
            done_inside: "undone",
            running: "Undoing…",
            permission: "actions.undo",
        },
        "cancel" => &OperationWords {
            button: "Cancel action",
            verb: "Cancel",
            done: "Cancelled",
            done_inside: "cancelled",
            running: "Cancelling…",
            permission: "actions.cancel",
        },
        _ => return None,
    })
}

/// The sprite's symbol for what this version does not know.
pub const UNKNOWN_ICON: &str = "st-unknown";

/// The sprite's symbol for an action type.
#[must_use]
pub fn action_type_icon(action_type: &str) -> &'static str {
    match action_type {
        "quarantineFile" | "requestSample" | "releaseFromQuarantine" => "file",
        "removeRegistryKey" | "resetPassword" => "key",
        "killProcess" | "liveResponseCommand" => "process",
        "stopService" | "disableDriver" => "chip",
        "removeScheduledTask" => "task",
        "isolateDevice"
        | "releaseDevice"
        | "containDevice"
        | "offboardDevice"
        | "collectInvestigationPackage" => "device",
        "containUser" | "disableUser" | "enableUser" | "revokeSessions" | "confirmUserCompromised" => "user",
        "containIp" => "network",
        "restrictCodeExecution" | "removeCodeRestriction" | "runAntivirusScan" => "shield",
        "softDeleteEmail"
        | "hardDeleteEmail"
        | "moveEmailToJunk"
        | "moveEmailToInbox"
        | "quarantineEmail"
        | "turnOffMailForwarding"
        | "removeMailForwardingRule"
        | "removeMailDelegation" => "mail",
        "blockUrl" => "url",
        _ => UNKNOWN_ICON,
    }
}

/// The sprite's symbol for an entity type or an asset kind.
#[must_use]
pub fn entity_icon(entity_type: &str) -> &'static str {
    match entity_type {
        "file" => "file",
        "process" => "process",
        "service" | "driver" => "chip",
        "registryKey" => "key",
        "scheduledTask" => "task",
        "device" => "device",
        "user" => "user",
        "ip" | "cloudResource" | "cloudApp" => "network",
        "url" => "url",
        "mailbox" | "mailMessage" | "mailCluster" => "mail",
        _ => UNKNOWN_ICON,
    }
}

/// The sprite's symbol for a severity, which tells it apart without colour.
#[must_use]
pub fn severity_icon(severity: &str) -> &'static str {
    match severity {
        "high" => "sev-high",
        "medium" => "sev-medium",
        "low" => "sev-low",
        "informational" => "sev-informational",
        _ => UNKNOWN_ICON,
    }
}

/// The sprite's symbol for a status of an action, a target or an investigation, or for a timeline's event.
#[must_use]
pub fn status_icon(status: &str) -> &'static str {
    match status {
        "pending" | "queued" | "pendingAction" | "created" => "st-queued",
        "inProgress" | "starting" | "running" | "started" => "st-running",
        "completed" | "remediated" | "noThreatsFound" | "approved" | "done" => "st-completed",
        "partiallyCompleted" | "partiallyRemediated" | "partiallyInvestigated" => "st-partial",
        "failed" => "st-failed",
        "skipped"
        | "cancelled"
        | "rejected"
        | "terminatedBySystem"
        | "terminatedByUser"
        | "terminatedByThrottling" => "st-rejected",
        "timedOut" | "expired" | "waitingForDevice" => "clock",
        "undone" => "undo",
        _ => UNKNOWN_ICON,
    }
}

/// What a colour may say beside the icon and the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing to say.
    Neutral,
    /// Under way.
    Accent,
    /// Done.
    Success,
    /// Partial, expired or unknown.
    Warning,
    /// Failed.
    Danger,
}

impl Tone {
    /// The value of `data-tone`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Accent => "accent",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Danger => "danger",
        }
    }
}

/// The tone of a status of an action, a target or an investigation, or of a timeline's event. An unknown one
/// warns: it can't be relied on.
#[must_use]
pub fn status_tone(status: &str) -> Tone {
    match status {
        "completed" | "remediated" | "noThreatsFound" | "approved" | "done" => Tone::Success,
        "failed" | "timedOut" => Tone::Danger,
        "inProgress" | "starting" | "running" | "started" => Tone::Accent,
        "pending"
        | "queued"
        | "created"
        | "skipped"
        | "cancelled"
        | "rejected"
        | "undone"
        | "waitingForDevice"
        | "terminatedBySystem"
        | "terminatedByUser"
        | "terminatedByThrottling" => Tone::Neutral,
        _ => Tone::Warning,
    }
}

/// The tone of a severity.
#[must_use]
pub fn severity_tone(severity: &str) -> Tone {
    match severity {
        "high" => Tone::Danger,
        "medium" => Tone::Warning,
        _ => Tone::Neutral,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Kind, Tone, UNKNOWN_ICON, action_type_icon, entity_icon, humanise, is_known, known, operation_words,
        severity_icon, status_icon, status_tone,
    };
    use proptest::prelude::*;

    fn check(rows: &[(&str, &str)]) {
        for (word, expected) in rows {
            assert_eq!(humanise(word), *expected, "{word:?}");
        }
    }

    #[test]
    fn words_of_the_contract_read_as_sentences() {
        check(&[
            ("softDeleteEmail", "Soft delete email"),
            ("containIp", "Contain IP"),
            ("blockUrl", "Block URL"),
            ("ip", "IP address"),
            ("url", "URL"),
            ("api", "API"),
            ("cloudApp", "Cloud app"),
            ("moveEmailToJunk", "Move email to junk"),
            ("urlVerdictChange", "URL verdict change"),
            ("zappedUrl", "Zapped URL"),
            ("timedOut", "Timed out"),
            ("noThreatsFound", "No threats found"),
            ("pending", "Pending"),
        ]);
    }

    #[test]
    fn unknown_identifiers_are_humanised_too() {
        check(&[
            ("RunAntiVirusScan", "Run anti virus scan"),
            ("blockURL", "Block URL"),
            ("DNSQuery", "DNS query"),
            ("level2Support", "Level2 support"),
            ("X", "X"),
            ("aB", "A b"),
        ]);
    }

    #[test]
    fn what_is_no_identifier_stays_as_it_is() {
        check(&[
            ("", ""),
            ("a b", "a b"),
            ("soft_delete", "soft_delete"),
            ("9lives", "9lives"),
            ("exe\u{202E}fdp", "exe\u{202E}fdp"),
            ("größeÄndern", "größeÄndern"),
            ("<b>", "<b>"),
        ]);
    }

    #[test]
    fn only_exact_words_are_known() {
        assert!(is_known(Kind::Status, "inProgress"));
        assert!(!is_known(Kind::Status, "InProgress"));
        assert!(!is_known(Kind::Status, ""));
        assert!(!is_known(Kind::Severity, "pending"));
    }

    #[test]
    fn every_known_word_has_an_icon_and_a_label() {
        for word in known(Kind::ActionType) {
            assert_ne!(action_type_icon(word), UNKNOWN_ICON, "{word}");
        }
        for word in known(Kind::EntityType).iter().chain(known(Kind::AssetKind)) {
            assert_ne!(entity_icon(word), UNKNOWN_ICON, "{word}");
        }
        for word in known(Kind::Severity) {
            assert_ne!(severity_icon(word), UNKNOWN_ICON, "{word}");
        }
        for kind in [Kind::Status, Kind::InvestigationStatus, Kind::TimelineEvent] {
            for word in known(kind) {
                assert_ne!(status_icon(word), UNKNOWN_ICON, "{word}");
            }
        }
        for word in known(Kind::Operation) {
            let words = operation_words(word).expect(word);
            assert_eq!(words.verb, humanise(word));
            assert_eq!(words.done.to_lowercase(), words.done_inside);
        }
    }

    #[test]
    fn what_is_unknown_warns() {
        assert_eq!(status_icon("melted"), UNKNOWN_ICON);
        assert_eq!(status_tone("melted"), Tone::Warning);
        assert_eq!(operation_words("Approve"), None);
    }

    proptest! {
        #[test]
        fn no_word_loses_a_character(word in any::<String>()) {
            prop_assume!(word != "ip");
            let letters = |text: &str| text.replace(' ', "").to_ascii_lowercase();
            prop_assert_eq!(letters(&humanise(&word)), letters(&word));
        }

        #[test]
        fn no_identifier_loses_a_character(word in "[A-Za-z][A-Za-z0-9]{0,20}") {
            prop_assume!(word != "ip");
            prop_assert_eq!(humanise(&word).replace(' ', "").to_ascii_lowercase(), word.to_ascii_lowercase());
        }
    }
}
