//! Words to the user that no control carries: the live region and toasts.

use crate::ui::browser::clock;
use crate::ui::state::{App, Dialog, Toast};

/// How long a toast stays, in milliseconds. What it says is also said by the live region.
const TOAST_MILLIS: i32 = 8_000;
/// How long the way to a batch's results stays where all went well; else it stays until somebody has looked (WCAG 2.2.1).
const RESULTS_MILLIS: i32 = 30_000;

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
    // Whoever looks at the results reads there how the batch goes on.
    let reads = |open: &Dialog| matches!(open, Dialog::Results(of) if batch.as_deref() == Some(of.as_str()));
    if app.dialog.peek().as_ref().is_some_and(reads) {
        return say(app, text);
    }
    let mut number = app.desk.n_toasts.get() + 1;
    app.desk.n_toasts.set(number);
    let stay_millis = match (&batch, is_good) {
        (None, _) => TOAST_MILLIS,
        (Some(_), true) => RESULTS_MILLIS,
        (Some(_), false) => 0,
    };
    app.toasts.update(|toasts| {
        // What is said of the same batch takes the place of what was said before, under the same hand.
        let before = toasts
            .iter_mut()
            .find(|toast| batch.is_some() && toast.batch == batch);
        if let Some(before) = before {
            number = before.number;
            text.clone_into(&mut before.text);
            before.is_good = is_good;
            return;
        }
        toasts.push(Toast {
            number,
            text: text.to_owned(),
            is_good,
            batch,
        });
    });
    say(app, text);
    fade(app, number, stay_millis);
}

/// Takes a toast away after a while, but not the way to a batch that still runs.
fn fade(app: App, number: u32, stay_millis: i32) {
    if stay_millis == 0 {
        return;
    }
    clock::after(stay_millis, move || {
        let is_running = app.toasts.peek().iter().any(|toast| {
            let batch = toast.batch.as_ref().filter(|_| toast.number == number);
            batch.is_some_and(|batch| {
                app.decisions
                    .borrow()
                    .batch(batch)
                    .is_some_and(|batch| batch.is_running)
            })
        });
        if is_running {
            fade(app, number, stay_millis)
        } else {
            dismiss(app, number)
        }
    });
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
