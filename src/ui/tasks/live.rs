//! What changes while the user looks: the event stream, or polling where there is none. Rows change in place and are marked;
//! nothing moves before the user asks for it or changes the query.

use action_center_core::domain::action::Action;
use action_center_core::domain::query::{View, push_pair};
use action_center_core::domain::time::Time;
use action_center_core::store::What;
use action_center_core::wire::{self, EventStream, StreamEvent};
use web_sys::AbortController;

use super::{decide, load, session};
use crate::api::{Error, Kind, Stream};
use crate::ui::browser::{clock, page};
use crate::ui::state::{App, Opened};

/// A stream that says nothing for so long is dead: the contract promises a line every 20 s. In milliseconds.
const SILENCE_MILLIS: i32 = 45_000;
/// The first pause before the stream is opened again, and the longest, in milliseconds.
const PAUSE_MILLIS: i32 = 1_000;
const MAX_PAUSE_MILLIS: i32 = 60_000;

/// Starts to follow; anything that followed before ends.
pub(crate) fn start(app: App) {
    let Some(session) = app.session_now() else {
        return;
    };
    let generation = app.live_generation.get() + 1;
    app.live_generation.set(generation);
    stop_stream(app);
    wasm_bindgen_futures::spawn_local(async move {
        if session.capabilities.has_events {
            follow_stream(app, generation).await;
        } else {
            poll(app, generation).await;
        }
    });
}

/// Ends everything that follows.
pub(crate) fn stop(app: App) {
    app.live_generation.set(app.live_generation.get() + 1);
    stop_stream(app);
}

/// After sleep or in sight again: the stream may be dead without a word.
pub(crate) fn wake(app: App) {
    if app.session_now().is_some()
        && clock::now_millis() - app.live_heard_millis.get() > f64::from(SILENCE_MILLIS)
    {
        start(app);
    }
}

fn stop_stream(app: App) {
    if let Some(controller) = app.live_stop.take() {
        controller.abort();
    }
    clock::cancel(app.live_timer.get());
}

fn is_current(app: App, generation: u32) -> bool {
    app.is_alive.get() && app.live_generation.get() == generation
}

async fn follow_stream(app: App, generation: u32) {
    let mut reader = EventStream::default();
    let mut n_failures = 0_u32;
    while is_current(app, generation) {
        match read_stream(app, generation, &mut reader).await {
            Err(error) if error.kind == Kind::SignedOut => {
                session::refused(app, &error);
                return;
            }
            Err(error) if matches!(error.kind, Kind::NotFound | Kind::Forbidden) => {
                return poll(app, generation).await;
            }
            Err(_) => n_failures += 1,
            Ok(()) => n_failures = 0,
        }
        let ceiling = (PAUSE_MILLIS << n_failures.min(6)).min(MAX_PAUSE_MILLIS);
        // Full jitter: clients that lost the same server do not come back in step.
        clock::pause(PAUSE_MILLIS / 2 + (clock::random() % ceiling as u64) as i32).await;
    }
}

async fn read_stream(app: App, generation: u32, reader: &mut EventStream) -> Result<(), Error> {
    let stopped = || Error::new(Kind::Stopped, "");
    let client = app.client.borrow().clone().ok_or_else(stopped)?;
    let controller = AbortController::new().map_err(|_| stopped())?;
    app.live_stop.replace(Some(controller.clone()));
    watch_silence(app);
    let stream = Stream::open(&client, reader.last_id(), controller.signal()).await?;
    if !is_current(app, generation) {
        return Err(stopped());
    }
    if reader.last_id().is_empty() {
        // What changed between the first page and now was told to nobody.
        catch_up(app).await?;
    }
    mark_fresh(app);
    while let Some(bytes) = stream.next().await? {
        if !is_current(app, generation) {
            return Err(stopped());
        }
        watch_silence(app);
        mark_fresh(app);
        let mut events = Vec::new();
        reader.push(&bytes, &mut |event| events.push(event));
        if !events.is_empty() {
            take_events(app, &events);
        }
    }
    Ok(())
}

fn watch_silence(app: App) {
    app.live_heard_millis.set(clock::now_millis());
    clock::cancel(app.live_timer.get());
    app.live_timer.set(clock::after(SILENCE_MILLIS, move || {
        if let Some(controller) = app.live_stop.borrow().as_ref() {
            controller.abort();
        }
    }));
}

/// The rows are as fresh as the connection.
fn mark_fresh(app: App) {
    let is_stale = app.load.peek().stale.is_some();
    if is_stale && matches!(app.load.peek().phase, crate::ui::state::Phase::Complete) {
        app.load.update(|load| load.stale = None);
    }
    app.fresh_millis.set(clock::now_millis());
}

fn take_events(app: App, events: &[StreamEvent]) {
    let mut actions = Vec::new();
    for event in events {
        match event.name.as_str() {
            "action" => {
                if let Ok(action) = wire::read_action(event.data.as_bytes()) {
                    actions.push(action);
                }
            }
            "gone" => {
                if let Ok(id) = wire::read_gone(event.data.as_bytes()) {
                    take_gone(app, &id);
                }
            }
            "reset" => load::window(app),
            _ => {}
        }
    }
    take(app, &actions);
}

/// Takes new states of actions in: rows change in place, are marked and counted; what is new waits.
pub(crate) fn take(app: App, actions: &[Action]) {
    if actions.is_empty() {
        return;
    }
    let (mut n_new, mut n_changed) = *app.news.peek();
    let mut n_pending = 0_i64;
    {
        let mut store = app.store.borrow_mut();
        let view = store.view();
        let mut leaving = app.leaving.borrow_mut();
        for action in actions {
            let known = store.row_of(&action.id);
            let belongs = view.is_of_actions() && action.is_pending() == (view == View::Pending);
            if !belongs && known.is_none() {
                continue;
            }
            let was_pending = known.map(|row| {
                store.text(row, action_center_core::domain::column::Column::Status) == Some("pending")
            });
            match store.upsert_action(action) {
                What::Added(_) => {
                    n_new += 1;
                    n_pending += i64::from(action.is_pending());
                }
                What::Changed(row) => {
                    n_pending += i64::from(action.is_pending()) - i64::from(was_pending == Some(true));
                    if !store.is_changed(row) {
                        store.mark_changed(row, true);
                        n_changed += usize::from(store.is_visible(row));
                    }
                    if !belongs && !leaving.contains(&action.id) {
                        leaving.push(action.id.clone());
                    }
                }
                What::Stale(_) => {}
            }
        }
    }
    app.news.set((n_new, n_changed));
    if n_pending != 0 {
        app.counts.update(|counts| {
            let count = &mut counts[View::Pending as usize];
            *count = count.map(|count| count.saturating_add_signed(n_pending));
        });
    }
    app.rows.notify();
    for action in actions {
        decide::observed(app, action);
        look_at_open(app, action);
    }
    let open = app.place.peek().investigation.clone();
    if open.is_some() && actions.iter().any(|action| action.investigation_id == open) {
        load::open_investigation(app);
    }
}

/// What is open in the flyout has changed: while somebody decides it is shown as such, never slipped in.
fn look_at_open(app: App, action: &Action) {
    let shown = match &*app.detail.peek() {
        Opened::Ready(detail) if detail.action.id == action.id => {
            Some((detail.action.version.clone(), detail.action.updated_at))
        }
        _ => None,
    };
    if let Some((version, updated_at)) = shown
        && version != action.version
        && action.updated_at >= updated_at
    {
        if decide::is_own(app, &action.id) {
            load::open_detail(app);
        } else {
            app.changed_open.set(Some(std::rc::Rc::new(action.clone())));
        }
    }
}

fn take_gone(app: App, id: &str) {
    let is_known = app.store.borrow().row_of(id).is_some();
    if is_known {
        {
            let mut store = app.store.borrow_mut();
            if let Some(row) = store.row_of(id) {
                store.mark_changed(row, true);
            }
        }
        app.leaving.borrow_mut().push(id.to_owned());
        let (n_new, n_changed) = *app.news.peek();
        app.news.set((n_new, n_changed + 1));
        app.rows.notify();
    }
}

/// Shows what waits: rows go where they belong.
pub(crate) fn show_news(app: App) {
    app.store.borrow_mut().clear_changed();
    load::evaluate(app);
}

/// Asks for what changed since the last time, page by page.
async fn catch_up(app: App) -> Result<(), Error> {
    let since = app.caught_up.get().or(app.load.peek().as_of);
    let Some(since) = since.filter(|_| app.store.borrow().view().is_of_actions()) else {
        return Ok(());
    };
    let mut as_of = None;
    for view in [View::Pending, View::History] {
        as_of = fetch_changes(app, view, since).await?.or(as_of);
    }
    app.caught_up.set(as_of.or(Some(since)));
    Ok(())
}

async fn fetch_changes(app: App, view: View, since: Time) -> Result<Option<Time>, Error> {
    let client = app
        .client
        .borrow()
        .clone()
        .ok_or_else(|| Error::new(Kind::Stopped, ""))?;
    let mut cursor: Option<String> = None;
    let mut as_of = None;
    loop {
        let mut path = String::new();
        push_pair(&mut path, "view", view.word());
        push_pair(&mut path, "from", &since.to_rfc3339());
        push_pair(&mut path, "limit", "1000");
        if let Some(cursor) = &cursor {
            push_pair(&mut path, "cursor", cursor);
        }
        path.insert_str(0, "/actions?");
        let body = client.get(&path, None).await?;
        let mut actions = Vec::new();
        let head = wire::read_page(&body, &mut |row| actions.push(Action::from(row)))
            .map_err(|error| Error::unreadable(&error))?;
        if !app.is_alive.get() {
            return Err(Error::new(Kind::Stopped, ""));
        }
        take(app, &actions);
        as_of = as_of.or(head.as_of);
        cursor = head.next_cursor;
        if cursor.is_none() {
            return Ok(as_of);
        }
    }
}

async fn poll(app: App, generation: u32) {
    let mut n_failures = 0_u32;
    loop {
        let seconds = app.settings.borrow().poll_seconds.max(1);
        let wait_millis = (i64::from(seconds) * 1000) << n_failures.min(4);
        clock::pause(wait_millis.min(600_000) as i32).await;
        if !is_current(app, generation) {
            return;
        }
        if !page::is_visible() {
            continue;
        }
        app.live_heard_millis.set(clock::now_millis());
        match catch_up(app).await {
            Ok(()) => {
                n_failures = 0;
                mark_fresh(app);
            }
            Err(error) if error.kind == Kind::Stopped => return,
            Err(error) => {
                n_failures += 1;
                session::refused(app, &error);
                if error.kind == Kind::SignedOut {
                    return;
                }
                app.load.update(|load| load.stale = Some(std::rc::Rc::new(error)));
            }
        }
    }
}
