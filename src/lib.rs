//! The page: the custom element `<action-center>` as a program for the browser. It is empty for any other target.
//!
//! Modules in reading order: `api` (the backend as this page sees it), `ui` (everything on screen).
#![cfg(target_arch = "wasm32")]

mod api;
mod ui;

use wasm_bindgen::prelude::*;

use ui::state::App;

/// One mounted page, to be taken down.
#[wasm_bindgen]
pub struct Handle {
    end: Option<Box<dyn FnOnce()>>,
}

#[wasm_bindgen]
impl Handle {
    /// Takes the page down: its effects, timers and requests end.
    pub fn unmount(mut self) {
        if let Some(end) = self.end.take() {
            end();
        }
    }
}

/// Mounts a page into the shadow root of an element.
#[wasm_bindgen]
#[expect(
    clippy::needless_pass_by_value,
    reason = "JavaScript hands over handles, not references"
)]
pub fn mount(host: web_sys::HtmlElement, root: web_sys::ShadowRoot) -> Handle {
    let app = App::new(host, root.clone(), &ui::element::tab());
    // Both under one owner, so that listeners end with the page.
    let handle = leptos::mount::mount_to(root.clone().unchecked_into(), move || {
        ui::element::fill(app);
        ui::app::run(app);
    });
    Handle {
        end: Some(Box::new(move || {
            ui::element::end(app);
            drop(handle);
        })),
    }
}

/// Runs once, before the first page is mounted: a panic becomes a page that says so.
#[wasm_bindgen(start)]
fn start() {
    std::panic::set_hook(Box::new(|info| ui::element::report(&info.to_string())));
}
