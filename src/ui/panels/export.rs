//! The dialog of the export: which rows, which columns, and how far it is.

use std::cell::Cell;
use std::rc::Rc;

use action_center_core::domain::time::grouped;

use super::close;
use crate::ui::kit::dom::{El, div, el, span};
use crate::ui::kit::parts::{button, dialog, in_group, progress};
use crate::ui::state::{App, Phase};
use crate::ui::tasks::export::{self, Choice};
use crate::ui::tasks::keep;

type Chosen = Rc<Cell<Choice>>;

/// The dialog.
pub(crate) fn export(app: App) -> El {
    let n_selected = app.store.borrow().n_selected();
    let chosen: Chosen = Rc::new(Cell::new(Choice {
        is_selection: n_selected > 0,
        has_all_columns: false,
        has_mark: true,
    }));
    let leave = move || {
        export::stop(app);
        close(app);
    };
    let layout = keep::layout(app, app.place.peek().query.view);
    let (n_shown, n_columns) = (layout.shown.len(), layout.order.len());
    let counted = |words: &'static str, count: usize| move || with_count(words, count);
    let rows = choices("Rows")
        .child(option(
            &chosen,
            "export-rows",
            move || with_count("All matching rows", export::n_matching(app)),
            |choice| {
                choice.is_selection = false;
            },
        ))
        .when(
            move || {
                app.load
                    .with(|load| !load.is_narrowed && matches!(load.phase, Phase::First | Phase::Rest))
            },
            || {
                el("p")
                    .class("hint")
                    .text("More are being loaded; the export has those that are here when it starts.")
            },
        )
        .child(
            option(
                &chosen,
                "export-rows",
                counted("Selected rows", n_selected),
                |choice| choice.is_selection = true,
            )
            .with(|row| {
                if n_selected == 0 {
                    row.set("title", Some("No row is selected"));
                    if let Ok(Some(input)) = row.0.query_selector("input") {
                        El(input).put("disabled", &true.into());
                    }
                }
            }),
        );
    let columns = choices("Columns")
        .child(option(
            &chosen,
            "export-columns",
            counted("Shown columns", n_shown),
            |choice| {
                choice.has_all_columns = false;
            },
        ))
        .child(option(
            &chosen,
            "export-columns",
            counted("All columns", n_columns),
            |choice| {
                choice.has_all_columns = true;
            },
        ));
    let marks = chosen.clone();
    let mark = el("input")
        .attr("type", "checkbox")
        .class("checkbox")
        .attr("checked", "")
        .click(move || {
            let choice = marks.get();
            marks.set(Choice {
                has_mark: !choice.has_mark,
                ..choice
            });
        });
    let mark = div("")
        .child(
            el("label")
                .class("choice")
                .child(mark)
                .words("Excel-compatible (BOM)"),
        )
        .child(
            el("p")
                .class("hint")
                .text("Values that a spreadsheet would run as a formula get an apostrophe in front."),
        );
    let is_running = move || app.export.with(Option::is_some);
    dialog("dialog", "Export to CSV", None, leave)
        .child(
            div("dialog__body")
                .child(rows)
                .child(columns)
                .child(mark)
                .when(is_running, move || running(app)),
        )
        .child(
            div("dialog__foot")
                .child(
                    button("button button--primary push", "Export")
                        .flag("aria-disabled", is_running)
                        .click(move || export::start(app, chosen.get())),
                )
                .child(button("button", "Cancel").click(leave)),
        )
}

fn choices(title: &str) -> El {
    el("fieldset")
        .attr("role", "radiogroup")
        .attr("aria-label", title)
        .child(
            el("p")
                .class("section__title")
                .attr("aria-hidden", "true")
                .text(title),
        )
}

/// A choice of a group; the first of a group that is chosen by itself is the one that `chosen` has already.
fn option(
    chosen: &Chosen,
    group: &str,
    text: impl Fn() -> String + 'static,
    choose: impl Fn(&mut Choice) + 'static,
) -> El {
    let before = chosen.get();
    let mut after = before;
    choose(&mut after);
    let is_chosen =
        (before.is_selection, before.has_all_columns) == (after.is_selection, after.has_all_columns);
    let chosen = chosen.clone();
    let input = in_group(el("input").attr("type", "radio").class("radio"), group).on("change", move |_| {
        let mut choice = chosen.get();
        choose(&mut choice);
        chosen.set(choice);
    });
    input.set("checked", is_chosen.then_some(""));
    el("label")
        .class("choice")
        .child(input)
        .child(span("").text_of(text))
}

fn with_count(words: &str, count: usize) -> String {
    let mut text = String::from(words);
    text.push_str(" (");
    text.push_str(&grouped(count));
    text.push(')');
    text
}

fn running(app: App) -> El {
    let (n_done, n_rows) = (
        move || app.export.get().unwrap_or_default().0,
        move || app.export.get().unwrap_or_default().1,
    );
    div("export__progress")
        .child(
            div("export__line")
                .child(span("").text("Writing the file"))
                .child(span("").text_of(move || {
                    let mut text = grouped(n_done());
                    text.push_str(" of ");
                    text.push_str(&grouped(n_rows()));
                    text
                })),
        )
        .child(progress("Export", move || {
            (n_rows() > 0).then(|| n_done() as f64 / n_rows() as f64)
        }))
}
