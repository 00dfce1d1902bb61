//! The selection: a bitmap in the store, changed here alone.

use crate::ui::state::App;

/// How many are selected, and how many match; tracked.
pub(crate) fn counts(app: App) -> (usize, usize) {
    app.selection.track();
    app.rows.track();
    let store = app.store.borrow();
    (store.n_selected(), store.n_matching())
}

/// Selects the row at a position, or takes it out.
pub(crate) fn toggle(app: App, position: usize) {
    {
        let mut store = app.store.borrow_mut();
        let Some(&row) = store.order().get(position) else {
            return;
        };
        let is_selected = store.is_selected(row);
        store.select(row, !is_selected);
    }
    app.selection.notify();
}

/// Selects the rows between two positions, both included.
pub(crate) fn range(app: App, first: usize, last: usize) {
    app.store.borrow_mut().select_range(first, last, true);
    app.selection.notify();
}

/// Selects all that match; where they are selected, nothing.
pub(crate) fn all(app: App) {
    {
        let mut store = app.store.borrow_mut();
        if store.n_selected_matching() < store.n_matching() {
            store.select_all_matching();
        } else {
            store.clear_selection();
        }
    }
    app.selection.notify();
}

/// Selects nothing.
pub(crate) fn clear(app: App) {
    app.store.borrow_mut().clear_selection();
    app.selection.notify();
}
