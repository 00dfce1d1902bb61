//! The embedded backend: serves the contract from SQLite, the page, and sample data. `core` is all of ours that it uses.
//!
//! Modules in reading order: `options` (flags), `access` (who asks), `api` (the seven endpoints), `database` (rows and the
//! query as SQL), `decide` (what a decision does), `hub` (events), `files` (the page), `sample` (generated data),
//! `simulate` (how it lives), `import`.

pub mod access;
pub mod api;
pub mod clock;
pub mod cursor;
pub mod database;
pub mod decide;
pub mod files;
pub mod hub;
pub mod import;
pub mod load;
pub mod options;
pub mod problem;
pub mod sample;
pub mod simulate;

use std::path::PathBuf;
use std::sync::Arc;

use action_center_core::domain::action::Action;
use axum::Router;

use access::Access;
use clock::Clock;
use cursor::Cursors;
use database::Database;
use hub::Hub;
use options::Options;
use problem::Problem;

/// Everything that requests share.
pub struct State {
    /// The data.
    pub database: Database,
    /// Who asks.
    pub access: Access,
    /// Events.
    pub hub: Hub,
    /// Where sequences go on.
    pub cursors: Cursors,
    /// The time.
    pub clock: Clock,
    /// Operations that need a comment.
    pub comment_required: Vec<String>,
    /// Rows in a page at most.
    pub max_page_size: usize,
    /// The other origin that may ask.
    pub allowed_origin: Option<String>,
    /// The built page.
    pub dist: Option<PathBuf>,
    /// Requests with an idempotency key that run now.
    pub running: decide::Running,
    counts: api::Counts,
}

impl State {
    /// Opens the database; it is filled by `load`.
    ///
    /// # Errors
    /// A sentence.
    pub fn open(options: &Options, clock: Clock) -> Result<Arc<Self>, String> {
        let database = Database::open(&options.storage, clock.clone())
            .map_err(|error| format!("The database can’t be opened: {error}."))?;
        let epoch = database
            .epoch(&access::random_token()?)
            .map_err(|error| format!("The database can’t be written: {error}."))?;
        Ok(Arc::new(Self {
            database,
            access: Access::new(options)?,
            hub: Hub::new(access::random_token()?),
            cursors: Cursors::new(epoch),
            clock,
            comment_required: options.comment_required.clone(),
            max_page_size: options.max_page_size,
            allowed_origin: options.allowed_origin.clone(),
            dist: options.dist.clone(),
            running: decide::Running::default(),
            counts: api::Counts::default(),
        }))
    }

    /// Runs a look at the database or a change of it where it may block.
    async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let state = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&state))
            .await
            .map_err(|error| Problem::internal(&error))?
    }

    /// Turns what is past its deadline into rejections, and tells.
    ///
    /// # Errors
    /// Where SQLite fails.
    pub fn expire(&self) -> database::Result<()> {
        if self.database.has_expired() {
            let expired = self.database.write(decide::expire)?;
            self.publish(&expired);
        }
        Ok(())
    }

    /// Lets generated data live for a moment, and tells.
    ///
    /// # Errors
    /// Where SQLite fails.
    pub fn simulate(&self, seed: u64) -> database::Result<()> {
        let changed = self
            .database
            .write(|transaction, now| simulate::run(transaction, seed, now))?;
        self.publish(&changed);
        Ok(())
    }

    /// Tells every stream about changed actions.
    pub fn publish(&self, actions: &[Action]) {
        for action in actions {
            self.hub.publish(action);
        }
    }
}

/// The whole backend as one service, so that tests call it without a socket.
pub fn app(state: Arc<State>) -> Router {
    let pages = files::router(Arc::clone(&state));
    api::router(state).merge(pages)
}
