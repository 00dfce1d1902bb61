//! The browser's address, where the page is its own: the part after `#/` (or `?`) says the place.

use wasm_bindgen::prelude::*;

fn window() -> Option<web_sys::Window> {
    web_sys::window()
}

/// The part that says the place: after `#/`, or where there is none, after `?`.
pub(crate) fn read() -> String {
    let Some(location) = window().map(|window| window.location()) else {
        return String::new();
    };
    let hash = location.hash().unwrap_or_default();
    if let Some(place) = hash.strip_prefix("#/").or_else(|| hash.strip_prefix('#')) {
        return place.trim_start_matches('?').to_owned();
    }
    let search = location.search().unwrap_or_default();
    search.strip_prefix('?').unwrap_or_default().to_owned()
}

/// Writes the place after `#/`; as a step that Back returns from, or over the current one.
pub(crate) fn write(place: &str, is_step: bool) {
    let Some((history, location)) =
        window().and_then(|window| Some((window.history().ok()?, window.location())))
    else {
        return;
    };
    let mut url = location.pathname().unwrap_or_default();
    url.push_str("#/");
    url.push_str(place);
    let _written = if is_step {
        history.push_state_with_url(&JsValue::NULL, "", Some(&url))
    } else {
        history.replace_state_with_url(&JsValue::NULL, "", Some(&url))
    };
}

/// The whole address with a place, for a link to hand on.
pub(crate) fn link(place: &str) -> String {
    let Some(location) = window().map(|window| window.location()) else {
        return String::new();
    };
    let mut url = location.origin().unwrap_or_default();
    url.push_str(&location.pathname().unwrap_or_default());
    url.push_str("#/");
    url.push_str(place);
    url
}

/// An address relative to the document, made absolute; none where it can't be one.
pub(crate) fn resolve(relative: &str) -> Option<String> {
    let base = window()?.document()?.base_uri().ok().flatten()?;
    web_sys::Url::new_with_base(relative, &base)
        .ok()
        .map(|url| url.href())
}
