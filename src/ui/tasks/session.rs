//! Who is signed in: asking, signing in again, going on where one was.

use std::rc::Rc;

use action_center_core::decision;
use action_center_core::domain::text;
use action_center_core::wire;

use super::{decide, live, start};
use crate::api::{Error, Kind};
use crate::ui::browser::{clock, page};
use crate::ui::state::{Access, App};

/// The least pause before the session is asked for again, and where a person has to sign in, in milliseconds.
const PAUSE_MILLIS: u64 = 500;
const SIGNED_OUT_MILLIS: u64 = 5_000;
/// The least pause between two rounds in which the session is good and something else is refused, in milliseconds.
const LEAST_ROUND_MILLIS: u64 = 1_000;
/// What is said meanwhile.
const REFUSED: &str = "The server knows your session but refuses what this page asks for. It is asked again by itself, less and less often";

/// Asks who is signed in. Whoever asked, decisions know it with the buttons that offer them.
pub(crate) async fn ask(app: App) -> Result<Rc<wire::Session>, Error> {
    let client = app
        .client
        .borrow()
        .clone()
        .ok_or_else(|| Error::new(Kind::NoAnswer, "no backend"))?;
    let sent_millis = clock::now_millis();
    let answer = client.get("/session", None).await;
    if !app.is_alive.get() {
        return Err(Error::new(Kind::Stopped, ""));
    }
    let answer = answer.and_then(|body| wire::read_session(&body).map_err(|error| Error::unreadable(&error)));
    match answer {
        Ok(session) => {
            let is_news = app.needs_sign_in.peek().is_some() || app.session_now().is_none();
            let received_millis = clock::now_millis();
            if let Some(server_time) = session.server_time {
                // The server read its clock somewhere between sending and receiving.
                let here = ((sent_millis + received_millis) / 2.0 * 1000.0) as i64;
                app.clock_skew.set(server_time.0 - here);
            }
            let session = Rc::new(session);
            // What is refused in spite of the session is told until it is asked for again.
            let is_refused = client.refused_rounds() > 0;
            if !is_refused {
                app.needs_sign_in.set(None);
            }
            app.session_error.set(None);
            app.access.set(Access::Granted(session.clone()));
            decide::session_known(app);
            if is_news && !is_refused {
                live::tell_signed_in(app);
            }
            Ok(session)
        }
        Err(error) => {
            refused(app, &error);
            let is_told = match error.kind {
                Kind::SignedOut | Kind::Stopped => true,
                Kind::Forbidden => app.session_now().is_none(),
                _ => false,
            };
            if !is_told {
                app.session_error.set(Some(Rc::new(error.clone())));
            }
            Err(error)
        }
    }
}

/// Reads the session for the decisions that wait for it: again and again, until it is here.
pub(crate) fn keep_asking(app: App) {
    if app.client.borrow().is_none() || app.desk.is_asking.replace(true) {
        return;
    }
    clock::cancel(app.desk.session_timer.get());
    wasm_bindgen_futures::spawn_local(async move {
        let was_out = app.needs_sign_in.peek().is_some();
        let was_granted = app.session_now().is_some();
        let asked = ask(app).await;
        app.desk.is_asking.set(false);
        let least_millis = match &asked {
            Ok(_) if was_out => return resume_later(app, was_granted),
            Ok(_) => return,
            Err(error) if error.kind == Kind::Stopped => return,
            // A person has to sign in, perhaps in another window.
            Err(error) if error.kind == Kind::SignedOut && !decide::is_waiting(app) => return,
            Err(error) if error.kind == Kind::SignedOut => SIGNED_OUT_MILLIS,
            Err(_) => PAUSE_MILLIS,
        };
        app.desk
            .n_failures
            .set(app.desk.n_failures.get().saturating_add(1));
        let pause_millis = live::pause_millis(app, app.desk.n_failures.get(), asked.err().as_ref());
        let timer = clock::after((least_millis + pause_millis) as i32, move || {
            if app.is_alive.get() {
                keep_asking(app);
            }
        });
        app.desk.session_timer.set(timer);
    });
}

/// Goes on with what waited: at once after a sign-in, later and later where the session is good and something else is refused.
fn resume_later(app: App, was_granted: bool) {
    let n_rounds = app
        .client
        .borrow()
        .as_ref()
        .map_or(0, |client| client.refused_rounds());
    if n_rounds == 0 {
        return start::resume(app, was_granted);
    }
    let pause_millis = LEAST_ROUND_MILLIS + decision::pause_millis(n_rounds, None, false, clock::random());
    clock::cancel(app.desk.resume_timer.get());
    let timer = clock::after(pause_millis as i32, move || {
        if app.is_alive.get() {
            start::resume(app, was_granted);
        }
    });
    app.desk.resume_timer.set(timer);
}

/// Takes a 401 or 403 of any request to heart.
pub(crate) fn refused(app: App, error: &Error) {
    match error.kind {
        Kind::SignedOut => {
            let mut error = error.clone();
            let n_rounds = app
                .client
                .borrow()
                .as_ref()
                .map_or(0, |client| client.refused_rounds());
            if n_rounds > 1 {
                error.detail = String::from(REFUSED);
            }
            let error = Rc::new(error);
            let has_rows = app.session_now().is_some();
            let is_news = app.needs_sign_in.peek().is_none();
            app.needs_sign_in.set(Some(error.clone()));
            if !has_rows {
                app.access.set(Access::SignedOut(error));
            }
            decide::signed_out(app);
            if is_news {
                start::announce_sign_out(app);
            }
        }
        Kind::Forbidden if app.session_now().is_none() => {
            app.access.set(Access::Forbidden(Rc::new(error.clone())))
        }
        _ => {}
    }
}

/// Opens the backend's sign-in page in a new window; back here the page looks at the session and goes on.
pub(crate) fn sign_in(app: App) {
    let address = app
        .needs_sign_in
        .peek()
        .as_ref()
        .and_then(|error| error.problem.sign_in.clone());
    let link = address
        .as_deref()
        .and_then(text::safe_link_or_relative)
        .and_then(|link| {
            // Relative to the API, whose word it is.
            let base = app
                .client
                .borrow()
                .as_ref()
                .map(|client| client.base().to_owned())
                .unwrap_or_default();
            web_sys::Url::new_with_base(link, &base)
                .ok()
                .map(|url| url.href())
        })
        .filter(|link| text::safe_link(link).is_some());
    match link {
        Some(link) => page::open(&link),
        None => start::go_on(app),
    }
}
