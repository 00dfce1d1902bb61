//! From nothing to a living page: settings, session and first rows together; then events, clock and keys.

use std::rc::Rc;

use action_center_core::domain::column::Column;
use action_center_core::domain::place::Place;
use action_center_core::domain::query::View;
use action_center_core::domain::time::{HOUR, MINUTE, SECOND, Time};
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::JsCast;

use super::{load, place, session};
use crate::api::Client;
use crate::ui::browser::{address, clock, page};
use crate::ui::state::{App, Settings};

/// Starts a mounted page.
pub(crate) fn start(app: App) {
    if app.is_page {
        let (place, problems) = Place::from_url(&address::read());
        app.place.set(place);
        app.place_problems.set(problems);
    }
    super::keep::restore(app);
    super::decide::start(app);
    super::live::listen(app);
    tick(app);
    wasm_bindgen_futures::spawn_local(async move {
        read_settings(app).await;
        if app.is_alive.get() {
            connect(app);
        }
    });
    page::on_window("popstate", move |_| place::read_address(app));
    page::on_window("hashchange", move |_| place::read_address(app));
    page::on_window("online", move |_| wake(app));
    page::on_window("pageshow", move |_| wake(app));
    page::on_document("visibilitychange", move |_| wake(app));
    page::on_window("focus", move |_| {
        if app.needs_sign_in.peek().is_some() {
            go_on(app);
        }
    });
}

/// The request for config.json that the element's script sent while the program was compiled; none at a later mount.
fn take_config(app: App) -> Option<Promise> {
    let take: Function = Reflect::get(&app.host, &"takeConfig".into())
        .ok()?
        .dyn_into()
        .ok()?;
    take.call0(&app.host).ok()?.dyn_into().ok()
}

async fn read_settings(app: App) {
    let mut settings = Settings::default();
    let mut problems = Vec::new();
    if app.is_page
        && let Some(base) = address::resolve(".")
    {
        // A missing config.json is the usual case, not a fault.
        let here = Client::new(&base, crate::api::Credentials::SameOrigin, None);
        here.answer_first_by(take_config(app));
        match here.get("/config.json", None).await {
            Ok(body) => settings.read_config(&body, &mut problems),
            Err(error) if matches!(error.status, 404) || error.kind == crate::api::Kind::WebPage => {}
            Err(error) if error.kind == crate::api::Kind::NotFound => {}
            Err(_) => problems.push(action_center_core::domain::query::Problem::new(
                "config.json",
                "could not be loaded; the defaults hold",
            )),
        }
    }
    settings.read_attributes(&app.host, &mut problems);
    let base = address::resolve(&settings.api_base).unwrap_or_else(|| settings.api_base.clone());
    let get_token = Reflect::get(&app.host, &"getToken".into())
        .ok()
        .and_then(|value| value.dyn_into::<Function>().ok());
    app.client
        .replace(Some(Rc::new(Client::new(&base, settings.credentials, get_token))));
    app.settings.replace(Rc::new(settings));
    app.setting_problems.set(problems);
}

/// Asks for session and rows together; what depends on the session follows it.
fn connect(app: App) {
    let load = move || {
        load::window(app);
        load::open_detail(app);
        load::open_investigation(app);
    };
    // Whether there are investigations is the session's word.
    let waits = place::needs_investigations(&app.place.peek());
    if !waits {
        load();
    }
    wasm_bindgen_futures::spawn_local(async move {
        let asked = session::ask(app).await;
        if waits && app.is_alive.get() {
            place::settle(app);
            load();
        }
        if asked.is_ok() {
            super::live::follow(app);
            load::counts(app);
        }
    });
}

/// After a sign-in, or when the user comes back: looks at the session, then goes on with what waited.
pub(crate) fn go_on(app: App) {
    wasm_bindgen_futures::spawn_local(async move {
        let was_granted = app.session_now().is_some();
        if session::ask(app).await.is_ok() {
            resume(app, was_granted);
        }
    });
}

/// Goes on with what waited for the session.
pub(crate) fn resume(app: App, was_granted: bool) {
    place::settle(app);
    clock::cancel(app.desk.resume_timer.get());
    app.needs_sign_in.set(None);
    super::live::follow(app);
    load::counts(app);
    if !was_granted || app.load.peek().stale.is_some() || !load::has_rows(app) {
        load::window(app);
    }
    load::open_detail(app);
}

/// Back in sight, back online, back from the cache: nothing is sent before the session was looked at.
fn wake(app: App) {
    if !page::is_visible() || app.client.borrow().is_none() {
        return;
    }
    super::decide::tick(app);
    super::live::wake(app);
    tick(app);
}

/// Tells the host that the session has ended.
pub(crate) fn announce_sign_out(app: App) {
    super::host::tell(app, "session-expired", &[]);
}

/// Moves the clock that is shown: at whole minutes, every second while a deadline of an open action is near, and when one in the
/// list passes.
fn tick(app: App) {
    tick_on(app, true);
}

/// The same where another action is open or other rows are here: deadlines are looked for among the rows if these are others.
pub(crate) fn tick_on(app: App, has_other_rows: bool) {
    if !app.is_alive.get() {
        return;
    }
    clock::cancel(app.tick_timer.get());
    let now = app.now();
    let unit = if needs_seconds(app, now) { SECOND } else { MINUTE };
    app.clock.set(Time(now.0 - now.0.rem_euclid(unit)));
    if app.next_deadline.get().is_some_and(|passed| passed <= now) {
        app.next_deadline.set(None);
        app.clock.update(|_| ());
    }
    let mut wait_micros = unit - now.0.rem_euclid(unit);
    if has_other_rows && unit == MINUTE {
        app.next_deadline
            .set(next_deadline(app, now, now.plus(wait_micros)));
    }
    if let Some(next) = app.next_deadline.get().filter(|_| unit == MINUTE) {
        wait_micros = next.since(now).max(SECOND);
    }
    app.tick_timer
        .set(clock::after((wait_micros / 1000) as i32 + 5, move || tick(app)));
}

/// The first deadline in the list from now to a time.
fn next_deadline(app: App, now: Time, until: Time) -> Option<Time> {
    let store = app.store.borrow();
    if store.view() != View::Pending {
        return None;
    }
    (0..store.n_rows())
        .filter_map(|row| store.time(row, Column::Expires).filter(|_| store.has(row)))
        .filter(|expires| now < *expires && *expires < until)
        .min()
}

/// Whether the action in the flyout is about to expire, so that its seconds count.
fn needs_seconds(app: App, now: Time) -> bool {
    let id = app.place.peek().action.clone();
    id.and_then(|id| load::current(app, &id))
        .filter(|action| action.is_pending())
        .and_then(|action| action.expires_at)
        .is_some_and(|expires| (-MINUTE..HOUR / 12).contains(&expires.since(now)))
}
