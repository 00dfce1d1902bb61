//! The clock, the zone and timers.

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// Milliseconds since 1970 by this computer's clock.
pub(crate) fn now_millis() -> f64 {
    js_sys::Date::now()
}

/// Minutes east of UTC of this computer's zone, at an instant.
pub(crate) fn offset_minutes(millis: f64) -> i32 {
    let offset = js_sys::Date::new(&millis.into()).get_timezone_offset();
    if offset.is_finite() { -(offset as i32) } else { 0 }
}

/// 52 random bits and more, for spreading repetitions and for keys.
pub(crate) fn random() -> u64 {
    let mut bytes = [0_u8; 8];
    let filled = web_sys::window()
        .and_then(|window| window.crypto().ok())
        .is_some_and(|crypto| crypto.get_random_values_with_u8_array(&mut bytes).is_ok());
    if filled {
        u64::from_le_bytes(bytes)
    } else {
        js_sys::Math::random().to_bits() ^ now_millis().to_bits()
    }
}

/// 128 random bits in hexadecimal: a name that nobody else has.
pub(crate) fn random_name() -> String {
    let mut name = String::with_capacity(32);
    for _ in 0..2 {
        let bits = random();
        for shift in (0..16).rev() {
            name.extend(char::from_digit((bits >> (shift * 4)) as u32 & 0xF, 16));
        }
    }
    name
}

/// Calls a function once, later.
pub(crate) fn after(millis: i32, run: impl FnOnce() + 'static) -> i32 {
    let run: Box<dyn FnOnce()> = Box::new(run);
    let callback = Closure::once_into_js(run);
    web_sys::window()
        .and_then(|window| {
            window
                .set_timeout_with_callback_and_timeout_and_arguments_0(callback.unchecked_ref(), millis)
                .ok()
        })
        .unwrap_or_default()
}

/// Takes back what `after` was told.
pub(crate) fn cancel(timer: i32) {
    if let Some(window) = web_sys::window() {
        window.clear_timeout_with_handle(timer);
    }
}

/// Waits so long.
pub(crate) async fn pause(millis: i32) {
    let promise = js_sys::Promise::new(&mut |resolve, _reject| {
        if let Some(window) = web_sys::window() {
            let _timer = window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, millis);
        }
    });
    let _done = JsFuture::from(promise).await;
}

/// Calls a function before the next frame.
pub(crate) fn next_frame(run: impl FnOnce() + 'static) {
    let run: Box<dyn FnOnce()> = Box::new(run);
    let callback = Closure::once_into_js(run);
    if let Some(window) = web_sys::window() {
        let _frame = window.request_animation_frame(callback.unchecked_ref());
    }
}

/// Lets the browser draw and listen, then goes on: a task of its own, not a microtask. A message is sooner than a timer,
/// which browsers hold back to 4 ms.
pub(crate) async fn breathe() {
    let promise = js_sys::Promise::new(&mut |resolve, _reject| {
        if let Ok(channel) = web_sys::MessageChannel::new() {
            channel.port1().set_onmessage(Some(&resolve));
            let _sent = channel.port2().post_message(&JsValue::NULL);
        } else if let Some(window) = web_sys::window() {
            let _timer = window.set_timeout_with_callback(&resolve);
        }
    });
    let _done = JsFuture::from(promise).await;
}
