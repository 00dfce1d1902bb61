//! What the page of a generated investigation shows, worked out from the investigation and its actions.

use std::collections::BTreeMap;

use action_center_core::domain::action::{Action, Investigation};
use action_center_core::domain::time::{SECOND, Time};
use serde_json::{Map, Value, json};

use super::random::Random;
use super::{detail, words};

/// The members of InvestigationDetail beside the investigation's own and its actions.
#[must_use]
pub fn members(investigation: &Investigation, actions: &[Action], now: Time) -> Map<String, Value> {
    let mut random = Random::of(&investigation.id);
    // A few investigations are very large, as in life.
    let is_large = investigation.id.ends_with("000");
    let mut evidence = evidence_of(&mut random, actions);
    let n_more = if is_large { 3_000 } else { random.between(3, 40) };
    for _ in 0..n_more {
        evidence.push(bystander(&mut random, investigation, now));
    }
    let mut members = Map::new();
    members.insert("alerts".to_owned(), alerts(investigation, actions));
    members.insert("entityCounts".to_owned(), entity_counts(&mut random, &evidence));
    members.insert("evidence".to_owned(), evidence.into());
    let n_steps = if is_large { 2_000 } else { random.between(4, 30) };
    members.insert(
        "log".to_owned(),
        log(&mut random, investigation, actions, n_steps, now),
    );
    members
}

fn alerts(investigation: &Investigation, actions: &[Action]) -> Value {
    let mut ids: Vec<String> = Vec::new();
    let mut links = Vec::new();
    if let Some(alert) = &investigation.triggering_alert {
        ids.push(alert.id.clone());
        let mut link = detail::alert(&alert.id);
        link["title"] = json!(alert.title);
        for (member, known) in [("severity", &alert.severity), ("status", &alert.status)] {
            if let Some(known) = known {
                link[member] = json!(known);
            }
        }
        links.push(link);
    }
    for id in actions.iter().flat_map(|action| &action.alert_ids) {
        if !ids.contains(id) {
            ids.push(id.clone());
            links.push(detail::alert(id));
        }
    }
    links.into()
}

fn evidence_of(random: &mut Random, actions: &[Action]) -> Vec<Value> {
    actions
        .iter()
        .map(|action| {
            let verdict = match action.status.as_str() {
                "rejected" | "skipped" => "suspicious",
                _ if action.entity_type == "user" || action.entity_type == "mailbox" => "compromised",
                _ => random.pick(&["malicious", "malicious", "suspicious"]),
            };
            let mut row = json!({
                "entityType": action.entity_type,
                "entity": action.entity,
                "verdict": verdict,
                "remediation": action.status,
                "firstSeen": action.created_at.plus(-random.between(SECOND, 3_600 * SECOND)).to_rfc3339(),
                "origin": origin(random),
                "threats": action.threat.iter().collect::<Vec<_>>(),
            });
            if let Some(asset) = &action.asset {
                row["asset"] = json!({ "kind": asset.kind, "id": asset.id, "name": asset.name });
            }
            row
        })
        .collect()
}

fn origin(random: &mut Random) -> &'static str {
    random.pick(&[
        "Process tree",
        "Mail trace",
        "Sign-in log",
        "File system",
        "Network log",
    ])
}

/// Something that was looked at and is mostly harmless.
fn bystander(random: &mut Random, investigation: &Investigation, now: Time) -> Value {
    let entity_type = random.pick(&[
        "file",
        "file",
        "process",
        "ip",
        "url",
        "registryKey",
        "mailMessage",
    ]);
    let entity = match entity_type {
        "file" => format!(
            r"C:\Program Files\Contoso\{}\lib{}.dll",
            random.hex(4),
            random.hex(6)
        ),
        "process" => format!(
            "svchost.exe -k netsvcs -p -s {} [{}]",
            random.hex(5),
            random.between(400, 32_000)
        ),
        "ip" => format!("192.0.2.{}", random.between(1, 254)),
        "url" => format!("https://intranet.contoso.example/{}", random.hex(8)),
        "registryKey" => format!(r"HKLM\SOFTWARE\Contoso\{}", random.hex(8)),
        _ => format!("{} ({})", random.pick(&words::SUBJECTS), random.hex(4)),
    };
    let verdict = match random.below(40) {
        0 => "suspicious",
        1..=3 => "unknown",
        _ => "noThreatsFound",
    };
    let first_seen = investigation
        .started_at
        .plus(random.between(SECOND, 900 * SECOND))
        .min(now);
    let mut row = json!({
        "entityType": entity_type,
        "entity": entity,
        "verdict": verdict,
        "firstSeen": first_seen.to_rfc3339(),
        "origin": origin(random),
    });
    if let Some(asset) = investigation.assets.first() {
        row["asset"] = json!({ "kind": asset.kind, "id": asset.id, "name": asset.name });
    }
    row
}

#[derive(Default)]
struct Tally {
    total: i64,
    malicious: i64,
    suspicious: i64,
    clean: i64,
    remediated: i64,
    unremediated: i64,
}

fn entity_counts(random: &mut Random, evidence: &[Value]) -> Value {
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    for row in evidence {
        let tally = tallies
            .entry(row["entityType"].as_str().unwrap_or_default())
            .or_default();
        tally.total += 1;
        let is_bad = match row["verdict"].as_str() {
            Some("malicious" | "compromised") => {
                tally.malicious += 1;
                true
            }
            Some("suspicious") => {
                tally.suspicious += 1;
                true
            }
            _ => {
                tally.clean += 1;
                false
            }
        };
        if is_bad && row["remediation"] == "completed" {
            tally.remediated += 1;
        } else if is_bad {
            tally.unremediated += 1;
        }
    }
    tallies
        .into_iter()
        .map(|(entity_type, tally)| {
            // Most of what was analysed left no row.
            let n_more = random.between(0, 120);
            json!({
                "entityType": entity_type,
                "total": tally.total + n_more,
                "malicious": tally.malicious,
                "suspicious": tally.suspicious,
                "clean": tally.clean + n_more,
                "remediated": tally.remediated,
                "unremediated": tally.unremediated,
            })
        })
        .collect()
}

fn log(
    random: &mut Random,
    investigation: &Investigation,
    actions: &[Action],
    n_steps: i64,
    now: Time,
) -> Value {
    let mut steps: Vec<(Time, Value)> = Vec::new();
    let asset = investigation.assets.first().map(|asset| asset.name.clone());
    let mut at = investigation.started_at;
    let mut push =
        |at: Time, step: &str, status: &str, seconds: i64, pending: Option<i64>, detail: Option<String>| {
            let mut row =
                json!({ "at": at.to_rfc3339(), "step": step, "status": status, "seconds": seconds });
            if let Some(asset) = &asset {
                row["asset"] = asset.as_str().into();
            }
            if let Some(pending) = pending {
                row["pendingSeconds"] = pending.into();
            }
            if let Some(detail) = detail {
                row["detail"] = detail.into();
            }
            steps.push((at, row));
        };
    push(at, "Investigation started", "completed", 1, None, None);
    for _ in 0..n_steps {
        let seconds = random.between(1, 40);
        at = at.plus(seconds * SECOND / 4);
        let step = random.pick(&[
            "Collect processes",
            "Collect services",
            "Collect drivers",
            "Analyse file",
            "Analyse mail cluster",
            "Check sign-ins",
            "Check network connections",
            "Look for persistence",
        ]);
        let status = random.pick(&[
            "completed",
            "completed",
            "completed",
            "completed",
            "failed",
            "skipped",
        ]);
        push(at, step, status, seconds, None, None);
    }
    for action in actions {
        let waited = action.waiting_at(now).map(|micros| (micros / SECOND).max(0));
        let step = action_center_core::domain::words::humanise(&action.action_type);
        push(
            action.created_at,
            &format!("Propose: {step}"),
            &action.status,
            1,
            waited,
            Some(action.entity.clone()),
        );
        if let (Some(started), Some(ended)) = (action.started_at, action.ended_at) {
            push(
                started,
                &step,
                &action.status,
                ended.since(started) / SECOND,
                None,
                Some(action.entity.clone()),
            );
        }
    }
    steps.sort_by_key(|(at, _)| *at);
    steps.into_iter().map(|(_, row)| row).collect()
}
