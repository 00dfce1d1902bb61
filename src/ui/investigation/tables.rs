//! What the tabs of an investigation hold: their words, the columns of their tables, and every cell as a value that can be drawn,
//! compared and exported.

use action_center_core::domain::action::{Action, Asset};
use action_center_core::domain::fold::fold;
use action_center_core::domain::place::{Place, TABS};
use action_center_core::domain::time::{SECOND, Time, duration, push_grouped, push_number};
use action_center_core::domain::words::{self, Kind, humanise};
use action_center_core::export::Csv;
use action_center_core::wire::InvestigationDetail;

use crate::ui::kit::dom::{El, el, span};
use crate::ui::kit::draft::Draft;
use crate::ui::kit::parts::icon;
use crate::ui::show;
use crate::ui::state::App;
use crate::ui::tasks::{decide, hand};

/// A tab of the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Tab {
    /// The picture, in lines and in words.
    #[default]
    Summary,
    /// What set it off.
    Alerts,
    /// What it is about.
    Assets,
    /// What it found.
    Evidence,
    /// What it looked at, counted.
    Entities,
    /// What it did.
    Log,
    /// What waits for a person.
    Pending,
    /// All that it proposed or did.
    Actions,
}

impl Tab {
    /// All of them, in their order, which is that of [`TABS`].
    pub(super) const ALL: [Self; 8] = [
        Self::Summary,
        Self::Alerts,
        Self::Assets,
        Self::Evidence,
        Self::Entities,
        Self::Log,
        Self::Pending,
        Self::Actions,
    ];

    /// The word in the address.
    pub(super) fn word(self) -> &'static str {
        TABS[self as usize].0
    }

    /// The word on screen.
    pub(super) fn title(self) -> String {
        match self {
            Self::Pending => "Pending actions".to_owned(),
            _ => humanise(self.word()),
        }
    }

    /// The tab of a word; the first where it is missing or not known.
    pub(super) fn parse(word: Option<&str>) -> Self {
        Self::ALL
            .into_iter()
            .find(|tab| Some(tab.word()) == word)
            .unwrap_or_default()
    }

    /// The column that its table is sorted by where nobody says otherwise, and whether from the end; none is the backend's order.
    pub(super) fn default_sort(self) -> Option<(usize, bool)> {
        (self == Self::Pending).then_some((0, false))
    }

    /// What the address calls an order of its table: the column's word, `-` before it for descending.
    pub(super) fn sort_word(self, sort: Option<(usize, bool)>) -> String {
        let Some((column, is_descending)) = sort else {
            return String::new();
        };
        let word = TABS[self as usize].1.get(column).copied().unwrap_or_default();
        [if is_descending { "-" } else { "" }, word].concat()
    }

    /// How the address sorts its table; as it comes where that is not understood.
    pub(super) fn sort_in(self, place: &Place) -> Option<(usize, bool)> {
        let Some(word) = place.sort_of(self.word()) else {
            return self.default_sort();
        };
        if word.is_empty() {
            return None;
        }
        let is_descending = word.starts_with('-');
        let is_meant = |column: &usize| self.sort_word(Some((*column, is_descending))) == word;
        match (0..self.columns().len()).find(is_meant) {
            Some(column) => Some((column, is_descending)),
            None => self.default_sort(),
        }
    }

    /// Whether a column holds times, which are told in a zone.
    pub(super) fn is_time(self, column: usize) -> bool {
        matches!(
            (self, column),
            (Self::Evidence, 5) | (Self::Log | Self::Actions, 0) | (Self::Pending, 6)
        )
    }

    /// Whether a column holds numbers, which stand at its end.
    pub(super) fn is_number(self, column: usize) -> bool {
        matches!((self, column), (Self::Entities, 1..) | (Self::Log, 4 | 5))
    }

    /// The count beside the title.
    pub(super) fn count(self, detail: &InvestigationDetail) -> Option<usize> {
        match self {
            Self::Summary => None,
            Self::Entities => Some(n_entities(detail)),
            Self::Pending => Some(detail.actions.iter().filter(|action| action.is_pending()).count()),
            _ => Some(self.n_rows(detail)),
        }
    }

    /// Rows of its table, before any filter.
    pub(super) fn n_rows(self, detail: &InvestigationDetail) -> usize {
        match self {
            Self::Summary => 0,
            Self::Alerts => detail.alerts.len(),
            Self::Assets => detail.investigation.assets.len(),
            Self::Evidence => detail.evidence.n_rows(),
            Self::Entities => detail.entity_counts.len(),
            Self::Log => detail.log.n_rows(),
            Self::Pending | Self::Actions => detail.actions.len(),
        }
    }

    /// Whether its rows can be selected and decided.
    pub(super) fn decides(self) -> bool {
        matches!(self, Self::Summary | Self::Pending)
    }

    /// Whether its rows are actions.
    pub(super) fn is_of_actions(self) -> bool {
        matches!(self, Self::Pending | Self::Actions)
    }

    /// Title and width in CSS pixels of each column; the first that is as wide as `FLEXIBLE` takes what room is left.
    pub(super) fn columns(self) -> &'static [(&'static str, u16)] {
        match self {
            Self::Summary => &[],
            Self::Alerts => &[
                ("Alert", FLEXIBLE),
                ("Severity", 140),
                ("Status", 160),
                ("Alert ID", 200),
            ],
            Self::Assets => &[
                ("Asset", FLEXIBLE),
                ("Kind", 140),
                ("Criticality", 140),
                ("Asset ID", 240),
            ],
            Self::Evidence => &[
                ("Entity", FLEXIBLE),
                ("Entity type", 130),
                ("Verdict", 150),
                ("Remediation", 160),
                ("Asset", 150),
                ("First seen", 130),
                ("Origin", 150),
                ("Threats", 180),
            ],
            Self::Entities => &[
                ("Entity type", FLEXIBLE),
                ("Total", 100),
                ("Malicious", 110),
                ("Suspicious", 110),
                ("Clean", 100),
                ("Remediated", 120),
                ("Not remediated", 130),
            ],
            Self::Log => &[
                ("Time", 130),
                ("Step", FLEXIBLE),
                ("Status", 150),
                ("Asset", 150),
                ("Working", 110),
                ("Waiting", 110),
                ("Detail", 260),
            ],
            Self::Pending => &[
                ("Expires", 140),
                ("Action type", 190),
                ("Entity", FLEXIBLE),
                ("Entity type", 130),
                ("Asset", 150),
                ("Severity", 130),
                ("Created", 130),
            ],
            Self::Actions => &[
                ("Action update time", 180),
                ("Action type", 190),
                ("Entity", FLEXIBLE),
                ("Asset", 150),
                ("Status", 170),
                ("Decision", 110),
                ("Decided by", 150),
                ("Severity", 130),
            ],
        }
    }
}

/// The width of the column that grows, at least.
pub(super) const FLEXIBLE: u16 = 260;

/// All entities that were looked at.
pub(super) fn n_entities(detail: &InvestigationDetail) -> usize {
    let sum = detail
        .entity_counts
        .iter()
        .fold(0_i64, |sum, count| sum.saturating_add(count.total));
    usize::try_from(sum).unwrap_or(0)
}

/// What stands in a cell.
pub(super) enum Cell {
    /// Nothing.
    Missing,
    /// Untrusted text.
    Text(String),
    /// Untrusted text that leads out of the page.
    Link(String, String),
    /// A word of the contract.
    Word(Kind, String),
    /// A status of some kind.
    Status(Kind, String),
    /// A verdict.
    Verdict(String),
    /// A severity.
    Severity(String),
    /// An entity and its type.
    Entity(String, String),
    /// An asset.
    Asset(Asset),
    /// An action's type, and whether it can't be undone.
    ActionType(String, bool),
    /// A time.
    Time(Time),
    /// An action's id, deadline and status: a decision under way comes before them.
    Deadline(String, Option<Time>, String),
    /// A length of time.
    Seconds(i64),
    /// A count.
    Number(i64),
}

/// What a cell sorts by; missing ones come last both ways.
pub(super) type Key = (bool, i64, String);

/// A value where there is one and it is not empty.
fn given(value: Option<&String>, make: impl Fn(String) -> Cell) -> Cell {
    match value {
        Some(value) if !value.is_empty() => make(value.clone()),
        _ => Cell::Missing,
    }
}

fn text(value: Option<&String>) -> Cell {
    given(value, Cell::Text)
}

fn word(kind: Kind, value: Option<&String>) -> Cell {
    given(value, |value| Cell::Word(kind, value))
}

fn status(kind: Kind, value: Option<&String>) -> Cell {
    given(value, |value| Cell::Status(kind, value))
}

fn severity(value: Option<&String>) -> Cell {
    given(value, Cell::Severity)
}

fn asset(value: Option<&Asset>) -> Cell {
    value.map_or(Cell::Missing, |asset| Cell::Asset(asset.clone()))
}

fn time(value: Option<Time>) -> Cell {
    value.map_or(Cell::Missing, Cell::Time)
}

fn number(value: Option<i64>) -> Cell {
    value.map_or(Cell::Missing, Cell::Number)
}

fn seconds(value: Option<i64>) -> Cell {
    value.map_or(Cell::Missing, Cell::Seconds)
}

/// One cell of a tab's table.
pub(super) fn cell(app: App, detail: &InvestigationDetail, tab: Tab, row: usize, column: usize) -> Cell {
    let found = match tab {
        Tab::Summary => None,
        Tab::Alerts => detail.alerts.get(row).map(|alert| match column {
            0 => {
                let title = if alert.title.is_empty() {
                    &alert.id
                } else {
                    &alert.title
                };
                match hand::alert_link(app, &alert.id, alert.url.as_deref()) {
                    Some(link) => Cell::Link(title.clone(), link),
                    None => Cell::Text(title.clone()),
                }
            }
            1 => severity(alert.severity.as_ref()),
            2 => given(alert.status.as_ref(), |status| Cell::Text(humanise(&status))),
            _ => Cell::Text(alert.id.clone()),
        }),
        Tab::Assets => detail.investigation.assets.get(row).map(|of| match column {
            0 => asset(Some(of)),
            1 => word(Kind::AssetKind, Some(&of.kind)),
            2 => word(Kind::Criticality, of.criticality.as_ref()),
            _ => text(of.id.as_ref()),
        }),
        Tab::Evidence => detail.evidence.get(row).map(|of| match column {
            0 => Cell::Entity(of.entity.clone(), of.entity_type.clone()),
            1 => word(Kind::EntityType, Some(&of.entity_type)),
            2 => given(of.verdict.as_ref(), Cell::Verdict),
            3 => status(Kind::Status, of.remediation.as_ref()),
            4 => asset(of.asset.as_ref()),
            5 => time(of.first_seen),
            6 => text(of.origin.as_ref()),
            _ => text(Some(&of.threats.join(", "))),
        }),
        Tab::Entities => detail.entity_counts.get(row).map(|of| match column {
            0 => word(Kind::EntityType, Some(&of.entity_type)),
            1 => Cell::Number(of.total),
            2 => number(of.malicious),
            3 => number(of.suspicious),
            4 => number(of.clean),
            5 => number(of.remediated),
            _ => number(of.unremediated),
        }),
        Tab::Log => detail.log.get(row).map(|of| match column {
            0 => Cell::Time(of.at),
            1 => Cell::Text(humanise(&of.step)),
            2 => status(Kind::Status, of.status.as_ref()),
            3 => text(of.asset.as_ref()),
            4 => seconds(of.seconds),
            5 => seconds(of.pending_seconds),
            _ => text(of.detail.as_ref()),
        }),
        Tab::Pending | Tab::Actions => detail
            .actions
            .get(row)
            .map(|action| action_cell(action, tab == Tab::Pending, column)),
    };
    found.unwrap_or(Cell::Missing)
}

fn action_cell(action: &Action, is_pending: bool, column: usize) -> Cell {
    match (is_pending, column) {
        (true, 0) => Cell::Deadline(action.id.clone(), action.expires_at, action.status.clone()),
        (false, 0) => Cell::Time(action.updated_at),
        (_, 1) => Cell::ActionType(action.action_type.clone(), action.reversible == Some(false)),
        (_, 2) => Cell::Entity(action.entity.clone(), action.entity_type.clone()),
        (true, 3) => word(Kind::EntityType, Some(&action.entity_type)),
        (true, 4) | (false, 3) => asset(action.asset.as_ref()),
        (true, 5) | (false, 7) => severity(action.severity.as_ref()),
        (true, _) => Cell::Time(action.created_at),
        (false, 4) => status(Kind::Status, Some(&action.status)),
        (false, 5) => word(Kind::Decision, action.decision.as_ref()),
        (false, _) => text(action.decided_by.as_ref().map(|by| &by.name)),
    }
}

/// The icon of a verdict, and the status whose colour it takes.
pub(super) fn verdict_look(verdict: &str) -> (&'static str, &'static str, &'static str) {
    match verdict {
        "malicious" | "compromised" => ("st-failed", "failed", "malicious"),
        "suspicious" => ("warning", "expired", "suspicious"),
        "noThreatsFound" => ("st-completed", "completed", "clean"),
        _ => (words::UNKNOWN_ICON, "", ""),
    }
}

impl Cell {
    /// The element.
    pub(super) fn draw(&self, app: App, now: Time) -> El {
        let draft = match self {
            Self::Missing => show::missing(),
            Self::Text(text) => show::bdi(text),
            Self::Link(text, link) => return outward(link).child(show::bdi(text)),
            Self::Word(kind, word) => show::word(*kind, Some(word)),
            Self::Status(kind, status) => show::status_of(*kind, status),
            Self::Verdict(verdict) => {
                let (icon_name, status, _) = verdict_look(verdict);
                return span("status")
                    .attr("data-status", status)
                    .child(icon(icon_name))
                    .child(show::word(Kind::Verdict, Some(verdict)));
            }
            Self::Severity(severity) => show::severity(Some(severity)),
            Self::Entity(entity, entity_type) => show::entity(entity, entity_type, false),
            Self::Asset(asset) => show::asset_of(Some(asset)),
            Self::ActionType(action_type, is_final) => show::action_type(action_type, *is_final),
            Self::Time(time) => show::time_cell(*time, app.offset_at(*time), now),
            Self::Deadline(id, expires, status) => match (decide::lock(app, id), expires) {
                (Some(_), _) => show::status_words("sending", "st-running", true, "Sending…"),
                (None, Some(expires)) if status == "pending" => show::expiry(*expires, true, now),
                (None, None) if status == "pending" => show::missing(),
                _ => show::status(status),
            },
            Self::Seconds(seconds) => Draft::span("number").words(short_duration(*seconds)),
            Self::Number(number) => {
                let mut text = String::new();
                push_grouped(&mut text, *number);
                Draft::span("number").words(text)
            }
        };
        draft.into()
    }

    /// What it sorts by.
    pub(super) fn key(&self) -> Key {
        let number = |number: i64| (false, number, String::new());
        match self {
            Self::Missing | Self::Deadline(_, None, _) => (true, 0, String::new()),
            Self::Severity(severity) => {
                let known = words::known(Kind::Severity);
                let rank = known.iter().position(|known| known == severity);
                (false, rank.map_or(i64::MAX, |rank| rank as i64), fold(severity))
            }
            Self::Time(time) | Self::Deadline(_, Some(time), _) => number(time.0),
            Self::Seconds(count) | Self::Number(count) => number(*count),
            Self::Text(text)
            | Self::Link(text, _)
            | Self::Word(_, text)
            | Self::Status(_, text)
            | Self::Verdict(text)
            | Self::Entity(text, _)
            | Self::ActionType(text, _)
            | Self::Asset(Asset { name: text, .. }) => (false, 0, fold(text)),
        }
    }

    /// Writes it: words as they are shown, times in RFC 3339, lengths of time in seconds. What the backend chose is guarded.
    pub(super) fn write(&self, csv: &mut Csv) {
        match self {
            Self::Missing | Self::Deadline(_, None, _) => csv.own(""),
            Self::Text(text)
            | Self::Link(text, _)
            | Self::Entity(text, _)
            | Self::Asset(Asset { name: text, .. }) => csv.text(text),
            Self::Word(_, word)
            | Self::Status(_, word)
            | Self::Verdict(word)
            | Self::Severity(word)
            | Self::ActionType(word, _) => csv.text(&humanise(word)),
            Self::Time(time) | Self::Deadline(_, Some(time), _) => csv.own(&time.to_rfc3339()),
            Self::Seconds(count) | Self::Number(count) => {
                let mut text = String::new();
                push_number(&mut text, *count);
                csv.own(&text);
            }
        }
    }
}

/// A link out of the page; the caller has made sure of it.
pub(super) fn outward(link: &str) -> El {
    el("a")
        .attr("href", link)
        .attr("target", "_blank")
        .attr("rel", "noopener noreferrer")
}

/// A length of time of which seconds matter while it is short: *12 s*, else as everywhere.
fn short_duration(seconds: i64) -> String {
    if seconds >= 60 {
        return duration(seconds.saturating_mul(SECOND));
    }
    let mut text = String::new();
    push_number(&mut text, seconds.max(0));
    text.push_str(" s");
    text
}
