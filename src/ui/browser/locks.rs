//! Web Locks (W3C): a page holds a lock of its own name while it lives, hears when another's is free, or stands in line for one
//! that all share. Where the browser has none, as on plain http, nothing is heard.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortController;

fn request(name: &str, options: &Object, run: &JsValue) -> Option<Promise> {
    let navigator = web_sys::window()?.navigator();
    let locks = Reflect::get(&navigator, &"locks".into())
        .ok()
        .filter(JsValue::is_object)?;
    let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
    let asked = request.call3(&locks, &name.into(), options, run).ok()?;
    Some(Promise::from(asked))
}

/// A lock that is held, or waited for in line.
pub(crate) struct Claim {
    waiting: AbortController,
    release: Function,
}

impl Claim {
    /// Lets go of the lock, or leaves the line.
    pub(crate) fn end(&self) {
        self.waiting.abort();
        let _released = self.release.call0(&JsValue::NULL);
    }
}

/// Stands in line for a lock, and holds it from then on until the claim is ended, or the page. Calls the function with true once
/// the lock is held; with false where it never will be. None where the browser has no locks.
pub(crate) fn claim(name: &str, told: Box<dyn FnOnce(bool)>) -> Option<Claim> {
    let waiting = AbortController::new().ok()?;
    let options = Object::new();
    Reflect::set(&options, &"signal".into(), &waiting.signal()).ok()?;
    let mut release = None;
    let held = Promise::new(&mut |resolve, _reject| release = Some(resolve));
    let told = Rc::new(Cell::new(Some(told)));
    let at_once = told.clone();
    let run = Closure::once_into_js(move || {
        if let Some(told) = at_once.take() {
            told(true);
        }
        held
    });
    let asked = request(name, &options, &run)?;
    wasm_bindgen_futures::spawn_local(async move {
        let ended = JsFuture::from(asked).await;
        if let (Err(_), Some(told)) = (ended, told.take()) {
            told(false);
        }
    });
    Some(Claim {
        waiting,
        release: release?,
    })
}

/// Holds a lock until the function that it gives is called, or the page ends.
pub(crate) fn hold(name: &str) -> Option<Function> {
    Some(claim(name, Box::new(|_| ()))?.release)
}

/// Calls a function once a lock is free.
pub(crate) fn when_free(name: &str, run: impl FnOnce() + 'static) {
    let run: Box<dyn FnOnce()> = Box::new(run);
    if let Some(asked) = request(name, &Object::new(), &Closure::once_into_js(run)) {
        // A page that goes away refuses what it asked for; nobody has to hear of that.
        wasm_bindgen_futures::spawn_local(async move {
            let _ended = JsFuture::from(asked).await;
        });
    }
}
