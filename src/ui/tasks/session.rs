//! Who is signed in: asking, signing in again, going on where one was.

use std::rc::Rc;

use action_center_core::domain::text;
use action_center_core::wire;

use crate::api::{Error, Kind};
use crate::ui::browser::{clock, page};
use crate::ui::state::{Access, App};

/// Asks who is signed in. What the answer means for decisions is `decide`'s business.
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
            let received_millis = clock::now_millis();
            if let Some(server_time) = session.server_time {
                // The server read its clock somewhere between sending and receiving.
                let here = ((sent_millis + received_millis) / 2.0 * 1000.0) as i64;
                app.clock_skew.set(server_time.0 - here);
            }
            let session = Rc::new(session);
            app.needs_sign_in.set(None);
            app.session_error.set(None);
            app.access.set(Access::Granted(session.clone()));
            Ok(session)
        }
        Err(error) => {
            refused(app, &error);
            if !matches!(error.kind, Kind::SignedOut | Kind::Forbidden | Kind::Stopped) {
                app.session_error.set(Some(Rc::new(error.clone())));
            }
            Err(error)
        }
    }
}

/// Takes a 401 or 403 of any request to heart.
pub(crate) fn refused(app: App, error: &Error) {
    match error.kind {
        Kind::SignedOut => {
            let error = Rc::new(error.clone());
            let has_rows = app.session_now().is_some();
            app.needs_sign_in.set(Some(error.clone()));
            if !has_rows {
                app.access.set(Access::SignedOut(error));
            }
            super::decide::signed_out(app);
            super::start::announce_sign_out(app);
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
        None => super::start::go_on(app),
    }
}
