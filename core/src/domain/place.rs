//! Where the user is, as the page's URL says it: the query, the open action or investigation, and the columns
//! where they differ from the default. A link opened by a colleague shows the same.

use super::column::{Column, columns_of};
use super::query::{Problem, Query, View, push_pair};

/// Everything that the page's URL says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Place {
    /// Which rows.
    pub query: Query,
    /// The action that is open in the flyout.
    pub action: Option<String>,
    /// The investigation whose page is open.
    pub investigation: Option<String>,
    /// The tab of the investigation's page, where it is not the first.
    pub tab: Option<String>,
    /// What the investigation's evidence is narrowed to: members and wanted values, sorted, each pair once.
    pub evidence: Vec<(String, String)>,
    /// How tables of the investigation's page are sorted where not as they come: the tab, and a column, `-` before it for descending,
    /// or nothing for the backend's order. By tab, each once.
    pub sorts: Vec<(String, String)>,
    /// The columns shown, in order; none means the view's default or the user's own choice.
    pub columns: Option<Vec<Column>>,
}

/// By what an investigation's evidence is narrowed; `evidenceSearch` has one value at most, words that all have to occur.
pub const EVIDENCE_MEMBERS: [&str; 4] = ["verdict", "remediation", "evidenceType", "evidenceSearch"];

/// The tabs of an investigation's page, in their order: the word of each in the URL, and those of the columns that its table is sorted by.
pub const TABS: [(&str, &[&str]); 8] = [
    ("summary", &[]),
    ("alerts", &["alert", "severity", "status", "alertId"]),
    ("assets", &["asset", "kind", "criticality", "assetId"]),
    (
        "evidence",
        &[
            "entity",
            "entityType",
            "verdict",
            "remediation",
            "asset",
            "firstSeen",
            "origin",
            "threats",
        ],
    ),
    (
        "entities",
        &[
            "entityType",
            "total",
            "malicious",
            "suspicious",
            "clean",
            "remediated",
            "notRemediated",
        ],
    ),
    (
        "log",
        &["time", "step", "status", "asset", "working", "waiting", "detail"],
    ),
    (
        "pending",
        &[
            "expires",
            "actionType",
            "entity",
            "entityType",
            "asset",
            "severity",
            "created",
        ],
    ),
    (
        "actions",
        &[
            "actionUpdateTime",
            "actionType",
            "entity",
            "asset",
            "status",
            "decision",
            "decidedBy",
            "severity",
        ],
    ),
];

impl Place {
    /// The values that a member of the evidence is narrowed to; none means that it does not narrow.
    pub fn evidence_values(&self, member: &str) -> impl Iterator<Item = &str> {
        let pairs = self.evidence.iter().filter(move |(of, _)| of == member);
        pairs.map(|(_, value)| value.as_str())
    }

    /// Whether a value of a member of the evidence is among the wanted ones.
    #[must_use]
    pub fn has_evidence(&self, member: &str, value: &str) -> bool {
        self.evidence_values(member).any(|wanted| wanted == value)
    }

    /// Sets or takes away one wanted value.
    pub fn set_evidence(&mut self, member: &str, value: &str, is_wanted: bool) {
        self.evidence.retain(|(of, known)| of != member || known != value);
        if is_wanted {
            let at = self
                .evidence
                .partition_point(|(of, known)| (of.as_str(), known.as_str()) < (member, value));
            self.evidence.insert(at, (member.to_owned(), value.to_owned()));
        }
    }

    /// How the table of a tab is sorted; none is as it comes.
    #[must_use]
    pub fn sort_of(&self, tab: &str) -> Option<&str> {
        let mut of_tab = self.sorts.iter().filter(|(of, _)| of == tab);
        of_tab.next().map(|(_, sort)| sort.as_str())
    }

    /// Sorts the table of a tab; with none, as it comes.
    pub fn sort_tab(&mut self, tab: &str, sort: Option<&str>) {
        self.sorts.retain(|(of, _)| of != tab);
        if let Some(sort) = sort {
            let at = self.sorts.partition_point(|(of, _)| of.as_str() < tab);
            self.sorts.insert(at, (tab.to_owned(), sort.to_owned()));
        }
    }

    /// Sets the words that the evidence is searched for; nothing but white space is no search.
    pub fn search_evidence(&mut self, text: &str) {
        self.evidence.retain(|(of, _)| of != "evidenceSearch");
        self.set_evidence("evidenceSearch", text, !text.trim().is_empty());
    }

    /// The URL's part after `#/` or `?`; empty for the default.
    #[must_use]
    pub fn to_url(&self) -> String {
        let mut out = self.query.to_url();
        if let Some(columns) = &self.columns {
            let mut text = String::new();
            for column in columns {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(column.info().member);
            }
            push_pair(&mut out, "columns", &text);
        }
        for (name, value) in [
            ("investigation", &self.investigation),
            ("tab", &self.tab),
            ("action", &self.action),
        ] {
            if let Some(value) = value {
                push_pair(&mut out, name, value);
            }
        }
        for (member, value) in &self.evidence {
            push_pair(&mut out, member, value);
        }
        for (tab, sort) in &self.sorts {
            push_pair(&mut out, "tabSort", &[tab, ".", sort].concat());
        }
        out
    }

    /// Reads such a part. What is not understood is left out and named.
    #[must_use]
    pub fn from_url(text: &str) -> (Self, Vec<Problem>) {
        let (query, mut problems, others) = Query::from_url(text);
        let mut place = Self {
            query,
            ..Self::default()
        };
        for (name, value) in others {
            let is_given = !value.is_empty();
            match name.as_str() {
                "action" if is_given => place.action = Some(value),
                "investigation" if is_given => place.investigation = Some(value),
                "tab" if TABS.iter().any(|(word, _)| *word == value) => place.tab = Some(value),
                "tab" if is_given => problems.push(Problem::new(&name, "names no tab of an investigation")),
                "evidenceSearch" => place.search_evidence(&value),
                _ if EVIDENCE_MEMBERS.contains(&name.as_str()) => place.set_evidence(&name, &value, true),
                "tabSort" => match value.split_once('.') {
                    Some((tab, sort)) if sorts_by(tab, sort) => place.sort_tab(tab, Some(sort)),
                    _ => problems.push(Problem::new(&name, "names no tab and column")),
                },
                "action" | "investigation" | "tab" => problems.push(Problem::new(&name, "has no value")),
                "columns" => place.columns = read_columns(&value, place.query.view, &mut problems),
                _ => problems.push(Problem::new(&name, "is not known to this page")),
            }
        }
        if place.investigation.is_none() {
            place.evidence.clear();
            place.sorts.clear();
        }
        (place, problems)
    }
}

/// Whether the table of a tab can be sorted so; each can be as it comes.
fn sorts_by(tab: &str, sort: &str) -> bool {
    let column = sort.strip_prefix('-').unwrap_or(sort);
    let mut tabs = TABS.iter().filter(|(word, _)| *word == tab);
    tabs.any(|(_, columns)| sort.is_empty() || columns.contains(&column))
}

/// Reads members joined by dots; unknown and repeated ones are named and left out. None where nothing is left.
fn read_columns(text: &str, view: View, problems: &mut Vec<Problem>) -> Option<Vec<Column>> {
    let mut columns = Vec::new();
    for member in text.split('.').take(64) {
        match Column::parse(member, view).filter(|column| columns_of(view).0.contains(column)) {
            Some(column) if !columns.contains(&column) => columns.push(column),
            Some(_) => {}
            None => problems.push(Problem::new(
                "columns",
                "names a column that this list does not have",
            )),
        }
    }
    (!columns.is_empty()).then_some(columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, canonical: &str, n_problems: usize) {
        let (place, problems) = Place::from_url(text);
        assert_eq!(place.to_url(), canonical, "{text}");
        assert_eq!(problems.len(), n_problems, "{text}: {problems:?}");
    }

    #[test]
    fn a_place_is_read_and_written() {
        check("", "", 0);
        check("action=a%201&view=history", "view=history&action=a%201", 0);
        check("columns=entity.id", "columns=entity.id", 0);
        check("columns=entity.entity.nothing", "columns=entity", 1);
        check("columns=", "", 1);
        check(
            "investigation=7&tab=evidence&x=1",
            "investigation=7&tab=evidence",
            1,
        );
        check(
            "verdict=malicious&investigation=7&evidenceSearch=a%20b&evidenceSearch=c&remediation=&verdict=malicious&verdict=b",
            "investigation=7&evidenceSearch=c&remediation=&verdict=b&verdict=malicious",
            0,
        );
        check("verdict=malicious&evidenceSearch=%20", "", 0);
        check(
            "tabSort=log.-step&investigation=7&tabSort=alerts.severity&tabSort=pending.&tabSort=log.time&tabSort=x",
            "investigation=7&tabSort=alerts.severity&tabSort=log.time&tabSort=pending.",
            1,
        );
        check("tabSort=log.time", "", 0);
        check("investigation=7&tabSort=log.verdict", "investigation=7", 1);
        check("investigation=7&tabSort=logs.time", "investigation=7", 1);
        check("investigation=7&tabSort=log.--time", "investigation=7", 1);
        check("investigation=7&tab=steps", "investigation=7", 1);
        let (_, problems) = Place::from_url("action=");
        assert_eq!(problems, [Problem::new("action", "has no value")]);
    }

    #[test]
    fn each_table_is_sorted_by_itself() {
        let mut place = Place::default();
        place.sort_tab("log", Some("-time"));
        place.sort_tab("alerts", Some(""));
        place.sort_tab("log", Some("step"));
        assert_eq!(
            (
                place.sort_of("log"),
                place.sort_of("alerts"),
                place.sort_of("assets")
            ),
            (Some("step"), Some(""), None)
        );
        place.sort_tab("alerts", None);
        assert_eq!(place.sorts, [("log".to_owned(), "step".to_owned())]);
    }

    #[test]
    fn evidence_is_narrowed_value_by_value() {
        let mut place = Place::default();
        for (value, is_wanted) in [("b", true), ("a", true), ("b", true), ("c", false), ("a", false)] {
            place.set_evidence("verdict", value, is_wanted);
        }
        place.search_evidence(" x ");
        assert!(place.has_evidence("verdict", "b") && !place.has_evidence("verdict", "a"));
        assert_eq!(
            place.evidence_values("evidenceSearch").collect::<Vec<_>>(),
            [" x "]
        );
        place.search_evidence(" ");
        place.set_evidence("verdict", "b", false);
        assert_eq!(place.evidence, []);
    }

    proptest! {
        #[test]
        fn reading_never_panics_and_settles(text in "([a-z=&.%A-Z0-9]{0,20}|&(verdict|remediation|evidenceType|evidenceSearch|investigation|tabSort)=[a-z%2.-]{0,4}){0,6}") {
            let (place, _problems) = Place::from_url(&text);
            let (again, problems) = Place::from_url(&place.to_url());
            prop_assert_eq!(again, place);
            prop_assert!(problems.is_empty());
        }
    }
}
