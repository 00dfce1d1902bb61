//! What the page of an investigation does to the world: its tables leave as files, its news reach the list.

use std::rc::Rc;

use action_center_core::export::{Csv, file_name};

use super::say;
use crate::ui::browser::file::File;
use crate::ui::state::{App, Kept, Left, Opened};
use crate::ui::words;

/// Hands a table to the user as a file named after it, and says how many rows it has.
pub(crate) fn save(app: App, csv: &mut Csv, table: &str, n_rows: usize) {
    let mut stem = String::from("investigation-");
    stem.push_str(table);
    let name = file_name(&stem, &app.now().to_rfc3339());
    let file = File::new();
    file.push(&csv.take());
    if !file.save(&name, "text/csv;charset=utf-8") {
        return say::toast(
            app,
            "The export failed; no file was written. The browser refused the file.",
            false,
        );
    }
    let mut text = words::counted(n_rows, "row", "rows");
    text.push_str(" exported to ");
    text.push_str(&name);
    say::toast(app, &text, true);
}

/// The row in the list of investigations shows what the page shows.
pub(crate) fn keep_row(app: App) {
    let Opened::Ready(detail) = &*app.investigation.peek() else {
        return;
    };
    {
        let mut store = app.store.borrow_mut();
        if store.view().is_of_actions() || store.row_of(&detail.investigation.id).is_none() {
            return;
        }
        store.upsert_investigation(&detail.investigation);
    }
    app.rows.notify();
}

/// Pages of which is kept how they were left.
const MAX_KEPT: usize = 20;

/// How the page of an investigation was left.
pub(crate) fn kept(app: App, id: &str) -> Rc<Kept> {
    let mut all = app.kept.borrow_mut();
    let known = all.iter().position(|kept| kept.id == id);
    let kept = match known {
        Some(at) => all.remove(at),
        None => Rc::new(Kept {
            id: id.to_owned(),
            ..Kept::default()
        }),
    };
    all.push(kept.clone());
    let n_over = all.len().saturating_sub(MAX_KEPT);
    all.drain(..n_over);
    kept
}

/// Keeps how a table of a page is left.
pub(crate) fn leave(kept: &Kept, left: Left) {
    let mut tables = kept.tables.borrow_mut();
    tables.retain(|known| known.tab != left.tab);
    tables.push(left);
}

/// Says in which order the table shows the actions, by id: the flyout walks them so. Empty where no table does.
pub(crate) fn put_order(app: App, ids: Vec<String>) {
    app.investigation_order.set(ids);
}
