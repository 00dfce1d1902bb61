//! The query over the store: a bitmap for each part of it, kept while the part stays; the order of all rows by the query's column, kept
//! while it stays; and the visible rows, which are both together. Work is done in steps of a given budget.

use std::cmp::Ordering;
use std::ops::Range;

use super::Store;
use super::bitmap::{Bitmap, Ones};
use super::columns::{BLOCK, MISSING};
use super::fields::{self, Field, Source, Whole, field_of, range_time, source_of};
use super::search::{Hits, Needle};
use super::sort::{TextSort, extended_ranks, insert_sorted, radix_pass};
use crate::domain::action::{Impact, PENDING};
use crate::domain::column::Column;
use crate::domain::facet::Facet;
use crate::domain::fold::fold;
use crate::domain::query::{Query, Sort, View};
use crate::domain::reference::SEVERITIES;
use crate::domain::time::Time;

/// What the last evaluation found, and what it keeps for the next.
#[derive(Debug, Default)]
pub(super) struct Evaluation {
    query: Option<Query>,
    parts: Vec<Part>,
    terms: Vec<Term>,
    /// Rows of the window: there, in the view and in the range.
    n_total: usize,
    /// The window without facets, deadline and search.
    window: Bitmap,
    matching: Bitmap,
    visible: Vec<u32>,
    /// All rows, in the order of `sorted_by`.
    rows: Vec<u32>,
    sorted_by: Option<SortKey>,
    /// Rows below this number are in `rows`.
    n_sorted: u32,
    /// Rows below this number are in the parts' bitmaps.
    n_seen: u32,
}

/// An order: the column, the way, and the moment, where the column runs with time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct SortKey {
    sort: Sort,
    now: Option<Time>,
}

impl SortKey {
    fn new(sort: Sort, now: Time) -> Self {
        let runs = matches!(source_of(sort.column), Source::Waiting | Source::Duration);
        Self {
            sort,
            now: runs.then_some(now),
        }
    }
}

/// One condition of a query, and the rows that meet it.
#[derive(Debug)]
struct Part {
    condition: Condition,
    rows: Bitmap,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Condition {
    View(View),
    Window(Option<Time>, Option<Time>),
    Facet(Facet, Vec<String>),
    Deadline(Time),
    Term(String),
}

/// A search term, and the texts that hold it.
#[derive(Debug)]
struct Term {
    text: String,
    needle: Needle,
    hits: Vec<(Field, Hits)>,
}

/// Terms whose hits are kept, so that taking a character away is as quick as adding one.
const MAX_TERMS: usize = 16;

/// A condition made ready for the rows as they are now.
enum Test<'s> {
    Codes(Field, Bitmap),
    Whole(Whole, i64, i64),
    Term(&'s Term, Option<&'s Bitmap>),
    Nothing,
}

/// An evaluation under way.
#[derive(Debug)]
pub(super) struct Job {
    query: Query,
    now: Time,
    key: SortKey,
    sort: Option<RowSort>,
}

/// A sort of all rows under way. A pair is a key above a row's number.
#[derive(Debug)]
struct RowSort {
    is_filled: bool,
    n_rows: u32,
    pairs: Vec<u64>,
    spare: Vec<u64>,
    /// High halves of the keys by row, where keys have one.
    high: Vec<u32>,
    /// Passes that are left, the next one last: shift and bits. None stands for filling in the keys' high halves.
    passes: Vec<Option<(u32, u32)>>,
}

/// What is prepared between evaluations.
#[derive(Debug, Default)]
pub(super) struct Background {
    /// All rows by id.
    by_id: Vec<u32>,
    text_sort: Option<(Field, bool, TextSort)>,
}

/// Newcomers up to this many are put into an order of texts one by one; more are cause for sorting anew.
const FEW_BY_TEXT: u32 = 4_096;
/// The same for orders of numbers.
const FEW_BY_NUMBER: u32 = 32_768;
const DIGIT_BITS: u32 = 11;

/// One value of a facet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FacetValue {
    /// The value, as a filter takes it; empty for a missing member.
    pub value: String,
    /// What people know it by: an investigation's title for its id, else the value itself.
    pub label: String,
    /// Matching rows that have it, the facet's own filter left out.
    pub count: usize,
}

/// The values of one facet.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FacetCounts {
    /// The most frequent first, then by code point; those that are wanted are always among them.
    pub values: Vec<FacetValue>,
    /// How many values there are, those beyond the limit counted too.
    pub n_values: usize,
}

impl Evaluation {
    pub(super) fn bytes(&self) -> usize {
        let bitmaps: usize = self.parts.iter().map(|part| part.rows.bytes()).sum();
        let hits: usize = self
            .terms
            .iter()
            .flat_map(|term| &term.hits)
            .map(|(_, hits)| hits.bits.bytes())
            .sum();
        let window = self.window.bytes() + self.matching.bytes();
        bitmaps + hits + window + (self.visible.capacity() + self.rows.capacity()) * 4
    }
}

impl Background {
    pub(super) fn bytes(&self) -> usize {
        self.by_id.capacity() * 4
    }
}

impl Store {
    /// Forgets what is kept by code, where codes changed; rows' bitmaps and orders hold.
    pub(super) fn forget_codes(&mut self) {
        self.evaluation.terms.clear();
        self.background.text_sort = None;
    }

    /// Evaluates a query at once. `now` is the moment that relative ranges, deadlines and waiting times are about.
    pub fn evaluate(&mut self, query: &Query, now: Time) {
        self.start(query, now);
        while !self.step(usize::MAX) {}
    }

    /// Starts to evaluate a query. Until `step` says that it is done, the result before stays.
    pub fn start(&mut self, query: &Query, now: Time) {
        let key = SortKey::new(query.sort, now);
        let is_kept = self.evaluation.sorted_by == Some(key);
        let n_new = if is_kept {
            self.n_rows - self.evaluation.n_sorted + self.n_dirty
        } else {
            self.n_rows
        };
        // A sort of the same order that is under way goes on: typing does not start it again.
        let under_way = self
            .job
            .take()
            .filter(|job| job.key == key)
            .and_then(|job| job.sort);
        let sort = under_way.or_else(|| {
            (n_new > few(query.sort.column)).then(|| RowSort {
                is_filled: false,
                n_rows: 0,
                pairs: Vec::new(),
                spare: Vec::new(),
                high: Vec::new(),
                passes: Vec::new(),
            })
        });
        self.job = Some(Job {
            query: query.clone(),
            now,
            key,
            sort,
        });
    }

    /// Goes on with the evaluation that was started, for about `budget` units of some 20 nanoseconds. Whether it is done (also where
    /// none was started). One unit of work is never split below some 10 milliseconds at a million rows.
    pub fn step(&mut self, budget: usize) -> bool {
        let mut budget = i64::try_from(budget).unwrap_or(i64::MAX);
        let Some(mut job) = self.job.take() else {
            return true;
        };
        if let Some(mut sort) = job.sort.take() {
            if !self.go_on(&mut sort, job.key, &mut budget) {
                job.sort = Some(sort);
                self.job = Some(job);
                return false;
            }
            self.evaluation.rows.clear();
            self.evaluation
                .rows
                .extend(sort.pairs.iter().map(|pair| *pair as u32));
            self.evaluation.sorted_by = Some(job.key);
            self.evaluation.n_sorted = sort.n_rows;
            if budget <= 0 {
                self.job = Some(job);
                return false;
            }
        }
        self.finish(job);
        true
    }

    /// Whether an evaluation was started and is not done.
    #[must_use]
    pub fn is_evaluating(&self) -> bool {
        self.job.is_some()
    }

    /// Prepares sorting by a column, for about `budget` units of some 20 nanoseconds. Whether it is ready; it stays so until many rows come.
    pub fn prepare(&mut self, column: Column, budget: usize) -> bool {
        let mut budget = i64::try_from(budget).unwrap_or(i64::MAX);
        self.is_ready(column, &mut budget)
    }

    fn is_ready(&mut self, column: Column, budget: &mut i64) -> bool {
        if !self.has_ids_sorted(budget) {
            return false;
        }
        match source_of(column) {
            Source::Text(Field::Id) if !self.dictionaries[Field::Id as usize].has_case() => true,
            Source::Text(field) => self.has_ranks(field, budget),
            Source::Whole(_) | Source::Impact | Source::Waiting | Source::Duration => true,
        }
    }

    fn has_ids_sorted(&mut self, budget: &mut i64) -> bool {
        let n_covered = self.background.by_id.len() as u32;
        let n_new = self.n_rows - n_covered;
        if n_new == 0 {
            return true;
        }
        if n_new > FEW_BY_TEXT {
            match self.text_sorted(Field::Id, true, budget) {
                Some(sort) => {
                    self.background.by_id = sort.into_codes();
                    for row in &mut self.background.by_id {
                        *row -= 1;
                    }
                    return self.has_ids_sorted(budget);
                }
                None => return false,
            }
        }
        let mut by_id = std::mem::take(&mut self.background.by_id);
        let ids = &self.dictionaries[Field::Id as usize];
        insert_sorted(&mut by_id, (n_covered..self.n_rows).collect(), &|left, right| {
            ids.raw_bytes(left + 1).cmp(ids.raw_bytes(right + 1))
        });
        *budget -= 20 * i64::from(n_new);
        self.background.by_id = by_id;
        true
    }

    fn has_ranks(&mut self, field: Field, budget: &mut i64) -> bool {
        let dictionary = &self.dictionaries[field as usize];
        let n_ranked = (dictionary.ranks().len() as u32).saturating_sub(1);
        let n_new = dictionary.len() - n_ranked;
        if n_new == 0 {
            return true;
        }
        let ranks = if n_ranked > 0 && n_new <= FEW_BY_TEXT {
            *budget -= 20 * i64::from(n_new) + i64::from(n_ranked);
            extended_ranks(dictionary)
        } else {
            match self.text_sorted(field, false, budget) {
                Some(sort) => sort.into_ranks(),
                None => return false,
            }
        };
        self.dictionaries[field as usize].set_ranks(ranks);
        self.has_ranks(field, budget)
    }

    /// The sorted texts of a field, where the budget lasts.
    fn text_sorted(&mut self, field: Field, is_raw: bool, budget: &mut i64) -> Option<TextSort> {
        let dictionary = &self.dictionaries[field as usize];
        let mut sort = match self.background.text_sort.take() {
            Some((of, raw, sort)) if of == field && raw == is_raw => sort,
            _ => TextSort::new(dictionary, is_raw),
        };
        if sort.step(dictionary, budget) {
            Some(sort)
        } else {
            self.background.text_sort = Some((field, is_raw, sort));
            None
        }
    }

    fn go_on(&mut self, sort: &mut RowSort, key: SortKey, budget: &mut i64) -> bool {
        if !sort.is_filled {
            if !self.is_ready(key.sort.column, budget) {
                return false;
            }
            if *budget <= 0 {
                return false;
            }
            self.fill(sort, key);
            *budget -= i64::from(sort.n_rows);
        }
        while let Some(pass) = sort.passes.last().copied() {
            if *budget <= 0 {
                return false;
            }
            sort.passes.pop();
            match pass {
                Some((shift, bits)) => {
                    sort.spare.resize(sort.pairs.len(), 0);
                    radix_pass(&sort.pairs, &mut sort.spare, shift, bits);
                    std::mem::swap(&mut sort.pairs, &mut sort.spare);
                }
                None => {
                    for pair in &mut sort.pairs {
                        let row = *pair as u32;
                        let high = sort.high.get(row as usize).copied().unwrap_or(0);
                        *pair = u64::from(high) << 32 | u64::from(row);
                    }
                }
            }
            *budget -= i64::from(sort.n_rows) / 2;
        }
        true
    }

    /// Fills in the keys, rows by id, so that stable passes leave ties in that order.
    fn fill(&self, sort: &mut RowSort, key: SortKey) {
        let by_id = &self.background.by_id;
        sort.is_filled = true;
        sort.n_rows = by_id.len() as u32;
        sort.pairs.clear();
        sort.pairs.reserve_exact(by_id.len());
        let is_by_id = source_of(key.sort.column) == Source::Text(Field::Id)
            && !self.dictionaries[Field::Id as usize].has_case();
        if is_by_id {
            let row_to_pair = |row: &u32| u64::from(*row);
            if key.sort.is_descending {
                sort.pairs.extend(by_id.iter().rev().map(row_to_pair));
            } else {
                sort.pairs.extend(by_id.iter().map(row_to_pair));
            }
            return;
        }
        let keys = Keys::new(self, key, sort.n_rows);
        sort.pairs.extend(by_id.iter().map(|row| {
            let low = keys.low.get(*row as usize).copied().unwrap_or(0);
            u64::from(low) << 32 | u64::from(*row)
        }));
        sort.high = keys.high;
        let n_bits = 64 - keys.greatest.leading_zeros();
        if n_bits > 32 {
            push_passes(&mut sort.passes, n_bits - 32);
            sort.passes.push(None);
        }
        push_passes(&mut sort.passes, n_bits.min(32));
    }

    /// Which of two rows comes first.
    fn compare_rows(&self, left: u32, right: u32, key: SortKey) -> Ordering {
        let is_descending = key.sort.is_descending;
        let by_value = match source_of(key.sort.column) {
            Source::Text(field) => {
                let dictionary = &self.dictionaries[field as usize];
                match (self.code(left, field), self.code(right, field)) {
                    (0, 0) => Ordering::Equal,
                    (0, _) => return Ordering::Greater,
                    (_, 0) => return Ordering::Less,
                    (left, right) if field == Field::Severity => {
                        let rank = |code| severity_rank(dictionary.get(code).unwrap_or_default());
                        rank(left)
                            .cmp(&rank(right))
                            .then_with(|| dictionary.compare_folded(left, right))
                    }
                    (left, right) => dictionary.compare_folded(left, right),
                }
            }
            source => {
                let now = key.now.unwrap_or_default();
                match (
                    self.sort_value(left, source, now),
                    self.sort_value(right, source, now),
                ) {
                    (None, None) => Ordering::Equal,
                    (None, Some(_)) => return Ordering::Greater,
                    (Some(_), None) => return Ordering::Less,
                    (Some(left), Some(right)) => left.cmp(&right),
                }
            }
        };
        let by_value = if is_descending {
            by_value.reverse()
        } else {
            by_value
        };
        by_value.then_with(|| self.id(left).as_bytes().cmp(self.id(right).as_bytes()))
    }

    /// Brings bitmaps and order up to date and takes the visible rows from them.
    fn finish(&mut self, job: Job) {
        let mut evaluation = std::mem::take(&mut self.evaluation);
        self.bring_order_up_to_date(&mut evaluation, job.key);
        self.bring_parts_up_to_date(&mut evaluation, &job.query, job.now);

        evaluation.window.copy_from(&self.living);
        for part in &evaluation.parts {
            if matches!(part.condition, Condition::View(_) | Condition::Window(..)) {
                evaluation.window.intersect(&part.rows);
            }
        }
        evaluation.n_total = evaluation.window.count();
        let mut matching = std::mem::take(&mut evaluation.matching);
        self.intersect_parts(&evaluation, None, &mut matching);
        let n_matching = matching.count();
        evaluation.visible.clear();
        if n_matching == evaluation.rows.len() {
            evaluation.visible.extend_from_slice(&evaluation.rows);
        } else {
            // Without a branch: each row is written, and kept where it matches.
            evaluation.visible.resize(n_matching + 1, 0);
            let mut at = 0;
            for row in &evaluation.rows {
                if let Some(to) = evaluation.visible.get_mut(at) {
                    *to = *row;
                }
                at += usize::from(matching.has(*row));
            }
            evaluation.visible.truncate(n_matching);
        }
        evaluation.matching = matching;
        evaluation.query = Some(job.query);
        self.dirty.clear();
        self.n_dirty = 0;
        self.evaluation = evaluation;
    }

    fn bring_order_up_to_date(&self, evaluation: &mut Evaluation, key: SortKey) {
        if evaluation.sorted_by != Some(key) {
            evaluation.rows.clear();
            evaluation.n_sorted = 0;
            evaluation.sorted_by = Some(key);
        }
        let n_sorted = evaluation.n_sorted;
        let mut new: Vec<u32> = (n_sorted..self.n_rows).collect();
        if self.n_dirty > 0 {
            evaluation.rows.retain(|row| !self.dirty.has(*row));
            new.extend(self.dirty.iter().filter(|row| *row < n_sorted));
        }
        insert_sorted(&mut evaluation.rows, new, &|left, right| {
            self.compare_rows(left, right, key)
        });
        evaluation.n_sorted = self.n_rows;
    }

    fn bring_parts_up_to_date(&self, evaluation: &mut Evaluation, query: &Query, now: Time) {
        let n_words = (self.n_rows as usize).div_ceil(BLOCK);
        let n_seen = evaluation.n_seen;
        let conditions = conditions(query, now);
        self.bring_terms_up_to_date(&mut evaluation.terms, &conditions);
        let terms = &evaluation.terms;
        let mut old = std::mem::take(&mut evaluation.parts);
        // What stays, and terms that may narrow a new one, see the rows that came or changed.
        for part in &mut old {
            let test = self.test(&part.condition, terms, None);
            for at in 0..self.dirty.words().len().min(n_words) {
                if self.dirty.word(at) != 0 {
                    self.fill_part(&test, at..at + 1, &mut part.rows);
                }
            }
            self.fill_part(&test, n_seen as usize / BLOCK..n_words, &mut part.rows);
        }
        for condition in conditions {
            if let Some(at) = old.iter().position(|part| part.condition == condition) {
                evaluation.parts.push(old.swap_remove(at));
                continue;
            }
            let base = match &condition {
                Condition::Term(term) => old
                    .iter()
                    .chain(&evaluation.parts)
                    .filter(|part| {
                        matches!(&part.condition, Condition::Term(before) if term.contains(before.as_str()))
                    })
                    .min_by_key(|part| part.rows.count())
                    .map(|part| &part.rows),
                _ => None,
            };
            let mut rows = Bitmap::new();
            let test = self.test(&condition, terms, base);
            self.fill_part(&test, 0..n_words, &mut rows);
            evaluation.parts.push(Part { condition, rows });
        }
        evaluation.n_seen = self.n_rows;
    }

    /// Looks for the query's terms in texts that came since the last time, and for new terms in all.
    fn bring_terms_up_to_date(&self, terms: &mut Vec<Term>, conditions: &[Condition]) {
        for condition in conditions {
            let Condition::Term(text) = condition else {
                continue;
            };
            let term = match terms.iter().position(|term| term.text == *text) {
                Some(at) => terms.remove(at),
                None => Term {
                    needle: Needle::new(text),
                    text: text.clone(),
                    hits: fields::searched_in(self.view)
                        .iter()
                        .map(|field| (*field, Hits::default()))
                        .collect(),
                },
            };
            terms.push(term);
        }
        let n_wanted = conditions
            .iter()
            .filter(|condition| matches!(condition, Condition::Term(_)))
            .count();
        if terms.len() > MAX_TERMS.max(n_wanted) {
            terms.drain(..terms.len() - MAX_TERMS.max(n_wanted));
        }
        // Those that are not wanted now are kept up to date too, since they narrow others.
        for at in 0..terms.len() {
            let (before, rest) = terms.split_at_mut(at);
            let Some(term) = rest.first_mut() else {
                continue;
            };
            let base = before
                .iter()
                .rev()
                .filter(|other| term.text.contains(other.text.as_str()))
                .max_by_key(|other| other.text.len());
            for (index, (field, hits)) in term.hits.iter_mut().enumerate() {
                let within = base.and_then(|base| base.hits.get(index)).map(|(_, hits)| hits);
                hits.extend(&self.dictionaries[*field as usize], &term.needle, within);
            }
        }
    }

    fn test<'s>(&self, condition: &Condition, terms: &'s [Term], base: Option<&'s Bitmap>) -> Test<'s> {
        match condition {
            Condition::View(View::Investigations) => Test::Nothing,
            Condition::View(view) => {
                let field = Field::Status;
                let dictionary = &self.dictionaries[field as usize];
                let pending = dictionary.find(PENDING);
                let mut codes = Bitmap::new();
                for code in 0..=dictionary.len() {
                    codes.set(code, (Some(code) == pending) == (*view == View::Pending));
                }
                Test::Codes(field, codes)
            }
            Condition::Window(from, to) => {
                let first = from.map_or(i64::MIN, |from| from.0);
                let last = to.map_or(Some(i64::MAX), |to| to.0.checked_sub(1));
                match last {
                    Some(last) => Test::Whole(range_time(self.view), first, last),
                    None => Test::Codes(Field::Status, Bitmap::new()),
                }
            }
            Condition::Facet(facet, values) => {
                let field = field_of(*facet);
                let mut codes = Bitmap::new();
                for value in values {
                    if value.is_empty() {
                        codes.set(0, true);
                    }
                    if let Some(code) = self.dictionaries[field as usize].find(value) {
                        codes.set(code, true);
                    }
                }
                Test::Codes(field, codes)
            }
            Condition::Deadline(before) => match before.0.checked_sub(1) {
                Some(last) => Test::Whole(Whole::Expires, i64::MIN, last),
                None => Test::Codes(Field::Status, Bitmap::new()),
            },
            Condition::Term(text) => terms
                .iter()
                .find(|term| term.text == *text)
                .map_or(Test::Nothing, |term| Test::Term(term, base)),
        }
    }

    /// Works out a part's bitmap for some words of rows.
    fn fill_part(&self, test: &Test<'_>, words: Range<usize>, rows: &mut Bitmap) {
        let n_rows = self.n_rows as usize;
        let mut block = [0; BLOCK];
        for at in words {
            let n_left = n_rows - (at * BLOCK).min(n_rows);
            let there = if n_left >= BLOCK {
                u64::MAX
            } else {
                (1 << n_left) - 1
            };
            let word = match test {
                Test::Nothing => there,
                Test::Whole(whole, first, last) => self.wholes[*whole as usize].within(at, *first, *last),
                Test::Codes(field, codes) => {
                    self.codes[*field as usize].read_block(at, &mut block);
                    let mut word = 0;
                    for (bit, code) in block.iter().enumerate() {
                        word |= u64::from(codes.has(*code)) << bit;
                    }
                    word & there
                }
                Test::Term(term, base) => {
                    let candidates = base.map_or(there, |base| base.word(at) & there);
                    self.rows_with(term, at, candidates, &mut block)
                }
            };
            rows.set_word(at, word);
        }
    }

    fn rows_with(&self, term: &Term, at: usize, candidates: u64, block: &mut [u32; BLOCK]) -> u64 {
        let mut found = 0;
        for (field, hits) in &term.hits {
            let missing = candidates & !found;
            if missing == 0 {
                break;
            }
            if *field == Field::Id {
                found |= missing & hits.bits.word(at);
            } else if hits.has_any() {
                self.codes[*field as usize].read_block(at, block);
                for index in (Ones {
                    word: missing,
                    base: 0,
                }) {
                    // Codes count from 1, hits from 0.
                    let code = block[index as usize];
                    found |= u64::from(code != 0 && hits.bits.has(code.wrapping_sub(1))) << index;
                }
            }
        }
        found
    }

    /// The codes of 64 rows from `64 * at`.
    fn read_codes(&self, field: Field, at: usize, block: &mut [u32; BLOCK]) {
        if field == Field::Id {
            for (index, code) in block.iter_mut().enumerate() {
                *code = (at * BLOCK + index) as u32 + 1;
            }
        } else {
            self.codes[field as usize].read_block(at, block);
        }
    }

    /// Living rows that meet all conditions, those of one facet left out.
    fn intersect_parts(&self, evaluation: &Evaluation, left_out: Option<Facet>, rows: &mut Bitmap) {
        rows.copy_from(&self.living);
        for part in &evaluation.parts {
            if !matches!(&part.condition, Condition::Facet(facet, _) if Some(*facet) == left_out) {
                rows.intersect(&part.rows);
            }
        }
    }

    /// The visible rows, in order, as of the last evaluation.
    #[must_use]
    pub fn order(&self) -> &[u32] {
        &self.evaluation.visible
    }

    /// How many rows match, as of the last evaluation.
    #[must_use]
    pub fn n_matching(&self) -> usize {
        self.evaluation.visible.len()
    }

    /// How many rows the window holds without filters and search, as of the last evaluation.
    #[must_use]
    pub fn n_total(&self) -> usize {
        self.evaluation.n_total
    }

    /// Whether a row is among the visible ones.
    #[must_use]
    pub fn is_visible(&self, row: u32) -> bool {
        self.evaluation.matching.has(row)
    }

    pub(super) fn matching(&self) -> &Bitmap {
        &self.evaluation.matching
    }

    /// A row's place among the visible ones.
    #[must_use]
    pub fn position_of(&self, row: u32) -> Option<usize> {
        if !self.is_visible(row) {
            return None;
        }
        self.evaluation.visible.iter().position(|visible| *visible == row)
    }

    /// The query that was evaluated last.
    #[must_use]
    pub fn query(&self) -> Option<&Query> {
        self.evaluation.query.as_ref()
    }

    /// Counts the matching rows by a facet's values, its own filter left out. `find` keeps the values whose label or value holds it,
    /// folded; `limit` cuts the list, but never a wanted value, and of equally frequent ones those that came last.
    #[must_use]
    pub fn facet_counts(&self, facet: Facet, find: &str, limit: usize) -> FacetCounts {
        let field = field_of(facet);
        let wanted = self
            .evaluation
            .query
            .as_ref()
            .map_or(&[][..], |query| query.values(facet));
        let counts = if wanted.is_empty() {
            self.histogram(field, &self.evaluation.matching)
        } else {
            let mut rows = Bitmap::new();
            self.intersect_parts(&self.evaluation, Some(facet), &mut rows);
            self.histogram(field, &rows)
        };
        self.listed(facet, counts, wanted, find, limit)
    }

    /// How many of some rows have each code.
    pub(super) fn histogram(&self, field: Field, rows: &Bitmap) -> Vec<u32> {
        let n_counts = self.dictionaries[field as usize].len() as usize + 1;
        // Rows with the same code in a row would wait for one another, so few counts are kept four times.
        let n_tables = if n_counts <= 1_024 { 4 } else { 1 };
        let mut counts = vec![0; n_counts * n_tables];
        let mut block = [0; BLOCK];
        for (at, word) in rows.words().iter().enumerate() {
            if *word == 0 {
                continue;
            }
            self.read_codes(field, at, &mut block);
            let mut add = |index: usize| {
                let code = block[index] as usize + index % n_tables * n_counts;
                if let Some(count) = counts.get_mut(code) {
                    *count += 1;
                }
            };
            if *word == u64::MAX {
                (0..BLOCK).for_each(add);
            } else {
                (Ones { word: *word, base: 0 }).for_each(|index| add(index as usize));
            }
        }
        let (sums, others) = counts.split_at_mut(n_counts);
        for table in others.chunks(n_counts) {
            for (sum, count) in sums.iter_mut().zip(table) {
                *sum += count;
            }
        }
        counts.truncate(n_counts);
        counts
    }

    fn listed(
        &self,
        facet: Facet,
        mut counts: Vec<u32>,
        wanted: &[String],
        find: &str,
        limit: usize,
    ) -> FacetCounts {
        let dictionary = &self.dictionaries[field_of(facet) as usize];
        // A missing member and an empty text are one value.
        if let Some(empty) = dictionary.find("") {
            counts[0] += std::mem::take(&mut counts[empty as usize]);
        }
        let mut is_wanted = Bitmap::new();
        let mut unknown: Vec<&String> = Vec::new();
        for value in wanted {
            match dictionary.find(value) {
                _ if value.is_empty() => is_wanted.set(0, true),
                Some(code) => is_wanted.set(code, true),
                None => unknown.push(value),
            }
        }
        let find = fold(find);
        let mut codes: Vec<u32> = (0..counts.len() as u32)
            .filter(|code| counts[*code as usize] > 0 || is_wanted.has(*code))
            .filter(|code| find.is_empty() || is_wanted.has(*code) || self.is_labelled(facet, *code, &find))
            .collect();
        let n_values = codes.len() + unknown.len();
        let text = |code: u32| dictionary.get(code).unwrap_or_default();
        if codes.len() > limit {
            // Among equals those that came first stay: reading a hundred thousand texts would take longer than a frame.
            let mut keys: Vec<u64> = codes
                .iter()
                .map(|code| u64::from(!counts[*code as usize]) << 32 | u64::from(*code))
                .collect();
            keys.select_nth_unstable(limit);
            let is_kept = |(at, key): &(usize, u64)| *at < limit || is_wanted.has(*key as u32);
            codes.clear();
            codes.extend(
                keys.into_iter()
                    .enumerate()
                    .filter(is_kept)
                    .map(|(_, key)| key as u32),
            );
        }
        let compare = |left: &u32, right: &u32| {
            counts[*right as usize]
                .cmp(&counts[*left as usize])
                .then_with(|| text(*left).cmp(text(*right)))
        };
        codes.sort_unstable_by(compare);
        let mut values: Vec<FacetValue> = codes
            .iter()
            .map(|code| FacetValue {
                value: text(*code).to_owned(),
                label: self.label(facet, *code).to_owned(),
                count: counts[*code as usize] as usize,
            })
            .collect();
        for value in unknown {
            let at = values.partition_point(|other| other.count > 0 || other.value < *value);
            values.insert(
                at,
                FacetValue {
                    value: value.clone(),
                    label: value.clone(),
                    count: 0,
                },
            );
        }
        FacetCounts { values, n_values }
    }

    fn label(&self, facet: Facet, code: u32) -> &str {
        let title = (facet == Facet::Investigation && code != 0)
            .then(|| self.dictionaries[Field::InvestigationTitle as usize].get(self.titles.get(code)))
            .flatten();
        title
            .or_else(|| self.dictionaries[field_of(facet) as usize].get(code))
            .unwrap_or_default()
    }

    fn is_labelled(&self, facet: Facet, code: u32, find: &str) -> bool {
        let value = self.dictionaries[field_of(facet) as usize]
            .get(code)
            .unwrap_or_default();
        fold(value).contains(find) || fold(self.label(facet, code)).contains(find)
    }
}

/// The conditions of a query at a moment; each term once.
fn conditions(query: &Query, now: Time) -> Vec<Condition> {
    let (from, to) = query.range.bounds_at(now);
    let mut conditions = vec![Condition::View(query.view)];
    if from.is_some() || to.is_some() {
        conditions.push(Condition::Window(from, to));
    }
    for (facet, values) in query.filters() {
        conditions.push(Condition::Facet(*facet, values.clone()));
    }
    if let Some(deadline) = query.deadline {
        conditions.push(Condition::Deadline(deadline.before_at(now)));
    }
    for term in query.search.split_whitespace() {
        let condition = Condition::Term(fold(term));
        if !conditions.contains(&condition) {
            conditions.push(condition);
        }
    }
    conditions
}

fn few(column: Column) -> u32 {
    match source_of(column) {
        Source::Text(_) => FEW_BY_TEXT,
        Source::Whole(_) | Source::Impact | Source::Waiting | Source::Duration => FEW_BY_NUMBER,
    }
}

fn severity_rank(word: &str) -> usize {
    SEVERITIES
        .iter()
        .position(|known| *known == word)
        .unwrap_or(SEVERITIES.len())
}

/// Splits so many bits into passes of at most 11 bits and adds them, the last pass first.
fn push_passes(passes: &mut Vec<Option<(u32, u32)>>, n_bits: u32) {
    let n_passes = n_bits.div_ceil(DIGIT_BITS);
    let width = n_bits.div_ceil(n_passes.max(1));
    for pass in (0..n_passes).rev() {
        let shift = pass * width;
        passes.push(Some((shift, width.min(n_bits - shift))));
    }
}

/// What rows sort by, as whole numbers from 0 by row; a missing value has the greatest.
struct Keys {
    low: Vec<u32>,
    /// The bits above 32, where there are any.
    high: Vec<u32>,
    greatest: u64,
}

impl Keys {
    fn new(store: &Store, key: SortKey, n_rows: u32) -> Self {
        let mut keys = Self {
            low: Vec::with_capacity(n_rows as usize + BLOCK),
            high: Vec::new(),
            greatest: 0,
        };
        match source_of(key.sort.column) {
            Source::Text(field) => keys.take_ranks(store, field, key.sort.is_descending, n_rows),
            source => keys.take_values(store, source, key, n_rows),
        }
        keys
    }

    fn take_ranks(&mut self, store: &Store, field: Field, is_descending: bool, n_rows: u32) {
        let dictionary = &store.dictionaries[field as usize];
        let n_ranked = if field == Field::Severity {
            SEVERITIES.len() as u32
        } else {
            0
        };
        let greatest = dictionary.len() + n_ranked;
        self.greatest = u64::from(greatest);
        // By code, so that a row costs one look.
        let mut by_code: Vec<u32> = dictionary.ranks().iter().map(|rank| rank + n_ranked).collect();
        for (rank, word) in SEVERITIES.iter().enumerate().take(n_ranked as usize) {
            if let Some(code) = dictionary.find(word) {
                by_code[code as usize] = rank as u32;
            }
        }
        if is_descending {
            for rank in &mut by_code {
                *rank = greatest - 1 - (*rank).min(greatest - 1);
            }
        }
        if let Some(missing) = by_code.first_mut() {
            *missing = greatest;
        }
        let mut block = [0; BLOCK];
        for at in 0..(n_rows as usize).div_ceil(BLOCK) {
            store.read_codes(field, at, &mut block);
            self.low.extend(
                block
                    .iter()
                    .map(|code| by_code.get(*code as usize).copied().unwrap_or(greatest)),
            );
        }
        self.low.truncate(n_rows as usize);
    }

    fn take_values(&mut self, store: &Store, source: Source, key: SortKey, n_rows: u32) {
        let reader = Values::new(store, source, key.now.unwrap_or_default());
        let n_blocks = (n_rows as usize).div_ceil(BLOCK);
        let mut block = [0; BLOCK];
        let (mut least, mut most) = (i64::MAX, i64::MIN);
        for at in 0..n_blocks {
            reader.read_block(at, &mut block);
            for value in block {
                if value != MISSING {
                    least = least.min(value);
                    most = most.max(value);
                }
            }
        }
        if least > most {
            self.low.resize(n_rows as usize, 0);
            return;
        }
        let span = most.wrapping_sub(least) as u64;
        let divisor = if span < u64::from(u32::MAX) {
            1
        } else {
            reader.divisor(n_blocks, least)
        };
        self.greatest = span / divisor + 1;
        let is_wide = self.greatest > u64::from(u32::MAX);
        for at in 0..n_blocks {
            reader.read_block(at, &mut block);
            for value in block {
                let rank = value.wrapping_sub(least) as u64;
                let rank = if divisor == 1 { rank } else { rank / divisor };
                let key = if value == MISSING {
                    self.greatest
                } else if key.sort.is_descending {
                    self.greatest - 1 - rank
                } else {
                    rank
                };
                self.low.push(key as u32);
                if is_wide {
                    self.high.push((key >> 32) as u32);
                }
            }
        }
        self.low.truncate(n_rows as usize);
        self.high.truncate(n_rows as usize);
    }
}

/// Reads what rows sort by in a column of numbers, 64 rows at a time.
struct Values<'s> {
    store: &'s Store,
    source: Source,
    now: Time,
    /// The code of the status of what waits.
    pending: u32,
    /// Sums of impacts, by code.
    sums: Vec<i64>,
}

impl<'s> Values<'s> {
    fn new(store: &'s Store, source: Source, now: Time) -> Self {
        let impacts = &store.dictionaries[Field::Impact as usize];
        let sums = if source == Source::Impact {
            (0..=impacts.len())
                .map(|code| {
                    let impact = impacts.get(code).map(fields::read_impact);
                    impact.and_then(Impact::sum).unwrap_or(MISSING)
                })
                .collect()
        } else {
            Vec::new()
        };
        Self {
            store,
            source,
            now,
            pending: store.dictionaries[Field::Status as usize]
                .find(PENDING)
                .unwrap_or(u32::MAX),
            sums,
        }
    }

    fn read_block(&self, at: usize, block: &mut [i64; BLOCK]) {
        let (mut from, mut codes) = ([0; BLOCK], [0; BLOCK]);
        let mut subtract = |start: Whole, end: Whole, is_open: &dyn Fn(u32) -> bool| {
            let (starts, ends) = (
                &self.store.wholes[start as usize],
                &self.store.wholes[end as usize],
            );
            starts.read_block(at, &mut from);
            ends.read_block(at, block);
            self.store.read_codes(Field::Status, at, &mut codes);
            for index in 0..BLOCK {
                let until = match block[index] {
                    MISSING if is_open(codes[index]) => self.now.0,
                    MISSING => MISSING,
                    end => end * ends.scale(),
                };
                block[index] = if until == MISSING || from[index] == MISSING {
                    MISSING
                } else {
                    until
                        .saturating_sub(from[index] * starts.scale())
                        .max(MISSING + 1)
                };
            }
        };
        match self.source {
            Source::Whole(whole) => self.store.wholes[whole as usize].read_block(at, block),
            Source::Waiting => subtract(Whole::Created, Whole::Decided, &|status| status == self.pending),
            Source::Duration => subtract(Whole::Started, Whole::Ended, &|_| true),
            Source::Impact => {
                self.store.read_codes(Field::Impact, at, &mut codes);
                for (to, code) in block.iter_mut().zip(&codes) {
                    *to = self.sums.get(*code as usize).copied().unwrap_or(MISSING);
                }
            }
            Source::Text(_) => block.fill(MISSING),
        }
    }

    /// A number of microseconds that divides the distance of every value from the least: most times have whole seconds
    /// or milliseconds.
    fn divisor(&self, n_blocks: usize, least: i64) -> u64 {
        let mut block = [0; BLOCK];
        let mut divisor = 1_000_000;
        for at in 0..n_blocks {
            self.read_block(at, &mut block);
            for value in block {
                let distance = value.wrapping_sub(least) as u64;
                while value != MISSING && divisor > 1 && !distance.is_multiple_of(divisor) {
                    divisor /= 1_000;
                }
            }
            if divisor == 1 {
                break;
            }
        }
        divisor
    }
}
