//! What only a browser has: the element's root is filled, emptied and filled again, several side by side.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn host() -> (web_sys::HtmlElement, web_sys::ShadowRoot) {
    let document = web_sys::window().unwrap().document().unwrap();
    let host = document.create_element("div").unwrap();
    document.body().unwrap().append_child(&host).unwrap();
    let root = host
        .attach_shadow(&web_sys::ShadowRootInit::new(web_sys::ShadowRootMode::Open))
        .unwrap();
    (host.unchecked_into(), root)
}

fn heading(root: &web_sys::ShadowRoot) -> Option<String> {
    root.query_selector("h1")
        .unwrap()
        .and_then(|heading| heading.text_content())
}

#[wasm_bindgen_test]
fn a_page_is_mounted_taken_down_and_mounted_again() {
    let (host, root) = host();
    for _ in 0..3 {
        let handle = action_center::mount(host.clone(), root.clone());
        assert_eq!(heading(&root).as_deref(), Some("Action center"));
        assert_eq!(root.query_selector_all("[role=tab]").unwrap().length(), 2);
        handle.unmount();
        root.set_text_content(None);
    }
}

#[wasm_bindgen_test]
fn two_pages_do_not_disturb_each_other() {
    let (first_host, first_root) = host();
    let (second_host, second_root) = host();
    let first = action_center::mount(first_host, first_root.clone());
    let second = action_center::mount(second_host, second_root.clone());
    let history: web_sys::HtmlElement = first_root
        .query_selector_all("[role=tab]")
        .unwrap()
        .get(1)
        .unwrap()
        .unchecked_into();
    history.click();
    first.unmount();
    let selected = second_root
        .query_selector("[role=tab][aria-selected=true]")
        .unwrap()
        .unwrap();
    assert!(selected.text_content().unwrap().starts_with("Pending"));
    second.unmount();
}
