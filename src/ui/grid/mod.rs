//! The table: draws only the rows in sight, reaches every row of a million, follows the ARIA grid pattern with the focus on rows.
//! Knows rows through the store, columns through the registry; the same grid serves actions and investigations.

mod cells;
mod head;
mod scroll;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use action_center_core::domain::column::{Column, Kind};
use action_center_core::domain::order::sort_by;
use action_center_core::domain::query::View;
use action_center_core::domain::time::{Time, push_number};
use wasm_bindgen::JsCast;

use super::kit::dom::{El, at_end, div, effect, el};
use super::kit::draft::Draft;
use super::kit::parts::{self, is_typing};
use super::state::{App, Phase};
use super::tasks::{keep, later, place, select};
use super::words;
pub(crate) use head::zone_mark;
use scroll::Scroller;

/// Rows drawn above and below what is in sight.
const OVERSCAN: usize = 10;

/// What a cell keeps free at its sides, in CSS pixels.
const CELL_PADDING: u16 = 16;
/// Rows of this height and more are cards, in CSS pixels.
const CARD_HEIGHT: f64 = 60.0;

/// One row's element, used again and again.
struct Slot {
    element: El,
    checkbox: El,
    /// What was last drawn into it.
    draft: RefCell<Draft>,
    /// The position that it shows.
    position: Cell<Option<usize>>,
    /// The store's row that it shows.
    row: Cell<u32>,
    /// What its content was drawn from; differs when it has to be drawn again.
    drawn: Cell<u64>,
    /// Where it stands in the layer, in CSS pixels.
    y: Cell<i64>,
    /// What its attributes say: they are set only when they change.
    said: Cell<Option<Said>>,
}

/// What a row's attributes say.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Said {
    position: usize,
    is_selected: bool,
    is_focused: bool,
    is_open: bool,
}

struct Grid {
    app: App,
    root: El,
    layer: El,
    spacer: El,
    scroller: Scroller,
    slots: RefCell<Vec<Rc<Slot>>>,
    columns: RefCell<Vec<Column>>,
    /// The widths of columns at least, in CSS pixels.
    widths: RefCell<Vec<u16>>,
    /// Rises when all content has to be drawn again.
    revision: Cell<u64>,
    /// The position of the focused row, kept while the order changes.
    focused_position: Cell<usize>,
    /// Where a range selection starts.
    anchor: Cell<Option<usize>>,
    idle_timer: Cell<i32>,
    /// Whether it will be drawn before the next frame.
    is_draw_due: Cell<bool>,
    /// Whether a frame was asked for, for that and for what is left after it. Nobody gives frames to a page out of sight, and
    /// what waits for them must not pile up there.
    is_frame_due: Cell<bool>,
    is_rest_due: Cell<bool>,
    /// As of the last measurement, in CSS pixels: reading them lays the page out.
    row_height: Cell<f64>,
    view_height: Cell<f64>,
    spacer_height: Cell<i64>,
    /// Size of the rows' font, in CSS pixels.
    font_size: Cell<u32>,
}

/// The table of the view that is open.
pub(crate) fn grid(app: App) -> El {
    let root = el("div")
        .attr("role", "grid")
        .class("grid grid--cards")
        .attr_of("aria-label", move || {
            Some(words::grid_name(app.view()).to_owned())
        })
        .attr_of("aria-rowcount", move || {
            app.rows.track();
            app.place.with(|_| ());
            Some((app.store.borrow().order().len() + 1).to_string())
        })
        .attr("aria-multiselectable", "true")
        .flag("aria-busy", move || {
            app.load
                .with(|load| matches!(load.phase, Phase::First | Phase::Rest))
        });
    let layer = div("grid__layer").attr("role", "rowgroup");
    let spacer = div("grid__spacer").attr("aria-hidden", "true");
    root.append(&head::head(app));
    root.append(&layer);
    root.append(&spacer);
    app.grid.replace(Some(root.0.clone()));
    let grid = Rc::new(Grid {
        app,
        root: root.clone(),
        layer,
        spacer,
        scroller: Scroller::default(),
        slots: RefCell::default(),
        columns: RefCell::default(),
        widths: RefCell::default(),
        revision: Cell::new(1),
        focused_position: Cell::new(0),
        anchor: Cell::new(None),
        idle_timer: Cell::new(0),
        is_draw_due: Cell::new(false),
        is_frame_due: Cell::new(false),
        is_rest_due: Cell::new(false),
        row_height: Cell::new(36.0),
        view_height: Cell::new(0.0),
        spacer_height: Cell::new(-1),
        font_size: Cell::new(13),
    });
    let kept = Rc::downgrade(&grid);
    app.draw_grid.replace(Some(Box::new(move || {
        if let Some(grid) = kept.upgrade() {
            grid.draw();
        }
    })));
    listen(&root, &grid);
    follow(&grid);
    root
}

/// Runs drawing when something that is drawn changes.
fn follow(grid: &Rc<Grid>) {
    let app = grid.app;
    let kept = grid.clone();
    effect(move || {
        let columns = keep::shown_columns(app);
        let widths = app
            .layouts
            .with(|layouts| layouts[app.view() as usize].widths.clone());
        kept.lay_out(&columns, &widths);
        kept.columns.replace(columns);
        draw_all_soon(&kept);
    });
    let kept = grid.clone();
    effect(move || {
        app.rows.track();
        app.clock.with(|_| ());
        app.zone.with(|_| ());
        app.decided.track();
        kept.follow_focus();
        draw_all_soon(&kept);
        tidy_later(&kept);
    });
    let kept = grid.clone();
    effect(move || {
        app.selection.track();
        // Attributes alone, and only those that changed: what is selected and what the bar says of it belong together.
        if !kept.is_draw_due.get() {
            kept.draw();
        }
    });
    let kept = grid.clone();
    effect(move || {
        app.place.with(|_| ());
        app.focused.with(|_| ());
        draw_soon(&kept);
    });
    // A change of view or query starts at the top.
    let kept = grid.clone();
    let last = RefCell::new(None);
    effect(move || {
        let now = app.place.with(|place| {
            (
                place.query.view,
                place.query.range,
                place.query.sort,
                place.query.search.clone(),
                place.query.filters().to_vec(),
            )
        });
        if last.borrow().as_ref() != Some(&now) {
            last.replace(Some(now));
            if !kept.scroller.is_at_start() {
                kept.root.0.set_scroll_top(0);
                kept.scroller.to_start();
            }
            draw_soon(&kept);
        }
    });
    let kept = grid.clone();
    let observer = wasm_bindgen::closure::Closure::<dyn Fn()>::new(move || {
        kept.measure();
        kept.draw_rows(false);
        draw_rest(&kept);
    });
    if let Ok(resize) = web_sys::ResizeObserver::new(observer.as_ref().unchecked_ref()) {
        resize.observe(&grid.root.0);
        at_end(move || {
            resize.disconnect();
            drop(observer);
        });
    }
}

impl Slot {
    /// Moves the row, in CSS pixels from the top of the layer.
    fn place_at(&self, y: i64) {
        if self.y.replace(y) != y {
            let mut transform = String::from("translateY(");
            push_number(&mut transform, y);
            transform.push_str("px)");
            self.element.set_style("transform", &transform);
        }
    }

    /// Hides the row. It stays laid out, since it is wanted again soon.
    fn veil(&self) {
        if self.said.take().is_some() {
            self.element.set_style("visibility", "hidden");
            self.element.set("tabindex", Some("-1"));
        }
    }

    fn say(&self, now: Said) {
        // The box is set each time: a click has changed it before anybody was asked.
        self.checkbox.put("checked", &now.is_selected.into());
        let before = self.said.replace(Some(now));
        if before == Some(now) {
            return;
        }
        if before.is_none() {
            self.element.set_style("visibility", "visible");
        }
        let mut index = String::new();
        push_number(&mut index, now.position as i64 + 2);
        self.element.set("aria-rowindex", Some(&index));
        self.element.set(
            "aria-selected",
            Some(if now.is_selected { "true" } else { "false" }),
        );
        self.element
            .set("tabindex", Some(if now.is_focused { "0" } else { "-1" }));
        self.element.set("data-open", now.is_open.then_some(""));
    }
}

/// A page that nobody sees gets no frames: then it is drawn after so many milliseconds.
const UNSEEN_MILLIS: i32 = 100;

/// Draws before the next frame, however often it is asked for until then.
fn draw_soon(grid: &Rc<Grid>) {
    if !grid.is_draw_due.replace(true) {
        if !grid.is_frame_due.replace(true) {
            let kept = grid.clone();
            later::next_frame(Box::new(move || {
                kept.is_frame_due.set(false);
                if kept.is_draw_due.get() {
                    kept.draw_rows(false);
                    draw_rest(&kept);
                }
            }));
        }
        let kept = grid.clone();
        later::after(UNSEEN_MILLIS, move || {
            if kept.is_draw_due.get() {
                kept.draw();
            }
        });
    }
}

/// Draws the rows about to come into sight once those in sight are on the screen: a new query shows twice as soon.
fn draw_rest(grid: &Rc<Grid>) {
    if grid.is_rest_due.replace(true) {
        return;
    }
    let kept = grid.clone();
    later::next_frame(Box::new(move || {
        later::next_frame(Box::new(move || {
            kept.is_rest_due.set(false);
            kept.draw();
        }));
    }));
}

/// Draws after a movement from `before`, in CSS pixels of the rows. After a jump nothing of what is in sight was drawn ahead.
fn draw_moved(grid: &Rc<Grid>, before: f64) {
    let moved = (grid.scroller.top() - before).abs();
    let is_jump = moved >= grid.view_height.get();
    // The event that the browser sends for a movement of our own comes when it has been drawn.
    let is_known = moved <= 0.0 && grid.is_rest_due.get();
    grid.draw_rows(!is_jump && !is_known);
    if is_jump {
        draw_rest(grid);
    }
}

/// Draws all content again before the next frame.
fn draw_all_soon(grid: &Rc<Grid>) {
    grid.revision.set(grid.revision.get() + 1);
    draw_soon(grid);
}

impl Grid {
    fn n_rows(&self) -> usize {
        self.app.store.borrow().order().len()
    }

    fn measure(&self) {
        let style =
            web_sys::window().and_then(|window| window.get_computed_style(&self.root.0).ok().flatten());
        let pixels = |property: &str| {
            let value = style.as_ref()?.get_property_value(property).ok()?;
            // Whole pixels: reading fractions would bring in 15 KB of tables.
            value.trim().split(['.', 'p']).next()?.parse::<u32>().ok()
        };
        let row_height = pixels("--ac-row-height").filter(|height| (16..1_000).contains(height));
        self.row_height.set(row_height.map_or(36.0, f64::from));
        self.font_size.set(pixels("font-size").unwrap_or(13).max(1));
        self.view_height.set(f64::from(self.root.0.client_height()));
    }

    fn lay_out(&self, columns: &[Column], widths: &[(Column, u16)]) {
        let mut tracks = String::from("36px");
        let mut total = 36 + 32;
        let mut least = Vec::with_capacity(columns.len());
        for column in columns {
            let chosen = widths
                .iter()
                .find(|(of, _)| of == column)
                .map(|(_, width)| *width);
            let growth = column.growth().filter(|_| chosen.is_none());
            let width = chosen.unwrap_or_else(|| column.width_in(self.app.place.peek().query.view));
            total += i32::from(width);
            least.push(width);
            tracks.push_str(if growth.is_some() { " minmax(" } else { " " });
            tracks.push_str(&width.to_string());
            tracks.push_str("px");
            if let Some(growth) = growth {
                tracks.push(',');
                tracks.push_str(growth);
                tracks.push(')');
            }
        }
        if !columns.iter().any(|column| column.growth().is_some()) {
            tracks.push_str(" 1fr");
        }
        self.root.set_style("--grid-columns", &tracks);
        let mut width = total.to_string();
        width.push_str("px");
        self.root.set_style("--grid-width", &width);
        self.widths.replace(least);
    }

    /// The room in each column at least, in thousandths of the font's size. On cards a cell is as wide as the card leaves it.
    fn room(&self) -> Vec<u32> {
        let is_card = self.row_height.get() >= CARD_HEIGHT;
        let room = |width: &u16| u32::from(width.saturating_sub(CELL_PADDING)) * 1000 / self.font_size.get();
        self.widths
            .borrow()
            .iter()
            .map(|width| if is_card { 0 } else { room(width) })
            .collect()
    }

    /// Brings the slots in line with what is in sight and what is about to be.
    fn draw(&self) {
        self.draw_rows(true);
    }

    /// Where not the whole is asked for, rows out of sight are drawn again another time.
    fn draw_rows(&self, is_whole: bool) {
        let n_rows = self.n_rows();
        self.is_draw_due.set(false);
        if self.view_height.get() <= 0.0 {
            self.measure();
        }
        let row_height = self.row_height.get();
        let view_height = self.view_height.get();
        let head_height = 32.0;
        self.scroller
            .measure(n_rows, row_height, (view_height - head_height).max(0.0));
        let spacer_height = self.scroller.spacer_height();
        if self.spacer_height.replace(spacer_height) != spacer_height {
            let mut height = String::new();
            push_number(&mut height, spacer_height);
            height.push_str("px");
            self.spacer.set_style("block-size", &height);
        }
        let top = self.scroller.top();
        let offset = self.scroller.offset();
        let in_sight = (top / row_height) as usize..((top + view_height) / row_height) as usize + 1;
        let first = in_sight.start.saturating_sub(OVERSCAN);
        let last = (in_sight.end + OVERSCAN).min(n_rows);
        let focused = self.focused_position.get();
        let mut wanted: Vec<usize> = (first..last.max(first)).collect();
        if focused < n_rows && !(first..last).contains(&focused) && self.app.focused.peek().is_some() {
            wanted.push(focused);
        }
        self.assign(&wanted);
        let store = self.app.store.borrow();
        let context = cells::Context::new(self.app, &store, &self.columns.borrow(), self.room());
        let open = self.app.place.peek();
        let open_id = if store.view() == View::Investigations {
            &open.investigation
        } else {
            &open.action
        };
        let focused_id = self.app.focused.peek();
        for slot in self.slots.borrow().iter() {
            let row = slot
                .position
                .get()
                .and_then(|position| Some((position, *store.order().get(position)?)));
            let Some((position, row)) = row else {
                slot.position.set(None);
                slot.veil();
                // Where it makes nothing longer.
                slot.place_at(0);
                continue;
            };
            let y = (position as f64 * row_height - offset).round() as i64;
            if slot.drawn.get() != self.revision.get() || slot.row.get() != row {
                if !(is_whole || in_sight.contains(&position) || position == focused) {
                    // It keeps its place and what it says, unless that is in sight now.
                    let first = top - offset - row_height;
                    if (first..first + view_height + row_height).contains(&(slot.y.get() as f64)) {
                        slot.veil();
                    }
                    continue;
                }
                slot.drawn.set(self.revision.get());
                slot.row.set(row);
                let mut draft = context.row(row);
                draft.take_over(slot.draft.take());
                slot.draft.replace(draft);
            }
            slot.place_at(y);
            let id = store.id(row);
            slot.say(Said {
                position,
                is_selected: store.is_selected(row),
                is_focused: focused_id
                    .as_deref()
                    .map_or(position == 0, |focused| focused == id),
                is_open: open_id.as_deref() == Some(id),
            });
        }
    }

    /// Gives each wanted position a slot: the one that shows it already, or one that nobody wants.
    fn assign(&self, wanted: &[usize]) {
        let mut slots = self.slots.borrow_mut();
        let is_wanted =
            |position: usize| wanted.binary_search(&position).is_ok() || wanted.last() == Some(&position);
        let mut free: VecDeque<Rc<Slot>> = VecDeque::new();
        let mut shown = Vec::new();
        for slot in slots.iter() {
            match slot.position.get().filter(|position| is_wanted(*position)) {
                Some(position) => shown.push(position),
                None => {
                    slot.position.set(None);
                    free.push_back(slot.clone());
                }
            }
        }
        for position in wanted {
            if shown.contains(position) {
                continue;
            }
            // In the order in which they stand in the document, which may then stay as it is.
            let slot = free.pop_front().unwrap_or_else(|| {
                let slot = Rc::new(new_slot());
                self.layer.append(&slot.element);
                slots.push(slot.clone());
                slot
            });
            slot.position.set(Some(*position));
        }
    }

    /// After scrolling has come to rest: rows stand in the document as they stand on screen, for those who read it in order.
    fn tidy(&self) {
        self.scroller.settle(&self.root);
        let mut slots = self.slots.borrow_mut();
        let place = |slot: &Rc<Slot>| slot.position.get().unwrap_or(usize::MAX);
        sort_by(&mut slots, |left, right| place(left).cmp(&place(right)));
        if is_in_order(&slots) {
            return;
        }
        let active = self.app.root.active_element();
        let has_focus = |slot: &Slot| {
            active
                .as_ref()
                .is_some_and(|active| slot.element.0.contains(Some(active)))
        };
        let put = |slot: &Slot, next: Option<web_sys::Node>| {
            if slot.element.0.next_sibling() != next {
                let _moved = self.layer.0.insert_before(&slot.element.0, next.as_ref());
            }
        };
        // Only what stands elsewhere moves. What moves loses the focus: the others are put around the row that has it.
        let focused_at = slots.iter().position(|slot| has_focus(slot));
        let n_before = focused_at.unwrap_or(slots.len());
        for index in (0..n_before).rev() {
            put(
                &slots[index],
                slots.get(index + 1).map(|next| next.element.0.clone().into()),
            );
        }
        for pair in slots[n_before..].windows(2) {
            let after = pair[0].element.0.next_sibling();
            if after.as_ref() != Some(pair[1].element.0.as_ref()) {
                put(&pair[1], after);
            }
        }
    }

    /// Where the focused row now is; where it has gone, the focus goes to the row that took its place.
    fn follow_focus(self: &Rc<Self>) {
        let position_of = |id: &str| {
            let store = self.app.store.borrow();
            store.row_of(id).and_then(|row| store.position_of(row))
        };
        let id = self.app.focused.peek().clone();
        let Some(id) = id else {
            // What a link has opened is where the keyboard goes on.
            let open = self.app.place.peek().action.clone();
            if let Some((open, position)) =
                open.and_then(|id| position_of(&id).map(|position| (id, position)))
            {
                self.focused_position.set(position);
                self.app.focused.set(Some(open));
                let kept = self.clone();
                let _timer = later::after(0, move || {
                    if kept.scroller.top() == 0.0 {
                        kept.scroller.reveal(&kept.root, position);
                        draw_moved(&kept, 0.0);
                    }
                });
            }
            return;
        };
        let position = position_of(&id);
        match position {
            Some(position) => self.focused_position.set(position),
            None => {
                let n_rows = self.n_rows();
                let has_focus = self.has_focus();
                if n_rows == 0 {
                    self.app.focused.set(None);
                    if has_focus {
                        self.root.set("tabindex", Some("-1"));
                        self.root.focus();
                    }
                    return;
                }
                let position = self.focused_position.get().min(n_rows - 1);
                let next = self.id_at(position);
                self.focused_position.set(position);
                self.app.focused.set(next);
                if has_focus {
                    self.focus_at(position, None);
                }
            }
        }
    }

    fn has_focus(&self) -> bool {
        self.app
            .root
            .active_element()
            .is_some_and(|active| self.root.0.contains(Some(&active)))
    }

    fn id_at(&self, position: usize) -> Option<String> {
        let store = self.app.store.borrow();
        store.order().get(position).map(|row| store.id(*row).to_owned())
    }

    /// Puts the focus on a row, or on a cell of it by its place, and brings it into sight.
    fn focus_at(self: &Rc<Self>, position: usize, cell: Option<usize>) {
        let Some(id) = self.id_at(position) else {
            return;
        };
        self.focused_position.set(position);
        self.app.focused.set(Some(id));
        let before = self.scroller.top();
        self.scroller.reveal(&self.root, position);
        draw_moved(self, before);
        let slots = self.slots.borrow();
        if let Some(slot) = slots.iter().find(|slot| slot.position.get() == Some(position)) {
            if cell.is_some() {
                return parts::focus_cell(&slot.element, cell);
            }
            let options = js_sys::Object::new();
            let _set = js_sys::Reflect::set(&options, &"preventScroll".into(), &true.into());
            let focus = js_sys::Reflect::get(&slot.element.0, &"focus".into());
            if let Ok(focus) = focus.and_then(|focus| focus.dyn_into::<js_sys::Function>()) {
                let _done = focus.call1(&slot.element.0, &options);
            }
        }
    }

    fn slot_of(&self, event: &web_sys::Event) -> Option<Rc<Slot>> {
        let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
        let slots = self.slots.borrow();
        slots
            .iter()
            .find(|slot| slot.element.0.contains(Some(&target)))
            .cloned()
    }

    fn position_of(&self, event: &web_sys::Event) -> Option<usize> {
        self.slot_of(event)?.position.get()
    }

    fn open(&self, position: usize) {
        let Some(id) = self.id_at(position) else {
            return;
        };
        self.focused_position.set(position);
        self.app.focused.set(Some(id.clone()));
        if self.app.store.borrow().view() == View::Investigations {
            place::open_investigation(self.app, Some(id));
        } else {
            place::open_action(self.app, Some(id));
        }
    }

    fn toggle(&self, position: usize, is_range: bool) {
        let anchor = self.anchor.get().filter(|_| is_range);
        match anchor {
            Some(anchor) => select::range(self.app, anchor.min(position), anchor.max(position)),
            None => select::toggle(self.app, position),
        }
        self.anchor.set(Some(position));
    }

    fn key(self: &Rc<Self>, event: &web_sys::KeyboardEvent) {
        if event.ctrl_key() || event.meta_key() || event.alt_key() || is_typing(event) {
            return;
        }
        // Buttons of the head have their own Enter and Space; the arrows lead from it to the rows.
        let slot = self.slot_of(event).filter(|slot| slot.position.get().is_some());
        let is_on_row = slot.is_some();
        let n_rows = self.n_rows();
        let now = self.focused_position.get();
        let page = self.scroller.rows_in_sight().saturating_sub(1).max(1);
        let key = event.key();
        let next = match key.as_str() {
            "ArrowDown" | "j" if is_on_row => now + 1,
            "ArrowUp" | "k" if is_on_row => now.saturating_sub(1),
            "ArrowDown" | "j" => now,
            "ArrowRight" | "ArrowLeft" if is_on_row && !event.shift_key() => {
                event.prevent_default();
                if let Some(slot) = slot {
                    parts::walk_cells(&self.app.root, &slot.element, key == "ArrowRight");
                }
                return;
            }
            "Home" => 0,
            "End" => n_rows,
            "PageDown" if is_on_row => now + page,
            "PageUp" if is_on_row => now.saturating_sub(page),
            "Enter" if is_on_row => {
                event.prevent_default();
                return self.open(now);
            }
            " " | "x" if is_on_row => {
                event.prevent_default();
                event.stop_propagation();
                return self.toggle(now, event.shift_key());
            }
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        if n_rows == 0 {
            return;
        }
        let next = next.min(n_rows - 1);
        if event.shift_key() && next != now {
            select::range(self.app, now.min(next), now.max(next));
            self.anchor.set(Some(next));
        }
        let cell = slot.and_then(|slot| parts::focused_cell(&self.app.root, &slot.element));
        self.focus_at(next, cell);
    }
}

fn listen(root: &El, grid: &Rc<Grid>) {
    let kept = grid.clone();
    let root = root.clone().on("scroll", move |_| {
        let before = kept.scroller.top();
        kept.scroller.scrolled(f64::from(kept.root.0.scroll_top()));
        draw_moved(&kept, before);
        tidy_later(&kept);
    });
    let kept = grid.clone();
    let root = root.on("keydown", move |event| kept.key(event.unchecked_ref()));
    let kept = grid.clone();
    let root = root.on("focusin", move |event| {
        if let Some(position) = kept.position_of(&event)
            && let Some(id) = kept.id_at(position)
        {
            kept.focused_position.set(position);
            kept.app.focused.set(Some(id));
        }
    });
    let kept = grid.clone();
    let _root = root.on("click", move |event| {
        let Some(position) = kept.position_of(&event) else {
            return;
        };
        let mouse: &web_sys::MouseEvent = event.unchecked_ref();
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let is_checkbox = target.as_ref().is_some_and(|target| {
            target
                .closest("[data-column=select]")
                .is_ok_and(|found| found.is_some())
        });
        if is_checkbox || mouse.ctrl_key() || mouse.meta_key() || mouse.shift_key() {
            kept.toggle(position, mouse.shift_key());
            // The box shows what the selection says, not what the click did to it.
            kept.draw();
        } else {
            kept.open(position);
        }
    });
}

/// Whether the rows stand in the document as they stand in this list.
fn is_in_order(slots: &[Rc<Slot>]) -> bool {
    slots
        .windows(2)
        .all(|pair| pair[0].element.0.next_sibling().as_ref() == Some(pair[1].element.0.as_ref()))
}

/// Tidies once scrolling and drawing have come to rest.
fn tidy_later(grid: &Rc<Grid>) {
    later::cancel(grid.idle_timer.get());
    let kept = grid.clone();
    grid.idle_timer.set(later::after(120, move || kept.tidy()));
}

fn new_slot() -> Slot {
    let mut draft = cells::blank(String::new());
    let element = draft.build();
    // Until it shows a row, it covers none.
    element.set_style("visibility", "hidden");
    let checkbox = element.0.query_selector("input").ok().flatten();
    Slot {
        checkbox: checkbox.map_or_else(|| element.clone(), El),
        element,
        draft: RefCell::new(draft),
        position: Cell::new(None),
        row: Cell::new(u32::MAX),
        drawn: Cell::new(0),
        y: Cell::new(i64::MIN),
        said: Cell::new(None),
    }
}

/// Gives the focus back to the row that had it, or to the first; on the page of an investigation, to that of its table. Where there
/// is no table, to what stands in its place, its button first.
pub(crate) fn focus_row(app: App) {
    let find = |selector: &str| app.root.query_selector(selector).ok().flatten();
    let rows = if app.place.peek().investigation.is_some() {
        find(".investigation")
    } else {
        let grid = app.grid.borrow().clone();
        grid.filter(|grid| grid.is_connected()).or_else(|| find(".state"))
    };
    let Some(rows) = rows.map(El) else {
        return;
    };
    let row = rows
        .0
        .query_selector(".grid__row[tabindex='0'], .state__actions button");
    match row.ok().flatten() {
        Some(row) => El(row).focus(),
        None => {
            rows.set("tabindex", Some("-1"));
            rows.focus();
        }
    }
}

/// Whether a column's values stand at the end of their cell.
fn is_at_end(column: Column) -> bool {
    matches!(column.info().kind, Kind::Number | Kind::Span) && column != Column::Impact
}

/// What a row is called: its entity, or an investigation's title.
fn name_of(store: &action_center_core::store::Store, row: u32) -> String {
    let column = if store.view() == View::Investigations {
        Column::Title
    } else {
        Column::Entity
    };
    action_center_core::domain::text::spoken(
        action_center_core::domain::text::clipped(store.text(row, column).unwrap_or_default(), 200).0,
    )
}

/// `now` for everything that is drawn in one go.
fn drawn_at(app: App) -> Time {
    app.now()
}
