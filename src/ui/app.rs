//! The page as a whole: bars above, the table in the middle, decisions at the bottom edge, dialogs on top.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use action_center_core::domain::action::Operation;
use action_center_core::domain::query::{Problem, View};
use action_center_core::domain::time::grouped;
use wasm_bindgen::JsCast;

use super::browser::page;
use super::kit::dom::{El, FOCUS_LOST, at_end, div, effect, el, span};
use super::kit::parts::{self, icon_text_button, open_modal, progress};
use super::state::{App, Dialog, Field, Phase, Theme, Zone};
use super::tasks::{decide, facets, load, place, select, start};
use super::{flyout, grid, investigation, panels, states, toolbar, words};

/// Builds the page.
pub(crate) fn app(app: App) -> El {
    let root = div("ac")
        .attr_of("data-theme", move || match app.theme.get() {
            Theme::System => None,
            Theme::Light => Some("light".to_owned()),
            Theme::Dark => Some("dark".to_owned()),
        })
        .child(app_bar(app))
        .child(banners(app))
        .child(behind(app, list(app)))
        .when(
            move || app.place.with(|place| place.investigation.is_some()),
            move || investigation::page(app),
        )
        .child(bottom(app))
        .part(
            move || app.dialog.get(),
            move || app.dialog.peek().clone().map(|dialog| modal(app, &dialog)),
        )
        .child(panels::toasts(app))
        .child(panels::live_region(app));
    listen(app, &root);
    follow(app);
    root
}

/// The list stays as it is behind an investigation's page, and where it was scrolled to: browsers forget that of what is hidden.
fn behind(app: App, list: El) -> El {
    let top = Cell::new(None);
    let kept = list.clone();
    effect(move || {
        let is_behind = app.place.with(|place| place.investigation.is_some());
        let grid = app.grid.borrow().clone();
        if is_behind && top.get().is_none() {
            top.set(Some(grid.as_ref().map_or(0, web_sys::Element::scroll_top)));
        }
        kept.set("hidden", is_behind.then_some(""));
        if !is_behind && let (Some(top), Some(grid)) = (top.take(), grid) {
            grid.set_scroll_top(top);
        }
    });
    list
}

/// Where each dialog comes from. It is opened as soon as it is in the document; the focus goes back when it closes.
fn modal(app: App, dialog: &Dialog) -> El {
    let built = match dialog {
        Dialog::Columns => panels::columns(app),
        Dialog::Export => panels::export(app),
        Dialog::Range => panels::range(app),
        Dialog::Shortcuts => panels::shortcuts(app),
        Dialog::Sheet(operation, actions) => flyout::sheet(app, *operation, actions.clone()),
        Dialog::Results(batch) => flyout::results(app, batch),
        Dialog::Irreversible(operation, action) => flyout::irreversible(app, *operation, action.clone()),
        Dialog::Unstored(batch) => flyout::unstored(app, batch),
    };
    let before = parts::focused_in(&app.root);
    let opened = built.clone();
    super::browser::clock::after(0, move || open_modal(&opened));
    at_end(move || {
        super::browser::clock::after(0, move || give_focus_back(app, before));
    });
    built
}

/// Gives the focus to the open flyout or dialog that a removed part with the focus stood in, or else to the rows.
fn rescue_focus(app: App, event: &web_sys::Event) {
    let place = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let dialog = place
        .and_then(|place| place.closest("dialog").ok().flatten())
        .map(El);
    super::browser::clock::after(0, move || match dialog.filter(|dialog| dialog.0.is_connected()) {
        Some(dialog) if parts::focused_in(&app.root).is_none() => {
            dialog.set("tabindex", Some("-1"));
            dialog.focus();
        }
        _ => give_focus_back(app, None),
    });
}

/// The focus never falls to the body: back to where it was, or to the rows.
fn give_focus_back(app: App, before: Option<El>) {
    if !app.is_alive.get() || app.dialog.peek().is_some() || parts::focused_in(&app.root).is_some() {
        return;
    }
    match before.filter(|before| before.0.is_connected()) {
        Some(before) => before.focus(),
        None => grid::focus_row(app),
    }
}

fn app_bar(app: App) -> El {
    el("header")
        .class("app-bar")
        .child(el("h1").class("app-bar__title").text("Action center"))
        .child(tabs(app))
        .child(
            div("app-bar__tools")
                .child(panels::zone_button(app))
                .child(panels::theme_button(app))
                .child(
                    parts::icon_button(
                        "button button--subtle button--icon wide-only",
                        "keyboard",
                        "Keyboard shortcuts",
                    )
                    .click(move || app.dialog.set(Some(Dialog::Shortcuts))),
                )
                .child(panels::session_button(app)),
        )
}

/// The views (ARIA tabs pattern, with the selection following the focus only on activation).
fn tabs(app: App) -> El {
    let list = div("tabs")
        .attr("role", "tablist")
        .attr("aria-label", "Views")
        .each(
            move || {
                let has_investigations = app.session().is_some_and(|session| session.has_investigations());
                View::ALL
                    .into_iter()
                    .filter(|view| view.is_of_actions() || has_investigations || app.view() == *view)
                    .map(|view| view.word().to_owned())
                    .collect()
            },
            move |word| tab(app, View::parse(word).unwrap_or_default()),
        );
    let kept = list.clone();
    list.on("keydown", move |event| {
        let key: &web_sys::KeyboardEvent = event.unchecked_ref();
        let step = match key.key().as_str() {
            "ArrowRight" => 1,
            "ArrowLeft" => -1,
            _ => return,
        };
        event.prevent_default();
        let tabs = kept.0.children();
        let length = tabs.length() as i32;
        let active = app.root.active_element();
        let now = (0..length)
            .find(|index| tabs.item(*index as u32) == active)
            .unwrap_or(0);
        if let Some(next) = tabs.item((now + step).rem_euclid(length.max(1)) as u32) {
            El(next).focus();
        }
    })
}

fn tab(app: App, view: View) -> El {
    el("button")
        .attr("type", "button")
        .class("tab")
        .attr("role", "tab")
        .flag("aria-selected", move || app.view() == view)
        .attr_of("tabindex", move || {
            Some(if app.view() == view { "0" } else { "-1" }.to_owned())
        })
        .words(words::tab_name(view))
        .part(
            move || app.counts.with(|counts| counts[view as usize]),
            move || {
                app.counts.peek()[view as usize]
                    .map(|count| span("count").text(&grouped(usize::try_from(count).unwrap_or(usize::MAX))))
            },
        )
        .click(move || place::open_view(app, view))
}

/// What holds for the whole page: a session that has ended, old rows, what was not understood.
fn banners(app: App) -> El {
    div("banners")
        .part(
            move || app.needs_sign_in.get().filter(|_| app.session().is_some()),
            move || {
                app.needs_sign_in.peek().as_ref().map(|error| {
                    let mut text =
                        String::from("Your session has ended. Nothing that you typed or decided is lost.");
                    if !error.detail.is_empty() {
                        text = String::from(&error.detail);
                        text.push_str(". Nothing that you typed or decided is lost.");
                    }
                    banner("warning", "lock", &text).attr("role", "alert").child(
                        parts::button("button button--small", "Sign in again")
                            .click(move || super::tasks::session::sign_in(app)),
                    )
                })
            },
        )
        .part(
            move || app.session_error.get(),
            move || {
                let error = app.session_error.peek().clone()?;
                let mut text = String::from("Who is signed in is not known, so nothing can be decided. ");
                text.push_str(&words::failure(&error));
                Some(
                    banner("warning", "warning", &text).attr("role", "alert").child(
                        parts::button("button button--small", "Retry").click(move || start::go_on(app)),
                    ),
                )
            },
        )
        .part(
            move || {
                let is_shown = app.load.with(|load| load.stale.clone()).filter(|_| {
                    app.rows.track();
                    load::has_rows(app)
                });
                is_shown.map(|error| (error, app.clock.get()))
            },
            move || {
                let stale = app.load.peek().stale.clone()?;
                // Loaded, or known by stream or poll to be current still.
                let fresh_millis = app.load.peek().fresh_millis.max(app.fresh_millis.get());
                let age = ((super::browser::clock::now_millis() - fresh_millis) * 1000.0) as i64;
                let mut text = String::from("The rows are ");
                text.push_str(&action_center_core::domain::time::duration(age));
                text.push_str(" old. ");
                text.push_str(&words::failure(&stale));
                Some(
                    banner("warning", "warning", &text).attr("role", "alert").child(
                        parts::button("button button--small", "Retry").click(move || load::window(app)),
                    ),
                )
            },
        )
        .part(
            move || app.load.with(|load| load.set_aside.clone()),
            move || {
                let set_aside = app.load.peek().set_aside.clone();
                let first = set_aside.first()?;
                let mut text = words::counted(set_aside.len(), "row", "rows");
                text.push_str(" could not be read and can’t be shown here");
                if let Some(id) = &first.id {
                    text.push_str(", the first with the ID ");
                    text.push_str(&action_center_core::domain::text::spoken(
                        action_center_core::domain::text::clipped(id, 60).0,
                    ));
                }
                text.push_str(": ");
                text.push_str(&action_center_core::domain::text::spoken(
                    action_center_core::domain::text::clipped(&first.detail, 160).0,
                ));
                text.push('.');
                Some(banner("warning", "warning", &text).attr("role", "status"))
            },
        )
        .child(problems(app, "In the address", true))
        .child(problems(app, "In the settings", false))
}

/// What a narrowed window is, under the tools: it is known with the first rows, which nothing moves then.
fn narrowed(app: App) -> El {
    div("banners").part(
        move || {
            let load = app
                .load
                .with(|load| (load.is_narrowed, load.is_partial(), load.n_loaded, load.n_total));
            let is_newest = app.place.with(|place| place.query.is_newest_first());
            (load, facets::are_counted(app), is_newest)
        },
        move || {
            let load = app.load.peek();
            if !load.is_narrowed {
                return None;
            }
            let mut text = String::new();
            if load.is_partial() {
                let is_newest = app.place.peek().query.is_newest_first();
                text.push_str(if is_newest { "Newest " } else { "First " });
                text.push_str(&grouped(load.n_loaded));
                if let Some(total) = load.n_total {
                    text.push_str(" of ");
                    text.push_str(&grouped(usize::try_from(total).unwrap_or(usize::MAX)));
                }
            } else {
                text.push_str("All that match are loaded, of more than are kept here");
            }
            text.push_str(". Filters, search and sort are answered by the server");
            text.push_str(if facets::are_counted(app) {
                ", and so are counts."
            } else {
                "; counts are of what is loaded."
            });
            Some(banner("neutral", "info", &text))
        },
    )
}

/// What was not understood and is named, at most; more are counted.
const MAX_PROBLEMS: usize = 20;

fn problems(app: App, start: &'static str, is_of_place: bool) -> El {
    let field: &'static Field<Vec<Problem>> = app.problems(is_of_place);
    div("problems").part(
        move || field.get(),
        move || {
            let problems = field.peek().clone();
            if problems.is_empty() {
                return None;
            }
            let mut text = String::from(start);
            text.push_str(" this was left out: ");
            for (index, problem) in problems.iter().take(MAX_PROBLEMS).enumerate() {
                text.push_str(if index > 0 { "; " } else { "" });
                text.push_str(&action_center_core::domain::text::spoken(
                    action_center_core::domain::text::clipped(&problem.parameter, 40).0,
                ));
                text.push(' ');
                text.push_str(&action_center_core::domain::text::spoken(&problem.detail));
            }
            if problems.len() > MAX_PROBLEMS {
                text.push_str("; and ");
                text.push_str(&grouped(problems.len() - MAX_PROBLEMS));
                text.push_str(" more");
            }
            text.push_str(". The rest holds.");
            Some(
                banner("neutral", "info", &text).attr("role", "status").child(
                    parts::button("button button--small", "Dismiss").click(move || field.set(Vec::new())),
                ),
            )
        },
    )
}

fn banner(tone: &str, icon_name: &str, text: &str) -> El {
    div("banner")
        .attr("data-tone", tone)
        .child(parts::icon(icon_name))
        .child(span("banner__text").text(text))
}

/// The list of the view that is open.
fn list(app: App) -> El {
    el("main")
        .class("list")
        .child(toolbar::toolbar(app))
        .when(
            move || app.view() == View::Investigations,
            move || investigation::status_strip(app),
        )
        .child(panels::chips(app))
        .child(narrowed(app))
        .child(
            div("work")
                .when(move || app.filters_open.get(), move || panels::filters(app))
                .child(rows(app))
                .when(
                    move || {
                        app.place
                            .with(|place| place.action.is_some() && place.investigation.is_none())
                    },
                    move || flyout::flyout(app),
                ),
        )
}

/// The table, or what stands in its place.
fn rows(app: App) -> El {
    div("rows")
        .child(div("rows__progress").when(
            move || {
                app.load
                    .with(|load| matches!(load.phase, Phase::First | Phase::Rest))
            },
            move || {
                progress("Loading", move || {
                    app.load.with(|load| {
                        let total = load.n_total.filter(|total| *total > 0)? as f64;
                        (load.phase == Phase::Rest).then(|| (load.n_loaded as f64 / total).min(1.0))
                    })
                })
                .class("progress progress--hairline")
            },
        ))
        .part(
            move || {
                app.rows.track();
                let kind = states::kind(app);
                // Room for rows is there before the rows.
                if kind.is_loading() {
                    states::Kind::Rows
                } else {
                    kind
                }
            },
            move || match states::kind_now(app) {
                kind if kind == states::Kind::Rows || kind.is_loading() => Some(grid::grid(app)),
                other => Some(states::panel(app, other)),
            },
        )
        .when(
            move || {
                app.rows.track();
                states::kind(app) == states::Kind::Skeleton
            },
            states::skeleton,
        )
}

/// The slot at the bottom edge: what is loaded, or what can be done to the selection.
fn bottom(app: App) -> El {
    // Keys that decide are those of the flyout while it is open.
    let is_behind = move || app.place.with(|place| place.action.is_some());
    let bottom = el("footer")
        .class("bottom")
        .attr_of("data-behind", move || is_behind().then(String::new));
    bottom.part(
        move || {
            let is_list = app.place.with(|place| place.investigation.is_none());
            is_list.then_some(select::counts(app).0 > 0)
        },
        move || {
            // The page of an investigation has a bottom edge of its own.
            if app.place.peek().investigation.is_some() {
                None
            } else if app.store.borrow().n_selected() > 0 {
                Some(selection_bar(app))
            } else {
                Some(status_bar(app))
            }
        },
    )
}

fn status_bar(app: App) -> El {
    div("status-bar")
        .child(span("").text_of(move || {
            let view = app.view();
            app.rows.track();
            let n_matching = app.store.borrow().n_matching();
            let mut text = words::counted(n_matching, words::rows_of(view, 1), words::rows_of(view, 2));
            app.load.with(|load| match load.phase {
                Phase::Failed(_) if load.n_loaded == 0 => text = "Nothing is loaded".to_owned(),
                Phase::Complete if load.is_partial() => {
                    text.push_str(" · ");
                    text.push_str(&grouped(load.n_loaded));
                    text.push_str(" loaded");
                    if let Some(total) = load.n_total {
                        text.push_str(" of ");
                        text.push_str(&grouped(usize::try_from(total).unwrap_or(usize::MAX)));
                    }
                }
                Phase::Complete => text.push_str(" · all loaded"),
                Phase::Stopped => text.push_str(" · stopped: not all are loaded"),
                Phase::Failed(_) if load.n_total.is_some_and(|total| total <= load.n_loaded as u64) => {
                    text.push_str(" · all loaded, but not refreshed");
                }
                Phase::Failed(_) => text.push_str(" · not all are loaded"),
                Phase::First if load.n_loaded == 0 => text = "Loading…".to_owned(),
                Phase::First | Phase::Rest => {
                    text.push_str(" · loading ");
                    text.push_str(&grouped(load.n_loaded));
                    if let Some(total) = load.n_total {
                        text.push_str(" of ");
                        text.push_str(&grouped(usize::try_from(total).unwrap_or(usize::MAX)));
                    }
                    if load.rows_per_second > 0 {
                        text.push_str(" · ");
                        text.push_str(&grouped(load.rows_per_second as usize));
                        text.push_str(" a second");
                    }
                }
            });
            text
        }))
        .when(
            move || {
                app.load
                    .with(|load| load.phase == Phase::Rest || (load.phase == Phase::First && load.is_slow))
            },
            move || icon_text_button("button button--small", "stop", "Stop").click(move || load::stop(app)),
        )
        .child(keys())
}

/// The keys, for those who look for them; the dialog says all.
fn keys() -> El {
    let key = |keys: &[&str], does: &str| {
        let row = span("");
        for key in keys {
            row.append(&el("kbd").text(key));
        }
        row.words(does)
    };
    div("keys")
        .attr("aria-hidden", "true")
        .child(key(&["j", "k"], "move"))
        .child(key(&["Enter"], "open"))
        .child(key(&["x"], "select"))
        .child(key(&["?"], "all shortcuts"))
}

fn selection_bar(app: App) -> El {
    let operations: &[Operation] = match app.place.peek().query.view {
        View::Pending => &[Operation::Approve, Operation::Reject],
        View::History => &[Operation::Undo, Operation::Cancel],
        View::Investigations => &[],
    };
    let bar = div("selection")
        .attr("role", "toolbar")
        .attr("aria-label", "Selection")
        .child(span("selection__count").text_of(move || {
            let mut text = grouped(select::counts(app).0);
            text.push_str(" selected");
            app.rows.track();
            let n_matching = app.store.borrow().n_matching();
            let n_elsewhere = app
                .load
                .with(|load| load.n_total.filter(|_| load.is_partial()))
                .map(|total| (total as usize).saturating_sub(n_matching));
            if let Some(n_elsewhere) = n_elsewhere.filter(|count| *count > 0) {
                text.push_str("; ");
                text.push_str(&grouped(n_elsewhere));
                text.push_str(" more match that are not loaded");
            }
            text
        }));
    for operation in operations {
        bar.append(&batch_button(app, *operation));
    }
    bar.child(span("selection__impact").text_of(move || {
        app.selection.track();
        let store = app.store.borrow();
        let impact = store.impact_sum(store.selected());
        let words = super::show::impact_words(impact);
        if words.is_empty() {
            words
        } else {
            ["Touches ", &words].concat()
        }
    }))
    .child(
        parts::button("button button--subtle push", "Clear selection")
            .child(parts::key_hint("Esc"))
            .click(move || {
                select::clear(app);
                grid::focus_row(app);
            }),
    )
}

fn batch_button(app: App, operation: Operation) -> El {
    let (text, key) = match operation {
        Operation::Approve => ("Approve", "a"),
        Operation::Reject => ("Reject", "r"),
        Operation::Undo => ("Undo", "u"),
        Operation::Cancel => ("Cancel action", ""),
    };
    let class = if operation == Operation::Approve {
        "button button--primary"
    } else {
        "button"
    };
    let button = parts::button(class, text);
    if !key.is_empty() {
        button.append(&parts::key_hint(key));
    }
    let button = parts::off_because(button, move || {
        let session = app.session()?;
        words::no_permission(&session, operation)
    });
    let kept = button.clone();
    button.click(move || {
        if !parts::is_off(&kept) {
            open_sheet(app, operation);
        }
    })
}

/// Opens the sheet for the selected rows.
fn open_sheet(app: App, operation: Operation) {
    let actions = {
        let store = app.store.borrow();
        if !store.view().is_of_actions() {
            return;
        }
        store
            .selected_in_order()
            .into_iter()
            .map(|row| store.action(row))
            .collect::<Vec<_>>()
    };
    if !actions.is_empty() {
        app.dialog.set(Some(Dialog::Sheet(operation, Rc::new(actions))));
    }
}

/// What the page itself follows: its title, and keys that work from anywhere in it.
fn follow(app: App) {
    if app.is_page {
        effect(move || {
            let view = app.view();
            let count = app
                .counts
                .with(|counts| counts[View::Pending as usize])
                .unwrap_or(0);
            let mut title = String::new();
            if view == View::Pending && count > 0 {
                title.push('(');
                title.push_str(&count.to_string());
                title.push_str(") ");
            }
            title.push_str(words::tab_name(view));
            title.push_str(" · Action center");
            page::title(&title);
        });
    }
    effect(move || {
        let _zone: Zone = app.zone.get();
        let _clock = app.clock.get();
        decide::tick(app);
    });
    let last = RefCell::new((None, false));
    effect(move || {
        let opened = app.place.with(|place| place.action.clone());
        let is_complete = app.load.with(|load| load.phase == Phase::Complete);
        let next = (opened, is_complete);
        let before = last.replace(next.clone());
        if before != next {
            // Other deadlines may be near now.
            start::tick_on(app, is_complete && !before.1);
        }
    });
}

fn listen(app: App, root: &El) {
    let _listening = root.clone().on("keydown", move |event| {
        let key: &web_sys::KeyboardEvent = event.unchecked_ref();
        shortcut(app, key);
    });
    let _rescuing = root
        .clone()
        .on(FOCUS_LOST, move |event| rescue_focus(app, &event));
    if app.is_page {
        // Before anything in the page has the focus, keys go to the body.
        page::on_document("keydown", move |event| {
            let is_outside = event.target().is_some_and(|target| {
                target
                    .dyn_ref::<web_sys::Element>()
                    .is_some_and(|element| element.tag_name() == "BODY")
            });
            if is_outside {
                let key: &web_sys::KeyboardEvent = event.unchecked_ref();
                if matches!(
                    key.key().as_str(),
                    "j" | "k" | "ArrowDown" | "ArrowUp" | "x" | "Enter"
                ) {
                    grid::focus_row(app);
                    event.prevent_default();
                } else {
                    shortcut(app, key);
                }
            }
        });
    }
}

/// The keys of the whole page. None of them decides without a confirmation.
fn shortcut(app: App, event: &web_sys::KeyboardEvent) {
    if event.default_prevented()
        || event.ctrl_key()
        || event.meta_key()
        || event.alt_key()
        || app.dialog.peek().is_some()
    {
        return;
    }
    let key = event.key();
    if key == "Escape" {
        event.prevent_default();
        return escape(app);
    }
    if parts::is_typing(event) || event.repeat() {
        return;
    }
    let has_selection = app.store.borrow().n_selected() > 0;
    match key.as_str() {
        "/" => {
            event.prevent_default();
            toolbar::focus_search(app);
        }
        "?" => app.dialog.set(Some(Dialog::Shortcuts)),
        // The rows have these keys themselves; from elsewhere they lead there.
        "j" | "k" | "x" if app.place.peek().action.is_none() => grid::focus_row(app),
        "j" => flyout::go(app, true),
        "k" => flyout::go(app, false),
        "a" | "r" | "u" => {
            let operation = match key.as_str() {
                "a" => Operation::Approve,
                "r" => Operation::Reject,
                _ => Operation::Undo,
            };
            event.prevent_default();
            decide_by_key(app, operation, has_selection);
        }
        _ => {}
    }
}

/// On the selection the sheet opens; on the open action its buttons come first; else on the row with the focus.
fn decide_by_key(app: App, operation: Operation, has_selection: bool) {
    if app.place.peek().action.is_some() {
        return flyout::start(app, operation);
    }
    let may = app
        .session_now()
        .is_some_and(|session| words::no_permission(&session, operation).is_none());
    let fits = app.place.peek().query.view
        == if operation == Operation::Undo {
            View::History
        } else {
            View::Pending
        };
    if !may || !fits || app.place.peek().investigation.is_some() {
        return;
    }
    if !has_selection {
        let focused = app.focused.peek().clone();
        let Some(position) = focused.and_then(|id| {
            let store = app.store.borrow();
            store.row_of(&id).and_then(|row| store.position_of(row))
        }) else {
            return;
        };
        select::toggle(app, position);
    }
    open_sheet(app, operation);
}

/// Closes what is on top: the flyout, then the filters, then the selection.
fn escape(app: App) {
    if app.place.peek().action.is_some() {
        flyout::close(app);
    } else if app.place.peek().investigation.is_some() {
        // What is behind the page is not touched.
        give_focus_back(app, None);
    } else if *app.filters_open.peek() {
        app.filters_open.set(false);
        toolbar::focus_filters(app);
    } else if app.store.borrow().n_selected() > 0 {
        select::clear(app);
        grid::focus_row(app);
    } else {
        grid::focus_row(app);
    }
}

/// Starts everything.
pub(crate) fn run(app: App) {
    start::start(app);
}
