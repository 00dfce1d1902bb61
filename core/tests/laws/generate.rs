//! Generated actions, investigations and queries: few distinct values, so that ties, misses and hits all occur.

use action_center_core::domain::action::{Action, Alert, Asset, Decider, Impact, Investigation};
use action_center_core::domain::column::COLUMNS;
use action_center_core::domain::facet::Facet;
use action_center_core::domain::query::{Deadline, Query, Range, Sort, View};
use action_center_core::domain::time::{DAY, SECOND, Time};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

pub(crate) const NOW: Time = Time(20_000 * DAY);

fn word(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(words).prop_map(str::to_owned)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        word(&[
            "",
            "a",
            "A",
            "ab",
            "AB",
            "C:\\Windows\\x.exe",
            "C:\\windows\\X.EXE"
        ]),
        word(&[
            "Straße",
            "STRAẞE",
            "\u{212A}elvin",
            "Ünïcode",
            "ünÏcode",
            "請求書"
        ]),
        "[aAbBäÄ .0]{0,12}",
    ]
}

fn name() -> impl Strategy<Value = String> {
    word(&["wks-1", "WKS-1", "srv 2", "Jörg", "JÖRG", ""])
}

fn time() -> impl Strategy<Value = Time> {
    prop_oneof![
        (-4_i64..4).prop_map(|days| NOW.plus(days * DAY)),
        (-40_i64..40).prop_map(|hours| NOW.plus(hours * DAY / 24)),
        (-3_i64..3).prop_map(|micros| NOW.plus(micros)),
        select(vec![
            Time(0),
            Time(-SECOND),
            Time(i64::MAX),
            Time(i64::MIN + 1),
            Time(u32::MAX as i64 * SECOND),
        ]),
    ]
}

/// Times of whole seconds in this century, as most backends give them.
fn plain_time() -> impl Strategy<Value = Time> {
    (-40_i64..40).prop_map(|hours| NOW.plus(hours * DAY / 24))
}

fn asset() -> impl Strategy<Value = Asset> {
    (
        word(&["device", "mailbox"]),
        of(text()),
        name(),
        of(word(&["low", "veryHigh"])),
    )
        .prop_map(|(kind, id, name, criticality)| Asset {
            kind,
            id,
            name,
            criticality,
        })
}

fn impact() -> impl Strategy<Value = Impact> {
    let part = || of(prop_oneof![0_i64..3, Just(i64::MAX)]);
    (part(), part(), part(), part()).prop_map(|(devices, users, mailboxes, messages)| Impact {
        devices,
        users,
        mailboxes,
        messages,
    })
}

fn severity() -> impl Strategy<Value = Option<String>> {
    of(word(&[
        "informational",
        "low",
        "medium",
        "high",
        "High",
        "novel",
        "Able",
    ]))
}

pub(crate) fn id() -> impl Strategy<Value = String> {
    prop_oneof!["[aAbB]{1,3}", "[0-9é]{1,2}"]
}

pub(crate) fn action() -> impl Strategy<Value = Action> {
    prop_oneof![action_with(plain_time().boxed()), action_with(time().boxed())]
}

fn action_with(time: BoxedStrategy<Time>) -> impl Strategy<Value = Action> {
    (
        (
            id(),
            word(&["1", "2"]),
            of(word(&["p1", "P1", "p2"])),
            of(word(&["7", "8", ""])),
            of(text()),
            vec(text(), 0..3),
            word(&["blockUrl", "isolateDevice", "Novel"]),
            word(&["pending", "completed", "failed", "Pending"]),
        ),
        (
            of(word(&["approved", "rejected"])),
            of((word(&["user", "automation"]), name()).prop_map(|(kind, name)| Decider { kind, name })),
            word(&["file", "device"]),
            text(),
            of(asset()),
            severity(),
            of(text()),
            of(word(&["explorerAction", "attackDisruption"])),
        ),
        (
            of(impact()),
            any::<Option<bool>>(),
            of(vec(word(&["approve", "undo"]), 0..3)),
            of(text()),
        ),
        (
            time.clone(),
            time.clone(),
            of(time.clone()),
            of(time.clone()),
            of(time.clone()),
            of(time),
        ),
    )
        .prop_map(|(first, second, third, times)| Action {
            id: first.0,
            version: first.1,
            approval_id: first.2,
            investigation_id: first.3,
            investigation_title: first.4,
            alert_ids: first.5,
            action_type: first.6,
            status: first.7,
            decision: second.0,
            decided_by: second.1,
            entity_type: second.2,
            entity: second.3,
            asset: second.4,
            severity: second.5,
            threat: second.6,
            source: second.7,
            impact: third.0,
            reversible: third.1,
            operations: third.2,
            comment: third.3,
            created_at: times.0,
            updated_at: times.1,
            decided_at: times.2,
            started_at: times.3,
            ended_at: times.4,
            expires_at: times.5,
        })
}

pub(crate) fn investigation() -> impl Strategy<Value = Investigation> {
    let alert =
        (id(), text(), severity(), of(text()), of(text())).prop_map(|(id, title, severity, status, url)| {
            Alert {
                id,
                title,
                severity,
                status,
                url,
            }
        });
    let count = || of(0_i64..4);
    (
        (
            id(),
            text(),
            word(&["running", "failed"]),
            severity(),
            of(word(&["Malware", "malware", "x"])),
            of(word(&["antivirus", "manual"])),
            of(alert),
            vec(asset(), 0..3),
        ),
        (count(), count(), count(), count(), of(text())),
        (time(), of(time()), of(time())),
    )
        .prop_map(|(first, second, times)| Investigation {
            id: first.0,
            title: first.1,
            status: first.2,
            severity: first.3,
            category: first.4,
            detection_source: first.5,
            triggering_alert: first.6,
            assets: first.7,
            threat_count: second.0,
            action_count: second.1,
            pending_action_count: second.2,
            pending_seconds: second.3,
            url: second.4,
            started_at: times.0,
            updated_at: times.1,
            ended_at: times.2,
        })
}

fn range() -> impl Strategy<Value = Range> {
    prop_oneof![
        3 => Just(Range::AllTime),
        1 => Just(Range::PastDay),
        1 => Just(Range::Past30Days),
        1 => (of(time()), of(time())).prop_map(|(from, to)| Range::Custom { from, to }),
    ]
}

fn filter() -> impl Strategy<Value = (Facet, String)> {
    (
        select(Facet::ALL.to_vec()),
        word(&[
            "",
            "completed",
            "failed",
            "high",
            "low",
            "file",
            "blockUrl",
            "Jörg",
            "wks-1",
            "7",
            "p1",
            "user",
            "nowhere",
            "antivirus",
            "approved",
            "running",
        ]),
    )
}

fn search() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just(String::new()),
        2 => word(&["a", "ab", "aB", "STRASSE", "straße", "K", "kelvin", "ü", "請", "windows x.exe", "jörg 7", "\\"]),
        1 => "[aAbBäÄ .01]{0,4}",
    ]
}

pub(crate) fn query(views: &'static [View]) -> impl Strategy<Value = Query> {
    (
        select(views),
        range(),
        vec(filter(), 0..3),
        prop_oneof![4 => Just(None), 1 => (0_u32..5_000).prop_map(|minutes| Some(Deadline::Within(minutes))), 1 => time().prop_map(|time| Some(Deadline::Before(time)))],
        search(),
        (select(COLUMNS.iter().map(|info| info.column).collect::<Vec<_>>()), any::<bool>()),
    )
        .prop_map(|(view, range, filters, deadline, search, (column, is_descending))| {
            let mut query = Query::of(view);
            query.range = range;
            for (facet, value) in filters {
                if facet.is_in(view) {
                    query.set(facet, &value, true);
                }
            }
            query.deadline = deadline.filter(|_| view.is_of_actions());
            query.search = search;
            if column.sorts_in(view) {
                query.sort = Sort { column, is_descending };
            }
            query
        })
}

/// What happens to a store.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Put(Box<Action>),
    Remove(String),
    Ask(Box<Query>, i64),
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let views = &[View::Pending, View::History];
    vec(
        prop_oneof![
            8 => action().prop_map(|action| Step::Put(Box::new(action))),
            1 => id().prop_map(Step::Remove),
            3 => (query(views), 0_i64..3).prop_map(|(query, days)| Step::Ask(Box::new(query), days)),
        ],
        1..60,
    )
}
