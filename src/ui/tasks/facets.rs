//! Facet counts from the server, for a window of which only a part is here.

use std::rc::Rc;

use action_center_core::domain::facet::Facet;
use action_center_core::domain::query::push_pair;
use action_center_core::wire;

use super::load;
use crate::ui::state::{App, Phase};

/// Whether the rows here are a part of the matches, and the server counts them all.
pub(crate) fn are_of_server(app: App) -> bool {
    app.load.with(|load| load.is_narrowed)
        && app.view().is_of_actions()
        && app
            .session()
            .is_some_and(|session| session.capabilities.has_facets)
}

/// Asks for the counts of the window's query once its first page is here, and again with every new window.
pub(crate) fn ask(app: App) {
    let (is_loading, as_of) = app.load.with(|load| (load.phase == Phase::First, load.as_of));
    if is_loading || !are_of_server(app) {
        return;
    }
    let mut query = app.place.peek().query.clone();
    query.sort = query.view.api_default_sort();
    let question = Some((query.clone(), as_of));
    if *app.asked_facets.borrow() == question {
        return;
    }
    app.asked_facets.replace(question.clone());
    let Some(client) = app.client.borrow().clone() else {
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
