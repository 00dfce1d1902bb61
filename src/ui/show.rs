//! How values are drawn: as drafts, without effects, cheap enough for thousands of cells. Untrusted text is a text node in an
//! isolated element, with tokens in place of what would hide or turn (`domain::text`).

use std::borrow::Cow;

use action_center_core::domain::action::Asset;
use action_center_core::domain::text::{self, Piece};
use action_center_core::domain::time::{HOUR, Time, duration, push_grouped, zone_name};
use action_center_core::domain::words::{self, Kind};

use super::kit::draft::Draft;
pub(crate) use super::words::impact_words;

/// A cell draws no more characters than fit on any screen; the flyout has the rest.
const MAX_CELL_CHARS: usize = 600;
/// Even the flyout doesn't lay out a text of a megabyte at once; the clipboard and the export have all of it.
const MAX_SHOWN_CHARS: usize = 20_000;
/// The two urgencies of a deadline.
const NOW: i64 = 2 * HOUR;
const SOON: i64 = 24 * HOUR;

/// An icon of the sprite; says nothing to assistive technology.
fn icon(name: &'static str) -> Draft {
    Draft::svg("svg")
        .class("icon")
        .attr("aria-hidden", "true")
        .child(Draft::svg("use").attr("href", ["#", name].concat()))
}

/// Whether text holds nothing but visible ASCII and single spaces, so that it needs no look at each character.
fn is_simple(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0x20..=0x7E)) && !text.contains("   ")
}

/// Appends untrusted text, with tokens, to an element that isolates it.
pub(crate) fn fill(parent: Draft, text: &str) -> Draft {
    if is_simple(text) {
        return parent.words(text.to_owned());
    }
    text::pieces(text)
        .into_iter()
        .fold(parent, |parent, piece| match piece {
            Piece::Plain(plain) => parent.words(plain.to_owned()),
            Piece::Token(token) => parent.child(
                Draft::span("token")
                    .attr("title", token.title())
                    .words(token.label()),
            ),
        })
}

/// Appends what there is room for, and says how much is left out.
fn fill_clipped(parent: Draft, text: &str, max_chars: usize) -> Draft {
    let (shown, n_left) = text::clipped(text, max_chars);
    let parent = fill(parent, shown);
    if n_left == 0 {
        return parent;
    }
    let mut rest = String::from("… ");
    push_grouped(&mut rest, n_left as i64);
    rest.push_str(" more characters");
    parent.words(rest)
}

/// Untrusted text, isolated.
pub(crate) fn bdi(text: &str) -> Draft {
    fill_clipped(Draft::new("bdi"), text, MAX_SHOWN_CHARS)
}

/// An entity in its parts. In a row the folder gives way first and the extension never does; `wraps` shows all of it.
pub(crate) fn entity(text: &str, entity_type: &str, wraps: bool) -> Draft {
    let parts = text::entity_parts(text, entity_type);
    let max_chars = if wraps { MAX_SHOWN_CHARS } else { MAX_CELL_CHARS };
    let mut whole = Draft::new("bdi").class(if wraps { "entity entity--wrap" } else { "entity" });
    if parts.deceptive {
        whole = whole.attr("data-deceptive", "");
    }
    if !parts.path.is_empty() {
        whole = whole.child(fill_clipped(Draft::span("entity__path"), parts.path, max_chars));
    }
    let mut tail =
        Draft::span("entity__tail").child(fill_clipped(Draft::span("entity__name"), parts.name, max_chars));
    if !parts.extension.is_empty() {
        tail = tail.child(fill(Draft::span("entity__ext"), parts.extension));
    }
    whole.child(tail)
}

/// Nothing there: an en dash, spoken as *none*.
pub(crate) fn missing() -> Draft {
    Draft::span("faint")
        .attr("role", "img")
        .attr("aria-label", "none")
        .words("–")
}

/// Appends a contract's word as people read it; one that this version does not know says so in its tooltip.
fn fill_word(parent: Draft, kind: Kind, word: &str) -> Draft {
    let parent = fill(parent, text::clipped(&words::humanise(word), 200).0);
    if words::is_known(kind, word) {
        parent
    } else {
        parent.attr("title", "Not known to this version of the page")
    }
}

/// A contract's word as people read it.
pub(crate) fn word(kind: Kind, word: Option<&str>) -> Draft {
    match word {
        Some(word) if !word.is_empty() => fill_word(Draft::new("bdi"), kind, word),
        _ => missing(),
    }
}

/// A severity: shape, word and colour.
pub(crate) fn severity(severity: Option<&str>) -> Draft {
    match severity {
        Some(severity) if !severity.is_empty() => fill_word(
            Draft::span("severity")
                .attr("data-severity", severity.to_owned())
                .child(icon(words::severity_icon(severity))),
            Kind::Severity,
            severity,
        ),
        _ => missing(),
    }
}

/// The status of an action or a target.
pub(crate) fn status(status: &str) -> Draft {
    status_of(Kind::Status, status)
}

/// A status of any kind: shape, word and colour.
pub(crate) fn status_of(kind: Kind, status: &str) -> Draft {
    if status.is_empty() {
        return missing();
    }
    let drawn = if words::is_known(kind, status) {
        status
    } else {
        "unknown"
    };
    fill_word(
        Draft::span("status")
            .attr("data-status", drawn.to_owned())
            .child(icon(words::status_icon(status))),
        kind,
        status,
    )
}

/// A status in words of our own, such as *Sending…*.
pub(crate) fn status_words(
    status: &'static str,
    icon_name: &'static str,
    is_busy: bool,
    text: &'static str,
) -> Draft {
    let mark = icon(icon_name);
    let mark = if is_busy { mark.class("icon spinner") } else { mark };
    Draft::span("status")
        .attr("data-status", status)
        .child(mark)
        .words(text)
}

/// An icon that says something by itself.
fn speaking_icon(class: &'static str, name: &'static str, title: impl Into<Cow<'static, str>>) -> Draft {
    icon(name)
        .class(class)
        .attr("aria-hidden", "false")
        .attr("role", "img")
        .child(Draft::svg("title").words(title))
}

/// An asset: its kind as an icon, its name, a mark where it is critical.
pub(crate) fn asset(kind: &str, name: &str, criticality: Option<&str>) -> Draft {
    let whole = Draft::span("asset")
        .child(icon(words::entity_icon(kind)))
        .child(fill_clipped(
            Draft::new("bdi").class("asset__name"),
            name,
            MAX_CELL_CHARS,
        ));
    match criticality {
        Some(level @ ("high" | "veryHigh")) => {
            let mut title = String::from("Criticality: ");
            title.push_str(&words::humanise(level).to_ascii_lowercase());
            whole.child(speaking_icon("icon asset__critical", "critical", title))
        }
        _ => whole,
    }
}

/// An asset or none.
pub(crate) fn asset_of(of: Option<&Asset>) -> Draft {
    of.map_or_else(missing, |of| asset(&of.kind, &of.name, of.criticality.as_deref()))
}

/// An action type: icon, name, and a mark where it can't be undone.
pub(crate) fn action_type(action_type: &str, is_final: bool) -> Draft {
    let whole = Draft::span("action-type")
        .child(icon(words::action_type_icon(action_type)))
        .child(fill_word(
            Draft::new("bdi").class("action-type__name"),
            Kind::ActionType,
            action_type,
        ));
    if is_final {
        whole.child(speaking_icon(
            "icon action-type__final",
            "final",
            "Can’t be undone",
        ))
    } else {
        whole
    }
}

/// How long there is to decide: *in 3 h 20 min*, or *Expired*.
pub(crate) fn expiry_words(expires: Time, now: Time) -> String {
    let left = expires.since(now);
    if left <= 0 {
        return "Expired".to_owned();
    }
    let mut text = String::from("in ");
    text.push_str(&duration(left));
    text
}

/// A deadline: amber under 24 h, red under 2 h or past. Of no interest once somebody has decided.
pub(crate) fn expiry(expires: Time, is_pending: bool, now: Time) -> Draft {
    expiry_of(expires, is_pending, now, "")
}

/// A deadline with a word before it.
pub(crate) fn expiry_of(expires: Time, is_pending: bool, now: Time, before: &'static str) -> Draft {
    if !is_pending {
        return missing();
    }
    let left = expires.since(now);
    let whole = Draft::span("expiry");
    let whole = match left {
        _ if left < NOW => whole.attr("data-urgency", "now").child(icon("warning")),
        _ if left < SOON => whole.attr("data-urgency", "soon").child(icon("clock")),
        _ => whole,
    };
    whole
        .words(if left > 0 { before } else { "" })
        .words(expiry_words(expires, now))
}

fn time_element(time: Time) -> Draft {
    Draft::new("time").attr("datetime", time.to_rfc3339())
}

/// Date, time with seconds, and zone, as text.
pub(crate) fn full_time_words(time: Time, offset_minutes: i32) -> String {
    let mut text = time.to_full(offset_minutes);
    text.push(' ');
    text.push_str(&zone_name(offset_minutes));
    text
}

/// A time in a row: the date quieter than the clock; seconds and zone in the tooltip.
pub(crate) fn time_cell(time: Time, offset_minutes: i32, now: Time) -> Draft {
    let (date, clock) = time.to_row_parts(offset_minutes, now);
    time_element(time)
        .attr("title", full_time_words(time, offset_minutes))
        .child(Draft::span("faint").words(date))
        .words(" ")
        .words(clock)
}

/// A time with seconds and zone.
pub(crate) fn full_time(time: Time, offset_minutes: i32) -> Draft {
    time_element(time)
        .words(time.to_full(offset_minutes))
        .words(" ")
        .child(Draft::span("faint").words(zone_name(offset_minutes)))
}
