//! What the flyout shows of a generated action, worked out from the action itself: the same action gives the same details.

use action_center_core::domain::action::Action;
use action_center_core::domain::time::{HOUR, MINUTE};
use serde_json::{Map, Value, json};

use super::is_reversible;
use super::random::Random;

/// The members of ActionDetail beside the action's own, its timeline and what depends on the user.
#[must_use]
pub fn members(action: &Action) -> Map<String, Value> {
    let mut random = Random::of(&action.id);
    let mut members = Map::new();
    let mut set = |name: &str, value: Value| {
        members.insert(name.to_owned(), value);
    };
    set("summary", summary(&mut random, action).into());
    let (on_approve, on_reject) = effects(action);
    set("onApprove", on_approve.into());
    set("onReject", on_reject.into());
    set("properties", properties(&mut random, action));
    set("alerts", alerts(action));
    if let Some(id) = &action.investigation_id {
        let mut link = json!({ "id": id });
        if let Some(title) = &action.investigation_title {
            link["title"] = title.as_str().into();
        }
        set("investigation", link);
    }
    set("targets", targets(&mut random, action));
    members
}

fn asset_name(action: &Action) -> &str {
    action
        .asset
        .as_ref()
        .map_or("the tenant", |asset| asset.name.as_str())
}

fn summary(random: &mut Random, action: &Action) -> String {
    let seconds = random.between(4, 90);
    let n_matches = random.between(2, 9);
    match action.entity_type.as_str() {
        "file" => format!(
            "The file was written by {}, matches {n_matches} known loader families and tried to delete volume shadow copies {seconds} seconds later.",
            random.pick(&[
                "an Office macro",
                "a browser download",
                "a script host",
                "an archive tool"
            ])
        ),
        "process" => format!(
            "The process started {seconds} seconds after a document was opened, has no window, and talks to an address that {n_matches} other devices were warned about."
        ),
        "service" => format!(
            "The service runs from a folder that every user can write to and restarted {n_matches} times within an hour."
        ),
        "driver" => {
            "The driver is signed but known to be vulnerable; it was loaded by a program without a signature."
                .to_owned()
        }
        "registryKey" => {
            "The key starts a program at sign-in that was quarantined on other devices.".to_owned()
        }
        "scheduledTask" => format!(
            "The task was made at night, runs every {n_matches} minutes and carries a name that resembles one of Windows."
        ),
        "device" => format!(
            "{n_matches} alerts on the device within {seconds} minutes point to an attacker at the keyboard."
        ),
        "user" => format!(
            "The account signed in from two countries within {seconds} minutes and enrolled a new authenticator."
        ),
        "ip" => {
            format!("The address was contacted by {n_matches} devices and belongs to a known control server.")
        }
        "url" => format!(
            "The address imitates a sign-in page; {n_matches} people followed it before the verdict changed."
        ),
        "mailMessage" | "mailCluster" => format!(
            "The message failed DMARC, its link was registered {n_matches} days ago, and the text presses for money or credentials."
        ),
        "mailbox" => "The mailbox got a rule that moves replies of the finance team out of sight.".to_owned(),
        _ => format!("{n_matches} signals of the investigation agree."),
    }
}

/// What approving and rejecting do, in words.
fn effects(action: &Action) -> (String, &'static str) {
    let asset = asset_name(action);
    let on_approve = match action.action_type.as_str() {
        "quarantineFile" => format!("The file moves to quarantine on {asset}. Its processes are stopped."),
        "killProcess" => format!("The process on {asset} ends at once. Unsaved work in it is lost."),
        "stopService" => format!("The service on {asset} is stopped and no longer starts by itself."),
        "disableDriver" => format!("The driver is disabled on {asset}; it takes effect with the next start."),
        "removeRegistryKey" => format!("The key is removed on {asset}."),
        "removeScheduledTask" => format!("The task is removed on {asset}."),
        "isolateDevice" => {
            format!("{asset} loses its network but for the connection to this service. Its users are told.")
        }
        "releaseDevice" => format!("{asset} gets its network back."),
        "containDevice" => format!("All managed devices refuse connections from and to {asset}."),
        "containUser" => format!("All managed devices refuse sign-ins of {asset} over the network."),
        "containIp" => "All managed devices refuse connections from and to the address.".to_owned(),
        "restrictCodeExecution" => format!("Only programs signed by Microsoft run on {asset}."),
        "removeCodeRestriction" => format!("All programs run on {asset} again."),
        "runAntivirusScan" => format!("A full scan starts on {asset}."),
        "collectInvestigationPackage" => {
            format!("{asset} sends a package with logs, processes and settings.")
        }
        "requestSample" => format!("The file is copied from {asset} for analysis."),
        "offboardDevice" => format!("{asset} leaves this service. Its sensor stops."),
        "releaseFromQuarantine" => format!("The file goes back to where it was on {asset}."),
        "liveResponseCommand" => format!("The command runs on {asset}."),
        "softDeleteEmail" => "The messages move to the recoverable items of each mailbox.".to_owned(),
        "hardDeleteEmail" => "The messages are deleted for good.".to_owned(),
        "moveEmailToJunk" => "The messages move to the junk folder.".to_owned(),
        "moveEmailToInbox" => "The messages move to the inbox.".to_owned(),
        "quarantineEmail" => "The messages move to quarantine.".to_owned(),
        "blockUrl" => "Mail and devices refuse the address for the whole tenant.".to_owned(),
        "turnOffMailForwarding" => format!("{asset} no longer forwards to the outside."),
        "removeMailForwardingRule" => format!("The rule is removed from {asset}."),
        "removeMailDelegation" => format!("Others lose their access to {asset}."),
        "disableUser" => format!("{asset} can no longer sign in."),
        "enableUser" => format!("{asset} can sign in again."),
        "resetPassword" => format!("{asset} must choose a new password at the next sign-in."),
        "revokeSessions" => format!("All sessions of {asset} end; signing in again is needed everywhere."),
        "confirmUserCompromised" => {
            format!("The risk of {asset} rises to high; policies for risky users apply.")
        }
        _ => "The action is taken.".to_owned(),
    };
    let on_reject = if action.investigation_id.is_none() {
        "Nothing is done."
    } else {
        match action.entity_type.as_str() {
            "file" | "process" => {
                "It stays where it is and may run. The investigation closes as partially remediated."
            }
            "mailMessage" | "mailCluster" | "url" => {
                "The messages stay in the mailboxes. The investigation closes as partially remediated."
            }
            _ => "Nothing is done. The investigation closes as partially remediated.",
        }
    };
    (on_approve, on_reject)
}

fn properties(random: &mut Random, action: &Action) -> Value {
    let mut facts = Vec::new();
    let mut fact = |label: &str, value: String, kind: &str| {
        facts.push(json!({ "label": label, "value": value, "kind": kind }));
    };
    let first_seen = action.created_at.plus(-random.between(MINUTE, 30 * HOUR));
    match action.entity_type.as_str() {
        "file" | "driver" => {
            fact("SHA-256", random.hex(64), "hash");
            fact("SHA-1", random.hex(40), "hash");
            let end = action.entity.rfind(['\\', '/']).unwrap_or(0);
            if let Some(folder) = action.entity.get(..end).filter(|folder| !folder.is_empty()) {
                fact("Path", folder.to_owned(), "text");
            }
            fact("Size", random.between(2_000, 9_000_000).to_string(), "bytes");
            fact(
                "Signer",
                random
                    .pick(&["Not signed", "Contoso Build (expired)", "Unknown publisher"])
                    .to_owned(),
                "text",
            );
            fact("Seen on devices", random.between(1, 40).to_string(), "count");
        }
        "process" => {
            fact("Process ID", random.between(400, 32_000).to_string(), "text");
            fact(
                "Parent",
                random
                    .pick(&["winword.exe", "explorer.exe", "svchost.exe", "cron"])
                    .to_owned(),
                "text",
            );
            fact("SHA-256", random.hex(64), "hash");
            fact("Command line", action.entity.clone(), "text");
        }
        "ip" => {
            fact("Address", action.entity.clone(), "ip");
            fact(
                "Devices that connected",
                random.between(1, 30).to_string(),
                "count",
            );
        }
        "url" => {
            fact("Address", action.entity.clone(), "url");
            fact("Clicks", random.between(0, 60).to_string(), "count");
        }
        "mailMessage" | "mailCluster" => {
            fact("Subject", action.entity.clone(), "text");
            fact(
                "Sender",
                format!("billing{}@m365-secure.example.net", random.below(99)),
                "text",
            );
            fact(
                "Sender address",
                format!("198.51.100.{}", random.between(1, 254)),
                "ip",
            );
            if let Some(n_messages) = action.impact.and_then(|impact| impact.messages) {
                fact("Messages", n_messages.to_string(), "count");
            }
            fact("Network message ID", random.hex(32), "hash");
        }
        "device" => {
            fact(
                "Operating system",
                random
                    .pick(&[
                        "Windows 11 24H2",
                        "Windows Server 2025",
                        "Ubuntu 24.04",
                        "macOS 16",
                    ])
                    .to_owned(),
                "text",
            );
            fact(
                "Last address",
                format!(
                    "10.{}.{}.{}",
                    random.below(40),
                    random.below(250),
                    random.between(1, 254)
                ),
                "ip",
            );
        }
        "user" | "mailbox" => {
            fact(
                "Department",
                random
                    .pick(&["Finance", "Human resources", "Engineering", "Sales"])
                    .to_owned(),
                "text",
            );
            fact(
                "Last sign-in from",
                format!("203.0.113.{}", random.between(1, 254)),
                "ip",
            );
        }
        _ => {}
    }
    fact("First seen", first_seen.to_rfc3339(), "time");
    if let Some(threat) = &action.threat {
        fact("Threat", threat.clone(), "text");
    }
    if is_reversible(&action.action_type) {
        fact("Undo", "Possible later".to_owned(), "text");
    }
    Value::from(facts)
}

const ALERT_TITLES: [&str; 12] = [
    "Shadow copy deletion attempt",
    "Office process dropped and ran a program",
    "Sensitive credential memory read",
    "Phish delivered to mailboxes",
    "Suspicious inbox manipulation",
    "Service runs from an unusual folder",
    "Sign-ins from two continents in an hour",
    "Shortcut started a script host",
    "Connection to a mining pool",
    "URL verdict changed to malicious",
    "Unusual volume of external mail",
    "Scheduled task runs an unknown program",
];

fn alerts(action: &Action) -> Value {
    action.alert_ids.iter().map(|id| alert(id)).collect()
}

/// The link to an alert of generated data.
pub(super) fn alert(id: &str) -> Value {
    let mut random = Random::of(id);
    json!({
        "id": id,
        "title": random.pick(&ALERT_TITLES),
        "severity": random.pick(&["low", "medium", "high"]),
        "status": random.pick(&["new", "inProgress", "resolved"]),
    })
}

fn targets(random: &mut Random, action: &Action) -> Value {
    let n_boxes = action.impact.and_then(|impact| impact.mailboxes).unwrap_or(1);
    let names: Vec<String> = if action.entity_type == "mailCluster" {
        (0..n_boxes.clamp(1, 60))
            .map(|_| format!("{}@contoso.example", random.pick(&super::words::USERS)))
            .collect()
    } else {
        vec![asset_name(action).to_owned()]
    };
    let n_names = names.len();
    names
        .into_iter()
        .enumerate()
        .map(|(index, name)| {
            let status = match action.status.as_str() {
                "partiallyCompleted" if index * 3 < n_names => "failed",
                "partiallyCompleted" => "completed",
                status => status,
            };
            let mut target = json!({ "name": name, "status": status });
            let detail = match status {
                "failed" => Some(match action.asset.as_ref().map(|asset| asset.kind.as_str()) {
                    Some("mailbox") => "The mailbox is on hold.",
                    _ if action.entity_type == "file" => "The file is in use by the system.",
                    _ => "The device did not answer within 60 s. Nothing was changed.",
                }),
                "timedOut" => Some("The device was offline for too long."),
                "skipped" => Some("It was remediated already."),
                _ => None,
            };
            if let Some(detail) = detail {
                target["detail"] = detail.into();
            }
            if let Some(at) = action.ended_at.or(action.started_at) {
                target["at"] = at.to_rfc3339().into();
            }
            target
        })
        .collect()
}
