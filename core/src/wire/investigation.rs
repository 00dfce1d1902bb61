//! One investigation with all that it found. Its long lists are kept as they came and read when they are first asked for:
//! what is shown first needs their counts alone.

use std::cell::{OnceCell, RefCell};
use std::ops::Deref;

use super::Unreadable;
use super::members::Members;
use super::reply::{read_action, read_alert, read_asset};
use crate::domain::action::{Action, Alert, Asset, Investigation};
use crate::domain::time::Time;

/// One piece of evidence.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Evidence {
    /// What kind of thing.
    pub entity_type: String,
    /// The thing. Untrusted text.
    pub entity: String,
    /// `malicious`, `suspicious` … or another word.
    pub verdict: Option<String>,
    /// What was done about it.
    pub remediation: Option<String>,
    /// Where it was found.
    pub asset: Option<Asset>,
    /// When it was first seen.
    pub first_seen: Option<Time>,
    /// Where it came from.
    pub origin: Option<String>,
    /// Threats found in it.
    pub threats: Vec<String>,
}

/// Entities of one kind, counted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EntityCount {
    /// What kind.
    pub entity_type: String,
    /// All of them.
    pub total: i64,
    /// By verdict.
    pub malicious: Option<i64>,
    /// By verdict.
    pub suspicious: Option<i64>,
    /// By verdict.
    pub clean: Option<i64>,
    /// Of the bad ones.
    pub remediated: Option<i64>,
    /// Of the bad ones.
    pub unremediated: Option<i64>,
}

/// One step of an investigation.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LogStep {
    /// When.
    pub at: Time,
    /// What.
    pub step: String,
    /// How it ended.
    pub status: Option<String>,
    /// Where.
    pub asset: Option<String>,
    /// More words.
    pub detail: Option<String>,
    /// Seconds of work.
    pub seconds: Option<i64>,
    /// Seconds of waiting for a person.
    pub pending_seconds: Option<i64>,
}

/// A list that is read when its rows are first asked for.
#[derive(Clone, Debug)]
pub struct LateList<T> {
    /// As it came; empty where there is none.
    text: String,
    read: fn(&Members<'_>) -> Option<T>,
    n_rows: usize,
    rows: OnceCell<Vec<T>>,
}

impl<T> LateList<T> {
    /// How many rows it has, without reading them.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }
}

impl<T> Default for LateList<T> {
    fn default() -> Self {
        Self {
            text: String::new(),
            read: |_| None,
            n_rows: 0,
            rows: OnceCell::new(),
        }
    }
}

impl<T> PartialEq for LateList<T> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<T> Eq for LateList<T> {}

impl<T> Deref for LateList<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.rows.get_or_init(|| Members::each_of(&self.text, self.read))
    }
}

/// Assets of which it is counted how much was found on them: those that have room in a picture.
const MAX_COUNTED_ASSETS: usize = 8;

/// One investigation with all that it found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct InvestigationDetail {
    /// The investigation as it now is.
    pub investigation: Investigation,
    /// Its alerts.
    pub alerts: Vec<Alert>,
    /// Its evidence.
    pub evidence: LateList<Evidence>,
    /// Its evidence counted by verdict, in the order in which the verdicts occur; a missing one is empty.
    pub n_by_verdict: Vec<(String, usize)>,
    /// How much evidence was found on each of the first assets.
    pub n_by_asset: Vec<usize>,
    /// Entities by kind.
    pub entity_counts: Vec<EntityCount>,
    /// What it did.
    pub log: LateList<LogStep>,
    /// Its actions.
    pub actions: Vec<Action>,
    /// Elements of the lists above that could not be read.
    pub n_set_aside: usize,
}

/// Reads one Investigation from its members.
///
/// # Errors
/// Where a member without which it is none is missing or faulty.
pub(super) fn read_investigation(row: &Members<'_>) -> Result<Investigation, Unreadable> {
    Ok(Investigation {
        id: row.needed("id")?,
        title: row.needed("title")?,
        status: row.needed("status")?,
        severity: row.text("severity"),
        category: row.text("category"),
        detection_source: row.text("detectionSource"),
        triggering_alert: row.object("triggeringAlert").and_then(|alert| read_alert(&alert)),
        assets: row.each("assets", &mut 0, &read_asset),
        threat_count: row.count("threatCount"),
        action_count: row.count("actionCount"),
        pending_action_count: row.count("pendingActionCount"),
        started_at: row
            .time("startedAt")
            .ok_or_else(|| Unreadable("startedAt is no time".to_owned()))?,
        updated_at: row.time("updatedAt"),
        ended_at: row.time("endedAt"),
        pending_seconds: row.count("pendingSeconds"),
        url: row.text("url"),
    })
}

fn read_evidence(row: &Members<'_>) -> Option<Evidence> {
    Some(Evidence {
        entity_type: row.text("entityType")?,
        entity: row.text("entity")?,
        verdict: row.text("verdict"),
        remediation: row.text("remediation"),
        asset: row.object("asset").and_then(|asset| read_asset(&asset)),
        first_seen: row.time("firstSeen"),
        origin: row.text("origin"),
        threats: row.texts("threats").unwrap_or_default(),
    })
}

fn read_step(row: &Members<'_>) -> Option<LogStep> {
    Some(LogStep {
        at: row.time("at")?,
        step: row.text("step")?,
        status: row.text("status"),
        asset: row.text("asset"),
        detail: row.text("detail"),
        seconds: row.count("seconds"),
        pending_seconds: row.count("pendingSeconds"),
    })
}

/// A list whose rows are looked at now, as far as `look` does, and read later.
fn late<T>(
    body: &Members<'_>,
    name: &str,
    read: fn(&Members<'_>) -> Option<T>,
    n_faulty: &mut usize,
    look: &dyn Fn(&Members<'_>) -> Option<()>,
) -> LateList<T> {
    LateList {
        n_rows: body.each(name, n_faulty, look).len(),
        text: body.raw(name).unwrap_or_default().to_owned(),
        read,
        rows: OnceCell::new(),
    }
}

fn add_one(counts: &mut Vec<(String, usize)>, value: &str) {
    match counts.iter_mut().find(|(known, _)| known == value) {
        Some((_, count)) => *count += 1,
        None => counts.push((value.to_owned(), 1)),
    }
}

/// Reads `/investigations/{id}`.
///
/// # Errors
/// Where the body is no investigation.
pub fn read_investigation_detail(body: &[u8]) -> Result<InvestigationDetail, Unreadable> {
    let body = Members::read(body)?;
    let mut n_faulty = 0;
    let n = &mut n_faulty;
    let investigation = read_investigation(&body)?;
    let assets: &[Asset] = &investigation.assets;
    let counted = assets.get(..MAX_COUNTED_ASSETS).unwrap_or(assets);
    let n_by_verdict = RefCell::new(Vec::new());
    let n_by_asset = RefCell::new(vec![0; counted.len()]);
    let evidence = late(&body, "evidence", read_evidence, n, &|row| {
        row.chars("entityType")?;
        row.chars("entity")?;
        add_one(
            &mut n_by_verdict.borrow_mut(),
            &row.chars("verdict").unwrap_or_default(),
        );
        let found_on = row.object("asset");
        if let Some(name) = found_on.as_ref().and_then(|asset| asset.chars("name")) {
            for (asset, count) in counted.iter().zip(n_by_asset.borrow_mut().iter_mut()) {
                *count += usize::from(*asset.name == *name);
            }
        }
        Some(())
    });
    let log = late(&body, "log", read_step, n, &|row| {
        row.time("at")?;
        row.chars("step").map(|_| ())
    });
    let mut detail = InvestigationDetail {
        alerts: body.each("alerts", n, &read_alert),
        evidence,
        n_by_verdict: n_by_verdict.take(),
        n_by_asset: n_by_asset.take(),
        entity_counts: body.each("entityCounts", n, &|row| {
            Some(EntityCount {
                entity_type: row.text("entityType")?,
                total: row.count("total")?,
                malicious: row.count("malicious"),
                suspicious: row.count("suspicious"),
                clean: row.count("clean"),
                remediated: row.count("remediated"),
                unremediated: row.count("unremediated"),
            })
        }),
        log,
        actions: Vec::new(),
        n_set_aside: 0,
        investigation,
    };
    for raw in body.list("actions").unwrap_or_default() {
        match read_action(raw.as_bytes()) {
            Ok(action) => detail.actions.push(action),
            Err(_) => n_faulty += 1,
        }
    }
    detail.n_set_aside = n_faulty;
    Ok(detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(evidence: &str, log: &str, n_set_aside: usize) -> InvestigationDetail {
        let body = format!(
            r#"{{"id":"1","title":"T","status":"running","startedAt":"2026-11-22T10:02:00Z",
            "assets":[{{"kind":"device","name":"a"}},{{"kind":"user","name":"b\u0063"}}],"evidence":{evidence},"log":{log}}}"#
        );
        let detail = read_investigation_detail(body.as_bytes()).unwrap();
        assert_eq!(detail.n_set_aside, n_set_aside, "{body}");
        assert_eq!(detail.evidence.n_rows(), detail.evidence.len());
        assert_eq!(detail.log.n_rows(), detail.log.len());
        detail
    }

    #[test]
    fn a_late_list_is_counted_at_once_and_read_when_asked_for() {
        let detail = check(
            r#"[{"entityType":"file","entity":"C:\\a","verdict":"malicious","asset":{"kind":"device","name":"a"},"threats":["x"]},
                {"entityType":"file","entity":"y","asset":{"kind":"user","name":"bc"}},{"entityType":"file","entity":"z","verdict":"malicious"}]"#,
            r#"[{"at":"2026-11-22T10:02:00Z","step":"s","seconds":3}]"#,
            0,
        );
        assert_eq!(
            detail.n_by_verdict,
            [("malicious".to_owned(), 2), (String::new(), 1)]
        );
        assert_eq!(detail.n_by_asset, [1, 1]);
        assert_eq!(detail.evidence[0].entity, "C:\\a");
        assert_eq!(detail.evidence[0].threats, ["x"]);
        assert_eq!(detail.log[0].seconds, Some(3));
    }

    #[test]
    fn a_faulty_element_costs_itself_alone() {
        let detail = check(
            r#"[null,3,{"entityType":"file"},{"entityType":"file","entity":"\ud800"},{"entityType":"file","entity":"x"}]"#,
            r#"[{"at":"yesterday","step":"s"},[],{"at":"2026-11-22T10:02:00Z"}]"#,
            7,
        );
        assert_eq!(detail.evidence[0].entity, "x");
        for none in ["null", "{}", "7"] {
            check(none, none, 0);
        }
    }

    proptest! {
        #[test]
        fn the_count_is_that_of_the_rows(entity in "[a-z0-9\\\\\" ]{0,3}", at in "(null|3|\"[0-9-]{0,10}\"|\"2026-11-22T10:02:00Z\")", n in 0_usize..4) {
            let evidence = vec![format!(r#"{{"entityType":"file","entity":"{entity}"}}"#); n].join(",");
            let log = vec![format!(r#"{{"step":"s","at":{at}}}"#); n].join(",");
            let body = format!(r#"{{"id":"1","title":"T","status":"running","startedAt":"2026-11-22T10:02:00Z","evidence":[{evidence}],"log":[{log}]}}"#);
            if let Ok(detail) = read_investigation_detail(body.as_bytes()) {
                prop_assert_eq!(detail.evidence.n_rows(), detail.evidence.len());
                prop_assert_eq!(detail.log.n_rows(), detail.log.len());
                prop_assert_eq!(detail.n_set_aside, 2 * n - detail.evidence.len() - detail.log.len());
            }
        }
    }
}
