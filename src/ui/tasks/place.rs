//! Moving about: every change of the query or of what is open goes through here, into the address and the store.

use action_center_core::domain::place::Place;
use action_center_core::domain::query::{Problem, Query, View};

use super::{keep, load};
use crate::ui::browser::{address, clock};
use crate::ui::state::{App, Opened};

/// How long typing rests before a narrowed window asks the server, in milliseconds.
const TYPING_MILLIS: i32 = 250;

/// Reads the address when the user goes back or forward.
pub(crate) fn read_address(app: App) {
    if app.is_page {
        let (mut place, mut problems) = Place::from_url(&address::read());
        let is_fitted = fit(app, &mut place, &mut problems);
        app.place_problems.set(problems);
        go(app, place, Step::None);
        if is_fitted {
            write(app, &app.place.peek(), Step::Over);
        }
    }
}

/// Whether a place is made of investigations.
pub(crate) fn needs_investigations(place: &Place) -> bool {
    place.query.view == View::Investigations || place.investigation.is_some()
}

/// Leaves out of a place what this user's backend does not have, and names it; whether there was something.
fn fit(app: App, place: &mut Place, problems: &mut Vec<Problem>) -> bool {
    let is_held = app
        .session_now()
        .is_none_or(|session| session.has_investigations());
    if is_held || !needs_investigations(place) {
        return false;
    }
    let mut leave = |parameter: &str| {
        problems.push(Problem::new(
            parameter,
            "leads to investigations, which this backend does not offer you",
        ));
    };
    if place.investigation.is_some() {
        leave("investigation");
    }
    let query = if place.query.view == View::Investigations {
        leave("view");
        Query::default()
    } else {
        place.query.clone()
    };
    *place = Place {
        columns: place.columns.take().filter(|_| place.query.view == query.view),
        action: place.action.take(),
        query,
        ..Place::default()
    };
    true
}

/// Leaves out of the place what this user's backend does not have, before anything of it is asked for.
pub(crate) fn settle(app: App) {
    let mut place = app.place.peek().clone();
    let mut problems = app.place_problems.peek().clone();
    if fit(app, &mut place, &mut problems) {
        app.place_problems.set(problems);
        app.investigation.set(Opened::Nothing);
        app.place.set(place);
        write(app, &app.place.peek(), Step::Over);
    }
}

/// Whether a move is a step that Back returns from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A step of its own.
    New,
    /// Over the current one: typing, sorting.
    Over,
    /// The address is right already.
    None,
}

/// Changes the query.
pub(crate) fn change(app: App, step: Step, change: impl FnOnce(&mut Query)) {
    let mut place = app.place.peek().clone();
    change(&mut place.query);
    go(app, place, step);
}

/// Shows a query in the list, also from the page of an investigation; the action that is open stays open.
pub(crate) fn to_list(app: App, query: Query) {
    let place = app.place.peek();
    let next = Place {
        action: place.action.clone(),
        columns: place.columns.clone().filter(|_| place.query.view == query.view),
        query,
        ..Place::default()
    };
    drop(place);
    go(app, next, Step::New);
}

/// Opens a view with its default query but for a change, in place of what is open.
pub(crate) fn show_in_list(app: App, view: View, change: impl FnOnce(&mut Query)) {
    let mut query = Query::of(view);
    change(&mut query);
    let place = Place {
        query,
        ..Place::default()
    };
    go(app, place, Step::New);
}

/// Opens a view with its default query.
pub(crate) fn open_view(app: App, view: View) {
    if app.place.peek().query.view == view && app.place.peek().investigation.is_none() {
        return;
    }
    go(
        app,
        Place {
            query: Query::of(view),
            ..Place::default()
        },
        Step::New,
    );
}

/// Opens an action in the flyout, or closes it.
pub(crate) fn open_action(app: App, id: Option<String>) {
    let mut place = app.place.peek().clone();
    if place.action == id {
        return;
    }
    // From one action to the next is one step: Back closes the flyout.
    let step = if place.action.is_some() && id.is_some() {
        Step::Over
    } else {
        Step::New
    };
    place.action = id;
    go(app, place, step);
}

/// Opens an investigation's page, or closes it.
pub(crate) fn open_investigation(app: App, id: Option<String>) {
    let mut place = app.place.peek().clone();
    if place.investigation == id {
        return;
    }
    place.investigation = id;
    place.tab = None;
    place.action = None;
    place.evidence.clear();
    place.sorts.clear();
    go(app, place, Step::New);
}

/// Opens a tab of the investigation's page; the action that is open closes.
pub(crate) fn open_tab(app: App, tab: &str) {
    let mut place = app.place.peek().clone();
    place.tab = Some(tab.to_owned()).filter(|tab| tab != "summary");
    place.action = None;
    go(app, place, Step::New);
}

/// Opens the evidence of the investigation's page, narrowed anew; the action that is open closes.
pub(crate) fn open_evidence(app: App, step: Step, narrow: impl FnOnce(&mut Place)) {
    let mut place = app.place.peek().clone();
    place.tab = Some("evidence".to_owned());
    place.action = None;
    narrow(&mut place);
    go(app, place, step);
}

/// Sorts the table of a tab of the investigation's page; with none, as it comes.
pub(crate) fn sort_tab(app: App, tab: &str, sort: Option<&str>) {
    let mut place = app.place.peek().clone();
    place.sort_tab(tab, sort);
    go(app, place, Step::Over);
}

/// Goes to a place: loads what it needs that is not here.
#[expect(
    clippy::needless_pass_by_value,
    reason = "callers make the place for this call"
)]
pub(crate) fn go(app: App, next: Place, step: Step) {
    let before = app.place.peek().clone();
    if before == next {
        return;
    }
    app.place.set(next.clone());
    write(app, &next, step);
    if before.action != next.action {
        load::open_detail(app);
    }
    if before.investigation != next.investigation {
        app.investigation.set(Opened::Nothing);
        load::open_investigation(app);
    }
    let (old, new) = (&before.query, &next.query);
    if old.view != new.view || old.range != new.range {
        load::window(app);
    } else if old != new {
        if app.load.peek().is_narrowed {
            if old.search == new.search {
                load::window(app)
            } else {
                after_typing(app)
            }
        } else {
            load::evaluate(app);
        }
    }
}

/// Draws the user's own columns instead of those that the address named; the address names them from now on.
pub(crate) fn forget_columns(app: App) {
    let next = Place {
        columns: None,
        ..app.place.peek().clone()
    };
    app.place.set(next.clone());
    write(app, &next, Step::Over);
}

fn write(app: App, place: &Place, step: Step) {
    if app.is_page && step != Step::None {
        address::write(&url(app, place), step == Step::New);
    }
}

/// The address of a place, with the columns as this user sees them, so that whoever opens it sees the same.
pub(crate) fn url(app: App, place: &Place) -> String {
    let columns = place
        .columns
        .clone()
        .or_else(|| keep::own_columns(app, place.query.view));
    Place {
        columns,
        ..place.clone()
    }
    .to_url()
}

fn after_typing(app: App) {
    clock::cancel(app.typing_timer.get());
    app.typing_timer
        .set(clock::after(TYPING_MILLIS, move || load::window(app)));
}
