//! Web Locks (W3C): a page holds a lock of its own name while it lives, and hears when another's is free. Where the browser has
//! none, as on plain http, nothing is heard.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

fn request(name: &str, run: &JsValue) -> Option<()> {
    let navigator = web_sys::window()?.navigator();
    let locks = Reflect::get(&navigator, &"locks".into())
        .ok()
        .filter(JsValue::is_object)?;
    let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
    let asked = request.call2(&locks, &name.into(), run).ok()?;
    // A page that goes away refuses what it asked for; nobody has to hear of that.
    wasm_bindgen_futures::spawn_local(async move {
        let _ended = JsFuture::from(Promise::from(asked)).await;
    });
    Some(())
}

/// Holds a lock until the function that it gives is called, or the page ends.
pub(crate) fn hold(name: &str) -> Option<Function> {
    let mut release = None;
    let held = Promise::new(&mut |resolve, _reject| release = Some(resolve));
    let run = Closure::once_into_js(move || held);
    request(name, &run)?;
    release
}

/// Calls a function once a lock is free.
pub(crate) fn when_free(name: &str, run: impl FnOnce() + 'static) {
    let run: Box<dyn FnOnce()> = Box::new(run);
    let _asked = request(name, &Closure::once_into_js(run));
}
