//! One way to ask: a method, a path, perhaps a body; the answer's status and bytes, with limits on time and size.

use std::cell::{Cell, RefCell};

use action_center_core::wire;
use gloo_net::http::{Method, RequestBuilder, Response};
use js_sys::{Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, AbortSignal, ReadableStreamDefaultReader, RequestCache, RequestCredentials};

use super::error::{Error, Kind};

/// Which cookies go along.
pub(crate) type Credentials = RequestCredentials;

/// No page and no receipt is larger; a page of ten thousand rows is some 6 MB.
const MAX_LIST_BYTES: usize = 256 << 20;
/// Nothing else is larger: the session, one action, one investigation.
const MAX_BODY_BYTES: usize = 32 << 20;
/// How long an answer may take to begin, and each piece of it to follow.
const PATIENCE_MILLIS: i32 = 60_000;

/// The backend's address and how to speak to it.
pub(crate) struct Client {
    /// Without a slash at the end.
    base: String,
    credentials: Credentials,
    /// The host's function that gives a bearer token. What it gave is kept in memory alone.
    get_token: Option<Function>,
    token: RefCell<Option<String>>,
    /// A request that was sent by others before the program ran: the answer to the first question.
    started: RefCell<Option<Promise>>,
    /// What was answered by 401 while the session could be read.
    refused: RefCell<Vec<String>>,
    /// How often that came about in a row: one round for all that is refused between two answers of the session.
    n_rounds: Cell<u32>,
    /// Whether the session was read since the last round.
    is_session_new: Cell<bool>,
}

/// A complete answer.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: Vec<u8>,
    /// Whether it calls itself a web page.
    pub(crate) is_web_page: bool,
}

impl Client {
    pub(crate) fn new(base: &str, credentials: Credentials, get_token: Option<Function>) -> Self {
        Self {
            base: base.trim_end_matches('/').to_owned(),
            credentials,
            get_token,
            token: RefCell::new(None),
            started: RefCell::new(None),
            refused: RefCell::default(),
            n_rounds: Cell::new(0),
            is_session_new: Cell::new(false),
        }
    }

    /// Takes a request that is under way already for the first question; the browser's `fetch` gave it.
    pub(crate) fn answer_first_by(&self, started: Option<Promise>) {
        self.started.replace(started);
    }

    /// The base address, which tells decisions of one backend from those of another.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// How often in a row something was refused by 401 although the session could be read. Only an answer to what was refused
    /// ends that, or a session that has really ended.
    pub(crate) fn refused_rounds(&self) -> u32 {
        self.n_rounds.get()
    }

    /// Remembers who is refused.
    pub(super) fn note(&self, path: &str, status: u16) {
        let name = path.split('?').next().unwrap_or_default();
        let mut refused = self.refused.borrow_mut();
        if name == "/session" {
            match status {
                200..300 => self.is_session_new.set(true),
                401 => refused.clear(),
                _ => {}
            }
        } else if status == 401 {
            if self.is_session_new.replace(false) {
                self.n_rounds.set(self.n_rounds.get().saturating_add(1));
            }
            if !refused.iter().any(|known| known == name) {
                refused.push(name.to_owned());
            }
        } else if (200..300).contains(&status) {
            refused.retain(|known| known != name);
        }
        if refused.is_empty() {
            self.n_rounds.set(0);
        }
    }

    /// Asks for JSON. Anything but a 2xx with a JSON body is an error.
    pub(crate) async fn get(&self, path: &str, stop: Option<&AbortSignal>) -> Result<Vec<u8>, Error> {
        let reply = self.exchange(Method::GET, path, &[], None, stop).await?;
        if !(200..300).contains(&reply.status) {
            return Err(Error::of(reply.status, reply.retry_after, &reply.body));
        }
        if reply.is_web_page {
            return Err(Error {
                status: reply.status,
                ..Error::new(Kind::WebPage, "")
            });
        }
        Ok(reply.body)
    }

    /// Sends JSON; the answer may have any status.
    pub(crate) async fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Reply, Error> {
        self.exchange(Method::POST, path, headers, Some(body), None).await
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
        stop: Option<&AbortSignal>,
    ) -> Result<Reply, Error> {
        let limit = Limit::new(stop)?;
        let is_list = path.contains('?') || method == Method::POST;
        let max_bytes = if is_list { MAX_LIST_BYTES } else { MAX_BODY_BYTES };
        let mut response = self.send(method.clone(), path, headers, body, &limit).await?;
        if response.status() == 401 && self.get_token.is_some() && self.token.take().is_some() {
            // The token may be old: the host is asked once for another.
            response = self.send(method, path, headers, body, &limit).await?;
        }
        let header = |name: &str| response.headers().get(name);
        let retry_after = header("retry-after");
        let is_web_page =
            header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
        let status = response.status();
        self.note(path, status);
        let body = read_body(&response, &limit, max_bytes).await?;
        Ok(Reply {
            status,
            retry_after,
            body,
            is_web_page,
        })
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
        limit: &Limit,
    ) -> Result<Response, Error> {
        if let Some(started) = self.started.take() {
            let response = JsFuture::from(started).await;
            return response
                .map(|response| Response::from(response.unchecked_into::<web_sys::Response>()))
                .map_err(|_| limit.error("the request failed"));
        }
        let builder = self.request(method, path, limit.signal()).await?;
        let mut builder = builder.header("accept", "application/json, application/problem+json");
        for (name, value) in headers {
            if !wire::is_field_value(value) {
                return Err(Error::new(Kind::NoAnswer, "a header can’t be sent"));
            }
            builder = builder.header(name, value);
        }
        let request = match body {
            Some(body) => builder.header("content-type", "application/json").body(body),
            None => builder.build(),
        };
        let request = request.map_err(|error| Error::new(Kind::NoAnswer, &error.to_string()))?;
        request.send().await.map_err(|_| limit.error(""))
    }

    /// A request with the token, the cookies and the page's rules, to be completed.
    pub(crate) async fn request(
        &self,
        method: Method,
        path: &str,
        stop: AbortSignal,
    ) -> Result<RequestBuilder, Error> {
        let mut url = String::with_capacity(self.base.len() + path.len());
        url.push_str(&self.base);
        url.push_str(path);
        let mut builder = RequestBuilder::new(&url)
            .method(method)
            .credentials(self.credentials)
            .cache(RequestCache::NoStore)
            .abort_signal(Some(&stop));
        if let Some(token) = self.current_token().await? {
            let mut value = String::from("Bearer ");
            value.push_str(&token);
            builder = builder.header("authorization", &value);
        }
        Ok(builder)
    }

    async fn current_token(&self) -> Result<Option<String>, Error> {
        let Some(get_token) = &self.get_token else {
            return Ok(None);
        };
        if let Some(token) = self.token.borrow().clone() {
            return Ok(Some(token));
        }
        let refused = || Error::new(Kind::SignedOut, "The host page gave no usable token");
        let given = get_token.call0(&JsValue::NULL).map_err(|_| refused())?;
        let token = JsFuture::from(Promise::resolve(&given))
            .await
            .map_err(|_| refused())?;
        let token = token
            .as_string()
            .filter(|token| wire::is_token(token))
            .ok_or_else(refused)?;
        self.token.replace(Some(token.clone()));
        Ok(Some(token))
    }
}

/// Ends a request that takes too long or that nobody waits for any more.
struct Limit {
    controller: AbortController,
    timer: RefCell<Option<i32>>,
    outer: Option<AbortSignal>,
    /// Called by the timer, or by what nobody waits for any more.
    abort: Closure<dyn FnMut()>,
}

impl Limit {
    fn new(outer: Option<&AbortSignal>) -> Result<Self, Error> {
        let controller =
            AbortController::new().map_err(|_| Error::new(Kind::NoAnswer, "no AbortController"))?;
        let inner = controller.clone();
        let abort = Closure::<dyn FnMut()>::new(move || inner.abort());
        if let Some(outer) = outer {
            if outer.aborted() {
                return Err(Error::new(Kind::Stopped, ""));
            }
            let _added = outer.add_event_listener_with_callback("abort", abort.as_ref().unchecked_ref());
        }
        let limit = Self {
            controller,
            timer: RefCell::new(None),
            outer: outer.cloned(),
            abort,
        };
        limit.restart();
        Ok(limit)
    }

    fn signal(&self) -> AbortSignal {
        self.controller.signal()
    }

    fn clear(&self) {
        if let (Some(timer), Some(window)) = (self.timer.take(), web_sys::window()) {
            window.clear_timeout_with_handle(timer);
        }
    }

    fn restart(&self) {
        self.clear();
        self.timer.replace(web_sys::window().and_then(|window| {
            window
                .set_timeout_with_callback_and_timeout_and_arguments_0(
                    self.abort.as_ref().unchecked_ref(),
                    PATIENCE_MILLIS,
                )
                .ok()
        }));
    }

    fn error(&self, detail: &str) -> Error {
        let is_stopped = self.outer.as_ref().is_some_and(AbortSignal::aborted);
        let is_late = !is_stopped && self.controller.signal().aborted();
        let detail = if is_late {
            "no answer within a minute"
        } else {
            detail
        };
        Error::new(if is_stopped { Kind::Stopped } else { Kind::NoAnswer }, detail)
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        self.clear();
        if let Some(outer) = &self.outer {
            let _removed =
                outer.remove_event_listener_with_callback("abort", self.abort.as_ref().unchecked_ref());
        }
    }
}

async fn read_body(response: &Response, limit: &Limit, max_bytes: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let Some(stream) = response.body() else {
        return Ok(bytes);
    };
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    while let Some(piece) = read_piece(&reader).await.map_err(|detail| limit.error(&detail))? {
        limit.restart();
        let start = bytes.len();
        let length = piece.length() as usize;
        if start + length > max_bytes {
            limit.controller.abort();
            return Err(Error::new(Kind::TooLarge, ""));
        }
        bytes.resize(start + length, 0);
        piece.copy_to(&mut bytes[start..]);
    }
    // A byte order mark is no part of the text (WHATWG Encoding, "UTF-8 decode").
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.drain(..3);
    }
    Ok(bytes)
}

/// The next piece of a body; none at its end.
pub(super) async fn read_piece(reader: &ReadableStreamDefaultReader) -> Result<Option<Uint8Array>, String> {
    let read = JsFuture::from(reader.read())
        .await
        .map_err(|_| "the connection broke".to_owned())?;
    let is_done = Reflect::get(&read, &"done".into()).is_ok_and(|done| done.is_truthy());
    let value = Reflect::get(&read, &"value".into()).unwrap_or_default();
    Ok(if is_done { None } else { value.dyn_into().ok() })
}
