//! Everything that is no page: session, one action or investigation, receipts, problems, events.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Unreadable;
use super::parts::{Count, Stamp, Text};
use super::row::{AlertRow, AssetRow, DeciderRow, InvestigationRow, Row};
use crate::domain::action::{Action, Alert, Asset, Decider, Investigation};
use crate::domain::time::Time;

/// What a backend can do. Absent members have the contract's defaults.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Capabilities {
    /// Operations that the backend knows.
    pub operations: Vec<String>,
    /// `/actions/{id}` exists.
    pub has_detail: bool,
    /// `/investigations` exists.
    pub has_investigations: bool,
    /// `/events` exists.
    pub has_events: bool,
    /// `/actions` counts by facet.
    pub has_facets: bool,
    /// Rows in a page, at most.
    pub max_page_size: usize,
    /// Items in one decision, at most.
    pub max_batch: usize,
    /// Operations that need a comment.
    pub comment_required: Vec<String>,
}

/// Who is asking and what they may do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// The user's id.
    pub user_id: String,
    /// The user's name. Untrusted text.
    pub user_name: String,
    /// The tenant's id, where given.
    pub tenant_id: Option<String>,
    /// The tenant's name, where given.
    pub tenant_name: Option<String>,
    /// Roles, for display.
    pub roles: Vec<String>,
    /// Permissions, which decide.
    pub permissions: Vec<String>,
    /// The server's clock.
    pub server_time: Option<Time>,
    /// To be sent with a decision.
    pub csrf_token: Option<String>,
    /// What the backend can do.
    pub capabilities: Capabilities,
}

impl Session {
    /// Whether the user has a permission.
    #[must_use]
    pub fn may(&self, permission: &str) -> bool {
        self.permissions.iter().any(|given| given == permission)
    }
}

fn texts(list: Option<Vec<Text<'_>>>) -> Vec<String> {
    list.unwrap_or_default().iter().map(Text::to_text).collect()
}

fn owned(text: Option<Text<'_>>) -> Option<String> {
    text.map(|text| text.to_text())
}

fn from_slice<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Unreadable> {
    serde_json::from_slice(body).map_err(|error| Unreadable::new(&error))
}

/// Reads `/session`.
///
/// # Errors
/// Where the body is no session: no JSON, no user.
pub fn read_session(body: &[u8]) -> Result<Session, Unreadable> {
    #[derive(Deserialize)]
    struct Named<'a> {
        #[serde(borrow)]
        id: Option<Text<'a>>,
        #[serde(borrow)]
        name: Option<Text<'a>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Abilities<'a> {
        #[serde(borrow)]
        operations: Option<Vec<Text<'a>>>,
        detail: Option<bool>,
        investigations: Option<bool>,
        events: Option<bool>,
        facets: Option<bool>,
        max_page_size: Option<Count>,
        max_batch: Option<Count>,
        #[serde(borrow)]
        comment_required: Option<Vec<Text<'a>>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        #[serde(borrow)]
        user: Named<'a>,
        #[serde(borrow)]
        tenant: Option<Named<'a>>,
        #[serde(borrow)]
        roles: Option<Vec<Text<'a>>>,
        #[serde(borrow)]
        permissions: Option<Vec<Text<'a>>>,
        #[serde(borrow)]
        server_time: Option<Text<'a>>,
        #[serde(borrow)]
        csrf_token: Option<Text<'a>>,
        #[serde(borrow)]
        capabilities: Option<Abilities<'a>>,
    }
    let body: Body<'_> = from_slice(body)?;
    let given = body.capabilities.unwrap_or(Abilities {
        operations: None,
        detail: None,
        investigations: None,
        events: None,
        facets: None,
        max_page_size: None,
        max_batch: None,
        comment_required: None,
    });
    let at_least_one = |count: Option<Count>, default: usize| {
        count
            .and_then(|count| usize::try_from(count.0).ok())
            .filter(|count| *count > 0)
            .unwrap_or(default)
    };
    let (tenant_id, tenant_name) = body
        .tenant
        .map_or((None, None), |tenant| (owned(tenant.id), owned(tenant.name)));
    Ok(Session {
        user_id: owned(body.user.id).ok_or_else(|| Unreadable("user.id is missing".to_owned()))?,
        user_name: owned(body.user.name).unwrap_or_default(),
        tenant_id,
        tenant_name,
        roles: texts(body.roles),
        permissions: texts(body.permissions),
        server_time: body.server_time.and_then(|text| Time::parse(&text)),
        csrf_token: owned(body.csrf_token),
        capabilities: Capabilities {
            operations: given.operations.map_or_else(
                || vec!["approve".to_owned(), "reject".to_owned()],
                |list| texts(Some(list)),
            ),
            has_detail: given.detail == Some(true),
            has_investigations: given.investigations == Some(true),
            has_events: given.events == Some(true),
            has_facets: given.facets == Some(true),
            max_page_size: at_least_one(given.max_page_size, 200),
            max_batch: at_least_one(given.max_batch, 1),
            comment_required: texts(given.comment_required),
        },
    })
}

/// Reads one Action: an event's data, or an item of a receipt.
///
/// # Errors
/// Where it is no Action.
pub fn read_action(body: &[u8]) -> Result<Action, Unreadable> {
    from_slice::<Row<'_>>(body).map(|row| Action::from(&row))
}

/// Reads the id of a `gone` event.
///
/// # Errors
/// Where there is none.
pub fn read_gone(body: &[u8]) -> Result<String, Unreadable> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        id: Text<'a>,
    }
    from_slice::<Body<'_>>(body).map(|body| body.id.to_text())
}

/// A fact on the entity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// Its name.
    pub label: String,
    /// Its value. Untrusted text.
    pub value: String,
    /// `text`, `hash`, `url`, `ip`, `time`, `bytes`, `count` or another word.
    pub kind: Option<String>,
}

/// What happened on one target.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// Its name. Untrusted text.
    pub name: String,
    /// Its status, words as an action's.
    pub status: String,
    /// More words.
    pub detail: Option<String>,
    /// When.
    pub at: Option<Time>,
}

/// One event in an action's life.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TimelineEvent {
    /// When.
    pub at: Time,
    /// `created`, `approved` … or another word.
    pub event: String,
    /// Who.
    pub by: Option<Decider>,
    /// What they wrote. Untrusted text.
    pub comment: Option<String>,
}

/// One action with everything that a decision needs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Detail {
    /// The action as it now is.
    pub action: Action,
    /// Why this is recommended.
    pub summary: Option<String>,
    /// What approving does.
    pub on_approve: Option<String>,
    /// What rejecting does to the investigation.
    pub on_reject: Option<String>,
    /// Facts on the entity, in order.
    pub facts: Vec<Fact>,
    /// Alerts behind it.
    pub alerts: Vec<Alert>,
    /// The investigation: id, title, status, url. As an `Alert`, whose members are the same.
    pub investigation: Option<Alert>,
    /// What happened on each target.
    pub targets: Vec<Target>,
    /// Its life so far.
    pub timeline: Vec<TimelineEvent>,
    /// Operations that this user may not do now, and why.
    pub blocked: Vec<(String, String)>,
    /// Other pending actions on the same entity.
    pub n_same_entity: i64,
}

/// Reads what can be read of a list: an element that is faulty costs itself alone.
fn each<'a, T: Deserialize<'a>, U>(list: Option<Vec<&'a RawValue>>, to: impl Fn(T) -> U) -> Vec<U> {
    list.unwrap_or_default()
        .into_iter()
        .filter_map(|raw| serde_json::from_slice(raw.get().as_bytes()).ok())
        .map(to)
        .collect()
}

/// Reads `/actions/{id}`.
///
/// # Errors
/// Where the body is no action.
pub fn read_detail(body: &[u8]) -> Result<Detail, Unreadable> {
    #[derive(Deserialize)]
    struct FactRow<'a> {
        #[serde(borrow)]
        label: Text<'a>,
        #[serde(borrow)]
        value: Text<'a>,
        #[serde(borrow)]
        kind: Option<Text<'a>>,
    }
    #[derive(Deserialize)]
    struct TargetRow<'a> {
        #[serde(borrow)]
        name: Text<'a>,
        #[serde(borrow)]
        status: Text<'a>,
        #[serde(borrow)]
        detail: Option<Text<'a>>,
        at: Option<Stamp>,
    }
    #[derive(Deserialize)]
    struct EventRow<'a> {
        at: Stamp,
        #[serde(borrow)]
        event: Text<'a>,
        #[serde(borrow)]
        by: Option<DeciderRow<'a>>,
        #[serde(borrow)]
        comment: Option<Text<'a>>,
    }
    #[derive(Deserialize)]
    struct BlockedRow<'a> {
        #[serde(borrow)]
        operation: Text<'a>,
        #[serde(borrow)]
        reason: Text<'a>,
    }
    #[derive(Deserialize)]
    struct LinkRow<'a> {
        #[serde(borrow)]
        id: Text<'a>,
        #[serde(borrow)]
        title: Option<Text<'a>>,
        #[serde(borrow)]
        status: Option<Text<'a>>,
        #[serde(borrow)]
        url: Option<Text<'a>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Extra<'a> {
        #[serde(borrow)]
        summary: Option<Text<'a>>,
        #[serde(borrow)]
        on_approve: Option<Text<'a>>,
        #[serde(borrow)]
        on_reject: Option<Text<'a>>,
        #[serde(borrow)]
        properties: Option<Vec<&'a RawValue>>,
        #[serde(borrow)]
        alerts: Option<Vec<&'a RawValue>>,
        #[serde(borrow)]
        investigation: Option<&'a RawValue>,
        #[serde(borrow)]
        targets: Option<Vec<&'a RawValue>>,
        #[serde(borrow)]
        timeline: Option<Vec<&'a RawValue>>,
        #[serde(borrow)]
        blocked: Option<Vec<&'a RawValue>>,
        same_entity: Option<Count>,
    }
    let action = read_action(body)?;
    let extra: Extra<'_> = from_slice(body)?;
    Ok(Detail {
        action,
        summary: owned(extra.summary),
        on_approve: owned(extra.on_approve),
        on_reject: owned(extra.on_reject),
        facts: each(extra.properties, |row: FactRow<'_>| Fact {
            label: row.label.to_text(),
            value: row.value.to_text(),
            kind: owned(row.kind),
        }),
        alerts: each(extra.alerts, |row: AlertRow<'_>| Alert::from(&row)),
        investigation: each(extra.investigation.map(|raw| vec![raw]), |row: LinkRow<'_>| {
            Alert {
                id: row.id.to_text(),
                title: owned(row.title).unwrap_or_default(),
                severity: None,
                status: owned(row.status),
                url: owned(row.url),
            }
        })
        .pop(),
        targets: each(extra.targets, |row: TargetRow<'_>| Target {
            name: row.name.to_text(),
            status: row.status.to_text(),
            detail: owned(row.detail),
            at: row.at.map(|stamp| stamp.0),
        }),
        timeline: each(extra.timeline, |row: EventRow<'_>| TimelineEvent {
            at: row.at.0,
            event: row.event.to_text(),
            by: row.by.as_ref().map(Decider::from),
            comment: owned(row.comment),
        }),
        blocked: each(extra.blocked, |row: BlockedRow<'_>| {
            (row.operation.to_text(), row.reason.to_text())
        }),
        n_same_entity: extra.same_entity.map_or(0, |count| count.0),
    })
}

/// One item's outcome.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReceiptItem {
    /// The action's id.
    pub id: String,
    /// `done`, `alreadyDecided` … or another word.
    pub outcome: String,
    /// More words. Untrusted text.
    pub detail: Option<String>,
    /// The action as it now is.
    pub action: Option<Action>,
}

/// The answer to a decision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// The receipt's id.
    pub id: String,
    /// One outcome for each item that could be read.
    pub items: Vec<ReceiptItem>,
}

/// Reads the answer to a decision. An item that can't be read is left out: it proves nothing.
///
/// # Errors
/// Where the body is no receipt at all.
pub fn read_receipt(body: &[u8]) -> Result<Receipt, Unreadable> {
    #[derive(Deserialize)]
    struct ItemRow<'a> {
        #[serde(borrow)]
        id: Text<'a>,
        #[serde(borrow)]
        outcome: Text<'a>,
        #[serde(borrow)]
        detail: Option<&'a RawValue>,
        #[serde(borrow)]
        action: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        id: Option<Text<'a>>,
        #[serde(borrow)]
        results: Vec<&'a RawValue>,
    }
    let body: Body<'_> = from_slice(body)?;
    Ok(Receipt {
        id: owned(body.id).unwrap_or_default(),
        items: each(Some(body.results), |row: ItemRow<'_>| ReceiptItem {
            id: row.id.to_text(),
            outcome: row.outcome.to_text(),
            detail: row
                .detail
                .and_then(|raw| serde_json::from_str::<Text<'_>>(raw.get()).ok())
                .map(|text| text.to_text()),
            action: row.action.and_then(|raw| read_action(raw.get().as_bytes()).ok()),
        }),
    })
}

/// What went wrong, as the backend says it (RFC 9457).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Problem {
    /// The contract's word, such as `cursor-expired`; empty where the type is another.
    pub word: String,
    /// The title. Untrusted text.
    pub title: String,
    /// More words. Untrusted text.
    pub detail: String,
    /// With `bad-query`.
    pub parameter: Option<String>,
    /// With 401: where to sign in. Untrusted until `text::safe_link` agrees.
    pub sign_in: Option<String>,
}

/// The prefix of the contract's problem types.
pub const PROBLEM_PREFIX: &str = "urn:action-center:problem:";

/// Reads an error's body; any body will do: what is no problem is an empty one.
#[must_use]
pub fn read_problem(body: &[u8]) -> Problem {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        #[serde(borrow, rename = "type")]
        word: Option<&'a RawValue>,
        #[serde(borrow)]
        title: Option<&'a RawValue>,
        #[serde(borrow)]
        detail: Option<&'a RawValue>,
        #[serde(borrow)]
        parameter: Option<&'a RawValue>,
        #[serde(borrow)]
        sign_in: Option<&'a RawValue>,
    }
    let Ok(body) = from_slice::<Body<'_>>(body) else {
        return Problem::default();
    };
    let text = |raw: Option<&RawValue>| {
        raw.and_then(|raw| serde_json::from_str::<Text<'_>>(raw.get()).ok())
            .map(|text| text.to_text())
    };
    let word = text(body.word).unwrap_or_default();
    Problem {
        word: word.strip_prefix(PROBLEM_PREFIX).unwrap_or_default().to_owned(),
        title: text(body.title).unwrap_or_default(),
        detail: text(body.detail).unwrap_or_default(),
        parameter: text(body.parameter),
        sign_in: text(body.sign_in),
    }
}

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

/// One investigation with all that it found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct InvestigationDetail {
    /// The investigation as it now is.
    pub investigation: Investigation,
    /// Its alerts.
    pub alerts: Vec<Alert>,
    /// Its evidence.
    pub evidence: Vec<Evidence>,
    /// Entities by kind.
    pub entity_counts: Vec<EntityCount>,
    /// What it did.
    pub log: Vec<LogStep>,
    /// Its actions.
    pub actions: Vec<Action>,
    /// Elements of the lists above that could not be read.
    pub n_set_aside: usize,
}

/// Reads `/investigations/{id}`.
///
/// # Errors
/// Where the body is no investigation.
pub fn read_investigation_detail(body: &[u8]) -> Result<InvestigationDetail, Unreadable> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct EvidenceRow<'a> {
        #[serde(borrow)]
        entity_type: Text<'a>,
        #[serde(borrow)]
        entity: Text<'a>,
        #[serde(borrow)]
        verdict: Option<Text<'a>>,
        #[serde(borrow)]
        remediation: Option<Text<'a>>,
        #[serde(borrow)]
        asset: Option<AssetRow<'a>>,
        first_seen: Option<Stamp>,
        #[serde(borrow)]
        origin: Option<Text<'a>>,
        #[serde(borrow)]
        threats: Option<Vec<Text<'a>>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct CountRow<'a> {
        #[serde(borrow)]
        entity_type: Text<'a>,
        total: Count,
        malicious: Option<Count>,
        suspicious: Option<Count>,
        clean: Option<Count>,
        remediated: Option<Count>,
        unremediated: Option<Count>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct StepRow<'a> {
        at: Stamp,
        #[serde(borrow)]
        step: Text<'a>,
        #[serde(borrow)]
        status: Option<Text<'a>>,
        #[serde(borrow)]
        asset: Option<Text<'a>>,
        #[serde(borrow)]
        detail: Option<Text<'a>>,
        seconds: Option<Count>,
        pending_seconds: Option<Count>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Extra<'a> {
        #[serde(borrow)]
        alerts: Option<Vec<&'a RawValue>>,
        #[serde(borrow)]
        evidence: Option<Vec<&'a RawValue>>,
        #[serde(borrow)]
        entity_counts: Option<Vec<&'a RawValue>>,
        #[serde(borrow)]
        log: Option<Vec<&'a RawValue>>,
        #[serde(borrow)]
        actions: Option<Vec<&'a RawValue>>,
    }
    let number = |count: Option<Count>| count.map(|count| count.0);
    let row: InvestigationRow<'_> = from_slice(body)?;
    let extra: Extra<'_> = from_slice(body)?;
    let n_given = [
        &extra.alerts,
        &extra.evidence,
        &extra.entity_counts,
        &extra.log,
        &extra.actions,
    ]
    .iter()
    .map(|list| list.as_ref().map_or(0, Vec::len))
    .sum::<usize>();
    let mut detail = InvestigationDetail {
        investigation: Investigation::from(&row),
        alerts: each(extra.alerts, |row: AlertRow<'_>| Alert::from(&row)),
        evidence: each(extra.evidence, |row: EvidenceRow<'_>| Evidence {
            entity_type: row.entity_type.to_text(),
            entity: row.entity.to_text(),
            verdict: owned(row.verdict),
            remediation: owned(row.remediation),
            asset: row.asset.as_ref().map(Asset::from),
            first_seen: row.first_seen.map(|stamp| stamp.0),
            origin: owned(row.origin),
            threats: texts(row.threats),
        }),
        entity_counts: each(extra.entity_counts, |row: CountRow<'_>| EntityCount {
            entity_type: row.entity_type.to_text(),
            total: row.total.0,
            malicious: number(row.malicious),
            suspicious: number(row.suspicious),
            clean: number(row.clean),
            remediated: number(row.remediated),
            unremediated: number(row.unremediated),
        }),
        log: each(extra.log, |row: StepRow<'_>| LogStep {
            at: row.at.0,
            step: row.step.to_text(),
            status: owned(row.status),
            asset: owned(row.asset),
            detail: owned(row.detail),
            seconds: number(row.seconds),
            pending_seconds: number(row.pending_seconds),
        }),
        actions: each(extra.actions, |row: Row<'_>| Action::from(&row)),
        n_set_aside: 0,
    };
    let n_read = detail.alerts.len()
        + detail.evidence.len()
        + detail.entity_counts.len()
        + detail.log.len()
        + detail.actions.len();
    detail.n_set_aside = n_given.saturating_sub(n_read);
    Ok(detail)
}

/// Reads config.json into names and values as text; members of an object get its name and a dot before theirs.
///
/// # Errors
/// Where the body is no object.
pub fn read_settings(body: &[u8]) -> Result<Vec<(String, String)>, Unreadable> {
    type Members<'a> = std::collections::BTreeMap<String, &'a RawValue>;
    let plain = |raw: &RawValue| serde_json::from_str::<String>(raw.get()).unwrap_or_else(|_| raw.get().to_owned());
    let mut settings = Vec::new();
    for (name, raw) in from_slice::<Members<'_>>(body)? {
        match serde_json::from_str::<Members<'_>>(raw.get()) {
            Ok(members) => {
                for (member, raw) in members {
                    let mut full = name.clone();
                    full.push('.');
                    full.push_str(&member);
                    settings.push((full, plain(raw)));
                }
            }
            Err(_) => settings.push((name, plain(raw))),
        }
    }
    Ok(settings)
}
