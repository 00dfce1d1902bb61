//! The dialog of the keyboard shortcuts.

use super::close;
use crate::ui::kit::dom::{El, div, el};
use crate::ui::kit::parts::dialog;
use crate::ui::state::App;

/// Keys, and what they do.
const SHORTCUTS: [(&[&str], &str); 10] = [
    (&["j", "k", "↓", "↑"], "Next or previous row"),
    (&["←", "→"], "Previous or next cell"),
    (&["Enter"], "Open the row"),
    (&["x"], "Select the row"),
    (&["a"], "Approve"),
    (&["r"], "Reject"),
    (&["u"], "Undo"),
    (&["/"], "Search"),
    (&["Esc"], "Close"),
    (&["?"], "This list"),
];

/// The dialog.
pub(crate) fn shortcuts(app: App) -> El {
    let rows = SHORTCUTS.iter().map(|(keys, does)| {
        div("facts__row")
            .child(el("dt").children(keys.iter().map(|key| el("kbd").text(key))))
            .child(el("dd").text(does))
    });
    dialog(
        "dialog",
        "Keyboard shortcuts",
        Some("No key decides by itself: what it leads to is confirmed."),
        move || close(app),
    )
    .child(div("dialog__body").child(el("dl").class("facts shortcuts").children(rows)))
}
