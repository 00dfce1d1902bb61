//! Counts from the server, for a window of which only a part is here: those of all facets in one answer where the backend gives
//! them, and of investigations, for which the contract has none, a question for each status.

use std::rc::Rc;

use action_center_core::domain::facet::Facet;
use action_center_core::domain::query::{Query, View, push_pair};
use action_center_core::domain::time::Time;
use action_center_core::domain::words::{Kind, known};
use action_center_core::wire::{self, PageHead};

use super::load;
use crate::api::{Client, Error};
use crate::ui::state::{App, Phase};

/// Whether the rows here are a part of the matches, and the server counts them all.
pub(crate) fn are_of_server(app: App) -> bool {
    app.load.with(|load| load.is_narrowed)
        && app.view().is_of_actions()
        && app
            .session()
            .is_some_and(|session| session.capabilities.has_facets)
}

/// Whether counts are of all that match, though a part of it is here; tracked.
pub(crate) fn are_counted(app: App) -> bool {
    are_of_server(app) || by_status(app).is_some()
}

/// What the counts in `asked_facets` are of.
type Question = Option<(Query, Option<Time>)>;

/// Begins a question for counts, unless it is asked or answered already.
fn begin(app: App, query: &Query, as_of: Option<Time>) -> Option<(Rc<Client>, Question)> {
    let question = Some((query.clone(), as_of));
    if *app.asked_facets.borrow() == question {
        return None;
    }
    app.asked_facets.replace(question.clone());
    let client = app.client.borrow().clone()?;
    Some((client, question))
}

/// Asks for the counts of the window's query once its first page is here, and again with every new window.
pub(crate) fn ask(app: App) {
    let (is_loading, as_of) = app.load.with(|load| (load.phase == Phase::First, load.as_of));
    if is_loading || !are_of_server(app) {
        return;
    }
    let mut query = app.place.peek().query.clone();
    query.sort = query.view.api_default_sort();
    let Some((client, question)) = begin(app, &query, as_of) else {
        return;
    };
    let mut path = load::path(app, &query, app.now(), 0, None);
    for facet in Facet::offered_in(query.view) {
        push_pair(&mut path, "facets", facet.parameter());
    }
    wasm_bindgen_futures::spawn_local(async move {
        // Where it fails, the counts before stay, or the panel says that there are none.
        let Ok(body) = client.get(&path, None).await else {
            return;
        };
        let Ok(head) = wire::read_page(&body, &mut |_| {}) else {
            return;
        };
        if app.is_alive.get() && *app.asked_facets.borrow() == question {
            app.server_facets.set(Some(Rc::new((query, head))));
        }
    });
}

/// The server's counts of investigations by status, for the query as it is without its own filter, beside how many there are in
/// all; none where the rows here are all that match, or it has not told. Tracked.
pub(crate) fn by_status(app: App) -> Option<(Vec<(String, i64)>, u64)> {
    if app.view() != View::Investigations || !app.load.with(|load| load.is_narrowed) {
        return None;
    }
    app.server_facets.with(|facets| {
        let (query, head) = facets
            .as_deref()
            .filter(|(query, _)| query.view == View::Investigations)?;
        let is_same = app.place.with(|place| but_status(&place.query) == *query);
        let (_, values) = head.facets.first().filter(|_| is_same)?;
        Some((values.clone(), head.total?))
    })
}

/// A query without what the counts by status do not depend on.
fn but_status(query: &Query) -> Query {
    let mut query = query.clone();
    query.sort = query.view.api_default_sort();
    for value in query.values(Facet::Status).to_vec() {
        query.set(Facet::Status, &value, false);
    }
    query
}

/// Asks for those counts once the first page of the window is here, and again with every new window.
pub(crate) fn ask_by_status(app: App) {
    let (is_due, as_of) = app
        .load
        .with(|load| (load.is_narrowed && load.phase != Phase::First, load.as_of));
    if !is_due || app.view() != View::Investigations {
        return;
    }
    let query = but_status(&app.place.peek().query);
    let Some((client, question)) = begin(app, &query, as_of) else {
        return;
    };
    // Those that are here come first: where they are all, nothing else is asked.
    let counts = app.store.borrow().facet_counts(Facet::Status, "", MAX_STATUSES);
    let mut statuses: Vec<String> = counts.values.into_iter().map(|value| value.value).collect();
    for status in known(Kind::InvestigationStatus) {
        if !statuses.iter().any(|known| known == status) {
            statuses.push((*status).to_owned());
        }
    }
    wasm_bindgen_futures::spawn_local(async move {
        let is_current = || app.is_alive.get() && *app.asked_facets.borrow() == question;
        let counted = count_statuses(app, &client, &query, statuses, &is_current).await;
        if is_current() {
            // Counts of another time would be taken for those of now.
            app.server_facets
                .set(counted.ok().map(|head| Rc::new((query, head))));
        }
    });
}

/// Statuses that are asked for one by one, at most: the contract knows twelve.
const MAX_STATUSES: usize = 20;

async fn count_statuses(
    app: App,
    client: &Client,
    query: &Query,
    statuses: Vec<String>,
    is_current: &dyn Fn() -> bool,
) -> Result<PageHead, Error> {
    let now = app.now();
    let total = count(app, client, query, now).await?;
    let mut values = Vec::new();
    let mut n_left = total;
    for status in statuses.into_iter().take(MAX_STATUSES) {
        if n_left == 0 || !is_current() {
            break;
        }
        let mut of_status = query.clone();
        of_status.set(Facet::Status, &status, true);
        let n_found = count(app, client, &of_status, now).await?;
        n_left = n_left.saturating_sub(n_found);
        values.push((status, i64::try_from(n_found).unwrap_or(i64::MAX)));
    }
    Ok(PageHead {
        total: Some(total),
        facets: vec![(Facet::Status.parameter().to_owned(), values)],
        ..PageHead::default()
    })
}

/// How many match on the server.
async fn count(app: App, client: &Client, query: &Query, now: Time) -> Result<u64, Error> {
    let body = client.get(&load::path(app, query, now, 0, None), None).await?;
    let head = wire::read_head(&body).map_err(|error| Error::unreadable(&error))?;
    Ok(head.total.unwrap_or(0))
}
