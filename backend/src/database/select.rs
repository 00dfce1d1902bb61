//! The one query as SQL: conditions, sort keys, pages behind a key, counts, facet counts. Held against `domain::reference`.

use std::fmt::Write as _;

use action_center_core::domain::column::{Column, Kind};
use action_center_core::domain::facet::Facet;
use action_center_core::domain::fold::fold;
use action_center_core::domain::query::{Query, Sort, View};
use action_center_core::domain::time::Time;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, params_from_iter};

use super::Result;

/// What a row sorts by; none where the member is missing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Key {
    /// A number, time or flag.
    Number(i64),
    /// Folded text; a severity begins with its rank.
    Text(String),
}

/// Behind which row a page begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Behind {
    /// The last row's sort key.
    pub key: Option<Key>,
    /// The last row's id.
    pub id: String,
}

/// A page.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Page {
    /// The contract's JSON of the rows, commas between them.
    pub items: String,
    /// The rows' ids.
    pub ids: Vec<String>,
    /// The last row, where more follow.
    pub next: Option<Behind>,
}

/// A piece of SQL with its values.
#[derive(Default)]
struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn value(&mut self, value: impl Into<Value>) {
        self.values.push(value.into());
        // Writing to a String can't fail.
        let _ = write!(self.text, "?{}", self.values.len());
    }
}

pub(super) fn facet_column(facet: Facet) -> &'static str {
    match facet {
        Facet::Status => "status",
        Facet::ActionType => "type",
        Facet::EntityType => "entity_type",
        Facet::Severity => "severity",
        Facet::Source => "source",
        Facet::DetectionSource => "detection_source",
        Facet::Decision => "decision",
        Facet::DecidedBy => "decided_by",
        Facet::Asset => "asset",
        Facet::Investigation => "investigation_id",
        Facet::Approval => "approval_id",
    }
}

pub(super) fn table(view: View) -> &'static str {
    match view {
        View::Pending | View::History => "action",
        View::Investigations => "investigation",
    }
}

pub(super) fn range_column(view: View) -> &'static str {
    match view {
        View::Pending | View::History => "updated",
        View::Investigations => "started",
    }
}

/// The texts that search looks into.
pub(super) fn searched_columns(view: View) -> &'static [&'static str] {
    match view {
        View::Pending | View::History => &[
            "entity",
            "type",
            "asset",
            "investigation_id",
            "investigation_title",
            "id",
            "approval_id",
            "threat",
            "decided_by",
            "comment",
        ],
        View::Investigations => &["id", "title", "alert_title", "asset_names"],
    }
}

pub(super) fn sort_column(column: Column) -> &'static str {
    match column {
        Column::Created => "created",
        Column::Expires => "expires",
        Column::ActionType => "type",
        Column::Entity => "entity",
        Column::EntityType => "entity_type",
        Column::Asset => "asset",
        Column::Severity => "severity",
        Column::Investigation => "investigation_title",
        Column::Threat => "threat",
        Column::Source => "source",
        Column::Impact => "impact",
        Column::Waiting | Column::Duration => "",
        Column::ApprovalId => "approval_id",
        Column::InvestigationId => "investigation_id",
        Column::Id => "id",
        Column::Updated => "updated",
        Column::Decision => "decision",
        Column::DecidedBy => "decided_by",
        Column::Status => "status",
        Column::Comment => "comment",
        Column::Decided => "decided",
        Column::Started => "started",
        Column::Ended => "ended",
        Column::Reversible => "reversible",
        Column::Title => "title",
        Column::TriggeringAlert => "alert_title",
        Column::DetectionSource => "detection_source",
        Column::Category => "category",
        Column::Assets => "first_asset",
        Column::Threats => "threat_count",
        Column::Actions => "action_count",
        Column::PendingActions => "pending_action_count",
        Column::PendingTime => "pending_seconds",
        Column::Url => "url",
    }
}

/// Pushes the expression of a column's sort key.
fn push_key(sql: &mut Sql, column: Column, now: Time) {
    let name = sort_column(column);
    match column.info().kind {
        Kind::Word | Kind::Name | Kind::Text => {
            sql.push("fold(");
            sql.push(name);
            sql.push(")");
        }
        Kind::Severity => sql.push(
            "CASE severity WHEN 'informational' THEN '0' WHEN 'low' THEN '1' WHEN 'medium' THEN '2' \
             WHEN 'high' THEN '3' ELSE '4' || fold(severity) END",
        ),
        Kind::Span if column == Column::Waiting => {
            sql.push("CASE WHEN is_pending AND decided IS NULL THEN ");
            sql.value(now.0);
            sql.push(" ELSE decided END - created");
        }
        Kind::Span => {
            sql.push("coalesce(ended, ");
            sql.value(now.0);
            sql.push(") - started");
        }
        Kind::Number if column == Column::PendingTime => {
            sql.push("(waited + CASE WHEN waits_since IS NULL THEN 0 ELSE ");
            sql.value(now.0);
            sql.push(" - waits_since END) / 1000000");
        }
        Kind::Time | Kind::Number | Kind::Flag => sql.push(name),
    }
}

/// Pushes the conditions of a query; a facet can be left out, as for its own counts.
fn push_conditions(sql: &mut Sql, query: &Query, left_out: Option<Facet>, now: Time) {
    match query.view {
        View::Pending => sql.push("is_pending = 1"),
        View::History => sql.push("is_pending = 0"),
        View::Investigations => sql.push("1"),
    }
    let (from, to) = query.range.bounds_at(now);
    for (bound, comparison) in [(from, " >= "), (to, " < ")] {
        if let Some(bound) = bound {
            sql.push(" AND ");
            sql.push(range_column(query.view));
            sql.push(comparison);
            sql.value(bound.0);
        }
    }
    for (facet, values) in query.filters() {
        if Some(*facet) == left_out {
            continue;
        }
        let column = facet_column(*facet);
        sql.push(" AND (");
        let mut is_first = true;
        for value in values {
            if !is_first {
                sql.push(" OR ");
            }
            is_first = false;
            sql.push(column);
            sql.push(" = ");
            sql.value(value.clone());
            if value.is_empty() {
                sql.push(" OR ");
                sql.push(column);
                sql.push(" IS NULL");
            }
        }
        sql.push(")");
    }
    if let Some(deadline) = query.deadline {
        sql.push(" AND expires < ");
        sql.value(deadline.before_at(now).0);
    }
    for term in query.search.split_whitespace() {
        let term = fold(term);
        sql.push(" AND (");
        for (index, column) in searched_columns(query.view).iter().enumerate() {
            if index > 0 {
                sql.push(" OR ");
            }
            sql.push("instr(fold(");
            sql.push(column);
            sql.push("), ");
            sql.value(term.clone());
            sql.push(")");
        }
        sql.push(")");
    }
}

/// Pushes what comes behind a row: missing keys are last both ways, ties are by id.
fn push_behind(sql: &mut Sql, sort: Sort, behind: &Behind) {
    match &behind.key {
        None => sql.push(" AND sort_key IS NULL AND id > "),
        Some(key) => {
            let value = || match key {
                Key::Number(number) => Value::Integer(*number),
                Key::Text(text) => Value::Text(text.clone()),
            };
            sql.push(if sort.is_descending {
                " AND (sort_key < "
            } else {
                " AND (sort_key > "
            });
            sql.value(value());
            sql.push(" OR sort_key IS NULL OR sort_key = ");
            sql.value(value());
            sql.push(" AND id > ");
        }
    }
    sql.value(behind.id.clone());
    if behind.key.is_some() {
        sql.push(")");
    }
}

/// A page: at most `limit` rows, in the query's order, behind a row if one is given.
///
/// # Errors
/// Where SQLite fails.
pub fn page(
    connection: &Connection,
    query: &Query,
    behind: Option<&Behind>,
    limit: usize,
    now: Time,
    is_administrator: bool,
) -> Result<Page> {
    let mut sql = Sql::default();
    if query.view.is_of_actions() {
        sql.push("SELECT json, is_guarded, id, ");
    } else {
        sql.push("SELECT json, ");
        push_key(&mut sql, Column::PendingTime, now);
        sql.push(", id, ");
    }
    push_key(&mut sql, query.sort.column, now);
    sql.push(" AS sort_key FROM ");
    sql.push(table(query.view));
    sql.push(" WHERE ");
    push_conditions(&mut sql, query, None, now);
    if let Some(behind) = behind {
        push_behind(&mut sql, query.sort, behind);
    }
    sql.push(if query.sort.is_descending {
        " ORDER BY sort_key DESC NULLS LAST, id LIMIT "
    } else {
        " ORDER BY sort_key NULLS LAST, id LIMIT "
    });
    // One row more than asked for tells whether a page follows.
    sql.value(i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX));
    let mut statement = connection.prepare_cached(&sql.text)?;
    let mut rows = statement.query(params_from_iter(sql.values))?;
    let mut page = Page::default();
    let mut last = None;
    while let Some(row) = rows.next()? {
        if page.ids.len() == limit {
            page.next = last;
            break;
        }
        if !page.items.is_empty() {
            page.items.push(',');
        }
        push_json(&mut page.items, row, query.view, is_administrator)?;
        let id: String = row.get(2)?;
        page.ids.push(id.clone());
        let key = match row.get_ref(3)? {
            ValueRef::Integer(number) => Some(Key::Number(number)),
            ValueRef::Text(text) => Some(Key::Text(String::from_utf8_lossy(text).into_owned())),
            _ => None,
        };
        last = Some(Behind { key, id });
    }
    Ok(page)
}

/// Appends the JSON of rows that an index found, in its order, commas between them. A row that is gone meanwhile is left out.
///
/// # Errors
/// Where SQLite fails.
pub fn push_rows(
    out: &mut String,
    connection: &Connection,
    view: View,
    rows: &[i64],
    now: Time,
    is_administrator: bool,
) -> Result<()> {
    let mut sql = Sql::default();
    sql.value(0);
    sql.text.clear();
    if view.is_of_actions() {
        sql.push("SELECT json, is_guarded FROM action WHERE row = ?1");
    } else {
        sql.push("SELECT json, ");
        push_key(&mut sql, Column::PendingTime, now);
        sql.push(" FROM investigation WHERE row = ?1");
    }
    let mut statement = connection.prepare_cached(&sql.text)?;
    for row in rows {
        sql.values[0] = Value::Integer(*row);
        let mut answer = statement.query(params_from_iter(&sql.values))?;
        if let Some(row) = answer.next()? {
            let separator = if out.ends_with('}') { "," } else { "" };
            out.push_str(separator);
            push_json(out, row, view, is_administrator)?;
        }
    }
    Ok(())
}

/// Appends the JSON of a row whose second column is whether it is guarded, or an investigation's waiting time.
fn push_json(out: &mut String, row: &rusqlite::Row<'_>, view: View, is_administrator: bool) -> Result<()> {
    let json = row.get_ref(0)?.as_str()?;
    if view.is_of_actions() {
        super::rows::push_served(out, json, row.get(1)?, is_administrator);
    } else {
        out.push_str(json.strip_suffix('}').unwrap_or(json));
        let seconds: i64 = row.get(1)?;
        // Writing to a String can't fail.
        let _ = write!(out, ",\"pendingSeconds\":{seconds}}}");
    }
    Ok(())
}

/// How many rows match.
///
/// # Errors
/// Where SQLite fails.
pub fn count(connection: &Connection, query: &Query, now: Time) -> Result<i64> {
    let mut sql = Sql::default();
    sql.push("SELECT count(*) FROM ");
    sql.push(table(query.view));
    sql.push(" WHERE ");
    push_conditions(&mut sql, query, None, now);
    connection
        .prepare_cached(&sql.text)?
        .query_row(params_from_iter(sql.values), |row| row.get(0))
}

/// How many rows have each value of a facet, its own filter left out: the most frequent first, then by code point.
/// A wanted value is listed even where no row has it.
///
/// # Errors
/// Where SQLite fails.
pub fn facet_counts(
    connection: &Connection,
    query: &Query,
    facet: Facet,
    now: Time,
) -> Result<Vec<(String, i64)>> {
    let mut sql = Sql::default();
    sql.push("SELECT coalesce(");
    sql.push(facet_column(facet));
    sql.push(", '') AS value, count(*) AS n FROM ");
    sql.push(table(query.view));
    sql.push(" WHERE ");
    push_conditions(&mut sql, query, Some(facet), now);
    sql.push(" GROUP BY value ORDER BY n DESC, value");
    let mut statement = connection.prepare_cached(&sql.text)?;
    let rows = statement.query_map(params_from_iter(sql.values), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut counts: Vec<(String, i64)> = rows.collect::<Result<_>>()?;
    for value in query.values(facet) {
        if !counts.iter().any(|(counted, _)| counted == value) {
            counts.push((value.clone(), 0));
        }
    }
    Ok(counts)
}
