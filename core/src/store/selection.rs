//! Which rows are selected and which changed under the user: sets of row numbers, so they survive sorting, filtering and upserts.
//! A removed row is in neither.

use super::Store;
use super::bitmap::Bitmap;
use super::fields::{Source, source_of};
use crate::domain::action::Impact;
use crate::domain::column::Column;
use crate::domain::order::sort_by;

impl Store {
    /// Selects a row, or takes it out of the selection.
    pub fn select(&mut self, row: u32, is_selected: bool) {
        if self.living.has(row) {
            self.selected.set(row, is_selected);
        }
    }

    /// Selects the visible rows between two places, both included, or takes them out.
    pub fn select_range(&mut self, first: usize, last: usize, is_selected: bool) {
        let (first, last) = (first.min(last), first.max(last));
        for place in first..=last {
            let Some(row) = self.order().get(place).copied() else {
                break;
            };
            self.select(row, is_selected);
        }
    }

    /// Selects every visible row beside those that are selected already.
    pub fn select_all_matching(&mut self) {
        let mut rows = self.matching().clone();
        rows.intersect(&self.living);
        self.selected.unite(&rows);
    }

    /// Selects nothing.
    pub fn clear_selection(&mut self) {
        self.selected.clear();
    }

    /// Whether a row is selected.
    #[must_use]
    pub fn is_selected(&self, row: u32) -> bool {
        self.selected.has(row)
    }

    /// How many rows are selected, visible or not.
    #[must_use]
    pub fn n_selected(&self) -> usize {
        self.selected.count()
    }

    /// How many of the visible rows are selected.
    #[must_use]
    pub fn n_selected_matching(&self) -> usize {
        let mut rows = self.selected.clone();
        rows.intersect(self.matching());
        rows.count()
    }

    /// The selected rows, by number.
    #[must_use]
    pub fn selected(&self) -> &Bitmap {
        &self.selected
    }

    /// The selected rows: the visible ones in their order, then the others by number.
    #[must_use]
    pub fn selected_in_order(&self) -> Vec<u32> {
        let mut rows: Vec<u32> = self
            .order()
            .iter()
            .copied()
            .filter(|row| self.selected.has(*row))
            .collect();
        rows.extend(self.selected.iter().filter(|row| !self.is_visible(*row)));
        rows
    }

    /// Counts some rows by a column of text: the most frequent value first, then by code point; missing ones under the empty text.
    #[must_use]
    pub fn tally(&self, rows: &Bitmap, column: Column) -> Vec<(String, usize)> {
        let Source::Text(field) = source_of(column) else {
            return Vec::new();
        };
        let dictionary = &self.dictionaries[field as usize];
        let mut counts = self.histogram(field, rows);
        if let Some(empty) = dictionary.find("") {
            counts[0] += std::mem::take(&mut counts[empty as usize]);
        }
        let mut listed: Vec<(String, usize)> = counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
            .map(|(code, count)| {
                (
                    dictionary.get(code as u32).unwrap_or_default().to_owned(),
                    *count as usize,
                )
            })
            .collect();
        sort_by(&mut listed, |left, right| {
            right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0))
        });
        listed
    }

    /// How much the actions of some rows touch together, by kind; none where no action says.
    #[must_use]
    pub fn impact_sum(&self, rows: &Bitmap) -> Impact {
        let add = |sum: &mut Option<i64>, part: Option<i64>| {
            if let Some(part) = part {
                *sum = Some(sum.unwrap_or(0).saturating_add(part));
            }
        };
        let mut sum = Impact::default();
        for row in rows.iter() {
            if let Some(impact) = self.impact(row) {
                add(&mut sum.devices, impact.devices);
                add(&mut sum.users, impact.users);
                add(&mut sum.mailboxes, impact.mailboxes);
                add(&mut sum.messages, impact.messages);
            }
        }
        sum
    }

    /// Marks a row as changed under the user, or takes the mark away.
    pub fn mark_changed(&mut self, row: u32, is_changed: bool) {
        self.changed.set(row, is_changed);
    }

    /// Whether a row is marked as changed.
    #[must_use]
    pub fn is_changed(&self, row: u32) -> bool {
        self.changed.has(row)
    }

    /// The rows that are marked as changed, by number.
    #[must_use]
    pub fn changed(&self) -> &Bitmap {
        &self.changed
    }

    /// Takes all marks away.
    pub fn clear_changed(&mut self) {
        self.changed.clear();
    }
}
