//! The document and window: events of the whole page, the clipboard, other windows.

use leptos::prelude::{StoredValue, WithValue, on_cleanup};
use wasm_bindgen::prelude::*;

/// Listens on the window until the current owner ends.
pub(crate) fn on_window(event: &'static str, run: impl Fn(web_sys::Event) + 'static) {
    if let Some(window) = web_sys::window() {
        listen(window.into(), event, Box::new(run));
    }
}

/// Listens on the document until the current owner ends.
pub(crate) fn on_document(event: &'static str, run: impl Fn(web_sys::Event) + 'static) {
    if let Some(document) = web_sys::window().and_then(|window| window.document()) {
        listen(document.into(), event, Box::new(run));
    }
}

fn listen(target: web_sys::EventTarget, event: &'static str, run: Box<dyn Fn(web_sys::Event)>) {
    let closure = Closure::wrap(run);
    let _added = target.add_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
    let kept = StoredValue::new_local((target, closure));
    on_cleanup(move || {
        kept.with_value(|(target, closure)| {
            let _removed =
                target.remove_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
        });
    });
}

/// Whether the page is in sight.
pub(crate) fn is_visible() -> bool {
    web_sys::window()
        .and_then(|window| window.document())
        .is_none_or(|document| document.visibility_state() == web_sys::VisibilityState::Visible)
}

/// Whether the browser believes that it has a network.
pub(crate) fn is_online() -> bool {
    web_sys::window().is_none_or(|window| window.navigator().on_line())
}

/// Puts text on the clipboard.
pub(crate) fn copy(text: &str) {
    if let Some(window) = web_sys::window() {
        let _written = window.navigator().clipboard().write_text(text);
    }
}

/// Opens an address in a new window that knows nothing of this one.
pub(crate) fn open(url: &str) {
    if let Some(window) = web_sys::window() {
        let _opened = window.open_with_url_and_target_and_features(url, "_blank", "noopener,noreferrer");
    }
}

/// Sets the title of the document.
pub(crate) fn title(text: &str) {
    if let Some(document) = web_sys::window().and_then(|window| window.document()) {
        document.set_title(text);
    }
}
