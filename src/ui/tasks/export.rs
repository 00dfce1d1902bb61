//! The export: rows × columns → CSV in slices that leave the browser time to draw and listen. The file is handed over
//! when it is whole; what is stopped or fails leaves none.

use action_center_core::domain::column::{Column, Kind};
use action_center_core::domain::query::View;
use action_center_core::domain::time::{SECOND, Time, push_number};
use action_center_core::domain::words::humanise;
use action_center_core::export::{Csv, file_name};
use action_center_core::store::Store;
use web_sys::{AbortController, AbortSignal};

use super::{keep, load, say, session};
use crate::api::{Error, Kind as ErrorKind};
use crate::ui::browser::{clock, file::File};
use crate::ui::state::{App, Dialog};
use crate::ui::words;

/// How long a slice of work takes before the browser gets its turn, in milliseconds.
const SLICE_MILLIS: f64 = 25.0;
/// How often the progress moves at most, in milliseconds.
const PROGRESS_MILLIS: f64 = 100.0;
/// Rows between two looks at the clock.
const N_ROWS_A_LOOK: usize = 64;
/// Bytes that are gathered before they leave the page's memory.
const PIECE_BYTES: usize = 1 << 20;
/// Rows above which the file is written where the user says, as it grows, instead of being gathered first.
const MAX_GATHERED_ROWS: usize = 100_000;
/// Words of one column that are kept in their shown form. Enumerations have a few dozen; only an attacker has more.
const MAX_KEPT_WORDS: usize = 64;

/// What to export.
#[derive(Clone, Copy)]
pub(crate) struct Choice {
    /// The selected rows, or all that match.
    pub(crate) is_selection: bool,
    /// All columns, or those that are shown.
    pub(crate) has_all_columns: bool,
    /// Whether a byte order mark comes first.
    pub(crate) has_mark: bool,
}

/// Why there is no file.
enum Failure {
    Stopped,
    /// The rows were loaded anew meanwhile.
    Replaced,
    Request(Error),
    NotSaved,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        if error.kind == ErrorKind::Stopped {
            Self::Stopped
        } else {
            Self::Request(error)
        }
    }
}

/// How many rows all that match are: those on the server where only a part is here; tracked.
pub(crate) fn n_matching(app: App) -> usize {
    app.rows.track();
    let n_here = app.store.borrow().n_matching();
    app.load.with(|load| match load.n_total {
        Some(n_total) if load.is_narrowed => n_total as usize,
        _ => n_here,
    })
}

/// Starts an export, unless one runs.
pub(crate) fn start(app: App, choice: Choice) {
    if app.export.peek().is_some() {
        return;
    }
    let Ok(controller) = AbortController::new() else {
        return;
    };
    let stop = controller.signal();
    app.export_stop.replace(Some(controller));
    app.export.set(Some((0, 0)));
    wasm_bindgen_futures::spawn_local(async move {
        let mut run = Run::new(app, choice, stop);
        let outcome = run.run(choice.is_selection).await;
        if outcome.is_err() {
            run.file.abandon().await;
        }
        if !run.is_stopped() {
            app.export_stop.take();
            app.export.set(None);
            finish(app, &run, outcome);
        }
    });
}

/// Ends the export that runs, without a file.
pub(crate) fn stop(app: App) {
    if let Some(controller) = app.export_stop.take() {
        controller.abort();
        app.export.set(None);
        say::toast(app, "Export cancelled; no file was written", true);
    }
}

fn finish(app: App, run: &Run, outcome: Result<String, Failure>) {
    let mut text = String::from("The export failed; no file was written. ");
    match outcome {
        Ok(name) => {
            text = words::counted(
                run.n_done,
                words::rows_of(run.view, 1),
                words::rows_of(run.view, 2),
            );
            text.push_str(" exported to ");
            text.push_str(&name);
            if *app.dialog.peek() == Some(Dialog::Export) {
                app.dialog.set(None);
            }
            return say::toast(app, &text, true);
        }
        Err(Failure::Stopped) => return,
        Err(Failure::Replaced) => text.push_str("The list was loaded anew meanwhile. Export again."),
        Err(Failure::NotSaved) => text.push_str("The browser refused the file."),
        Err(Failure::Request(error)) => {
            session::refused(app, &error);
            text.push_str(&words::failure(&error));
        }
    }
    say::toast(app, &text, false);
}

/// One export.
struct Run {
    app: App,
    view: View,
    now: Time,
    stop: AbortSignal,
    csv: Csv,
    file: File,
    columns: Vec<Cells>,
    n_done: usize,
    n_rows: usize,
    /// When the progress moved last.
    told_millis: f64,
}

impl Run {
    fn new(app: App, choice: Choice, stop: AbortSignal) -> Self {
        let view = app.place.peek().query.view;
        let layout = keep::layout(app, view);
        let is_wanted = |column: &Column| choice.has_all_columns || layout.shown.contains(column);
        let columns: Vec<Column> = layout.order.iter().copied().filter(is_wanted).collect();
        let titles: Vec<&str> = columns.iter().map(|column| column.title_in(view)).collect();
        let mut csv = Csv::new(choice.has_mark);
        csv.header(&titles);
        Self {
            app,
            view,
            now: app.now(),
            stop,
            csv,
            file: File::new(),
            columns: columns.into_iter().map(Cells::new).collect(),
            n_done: 0,
            n_rows: 0,
            told_millis: 0.0,
        }
    }

    fn is_stopped(&self) -> bool {
        self.stop.aborted() || !self.app.is_alive.get()
    }

    async fn run(&mut self, is_selection: bool) -> Result<String, Failure> {
        let name = file_name(self.view.word(), &self.now.to_rfc3339());
        let n_expected = if is_selection {
            self.app.store.borrow().n_selected()
        } else {
            n_matching(self.app)
        };
        if n_expected > MAX_GATHERED_ROWS {
            self.file = File::ask(&name).await.ok_or(Failure::Stopped)?;
        }
        self.n_rows = n_expected;
        self.tell();
        let is_narrowed = self.app.load.peek().is_narrowed;
        if is_narrowed && !is_selection {
            self.write_server_rows().await?;
        } else {
            self.write_rows(is_selection).await?;
        }
        self.hand_over(0).await?;
        if self.file.finish(&name, "text/csv;charset=utf-8").await {
            Ok(name)
        } else {
            Err(Failure::NotSaved)
        }
    }

    /// Writes rows that are here, as they stand when their turn comes.
    async fn write_rows(&mut self, is_selection: bool) -> Result<(), Failure> {
        let app = self.app;
        let number = app.store_number.get();
        let rows = {
            let store = app.store.borrow();
            if is_selection {
                store.selected_in_order()
            } else {
                store.order().to_vec()
            }
        };
        self.n_rows = rows.len();
        let mut rest = rows.as_slice();
        while !rest.is_empty() {
            if app.store_number.get() != number {
                return Err(Failure::Replaced);
            }
            rest = self.write_slice(&app.store.borrow(), rest);
            self.hand_over(PIECE_BYTES).await?;
            self.give_way().await?;
        }
        Ok(())
    }

    /// Writes every match that the server has, page by page.
    async fn write_server_rows(&mut self) -> Result<(), Failure> {
        let app = self.app;
        let query = app.place.peek().query.clone();
        let page_size = app.settings.borrow().page_size;
        let Some(client) = app.client.borrow().clone() else {
            return Err(Failure::Stopped);
        };
        let mut cursor = None;
        let mut sequence = load::Sequence::default();
        let mut first_id = String::new();
        loop {
            let path = load::path(app, &query, self.now, page_size, cursor.as_deref());
            let body = load::fetch(&client, &path, &self.stop, cursor.is_some()).await?;
            self.give_way().await?;
            let mut page = Store::new(query.view);
            let head = load::read_into(&mut page, &body).map_err(|error| Error::unreadable(&error))?;
            drop(body);
            let rows: Vec<u32> = (0..page.n_rows()).collect();
            self.n_rows = head
                .total
                .map_or(self.n_done, |total| total as usize)
                .max(self.n_done + rows.len());
            let mut rest = rows.as_slice();
            while !rest.is_empty() {
                self.give_way().await?;
                rest = self.write_slice(&page, rest);
                self.hand_over(PIECE_BYTES).await?;
            }
            // The next page may be long in coming.
            self.tell();
            let first = rows.first().map_or("", |row| page.id(*row));
            sequence.step(head.next_cursor.as_deref(), first_id != first)?;
            first.clone_into(&mut first_id);
            cursor = head.next_cursor;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    /// Writes as many rows as a slice has time for; the rest comes back.
    fn write_slice<'r>(&mut self, store: &Store, mut rows: &'r [u32]) -> &'r [u32] {
        let end_millis = clock::now_millis() + SLICE_MILLIS;
        while !rows.is_empty() && clock::now_millis() < end_millis {
            let (now, later) = rows.split_at(rows.len().min(N_ROWS_A_LOOK));
            for row in now.iter().copied().filter(|row| store.has(*row)) {
                for cells in &mut self.columns {
                    cells.write(&mut self.csv, store, row, self.now);
                }
                self.csv.end_row();
                self.n_done += 1;
            }
            rows = later;
        }
        rows
    }

    /// Gives what has been written to the file, once there is so much of it.
    async fn hand_over(&mut self, n_bytes: usize) -> Result<(), Failure> {
        if self.csv.n_bytes() < n_bytes {
            return Ok(());
        }
        let piece = self.csv.take();
        if self.file.write(&piece).await {
            Ok(())
        } else {
            Err(Failure::NotSaved)
        }
    }

    fn tell(&mut self) {
        self.told_millis = clock::now_millis();
        self.app.export.set(Some((self.n_done, self.n_rows)));
    }

    async fn give_way(&mut self) -> Result<(), Failure> {
        if !self.is_stopped() {
            if (clock::now_millis() - self.told_millis).abs() >= PROGRESS_MILLIS {
                self.tell();
            }
            clock::breathe().await;
        }
        if self.is_stopped() {
            Err(Failure::Stopped)
        } else {
            Ok(())
        }
    }
}

/// The cells of one column.
struct Cells {
    column: Column,
    kind: Kind,
    words: Vec<(String, String)>,
    text: String,
}

impl Cells {
    fn new(column: Column) -> Self {
        Self {
            column,
            kind: column.info().kind,
            words: Vec::new(),
            text: String::new(),
        }
    }

    /// Words as they are shown, times in ISO 8601, lengths of time in whole seconds, what is missing empty. What the
    /// backend chose is guarded; what is written here is not.
    fn write(&mut self, csv: &mut Csv, store: &Store, row: u32, now: Time) {
        let column = self.column;
        match (self.kind, column) {
            (Kind::Word | Kind::Severity, _) => {
                self.write_word(csv, store.text(row, column).unwrap_or_default())
            }
            (Kind::Time, _) => {
                self.text.clear();
                if let Some(time) = store.time(row, column) {
                    time.push_rfc3339(&mut self.text);
                }
                csv.own(&self.text);
            }
            (_, Column::Impact) => csv.own(&store.impact(row).map(words::impact_words).unwrap_or_default()),
            (_, Column::Assets) => {
                let assets = store.investigation(row).assets;
                let names: Vec<&str> = assets.iter().map(|asset| asset.name.as_str()).collect();
                csv.text(&names.join(", "));
            }
            (Kind::Number | Kind::Span, _) => {
                self.text.clear();
                if let Some(number) = store.number(row, column, now) {
                    push_number(
                        &mut self.text,
                        if self.kind == Kind::Span {
                            number / SECOND
                        } else {
                            number
                        },
                    );
                }
                csv.own(&self.text);
            }
            (Kind::Flag, _) => csv.own(match store.reversible(row) {
                Some(true) => "Yes",
                Some(false) => "No",
                None => "",
            }),
            (Kind::Name | Kind::Text, _) => csv.text(store.text(row, column).unwrap_or_default()),
        }
    }

    fn write_word(&mut self, csv: &mut Csv, word: &str) {
        if let Some((_, shown)) = self.words.iter().find(|(kept, _)| kept == word) {
            return csv.text(shown);
        }
        let shown = humanise(word);
        csv.text(&shown);
        if self.words.len() < MAX_KEPT_WORDS {
            self.words.push((word.to_owned(), shown));
        }
    }
}
