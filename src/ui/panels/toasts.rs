//! Short words that go by themselves, and what assistive technology hears.

use super::open;
use crate::ui::grid;
use crate::ui::kit::dom::{El, div, span};
use crate::ui::kit::parts::{button, icon, icon_button};
use crate::ui::state::{App, Dialog, Toast};
use crate::ui::tasks::say;

/// The stack of toasts: a landmark while there are any, so that nothing on the page lies outside of one (WCAG technique ARIA11).
pub(crate) fn toasts(app: App) -> El {
    let is_empty = move || app.toasts.with(Vec::is_empty);
    let landmark = move |value: &'static str| move || (!is_empty()).then(|| value.to_owned());
    let stack = div("toasts")
        .attr_of("role", landmark("region"))
        .attr_of("aria-label", landmark("Messages"));
    stack.each(
        move || {
            app.toasts
                .with(|toasts| toasts.iter().map(|toast| toast.number.to_string()).collect())
        },
        move |number| toast(app, number),
    )
}

fn toast(app: App, number: &str) -> El {
    let number = number.parse().unwrap_or(0);
    let found = app
        .toasts
        .peek()
        .iter()
        .find(|toast| toast.number == number)
        .cloned();
    let Some(toast) = found else {
        return div("toast");
    };
    // What a batch's toast says changes in its place.
    let now = move || {
        let find = |toasts: &Vec<Toast>| toasts.iter().find(|toast| toast.number == number).cloned();
        app.toasts.with(find)
    };
    let is_good = move || now().is_none_or(|toast| toast.is_good);
    div("toast")
        .attr_of("data-tone", move || (!is_good()).then(|| "warning".to_owned()))
        .part(is_good, move || {
            Some(icon(if is_good() { "st-completed" } else { "warning" }))
        })
        .child(span("toast__text").text_of(move || now().map(|toast| toast.text).unwrap_or_default()))
        .maybe(toast.batch.map(|batch| {
            button("button button--link button--small", "Show results").click(move || {
                // What the dialog gives the focus back to has to outlive the toast.
                grid::focus_row(app);
                open(app, Dialog::Results(batch.clone()));
                say::dismiss(app, number);
            })
        }))
        .child(
            icon_button(
                "button button--subtle button--icon button--small",
                "close",
                "Dismiss",
            )
            .click(move || say::dismiss(app, number)),
        )
}

/// The live region.
pub(crate) fn live_region(app: App) -> El {
    span("spoken")
        .attr("role", "status")
        .attr("aria-live", "polite")
        .text_of(move || app.said.get())
}
