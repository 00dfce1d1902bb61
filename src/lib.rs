//! The page: the custom element `<action-center>` as a program for the browser. It is empty for any other target.
//!
//! Modules in reading order: `api` (the backend as this page sees it), `ui` (everything on screen).
#![cfg(target_arch = "wasm32")]
#![allow(
    missing_docs,
    reason = "nothing here is called from outside but `mount`, which is documented"
)]

mod ui;

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
pub struct Handle {
    mounted: Option<Box<dyn FnOnce()>>,
}

#[wasm_bindgen]
impl Handle {
    pub fn unmount(mut self) {
        if let Some(end) = self.mounted.take() {
            end();
        }
    }
}

/// Mounts the page into an element's shadow root.
#[wasm_bindgen]
pub fn mount(_host: web_sys::HtmlElement, root: web_sys::ShadowRoot) -> Handle {
    let handle = leptos::mount::mount_to(root.clone().unchecked_into(), move || {
        use ui::kit::dom::*;
        let n = std::rc::Rc::new(leptos::prelude::RwSignal::new(0));
        let m = n.clone();
        use leptos::prelude::*;
        let x = el("button")
            .text_of(move || m.get().to_string())
            .click(move || n.update(|n| *n += 1));
        let _ = root.append_child(&x.0);
    });
    Handle {
        mounted: Some(Box::new(move || drop(handle))),
    }
}
