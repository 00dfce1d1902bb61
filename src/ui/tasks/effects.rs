//! What decisions do to investigations, as the server tells it. Those that somebody looks at are asked for again when their actions
//! change: many together, at a measured pace, and with a bounded number of requests.

use std::rc::Rc;

use action_center_core::domain::action::{Action, Investigation};
use action_center_core::domain::query::{View, push_pair};
use action_center_core::domain::time::Time;
use action_center_core::wire;

use super::{live, load, say, session};
use crate::api::{Client, Error, Kind};
use crate::ui::browser::clock;
use crate::ui::state::{App, Opened};
use crate::ui::words::effects as words;

/// How long changes are gathered before the backend is asked, and the least time between two questions where somebody waits for one
/// investigation, and for the list alone, in milliseconds.
const GATHER_MILLIS: i32 = 150;
const PAUSE_MILLIS: i32 = 1_000;
const LIST_PAUSE_MILLIS: i32 = 3_000;
/// Rows and pages of a question for the newest changes, and investigations that are asked for one by one after it, at most.
const N_NEWEST: usize = 100;
const MAX_PAGES: usize = 3;
const MAX_SINGLE: usize = 8;
/// How often in a row a question that failed is asked again.
const N_TRIES: u32 = 5;
/// Investigations of which the last state is kept, and how long that is news to somebody who comes, in milliseconds.
const MAX_KEPT: usize = 100;
const FRESH_MILLIS: f64 = 10_000.0;

/// An investigation as the server last gave it; tracked.
pub(crate) fn state_of(app: App, id: &str) -> Option<Rc<Investigation>> {
    app.effects.told.with(|told| {
        let found = told.iter().find(|(known, _)| known.id == id);
        found.map(|(known, _)| known.clone())
    })
}

/// Shows an investigation beside its actions until `unwatch`: it is asked for, and again when they change.
pub(crate) fn watch(app: App, ids: &[String]) {
    let is_known = |id: &String| {
        let now_millis = clock::now_millis();
        let told = app.effects.told.peek();
        let mut known = told.iter().filter(|(known, _)| known.id == *id);
        known.any(|(_, told_millis)| now_millis - told_millis < FRESH_MILLIS)
    };
    app.effects.watched.borrow_mut().extend(ids.iter().cloned());
    let shown = match &*app.investigation.peek() {
        Opened::Ready(detail) if ids.contains(&detail.investigation.id) => Some(detail.clone()),
        _ => None,
    };
    if let Some(shown) = shown {
        // Its page is open, and follows it already.
        know(app, shown.investigation.clone());
    }
    let unknown: Vec<&String> = ids.iter().filter(|id| !is_known(id)).collect();
    ask_for(app, &unknown, None);
}

/// Ends what `watch` began.
pub(crate) fn unwatch(app: App, ids: &[String]) {
    let mut watched = app.effects.watched.borrow_mut();
    for id in ids {
        if let Some(at) = watched.iter().position(|known| known == id) {
            watched.swap_remove(at);
        }
    }
}

/// Actions have changed, and with them perhaps their investigations.
pub(crate) fn changed<'a>(app: App, actions: impl Iterator<Item = &'a Action>) {
    let is_listed = app.store.borrow().view() == View::Investigations;
    let open = app.place.peek().investigation.clone();
    let mut ids = Vec::new();
    let mut since = None;
    for action in actions {
        let Some(id) = &action.investigation_id else {
            continue;
        };
        let is_watched = || app.effects.watched.borrow().contains(id);
        if is_listed || open.as_ref() == Some(id) || is_watched() {
            since = Some(since.map_or(action.updated_at, |since: Time| since.min(action.updated_at)));
            ids.push(id);
        } else if app.effects.told.peek().iter().any(|(known, _)| known.id == *id) {
            // Whoever looks at it next must not see what it was.
            app.effects
                .told
                .update(|told| told.retain(|(known, _)| known.id != *id));
        }
    }
    ask_for(app, &ids, since);
}

/// Says once what a decision has made of an investigation, where it does not stand on screen.
pub(crate) fn tell_later(app: App, id: &str) {
    let is_open = app.place.peek().investigation.as_deref() == Some(id);
    if !is_open
        && has_investigations(app)
        && !app.effects.watched.borrow().iter().any(|watched| watched == id)
    {
        app.effects.untold.borrow_mut().push(id.to_owned());
        ask_for(app, &[&id.to_owned()], None);
    }
}

/// Whether the backend tells enough of investigations for a page of our own, to this user.
pub(super) fn has_investigations(app: App) -> bool {
    app.session_now()
        .is_some_and(|session| session.has_investigations())
}

fn ask_for(app: App, ids: &[&String], since: Option<Time>) {
    let effects = &app.effects;
    if ids.is_empty() {
        return;
    }
    {
        let mut due = effects.due.borrow_mut();
        for id in ids {
            if !due.contains(id) {
                due.push((*id).clone());
            }
        }
    }
    effects.since.set(match (effects.since.get(), since) {
        (Some(before), Some(since)) => Some(before.min(since)),
        (before, since) => before.or(since),
    });
    if !effects.is_asking.replace(true) {
        wasm_bindgen_futures::spawn_local(keep_asking(app));
    }
}

async fn keep_asking(app: App) {
    let mut n_failures = 0;
    clock::pause(GATHER_MILLIS).await;
    while app.is_alive.get() {
        let mut ids = app.effects.due.take();
        let since = app.effects.since.take();
        if ids.is_empty() {
            break;
        }
        match ask(app, &mut ids, since).await {
            Ok(()) => n_failures = 0,
            Err(error) => {
                n_failures += 1;
                session::refused(app, &error);
                if error.kind == Kind::Stopped || n_failures >= N_TRIES {
                    break;
                }
                app.effects.due.borrow_mut().append(&mut ids);
                clock::pause(live::pause_millis(app, n_failures, Some(&error)) as i32).await;
            }
        }
        let is_waited_for =
            app.place.peek().investigation.is_some() || !app.effects.watched.borrow().is_empty();
        clock::pause(if is_waited_for {
            PAUSE_MILLIS
        } else {
            LIST_PAUSE_MILLIS
        })
        .await;
    }
    app.effects.is_asking.set(false);
}

/// Asks for these; those that were answered are taken out.
async fn ask(app: App, ids: &mut Vec<String>, since: Option<Time>) -> Result<(), Error> {
    let open = app.place.peek().investigation.clone();
    if let Some(open) = open.filter(|open| ids.contains(open)) {
        // Its page tells the others what it shows.
        load::open_investigation(app);
        ids.retain(|id| *id != open);
    }
    if ids.is_empty() || !has_investigations(app) {
        ids.clear();
        return Ok(());
    }
    let client = client_of(app)?;
    if since.is_some() {
        newest(app, &client, since, ids).await?;
    }
    let singles: Vec<String> = ids.iter().take(MAX_SINGLE).cloned().collect();
    for id in singles {
        // The search finds it among others that have its id in theirs.
        let mut path = String::from("/investigations?");
        push_pair(&mut path, "q", &id);
        push_pair(&mut path, "sort", "id");
        push_pair(&mut path, "limit", "50");
        let (mut found, _) = page(&client, &path).await?;
        found.retain(|one| one.id == id);
        take(app, found);
        ids.retain(|known| *known != id);
    }
    ids.clear();
    Ok(())
}

fn client_of(app: App) -> Result<Rc<Client>, Error> {
    let client = app.client.borrow().clone();
    client.ok_or_else(|| Error::new(Kind::Stopped, ""))
}

/// Asks for what changed last, until all of `ids` have come or what comes is older than `since`. Gives the server's time of the first
/// page, and whether nothing that changed since can be missing.
async fn newest(
    app: App,
    client: &Client,
    since: Option<Time>,
    ids: &mut Vec<String>,
) -> Result<(Option<Time>, bool), Error> {
    let mut cursor: Option<String> = None;
    let mut as_of = None;
    for _ in 0..MAX_PAGES {
        let mut path = String::from("/investigations?");
        push_pair(&mut path, "sort", "-updatedAt");
        push_pair(&mut path, "limit", &N_NEWEST.to_string());
        if let Some(cursor) = &cursor {
            push_pair(&mut path, "cursor", cursor);
        }
        let (mut found, head) = page(client, &path).await?;
        if !app.is_alive.get() {
            return Err(Error::new(Kind::Stopped, ""));
        }
        as_of = as_of.or(head.as_of);
        let is_old = found.last().is_some_and(|last| last.updated_at < since);
        // What did not change is no news: of a narrowed window it may be a row that is not kept.
        found.retain(|one| one.updated_at >= since || ids.contains(&one.id));
        ids.retain(|id| !found.iter().any(|one| one.id == *id));
        take(app, found);
        cursor = head.next_cursor;
        if cursor.is_none() || is_old {
            return Ok((as_of, true));
        }
        if ids.is_empty() && since.is_none() {
            break;
        }
    }
    Ok((as_of, false))
}

async fn page(client: &Client, path: &str) -> Result<(Vec<Investigation>, wire::PageHead), Error> {
    let body = client.get(path, None).await?;
    let mut found = Vec::new();
    let head = wire::read_investigations(&body, &mut |row| found.push(row.clone()))
        .map_err(|error| Error::unreadable(&error))?;
    Ok((found, head))
}

/// Fetches what changed since a time into the list of investigations; where that is too much, the list is loaded anew.
pub(super) async fn catch_up(app: App, since: Time) -> Result<Option<Time>, Error> {
    let client = client_of(app)?;
    let (as_of, is_whole) = newest(app, &client, Some(since), &mut Vec::new()).await?;
    if !is_whole {
        load::window(app);
    }
    Ok(as_of)
}

/// Takes what the server says into what is shown.
fn take(app: App, found: Vec<Investigation>) {
    let open = app.place.peek().investigation.clone();
    let shown = match &*app.investigation.peek() {
        Opened::Ready(detail) => detail.investigation.updated_at,
        _ => None,
    };
    let is_news_to_page =
        |one: &Investigation| Some(&one.id) == open.as_ref() && shown.is_some() && one.updated_at > shown;
    if found.iter().any(is_news_to_page) {
        load::open_investigation(app);
    }
    live::take_investigations(app, &found);
    for one in found {
        know(app, one);
    }
}

/// Keeps what the server said of an investigation, where somebody looks at it or waits to hear of it.
pub(super) fn know(app: App, investigation: Investigation) {
    let effects = &app.effects;
    let is_due = {
        let mut untold = effects.untold.borrow_mut();
        let n_before = untold.len();
        untold.retain(|id| *id != investigation.id);
        untold.len() < n_before
    };
    let is_watched = effects.watched.borrow().contains(&investigation.id);
    if is_due {
        say::toast(app, &words::told(&investigation), true);
    }
    if !is_watched && !is_due {
        return;
    }
    effects.told.update(|told| {
        let found = told.iter().position(|(known, _)| known.id == investigation.id);
        let now_millis = clock::now_millis();
        if let Some(at) = found {
            let (known, _) = told.remove(at);
            if known.updated_at > investigation.updated_at {
                told.push((known, now_millis));
                return;
            }
        }
        told.push((Rc::new(investigation), now_millis));
        let n_over = told.len().saturating_sub(MAX_KEPT);
        told.drain(..n_over);
    });
}
