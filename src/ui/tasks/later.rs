//! Timers for views, which do not speak to the browser themselves.

use crate::ui::browser::clock;

/// Calls a function once, after so many milliseconds.
pub(crate) fn after(millis: i32, run: impl FnOnce() + 'static) -> i32 {
    clock::after(millis, run)
}

/// Takes back what `after` was told.
pub(crate) fn cancel(timer: i32) {
    clock::cancel(timer);
}

/// Calls a function before the next frame.
pub(crate) fn next_frame(run: Box<dyn FnOnce()>) {
    clock::next_frame(run);
}
