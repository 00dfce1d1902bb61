//! What changes while the user looks: one event stream for all tabs of a browser, or polling where there is none. Rows change in
//! place and are marked; nothing moves before the user asks for it or changes the query.

use std::rc::Rc;

use action_center_core::decision;
use action_center_core::domain::action::{Action, Investigation, PENDING};
use action_center_core::domain::column::Column;
use action_center_core::domain::query::{View, push_pair};
use action_center_core::domain::time::{DAY, Time};
use action_center_core::store::What;
use action_center_core::wire::{self, EventStream, Relay, RelayStep, StreamEvent};
use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, BroadcastChannel};

use super::{decide, effects, load, session, start};
use crate::api::{Error, Kind, Stream};
use crate::ui::browser::{clock, locks, page};
use crate::ui::state::{App, Opened};

/// A stream that says nothing for so long is dead: the contract promises a line every 20 s. In milliseconds.
const SILENCE_MILLIS: i32 = 45_000;
/// The least pause before a stream is opened again, in milliseconds.
const PAUSE_MILLIS: u64 = 500;
/// A stream that was open for so long was no failure, in milliseconds.
const SUCCESS_MILLIS: f64 = 10_000.0;
/// How long after a change of rows that are not here it is asked how many wait, in milliseconds: one question for many changes.
const COUNT_MILLIS: i32 = 2_000;
/// So many failures in a row, and so long a pause, pass without a word: a server that starts again is back by then.
const N_SILENT: u32 = 3;
const MAX_SILENT_MILLIS: u64 = 10_000;
/// After so many failures in a row the page polls beside.
const N_BEFORE_POLLING: u32 = 2;
/// Where tabs pass on events.
const CHANNEL: &str = "action-center.events";
/// Stands there in place of a scope, before the backend at which somebody has signed in.
const SIGNED_IN: &str = "signed-in";
/// Stands before a scope where a receipt is passed on.
const RECEIPT: &str = "receipt\n";

/// Hears other tabs and the browser from now on.
pub(crate) fn listen(app: App) {
    if let Ok(channel) = BroadcastChannel::new(CHANNEL) {
        let hear: Box<dyn Fn(web_sys::MessageEvent)> = Box::new(move |event| hear(app, &event));
        channel.set_onmessage(Some(Closure::wrap(hear).into_js_value().unchecked_ref()));
        app.live.channel.replace(Some(channel));
    }
    // A page that is put away hears nothing and must not hold what others wait for.
    page::on_window("pagehide", move |_| pause(app));
    page::on_document("freeze", move |_| pause(app));
    page::on_document("resume", move |_| wake(app));
}

/// Starts to follow; anything that followed before ends.
pub(crate) fn follow(app: App) {
    let (Some(session), Some(client)) = (app.session_now(), app.client.borrow().clone()) else {
        return;
    };
    leave(app);
    let live = &app.live;
    live.is_paused.set(false);
    let generation = live.generation.get();
    let tenant = session.tenant_id.as_deref().unwrap_or_default();
    let scope = [client.base(), "\n", tenant, "\n", &session.user_id].concat();
    if *live.scope.borrow() != scope {
        live.scope.replace(scope);
        live.relay.replace(Relay::default());
    }
    if session.capabilities.has_events {
        share(app, generation);
    } else {
        wasm_bindgen_futures::spawn_local(poll(app, generation));
    }
}

/// Ends everything that follows.
pub(crate) fn stop(app: App) {
    leave(app);
    if let Some(channel) = app.live.channel.take() {
        channel.close();
    }
}

fn pause(app: App) {
    leave(app);
    app.live.is_paused.set(true);
}

/// After sleep or in sight again: the stream may be dead without a word.
pub(crate) fn wake(app: App) {
    let silent_millis = clock::now_millis() - app.live.heard_millis.get();
    if app.is_alive.get() && (app.live.is_paused.get() || silent_millis > f64::from(SILENCE_MILLIS)) {
        follow(app);
    }
}

/// Ends stream, polling and part in what other tabs share.
fn leave(app: App) {
    let live = &app.live;
    live.generation.set(live.generation.get() + 1);
    abort(app);
    clock::cancel(live.timer.get());
    if let Some(claim) = live.claim.take() {
        claim.end();
    }
    live.relay.borrow_mut().closed();
}

fn abort(app: App) {
    if let Some(controller) = app.live.stop.take() {
        controller.abort();
    }
}

fn is_current(app: App, generation: u32) -> bool {
    app.is_alive.get() && app.live.generation.get() == generation
}

/// Stands in line to hold the stream for all tabs, and follows the one that does; where the browser can't, reads for itself.
fn share(app: App, generation: u32) {
    watch_silence(app, generation);
    let question = app.live.relay.borrow_mut().follow();
    let name = [CHANNEL, "\n", app.live.scope.borrow().as_str()].concat();
    let told: Box<dyn FnOnce(bool)> = Box::new(move |is_held| {
        if is_current(app, generation) {
            let steps = if is_held {
                app.live.relay.borrow_mut().hold()
            } else {
                app.live.relay.borrow_mut().read_alone()
            };
            carry_out(app, generation, steps);
        }
    });
    let has_channel = app.live.channel.borrow().is_some();
    let claim = has_channel.then(|| locks::claim(&name, told)).flatten();
    if claim.is_none() {
        let steps = app.live.relay.borrow_mut().read_alone();
        carry_out(app, generation, steps);
    }
    app.live.claim.replace(claim);
    post(app, &question);
}

fn post(app: App, text: &str) {
    if let Some(channel) = app.live.channel.borrow().as_ref() {
        let message = Array::of2(&JsValue::from_str(&app.live.scope.borrow()), &text.into());
        let _sent = channel.post_message(&message);
    }
}

/// Tells the other tabs that somebody is signed in here, for those that wait for it.
pub(super) fn tell_signed_in(app: App) {
    if let (Some(channel), Some(client)) = (app.live.channel.borrow().as_ref(), app.client.borrow().as_ref())
    {
        let message = Array::of2(&SIGNED_IN.into(), &client.base().into());
        let _sent = channel.post_message(&message);
    }
}

/// Gives a receipt to the other tabs of this user, which show what it says.
pub(super) fn tell_receipt(app: App, body: &str) {
    if let Some(channel) = app.live.channel.borrow().as_ref() {
        let scope = [RECEIPT, app.live.scope.borrow().as_str()].concat();
        let _sent = channel.post_message(&Array::of2(&scope.into(), &body.into()));
    }
}

fn hear(app: App, event: &web_sys::MessageEvent) {
    let message = Array::from(&event.data());
    let (Some(scope), Some(text)) = (message.get(0).as_string(), message.get(1).as_string()) else {
        return;
    };
    if scope == SIGNED_IN {
        let is_same = app
            .client
            .borrow()
            .as_ref()
            .is_some_and(|client| client.base() == text);
        if is_same && app.is_alive.get() && app.needs_sign_in.peek().is_some() {
            start::go_on(app);
        }
        return;
    }
    if let Some(scope) = scope.strip_prefix(RECEIPT) {
        if app.is_alive.get() && *app.live.scope.borrow() == scope {
            decide::hear_receipt(app, &text);
        }
        return;
    }
    let is_following = !app.live.is_paused.get() && app.live.claim.borrow().is_some();
    if !app.is_alive.get() || !is_following || *app.live.scope.borrow() != scope {
        return;
    }
    let generation = app.live.generation.get();
    let is_follower = !app.live.relay.borrow().reads();
    let steps = app.live.relay.borrow_mut().hear(&text);
    if let Some(steps) = steps {
        if is_follower {
            watch_silence(app, generation);
            mark_fresh(app);
        }
        carry_out(app, generation, steps);
    }
}

fn carry_out(app: App, generation: u32, steps: Vec<RelayStep>) {
    let mut events = Vec::new();
    for step in steps {
        match step {
            RelayStep::Post(text) => post(app, &text),
            RelayStep::Apply(event) => events.push(event),
            RelayStep::CatchUp => fetch_missed(app, generation),
            RelayStep::Open => wasm_bindgen_futures::spawn_local(follow_stream(app, generation)),
            RelayStep::Close => abort(app),
        }
    }
    if !events.is_empty() {
        take_events(app, &events);
    }
}

async fn follow_stream(app: App, generation: u32) {
    if app.live.reading.replace(generation) == generation {
        return;
    }
    let mut n_failures = 0_u32;
    let mut wait_millis = 0_u64;
    loop {
        wait_millis = wait_millis.max(rest_millis(app));
        if wait_millis > 0 && app.live.relay.borrow().reads() {
            clock::pause(wait_millis as i32).await;
        }
        if !is_current(app, generation) {
            return;
        }
        if !app.live.relay.borrow().reads() {
            app.live.reading.set(0);
            return;
        }
        let started_millis = clock::now_millis();
        let outcome = read_stream(app, generation).await;
        if !is_current(app, generation) {
            return;
        }
        app.live.relay.borrow_mut().closed();
        if clock::now_millis() - started_millis > SUCCESS_MILLIS {
            n_failures = 0;
        }
        n_failures += 1;
        let error = outcome.err();
        match &error {
            Some(error) if error.kind == Kind::SignedOut => {
                leave(app);
                return session::refused(app, error);
            }
            Some(error) if matches!(error.kind, Kind::NotFound | Kind::Forbidden) => {
                leave(app);
                return poll(app, app.live.generation.get()).await;
            }
            Some(error) if matches!(error.status, 400 | 409 | 410 | 412 | 413 | 422 | 431) => {
                // It is the id that the backend does not take: without one it starts from now, and so does the window.
                let is_of_id = !app.live.relay.borrow().last_id().is_empty();
                if is_of_id {
                    app.live.relay.borrow_mut().forget();
                    load::window(app);
                }
            }
            _ => {}
        }
        if n_failures >= N_BEFORE_POLLING && app.live.polling.replace(generation) != generation {
            // What streams should have brought is asked for until one does.
            wasm_bindgen_futures::spawn_local(poll(app, generation));
        }
        wait_millis = PAUSE_MILLIS + pause_millis(app, n_failures, error.as_ref());
        if let Some(error) = error.filter(|_| {
            !app.live.is_polled.get() && (n_failures > N_SILENT || wait_millis > MAX_SILENT_MILLIS)
        }) {
            app.load.update(|load| load.stale = Some(Rc::new(error)));
        }
    }
}

async fn read_stream(app: App, generation: u32) -> Result<(), Error> {
    let stopped = || Error::new(Kind::Stopped, "");
    let client = app.client.borrow().clone().ok_or_else(stopped)?;
    let controller = AbortController::new().map_err(|_| stopped())?;
    app.live.stop.replace(Some(controller.clone()));
    watch_silence(app, generation);
    let last_id = app.live.relay.borrow().last_id().to_owned();
    let stream = Stream::open(&client, &last_id, controller.signal()).await?;
    if !is_current(app, generation) {
        return Err(stopped());
    }
    app.live.is_polled.set(false);
    // What changed between the first page and now was told to nobody.
    let steps = app.live.relay.borrow_mut().opened();
    carry_out(app, generation, steps);
    mark_fresh(app);
    // What was cut off is not the start of what comes now.
    let mut reader = EventStream::default();
    while let Some(bytes) = stream.next().await? {
        if !is_current(app, generation) || !app.live.relay.borrow().reads() {
            return Err(stopped());
        }
        watch_silence(app, generation);
        mark_fresh(app);
        let last_id = reader.last_id().to_owned();
        let mut events = Vec::new();
        reader.push(&bytes, &mut |event| events.push(event));
        let came_to = events.last().map_or(last_id.as_str(), |event| event.id.as_str());
        if came_to != reader.last_id() {
            events.push(StreamEvent {
                id: reader.last_id().to_owned(),
                ..StreamEvent::default()
            });
        }
        let steps = app.live.relay.borrow_mut().read(events);
        carry_out(app, generation, steps);
    }
    Ok(())
}

/// Waits for the next sign of life: from the stream, or from the tab that holds it.
fn watch_silence(app: App, generation: u32) {
    let live = &app.live;
    live.heard_millis.set(clock::now_millis());
    clock::cancel(live.timer.get());
    live.timer.set(clock::after(SILENCE_MILLIS, move || {
        if !is_current(app, generation) {
            return;
        }
        if app.live.relay.borrow().reads() {
            return abort(app);
        }
        let steps = app.live.relay.borrow_mut().read_alone();
        carry_out(app, generation, steps);
    }));
}

/// Fetches what no stream brings, again and again until it is here.
fn fetch_missed(app: App, generation: u32) {
    if app.live.catching.replace(generation) == generation {
        return;
    }
    wasm_bindgen_futures::spawn_local(async move {
        let mut n_failures = 0;
        loop {
            let gap = app.live.relay.borrow().gap();
            let outcome = catch_up(app).await;
            if !is_current(app, generation) {
                return;
            }
            match outcome {
                Ok(()) => {
                    if app.live.relay.borrow_mut().bridged(gap) {
                        break;
                    }
                }
                Err(error) if error.kind == Kind::SignedOut => {
                    app.live.catching.set(0);
                    return session::refused(app, &error);
                }
                Err(error) => {
                    n_failures += 1;
                    let wait_millis = PAUSE_MILLIS + pause_millis(app, n_failures, Some(&error));
                    app.load.update(|load| load.stale = Some(Rc::new(error)));
                    clock::pause(wait_millis as i32).await;
                    if !is_current(app, generation) {
                        return;
                    }
                }
            }
        }
        app.live.catching.set(0);
        mark_fresh(app);
    });
}

/// What the backend asked to wait, in milliseconds, and whether it does so by 429.
fn asked_millis(error: Option<&Error>) -> (Option<u64>, bool) {
    let asked = error.and_then(|error| error.retry_after.as_deref());
    let asked = asked.and_then(|text| decision::retry_after(text, clock::now_millis() as u64));
    (asked, error.is_some_and(|error| error.status == 429))
}

/// The pause before something is asked for again, in milliseconds.
pub(super) fn pause_millis(app: App, n_failures: u32, error: Option<&Error>) -> u64 {
    let (asked, is_throttled) = asked_millis(error);
    let pause_millis = decision::pause_millis(n_failures, asked, is_throttled, clock::random());
    if asked.is_some() || is_throttled {
        rest(app, pause_millis);
    }
    pause_millis
}

/// Nothing is asked for so long, in milliseconds, whatever starts anew.
fn rest(app: App, pause_millis: u64) {
    app.live
        .not_before_millis
        .set(clock::now_millis() + pause_millis as f64);
}

/// How long the backend asked to be left alone still. A clock that was set back makes that no longer.
fn rest_millis(app: App) -> u64 {
    let left_millis = app.live.not_before_millis.get() - clock::now_millis();
    (left_millis.max(0.0) as u64).min(decision::MAX_RETRY_AFTER_MILLIS)
}

/// The rows are as fresh as the connection, where nothing is missing.
fn mark_fresh(app: App) {
    if app.live.catching.get() == app.live.generation.get() {
        return;
    }
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
            "reset" => load::refresh(app),
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
        for action in actions {
            let known = store.row_of(&action.id);
            let belongs = view.is_of_actions() && action.is_pending() == (view == View::Pending);
            let is_gone = |(id, last): &(String, Time)| *id == action.id && action.updated_at <= *last;
            if known.is_none() && (!belongs || app.gone.borrow().iter().any(is_gone)) {
                continue;
            }
            let was_pending = known.map(|row| store.text(row, Column::Status) == Some(PENDING));
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
                }
                What::Stale(_) => {}
            }
        }
    }
    app.news.set((n_new, n_changed));
    count_pending(app, n_pending);
    app.rows.notify();
    for action in actions {
        decide::observed(app, action);
        look_at_open(app, action);
    }
    effects::changed(app, actions.iter());
}

/// Takes new states of investigations into their list, as `take` does with actions.
pub(super) fn take_investigations(app: App, found: &[Investigation]) {
    let (mut n_new, mut n_changed) = *app.news.peek();
    {
        let mut store = app.store.borrow_mut();
        if store.view() != View::Investigations {
            return;
        }
        let (from, to) = app.place.peek().query.range.bounds_at(app.now());
        for one in found {
            let started = one.started_at;
            let is_in_window = from.is_none_or(|from| from <= started) && to.is_none_or(|to| started < to);
            let known = store.row_of(&one.id);
            // The time that it waits for a person goes on by itself.
            let is_same = |row| {
                let pending_seconds = one.pending_seconds;
                Investigation {
                    pending_seconds,
                    ..store.investigation(row)
                } == *one
            };
            if known.map_or(!is_in_window, is_same) {
                continue;
            }
            match store.upsert_investigation(one) {
                What::Added(_) => n_new += 1,
                What::Changed(row) if !store.is_changed(row) => {
                    store.mark_changed(row, true);
                    n_changed += usize::from(store.is_visible(row));
                }
                What::Changed(_) | What::Stale(_) => {}
            }
        }
    }
    app.news.set((n_new, n_changed));
    app.rows.notify();
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
            app.changed_open.set(Some(Rc::new(action.clone())));
        }
    }
}

/// This user no longer sees an action. Its row is marked and stays until the list is shown anew; the flyout shows nothing of it.
fn take_gone(app: App, id: &str) {
    let is_open = app.place.peek().action.as_deref() == Some(id);
    if is_open && decide::lock(app, id).is_none() {
        app.changed_open.set(None);
        app.detail
            .set(Opened::Failed(Rc::new(Error::new(Kind::NotFound, ""))));
    }
    let was_pending = {
        let mut store = app.store.borrow_mut();
        let row = store.row_of(id).filter(|_| store.view().is_of_actions());
        let is_told = app.leaving.borrow().iter().any(|leaving| leaving == id);
        row.filter(|_| !is_told).map(|row| {
            store.mark_changed(row, true);
            store.text(row, Column::Status) == Some(PENDING)
        })
    };
    count_pending(app, -i64::from(was_pending == Some(true)));
    if was_pending.is_none() {
        return;
    }
    app.leaving.borrow_mut().push(id.to_owned());
    let (n_new, n_changed) = *app.news.peek();
    app.news.set((n_new, n_changed + 1));
    app.rows.notify();
}

/// So many more wait for a decision than the server last said. Where the rows that wait are not here, it is asked, in a while.
fn count_pending(app: App, n_more: i64) {
    if app.store.borrow().view() != View::Pending {
        if !app.is_count_due.replace(true) {
            clock::after(COUNT_MILLIS, move || {
                app.is_count_due.set(false);
                if app.is_alive.get() {
                    load::counts(app);
                }
            });
        }
    } else if n_more != 0 {
        app.counts.update(|counts| {
            let count = &mut counts[View::Pending as usize];
            *count = count.map(|count| count.saturating_add_signed(n_more));
        });
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
    if since.is_none() && app.load.peek().fresh_millis == 0.0 {
        // Nothing is here yet that could be old.
        return Ok(());
    }
    let since = since.unwrap_or_else(|| newest_known(app));
    let mut newest = None;
    let mut as_of = None;
    let mut views: &[View] = &[View::Pending, View::History];
    if app.store.borrow().view() == View::Investigations {
        as_of = effects::catch_up(app, since).await?;
        // Actions are looked at on the page of an investigation alone.
        if app.place.peek().investigation.is_none() {
            views = &[];
        }
    }
    for view in views {
        // The earlier one: what changes between the two questions belongs to the next time.
        let (answered, changed) = fetch_changes(app, *view, since).await?;
        as_of = as_of.or(answered);
        newest = newest.max(changed);
    }
    // Where the server does not tell its time, what it last changed does.
    app.caught_up.set(as_of.or(newest.max(Some(since))));
    Ok(())
}

/// When what is here changed last, by the server's clock; without any rows a day ago.
fn newest_known(app: App) -> Time {
    let store = app.store.borrow();
    let changed = |row: u32| store.time(row, Column::Updated).filter(|_| store.has(row));
    let newest = (0..store.n_rows()).filter_map(changed).max();
    newest.unwrap_or_else(|| Time(app.now().0 - DAY))
}

/// Fetches what changed since a time; gives the server's time of the first page, and when the newest of it changed.
async fn fetch_changes(app: App, view: View, since: Time) -> Result<(Option<Time>, Option<Time>), Error> {
    let client = app
        .client
        .borrow()
        .clone()
        .ok_or_else(|| Error::new(Kind::Stopped, ""))?;
    let mut cursor: Option<String> = None;
    let mut as_of = None;
    let mut newest = None;
    let mut sequence = load::Sequence::default();
    let mut first_id = String::new();
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
        newest = newest.max(actions.iter().map(|action| action.updated_at).max());
        let first = actions.first().map_or("", |action| action.id.as_str());
        sequence.step(head.next_cursor.as_deref(), first_id != first)?;
        first.clone_into(&mut first_id);
        cursor = head.next_cursor;
        if cursor.is_none() {
            return Ok((as_of, newest));
        }
    }
}

async fn poll(app: App, generation: u32) {
    let live = &app.live;
    let every_millis = u64::from(app.settings.borrow().poll_seconds.max(1)) * 1_000;
    let mut n_failures = 0_u32;
    let mut failed = None;
    let is_beside = live.polling.get() == generation;
    if live.heard_millis.get() == 0.0 {
        live.heard_millis.set(clock::now_millis());
    }
    loop {
        let (asked, is_throttled) = asked_millis(failed.as_ref());
        let pause_millis =
            decision::poll_pause_millis(every_millis, n_failures, asked, is_throttled, clock::random());
        if failed.take().is_some() && (asked.is_some() || is_throttled) {
            rest(app, pause_millis);
        }
        // Out of sight nobody asked; back in sight the time may be over.
        let passed_millis = (clock::now_millis() - live.heard_millis.get()).max(0.0) as u64;
        let wait_millis = pause_millis.saturating_sub(passed_millis).max(rest_millis(app));
        clock::pause(wait_millis as i32).await;
        if !is_current(app, generation) {
            return;
        }
        if is_beside && live.relay.borrow().is_open() {
            live.polling.set(0);
            return;
        }
        if !page::is_visible() {
            clock::pause(every_millis as i32).await;
            continue;
        }
        let outcome = catch_up(app).await;
        if !is_current(app, generation) {
            return;
        }
        live.heard_millis.set(clock::now_millis());
        match outcome {
            Ok(()) => {
                n_failures = 0;
                live.is_polled.set(is_beside);
                mark_fresh(app);
            }
            Err(error) if error.kind == Kind::Stopped => return,
            Err(error) => {
                n_failures += 1;
                live.is_polled.set(false);
                session::refused(app, &error);
                if error.kind == Kind::SignedOut {
                    return;
                }
                app.load.update(|load| load.stale = Some(Rc::new(error.clone())));
                failed = Some(error);
            }
        }
    }
}
