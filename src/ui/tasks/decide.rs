//! The shell around the decision core: gives it clock, dice, storage, session and network, carries out what it asks for in
//! order, and tells what came of it. It decides nothing by itself and sends nothing that the core did not ask for.

use std::collections::VecDeque;
use std::rc::Rc;

use action_center_core::decision::{
    self, Answer, Batch, Core, Draft, Effect, Finding, Item, Lock, Moment, Outcome, Problem, Receipted,
    Request, Scope, State, Why,
};
use action_center_core::domain::action::{Action, Operation};
use action_center_core::domain::order::sort_by;
use action_center_core::domain::query::View;
use action_center_core::domain::time::Time;
use action_center_core::domain::words::operation_words;
use action_center_core::store::What;
use action_center_core::wire::{self, ReceiptItem};
use wasm_bindgen::prelude::*;

use super::{effects, host, live, load, say, session};
use crate::api::{Error, Kind, Reply};
use crate::ui::browser::{clock, locks, page, storage};
use crate::ui::state::{App, Dialog, Known, Named, Opened};
use crate::ui::words::{self, outcomes};

/// Records of intents lie under this and their key.
const PREFIX: &str = "action-center.intent.";
/// A page's lock is called so and by the page's name.
const LOCK_PREFIX: &str = "action-center.tab.";
/// How long a tab may be gone before another takes over what it has sent: a reload is quicker. In milliseconds.
const RELOAD_MILLIS: i32 = 5_000;
/// A page that did not hear its clock for so long was asleep, in milliseconds; the clock ticks once a minute, in a
/// hidden tab at times every other.
const SLEEP_MILLIS: f64 = 180_000.0;
/// Actions whose changes count as one's own, and drafts that are kept.
const MAX_REMEMBERED: usize = 1_000;
/// How often an action is read again that a receipt calls done and does not show, and up to how many of them one by one.
const N_READS: u32 = 5;
const MAX_READ_ALONE: usize = 20;
/// The session has a token that no request can carry.
const BAD_TOKEN: &str = "Nothing was sent: the session’s csrfToken has characters that no header can carry. \
     Tell an administrator, then try again.";

/// Takes up what this browser keeps and listens to everything that concerns decisions.
pub(crate) fn start(app: App) {
    app.desk.awake_millis.set(clock::now_millis());
    page::on_window("storage", move |event| {
        let name = js_sys::Reflect::get(&event, &"key".into())
            .ok()
            .and_then(|name| name.as_string());
        if let Some(key) = name.as_deref().and_then(|name| name.strip_prefix(PREFIX)) {
            shared(app, key);
        }
    });
    open_channel(app);
    app.desk
        .lock
        .replace(locks::hold(&[LOCK_PREFIX, &app.desk.tab].concat()));
    page::on_window("online", move |_| act(app, |core, at| core.online(true, at)));
    page::on_window("offline", move |_| act(app, |core, at| core.online(false, at)));
    page::on_window("pageshow", move |event| {
        if js_sys::Reflect::get(&event, &"persisted".into())
            .is_ok_and(|is_persisted| is_persisted.is_truthy())
        {
            act(app, Core::woken);
        }
    });
    page::on_window("pagehide", move |_| storage::keep_tab(&app.desk.tab));
    page::on_window("beforeunload", move |event| {
        if is_at_risk(app) {
            event.prevent_default();
            let _asked = js_sys::Reflect::set(&event, &"returnValue".into(), &JsValue::TRUE);
        }
    });
    let records: Vec<(String, String)> = storage::all(PREFIX)
        .into_iter()
        .filter_map(|(name, record)| Some((name.strip_prefix(PREFIX)?.to_owned(), record)))
        .collect();
    let is_online = page::is_online();
    act(app, |core, at| {
        let mut effects = core.restore(&records, at);
        if !is_online {
            effects.extend(core.online(false, at));
        }
        effects
    });
    watch_others(app);
}

/// Waits for the end of the other tabs whose decisions are known here.
fn watch_others(app: App) {
    let mut watched = app.desk.watched.borrow_mut();
    for tab in app.decisions.borrow().other_tabs() {
        if !watched.iter().any(|known| known == tab) {
            watched.push(tab.to_owned());
            let (tab, name) = (tab.to_owned(), [LOCK_PREFIX, tab].concat());
            locks::when_free(&name.clone(), move || {
                clock::after(RELOAD_MILLIS, move || {
                    // It may have been loaded again and hold it once more.
                    locks::when_free(&name, move || take_over(app, &tab));
                });
            });
        }
    }
}

fn take_over(app: App, tab: &str) {
    app.desk.watched.borrow_mut().retain(|watched| watched != tab);
    if app.is_alive.get() {
        act(app, |core, at| core.orphaned(tab, at));
    }
}

/// Ends what was started; the page's name is left behind for the next in this tab.
pub(crate) fn end(app: App) {
    storage::keep_tab(&app.desk.tab);
    clock::cancel(app.desk.timer.get());
    if let Some(channel) = app.desk.channel.take() {
        channel.close();
    }
    if let Some(release) = app.desk.lock.take() {
        let _released = release.call0(&JsValue::NULL);
    }
}

/// The page's clock has moved, or the page is back in sight.
pub(crate) fn tick(app: App) {
    if !wakes(app) {
        act(app, Core::tick);
    }
}

/// After sleep nothing is sent before the session was read again, and what changed meanwhile is asked for. Whether the page
/// has slept; from now on it is awake.
fn wakes(app: App) -> bool {
    let now_millis = clock::now_millis();
    let has_slept = now_millis - app.desk.awake_millis.replace(now_millis) > SLEEP_MILLIS;
    if has_slept {
        act(app, Core::woken);
        live::wake(app);
    }
    has_slept
}

/// What a person confirms on the sight from before a sleep is not taken up.
fn look_first(app: App) -> Result<(), String> {
    let token = app.session_now().and_then(|session| session.csrf_token.clone());
    if token.is_some_and(|token| !wire::is_field_value(&token)) {
        // Perhaps the next session has a better one.
        session::keep_asking(app);
        return Err(BAD_TOKEN.to_owned());
    }
    if wakes(app) {
        let text = "The page was asleep and looks at session and rows again. Look at what is shown now, then try again.";
        return Err(text.to_owned());
    }
    Ok(())
}

/// The session was read.
pub(crate) fn session_known(app: App) {
    let (Some(session), Some(client)) = (app.session_now(), app.client.borrow().clone()) else {
        return;
    };
    app.desk.n_failures.set(0);
    clock::cancel(app.desk.session_timer.get());
    let scope = Scope {
        user_id: session.user_id.clone(),
        tenant_id: session.tenant_id.clone().unwrap_or_default(),
        api_base: client.base().to_owned(),
    };
    let max_batch = session.capabilities.max_batch;
    act(app, |core, at| core.session(scope, max_batch, at));
    let n_parked = app.decisions.borrow().parked();
    if n_parked > app.desk.n_parked.replace(n_parked) {
        let mut text = words::counted(n_parked, "decision", "decisions");
        text.push_str(" of another user wait in this browser until that user signs in again.");
        say::toast(app, &text, false);
    }
}

/// Whether a decision of this page waits to be sent or answered.
pub(crate) fn is_waiting(app: App) -> bool {
    let core = app.decisions.borrow();
    core.batches()
        .filter_map(|id| core.batch(id))
        .any(|batch| batch.is_running)
}

/// A 401 came for something else than a decision.
pub(crate) fn signed_out(app: App) {
    act(app, Core::signed_out);
}

/// An event or a page showed a state of an action.
pub(crate) fn observed(app: App, action: &Action) {
    if app.decisions.borrow().lock(&action.id).is_some() {
        act(app, |core, at| core.observed(&action.id, &action.version, at));
    }
}

/// Whether what now happens to an action follows from a decision of this page.
pub(crate) fn is_own(app: App, id: &str) -> bool {
    app.desk.decided.borrow().iter().any(|decided| decided == id)
        || lock(app, id).is_some_and(|lock| !matches!(lock.why, Why::OtherTab | Why::OtherScope))
}

/// Why an action can't be decided now, by decisions under way; untracked: `app.decided` tells of changes.
pub(crate) fn lock(app: App, id: &str) -> Option<Lock> {
    app.decisions.borrow().lock(id)
}

/// Whether an operation needs a comment here.
pub(crate) fn needs_comment(app: App, operation: Operation) -> bool {
    let is_needed = |session: &wire::Session| {
        let required = &session.capabilities.comment_required;
        required.iter().any(|word| word == operation.word())
    };
    app.session_now().is_some_and(|session| is_needed(&session))
}

/// Takes up a decision that a person has confirmed on these actions as they are on screen. Gives the batch's name.
///
/// # Errors
/// Says why nothing was taken up.
pub(crate) fn confirm(
    app: App,
    operation: Operation,
    actions: &[&Action],
    comment: &str,
    reason: &str,
) -> Result<String, String> {
    look_first(app)?;
    if needs_comment(app, operation) && comment.trim().is_empty() {
        return Err("A comment is required. Add a comment, then try again.".to_owned());
    }
    let item = |action: &&Action| Item {
        id: action.id.clone(),
        version: action.version.clone(),
    };
    let draft = Draft {
        operation,
        items: actions.iter().map(item).collect(),
        comment: Some(comment.to_owned()),
        reason: Some(reason.to_owned()).filter(|_| operation == Operation::Reject),
    };
    let keys = new_keys(app, actions.len());
    let taken = app.decisions.borrow_mut().confirm(draft, &keys, moment());
    let confirmed = taken.map_err(|refusal| outcomes::refusal(&refusal).to_owned())?;
    let mut items: Vec<Named> = actions.iter().map(|action| Named::of(action)).collect();
    sort_by(&mut items, |left, right| left.id.cmp(&right.id));
    remember(app, &confirmed.batch, items);
    let batch = app.decisions.borrow().batch(&confirmed.batch);
    if let Some(batch) = batch.filter(|batch| batch.tally.total > 1) {
        say_running(app, &batch);
    }
    carry_out(app, confirmed.effects);
    Ok(confirmed.batch)
}

/// Tries the failed items of a batch again, as a new intent.
///
/// # Errors
/// Says why nothing is tried.
pub(crate) fn retry_failed(app: App, batch: &str) -> Result<(), String> {
    look_first(app)?;
    let n_items = app
        .decisions
        .borrow()
        .batch(batch)
        .map_or(0, |batch| batch.can_retry);
    let keys = new_keys(app, n_items);
    let taken = app.decisions.borrow_mut().retry_failed(batch, &keys, moment());
    go(app, batch, taken)
}

/// Confirms what was not sent once more.
///
/// # Errors
/// Says why nothing goes on.
pub(crate) fn resume(app: App, batch: &str) -> Result<(), String> {
    look_first(app)?;
    let taken = app.decisions.borrow_mut().resume(batch, moment());
    go(app, batch, taken)
}

fn go(app: App, batch: &str, taken: Result<Vec<Effect>, decision::Refusal>) -> Result<(), String> {
    let effects = taken.map_err(|refusal| outcomes::refusal(&refusal).to_owned())?;
    with_known(app, batch, |known| {
        (known.is_doubt_told, known.is_end_told) = (false, false)
    });
    carry_out(app, effects);
    Ok(())
}

/// Stops a batch: what was not sent stays unsent.
pub(crate) fn stop(app: App, batch: &str) {
    act(app, |core, at| core.stop(batch, at));
}

/// Goes on although this browser can't keep the decision.
pub(crate) fn go_on(app: App, batch: &str) {
    with_known(app, batch, |known| known.is_unstored = true);
    act(app, |core, at| core.go_on(batch, at));
}

/// Takes the lock off an action whose outcome can't be found out any more; a person has looked.
pub(crate) fn release(app: App, id: &str) {
    act(app, |core, at| core.release(id, at));
    load::open_detail(app);
}

/// Forgets a batch whose results were read; one that is not finished stays.
pub(crate) fn dismiss(app: App, batch: &str) {
    act(app, |core, at| core.dismiss(batch, at));
    if app.decisions.borrow().batch(batch).is_none() {
        app.desk.batches.borrow_mut().retain(|known| known.batch != batch);
    }
}

/// The results of a batch were closed: the way back to them stays while it runs, else it is forgotten.
pub(crate) fn close_results(app: App, batch: &str) {
    let running = app
        .decisions
        .borrow()
        .batch(batch)
        .filter(|batch| batch.is_running);
    match running {
        Some(running) => say_running(app, &running),
        None => dismiss(app, batch),
    }
}

/// Says that a batch is on its way: *Approving 14 actions…*, and where to follow it.
fn say_running(app: App, batch: &Batch) {
    let running = operation_words(batch.operation.word()).map_or("", |words| words.running);
    let mut text = running.trim_end_matches('…').to_owned();
    text.push(' ');
    text.push_str(&words::counted(batch.tally.total, "action", "actions"));
    text.push('…');
    say::toast_of(app, &text, true, Some(batch.id.clone()));
}

/// What is kept of a comment and reason that were typed for an action.
pub(crate) fn take_draft(app: App, id: &str) -> (String, String) {
    let drafts = app.desk.drafts.borrow();
    let found = drafts.iter().find(|(of, ..)| of == id);
    found
        .map(|(_, comment, reason)| (comment.clone(), reason.clone()))
        .unwrap_or_default()
}

/// Keeps comment and reason for when the action is opened again.
pub(crate) fn keep_draft(app: App, id: &str, comment: &str, reason: &str) {
    let mut drafts = app.desk.drafts.borrow_mut();
    drafts.retain(|(of, ..)| of != id);
    if !comment.is_empty() || !reason.is_empty() {
        drafts.push((id.to_owned(), comment.to_owned(), reason.to_owned()));
        let n_over = drafts.len().saturating_sub(MAX_REMEMBERED);
        drafts.drain(..n_over);
    }
}

fn moment() -> Moment {
    Moment {
        now_millis: clock::now_millis() as u64,
        random: clock::random(),
    }
}

fn new_keys(app: App, n_items: usize) -> Vec<String> {
    let n_keys = app.decisions.borrow().keys_needed(n_items);
    (0..n_keys).map(|_| clock::random_name()).collect()
}

fn act(app: App, input: impl FnOnce(&mut Core, Moment) -> Vec<Effect>) {
    let effects = input(&mut app.decisions.borrow_mut(), moment());
    carry_out(app, effects);
}

/// Carries out effects in order; a record is answered for as soon as it is written.
fn carry_out(app: App, effects: Vec<Effect>) {
    let mut effects = VecDeque::from(effects);
    let mut has_changed = false;
    while let Some(effect) = effects.pop_front() {
        match effect {
            Effect::Persist { key, record } => {
                let is_stored = storage::write(&name_of(&key), &record);
                share(app, &key);
                effects.extend(app.decisions.borrow_mut().stored(&key, is_stored, moment()));
            }
            Effect::Forget { key } => {
                storage::remove(&name_of(&key));
                share(app, &key);
            }
            Effect::Reread { key } => {
                let record = storage::read(&name_of(&key));
                effects.extend(
                    app.decisions
                        .borrow_mut()
                        .shared(&key, record.as_deref(), moment()),
                );
            }
            Effect::Send(request) => wasm_bindgen_futures::spawn_local(send(app, request)),
            Effect::AskSession(_) => session::keep_asking(app),
            Effect::Unstored { batch } => app.dialog.set(Some(Dialog::Unstored(batch))),
            Effect::Unreadable { .. } => say::toast(
                app,
                "A decision that this browser keeps can’t be read. Look in History for what became of it.",
                false,
            ),
            Effect::Changed => has_changed = true,
        }
    }
    if has_changed {
        app.decided.notify();
        announce(app);
    }
    wake_later(app);
}

fn wake_later(app: App) {
    clock::cancel(app.desk.timer.get());
    let wake = app.decisions.borrow().next_wake_millis();
    if let Some(wake_millis) = wake.filter(|_| app.is_alive.get()) {
        let wait_millis = wake_millis
            .saturating_sub(clock::now_millis() as u64)
            .min(3_600_000);
        app.desk.timer.set(clock::after(wait_millis as i32 + 1, move || {
            if app.is_alive.get() {
                tick(app);
            }
        }));
    }
}

fn name_of(key: &str) -> String {
    let mut name = String::from(PREFIX);
    name.push_str(key);
    name
}

/// Another page of this browser hears of a record by its channel, which also works within one document, or by the storage's event.
fn open_channel(app: App) {
    let Ok(channel) = web_sys::BroadcastChannel::new("action-center.intents") else {
        return;
    };
    let hear: Box<dyn Fn(web_sys::MessageEvent)> = Box::new(move |event| {
        if let Some(key) = event.data().as_string() {
            shared(app, &key);
        }
    });
    channel.set_onmessage(Some(Closure::wrap(hear).into_js_value().unchecked_ref()));
    app.desk.channel.replace(Some(channel));
}

fn share(app: App, key: &str) {
    if let Some(channel) = app.desk.channel.borrow().as_ref() {
        let _sent = channel.post_message(&key.into());
    }
}

fn shared(app: App, key: &str) {
    let record = storage::read(&name_of(key));
    act(app, |core, at| core.shared(key, record.as_deref(), at));
    watch_others(app);
}

async fn send(app: App, request: Request) {
    let Some(client) = app.client.borrow().clone() else {
        return;
    };
    let Request {
        key,
        attempt,
        operation,
        comment,
        reason,
        items,
    } = request;
    let items: Vec<(String, String)> = items.into_iter().map(|item| (item.id, item.version)).collect();
    let comment = comment.unwrap_or_default();
    let body = wire::decision_body(operation.word(), &comment, reason.as_deref(), &items);
    let session = app.session_now();
    let mut headers = vec![("idempotency-key", key.as_str())];
    if let Some(token) = session.as_ref().and_then(|session| session.csrf_token.as_deref()) {
        headers.push(("x-csrf-token", token));
    }
    let is_sendable = headers.iter().all(|(_, value)| wire::is_field_value(value));
    let reply = if is_sendable {
        client.post("/decisions", &headers, &body).await
    } else {
        // As if the server had refused the token: it did not see the request.
        if attempt <= 1 {
            say::toast(app, BAD_TOKEN, false);
        }
        Ok(Reply {
            status: 403,
            retry_after: None,
            body: br#"{"type":"urn:action-center:problem:csrf-token-invalid"}"#.to_vec(),
            is_web_page: false,
        })
    };
    if !app.is_alive.get() {
        // The record stays: the next page asks what became of it.
        return;
    }
    let told = reply
        .as_ref()
        .ok()
        .map(|reply| reply.body.clone())
        .unwrap_or_default();
    let (answer, receipt) = read_answer(reply);
    if matches!(&answer, Answer::Problem(problem) if problem.status == 403) {
        // What this user may do has changed.
        session::keep_asking(app);
    }
    take_receipt(app, operation, &key, &receipt);
    act(app, |core, at| core.answered(&key, attempt, answer, at));
    if !receipt.is_empty() {
        look_again(app, &receipt);
        live::tell_receipt(app, &String::from_utf8_lossy(&told));
        read_silent(app, &receipt);
    }
}

/// Another tab got a receipt: what it says of actions is taken in as an event would be.
pub(crate) fn hear_receipt(app: App, body: &str) {
    let Ok(receipt) = wire::read_receipt(body.as_bytes()) else {
        return;
    };
    let actions: Vec<Action> = receipt
        .items
        .iter()
        .filter_map(|item| item.action.clone())
        .collect();
    live::take(app, &actions);
    read_silent(app, &receipt.items);
}

/// Reads what a receipt calls done without showing it, of what is here (a faulty one may name others): one by one where the
/// backend can, else with the whole window. Until something newer is here it can't be decided again.
fn read_silent(app: App, receipt: &[ReceiptItem]) {
    let is_silent = |item: &&ReceiptItem| {
        item.action.is_none() && item.outcome == "done" && load::current(app, &item.id).is_some()
    };
    let ids: Vec<String> = receipt
        .iter()
        .filter(is_silent)
        .map(|item| item.id.clone())
        .collect();
    if ids.is_empty() {
        return;
    }
    let has_detail = app
        .session_now()
        .is_some_and(|session| session.capabilities.has_detail);
    wasm_bindgen_futures::spawn_local(async move {
        for n_tries in 1..=N_READS {
            if has_detail && ids.len() <= MAX_READ_ALONE {
                for id in &ids {
                    read_one(app, id).await;
                }
            } else {
                load::window(app);
            }
            let pause_millis = decision::pause_millis(n_tries, None, true, clock::random());
            clock::pause(pause_millis as i32).await;
            let is_old = |id: &String| {
                let known = load::current(app, id);
                known.is_some_and(|known| is_seen_decided(app, &known))
            };
            if !app.is_alive.get() || !ids.iter().any(is_old) {
                return;
            }
        }
    });
}

/// Whether what is known of an action is from before what was done to it.
fn is_seen_decided(app: App, action: &Action) -> bool {
    let decided = app.decisions.borrow().decided(&action.id, &action.version);
    decided.is_some_and(|done| done.fits(&action.status, true))
}

async fn read_one(app: App, id: &str) {
    let Some(client) = app.client.borrow().clone() else {
        return;
    };
    let read = load::detail(app, &client, id).await;
    if !app.is_alive.get() {
        return;
    }
    match read {
        Ok(detail) => {
            let action = &detail.action;
            take_row(app, action);
            if app.place.peek().action.as_deref() == Some(id) && !is_seen_decided(app, action) {
                show_now(app, action);
            }
        }
        Err(error) if error.kind == Kind::NotFound => drop_row(app, id),
        Err(_) => return,
    }
    load::evaluate(app);
}

/// The server no longer has it.
fn drop_row(app: App, id: &str) {
    let mut store = app.store.borrow_mut();
    let row = store.row_of(id).filter(|_| store.view().is_of_actions());
    let Some(row) = row else {
        return;
    };
    let mut gone = app.gone.borrow_mut();
    if gone.len() == MAX_REMEMBERED {
        gone.remove(0);
    }
    gone.push((id.to_owned(), store.action(row).updated_at));
    store.remove(id);
}

/// Takes a newer state of an action that was decided here into the rows.
fn take_row(app: App, action: &Action) {
    let mut store = app.store.borrow_mut();
    let view = store.view();
    if !view.is_of_actions() || store.row_of(&action.id).is_none() {
        return;
    }
    let belongs = action.is_pending() == (view == View::Pending);
    let is_newer = !matches!(store.upsert_action(action), What::Stale(_));
    if is_newer && !belongs {
        store.remove(&action.id);
    }
}

fn read_answer(reply: Result<Reply, Error>) -> (Answer, Vec<ReceiptItem>) {
    let problem = |status, error: Error| {
        let said = error.problem;
        Answer::Problem(Problem {
            status,
            word: said.word,
            detail: if said.detail.is_empty() {
                said.title
            } else {
                said.detail
            },
            retry_after_millis: error
                .retry_after
                .and_then(|text| decision::retry_after(&text, clock::now_millis() as u64)),
        })
    };
    let answer = match reply {
        Err(error) if error.kind == Kind::SignedOut => problem(401, error),
        Err(error) if error.kind == Kind::TooLarge => Answer::Unreadable,
        Err(_) => Answer::NoAnswer,
        Ok(reply) if !(200..300).contains(&reply.status) => problem(
            reply.status,
            Error::of(reply.status, reply.retry_after, &reply.body),
        ),
        Ok(reply) if reply.is_web_page => Answer::Unreadable,
        Ok(reply) => match wire::read_receipt(&reply.body) {
            Err(_) => Answer::Unreadable,
            Ok(receipt) => {
                let results = receipt.items.iter().map(|item| Receipted {
                    id: item.id.clone(),
                    outcome: Outcome::from_word(&item.outcome),
                    detail: item.detail.clone().unwrap_or_default(),
                });
                return (Answer::Receipt(results.collect()), receipt.items);
            }
        },
    };
    (answer, Vec::new())
}

/// Takes what a receipt says of its actions into the rows, and tells the host.
fn take_receipt(app: App, operation: Operation, key: &str, receipt: &[ReceiptItem]) {
    if receipt.is_empty() {
        return;
    }
    let batch = batch_of(app, key);
    let now = app.now();
    for item in receipt {
        // An action that this request does not carry, or that is proven, is not its business.
        if app.decisions.borrow().lock(&item.id).is_none() {
            continue;
        }
        let is_done = item.outcome == "done";
        if let Some(batch) = &batch {
            let action = item.action.as_ref();
            with_known(app, batch, |known| known.take(&item.id, now, is_done, action));
        }
        let mut decided = app.desk.decided.borrow_mut();
        decided.push(item.id.clone());
        let n_over = decided.len().saturating_sub(MAX_REMEMBERED);
        decided.drain(..n_over);
        drop(decided);
        if is_done {
            app.desk.drafts.borrow_mut().retain(|(of, ..)| *of != item.id);
            if app.place.peek().action.as_deref() == Some(&item.id) {
                app.comment.set(String::new());
                app.reason.set(String::new());
            }
        }
        host::tell(
            app,
            "action-decided",
            &[
                ("id", &item.id),
                ("operation", operation.word()),
                ("outcome", &item.outcome),
            ],
        );
    }
    for item in receipt {
        match &item.action {
            Some(action) => take_row(app, action),
            None if item.outcome == "notFound" => drop_row(app, &item.id),
            None => {}
        }
    }
}

/// Shows what a receipt has changed: rows, counts, and what is open.
fn look_again(app: App, receipt: &[ReceiptItem]) {
    load::evaluate(app);
    effects::changed(app, receipt.iter().filter_map(|item| item.action.as_ref()));
    let open = app.place.peek().action.clone();
    let Some(item) = receipt.iter().find(|item| Some(&item.id) == open.as_ref()) else {
        return;
    };
    match &item.action {
        // What was signed is not what is there: it is shown as such, and decided only after a look.
        Some(action) if item.outcome == "changed" => app.changed_open.set(Some(Rc::new(action.clone()))),
        None if item.outcome == "notFound" => {
            // It need not be asked for again.
            let error = Error::new(Kind::NotFound, "");
            app.detail.set(Opened::Failed(Rc::new(error)));
        }
        action => {
            if let Some(action) = action {
                show_now(app, action);
            }
            load::open_detail(app);
        }
    }
}

/// Puts a newer state of the open action in the place of what is shown; its details are asked for by themselves.
pub(crate) fn show_now(app: App, now: &Action) {
    let next = match &*app.detail.peek() {
        Opened::Ready(detail) if detail.action.id == now.id => {
            // What was blocked was so in the old state.
            let blocked = Vec::new();
            Some(wire::Detail {
                action: now.clone(),
                blocked,
                ..(**detail).clone()
            })
        }
        // Without details its row is all there is, and this is newer.
        opened if load::is_not_listed(opened) => Some(wire::Detail {
            action: now.clone(),
            ..wire::Detail::default()
        }),
        _ => None,
    };
    if let Some(next) = next {
        app.detail.set(Opened::Ready(Rc::new(next)));
    }
}

fn batch_of(app: App, key: &str) -> Option<String> {
    let core = app.decisions.borrow();
    core.batches()
        .find(|batch| core.items(batch).any(|item| item.key == key))
        .map(str::to_owned)
}

fn remember(app: App, batch: &str, items: Vec<Named>) {
    app.desk.batches.borrow_mut().push(Known {
        batch: batch.to_owned(),
        items,
        is_doubt_told: false,
        is_end_told: false,
        is_unstored: false,
    });
}

/// An item of a batch by name, as far as the page knows it.
pub(crate) fn named(app: App, batch: &str, id: &str) -> Option<Named> {
    let batches = app.desk.batches.borrow();
    let known = batches.iter().find(|known| known.batch == batch);
    let named = known.and_then(|known| known.named(id)).cloned();
    // One that came back from the storage is known by its row alone.
    named.or_else(|| load::action(app, id).map(|action| Named::of(&action)))
}

/// Investigations that a batch has done something to, by id, ascending; those of a large one once it has ended.
pub(crate) fn investigations_of(app: App, batch: &str) -> Vec<String> {
    let batches = app.desk.batches.borrow();
    let core = app.decisions.borrow();
    let Some(known) = batches.iter().find(|known| known.batch == batch) else {
        return Vec::new();
    };
    let is_large = known.items.len() > MAX_REMEMBERED;
    if is_large && core.batch(batch).is_none_or(|batch| batch.is_running) {
        return Vec::new();
    }
    let done = core.items(batch).filter(|item| item.state == State::Done);
    let named = done.filter_map(|item| known.named(&item.item.id));
    let mut ids: Vec<&String> = named.filter_map(|named| named.investigation.as_ref()).collect();
    sort_by(&mut ids, |left, right| left.cmp(right));
    ids.dedup();
    ids.into_iter().cloned().collect()
}

/// Changes what is known of a batch; one that came back from the storage becomes known here.
fn with_known<T>(app: App, batch: &str, change: impl FnOnce(&mut Known) -> T) -> Option<T> {
    let is_known = app.desk.batches.borrow().iter().any(|known| known.batch == batch);
    if !is_known {
        app.decisions.borrow().batch(batch)?;
        remember(app, batch, Vec::new());
    }
    let mut batches = app.desk.batches.borrow_mut();
    batches.iter_mut().find(|known| known.batch == batch).map(change)
}

/// Whether closing the page would lose track of a decision that this browser could not keep.
fn is_at_risk(app: App) -> bool {
    let core = app.decisions.borrow();
    let is_open = |batch: &Batch| batch.tally.done + batch.tally.refused < batch.tally.total;
    let batches = app.desk.batches.borrow();
    let is_unstored = |id: &str| batches.iter().any(|known| known.batch == id && known.is_unstored);
    core.batches()
        .filter_map(|id| core.batch(id))
        .any(|batch| is_open(&batch) && (batch.is_unstored || is_unstored(&batch.id)))
}

/// Says what is new about the batches: doubt, and the end.
fn announce(app: App) {
    let batches: Vec<String> = app.decisions.borrow().batches().map(str::to_owned).collect();
    for id in batches {
        if with_known(app, &id, |known| known.is_end_told) == Some(true) {
            continue;
        }
        let Some(batch) = app.decisions.borrow().batch(&id) else {
            continue;
        };
        let is_running = batch.is_running || batch.is_unstored;
        if is_running {
            let is_doubtful = batch.tally.unknown > 0;
            let is_news = with_known(app, &id, |known| {
                is_doubtful && !std::mem::replace(&mut known.is_doubt_told, is_doubtful)
            });
            if is_news == Some(true) {
                let results = (batch.tally.total > 1).then(|| id.clone());
                say::toast_of(app, "Outcome unknown, checking…", false, results);
            }
        } else {
            with_known(app, &id, |known| known.is_end_told = true);
            conclude(app, &batch);
            load::counts(app);
        }
    }
}

/// Says how a batch ended.
fn conclude(app: App, batch: &Batch) {
    if batch.tally.total == 1 && batch.tally.unsent == 0 && batch.tally.unknown == 0 {
        conclude_one(app, batch);
        return;
    }
    let is_good = batch.tally.done == batch.tally.total;
    say::toast_of(app, &summary(app, batch), is_good, Some(batch.id.clone()));
}

/// How a batch adds up: *12 approved, 1 already decided, 2 failed*.
pub(crate) fn summary(app: App, batch: &Batch) -> String {
    let mut counts: Vec<(&'static str, usize)> = Vec::new();
    for item in app.decisions.borrow().items(&batch.id) {
        let name = match item.state {
            State::Unsent => "not sent",
            State::Sending => "sending",
            _ => outcomes::outcome_inside(batch.operation, item.finding),
        };
        match counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    // What was done comes first, then as it was confirmed.
    let done = operation_words(batch.operation.word()).map_or("", |words| words.done_inside);
    sort_by(&mut counts, |left, right| {
        (left.0 != done).cmp(&(right.0 != done))
    });
    let mut out = String::new();
    for (name, count) in counts {
        if !out.is_empty() {
            out.push_str(", ");
        }
        out.push_str(&action_center_core::domain::time::grouped(count));
        out.push(' ');
        out.push_str(name);
    }
    out
}

fn conclude_one(app: App, batch: &Batch) {
    let found = app
        .decisions
        .borrow()
        .items(&batch.id)
        .next()
        .map(|item| (item.item.id.clone(), item.finding.clone()));
    let Some((id, finding)) = found else {
        return;
    };
    let clock = |time: Time| time.to_clock(app.offset_at(time), false);
    let named = named(app, &batch.id, &id);
    let now = named.as_ref().and_then(|named| named.now.as_deref());
    let mut text = outcomes::finding(batch.operation, &finding, now, clock);
    let is_good = matches!(finding, Finding::Done { .. });
    let mut investigation = None;
    if is_good {
        if let Some(named) = named {
            text.push_str(": ");
            text.push_str(&outcomes::named(
                &named.action_type,
                &named.entity,
                &named.entity_type,
            ));
            investigation = named.investigation;
        }
    } else if app.place.peek().action.as_deref() == Some(&id) {
        app.flyout_error.set(Some(text.clone()));
    }
    say::toast(app, &text, is_good);
    if let Some(id) = investigation {
        effects::tell_later(app, &id);
    }
    dismiss(app, &batch.id);
}
