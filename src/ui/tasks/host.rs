//! Events that the host page may listen to.

use wasm_bindgen::JsValue;
use web_sys::{CustomEvent, CustomEventInit};

use crate::ui::state::App;

/// Dispatches an event on the element; says whether the host let it pass (did not cancel it).
pub(crate) fn tell(app: App, name: &str, detail: &[(&str, &str)]) -> bool {
    let object = js_sys::Object::new();
    for (key, value) in detail {
        let _set = js_sys::Reflect::set(&object, &JsValue::from_str(key), &JsValue::from_str(value));
    }
    let init = CustomEventInit::new();
    init.set_bubbles(true);
    init.set_composed(true);
    init.set_cancelable(name == "investigation-open");
    init.set_detail(&object);
    CustomEvent::new_with_event_init_dict(name, &init)
        .and_then(|event| app.host.dispatch_event(&event))
        .unwrap_or(true)
}
