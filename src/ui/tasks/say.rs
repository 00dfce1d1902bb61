//! Words to the user that no control carries: the live region and toasts.

use crate::ui::browser::clock;
use crate::ui::state::{App, Toast};

/// How long a toast stays, in milliseconds; longer than WCAG 2.2.1 asks for what is also said elsewhere.
const TOAST_MILLIS: i32 = 8_000;

/// Says something to assistive technology (ARIA live region).
pub(crate) fn say(app: App, text: &str) {
    // The same words again are a change only if they were taken away in between.
    app.said.set(String::new());
    let text = text.to_owned();
    clock::after(50, move || app.said.set(text));
}

/// Shows a toast and says it.
pub(crate) fn toast(app: App, text: &str, is_good: bool) {
    toast_of(app, text, is_good, None);
}

/// Shows a toast that leads to a batch's results, and says it.
pub(crate) fn toast_of(app: App, text: &str, is_good: bool, batch: Option<String>) {
    let number = app.toasts.peek().last().map_or(0, |toast| toast.number + 1);
    app.toasts.update(|toasts| {
        toasts.retain(|toast| batch.is_none() || toast.batch != batch);
        toasts.push(Toast {
            number,
            text: text.to_owned(),
            is_good,
            batch,
        });
    });
    say(app, text);
    clock::after(TOAST_MILLIS, move || dismiss(app, number));
}

/// Takes a toast away.
pub(crate) fn dismiss(app: App, number: u32) {
    if app.toasts.peek().iter().any(|toast| toast.number == number) {
        app.toasts
            .update(|toasts| toasts.retain(|toast| toast.number != number));
    }
}

/// Minutes east of UTC of this computer's zone at an instant.
pub(crate) fn offset_minutes(time: action_center_core::domain::time::Time) -> i32 {
    clock::offset_minutes(time.millis() as f64)
}
