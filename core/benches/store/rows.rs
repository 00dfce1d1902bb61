//! Pages of generated actions as a backend sends them: about 590 bytes of JSON a row, the newest update first. Deterministic.

use std::fmt::Write;

use action_center_core::domain::time::{DAY, SECOND, Time};

/// The moment that the rows were written up to.
pub(crate) const NOW: Time = Time(1_763_424_000 * SECOND);
const SPAN_SECONDS: u32 = 170 * 86_400;

struct Random(u32);

impl Random {
    /// The next number (mulberry32).
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x6D2B_79F5);
        let mut state = (self.0 ^ self.0 >> 15).wrapping_mul(1 | self.0);
        state = state.wrapping_add((state ^ state >> 7).wrapping_mul(61 | state)) ^ state;
        state ^ state >> 14
    }

    fn below(&mut self, limit: u32) -> u32 {
        self.next() % limit
    }

    fn pick(&mut self, words: &[&'static str]) -> &'static str {
        words[self.below(words.len() as u32) as usize]
    }
}

const STATUS: [&str; 18] = [
    "failed",
    "failed",
    "failed",
    "queued",
    "rejected",
    "inProgress",
    "completed",
    "completed",
    "completed",
    "completed",
    "completed",
    "completed",
    "partiallyCompleted",
    "skipped",
    "timedOut",
    "cancelled",
    "undone",
    "expired",
];
const SEVERITY: [&str; 10] = [
    "informational",
    "informational",
    "low",
    "low",
    "low",
    "medium",
    "medium",
    "medium",
    "high",
    "high",
];
const SOURCE: [&str; 8] = [
    "automatedDeviceAction",
    "automatedEmailAction",
    "manualDeviceAction",
    "manualEmailAction",
    "advancedHuntingAction",
    "explorerAction",
    "manualLiveResponseAction",
    "attackDisruption",
];
const THREAT: [&str; 6] = [
    "Trojan:Win32/Emotet",
    "Ransom:Win32/LockBit",
    "HackTool:Win32/Mimikatz",
    "Phish:HTML/Gen",
    "Trojan:PowerShell/Powersploit",
    "VirTool:Win64/CobaltStrike",
];
const TITLE: [&str; 6] = [
    "Multi-stage incident on",
    "Suspicious PowerShell on",
    "Malware detected on",
    "Credential theft from",
    "Phishing delivered to",
    "Lateral movement from",
];
const COMMENT: [&str; 5] = [
    "Looks malicious, isolate now",
    "False positive per vendor",
    "Überprüft von Müller",
    "確認済み",
    "ok",
];
const FIRST: [&str; 8] = ["anna", "bo", "carla", "dmitri", "eve", "jörg", "kai", "zoë"];
const LAST: [&str; 8] = [
    "keller", "okafor", "silva", "tanaka", "novak", "rossi", "brown", "müller",
];
const DIRECTORY: [&str; 7] = [
    "C:\\\\Windows\\\\System32",
    "C:\\\\Windows\\\\System32\\\\WindowsPowerShell\\\\v1.0",
    "C:\\\\ProgramData\\\\Temp",
    "C:\\\\Users\\\\Public\\\\Downloads",
    "D:\\\\Data, shared",
    "/usr/local/bin",
    "/tmp/.cache",
];
const PROGRAM: [&str; 12] = [
    "svchost",
    "powershell",
    "rundll32",
    "update",
    "invoice",
    "setup",
    "payload",
    "notes",
    "résumé",
    "chrome",
    "driver",
    "agent",
];
const EXTENSION: [&str; 6] = [".exe", ".dll", ".ps1", ".docm", ".js", ".sys"];
const KINDS: [(&str, &[&str]); 12] = [
    ("file", &["quarantineFile", "requestSample"]),
    ("file", &["quarantineFile"]),
    ("file", &["quarantineFile"]),
    ("file", &["quarantineFile"]),
    (
        "device",
        &[
            "isolateDevice",
            "releaseDevice",
            "runAntivirusScan",
            "restrictCodeExecution",
        ],
    ),
    (
        "mailMessage",
        &["softDeleteEmail", "hardDeleteEmail", "moveEmailToJunk"],
    ),
    ("mailMessage", &["softDeleteEmail", "hardDeleteEmail"]),
    ("url", &["blockUrl"]),
    ("user", &["disableUser", "resetPassword", "revokeSessions"]),
    ("process", &["killProcess"]),
    ("registryKey", &["removeRegistryKey"]),
    ("ip", &["containIp"]),
];

fn push_action(out: &mut String, number: u32, age_seconds: u32) {
    let mut random = Random(number.wrapping_add(1).wrapping_mul(0x9E37_79B1) ^ 20_251_122);
    let mut investigation = Random((number / 9 + 1).wrapping_mul(0x85EB_CA6B) ^ 20_251_122);
    let host = format!(
        "{}-{:05}",
        investigation.pick(&["wks", "srv", "lap", "vdi"]),
        investigation.below(40_000)
    );
    let updated = NOW.plus(-i64::from(age_seconds) * SECOND);
    let created = updated.plus(-i64::from(random.below(90_000)) * SECOND);
    let decided = created.plus(updated.since(created) / 3 / SECOND * SECOND);
    let (entity_type, types) = KINDS[random.below(12) as usize];
    let user = format!("{}.{}", random.pick(&FIRST), random.pick(&LAST));
    let program = random.pick(&PROGRAM);
    let entity = match entity_type {
        "file" if random.below(4) == 0 => format!(
            "{}\\\\{program}-{:04x}{}",
            random.pick(&DIRECTORY),
            random.below(65_536),
            random.pick(&EXTENSION)
        ),
        "file" => format!(
            "{}\\\\{program}{}",
            random.pick(&DIRECTORY),
            random.pick(&EXTENSION)
        ),
        "device" => host.clone(),
        "mailMessage" => format!("{user}@contoso.example: Invoice {}", random.below(100_000)),
        "url" => format!(
            "https://{:06x}.example/{program}?id={}",
            random.below(1 << 24),
            random.below(1_000_000)
        ),
        "user" => format!("CORP\\\\{user}{}", random.below(500)),
        "process" => format!("{program}.exe (pid {})", random.below(65_536)),
        "registryKey" => format!(
            "HKLM\\\\Software\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\Run\\\\{program}{:04x}",
            random.below(65_536)
        ),
        _ => format!(
            "10.{}.{}.{}",
            random.below(256),
            random.below(256),
            random.below(256)
        ),
    };
    let status = random.pick(&STATUS);
    let _ = write!(out, r#"{{"id":"a{number:07}","version":"1""#);
    if random.below(2) == 0 {
        let _ = write!(out, r#","approvalId":"{:08x}""#, random.next());
    }
    let _ = write!(
        out,
        r#","investigationId":"{}","investigationTitle":"{} {host}","type":"{}","status":"{status}""#,
        40_000 + number / 9,
        investigation.pick(&TITLE),
        random.pick(types)
    );
    if status != "skipped" {
        let decision = if matches!(status, "rejected" | "expired") {
            status
        } else {
            "approved"
        };
        let _ = write!(out, r#","decision":"{decision}""#);
        if random.below(3) == 0 {
            out.push_str(r#","decidedBy":{"kind":"automation","name":"Automation"}"#);
        } else {
            let _ = write!(
                out,
                r#","decidedBy":{{"kind":"user","name":"{user}@contoso.example"}}"#
            );
        }
    }
    let _ = write!(
        out,
        r#","entityType":"{entity_type}","entity":"{entity}","asset":{{"kind":"device","name":"{host}"}},"severity":"{}""#,
        random.pick(&SEVERITY)
    );
    if random.below(4) != 0 {
        let _ = write!(out, r#","threat":"{}""#, investigation.pick(&THREAT));
    }
    let _ = write!(out, r#","source":"{}""#, random.pick(&SOURCE));
    if random.below(5) == 0 {
        let _ = write!(out, r#","comment":"{}""#, random.pick(&COMMENT));
    }
    if entity_type == "mailMessage" {
        let _ = write!(out, r#","impact":{{"mailboxes":{}}}"#, random.below(40) + 1);
    }
    let _ = write!(
        out,
        r#","createdAt":"{}","updatedAt":"{}""#,
        created.to_rfc3339(),
        updated.to_rfc3339()
    );
    if status != "skipped" {
        let _ = write!(
            out,
            r#","decidedAt":"{0}","startedAt":"{0}""#,
            decided.to_rfc3339()
        );
    }
    let _ = write!(out, r#","endedAt":"{}"}}"#, updated.to_rfc3339());
}

/// Pages of `page` rows each, `n_rows` in all.
pub(crate) fn pages(n_rows: u32, page: u32) -> Vec<Vec<u8>> {
    let mut order: Vec<u64> = (0..n_rows)
        .map(|number| {
            let age = Random(number.wrapping_mul(0x2545_F491)).below(SPAN_SECONDS);
            u64::from(age) << 32 | u64::from(number)
        })
        .collect();
    order.sort_unstable();
    order
        .chunks(page as usize)
        .map(|keys| {
            let mut body = String::from(r#"{"items":["#);
            for (at, key) in keys.iter().enumerate() {
                if at > 0 {
                    body.push(',');
                }
                push_action(&mut body, *key as u32, (key >> 32) as u32);
            }
            let _ = write!(body, r#"],"total":{n_rows}}}"#);
            body.into_bytes()
        })
        .collect()
}

/// A moment at which relative ranges hold all rows.
pub(crate) fn now() -> Time {
    NOW.plus(DAY)
}
