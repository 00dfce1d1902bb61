//! Where the page meets the element that holds it: style sheets, sprite, the end, and the worst case.

use wasm_bindgen::prelude::*;
use web_sys::CssStyleSheet;

use super::app;
use super::browser::storage;
use super::kit::dom::{El, el};
use super::state::App;
use super::tasks::{decide, export, live, load};

/// All sheets of the shadow root, joined by build.rs.
const STYLE: &str = include_str!(concat!(env!("OUT_DIR"), "/style.css"));
/// The icons; `use` does not cross the border of a shadow root, so each has a copy.
const SPRITE: &str = include_str!("sprite.svg");

/// A name for this mount, which tells the decisions of one tab from those of another and survives a reload.
pub(crate) fn tab() -> String {
    storage::take_tab()
}

/// Puts styles, icons and the page into the shadow root.
pub(crate) fn fill(app: App) {
    if let Ok(sheet) = CssStyleSheet::new() {
        let _done = sheet.replace_sync(STYLE);
        let _set = js_sys::Reflect::set(
            &app.root,
            &"adoptedStyleSheets".into(),
            &js_sys::Array::of1(&sheet),
        );
    }
    let icons = el("div");
    // Our own constant, never a text from outside.
    icons.0.set_inner_html(SPRITE);
    let _added = app.root.append_child(&icons.0);
    let El(page) = app::app(app);
    let _added = app.root.append_child(&page);
}

/// Ends what a mounted page has under way.
pub(crate) fn end(app: App) {
    app.is_alive.set(false);
    load::stop_requests(app);
    live::stop(app);
    export::stop(app);
    decide::end(app);
    app.grid.replace(None);
    app.draw_grid.replace(None);
    app.store
        .replace(action_center_core::store::Store::new(Default::default()));
}

/// Hands a panic to the element's script, which is not part of this program and still runs.
pub(crate) fn report(what: &str) {
    let crashed = js_sys::Reflect::get(&js_sys::global(), &"__actionCenterCrashed".into());
    if let Ok(crashed) = crashed.and_then(|crashed| crashed.dyn_into::<js_sys::Function>()) {
        let _told = crashed.call1(&JsValue::NULL, &what.into());
    }
}
