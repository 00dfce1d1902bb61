//! What is no page: session, one action, receipts, problems, events, settings.

use super::Unreadable;
use super::members::{Members, text_of};
use super::row::Row;
use crate::domain::action::{Action, Alert, Asset, Decider};
use crate::domain::order::sort_by;
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

    /// Whether there are investigations that the user may see.
    #[must_use]
    pub fn has_investigations(&self) -> bool {
        self.capabilities.has_investigations && self.may("investigations.read")
    }
}

/// Reads `/session`.
///
/// # Errors
/// Where the body is no session: no JSON, no user.
pub fn read_session(body: &[u8]) -> Result<Session, Unreadable> {
    let body = Members::read(body)?;
    let user = body
        .object("user")
        .ok_or_else(|| Unreadable("user is missing".to_owned()))?;
    let given = body.object("capabilities");
    let given = |name: &str| given.as_ref().and_then(|given| given.raw(name).map(|_| given));
    let flag = |name: &str| given(name).and_then(|given| given.flag(name)) == Some(true);
    let texts = |name: &str| given(name).and_then(|given| given.texts(name));
    let at_least_one = |name: &str, default: usize| {
        given(name)
            .and_then(|given| given.count(name))
            .and_then(|count| usize::try_from(count).ok())
            .filter(|count| *count > 0)
            .unwrap_or(default)
    };
    Ok(Session {
        user_id: user.needed("id")?,
        user_name: user.text("name").unwrap_or_default(),
        tenant_id: body.object("tenant").and_then(|tenant| tenant.text("id")),
        tenant_name: body.object("tenant").and_then(|tenant| tenant.text("name")),
        roles: body.texts("roles").unwrap_or_default(),
        permissions: body.texts("permissions").unwrap_or_default(),
        server_time: body.time("serverTime"),
        csrf_token: body.text("csrfToken"),
        capabilities: Capabilities {
            operations: texts("operations")
                .unwrap_or_else(|| vec!["approve".to_owned(), "reject".to_owned()]),
            has_detail: flag("detail"),
            has_investigations: flag("investigations"),
            has_events: flag("events"),
            has_facets: flag("facets"),
            max_page_size: at_least_one("maxPageSize", 200),
            max_batch: at_least_one("maxBatch", 1),
            comment_required: texts("commentRequired").unwrap_or_default(),
        },
    })
}

/// Reads one Action: an event's data, or an item of a receipt.
///
/// # Errors
/// Where it is no Action.
pub fn read_action(body: &[u8]) -> Result<Action, Unreadable> {
    Row::read(body).map(|row| Action::from(&row))
}

/// Reads the id of a `gone` event.
///
/// # Errors
/// Where there is none.
pub fn read_gone(body: &[u8]) -> Result<String, Unreadable> {
    Members::read(body)?.needed("id")
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

pub(super) fn read_alert(row: &Members<'_>) -> Option<Alert> {
    Some(Alert {
        id: row.text("id")?,
        title: row.text("title").unwrap_or_default(),
        severity: row.text("severity"),
        status: row.text("status"),
        url: row.text("url"),
    })
}

pub(super) fn read_asset(row: &Members<'_>) -> Option<Asset> {
    Some(Asset {
        kind: row.text("kind").unwrap_or_default(),
        id: row.text("id"),
        name: row.text("name")?,
        criticality: row.text("criticality"),
    })
}

fn read_decider(row: &Members<'_>) -> Option<Decider> {
    Some(Decider {
        kind: row.text("kind").unwrap_or_default(),
        name: row.text("name")?,
    })
}

/// Reads `/actions/{id}`.
///
/// # Errors
/// Where the body is no action.
pub fn read_detail(body: &[u8]) -> Result<Detail, Unreadable> {
    let action = read_action(body)?;
    let extra = Members::read(body)?;
    let n_faulty = &mut 0;
    Ok(Detail {
        action,
        summary: extra.text("summary"),
        on_approve: extra.text("onApprove"),
        on_reject: extra.text("onReject"),
        facts: extra.each("properties", n_faulty, &|row| {
            Some(Fact {
                label: row.text("label")?,
                value: row.text("value")?,
                kind: row.text("kind"),
            })
        }),
        alerts: extra.each("alerts", n_faulty, &read_alert),
        investigation: extra.object("investigation").and_then(|row| read_alert(&row)),
        targets: extra.each("targets", n_faulty, &|row| {
            Some(Target {
                name: row.text("name")?,
                status: row.text("status")?,
                detail: row.text("detail"),
                at: row.time("at"),
            })
        }),
        timeline: extra.each("timeline", n_faulty, &|row| {
            Some(TimelineEvent {
                at: row.time("at")?,
                event: row.text("event")?,
                by: row.object("by").and_then(|by| read_decider(&by)),
                comment: row.text("comment"),
            })
        }),
        blocked: extra.each("blocked", n_faulty, &|row| {
            Some((row.text("operation")?, row.text("reason")?))
        }),
        n_same_entity: extra.count("sameEntity").unwrap_or(0),
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
    let body = Members::read(body)?;
    if body.list("results").is_none() {
        return Err(Unreadable("results is no list".to_owned()));
    }
    Ok(Receipt {
        id: body.text("id").unwrap_or_default(),
        items: body.each("results", &mut 0, &|row| {
            Some(ReceiptItem {
                id: row.text("id")?,
                outcome: row.text("outcome")?,
                detail: row.text("detail"),
                action: row.raw("action").and_then(|raw| read_action(raw.as_bytes()).ok()),
            })
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
    let Ok(body) = Members::read(body) else {
        return Problem::default();
    };
    let word = body.text("type").unwrap_or_default();
    Problem {
        word: word.strip_prefix(PROBLEM_PREFIX).unwrap_or_default().to_owned(),
        title: body.text("title").unwrap_or_default(),
        detail: body.text("detail").unwrap_or_default(),
        parameter: body.text("parameter"),
        sign_in: body.text("signIn"),
    }
}

/// The value of a setting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Setting {
    /// A text.
    Text(String),
    /// A number or anything else, as it stands.
    Other(String),
}

/// Reads config.json into names and values; members of `links` get its name and a dot before theirs. `null` is absent.
///
/// # Errors
/// Where the body is no object.
pub fn read_settings(body: &[u8]) -> Result<Vec<(String, Setting)>, Unreadable> {
    let plain = |raw: &str| text_of(raw).map_or_else(|| Setting::Other(raw.to_owned()), Setting::Text);
    let mut settings = Vec::new();
    for (name, raw) in Members::read(body)?.iter().filter(|(_, raw)| *raw != "null") {
        match Members::of(raw).filter(|_| &*name == "links") {
            Some(members) => {
                for (member, raw) in members.iter().filter(|(_, raw)| *raw != "null") {
                    let mut full = name.to_text();
                    full.push('.');
                    full.push_str(&member);
                    settings.push((full, plain(raw)));
                }
            }
            None => settings.push((name.to_text(), plain(raw))),
        }
    }
    sort_by(&mut settings, |(a, _), (b, _)| a.cmp(b));
    Ok(settings)
}
