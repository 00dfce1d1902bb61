//! The arithmetic of scrolling: browsers cap an element's height near 17 million pixels, a million rows need twice that.
//! Up to the cap the scrollbar is the truth; above it, a small movement moves the rows one to one, a big one maps the
//! scrollbar's place to the rows', and after coming to rest the scrollbar is put where the rows are.

use std::cell::Cell;

use crate::ui::kit::dom::El;

/// Height of the spacer, at most, in CSS pixels.
const MAX_HEIGHT: f64 = 8_000_000.0;
/// A movement up to this is followed one to one, in CSS pixels.
const SMALL_STEP: f64 = 2_000.0;

/// A number held between two. The one of std prints the two where they are in the wrong order, and the printing of floats is
/// twenty kilobytes.
fn held(value: f64, least: f64, most: f64) -> f64 {
    value.max(least).min(most)
}

/// Where the rows are.
#[derive(Default)]
pub(super) struct Scroller {
    n_rows: Cell<usize>,
    row_height: Cell<f64>,
    view_height: Cell<f64>,
    /// The first pixel of the rows that is in sight.
    top: Cell<f64>,
    /// The scrollbar's place at the last event.
    bar: Cell<f64>,
}

impl Scroller {
    pub(super) fn measure(&self, n_rows: usize, row_height: f64, view_height: f64) {
        self.n_rows.set(n_rows);
        self.row_height.set(row_height);
        self.view_height.set(view_height);
        self.top.set(held(self.top.get(), 0.0, self.max_top()));
    }

    fn height(&self) -> f64 {
        self.n_rows.get() as f64 * self.row_height.get()
    }

    fn max_top(&self) -> f64 {
        (self.height() - self.view_height.get()).max(0.0)
    }

    fn max_bar(&self) -> f64 {
        (self.spacer_height() as f64 - self.view_height.get()).max(0.0)
    }

    fn is_capped(&self) -> bool {
        self.height() > MAX_HEIGHT
    }

    /// What the spacer's height has to be, in whole CSS pixels.
    pub(super) fn spacer_height(&self) -> i64 {
        self.height().min(MAX_HEIGHT).round() as i64
    }

    /// The first pixel of the rows that is in sight.
    pub(super) fn top(&self) -> f64 {
        self.top.get()
    }

    /// How far the rows' own place differs from the scrollbar's: rows are drawn so much higher. It stays the same while the
    /// scrollbar is followed one to one, so that the browser moves what is drawn without drawing it again.
    pub(super) fn offset(&self) -> f64 {
        if self.is_capped() {
            self.top.get() - self.bar.get()
        } else {
            0.0
        }
    }

    pub(super) fn rows_in_sight(&self) -> usize {
        (self.view_height.get() / self.row_height.get().max(1.0)) as usize
    }

    pub(super) fn is_at_start(&self) -> bool {
        self.top.get() <= 0.0 && self.bar.get() <= 0.0
    }

    pub(super) fn to_start(&self) {
        self.top.set(0.0);
        self.bar.set(0.0);
    }

    /// The scrollbar has moved.
    pub(super) fn scrolled(&self, bar: f64) {
        let step = bar - self.bar.get();
        self.bar.set(bar);
        if !self.is_capped() {
            self.top.set(bar.min(self.max_top()));
        } else if bar <= 0.0 {
            self.top.set(0.0);
        } else if bar >= self.max_bar() - 1.0 {
            self.top.set(self.max_top());
        } else if step.abs() <= SMALL_STEP {
            self.top.set(held(self.top.get() + step, 0.0, self.max_top()));
        } else {
            self.top.set(self.mapped(bar, self.max_bar(), self.max_top()));
        }
    }

    fn mapped(&self, value: f64, from: f64, to: f64) -> f64 {
        if from > 0.0 {
            held(value / from * to, 0.0, to)
        } else {
            0.0
        }
    }

    /// Puts the scrollbar where the rows are.
    pub(super) fn settle(&self, root: &El) {
        if self.is_capped() {
            let bar = self
                .mapped(self.top.get(), self.max_top(), self.max_bar())
                .round();
            // At the very ends only the very ends of the rows may lie, or the rest could not be reached.
            let bar = if self.top.get() <= 0.0 {
                0.0
            } else if self.top.get() >= self.max_top() {
                self.max_bar()
            } else {
                held(bar, 1.0, (self.max_bar() - 2.0).max(1.0))
            };
            self.put_bar(root, bar);
        }
    }

    fn put_bar(&self, root: &El, bar: f64) {
        if (f64::from(root.0.scroll_top()) - bar).abs() >= 1.0 {
            self.bar.set(bar);
            root.0.set_scroll_top(bar as i32);
            self.bar.set(f64::from(root.0.scroll_top()));
        }
    }

    /// Scrolls as little as brings a row into sight.
    pub(super) fn reveal(&self, root: &El, position: usize) {
        let start = position as f64 * self.row_height.get();
        let end = start + self.row_height.get();
        let top = self.top.get();
        let next = if start < top {
            start
        } else if end > top + self.view_height.get() {
            end - self.view_height.get()
        } else {
            return;
        };
        let next = held(next, 0.0, self.max_top());
        self.top.set(next);
        let bar = if self.is_capped() {
            self.mapped(next, self.max_top(), self.max_bar()).round()
        } else {
            next
        };
        self.put_bar(root, bar);
        self.top.set(next);
    }
}
