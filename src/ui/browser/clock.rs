//! The clock, the zone and timers.

use std::cell::RefCell;

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

/// What waits for a timer.
struct Timer {
    name: i32,
    /// The browser's name for it.
    handle: i32,
    run: Box<dyn FnOnce()>,
}

/// What waits for timers and for the next frame is kept here, and the browser is handed one function for all of it. A closure of
/// its own for each would stay, with all that it holds, until a collector comes that knows nothing of this program's memory.
#[derive(Default)]
struct Waiting {
    last_name: i32,
    timers: Vec<Timer>,
    frames: Vec<Box<dyn FnOnce()>>,
}

thread_local! {
    static WAITING: RefCell<Waiting> = RefCell::default();
    static ON_TIMER: Closure<dyn Fn(i32)> = Closure::new(|name| {
        if let Some(timer) = take_timer(name) {
            (timer.run)();
        }
    });
    static ON_FRAME: Closure<dyn Fn()> = Closure::new(|| {
        let due = WAITING.with_borrow_mut(|waiting| std::mem::take(&mut waiting.frames));
        for run in due {
            run();
        }
    });
}

fn take_timer(name: i32) -> Option<Timer> {
    WAITING.with_borrow_mut(|waiting| {
        let at = waiting.timers.iter().position(|timer| timer.name == name)?;
        Some(waiting.timers.swap_remove(at))
    })
}

/// Calls a function once, later. Gives a name for `cancel`, never 0.
pub(crate) fn after(millis: i32, run: impl FnOnce() + 'static) -> i32 {
    after_boxed(millis, Box::new(run))
}

fn after_boxed(millis: i32, run: Box<dyn FnOnce()>) -> i32 {
    let name = WAITING.with_borrow_mut(|waiting| {
        waiting.last_name = waiting.last_name.checked_add(1).unwrap_or(1);
        waiting.last_name
    });
    let handle = web_sys::window().and_then(|window| {
        ON_TIMER.with(|call| {
            window
                .set_timeout_with_callback_and_timeout_and_arguments_1(
                    call.as_ref().unchecked_ref(),
                    millis,
                    &name.into(),
                )
                .ok()
        })
    });
    if let Some(handle) = handle {
        WAITING.with_borrow_mut(|waiting| waiting.timers.push(Timer { name, handle, run }));
    }
    name
}

/// Takes back what `after` was told; nothing happens where that has been called, or for 0.
pub(crate) fn cancel(name: i32) {
    if let (Some(timer), Some(window)) = (take_timer(name), web_sys::window()) {
        window.clear_timeout_with_handle(timer.handle);
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

/// Calls a function before the next frame, together with all others that wait for it.
pub(crate) fn next_frame(run: impl FnOnce() + 'static) {
    let is_first = WAITING.with_borrow_mut(|waiting| {
        waiting.frames.push(Box::new(run));
        waiting.frames.len() == 1
    });
    if let Some(window) = web_sys::window().filter(|_| is_first) {
        let _frame = ON_FRAME.with(|call| window.request_animation_frame(call.as_ref().unchecked_ref()));
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
