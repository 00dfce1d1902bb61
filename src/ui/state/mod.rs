//! What the page knows. It has one owner, `App`; views read it in effects, `ui::tasks` alone changes it.
//! Rows lie in the store beside one signal, never in signals themselves.

mod desk;
mod effects;
mod field;
mod kept;
mod live;
mod settings;

use std::cell::{Cell, RefCell};
use std::ops::Deref;
use std::rc::Rc;

use action_center_core::decision;
use action_center_core::domain::action::{Action, Operation};
use action_center_core::domain::column::Column;
use action_center_core::domain::facet::Facet;
use action_center_core::domain::place::Place;
use action_center_core::domain::query::{Problem, Query, View};
use action_center_core::domain::time::Time;
use action_center_core::store::Store;
use action_center_core::wire::{Detail, InvestigationDetail, PageHead, Session, SetAside};

use crate::api;

pub(crate) use desk::{Desk, Known, Named};
pub(crate) use effects::Effects;
pub(crate) use field::{Field, Signal};
pub(crate) use kept::{Kept, Left};
pub(crate) use live::Live;
pub(crate) use settings::{Settings, link_of};

/// The handle of one mounted page: copied freely into closures.
///
/// One small struct is leaked for each mount and emptied when the page is taken down; that is what makes the handle `Copy`
/// and always valid, also for an answer that comes after the end.
#[derive(Clone, Copy)]
pub(crate) struct App(&'static State);

impl Deref for App {
    type Target = State;

    fn deref(&self) -> &State {
        self.0
    }
}

/// Who is signed in, as far as is known.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) enum Access {
    /// Not asked yet.
    #[default]
    Unknown,
    /// Signed in.
    Granted(Rc<Session>),
    /// 401, at the start or later.
    SignedOut(Rc<api::Error>),
    /// 403 on the session or the list.
    Forbidden(Rc<api::Error>),
}

/// How far the window is loaded.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) enum Phase {
    /// No page yet.
    #[default]
    First,
    /// The first page is shown, the rest streams in.
    Rest,
    /// All that match are here, or as many as the row budget allows.
    Complete,
    /// The user has stopped it.
    Stopped,
    /// It failed; rows that were here stay.
    Failed(Rc<api::Error>),
}

/// The window's loading.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Load {
    /// How far.
    pub(crate) phase: Phase,
    /// Whether the first page takes longer than half a second.
    pub(crate) is_slow: bool,
    /// Rows that have come.
    pub(crate) n_loaded: usize,
    /// All that match on the server, where it says so.
    pub(crate) n_total: Option<u64>,
    /// The server's time of the first page.
    pub(crate) as_of: Option<Time>,
    /// Rows per second, lately.
    pub(crate) rows_per_second: u32,
    /// Rows that could not be read.
    pub(crate) set_aside: Rc<Vec<SetAside>>,
    /// More rows than the budget: filters, search and sort are the server's.
    pub(crate) is_narrowed: bool,
    /// When the last good answer came, by this computer's clock.
    pub(crate) fresh_millis: f64,
    /// Why the rows may be old, though they are shown.
    pub(crate) stale: Option<Rc<api::Error>>,
}

impl Load {
    /// Whether more rows match on the server than are here.
    pub(crate) fn is_partial(&self) -> bool {
        self.is_narrowed && self.n_total.is_none_or(|total| total > self.n_loaded as u64)
    }
}

/// The flyout's action beside its row.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) enum Opened<T> {
    /// Nothing is open.
    #[default]
    Nothing,
    /// Asked for.
    Loading,
    /// Here.
    Ready(Rc<T>),
    /// Not to be had.
    Failed(Rc<api::Error>),
}

/// Which modal dialog is open.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Dialog {
    /// Columns of the table.
    Columns,
    /// Export to CSV.
    Export,
    /// A custom time range.
    Range,
    /// Keyboard shortcuts.
    Shortcuts,
    /// The sheet before a decision on many: what to do, to which rows.
    Sheet(Operation, Rc<Vec<Action>>),
    /// What came of a batch: its name.
    Results(String),
    /// What can't be undone, before a decision on one.
    Irreversible(Operation, Rc<Action>),
    /// This browser can't keep the decision: the batch that waits.
    Unstored(String),
}

/// A short word that goes away by itself.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Toast {
    /// Tells one from the next.
    pub(crate) number: u32,
    /// What is said. It has passed through `text::spoken` where it holds names.
    pub(crate) text: String,
    /// Success, or something to look at.
    pub(crate) is_good: bool,
    /// A batch whose results can be shown.
    pub(crate) batch: Option<String>,
}

/// Which zone times are shown in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Zone {
    /// This computer's.
    #[default]
    Local,
    /// UTC.
    Utc,
}

/// Light or dark.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Columns as the user has them, for one view.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Layout {
    /// All columns in order, shown or not.
    pub(crate) order: Vec<Column>,
    /// Those that are shown.
    pub(crate) shown: Vec<Column>,
    /// Widths that the user chose, in CSS pixels.
    pub(crate) widths: Vec<(Column, u16)>,
}

/// Everything that one mounted page knows.
pub(crate) struct State {
    /// The element in the host's document.
    pub(crate) host: web_sys::HtmlElement,
    /// Its shadow root.
    pub(crate) root: web_sys::ShadowRoot,
    /// Whether it is the page itself, which owns the address, title and keys of the document.
    pub(crate) is_page: bool,
    /// False once it is taken down: late answers are dropped.
    pub(crate) is_alive: Cell<bool>,
    /// Where and how the backend is reached.
    pub(crate) settings: RefCell<Rc<Settings>>,
    /// What was wrong with the settings.
    pub(crate) setting_problems: Field<Vec<Problem>>,
    /// The backend.
    pub(crate) client: RefCell<Option<Rc<api::Client>>>,

    /// Who is signed in.
    pub(crate) access: Field<Access>,
    /// Whether a decision or load waits for a person to sign in again, while rows are shown.
    pub(crate) needs_sign_in: Field<Option<Rc<api::Error>>>,
    /// Why it is not known who is signed in.
    pub(crate) session_error: Field<Option<Rc<api::Error>>>,
    /// Where the user is.
    pub(crate) place: Field<Place>,
    /// What the address said that was not understood.
    pub(crate) place_problems: Field<Vec<Problem>>,
    /// Counts on the tabs, by view.
    pub(crate) counts: Field<[Option<u64>; 3]>,

    /// The rows of the window.
    pub(crate) store: RefCell<Store>,
    /// Whether an evaluation goes on in slices.
    pub(crate) is_stepping: Cell<bool>,
    /// Rises when the order or content of rows in sight may have changed.
    pub(crate) rows: Signal,
    /// Rises with the selection.
    pub(crate) selection: Signal,
    /// The window's loading.
    pub(crate) load: Field<Load>,
    /// The column that the last click sorted downwards.
    pub(crate) stepped_down: Cell<Option<Column>>,
    /// Waits for typing to rest.
    pub(crate) typing_timer: Cell<i32>,
    /// Waits for the clock that is shown to move.
    pub(crate) tick_timer: Cell<i32>,
    /// The deadline in the list for which it waits.
    pub(crate) next_deadline: Cell<Option<Time>>,
    /// Whether it will be asked how many wait.
    pub(crate) is_count_due: Cell<bool>,
    /// Ends the requests of the window that is loaded now.
    pub(crate) load_stop: RefCell<Option<web_sys::AbortController>>,
    /// Changes that wait to be shown: new rows and changed rows.
    pub(crate) news: Field<(usize, usize)>,
    /// Rows that this user no longer sees, by id: they go when the user wants to see what is new.
    pub(crate) leaving: RefCell<Vec<String>>,
    /// What the server no longer has, with its last state's time: an older state of it that comes late is no news.
    pub(crate) gone: RefCell<Vec<(String, Time)>>,
    /// How the page follows what changes.
    pub(crate) live: Live,
    /// When the rows were last known to be current, by this computer's clock.
    pub(crate) fresh_millis: Cell<f64>,
    /// The server's time up to which changes were fetched.
    pub(crate) caught_up: Cell<Option<Time>>,
    /// The row that has the grid's focus, by id.
    pub(crate) focused: Field<Option<String>>,

    /// The action in the flyout.
    pub(crate) detail: Field<Opened<Detail>>,
    /// Why its details may be old, though they are shown.
    pub(crate) detail_stale: Field<Option<Rc<api::Error>>>,
    /// When they came, by this computer's clock.
    pub(crate) detail_millis: Cell<f64>,
    /// The investigation's page.
    pub(crate) investigation: Field<Opened<InvestigationDetail>>,
    /// Its actions as its table shows them, by id; empty where no table does.
    pub(crate) investigation_order: Field<Vec<String>>,
    /// What stays of pages that were looked at, the last one last.
    pub(crate) kept: RefCell<Vec<Rc<Kept>>>,
    /// What decisions do to investigations.
    pub(crate) effects: Effects,
    /// The comment typed in the flyout, kept through everything.
    pub(crate) comment: Field<String>,
    /// The reason chosen in the flyout.
    pub(crate) reason: Field<String>,
    /// What changed in the open action while it was looked at.
    pub(crate) changed_open: Field<Option<Rc<Action>>>,
    /// What went wrong in the flyout, beside its buttons.
    pub(crate) flyout_error: Field<Option<String>>,

    /// The decision core.
    pub(crate) decisions: RefCell<decision::Core>,
    /// Rises with every change in it.
    pub(crate) decided: Signal,
    /// What is kept beside it.
    pub(crate) desk: Desk,

    /// The open modal dialog.
    pub(crate) dialog: Field<Option<Dialog>>,
    /// The words on the way out.
    pub(crate) toasts: Field<Vec<Toast>>,
    /// What the live region says.
    pub(crate) said: Field<String>,
    /// Whether the filters are open.
    pub(crate) filters_open: Field<bool>,
    /// The export that runs: rows done, of how many; or none.
    pub(crate) export: Field<Option<(usize, usize)>>,
    /// Ends it.
    pub(crate) export_stop: RefCell<Option<web_sys::AbortController>>,
    /// Groups of filters that the user opened or closed against their default.
    pub(crate) toggled_facets: Field<Vec<Facet>>,
    /// Groups of filters that show all their values.
    pub(crate) whole_facets: Field<Vec<Facet>>,
    /// The server's counts of a narrowed window, beside the query that they are of.
    pub(crate) server_facets: Field<Option<Rc<(Query, PageHead)>>>,
    /// The last question for such counts: the query, and the time of the window that it was about.
    pub(crate) asked_facets: RefCell<Option<(Query, Option<Time>)>>,
    /// Rises when other rows take the place of all: row numbers from before mean nothing then.
    pub(crate) store_number: Cell<u32>,

    /// Which zone.
    pub(crate) zone: Field<Zone>,
    /// Which scheme.
    pub(crate) theme: Field<Theme>,
    /// Columns, by view.
    pub(crate) layouts: Field<[Layout; 3]>,
    /// The server's clock, as shown: moves a minute at a time, or a second while a deadline is near.
    pub(crate) clock: Field<Time>,
    /// Server's clock minus this computer's, in microseconds.
    pub(crate) clock_skew: Cell<i64>,
    /// Draws the grid at once, where somebody can't wait for the next frame.
    pub(crate) draw_grid: RefCell<Option<Box<dyn Fn()>>>,
    /// The element that the grid scrolls in, once it is there.
    pub(crate) grid: RefCell<Option<web_sys::Element>>,
}

impl App {
    /// The state of a page that is about to be mounted.
    pub(crate) fn new(host: web_sys::HtmlElement, root: web_sys::ShadowRoot, tab: &str) -> Self {
        let is_page = host.has_attribute("data-page");
        Self(Box::leak(Box::new(State {
            host,
            root,
            is_page,
            is_alive: Cell::new(true),
            settings: RefCell::default(),
            setting_problems: Field::default(),
            client: RefCell::default(),
            access: Field::default(),
            needs_sign_in: Field::default(),
            session_error: Field::default(),
            place: Field::default(),
            place_problems: Field::default(),
            counts: Field::default(),
            store: RefCell::new(Store::new(View::Pending)),
            is_stepping: Cell::new(false),
            rows: Signal::default(),
            selection: Signal::default(),
            load: Field::default(),
            stepped_down: Cell::new(None),
            typing_timer: Cell::new(0),
            tick_timer: Cell::new(0),
            is_count_due: Cell::new(false),
            next_deadline: Cell::new(None),
            load_stop: RefCell::default(),
            news: Field::default(),
            leaving: RefCell::default(),
            gone: RefCell::default(),
            live: Live::default(),
            fresh_millis: Cell::new(0.0),
            caught_up: Cell::new(None),
            focused: Field::default(),
            detail: Field::default(),
            detail_stale: Field::default(),
            detail_millis: Cell::new(0.0),
            investigation: Field::default(),
            investigation_order: Field::default(),
            kept: RefCell::default(),
            effects: Effects::default(),
            comment: Field::default(),
            reason: Field::default(),
            changed_open: Field::default(),
            flyout_error: Field::default(),
            decisions: RefCell::new(decision::Core::new(tab)),
            decided: Signal::default(),
            desk: Desk {
                tab: tab.to_owned(),
                ..Desk::default()
            },
            dialog: Field::default(),
            toasts: Field::default(),
            said: Field::default(),
            filters_open: Field::default(),
            export: Field::default(),
            export_stop: RefCell::default(),
            toggled_facets: Field::default(),
            whole_facets: Field::default(),
            server_facets: Field::default(),
            asked_facets: RefCell::default(),
            store_number: Cell::new(0),
            zone: Field::default(),
            theme: Field::default(),
            layouts: Field::default(),
            clock: Field::default(),
            clock_skew: Cell::new(0),
            draw_grid: RefCell::default(),
            grid: RefCell::default(),
        })))
    }

    /// The server's time now, untracked.
    pub(crate) fn now(self) -> Time {
        Time::from_millis(super::browser::clock::now_millis()).plus(self.clock_skew.get())
    }

    /// What was not understood, of the place or of the settings.
    pub(crate) fn problems(self, is_of_place: bool) -> &'static Field<Vec<Problem>> {
        if is_of_place {
            &self.0.place_problems
        } else {
            &self.0.setting_problems
        }
    }

    /// The view that is open; tracked.
    pub(crate) fn view(self) -> View {
        self.place.with(|place| place.query.view)
    }

    /// The session, where somebody is signed in; tracked.
    pub(crate) fn session(self) -> Option<Rc<Session>> {
        self.access.with(|access| match access {
            Access::Granted(session) => Some(session.clone()),
            _ => None,
        })
    }

    /// The session, untracked.
    pub(crate) fn session_now(self) -> Option<Rc<Session>> {
        match &*self.access.peek() {
            Access::Granted(session) => Some(session.clone()),
            _ => None,
        }
    }

    /// The offset of the zone that is shown, at an instant; tracked.
    pub(crate) fn offset_at(self, time: Time) -> i32 {
        match self.zone.get() {
            Zone::Utc => 0,
            Zone::Local => super::browser::clock::offset_minutes(time.millis() as f64),
        }
    }

    /// Why this user can't do an operation to an action now; none where they can. By the session and the action alone:
    /// locks of decisions under way come on top.
    pub(crate) fn obstacle(self, action: &Action, operation: Operation) -> Option<String> {
        let decided = self.decisions.borrow().decided(&action.id, &action.version);
        if let Some(done) = decided.filter(|done| done.fits(&action.status, true)) {
            return Some(super::words::decided(done));
        }
        if self.leaving.borrow().contains(&action.id) {
            return Some("You may no longer see it".to_owned());
        }
        super::words::obstacle(self.session_now().as_deref(), action, operation, self.now())
    }
}
