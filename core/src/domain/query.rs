//! The one query: view, time range, filters, search, sort. It is the page's URL, the request to the API, the evaluation over
//! the store and the backend's SQL. Defaults are omitted, so the default query is an empty string.

use super::column::Column;
use super::facet::Facet;
use super::time::{DAY, MINUTE, Time, push_number};

/// Which list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum View {
    /// Actions that wait for a person.
    #[default]
    Pending,
    /// Every other action.
    History,
    /// Automated investigations.
    Investigations,
}

impl View {
    /// All of them, in the order of the tabs.
    pub const ALL: [Self; 3] = [Self::Pending, Self::History, Self::Investigations];

    /// The word in URL and API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::History => "history",
            Self::Investigations => "investigations",
        }
    }

    /// The view of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.word() == word)
    }

    /// Whether its rows are actions.
    #[must_use]
    pub fn is_of_actions(self) -> bool {
        self != Self::Investigations
    }

    /// The time range before the user chooses one.
    #[must_use]
    pub fn default_range(self) -> Range {
        match self {
            Self::Pending => Range::AllTime,
            Self::History | Self::Investigations => Range::Past30Days,
        }
    }

    /// The order before the user chooses one.
    #[must_use]
    pub fn default_sort(self) -> Sort {
        match self {
            Self::Pending => Sort {
                column: Column::Expires,
                is_descending: false,
            },
            Self::History => Sort {
                column: Column::Updated,
                is_descending: true,
            },
            Self::Investigations => Sort {
                column: Column::Started,
                is_descending: true,
            },
        }
    }

    /// The API's order where no `sort` is sent.
    #[must_use]
    pub fn api_default_sort(self) -> Sort {
        match self {
            Self::Pending | Self::History => Sort {
                column: Column::Updated,
                is_descending: true,
            },
            Self::Investigations => Sort {
                column: Column::Started,
                is_descending: true,
            },
        }
    }
}

/// A time range over `updatedAt` (investigations: `startedAt`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Range {
    /// The last 24 hours.
    PastDay,
    /// The last 7 days.
    PastWeek,
    /// The last 30 days.
    Past30Days,
    /// The last 183 days.
    Past6Months,
    /// No bound.
    AllTime,
    /// At or after `from`, before `to`; either may be open.
    Custom {
        /// At or after.
        from: Option<Time>,
        /// Before.
        to: Option<Time>,
    },
}

impl Range {
    /// The ranges that have a name, in the order in which they are offered.
    pub const NAMED: [Self; 5] = [
        Self::PastDay,
        Self::PastWeek,
        Self::Past30Days,
        Self::Past6Months,
        Self::AllTime,
    ];

    /// The word in the URL; none for a custom range.
    #[must_use]
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::PastDay => Some("day"),
            Self::PastWeek => Some("week"),
            Self::Past30Days => Some("30-days"),
            Self::Past6Months => Some("6-months"),
            Self::AllTime => Some("all"),
            Self::Custom { .. } => None,
        }
    }

    /// The title on screen.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::PastDay => "Past day",
            Self::PastWeek => "Past week",
            Self::Past30Days => "Past 30 days",
            Self::Past6Months => "Past 6 months",
            Self::AllTime => "All time",
            Self::Custom { .. } => "Custom range…",
        }
    }

    /// Its bounds at a moment: at or after the first, before the second.
    #[must_use]
    pub fn bounds_at(self, now: Time) -> (Option<Time>, Option<Time>) {
        let days = match self {
            Self::PastDay => 1,
            Self::PastWeek => 7,
            Self::Past30Days => 30,
            Self::Past6Months => 183,
            Self::AllTime => return (None, None),
            Self::Custom { from, to } => return (from, to),
        };
        (Some(now.plus(-days * DAY)), None)
    }
}

/// An upper bound for `expiresAt`; rows without a deadline never match.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Deadline {
    /// Within so many minutes from now.
    Within(u32),
    /// Before an instant.
    Before(Time),
}

impl Deadline {
    /// The bound at a moment.
    #[must_use]
    pub fn before_at(self, now: Time) -> Time {
        match self {
            Self::Within(minutes) => now.plus(i64::from(minutes) * MINUTE),
            Self::Before(time) => time,
        }
    }
}

/// By which column, and which way. Missing values are last both ways; ties are by `id`, ascending by code point.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Sort {
    /// The column.
    pub column: Column,
    /// From the last to the first.
    pub is_descending: bool,
}

/// What rows are wanted, and in which order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Query {
    /// Which list.
    pub view: View,
    /// When.
    pub range: Range,
    /// Facets with the wanted values, each facet once, in the order of `Facet`, values sorted; never an empty list.
    filters: Vec<(Facet, Vec<String>)>,
    /// Only what expires before this.
    pub deadline: Option<Deadline>,
    /// Search text as typed.
    pub search: String,
    /// The order.
    pub sort: Sort,
}

impl Default for Query {
    fn default() -> Self {
        Self::of(View::default())
    }
}

/// What was wrong with one part of a query's text: the part is left out, the rest holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The parameter at fault.
    pub parameter: String,
    /// What is wrong with it, for people.
    pub detail: String,
}

/// The longest search text that the contract allows, in characters.
pub const MAX_SEARCH_CHARS: usize = 500;

/// The longest time ahead that a deadline can be asked for: a leap year, in minutes.
pub const MAX_WITHIN_MINUTES: u32 = 366 * 1440;

impl Query {
    /// Whether the first rows go by as the newest: by a time, the latest first, or as the view has it by itself.
    #[must_use]
    pub fn is_newest_first(&self) -> bool {
        let is_latest_first =
            self.sort.is_descending && self.sort.column.info().kind == super::column::Kind::Time;
        is_latest_first || self.sort == self.view.default_sort()
    }

    /// A view's default query.
    #[must_use]
    pub fn of(view: View) -> Self {
        Self {
            view,
            range: view.default_range(),
            filters: Vec::new(),
            deadline: None,
            search: String::new(),
            sort: view.default_sort(),
        }
    }

    /// The filters: each facet once, values sorted and never none.
    #[must_use]
    pub fn filters(&self) -> &[(Facet, Vec<String>)] {
        &self.filters
    }

    /// The wanted values of one facet; none means that it does not filter.
    #[must_use]
    pub fn values(&self, facet: Facet) -> &[String] {
        self.filters
            .iter()
            .find(|(of, _)| *of == facet)
            .map_or(&[], |(_, values)| values)
    }

    /// Whether a value is among the wanted ones.
    #[must_use]
    pub fn has(&self, facet: Facet, value: &str) -> bool {
        self.values(facet).iter().any(|wanted| wanted == value)
    }

    /// Sets or takes away one wanted value.
    pub fn set(&mut self, facet: Facet, value: &str, is_wanted: bool) {
        let at = match self.filters.binary_search_by_key(&facet, |(of, _)| *of) {
            Ok(at) => at,
            Err(at) => {
                self.filters.insert(at, (facet, Vec::new()));
                at
            }
        };
        let values = &mut self.filters[at].1;
        match values.binary_search_by(|wanted| wanted.as_str().cmp(value)) {
            Ok(index) if !is_wanted => {
                values.remove(index);
            }
            Err(index) if is_wanted => values.insert(index, value.to_owned()),
            _ => {}
        }
        if values.is_empty() {
            self.filters.remove(at);
        }
    }

    /// Takes away facets, deadline and search; time range and sort stay.
    pub fn clear_filters(&mut self) {
        self.filters.clear();
        self.deadline = None;
        self.search.clear();
    }

    /// How many values (and bounds) filter; the search is not counted.
    #[must_use]
    pub fn n_active(&self) -> usize {
        self.filters.iter().map(|(_, values)| values.len()).sum::<usize>()
            + usize::from(self.deadline.is_some())
    }

    /// Whether anything but view, range and sort narrows the rows.
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        self.n_active() != 0 || self.search.split_whitespace().next().is_some()
    }

    /// The same query with relative range and deadline fixed at a moment, as the API takes it.
    #[must_use]
    pub fn resolved_at(&self, now: Time) -> Self {
        let (from, to) = self.range.bounds_at(now);
        let range = if from.is_none() && to.is_none() {
            Range::AllTime
        } else {
            Range::Custom { from, to }
        };
        Self {
            range,
            deadline: self
                .deadline
                .map(|deadline| Deadline::Before(deadline.before_at(now))),
            ..self.clone()
        }
    }

    /// The window of this query: view and range alone, in the order that the API has by itself.
    #[must_use]
    pub fn window(&self) -> Self {
        Self {
            range: self.range,
            sort: self.view.api_default_sort(),
            ..Self::of(self.view)
        }
    }

    /// The part of the page's URL that says this query; the default query of Pending is the empty string.
    #[must_use]
    pub fn to_url(&self) -> String {
        let mut out = String::new();
        if self.view != View::default() {
            push_pair(&mut out, "view", self.view.word());
        }
        if self.range != self.view.default_range() {
            match self.range {
                Range::Custom { from, to } => push_bounds(&mut out, from, to),
                named => push_pair(&mut out, "range", named.word().unwrap_or_default()),
            }
        }
        self.push_filters(&mut out, "q");
        match self.deadline {
            Some(Deadline::Within(minutes)) => {
                let mut text = String::new();
                push_number(&mut text, i64::from(minutes));
                push_pair(&mut out, "expiresWithin", &text);
            }
            Some(Deadline::Before(time)) => push_pair(&mut out, "expiresBefore", &time.to_rfc3339()),
            None => {}
        }
        if self.sort != self.view.default_sort() {
            push_pair(&mut out, "sort", &self.sort.to_text());
        }
        out
    }

    /// The parameters of a request to `/actions` (with `view`) or `/investigations`, bounds fixed at `now`.
    #[must_use]
    pub fn to_api(&self, now: Time) -> String {
        let mut out = String::new();
        if self.view.is_of_actions() {
            push_pair(&mut out, "view", self.view.word());
        }
        let (from, to) = self.range.bounds_at(now);
        push_bounds(&mut out, from, to);
        self.push_filters(&mut out, "q");
        if let Some(deadline) = self.deadline {
            push_pair(&mut out, "expiresBefore", &deadline.before_at(now).to_rfc3339());
        }
        if self.sort != self.view.api_default_sort() {
            push_pair(&mut out, "sort", &self.sort.to_text());
        }
        out
    }

    fn push_filters(&self, out: &mut String, search: &str) {
        for (facet, values) in &self.filters {
            for value in values {
                push_pair(out, facet.parameter(), value);
            }
        }
        if !self.search.is_empty() {
            push_pair(out, search, &self.search);
        }
    }

    /// Reads the page's URL: the query that was understood, the problems with what was not, and the pairs that belong to others.
    #[must_use]
    pub fn from_url(text: &str) -> (Self, Vec<Problem>, Vec<(String, String)>) {
        let pairs = pairs(text);
        let mut problems = Vec::new();
        let mut others = Vec::new();
        let mut view = View::default();
        for (_, value) in pairs.iter().filter(|(name, _)| name == "view") {
            match View::parse(value) {
                Some(known) => view = known,
                None => problem(&mut problems, "view", value, "is no view"),
            }
        }
        let mut query = Self::of(view);
        for (name, value) in pairs {
            if name == "view" {
                continue;
            }
            if name == "range" {
                match Range::NAMED
                    .into_iter()
                    .find(|range| range.word() == Some(&value))
                {
                    Some(range) => query.range = range,
                    None => problem(&mut problems, &name, &value, "is no time range"),
                }
            } else if name == "expiresWithin" && view.is_of_actions() {
                match value
                    .parse()
                    .ok()
                    .filter(|minutes| *minutes <= MAX_WITHIN_MINUTES)
                {
                    Some(minutes) => query.deadline = Some(Deadline::Within(minutes)),
                    None => problem(
                        &mut problems,
                        &name,
                        &value,
                        "is no number of minutes within a year",
                    ),
                }
            } else if let Err(unread) = query.read_pair(&name, &value) {
                match unread {
                    Unread::Problem(detail) => problem(&mut problems, &name, &value, detail),
                    Unread::Unknown => others.push((name, value)),
                }
            }
        }
        (query, problems, others)
    }

    /// Reads the parameters of a request, as a backend does: the first problem is the answer (400, `bad-query`).
    /// Pairs that are no part of the query (`limit`, `cursor`, `facets` …) come back beside it.
    ///
    /// # Errors
    /// The parameter at fault and what is wrong with it.
    pub fn from_api(text: &str, is_of_actions: bool) -> Result<(Self, Vec<(String, String)>), Problem> {
        let pairs = pairs(text);
        let mut view = if is_of_actions {
            None
        } else {
            Some(View::Investigations)
        };
        let mut others = Vec::new();
        if is_of_actions {
            for (_, value) in pairs.iter().filter(|(name, _)| name == "view") {
                match View::parse(value).filter(|known| known.is_of_actions()) {
                    Some(known) if view.is_none_or(|before| before == known) => view = Some(known),
                    Some(_) => return Err(Problem::new("view", "is given twice")),
                    None => return Err(Problem::new("view", "is neither pending nor history")),
                }
            }
        }
        let Some(view) = view else {
            return Err(Problem::new("view", "is required: pending or history"));
        };
        let mut query = Self {
            range: Range::AllTime,
            sort: view.api_default_sort(),
            ..Self::of(view)
        };
        for (name, value) in pairs {
            if is_of_actions && name == "view" {
                continue;
            }
            match query.read_pair(&name, &value) {
                Ok(()) => {}
                Err(Unread::Problem(detail)) => return Err(Problem::new(&name, detail)),
                Err(Unread::Unknown) => others.push((name, value)),
            }
        }
        Ok((query, others))
    }

    /// Reads a pair that URL and API share.
    fn read_pair(&mut self, name: &str, value: &str) -> Result<(), Unread> {
        match name {
            "from" | "to" => {
                let Some(time) = Time::parse(value) else {
                    return Err(Unread::Problem("is no time"));
                };
                let (mut from, mut to) = match self.range {
                    Range::Custom { from, to } => (from, to),
                    _ => (None, None),
                };
                if name == "from" {
                    from = Some(time);
                } else {
                    to = Some(time);
                }
                self.range = Range::Custom { from, to };
            }
            "expiresBefore" if self.view.is_of_actions() => {
                let Some(time) = Time::parse(value) else {
                    return Err(Unread::Problem("is no time"));
                };
                self.deadline = Some(Deadline::Before(time));
            }
            "q" => {
                if value.chars().count() > MAX_SEARCH_CHARS {
                    return Err(Unread::Problem("is longer than 500 characters"));
                }
                value.clone_into(&mut self.search);
            }
            "sort" => match Sort::parse(value, self.view) {
                Some(sort) => self.sort = sort,
                None => return Err(Unread::Problem("is nothing to sort by")),
            },
            _ => match Facet::parse(name).filter(|facet| facet.is_in(self.view)) {
                Some(facet) => self.set(facet, value, true),
                None => return Err(Unread::Unknown),
            },
        }
        Ok(())
    }
}

enum Unread {
    Problem(&'static str),
    Unknown,
}

impl Problem {
    /// A problem with a parameter.
    #[must_use]
    pub fn new(parameter: &str, detail: &str) -> Self {
        Self {
            parameter: parameter.to_owned(),
            detail: detail.to_owned(),
        }
    }
}

fn problem(problems: &mut Vec<Problem>, parameter: &str, value: &str, what: &str) {
    let mut detail = String::from("“");
    detail.extend(value.chars().take(60));
    detail.push_str("” ");
    detail.push_str(what);
    problems.push(Problem {
        parameter: parameter.to_owned(),
        detail,
    });
}

impl Sort {
    /// The member, with `-` before it for descending.
    #[must_use]
    pub fn to_text(self) -> String {
        let mut text = String::new();
        if self.is_descending {
            text.push('-');
        }
        text.push_str(self.column.info().member);
        text
    }

    /// Reads what `to_text` writes, for a view.
    #[must_use]
    pub fn parse(text: &str, view: View) -> Option<Self> {
        let (is_descending, member) = match text.strip_prefix('-') {
            Some(member) => (true, member),
            None => (false, text),
        };
        Column::parse(member, view).map(|column| Self {
            column,
            is_descending,
        })
    }
}

fn push_bounds(out: &mut String, from: Option<Time>, to: Option<Time>) {
    if let Some(from) = from {
        push_pair(out, "from", &from.to_rfc3339());
    }
    if let Some(to) = to {
        push_pair(out, "to", &to.to_rfc3339());
    }
}

/// Appends `name=value` to a query string, `&` before it where it is not the first, the value percent-encoded.
/// `/`, `:` and `@` stay as they are (RFC 3986, 3.4); a space is `%20`, never `+`.
pub fn push_pair(out: &mut String, name: &str, value: &str) {
    if !out.is_empty() {
        out.push('&');
    }
    push_encoded(out, name);
    out.push('=');
    push_encoded(out, value);
}

/// Appends a text percent-encoded for a query or one path segment.
pub fn push_encoded(out: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

/// Splits a query string into decoded pairs: `+` and `%20` are spaces; a broken escape stays as it is; bytes that are
/// no UTF-8 become U+FFFD.
#[must_use]
pub fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if byte == b'%' {
            let digit = |index: usize| bytes.get(index).and_then(|digit| char::from(*digit).to_digit(16));
            if let (Some(high), Some(low)) = (digit(at), digit(at + 1)) {
                out.push((high * 16 + low) as u8);
                at += 2;
                continue;
            }
        }
        out.push(if byte == b'+' { b' ' } else { byte });
    }
    match String::from_utf8(out) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check_url(text: &str, canonical: &str, n_problems: usize) {
        let (query, problems, _others) = Query::from_url(text);
        assert_eq!(query.to_url(), canonical, "{text}");
        assert_eq!(problems.len(), n_problems, "{text}: {problems:?}");
    }

    #[test]
    fn defaults_are_omitted_and_the_order_is_canonical() {
        check_url("", "", 0);
        check_url("view=pending&range=all&sort=expiresAt", "", 0);
        check_url("view=history&range=30-days&sort=-updatedAt", "view=history", 0);
        check_url(
            "sort=-asset&severity=low&severity=high&status=",
            "status=&severity=high&severity=low&sort=-asset",
            0,
        );
        check_url(
            "q=a+b%20c&expiresWithin=1440",
            "q=a%20b%20c&expiresWithin=1440",
            0,
        );
        check_url("from=2026-11-01T02:00:00%2B02:00", "from=2026-11-01T00:00:00Z", 0);
    }

    #[test]
    fn nonsense_is_dropped_and_named_and_the_rest_holds() {
        check_url(
            "view=nowhere&severity=high&sort=version&from=x&range=year&expiresWithin=-1",
            "severity=high",
            5,
        );
        check_url(
            "view=investigations&expiresBefore=2026-01-01&severity=low",
            "view=investigations&severity=low",
            0,
        );
        check_url("&&=&%&a=%zz", "", 0);
    }

    #[test]
    fn what_is_no_part_of_the_query_is_handed_back() {
        let (_query, _problems, others) = Query::from_url("action=a%2F1&columns=id&q=x");
        assert_eq!(
            others,
            [
                ("action".to_owned(), "a/1".to_owned()),
                ("columns".to_owned(), "id".to_owned())
            ]
        );
    }

    #[test]
    fn the_api_names_the_parameter_at_fault() {
        for (text, expected) in [
            ("", "view"),
            ("view=investigations", "view"),
            ("view=pending&from=yesterday", "from"),
            ("view=pending&sort=version", "sort"),
            ("view=pending&expiresBefore=", "expiresBefore"),
        ] {
            assert_eq!(
                Query::from_api(text, true).map_err(|problem| problem.parameter),
                Err(expected.to_owned())
            );
        }
    }

    pub(super) fn any_query() -> impl Strategy<Value = Query> {
        let value = prop_oneof![Just(String::new()), "[a-zA-Z0-9 &=+%#äß\u{202e}]{0,8}"];
        (
            0_usize..3,
            prop_oneof![
                (0_usize..5).prop_map(Ok),
                (any::<Option<i32>>(), any::<Option<i32>>()).prop_map(Err)
            ],
            proptest::collection::vec((0_usize..Facet::ALL.len(), value), 0..6),
            proptest::option::of(prop_oneof![
                (0..=MAX_WITHIN_MINUTES).prop_map(Deadline::Within),
                any::<i32>().prop_map(|seconds| Deadline::Before(Time(i64::from(seconds) * 1_000_000)))
            ]),
            "[a-z \u{e4}&+%]{0,12}",
            (0_usize..super::super::column::COLUMNS.len(), any::<bool>()),
        )
            .prop_map(
                |(view, range, filters, deadline, search, (column, is_descending))| {
                    let view = View::ALL[view];
                    let mut query = Query::of(view);
                    query.range = match range {
                        Ok(named) => Range::NAMED[named],
                        Err((None, None)) => Range::AllTime,
                        Err((from, to)) => {
                            let time = |seconds: i32| Time(i64::from(seconds) * 1_000_000);
                            Range::Custom {
                                from: from.map(time),
                                to: to.map(time),
                            }
                        }
                    };
                    for (facet, value) in filters {
                        if Facet::ALL[facet].is_in(view) {
                            query.set(Facet::ALL[facet], &value, true);
                        }
                    }
                    query.deadline = deadline.filter(|_| view.is_of_actions());
                    query.search = search;
                    let column = super::super::column::COLUMNS[column].column;
                    if column.sorts_in(view) {
                        query.sort = Sort {
                            column,
                            is_descending,
                        };
                    }
                    query
                },
            )
    }

    proptest! {
        #[test]
        fn the_url_round_trips(query in any_query()) {
            let (read, problems, others) = Query::from_url(&query.to_url());
            prop_assert_eq!(read, query);
            prop_assert!(problems.is_empty() && others.is_empty());
        }

        #[test]
        fn the_api_round_trips(query in any_query(), now in 0_i64..2_000_000_000) {
            let now = Time(now * 1_000_000);
            let (read, others) = Query::from_api(&query.to_api(now), query.view.is_of_actions()).unwrap();
            prop_assert_eq!(read, query.resolved_at(now));
            prop_assert!(others.is_empty());
        }

        #[test]
        fn reading_never_panics(text in ".{0,80}") {
            let (query, _problems, _others) = Query::from_url(&text);
            let (again, problems, _others) = Query::from_url(&query.to_url());
            prop_assert_eq!(again, query);
            prop_assert!(problems.is_empty());
            let _api = Query::from_api(&text, true);
        }
    }
}
