//! Things handed to the user: text on the clipboard, other pages, files.

use action_center_core::decision::{Batch, ItemView, State};
use action_center_core::domain::{text, words as vocabulary};
use action_center_core::export::{Csv, file_name, guard_into};

use super::{decide, effects, host, place, say};
use crate::ui::browser::{address, clock, file, page};
use crate::ui::state::{App, Named, link_of};
use crate::ui::words::outcomes;

/// Rows of a file that are written at once.
const ROWS_AT_ONCE: usize = 2_000;

/// Puts text on the clipboard, as it is, and says so.
pub(crate) fn copy(app: App, text: &str) {
    page::copy(text);
    say::toast(app, "Copied", true);
}

/// Why there is no link to hand on; none where there is one. The address of a page around the element says nothing of the place.
pub(crate) fn no_link(app: App) -> Option<String> {
    (!app.is_page).then(|| "This part of the page has no address of its own".to_owned())
}

/// Puts a link to an action on the clipboard: the list as it is, with the action open.
pub(crate) fn copy_link(app: App) {
    if !app.is_page {
        return;
    }
    let link = address::link(&app.place.peek().to_url());
    copy(app, &link);
}

/// Calls a function a little later.
pub(crate) fn after(millis: i32, run: impl FnOnce() + 'static) {
    clock::after(millis, run);
}

/// Calls a function in a task of its own, as soon as the browser has drawn and listened.
pub(crate) fn soon(run: impl FnOnce() + 'static) {
    wasm_bindgen_futures::spawn_local(async move {
        clock::breathe().await;
        run();
    });
}

/// The portal's page of something, from the settings' template, else the backend's word; none that could run something.
fn portal_link(url: Option<&str>, template: Option<&str>, id: &str) -> Option<String> {
    template
        .and_then(|template| link_of(template, id))
        .or_else(|| url.and_then(text::safe_link).map(str::to_owned))
}

/// The portal's page of an alert.
pub(crate) fn alert_link(app: App, id: &str, url: Option<&str>) -> Option<String> {
    portal_link(url, app.settings.borrow().alert_link.as_deref(), id)
}

/// The portal's page of an investigation.
pub(crate) fn investigation_link(app: App, id: &str, url: Option<&str>) -> Option<String> {
    portal_link(url, app.settings.borrow().investigation_link.as_deref(), id)
}

/// Whether there is a page for an investigation.
pub(crate) fn has_investigation_page(app: App, id: &str, url: Option<&str>) -> bool {
    effects::has_investigations(app) || investigation_link(app, id, url).is_some()
}

/// Opens the page of an investigation, unless the host does it: the portal's, where settings or backend name one, else our own.
pub(crate) fn open_investigation(app: App, id: &str, url: Option<&str>) {
    let link = investigation_link(app, id, url);
    if !host::tell(app, "investigation-open", &[("id", id)]) {
        return;
    }
    match link {
        Some(link) => page::open(&link),
        None => place::open_investigation(app, Some(id.to_owned())),
    }
}

/// One line of a batch's results: outcome, type, entity type, entity, message, time, action id, request key.
type Line = [String; 8];

fn line(app: App, batch: &Batch, item: &ItemView<'_>) -> Line {
    let named = decide::named(app, &batch.id, &item.item.id);
    let of = |get: fn(&Named) -> &str| named.as_ref().map(get).unwrap_or_default().to_owned();
    let outcome = match item.state {
        State::Unsent => "not sent",
        State::Sending => "sending",
        State::Unknown | State::Done | State::Refused => {
            outcomes::outcome_inside(batch.operation, item.finding)
        }
    };
    let now = named.as_ref().and_then(|named| named.now.as_deref());
    let told_at = named.as_ref().and_then(|named| named.told_at);
    [
        outcome.to_owned(),
        vocabulary::humanise(&of(|named| &named.action_type)),
        vocabulary::humanise(&of(|named| &named.entity_type)),
        of(|named| &named.entity),
        outcomes::finding(batch.operation, item.finding, now, |time| time.to_rfc3339()),
        told_at.map(|time| time.to_rfc3339()).unwrap_or_default(),
        item.item.id.clone(),
        item.key.to_owned(),
    ]
}

const TITLES: [&str; 8] = [
    "Outcome",
    "Action type",
    "Entity type",
    "Entity",
    "Message",
    "Time",
    "Action ID",
    "Request",
];

fn lines(app: App, id: &str) -> Vec<Line> {
    let core = app.decisions.borrow();
    let batch = core.batch(id);
    batch.map_or_else(Vec::new, |batch| {
        core.items(id).map(|item| line(app, &batch, &item)).collect()
    })
}

/// Puts a batch's results on the clipboard, as lines with tabs between; what hides or turns is written as a token.
pub(crate) fn copy_results(app: App, batch: &str) {
    let mut out = TITLES.join("\t");
    for line in lines(app, batch) {
        out.push('\n');
        for (index, cell) in line.iter().enumerate() {
            out.push_str(if index > 0 { "\t" } else { "" });
            // It is pasted into spreadsheets as often as into mails.
            guard_into(&mut out, &text::spoken(cell));
        }
    }
    copy(app, &out);
}

/// Saves a batch's results as CSV.
pub(crate) fn export_results(app: App, batch: &str) {
    let file = file::File::new();
    let mut csv = Csv::new(true);
    csv.header(&TITLES);
    for (index, line) in lines(app, batch).iter().enumerate() {
        for cell in line {
            csv.text(cell);
        }
        csv.end_row();
        if index % ROWS_AT_ONCE == ROWS_AT_ONCE - 1 {
            file.push(&csv.take());
        }
    }
    file.push(&csv.take());
    if !file.save(
        &file_name("results", &app.now().to_rfc3339()),
        "text/csv;charset=utf-8",
    ) {
        say::toast(app, "The results could not be saved. Try again.", false);
    }
}
