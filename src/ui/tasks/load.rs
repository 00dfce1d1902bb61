//! The window's rows: the first page at once, the rest behind it; the store's answers to a changed query; one action or
//! investigation with all its details.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use action_center_core::domain::action::{Action, PENDING};
use action_center_core::domain::column::Column;
use action_center_core::domain::query::{Deadline, Query, Range, View, push_pair};
use action_center_core::domain::time::Time;
use action_center_core::store::Store;
use action_center_core::wire::{self, PageHead};
use web_sys::{AbortController, AbortSignal};

use super::session;
use crate::api::{Client, Error, Kind};
use crate::ui::browser::clock;
use crate::ui::state::{App, Load, Opened, Phase};

/// Rows of the first page: enough for the tallest screen.
const FIRST_PAGE: usize = 200;
/// Rows of the page after it; later ones are as large as this computer takes in while nobody notices.
const SECOND_PAGE: usize = 2_000;
/// Rows of a page, at least, however slow the computer is.
const LEAST_PAGE: usize = 500;
/// How long a page may take to be read, in milliseconds: with what else there is to do, a key is answered within 50.
const READING_MILLIS: f64 = 25.0;
/// A load that takes longer than this says so, in milliseconds.
const SLOW_MILLIS: i32 = 500;
/// Rows above which a refreshed window replaces the old one at its first page, to not be in memory twice.
const MAX_KEPT_ROWS: usize = 200_000;
/// How often a page is asked for again by itself, and the pause before, in milliseconds.
const N_TRIES: u32 = 5;
const PAUSE_MILLIS: i32 = 1_000;
/// The longest pause that is waited through in silence, in milliseconds.
const MAX_WAIT_MILLIS: u64 = 10_000;

/// Whether any row is here.
pub(crate) fn has_rows(app: App) -> bool {
    !app.store.borrow().is_empty()
}

/// The deadline by which *expires within 24 hours* filters.
pub(crate) const WITHIN_A_DAY: Deadline = Deadline::Within(1440);

/// How many pending rows of the window expire within a day and have not yet.
pub(crate) fn n_expiring(app: App) -> usize {
    let now = app.now();
    let before = WITHIN_A_DAY.before_at(now);
    let store = app.store.borrow();
    let is_soon = |row: &u32| {
        store.has(*row)
            && store
                .time(*row, Column::Expires)
                .is_some_and(|expires| now < expires && expires < before)
            && store.text(*row, Column::Status) == Some(PENDING)
    };
    (0..store.n_rows()).filter(is_soon).count()
}

/// One action of the window, as it is known here.
pub(crate) fn action(app: App, id: &str) -> Option<Action> {
    let store = app.store.borrow();
    store
        .row_of(id)
        .filter(|_| store.view().is_of_actions())
        .map(|row| store.action(row))
}

/// Whether an action is in the window, or in the investigation whose page is open.
pub(crate) fn is_here(app: App, id: &str) -> bool {
    let store = app.store.borrow();
    let is_listed = store.view().is_of_actions() && store.row_of(id).is_some();
    is_listed
        || matches!(&*app.investigation.peek(), Opened::Ready(detail) if detail.actions.iter().any(|action| action.id == id))
}

/// One action as it is known here: of the window, or of the investigation whose page is open.
pub(crate) fn current(app: App, id: &str) -> Option<Action> {
    action(app, id).or_else(|| match &*app.investigation.peek() {
        Opened::Ready(detail) => detail.actions.iter().find(|action| action.id == id).cloned(),
        _ => None,
    })
}

/// Asks anew for all that is shown.
pub(crate) fn refresh(app: App) {
    window(app);
    open_detail(app);
    counts(app);
}

/// Loads the window of the place anew. Rows of the same view stay until others are here.
pub(crate) fn window(app: App) {
    if app.client.borrow().is_none() {
        return;
    }
    stop_requests(app);
    let Ok(controller) = AbortController::new() else {
        return;
    };
    let stop = controller.signal();
    app.load_stop.replace(Some(controller));
    let query = app.place.peek().query.clone();
    let before = app.load.peek().clone();
    if app.store.borrow().view() != query.view {
        put_store(app, new_store(query.view));
        app.leaving.borrow_mut().clear();
        app.news.set((0, 0));
        app.rows.notify();
        app.selection.notify();
    }
    let keeps_rows = has_rows(app);
    app.load.set(Load {
        phase: Phase::First,
        n_loaded: if keeps_rows { before.n_loaded } else { 0 },
        n_total: if keeps_rows { before.n_total } else { None },
        as_of: if keeps_rows { before.as_of } else { None },
        is_narrowed: before.is_narrowed && keeps_rows,
        fresh_millis: before.fresh_millis,
        ..Load::default()
    });
    let slow = stop.clone();
    clock::after(SLOW_MILLIS, move || {
        if !slow.aborted() && app.load.peek().phase == Phase::First {
            app.load.update(|load| load.is_slow = true);
        }
    });
    wasm_bindgen_futures::spawn_local(async move {
        let outcome = Window::new(app, query, stop).run().await;
        finish(app, outcome);
    });
}

/// Puts other rows in the place of all.
fn put_store(app: App, store: Store) {
    app.store.replace(store);
    app.store_number.set(app.store_number.get().wrapping_add(1));
}

/// Ends the loading; what is here stays.
pub(crate) fn stop(app: App) {
    stop_requests(app);
    evaluate(app);
    let is_empty = app.store.borrow().is_empty();
    app.load.update(|load| {
        load.phase = if is_empty {
            // Nobody knows yet whether there is something.
            Phase::Failed(Rc::new(Error::new(Kind::Stopped, "")))
        } else {
            Phase::Stopped
        };
    });
}

/// Ends the requests of the window.
pub(crate) fn stop_requests(app: App) {
    if let Some(controller) = app.load_stop.take() {
        controller.abort();
    }
}

fn finish(app: App, outcome: Result<(), Error>) {
    let Err(error) = outcome else {
        return;
    };
    if error.kind == Kind::Stopped || !app.is_alive.get() {
        return;
    }
    session::refused(app, &error);
    evaluate(app);
    let error = Rc::new(if error.kind == Kind::NotFound {
        // Lists are always there: it is the address that is wrong.
        Error {
            kind: Kind::Status,
            ..error
        }
    } else {
        error
    });
    app.load.update(|load| {
        load.stale = Some(error.clone());
        load.phase = Phase::Failed(error);
    });
}

/// Pages in a row that bring nothing new, at most.
const MAX_IDLE_PAGES: u32 = 50;

/// Watches a sequence of pages for one that would never end.
#[derive(Default)]
pub(super) struct Sequence {
    /// The cursor of the page before.
    cursor: Option<String>,
    n_idle: u32,
}

impl Sequence {
    /// Takes the cursor of a page and whether it brought anything new.
    pub(super) fn step(&mut self, next: Option<&str>, is_new: bool) -> Result<(), Error> {
        self.n_idle = if is_new { 0 } else { self.n_idle + 1 };
        let is_same = next.is_some() && self.cursor.as_deref() == next;
        if next.is_some() && !is_new && (is_same || self.n_idle >= MAX_IDLE_PAGES) {
            let detail = "nextCursor leads to a page that brings nothing new, again and again";
            return Err(Error::new(Kind::Unreadable, detail));
        }
        self.cursor = next.map(str::to_owned);
        Ok(())
    }
}

/// One window that is being loaded.
struct Window {
    app: App,
    client: Rc<Client>,
    query: Query,
    stop: AbortSignal,
    now: Time,
    /// Where rows go until they replace those on screen.
    aside: Option<Store>,
    load: Load,
    set_aside: Vec<wire::SetAside>,
    n_evaluated: usize,
    started_millis: f64,
    /// Rows to ask for next.
    page_size: usize,
}

impl Window {
    fn new(app: App, query: Query, stop: AbortSignal) -> Self {
        let client = app
            .client
            .borrow()
            .clone()
            .unwrap_or_else(|| Rc::new(Client::new("", crate::api::Credentials::Omit, None)));
        let keeps_rows = has_rows(app) && app.store.borrow().len() <= MAX_KEPT_ROWS;
        Self {
            app,
            client,
            stop,
            now: app.now(),
            aside: keeps_rows.then(|| new_store(query.view)),
            query,
            load: Load::default(),
            set_aside: Vec::new(),
            n_evaluated: 0,
            started_millis: clock::now_millis(),
            page_size: SECOND_PAGE.min(app.settings.borrow().page_size),
        }
    }

    async fn run(&mut self) -> Result<(), Error> {
        let budget = self.app.settings.borrow().row_budget;
        let first_page = FIRST_PAGE.min(self.page_size).min(budget);
        // The window alone at first: everything else is answered here, unless there is too much of it.
        let mut asked = self.query.window();
        asked.sort = self.query.sort;
        if self.app.load.peek().is_narrowed {
            asked = self.query.clone();
        }
        let first = self.path(&asked, first_page, None);
        let mut body = self.fetch(&first).await?;
        let head = self.peek_head(&body)?;
        // What a filter leaves of too large a window may be few rows; it is not the window for that.
        self.load.is_narrowed = head.total.is_some_and(|total| total > budget as u64) || asked.is_filtered();
        if self.load.is_narrowed && asked != self.query {
            asked = self.query.clone();
            body = self.fetch(&self.path(&asked, first_page, None)).await?;
        }
        let mut is_first = true;
        let mut n_asked = first_page;
        let mut restarts = 0;
        let mut sequence = Sequence::default();
        loop {
            let mut cursor = match wire::read_early_cursor(&body) {
                Some(cursor) => Some(cursor),
                None => self.peek_head(&body)?.next_cursor,
            };
            let n_before = self.n_rows();
            let (app, now) = (self.app, self.now);
            let path_for = |limit: usize, cursor: &Option<String>| {
                let cursor = cursor.as_deref().filter(|_| limit > 0);
                cursor.map(|cursor| path(app, &asked, now, limit, Some(cursor)))
            };
            // As many as were asked for may have come: no more than the budget are asked for.
            let n_ahead = self.page_size.min(budget.saturating_sub(n_before + n_asked));
            let next = match path_for(n_ahead, &cursor) {
                Some(next_path) => {
                    // The next page is on its way while this one is taken in.
                    let (client, stop) = (self.client.clone(), self.stop.clone());
                    let fetch = Box::pin(async move { fetch(&client, &next_path, &stop, true).await });
                    let take = Box::pin(self.take(body, is_first));
                    let (next, taken) = both(fetch, take).await;
                    let named = taken?;
                    let is_right = named == cursor;
                    cursor = named;
                    is_right.then_some(next)
                }
                None => {
                    cursor = self.take(body, is_first).await?;
                    None
                }
            };
            n_asked = n_ahead;
            let next = match next {
                Some(next) => Some(next),
                None => {
                    // Fewer may have come, or the page named another cursor behind its rows.
                    n_asked = self.page_size.min(budget.saturating_sub(self.n_rows()));
                    match path_for(n_asked, &cursor) {
                        Some(next_path) => Some(fetch(&self.client, &next_path, &self.stop, true).await),
                        None => {
                            self.load.is_narrowed |= cursor.is_some();
                            None
                        }
                    }
                }
            };
            // What the first page replaces says nothing of what it brings.
            let is_new = is_first || self.n_rows() > n_before;
            is_first = false;
            if next.is_some() {
                sequence.step(cursor.as_deref(), is_new)?;
            }
            match next {
                None => break,
                Some(Ok(next)) => body = next,
                Some(Err(error)) if error.kind == Kind::CursorExpired && restarts < 3 => {
                    // The sequence starts again, and with it the rows: what it no longer has is forgotten.
                    restarts += 1;
                    self.start_over();
                    sequence = Sequence::default();
                    body = self.fetch(&self.path(&asked, self.page_size, None)).await?;
                }
                Some(Err(error)) => return Err(error),
            }
        }
        self.complete();
        Ok(())
    }

    /// Lets the next pages make the window anew; what is on screen stays until they have, unless it is too much to be kept twice.
    fn start_over(&mut self) {
        let next = new_store(self.query.view);
        if self.app.store.borrow().len() <= MAX_KEPT_ROWS {
            self.aside = Some(next);
        } else {
            self.aside = None;
            put_store(self.app, next);
        }
        self.n_evaluated = 0;
        self.set_aside.clear();
    }

    fn path(&self, query: &Query, limit: usize, cursor: Option<&str>) -> String {
        path(self.app, query, self.now, limit, cursor)
    }

    async fn fetch(&self, path: &str) -> Result<Vec<u8>, Error> {
        fetch(&self.client, path, &self.stop, false).await
    }

    fn peek_head(&self, body: &[u8]) -> Result<PageHead, Error> {
        wire::read_head(body).map_err(|error| Error::unreadable(&error))
    }

    fn n_rows(&self) -> usize {
        self.aside
            .as_ref()
            .map_or_else(|| self.app.store.borrow().len(), Store::len)
    }

    /// Takes a page into the store and shows what there is. Gives the cursor of the next one.
    async fn take(&mut self, body: Vec<u8>, is_first: bool) -> Result<Option<String>, Error> {
        clock::breathe().await;
        if self.stop.aborted() {
            return Err(Error::new(Kind::Stopped, ""));
        }
        if is_first && self.aside.is_none() {
            put_store(self.app, new_store(self.query.view));
        }
        let n_before = self.n_rows();
        let begun_millis = clock::now_millis();
        let read = match &mut self.aside {
            Some(store) => read_into(store, &body),
            None => read_into(&mut self.app.store.borrow_mut(), &body),
        };
        self.adapt(
            self.n_rows().saturating_sub(n_before),
            clock::now_millis() - begun_millis,
        );
        drop(body);
        let head = read.map_err(|error| Error::unreadable(&error))?;
        self.set_aside.extend(head.set_aside);
        let n_rows = self.n_rows();
        let elapsed_seconds = ((clock::now_millis() - self.started_millis) / 1000.0).max(0.001);
        self.load.n_loaded = n_rows;
        self.load.n_total = head.total.or(self.load.n_total);
        self.load.as_of = self.load.as_of.or(head.as_of);
        self.load.rows_per_second = (n_rows as f64 / elapsed_seconds) as u32;
        self.load.fresh_millis = clock::now_millis();
        self.load.phase = Phase::Rest;
        if self.load.set_aside.len() != self.set_aside.len() {
            self.load.set_aside = Rc::new(self.set_aside.clone());
        }
        if is_first {
            self.note_total();
        }
        if self.aside.is_none() {
            self.app.load.set(self.load.clone());
            // Growing windows are put in order again at growing steps: the sum of the work stays linear.
            if is_first || n_rows > self.n_evaluated + (self.n_evaluated / 2).max(20_000) {
                self.n_evaluated = n_rows;
                evaluate(self.app);
            }
        }
        Ok(head.next_cursor)
    }

    /// Asks for as many rows next as are read in time, judged by those that have just been.
    fn adapt(&mut self, n_read: usize, took_millis: f64) {
        if n_read >= LEAST_PAGE {
            let in_time = n_read as f64 * READING_MILLIS / took_millis.max(1.0);
            let largest = self.app.settings.borrow().page_size;
            let smallest = LEAST_PAGE.min(largest);
            self.page_size = (in_time as usize)
                .min(n_read.saturating_mul(2))
                .clamp(smallest, largest);
        }
    }

    fn complete(&mut self) {
        if let Some(mut next) = self.aside.take() {
            keep_selection(&self.app.store.borrow(), &mut next);
            carry_over(&self.app.store.borrow(), &mut next, self.load.as_of);
            put_store(self.app, next);
        }
        self.load.phase = Phase::Complete;
        self.app.leaving.borrow_mut().clear();
        self.app.news.set((0, 0));
        self.app.load.set(self.load.clone());
        evaluate(self.app);
        self.app.selection.notify();
        prepare(self.app, self.stop.clone());
    }

    /// The window of all that is pending says how many there are.
    fn note_total(&self) {
        if self.query.view == View::Pending && self.query.range == Range::AllTime && !self.load.is_narrowed {
            self.app
                .counts
                .update(|counts| counts[View::Pending as usize] = self.load.n_total);
        }
    }
}

/// An empty store; its hash tables can't be foreseen by those who choose the texts.
fn new_store(view: View) -> Store {
    Store::seeded(view, clock::random())
}

/// Makes large windows ready to be sorted by what is shown, before anybody asks: in slices, between the user's own work.
fn prepare(app: App, stop: AbortSignal) {
    if app.store.borrow().len() < MAX_AT_ONCE {
        return;
    }
    let mut columns = vec![Column::Id];
    columns.extend(super::keep::shown_columns(app));
    wasm_bindgen_futures::spawn_local(async move {
        for column in columns {
            loop {
                clock::pause(PREPARING_PAUSE_MILLIS).await;
                if stop.aborted() || !app.is_alive.get() {
                    return;
                }
                let is_busy = app.is_stepping.get();
                if !is_busy && app.store.borrow_mut().prepare(column, SLICE) {
                    break;
                }
            }
        }
    });
}

/// Rows that were selected stay selected, where they are still there.
fn keep_selection(before: &Store, next: &mut Store) {
    for row in before.selected().iter() {
        if let Some(row) = next.row_of(before.id(row)) {
            next.select(row, true);
        }
    }
}

/// What events and receipts told while the rows were fetched is newer than the pages: it must not be lost with the rows on
/// screen. Rows that the pages do not have go along only where they changed after the pages were made.
fn carry_over(before: &Store, next: &mut Store, as_of: Option<Time>) {
    for row in (0..before.n_rows()).filter(|row| before.has(*row)) {
        let updated = before.time(row, Column::Updated);
        let known = next.row_of(before.id(row));
        let since = match known {
            Some(known) => next.time(known, Column::Updated),
            None => as_of,
        };
        if since.is_none() || updated <= since {
            continue;
        }
        if before.view().is_of_actions() {
            next.upsert_action(&before.action(row));
        } else {
            next.upsert_investigation(&before.investigation(row));
        }
    }
}

/// The path of one page of a query's rows, bounds fixed at `now`.
pub(super) fn path(app: App, query: &Query, now: Time, limit: usize, cursor: Option<&str>) -> String {
    let mut parameters = query.to_api(now);
    let session = app.session_now();
    let limit = limit.min(
        session
            .as_ref()
            .map_or(limit, |session| session.capabilities.max_page_size),
    );
    push_pair(&mut parameters, "limit", &limit.to_string());
    if let Some(cursor) = cursor {
        push_pair(&mut parameters, "cursor", cursor);
    }
    let mut path = String::from(if query.view.is_of_actions() {
        "/actions?"
    } else {
        "/investigations?"
    });
    path.push_str(&parameters);
    path
}

/// Reads a page of the store's view into it.
pub(super) fn read_into(store: &mut Store, body: &[u8]) -> Result<PageHead, wire::Unreadable> {
    if store.view().is_of_actions() {
        wire::read_page(body, &mut |row| {
            store.push(row);
        })
    } else {
        wire::read_investigations(body, &mut |row| {
            store.upsert_investigation(row);
        })
    }
}

/// Asks for a page; what may pass by itself is tried again a few times. A sequence that is under way also outlasts a connection
/// that breaks and a server that fails: it goes on where it was.
pub(super) async fn fetch(
    client: &Client,
    path: &str,
    stop: &AbortSignal,
    is_under_way: bool,
) -> Result<Vec<u8>, Error> {
    let mut n_tries = 0;
    loop {
        n_tries += 1;
        let answer = client.get(path, Some(stop)).await;
        match answer {
            Err(error) if n_tries < N_TRIES && may_pass(&error, is_under_way) => {
                let asked_millis = error
                    .retry_after
                    .as_deref()
                    .and_then(|text| {
                        action_center_core::decision::retry_after(text, clock::now_millis() as u64)
                    })
                    .unwrap_or(0);
                if asked_millis > MAX_WAIT_MILLIS {
                    // Nobody watches a bar for so long: the panel says what is the matter.
                    return Err(error);
                }
                let spread = (clock::random() % 500) as i32;
                clock::pause((asked_millis as i32).max(PAUSE_MILLIS << (n_tries - 1)) + spread).await;
                if stop.aborted() {
                    return Err(Error::new(Kind::Stopped, ""));
                }
            }
            answer => return answer,
        }
    }
}

fn may_pass(error: &Error, is_under_way: bool) -> bool {
    match error.kind {
        Kind::Busy => true,
        Kind::NoAnswer => is_under_way,
        Kind::Status => is_under_way && error.status >= 500,
        _ => false,
    }
}

/// Runs two futures side by side.
async fn both<A, B>(
    mut first: Pin<Box<dyn Future<Output = A> + '_>>,
    mut second: Pin<Box<dyn Future<Output = B> + '_>>,
) -> (A, B) {
    let (mut a, mut b) = (None, None);
    poll_fn(move |context| {
        if a.is_none()
            && let Poll::Ready(value) = first.as_mut().poll(context)
        {
            a = Some(value);
        }
        if b.is_none()
            && let Poll::Ready(value) = second.as_mut().poll(context)
        {
            b = Some(value);
        }
        match (a.take(), b.take()) {
            (Some(a), Some(b)) => Poll::Ready((a, b)),
            (left, right) => {
                (a, b) = (left, right);
                Poll::Pending
            }
        }
    })
    .await
}

/// Units of work between two breaths of the page, some 10 ms.
const SLICE: usize = 500_000;
/// Pause between two slices of preparing, in milliseconds.
const PREPARING_PAUSE_MILLIS: i32 = 8;
/// Rows up to which an evaluation is done at once.
const MAX_AT_ONCE: usize = 150_000;

/// Answers the query of the place over the rows that are here. What waited to be shown is shown with it.
pub(crate) fn evaluate(app: App) {
    let query = app.place.peek().query.clone();
    let now = app.now();
    let is_done = {
        let mut store = app.store.borrow_mut();
        if store.view() != query.view {
            return;
        }
        for id in app.leaving.take() {
            store.remove(&id);
        }
        store.start(&query, now);
        let budget = if store.len() <= MAX_AT_ONCE {
            usize::MAX
        } else {
            SLICE
        };
        store.step(budget)
    };
    app.news.set((0, 0));
    if is_done {
        show(app);
    } else if !app.is_stepping.replace(true) {
        wasm_bindgen_futures::spawn_local(async move {
            loop {
                clock::breathe().await;
                let is_done = !app.is_alive.get() || app.store.borrow_mut().step(SLICE);
                if is_done {
                    break;
                }
            }
            app.is_stepping.set(false);
            show(app);
        });
    }
}

fn show(app: App) {
    app.rows.notify();
    app.selection.notify();
}

/// How many wait, for the tab, where the window does not say it.
pub(crate) fn counts(app: App) {
    let Some(client) = app.client.borrow().clone() else {
        return;
    };
    wasm_bindgen_futures::spawn_local(async move {
        if let Ok(body) = client.get("/actions?view=pending&limit=0", None).await
            && let Ok(head) = wire::read_head(&body)
            && app.is_alive.get()
        {
            app.counts
                .update(|counts| counts[View::Pending as usize] = head.total);
        }
    });
}

/// Asks for everything on the action that is open.
pub(crate) fn open_detail(app: App) {
    let Some(id) = app.place.peek().action.clone() else {
        open_none(app, Opened::Nothing);
        return;
    };
    let Some(client) = app.client.borrow().clone() else {
        return;
    };
    let is_same = matches!(&*app.detail.peek(), Opened::Ready(detail) if detail.action.id == id);
    if !is_same {
        open_none(app, Opened::Loading);
    }
    wasm_bindgen_futures::spawn_local(async move {
        let outcome = detail(app, &client, &id).await;
        if app.is_alive.get() && app.place.peek().action.as_deref() == Some(&id) {
            take_detail(app, &id, outcome);
        }
    });
}

/// Forgets what was said and shown of the action before.
fn open_none(app: App, opened: Opened<wire::Detail>) {
    app.detail.set(opened);
    app.detail_stale.set(None);
    app.changed_open.set(None);
    app.flyout_error.set(None);
}

/// Shows an action's details. An older answer that comes late leaves what is shown; so does one that fails, but for a word
/// on their age, unless it says that this user has nothing to see there.
fn take_detail(app: App, id: &str, outcome: Result<wire::Detail, Error>) {
    let shown = match &*app.detail.peek() {
        Opened::Ready(detail) if detail.action.id == id => Some(detail.action.updated_at),
        _ => None,
    };
    match (outcome, shown) {
        (Ok(detail), Some(shown)) if detail.action.updated_at < shown => {}
        (Ok(detail), _) => {
            app.detail_millis.set(clock::now_millis());
            app.detail_stale.set(None);
            app.detail.set(Opened::Ready(Rc::new(detail)));
        }
        (Err(error), shown) => {
            session::refused(app, &error);
            let is_final = matches!(error.kind, Kind::NotFound | Kind::NotListed | Kind::Forbidden);
            if shown.is_some() && !is_final {
                app.detail_stale.set(Some(Rc::new(error)));
            } else {
                app.detail_stale.set(None);
                app.detail.set(Opened::Failed(Rc::new(error)));
            }
        }
    }
}

/// Whether the server has said that it has no such action any more.
pub(crate) fn is_gone(opened: &Opened<wire::Detail>) -> bool {
    matches!(opened, Opened::Failed(error) if error.kind == Kind::NotFound)
}

/// Whether an action's details are missing since the backend has none and its row is not here.
pub(crate) fn is_not_listed(opened: &Opened<wire::Detail>) -> bool {
    matches!(opened, Opened::Failed(error) if error.kind == Kind::NotListed)
}

/// How old the open action's details are, in microseconds.
pub(crate) fn detail_age(app: App) -> i64 {
    ((clock::now_millis() - app.detail_millis.get()) * 1000.0) as i64
}

pub(super) async fn detail(app: App, client: &Client, id: &str) -> Result<wire::Detail, Error> {
    let session = match app.session_now() {
        Some(session) => session,
        None => session::ask(app).await?,
    };
    if !session.capabilities.has_detail {
        // Without details the row is all there is; it may not be loaded yet.
        let shown = match &*app.detail.peek() {
            Opened::Ready(detail) if detail.action.id == id => Some(detail.action.clone()),
            _ => None,
        };
        let row = action(app, id).or(shown);
        let row = row.ok_or_else(|| Error::new(Kind::NotListed, ""))?;
        return Ok(wire::Detail {
            action: row,
            ..wire::Detail::default()
        });
    }
    let mut path = String::from("/actions/");
    action_center_core::domain::query::push_encoded(&mut path, id);
    let body = client.get(&path, None).await?;
    wire::read_detail(&body).map_err(|error| Error::unreadable(&error))
}

/// Asks for the investigation whose page is open.
pub(crate) fn open_investigation(app: App) {
    let Some(id) = app.place.peek().investigation.clone() else {
        app.investigation.set(Opened::Nothing);
        return;
    };
    let Some(client) = app.client.borrow().clone() else {
        return;
    };
    let is_same =
        matches!(&*app.investigation.peek(), Opened::Ready(detail) if detail.investigation.id == id);
    if !is_same {
        app.investigation.set(Opened::Loading);
    }
    wasm_bindgen_futures::spawn_local(async move {
        let mut path = String::from("/investigations/");
        action_center_core::domain::query::push_encoded(&mut path, &id);
        let outcome = client.get(&path, None).await.and_then(|body| {
            wire::read_investigation_detail(&body).map_err(|error| Error::unreadable(&error))
        });
        // Reading a long answer and drawing it are a task each, so that neither holds up a key.
        clock::breathe().await;
        if app.is_alive.get() && app.place.peek().investigation.as_deref() == Some(&id) {
            take_investigation(app, outcome);
        }
    });
}

/// Shows an investigation. An older answer that comes late, and one that fails, leave what is shown.
fn take_investigation(app: App, outcome: Result<wire::InvestigationDetail, Error>) {
    let shown = match &*app.investigation.peek() {
        Opened::Ready(detail) => Some(detail.investigation.updated_at),
        _ => None,
    };
    match (outcome, shown) {
        (Ok(detail), Some(shown)) if detail.investigation.updated_at < shown => {}
        (Ok(detail), _) => {
            super::effects::know(app, detail.investigation.clone());
            app.investigation.set(Opened::Ready(Rc::new(detail)));
        }
        (Err(error), shown) => {
            session::refused(app, &error);
            if shown.is_some() {
                super::say::toast(
                    app,
                    "The investigation could not be refreshed; what is shown may be old",
                    false,
                );
            } else {
                app.investigation.set(Opened::Failed(Rc::new(error)));
            }
        }
    }
}
