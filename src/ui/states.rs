//! What stands in place of rows: loading, nothing, no match, failed, signed out, forbidden. Each looks different and says what to do.

use action_center_core::domain::query::View;

use super::kit::dom::{El, div};
use super::kit::parts::{button, state_panel};
use super::state::{Access, App, Phase};
use super::tasks::{load, place, session};
use super::words;

/// Which of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Rows, or room for them.
    Rows,
    /// Nothing yet, and not for long.
    Waiting,
    /// Nothing yet, for a while.
    Skeleton,
    /// Nothing in the window.
    Empty,
    /// Something in the window, none of it matches.
    NoMatch,
    /// The first load failed.
    Failed,
    /// Nobody is signed in.
    SignedOut,
    /// Not for this user.
    Forbidden,
}

impl Kind {
    /// Whether rows are still to come.
    pub(crate) fn is_loading(self) -> bool {
        matches!(self, Self::Waiting | Self::Skeleton)
    }
}

/// What has to be shown; tracked.
pub(crate) fn kind(app: App) -> Kind {
    app.load.with(|_| ());
    app.access.with(|_| ());
    app.place.with(|_| ());
    kind_now(app)
}

/// What has to be shown.
pub(crate) fn kind_now(app: App) -> Kind {
    match &*app.access.peek() {
        Access::SignedOut(_) => return Kind::SignedOut,
        Access::Forbidden(_) => return Kind::Forbidden,
        Access::Unknown | Access::Granted(_) => {}
    }
    let load = app.load.peek();
    let store = app.store.borrow();
    if !store.order().is_empty() {
        return Kind::Rows;
    }
    match &load.phase {
        Phase::First | Phase::Rest if load.is_slow => Kind::Skeleton,
        Phase::First => Kind::Waiting,
        Phase::Rest => Kind::Skeleton,
        Phase::Failed(error) if store.is_empty() && error.is_forbidden() => Kind::Forbidden,
        Phase::Failed(error) if store.is_empty() && error.is_signed_out() => Kind::SignedOut,
        Phase::Failed(_) if store.is_empty() => Kind::Failed,
        Phase::Complete | Phase::Stopped | Phase::Failed(_) => {
            let is_filtered = app.place.peek().query.is_filtered();
            if is_filtered && (load.is_narrowed || !store.is_empty()) {
                Kind::NoMatch
            } else {
                Kind::Empty
            }
        }
    }
}

/// The panel of a kind.
pub(crate) fn panel(app: App, kind: Kind) -> El {
    let view = app.place.peek().query.view;
    match kind {
        Kind::Rows | Kind::Waiting | Kind::Skeleton => div("state"),
        Kind::Empty => empty(app, view),
        Kind::NoMatch => state_panel(
            "neutral",
            "search",
            "Nothing matches",
            "No row matches the filters and the search.",
        )
        .child(
            div("state__actions").child(
                button("button", "Clear all filters")
                    .click(move || place::change(app, place::Step::New, |query| query.clear_filters())),
            ),
        ),
        Kind::Failed => {
            let error = match &app.load.peek().phase {
                Phase::Failed(error) => words::failure(error),
                _ => String::new(),
            };
            let title = if view == View::Pending {
                "Whether actions wait is not known"
            } else {
                "The list could not be loaded"
            };
            state_panel("danger", "warning", title, &error)
                .attr("role", "alert")
                .child(
                    div("state__actions").child(button("button button--primary", "Retry").click(move || {
                        load::window(app);
                        super::tasks::start::go_on(app);
                    })),
                )
        }
        Kind::SignedOut => {
            let mut text = String::from(
                "Sign in to see what waits for a decision. Back here, the page goes on by itself.",
            );
            if let Some(error) = app
                .needs_sign_in
                .peek()
                .as_ref()
                .filter(|error| !error.detail.is_empty())
            {
                text.insert_str(0, ". ");
                text.insert_str(0, &error.detail);
            }
            state_panel("neutral", "lock", "You are not signed in", &text)
                .attr("role", "alert")
                .child(div("state__actions").child(
                    button("button button--primary", "Sign in again").click(move || session::sign_in(app)),
                ))
        }
        Kind::Forbidden => {
            let error = match &*app.access.peek() {
                Access::Forbidden(error) => words::failure(error),
                _ => "Your account may not see this. Ask an administrator for access.".to_owned(),
            };
            state_panel("neutral", "shield", "This is not open to you", &error)
                .attr("role", "alert")
                .child(
                    div("state__actions").child(button("button", "Retry").click(move || {
                        app.access.set(Access::Unknown);
                        load::window(app);
                        super::tasks::start::go_on(app);
                    })),
                )
        }
    }
}

fn empty(app: App, view: View) -> El {
    let (tone, icon, title, text) = match view {
        View::Pending => (
            "success",
            "check",
            "Nothing waits for a decision",
            "New actions appear here as investigations propose them.",
        ),
        View::History => (
            "neutral",
            "clock",
            "Nothing in this time range",
            "No action was updated in it.",
        ),
        View::Investigations => (
            "neutral",
            "shield",
            "Nothing in this time range",
            "No investigation started in it.",
        ),
    };
    let panel = state_panel(tone, icon, title, text);
    let range = app.place.peek().query.range;
    if range == action_center_core::domain::query::Range::AllTime {
        return panel;
    }
    panel.child(
        div("state__actions").child(button("button", "Show all time").click(move || {
            place::change(app, place::Step::New, |query| {
                query.range = action_center_core::domain::query::Range::AllTime
            });
        })),
    )
}

/// What rows will look like, once it takes a while.
pub(crate) fn skeleton() -> El {
    let rows = div("skeletons").attr("aria-hidden", "true");
    for _ in 0..14 {
        let row = div("grid__row grid__row--skeleton");
        for _ in 0..5 {
            row.append(&div("grid__cell").child(div("skeleton")));
        }
        rows.append(&row);
    }
    rows
}
