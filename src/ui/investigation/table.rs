//! One table for every tab: draws the rows in sight, sorts by its heads, follows the ARIA grid pattern with the focus on rows,
//! exports what it shows.

use std::cell::{Cell as Slot, RefCell};
use std::rc::Rc;

use action_center_core::domain::order::sort_by;
use action_center_core::export::Csv;
use wasm_bindgen::JsCast;

use super::tables::{FLEXIBLE, Key, Tab, cell};
use super::{Page, detail_now};
use crate::ui::grid::zone_mark;
use crate::ui::kit::dom::{El, at_end, div, effect, el, soon, span};
use crate::ui::kit::parts::{self, button, focused_in, icon, is_typing, small_icon};
use crate::ui::state::{Field, Left};
use crate::ui::tasks::{investigation, place};

/// Rows drawn above and below what is in sight.
const OVERSCAN: usize = 8;
/// Rows drawn before there is a height to go by: more than fit on a screen.
const FIRST_ROWS: usize = 60;

/// A row in the document: where it stands, its element, its box where it can be selected.
struct Drawn {
    position: usize,
    element: El,
    checkbox: Option<El>,
}

/// The table of a tab.
pub(super) struct Table {
    page: Rc<Page>,
    tab: Tab,
    root: El,
    body: El,
    /// Rows of the investigation's list, as they are shown.
    order: RefCell<Vec<u32>>,
    drawn: RefCell<Vec<Drawn>>,
    focused: Slot<usize>,
    /// The column that it is sorted by, and whether from the end; none is the backend's order.
    sort: Field<Option<(usize, bool)>>,
    n_rows: Field<usize>,
}

/// The actions that wait, as a part of another tab.
pub(super) fn rows_below(page: &Rc<Page>) -> El {
    let table = new_table(page, Tab::Pending, "grid grid--flow investigation__below");
    follow(&table);
    listen(&table);
    table.root.clone()
}

fn new_table(page: &Rc<Page>, tab: Tab, class: &str) -> Rc<Table> {
    let root = div(class).attr("role", "grid").attr("aria-label", &tab.title());
    let body = div("grid__spacer investigation__rows").attr("role", "rowgroup");
    let table = Rc::new(Table {
        page: page.clone(),
        tab,
        root: root.clone(),
        body: body.clone(),
        order: RefCell::default(),
        drawn: RefCell::default(),
        focused: Slot::new(0),
        sort: Field::default(),
        n_rows: Field::default(),
    });
    root.append(&head(&table));
    root.append(&body);
    table
}

/// The table of a tab under its bar.
pub(super) fn table(page: &Rc<Page>, tab: Tab) -> El {
    let table = new_table(page, tab, "grid");
    let root = table.root.clone();
    let left = table.left();
    follow(&table);
    listen(&table);
    keep(&table, left);
    let exported = table.clone();
    let bar = div("chip-bar investigation__bar");
    if tab == Tab::Evidence {
        bar.append(&super::evidence_filters(page));
    }
    let empty = table.clone();
    let name = tab.title();
    bar.append(&span("push hint").text_of(move || {
        let mut text = empty
            .n_rows
            .with(|n_rows| crate::ui::words::counted(*n_rows, "row", "rows"));
        text.push_str(" · ");
        text.push_str(&name);
        text
    }));
    bar.append(
        &button("button button--small", "")
            .child(icon("export"))
            .words("Export")
            .click(move || exported.export()),
    );
    let (is_empty, is_filtered) = (table.clone(), table);
    div("rows").child(bar).child(root).when(
        move || is_empty.n_rows.with(|n_rows| *n_rows == 0),
        move || {
            let is_all =
                is_filtered.tab != Tab::Evidence || is_filtered.page.app.place.peek().evidence.is_empty();
            el("p").class("investigation__empty").text(if is_all {
                "Nothing is here"
            } else {
                "No evidence matches these filters"
            })
        },
    )
}

fn head(table: &Rc<Table>) -> El {
    let columns = table.tab.columns();
    let mut tracks = String::new();
    let mut width = 32;
    let row = div("grid__head").attr("role", "row").attr("aria-rowindex", "1");
    if table.tab == Tab::Pending {
        tracks.push_str("36px ");
        width += 36;
        let kept = table.clone();
        let (all, some) = (table.page.clone(), table.page.clone());
        row.append(
            &div("grid__cell")
                .attr("role", "columnheader")
                .attr("data-column", "select")
                .child(
                    el("input")
                        .attr("type", "checkbox")
                        .class("checkbox")
                        .attr("aria-label", "Select all matching")
                        .put_of("checked", move || {
                            let n_selected = all.selected().len();
                            n_selected > 0 && n_selected == all.n_pending()
                        })
                        .put_of("indeterminate", move || {
                            let n_selected = some.selected().len();
                            n_selected > 0 && n_selected < some.n_pending()
                        })
                        .on("change", move |_| kept.page.toggle_all()),
                ),
        );
    }
    for (index, (title, column_width)) in columns.iter().enumerate() {
        width += i32::from(*column_width);
        let is_flexible = *column_width == FLEXIBLE;
        tracks.push_str(if is_flexible { "minmax(" } else { "" });
        tracks.push_str(&column_width.to_string());
        tracks.push_str(if is_flexible { "px,1fr) " } else { "px " });
        let (kept, sorted) = (table.clone(), table.clone());
        let sorter = button("grid__sort", title);
        if table.tab.is_time(index) {
            sorter.append(&zone_mark(table.page.app));
        }
        let class = if table.tab.is_number(index) {
            "grid__cell grid__cell--end"
        } else {
            "grid__cell"
        };
        row.append(
            &div(class)
                .attr("role", "columnheader")
                .attr_of("aria-sort", move || {
                    let sort = sorted.sort.get().filter(|(column, _)| *column == index);
                    Some(
                        match sort {
                            None => "none",
                            Some((_, false)) => "ascending",
                            Some((_, true)) => "descending",
                        }
                        .to_owned(),
                    )
                })
                .child(
                    sorter
                        .child(small_icon("arrow-up"))
                        .click(move || kept.sort_by(index)),
                ),
        );
    }
    table.root.set_style("--grid-columns", &tracks);
    let mut width = width.to_string();
    width.push_str("px");
    table.root.set_style("--grid-width", &width);
    row
}

fn follow(table: &Rc<Table>) {
    let app = table.page.app;
    let kept = table.clone();
    effect(move || {
        let sort = app.place.with(|place| kept.tab.sort_in(place));
        kept.sort.set(sort);
    });
    let kept = table.clone();
    effect(move || {
        app.investigation.with(|_| ());
        kept.page.narrowing.with(|_| ());
        kept.sort.with(|_| ());
        kept.arrange();
    });
    at_end(move || investigation::put_order(app, Vec::new()));
    let kept = table.clone();
    effect(move || {
        app.clock.with(|_| ());
        app.zone.with(|_| ());
        app.decided.track();
        kept.redraw();
    });
    let kept = table.clone();
    effect(move || {
        app.place.with(|_| ());
        kept.page.selected.with(|_| ());
        kept.mark();
    });
    let kept = table.clone();
    let observer = wasm_bindgen::closure::Closure::<dyn Fn()>::new(move || kept.draw());
    if let Ok(resize) = web_sys::ResizeObserver::new(observer.as_ref().unchecked_ref()) {
        resize.observe(&table.root.0);
        at_end(move || {
            resize.disconnect();
            drop(observer);
        });
    }
}

fn listen(table: &Rc<Table>) {
    let kept = table.clone();
    let root = table.root.clone().on("scroll", move |_| kept.draw());
    let kept = table.clone();
    let root = root.on("focusin", move |event| {
        if let Some(position) = kept.position_of(&event) {
            kept.focused.set(position);
            kept.mark();
        }
    });
    let kept = table.clone();
    let root = root.on("keydown", move |event| kept.key(event.unchecked_ref()));
    // Rows come and go while one scrolls; who listens for them stays.
    let kept = table.clone();
    let root = root.on("click", move |event| {
        let is_own = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .is_some_and(|target| target.closest("input, a").is_ok_and(|own| own.is_some()));
        if let Some(id) = kept.id_of(&event).filter(|_| !is_own) {
            place::open_action(kept.page.app, Some(id));
        }
    });
    let kept = table.clone();
    let _root = root.on("change", move |event| {
        if let Some(id) = kept.id_of(&event) {
            super::toggle(&kept.page.selected, &id);
        }
    });
}

/// Puts what scrolls in a tab without a table back to where it was left, and keeps where it is left from now on.
pub(super) fn keep_top(page: &Rc<Page>, scroller: &El, tab: Tab) {
    let left = page.left(tab, "");
    if let Some(left) = left {
        let scroller = scroller.clone();
        soon(move || scroller.0.set_scroll_top(left.top));
    }
    let (page, kept) = (page.clone(), scroller.clone());
    let _root = scroller.clone().on("scroll", move |_| {
        let left = Left {
            tab: tab.word(),
            top: kept.0.scroll_top(),
            ..Left::default()
        };
        investigation::leave(&page.kept.borrow(), left);
    });
}

/// Puts the table back to how it was left, and keeps how it is left from now on.
fn keep(table: &Rc<Table>, left: Option<Left>) {
    if let Some(left) = left {
        table
            .focused
            .set(left.focused.min(table.order.borrow().len().saturating_sub(1)));
        // It can be scrolled once it is in the document.
        let root = table.root.clone();
        soon(move || root.0.set_scroll_top(left.top));
    }
    let (scrolled, focused) = (table.clone(), table.clone());
    let root = table.root.clone().on("scroll", move |_| scrolled.leave());
    let _root = root.on("focusin", move |_| focused.leave());
}

impl Table {
    /// How it was left, where it was sorted as now.
    fn left(&self) -> Option<Left> {
        let sort = self.tab.sort_word(self.tab.sort_in(&self.page.app.place.peek()));
        self.page.left(self.tab, &sort)
    }

    fn leave(&self) {
        let left = Left {
            tab: self.tab.word(),
            sort: self.tab.sort_word(*self.sort.peek()),
            top: self.root.0.scroll_top(),
            focused: self.focused.get(),
        };
        investigation::leave(&self.page.kept.borrow(), left);
    }

    /// Puts the rows that pass the filters in their order.
    fn arrange(&self) {
        let Some(detail) = detail_now(self.page.app) else {
            return;
        };
        let mut rows: Vec<u32> = (0..self.tab.n_rows(&detail) as u32)
            .filter(|row| self.page.shows(&detail, self.tab, *row as usize))
            .collect();
        if let Some((column, is_descending)) = *self.sort.peek() {
            let mut keyed: Vec<(Key, u32)> = rows
                .into_iter()
                .map(|row| {
                    (
                        cell(self.page.app, &detail, self.tab, row as usize, column).key(),
                        row,
                    )
                })
                .collect();
            sort_by(&mut keyed, |(left, left_row), (right, right_row)| {
                let order = left.cmp(right);
                let order = if is_descending && left.0 == right.0 {
                    order.reverse()
                } else {
                    order
                };
                order.then(left_row.cmp(right_row))
            });
            rows = keyed.into_iter().map(|(_, row)| row).collect();
        }
        if self.tab.is_of_actions() {
            let id = |row: &u32| detail.actions.get(*row as usize).map(|action| action.id.clone());
            investigation::put_order(self.page.app, rows.iter().filter_map(id).collect());
        }
        let n_rows = rows.len();
        self.order.replace(rows);
        self.body.set_style("--rows", &n_rows.to_string());
        self.root.set("aria-rowcount", Some(&(n_rows + 1).to_string()));
        self.focused.set(self.focused.get().min(n_rows.saturating_sub(1)));
        self.n_rows.set(n_rows);
        self.redraw();
    }

    fn sort_by(&self, column: usize) {
        let next = match *self.sort.peek() {
            Some((now, false)) if now == column => Some((column, true)),
            Some((now, true)) if now == column => None,
            _ => Some((column, false)),
        };
        let is_default = next == self.tab.default_sort();
        let sort = self.tab.sort_word(next);
        place::sort_tab(
            self.page.app,
            self.tab.word(),
            (!is_default).then_some(sort.as_str()),
        );
    }

    /// Draws the content of every row again; the rows themselves stay, and with them the focus.
    fn redraw(&self) {
        let n_rows = self.order.borrow().len();
        self.drawn.borrow_mut().retain(|drawn| {
            let is_there = drawn.position < n_rows;
            if !is_there {
                drawn.element.0.remove();
            }
            is_there
        });
        self.draw();
        let active = focused_in(&self.page.app.root);
        let mut had_focus = None;
        for drawn in self.drawn.borrow_mut().iter_mut() {
            if active
                .as_ref()
                .is_some_and(|active| drawn.element.0.contains(Some(&active.0)))
            {
                had_focus = Some(drawn.element.clone());
            }
            self.fill(drawn);
        }
        if let Some(row) = had_focus.filter(|_| focused_in(&self.page.app.root).is_none()) {
            row.focus();
        }
        self.mark();
    }

    /// Brings the rows in the document in line with what is in sight.
    fn draw(&self) {
        let n_rows = self.order.borrow().len();
        let height = self.body.0.get_bounding_client_rect().height() / n_rows.max(1) as f64;
        let view = f64::from(self.root.0.client_height());
        let (first, last) = if height < 1.0 || view < 1.0 {
            (0, FIRST_ROWS)
        } else {
            let top = f64::from(self.root.0.scroll_top());
            (
                ((top / height) as usize).saturating_sub(OVERSCAN),
                ((top + view) / height) as usize + OVERSCAN,
            )
        };
        let focused = self.focused.get();
        let is_wanted =
            |position: usize| position < n_rows && ((first..last).contains(&position) || position == focused);
        let mut drawn = self.drawn.borrow_mut();
        drawn.retain(|row| {
            let is_kept = is_wanted(row.position);
            if !is_kept {
                row.element.0.remove();
            }
            is_kept
        });
        let mut wanted: Vec<usize> = (first..last.min(n_rows)).collect();
        wanted.push(focused);
        let mut is_new = false;
        for position in wanted {
            let at = drawn.partition_point(|row| row.position < position);
            if !is_wanted(position) || drawn.get(at).is_some_and(|row| row.position == position) {
                continue;
            }
            let mut row = self.new_row(position);
            self.fill(&mut row);
            let next = drawn.get(at).map(|next| next.element.0.as_ref());
            let _added = self.body.0.insert_before(&row.element.0, next);
            drawn.insert(at, row);
            is_new = true;
        }
        drop(drawn);
        if is_new {
            self.mark();
        }
    }

    fn new_row(&self, position: usize) -> Drawn {
        let element = div("grid__row")
            .attr("role", "row")
            .attr("aria-rowindex", &(position + 2).to_string())
            .style("--row", &position.to_string());
        Drawn {
            position,
            element,
            checkbox: None,
        }
    }

    /// Draws the content of a row.
    fn fill(&self, row: &mut Drawn) {
        let app = self.page.app;
        let Some(detail) = detail_now(app) else {
            return;
        };
        let Some(index) = self.order.borrow().get(row.position).map(|index| *index as usize) else {
            return;
        };
        row.element.clear();
        let action = detail.actions.get(index).filter(|_| self.tab.is_of_actions());
        row.element
            .set("data-id", action.map(|action| action.id.as_str()));
        if self.tab == Tab::Pending {
            row.checkbox = action.map(Page::checkbox);
            row.element.append(
                &div("grid__cell")
                    .attr("role", "gridcell")
                    .attr("data-column", "select")
                    .children(row.checkbox.clone()),
            );
        }
        let now = app.now();
        for column in 0..self.tab.columns().len() {
            let value = cell(app, &detail, self.tab, index, column);
            let class = if self.tab.is_number(column) {
                "grid__cell investigation__number"
            } else {
                "grid__cell"
            };
            row.element
                .append(&div(class).attr("role", "gridcell").child(value.draw(app, now)));
        }
    }

    /// Says which rows are selected, open, and next for the keyboard.
    fn mark(&self) {
        let open = self.page.app.place.peek().action.clone();
        let selected = self.page.selected.peek();
        for row in self.drawn.borrow().iter() {
            let id = row.element.0.get_attribute("data-id");
            row.element.set(
                "tabindex",
                Some(if row.position == self.focused.get() {
                    "0"
                } else {
                    "-1"
                }),
            );
            row.element
                .set("data-open", (id.is_some() && open == id).then_some(""));
            if let Some(checkbox) = &row.checkbox {
                let is_selected = id.is_some_and(|id| selected.contains(&id));
                checkbox.put("checked", &is_selected.into());
                row.element
                    .set("aria-selected", Some(if is_selected { "true" } else { "false" }));
            }
        }
    }

    fn position_of(&self, event: &web_sys::Event) -> Option<usize> {
        let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
        self.drawn
            .borrow()
            .iter()
            .find(|row| row.element.0.contains(Some(&target)))
            .map(|row| row.position)
    }

    /// The action of the row that an event is about; the head and rows of other things have none.
    fn id_of(&self, event: &web_sys::Event) -> Option<String> {
        let position = self.position_of(event)?;
        let drawn = self.drawn.borrow();
        let row = drawn.iter().find(|row| row.position == position)?;
        row.element.0.get_attribute("data-id")
    }

    fn key(&self, event: &web_sys::KeyboardEvent) {
        let Some(now) = self.position_of(event) else {
            return;
        };
        if event.ctrl_key() || event.meta_key() || event.alt_key() || is_typing(event) {
            return;
        }
        self.focused.set(now);
        let n_rows = self.order.borrow().len();
        let id = self.id_of(event);
        let key = event.key();
        let root = &self.page.app.root;
        let row = self.element_at(now);
        let next = match key.as_str() {
            "ArrowRight" | "ArrowLeft" if !event.shift_key() => {
                event.prevent_default();
                if let Some(row) = row {
                    parts::walk_cells(root, &row, key == "ArrowRight");
                }
                return;
            }
            "ArrowDown" | "j" => now + 1,
            "ArrowUp" | "k" => now.saturating_sub(1),
            "PageDown" => now + 10,
            "PageUp" => now.saturating_sub(10),
            "Home" => 0,
            "End" => n_rows,
            "Enter" if id.is_some() => {
                event.prevent_default();
                return place::open_action(self.page.app, id);
            }
            " " | "x" if self.tab == Tab::Pending => {
                event.prevent_default();
                if let Some(id) = id.filter(|_| self.is_pending_at(now)) {
                    super::toggle(&self.page.selected, &id);
                }
                return;
            }
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        let cell = row.and_then(|row| parts::focused_cell(root, &row));
        self.focus_at(next.min(n_rows.saturating_sub(1)), cell);
    }

    fn element_at(&self, position: usize) -> Option<El> {
        let drawn = self.drawn.borrow();
        let row = drawn.iter().find(|row| row.position == position);
        row.map(|row| row.element.clone())
    }

    fn is_pending_at(&self, position: usize) -> bool {
        let row = self.order.borrow().get(position).copied();
        detail_now(self.page.app)
            .zip(row)
            .and_then(|(detail, row)| detail.actions.get(row as usize).map(|action| action.is_pending()))
            .unwrap_or(false)
    }

    /// Puts the focus on a row, or on a cell of it by its place, and brings it into sight.
    fn focus_at(&self, position: usize, cell: Option<usize>) {
        self.focused.set(position);
        self.draw();
        self.mark();
        if let Some(row) = self.element_at(position) {
            // The browser brings it into sight, below the head as `scroll-margin` says.
            parts::focus_cell(&row, cell);
        }
    }

    /// What is shown, as a file.
    fn export(&self) {
        let app = self.page.app;
        let Some(detail) = detail_now(app) else {
            return;
        };
        let mut csv = Csv::new(true);
        let columns = self.tab.columns();
        let titles: Vec<&str> = columns.iter().map(|(title, _)| *title).collect();
        csv.header(&titles);
        let order = self.order.borrow();
        for row in order.iter() {
            for column in 0..columns.len() {
                cell(app, &detail, self.tab, *row as usize, column).write(&mut csv);
            }
            csv.end_row();
        }
        investigation::save(app, &mut csv, self.tab.word(), order.len());
    }
}
