//! What rows are filtered, searched and sorted by, in memory: codes and orders for tables that are too large to be scanned for every
//! page. It answers what `select` answers, in a hundredth of the time; the rows themselves stay in SQLite.
//!
//! An order of all rows is made once by column. Rows that changed since, and rows whose key moves with the clock, are sorted when
//! asked for and merged in. Lock a connection before the index, never after it.

use std::cmp::Ordering;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use action_center_core::domain::column::{Column, Kind};
use action_center_core::domain::facet::Facet;
use action_center_core::domain::fold::fold;
use action_center_core::domain::query::{Query, View};
use action_center_core::domain::time::{SECOND, Time};
use memchr::memmem;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::Result;
use super::select::{Behind, Key, facet_column, range_column, searched_columns, sort_column, table};
use crate::cursor::fingerprint;

/// A missing number. No time or count of the contract is as small.
const NONE: i64 = i64::MIN;
/// A missing text's code.
const NO_CODE: u32 = u32::MAX;
/// Answers to filters that are kept.
const MAX_KEPT: usize = 64;

const ACTION_NUMBERS: &[&str] = &[
    "created",
    "updated",
    "decided",
    "started",
    "ended",
    "expires",
    "impact",
    "reversible",
];
const ACTION_TEXTS: &[&str] = &["id", "entity", "investigation_title", "threat", "comment"];
const ACTION_FACETS: &[Facet] = &[
    Facet::Status,
    Facet::ActionType,
    Facet::EntityType,
    Facet::Severity,
    Facet::Source,
    Facet::Decision,
    Facet::DecidedBy,
    Facet::Asset,
    Facet::Investigation,
    Facet::Approval,
];
const INVESTIGATION_NUMBERS: &[&str] = &[
    "started",
    "updated",
    "ended",
    "threat_count",
    "action_count",
    "pending_action_count",
    "waited",
    "waits_since",
];
const INVESTIGATION_TEXTS: &[&str] = &[
    "id",
    "title",
    "category",
    "alert_title",
    "first_asset",
    "url",
    "asset_names",
];
const INVESTIGATION_FACETS: &[Facet] = &[Facet::Status, Facet::Severity, Facet::DetectionSource];

/// A set of rows.
type Bits = Vec<u64>;

fn has(bits: &[u64], row: u32) -> bool {
    bits.get(row as usize / 64)
        .is_some_and(|word| word >> (row % 64) & 1 == 1)
}

fn set(bits: &mut Bits, row: u32) {
    let at = row as usize / 64;
    if bits.len() <= at {
        bits.resize(at + 1, 0);
    }
    bits[at] |= 1 << (row % 64);
}

/// Texts by code, in one piece of memory, a line break behind each.
#[derive(Default)]
struct Dictionary {
    arena: String,
    ends: Vec<usize>,
    codes: HashMap<u64, u32>,
    hasher: RandomState,
}

impl Dictionary {
    fn text(&self, code: u32) -> &str {
        let code = code as usize;
        let start = code.checked_sub(1).map_or(0, |before| self.ends[before] + 1);
        &self.arena[start..self.ends[code]]
    }

    fn find(&self, text: &str) -> Option<u32> {
        let code = *self.codes.get(&self.hasher.hash_one(text))?;
        (self.text(code) == text).then_some(code)
    }

    fn code(&mut self, text: &str) -> u32 {
        if let Some(code) = self.find(text) {
            return code;
        }
        let code = self.ends.len() as u32;
        self.arena.push_str(text);
        self.ends.push(self.arena.len());
        self.arena.push('\n');
        self.codes.insert(self.hasher.hash_one(text), code);
        code
    }

    /// The codes of texts that hold a term. A term holds no white space, so no match spans two texts.
    fn holding(&self, term: &str) -> Vec<bool> {
        let mut holding = vec![false; self.ends.len()];
        let finder = memmem::Finder::new(term);
        let (mut from, mut code) = (0, 0);
        while let Some(at) = finder.find(&self.arena.as_bytes()[from..]) {
            let at = from + at;
            // The next match is often near: look with growing steps before searching all that is left.
            let mut width = 1;
            while self.ends.get(code + width).is_some_and(|end| *end < at) {
                code += width;
                width *= 2;
            }
            let until = (code + width + 1).min(self.ends.len());
            code += self.ends[code..until].partition_point(|end| *end < at);
            holding[code] = true;
            from = self.ends[code] + 1;
            code += 1;
        }
        holding
    }
}

/// A column of texts.
#[derive(Default)]
struct Texts {
    dictionary: Dictionary,
    /// By row; `NO_CODE` is missing.
    codes: Vec<u32>,
}

/// A column that is filtered and counted by: values as they are, and folded for sorting and search.
#[derive(Default)]
struct Values {
    raw: Texts,
    folded: Dictionary,
    /// Of each raw code: the folded text's code.
    folded_codes: Vec<u32>,
}

/// All rows in the order of one column, ascending, missing ones last, ties by id.
struct Order {
    rows: Vec<u32>,
    /// Rows with a key; those behind have none.
    n_keyed: usize,
    /// The places at which another key begins.
    starts: Bits,
}

/// What matches a filter.
struct Matched {
    bits: Bits,
    n_rows: usize,
}

/// A sort key that borrows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Borrowed<'a> {
    Number(i64),
    /// A severity's rank stands before the text of an unknown one.
    Text(u8, &'a str),
}

/// A page of an index.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Page {
    /// SQLite's row numbers.
    pub rows: Vec<i64>,
    /// The last row, where more follow.
    pub next: Option<Behind>,
}

/// The index of one table.
pub struct Index {
    is_of_actions: bool,
    numbers: Vec<(&'static str, Vec<i64>)>,
    texts: Vec<(&'static str, Texts)>,
    facets: Vec<(Facet, Values)>,
    is_pending: Vec<bool>,
    /// Rows whose key in a column moves with the clock.
    moving: [(Column, Bits); 3],
    /// Ids as they are; `texts` has them folded.
    ids: Vec<Box<str>>,
    /// SQLite's row numbers by row, and the other way.
    keys: Vec<i64>,
    rows: HashMap<i64, u32>,
    by_id: OnceLock<Vec<u32>>,
    orders: Vec<(Column, OnceLock<Order>)>,
    /// Rows that changed since the orders were made. Beyond `max_dirty` they are merged into them.
    dirty: Bits,
    dirty_rows: Vec<u32>,
    max_dirty: usize,
    /// So many matching rows are sorted for each page rather than walked to.
    max_sorted: usize,
    matched: Mutex<VecDeque<(u64, Arc<Matched>)>>,
}

impl Index {
    /// Reads a table: of actions or of investigations.
    ///
    /// # Errors
    /// Where SQLite fails.
    pub fn load(connection: &Connection, is_of_actions: bool, max_dirty: usize) -> Result<Self> {
        let (numbers, texts, facets) = if is_of_actions {
            (ACTION_NUMBERS, ACTION_TEXTS, ACTION_FACETS)
        } else {
            (INVESTIGATION_NUMBERS, INVESTIGATION_TEXTS, INVESTIGATION_FACETS)
        };
        let view = if is_of_actions {
            View::History
        } else {
            View::Investigations
        };
        let mut index = Self {
            is_of_actions,
            numbers: numbers.iter().map(|name| (*name, Vec::new())).collect(),
            texts: texts.iter().map(|name| (*name, Texts::default())).collect(),
            facets: facets.iter().map(|facet| (*facet, Values::default())).collect(),
            is_pending: Vec::new(),
            moving: [Column::Waiting, Column::Duration, Column::PendingTime]
                .map(|column| (column, Bits::new())),
            ids: Vec::new(),
            keys: Vec::new(),
            rows: HashMap::new(),
            by_id: OnceLock::new(),
            orders: action_center_core::domain::column::COLUMNS
                .iter()
                .filter(|info| info.column.sorts_in(view))
                .map(|info| (info.column, OnceLock::new()))
                .collect(),
            dirty: Bits::new(),
            dirty_rows: Vec::new(),
            max_dirty,
            max_sorted: max_dirty.saturating_mul(8),
            matched: Mutex::default(),
        };
        let mut statement = connection.prepare(&index.select(""))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            index.put(row)?;
        }
        drop(rows);
        index.dirty.clear();
        index.dirty_rows.clear();
        Ok(index)
    }

    fn select(&self, condition: &str) -> String {
        let mut sql = String::from("SELECT row, id, ");
        sql.push_str(if self.is_of_actions { "is_pending" } else { "0" });
        for (name, _) in &self.numbers {
            sql.push_str(", ");
            sql.push_str(name);
        }
        for (name, _) in &self.texts {
            sql.push_str(", ");
            sql.push_str(name);
        }
        for (facet, _) in &self.facets {
            sql.push_str(", ");
            sql.push_str(facet_column(*facet));
        }
        sql.push_str(" FROM ");
        sql.push_str(table(self.view()));
        sql.push_str(condition);
        sql
    }

    fn view(&self) -> View {
        if self.is_of_actions {
            View::History
        } else {
            View::Investigations
        }
    }

    /// Takes a row, new or changed.
    fn put(&mut self, row: &Row<'_>) -> Result<()> {
        let key: i64 = row.get(0)?;
        let at = match self.rows.get(&key) {
            Some(at) => *at as usize,
            None => {
                let at = self.keys.len();
                self.keys.push(key);
                self.rows.insert(key, at as u32);
                self.ids.push(row.get_ref(1)?.as_str()?.into());
                self.is_pending.push(false);
                at
            }
        };
        self.is_pending[at] = row.get(2)?;
        let mut column = 3;
        for (_, numbers) in &mut self.numbers {
            put_at(
                numbers,
                at,
                row.get::<_, Option<i64>>(column)?.unwrap_or(NONE),
                NONE,
            );
            column += 1;
        }
        for (_, texts) in &mut self.texts {
            let code = match row.get_ref(column)? {
                ValueRef::Text(text) => texts.dictionary.code(&fold(&String::from_utf8_lossy(text))),
                _ => NO_CODE,
            };
            put_at(&mut texts.codes, at, code, NO_CODE);
            column += 1;
        }
        for (_, values) in &mut self.facets {
            let code = match row.get_ref(column)? {
                ValueRef::Text(text) => values.code(&String::from_utf8_lossy(text)),
                _ => NO_CODE,
            };
            put_at(&mut values.raw.codes, at, code, NO_CODE);
            column += 1;
        }
        let at = at as u32;
        let is_missing = |name: &str| self.number(name, at).is_none();
        let moves = [
            self.is_of_actions && self.is_pending[at as usize] && is_missing("decided"),
            !self.is_of_actions && is_missing("ended"),
            !self.is_of_actions && !is_missing("waits_since"),
        ];
        for ((_, bits), moves) in self.moving.iter_mut().zip(moves) {
            set(bits, at);
            if !moves {
                bits[at as usize / 64] &= !(1 << (at % 64));
            }
        }
        if !has(&self.dirty, at) {
            set(&mut self.dirty, at);
            self.dirty_rows.push(at);
        }
        Ok(())
    }

    /// Reads rows again that SQLite has changed or added, by its row numbers.
    ///
    /// # Errors
    /// Where SQLite fails.
    pub fn update(&mut self, connection: &Connection, changed: &[i64]) -> Result<()> {
        let sql = self.select(" WHERE row = ?1");
        let mut statement = connection.prepare_cached(&sql)?;
        for key in changed {
            let mut rows = statement.query([key])?;
            if let Some(row) = rows.next()? {
                self.put(row)?;
            }
        }
        drop(statement);
        self.matched
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        if self.dirty_rows.len() > self.max_dirty {
            self.settle();
        }
        Ok(())
    }

    /// Merges changed rows into every order that was made.
    fn settle(&mut self) {
        let mut dirty = std::mem::take(&mut self.dirty_rows);
        let bits = std::mem::take(&mut self.dirty);
        dirty.sort_unstable_by(|left, right| self.ids[*left as usize].cmp(&self.ids[*right as usize]));
        let mut orders = std::mem::take(&mut self.orders);
        for (column, slot) in &mut orders {
            let Some(order) = slot.take() else { continue };
            let key = |row: u32| self.fixed_key(*column, row);
            let compare = |left: u32, right: u32| {
                let by_key = compare_keys(key(left), key(right), false);
                by_key.then_with(|| self.ids[left as usize].cmp(&self.ids[right as usize]))
            };
            dirty.sort_unstable_by(|left, right| compare(*left, *right));
            let mut group = 0_u32;
            let mut clean = order
                .rows
                .iter()
                .enumerate()
                .map(|(at, row)| {
                    group += u32::from(at == order.n_keyed || has(&order.starts, at as u32));
                    (*row, group)
                })
                .filter(|(row, _)| !has(&bits, *row))
                .peekable();
            // Rows with the number of the group that they were in; newcomers are in none.
            let mut merged: Vec<(u32, u32)> = Vec::with_capacity(self.ids.len());
            for row in &dirty {
                // A binary search would do with fewer comparisons, but every row is moved anyway.
                while let Some(before) = clean.next_if(|(other, _)| compare(*other, *row).is_lt()) {
                    merged.push(before);
                }
                merged.push((*row, u32::MAX));
            }
            merged.extend(clean);
            let n_keyed = merged.partition_point(|(row, _)| key(*row).is_some());
            let mut starts = Bits::new();
            for at in 0..n_keyed {
                let is_start = at == 0 || {
                    let ((before, before_group), (row, group)) = (merged[at - 1], merged[at]);
                    let is_known = group != u32::MAX && before_group != u32::MAX;
                    if is_known {
                        group != before_group
                    } else {
                        key(before) != key(row)
                    }
                };
                if is_start {
                    set(&mut starts, at as u32);
                }
            }
            *slot = OnceLock::from(Order {
                rows: merged.into_iter().map(|(row, _)| row).collect(),
                n_keyed,
                starts,
            });
        }
        self.orders = orders;
        self.by_id = OnceLock::new();
    }

    /// Makes the order of every column, so that no request waits for one.
    pub fn warm(&self) {
        for (column, _) in &self.orders {
            let _order = self.order(*column);
        }
    }

    fn number(&self, name: &str, row: u32) -> Option<i64> {
        let (_, numbers) = self.numbers.iter().find(|(of, _)| *of == name)?;
        numbers
            .get(row as usize)
            .copied()
            .filter(|number| *number != NONE)
    }

    /// The key of a column that does not move with the clock.
    fn fixed_key(&self, column: Column, row: u32) -> Option<Borrowed<'_>> {
        let name = sort_column(column);
        match column.info().kind {
            Kind::Word | Kind::Name | Kind::Text | Kind::Severity => {
                if let Some((_, texts)) = self.texts.iter().find(|(of, _)| *of == name) {
                    let code = texts.codes[row as usize];
                    return (code != NO_CODE).then(|| Borrowed::Text(0, texts.dictionary.text(code)));
                }
                let (facet, values) = self.facets.iter().find(|(of, _)| facet_column(*of) == name)?;
                let code = values.raw.codes[row as usize];
                if code == NO_CODE {
                    return None;
                }
                if *facet == Facet::Severity {
                    return Some(severity(
                        values.raw.dictionary.text(code),
                        values.folded.text(values.folded_codes[code as usize]),
                    ));
                }
                Some(Borrowed::Text(
                    0,
                    values.folded.text(values.folded_codes[code as usize]),
                ))
            }
            Kind::Span if column == Column::Waiting => {
                let decided = self.number("decided", row)?;
                Some(Borrowed::Number(
                    decided.saturating_sub(self.number("created", row)?),
                ))
            }
            Kind::Span => {
                let ended = self.number("ended", row)?;
                Some(Borrowed::Number(
                    ended.saturating_sub(self.number("started", row)?),
                ))
            }
            Kind::Number if column == Column::PendingTime => {
                Some(Borrowed::Number(self.number("waited", row)? / SECOND))
            }
            Kind::Time | Kind::Number | Kind::Flag => self.number(name, row).map(Borrowed::Number),
        }
    }

    /// The rows whose key in a column moves with the clock.
    fn moving(&self, column: Column) -> &[u64] {
        let found = self.moving.iter().find(|(of, _)| *of == column);
        found.map_or(&[], |(_, bits)| bits.as_slice())
    }

    /// The key at a moment.
    fn key(&self, column: Column, row: u32, now: Time) -> Option<Borrowed<'_>> {
        if !has(self.moving(column), row) {
            return self.fixed_key(column, row);
        }
        let since = |name: &str| self.number(name, row).map(|from| now.0.saturating_sub(from));
        match column {
            Column::Waiting => since("created"),
            Column::Duration => since("started"),
            _ => {
                let waited = self.number("waited", row).unwrap_or(0);
                since("waits_since").map(|running| waited.saturating_add(running) / SECOND)
            }
        }
        .map(Borrowed::Number)
    }

    fn order(&self, column: Column) -> Option<&Order> {
        let (_, slot) = self.orders.iter().find(|(of, _)| *of == column)?;
        Some(slot.get_or_init(|| self.make_order(column)))
    }

    fn make_order(&self, column: Column) -> Order {
        let by_id = self.by_id.get_or_init(|| {
            let mut rows: Vec<u32> = (0..self.ids.len() as u32).collect();
            rows.sort_unstable_by(|left, right| self.ids[*left as usize].cmp(&self.ids[*right as usize]));
            rows
        });
        // Ranks of keys, so that rows are sorted by numbers: the sort is stable, and ties stay by id.
        let ranks: Box<dyn Fn(u32) -> i64 + '_> = match self.codes_of(column) {
            Some(codes) => {
                let ranks = self.ranks(column, codes);
                Box::new(move |row| match codes[row as usize] {
                    NO_CODE => i64::MAX,
                    code => i64::from(ranks[code as usize]),
                })
            }
            None => Box::new(move |row| match self.fixed_key(column, row) {
                Some(Borrowed::Number(number)) => number,
                _ => i64::MAX,
            }),
        };
        let mut keyed: Vec<(i64, u32)> = by_id.iter().map(|row| (ranks(*row), *row)).collect();
        keyed.sort_by_key(|(rank, _)| *rank);
        let n_keyed = keyed.partition_point(|(_, row)| self.fixed_key(column, *row).is_some());
        let mut starts = Bits::new();
        for at in 0..n_keyed {
            if at == 0 || keyed[at - 1].0 != keyed[at].0 {
                set(&mut starts, at as u32);
            }
        }
        Order {
            rows: keyed.into_iter().map(|(_, row)| row).collect(),
            n_keyed,
            starts,
        }
    }

    fn codes_of(&self, column: Column) -> Option<&[u32]> {
        let name = sort_column(column);
        let texts = self.texts.iter().find(|(of, _)| *of == name);
        texts.map(|(_, texts)| texts.codes.as_slice()).or_else(|| {
            let (_, values) = self.facets.iter().find(|(of, _)| facet_column(*of) == name)?;
            Some(values.raw.codes.as_slice())
        })
    }

    /// Of each code that occurs: its place among the keys; equal keys have the same.
    fn ranks(&self, column: Column, codes: &[u32]) -> Vec<u32> {
        let n_codes = codes
            .iter()
            .filter(|code| **code != NO_CODE)
            .max()
            .map_or(0, |code| code + 1);
        let mut example = vec![NO_CODE; n_codes as usize];
        for (row, code) in codes.iter().enumerate() {
            if *code != NO_CODE {
                example[*code as usize] = row as u32;
            }
        }
        let mut sorted: Vec<(Option<Borrowed<'_>>, u32)> = (0..n_codes)
            .filter(|code| example[*code as usize] != NO_CODE)
            .map(|code| (self.fixed_key(column, example[code as usize]), code))
            .collect();
        sorted.sort_unstable();
        let mut ranks = vec![0; n_codes as usize];
        let mut rank = 0;
        for (at, (key, code)) in sorted.iter().enumerate() {
            if at > 0 && sorted[at - 1].0 != *key {
                rank += 1;
            }
            ranks[*code as usize] = rank;
        }
        ranks
    }

    /// A page: at most `limit` rows, in the query's order, behind a row if one is given.
    #[must_use]
    pub fn page(&self, query: &Query, behind: Option<&Behind>, limit: usize, now: Time) -> Page {
        let sort = query.sort;
        let Some(order) = self.order(sort.column) else {
            return Page::default();
        };
        let matched = self.matched(query, None, now);
        let start = behind.map(|behind| {
            (
                behind.key.as_ref().map(|key| borrowed(key, sort.column)),
                behind.id.as_str(),
            )
        });
        let standing = |row: u32| (self.key(sort.column, row, now), &*self.ids[row as usize]);
        let compare = |left: &(Option<Borrowed<'_>>, &str), right: &(Option<Borrowed<'_>>, &str)| {
            compare_keys(left.0, right.0, sort.is_descending).then_with(|| left.1.cmp(right.1))
        };
        let moving = self.moving(sort.column);
        // Few rows are sorted at once; of many, only those that the order does not hold at their place.
        let walks = matched.n_rows > self.max_sorted;
        let is_apart = |row: u32| !walks || has(&self.dirty, row) || has(moving, row);
        let apart: Vec<u32> = if walks && moving.is_empty() {
            let dirty = self.dirty_rows.iter().copied();
            dirty.filter(|row| has(&matched.bits, *row)).collect()
        } else {
            each(&matched.bits).filter(|row| is_apart(*row)).collect()
        };
        let mut apart: Vec<_> = apart
            .into_iter()
            .map(|row| (standing(row), row))
            .filter(|(stands, _)| start.is_none_or(|start| compare(stands, &start).is_gt()))
            .collect();
        if apart.len() > limit + 1 {
            apart.select_nth_unstable_by(limit, |left, right| compare(&left.0, &right.0));
            apart.truncate(limit + 1);
        }
        apart.sort_unstable_by(|left, right| compare(&left.0, &right.0));
        let mut apart = apart.into_iter().peekable();
        let walked = walks.then(|| self.walk(order, sort.column, sort.is_descending, start));
        let mut rows = walked
            .into_iter()
            .flatten()
            .filter(|row| has(&matched.bits, *row) && !is_apart(*row))
            .peekable();
        let mut page = Page::default();
        let mut last = None;
        loop {
            let next = match (rows.peek(), apart.peek()) {
                (Some(row), Some(other)) if compare(&standing(*row), &other.0).is_gt() => apart.next(),
                (Some(row), _) => {
                    let row = *row;
                    rows.next();
                    Some((standing(row), row))
                }
                (None, _) => apart.next(),
            };
            let Some((_, row)) = next else { break };
            if page.rows.len() == limit {
                page.next = last.map(|last: u32| Behind {
                    key: self
                        .key(sort.column, last, now)
                        .map(|key| key.to_owned(sort.column)),
                    id: self.ids[last as usize].to_string(),
                });
                break;
            }
            page.rows.push(self.keys[row as usize]);
            last = Some(row);
        }
        page
    }

    /// Where rows of an order stop to satisfy a condition. Changed rows stand where they stood, so they are not asked.
    fn partition(&self, rows: &[u32], is_before: impl Fn(u32) -> bool) -> usize {
        let (mut low, mut high) = (0, rows.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let unchanged = rows[middle..high].iter().position(|row| !has(&self.dirty, *row));
            match unchanged.map(|offset| middle + offset) {
                Some(at) if is_before(rows[at]) => low = at + 1,
                _ => high = middle,
            }
        }
        low
    }

    /// The rows of an order behind a key and id; descending reverses the keys, not the ids of equal ones.
    fn walk<'a>(
        &'a self,
        order: &'a Order,
        column: Column,
        is_descending: bool,
        start: Option<(Option<Borrowed<'a>>, &'a str)>,
    ) -> Box<dyn Iterator<Item = u32> + 'a> {
        let (keyed, missing) = order.rows.split_at(order.n_keyed);
        let id_of = |row: u32| &*self.ids[row as usize];
        let to_key = |row: u32, key| compare_keys(self.fixed_key(column, row), Some(key), false);
        let missing_from = match start {
            Some((None, id)) => self.partition(missing, |row| id_of(row) <= id),
            _ => 0,
        };
        let missing = missing[missing_from..].iter().copied();
        if let Some((None, _)) = start {
            return Box::new(missing);
        }
        let start = start.and_then(|(key, id)| Some((key?, id)));
        if !is_descending {
            let from = start.map_or(0, |(key, id)| {
                self.partition(keyed, |row| {
                    to_key(row, key).then_with(|| id_of(row).cmp(id)).is_le()
                })
            });
            return Box::new(keyed[from..].iter().copied().chain(missing));
        }
        // Groups of equal keys from the last to the first, each from its first row to its last.
        let (mut end, mut rest) = (keyed.len(), None);
        if let Some((key, id)) = start {
            let group_from = self.partition(keyed, |row| to_key(row, key).is_lt());
            let group = &keyed[group_from..];
            let group_len = self.partition(group, |row| to_key(row, key).is_le());
            let from = self.partition(&group[..group_len], |row| id_of(row) <= id);
            rest = Some(group_from + from..group_from + group_len);
            end = group_from;
        }
        let groups = std::iter::from_fn(move || {
            if let Some(rest) = rest.take() {
                return Some(rest);
            }
            let begin = last_before(&order.starts, end)?;
            let group = begin..end;
            end = begin;
            Some(group)
        });
        Box::new(
            groups
                .flat_map(|group| keyed[group].iter().copied())
                .chain(missing),
        )
    }

    /// How many rows match.
    #[must_use]
    pub fn count(&self, query: &Query, now: Time) -> i64 {
        self.matched(query, None, now).n_rows as i64
    }

    /// How many rows have each value of a facet, as `select::facet_counts` gives them.
    #[must_use]
    pub fn facet_counts(&self, query: &Query, facet: Facet, now: Time) -> Vec<(String, i64)> {
        let Some((_, values)) = self.facets.iter().find(|(of, _)| *of == facet) else {
            return Vec::new();
        };
        let matched = self.matched(query, Some(facet), now);
        let mut counts = vec![0_i64; values.raw.dictionary.ends.len()];
        let mut n_missing = 0;
        for row in each(&matched.bits) {
            match values.raw.codes[row as usize] {
                NO_CODE => n_missing += 1,
                code => counts[code as usize] += 1,
            }
        }
        let mut listed: Vec<(String, i64)> = Vec::new();
        for (code, count) in counts.into_iter().enumerate() {
            let value = values.raw.dictionary.text(code as u32);
            if value.is_empty() {
                n_missing += count;
            } else if count > 0 || query.has(facet, value) {
                listed.push((value.to_owned(), count));
            }
        }
        if n_missing > 0 || query.has(facet, "") {
            listed.push((String::new(), n_missing));
        }
        for value in query.values(facet) {
            if !value.is_empty() && values.raw.dictionary.find(value).is_none() {
                listed.push((value.clone(), 0));
            }
        }
        listed.sort_unstable_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
        listed
    }

    /// The rows that match, with one facet's own filter left out where its counts are wanted.
    fn matched(&self, query: &Query, left_out: Option<Facet>, now: Time) -> Arc<Matched> {
        let mut unsorted = query.clone();
        unsorted.sort = query.view.api_default_sort();
        if let Some(facet) = left_out {
            for value in query.values(facet) {
                unsorted.set(facet, value, false);
            }
        }
        let at = fingerprint(&unsorted);
        let mut kept = self.matched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, matched)) = kept.iter().find(|(of, _)| *of == at) {
            return Arc::clone(matched);
        }
        drop(kept);
        let bits = self.bits(&unsorted, now);
        let n_rows = bits.iter().map(|word| word.count_ones() as usize).sum();
        let matched = Arc::new(Matched { bits, n_rows });
        kept = self.matched.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT {
            kept.pop_front();
        }
        kept.push_back((at, Arc::clone(&matched)));
        matched
    }

    fn bits(&self, query: &Query, now: Time) -> Bits {
        let mut bits: Bits = match query.view {
            View::Pending => pack(self.is_pending.iter().copied()),
            View::History => pack(self.is_pending.iter().map(|is_pending| !is_pending)),
            View::Investigations => pack(self.is_pending.iter().map(|_| true)),
        };
        let numbers = |name: &str| {
            let found = self.numbers.iter().find(|(of, _)| *of == name);
            found.map_or(&[][..], |(_, numbers)| numbers.as_slice())
        };
        let (from, to) = query.range.bounds_at(now);
        if from.is_some() || to.is_some() {
            let (from, to) = (from.map_or(i64::MIN, |time| time.0), to.map(|time| time.0));
            let times = numbers(range_column(query.view)).iter();
            and(
                &mut bits,
                &pack(times.map(|time| *time >= from && to.is_none_or(|to| *time < to))),
            );
        }
        if let Some(deadline) = query.deadline {
            let before = deadline.before_at(now).0;
            let expires = numbers("expires").iter();
            and(
                &mut bits,
                &pack(expires.map(|time| *time != NONE && *time < before)),
            );
        }
        for (facet, wanted) in query.filters() {
            let Some((_, values)) = self.facets.iter().find(|(of, _)| of == facet) else {
                return Bits::new();
            };
            let mut is_wanted = vec![false; values.raw.dictionary.ends.len()];
            for value in wanted {
                if let Some(code) = values.raw.dictionary.find(value) {
                    is_wanted[code as usize] = true;
                }
            }
            let is_missing_wanted = wanted.iter().any(String::is_empty);
            let codes = values.raw.codes.iter();
            and(
                &mut bits,
                &pack(codes.map(|code| match *code {
                    NO_CODE => is_missing_wanted,
                    code => is_wanted[code as usize],
                })),
            );
        }
        for term in query.search.split_whitespace() {
            let found = self.found(&fold(term), query.view);
            and(&mut bits, &found);
        }
        bits
    }

    /// The rows in which a folded term occurs.
    fn found(&self, term: &str, view: View) -> Bits {
        let mut found = vec![0; self.keys.len().div_ceil(64)];
        for name in searched_columns(view) {
            if let Some((_, texts)) = self.texts.iter().find(|(of, _)| of == name) {
                or_codes(&mut found, &texts.codes, &texts.dictionary.holding(term));
            } else if let Some((_, values)) = self.facets.iter().find(|(of, _)| facet_column(*of) == *name) {
                let folded = values.folded.holding(term);
                let holding: Vec<bool> = values
                    .folded_codes
                    .iter()
                    .map(|code| folded[*code as usize])
                    .collect();
                or_codes(&mut found, &values.raw.codes, &holding);
            }
        }
        found
    }
}

impl Values {
    fn code(&mut self, value: &str) -> u32 {
        let code = self.raw.dictionary.code(value);
        if code as usize == self.folded_codes.len() {
            self.folded_codes.push(self.folded.code(&fold(value)));
        }
        code
    }
}

impl Borrowed<'_> {
    fn to_owned(self, column: Column) -> Key {
        match self {
            Self::Number(number) => Key::Number(number),
            // `select` writes a severity's rank before its text.
            Self::Text(rank, text) if column == Column::Severity => Key::Text(format!("{rank}{text}")),
            Self::Text(_, text) => Key::Text(text.to_owned()),
        }
    }
}

/// A cursor's key as the index compares it.
fn borrowed(key: &Key, column: Column) -> Borrowed<'_> {
    match key {
        Key::Number(number) => Borrowed::Number(*number),
        Key::Text(text) if column == Column::Severity => match text.as_bytes() {
            [rank @ b'0'..=b'9', ..] => Borrowed::Text(rank - b'0', &text[1..]),
            _ => Borrowed::Text(u8::MAX, text),
        },
        Key::Text(text) => Borrowed::Text(0, text),
    }
}

fn severity<'a>(word: &str, folded: &'a str) -> Borrowed<'a> {
    let known = action_center_core::domain::reference::SEVERITIES;
    match known.iter().position(|known| *known == word) {
        Some(rank) => Borrowed::Text(rank as u8, ""),
        None => Borrowed::Text(known.len() as u8, folded),
    }
}

fn compare_keys(left: Option<Borrowed<'_>>, right: Option<Borrowed<'_>>, is_descending: bool) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) if is_descending => right.cmp(&left),
        (Some(left), Some(right)) => left.cmp(&right),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

fn put_at<T: Copy>(list: &mut Vec<T>, at: usize, value: T, filler: T) {
    if list.len() <= at {
        list.resize(at + 1, filler);
    }
    list[at] = value;
}

fn pack(flags: impl ExactSizeIterator<Item = bool>) -> Bits {
    let mut bits = vec![0; flags.len().div_ceil(64)];
    for (at, flag) in flags.enumerate() {
        bits[at / 64] |= u64::from(flag) << (at % 64);
    }
    bits
}

fn and(bits: &mut Bits, others: &[u64]) {
    for (at, word) in bits.iter_mut().enumerate() {
        *word &= others.get(at).copied().unwrap_or(0);
    }
}

fn or_codes(bits: &mut Bits, codes: &[u32], holding: &[bool]) {
    if !holding.contains(&true) {
        return;
    }
    for (at, code) in codes.iter().enumerate() {
        if holding.get(*code as usize) == Some(&true) {
            bits[at / 64] |= 1 << (at % 64);
        }
    }
}

/// The last place of a set before another.
fn last_before(bits: &[u64], end: usize) -> Option<usize> {
    let mut at = end.checked_sub(1)? / 64;
    let mut word = bits.get(at)? & (u64::MAX >> (63 - (end - 1) % 64));
    loop {
        if word != 0 {
            return Some(at * 64 + 63 - word.leading_zeros() as usize);
        }
        at = at.checked_sub(1)?;
        word = bits[at];
    }
}

/// The rows of a set, ascending.
fn each(bits: &[u64]) -> impl Iterator<Item = u32> + '_ {
    bits.iter().enumerate().flat_map(|(at, word)| {
        let mut word = *word;
        std::iter::from_fn(move || {
            (word != 0).then(|| {
                let bit = word.trailing_zeros();
                word &= word - 1;
                at as u32 * 64 + bit
            })
        })
    })
}
