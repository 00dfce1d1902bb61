//! SQLite: the schema, one writer, several readers, transactions. The truth is here; everything else is derived.
//!
//! Modules: `rows` (actions to and from rows), `investigations` (derived rows), `select` (the query as SQL), `index` (the same
//! answers from memory, for tables that are too large to be scanned).

pub mod index;
pub mod investigations;
pub mod rows;
pub mod select;

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use action_center_core::domain::fold::fold;
use action_center_core::domain::query::View;
use action_center_core::domain::time::Time;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::clock::Clock;
use crate::options::Storage;
use index::Index;

/// The result of a look into the database.
pub type Result<T> = rusqlite::Result<T>;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS action (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  is_pending INTEGER NOT NULL,
  is_guarded INTEGER NOT NULL,
  is_sample INTEGER NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  decided INTEGER,
  started INTEGER,
  ended INTEGER,
  expires INTEGER,
  status TEXT NOT NULL,
  type TEXT NOT NULL,
  entity_type TEXT NOT NULL,
  severity TEXT,
  source TEXT,
  decision TEXT,
  decided_by TEXT,
  asset TEXT,
  investigation_id TEXT,
  approval_id TEXT,
  impact INTEGER,
  reversible INTEGER,
  entity TEXT NOT NULL,
  investigation_title TEXT,
  threat TEXT,
  comment TEXT,
  json TEXT NOT NULL,
  extra TEXT
);
CREATE TABLE IF NOT EXISTS investigation (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  own_status TEXT,
  status TEXT NOT NULL,
  severity TEXT,
  category TEXT,
  detection_source TEXT,
  alert_title TEXT,
  first_asset TEXT,
  asset_names TEXT NOT NULL,
  threat_count INTEGER,
  action_count INTEGER,
  pending_action_count INTEGER,
  started INTEGER NOT NULL,
  updated INTEGER,
  ended INTEGER,
  own_ended INTEGER,
  waited INTEGER NOT NULL,
  waits_since INTEGER,
  url TEXT,
  is_sample INTEGER NOT NULL,
  json TEXT NOT NULL,
  extra TEXT
);
CREATE TABLE IF NOT EXISTS timeline (
  action_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  event TEXT NOT NULL,
  kind TEXT,
  name TEXT,
  comment TEXT,
  reason TEXT
);
CREATE INDEX IF NOT EXISTS timeline_by_action ON timeline (action_id, at);
CREATE TABLE IF NOT EXISTS answer (
  user TEXT NOT NULL,
  key TEXT NOT NULL,
  body TEXT NOT NULL,
  receipt TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (user, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fact (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
";

/// Made after a bulk load, which is faster than keeping them up to date during it.
const INDEXES: &str = "
CREATE INDEX IF NOT EXISTS action_by_update ON action (is_pending, updated);
CREATE INDEX IF NOT EXISTS action_by_expiry ON action (expires) WHERE is_pending = 1;
CREATE INDEX IF NOT EXISTS action_by_status ON action (status) WHERE status IN ('queued', 'inProgress');
CREATE INDEX IF NOT EXISTS action_by_investigation ON action (investigation_id);
CREATE INDEX IF NOT EXISTS investigation_by_start ON investigation (started);
CREATE INDEX IF NOT EXISTS action_by_approval ON action (approval_id) WHERE approval_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS action_pending_entity ON action (entity) WHERE is_pending = 1;
";

/// The database.
pub struct Database {
    writer: Mutex<Connection>,
    /// Empty in memory, where the writer's connection is the only one.
    readers: Vec<Mutex<Connection>>,
    next_reader: AtomicUsize,
    /// Rises with every committed change.
    version: AtomicU64,
    /// When the write that now runs began, in microseconds; 0 where none runs.
    writing_since: AtomicI64,
    /// The earliest deadline of a pending action.
    next_expiry: AtomicI64,
    /// Of actions and of investigations, where there are many rows.
    indexes: [RwLock<Option<Index>>; 2],
    /// Rows that the transaction under way has changed: whether they are actions, and SQLite's row numbers.
    changed: Arc<Mutex<Vec<(bool, i64)>>>,
    clock: Clock,
}

/// Tables with more rows are indexed in memory.
pub const MIN_INDEXED: usize = 5_000;
/// Changed rows that an index merges in page by page; a page then costs a millisecond or two more.
pub const MAX_DIRTY: usize = 1_024;
const N_READERS: usize = 4;

impl Database {
    /// Opens the database, and makes it where there is none.
    ///
    /// # Errors
    /// Where the file can't be opened or is no database of this program.
    pub fn open(storage: &Storage, clock: Clock) -> Result<Self> {
        let (writer, readers) = match storage {
            Storage::Memory => (Connection::open_in_memory()?, Vec::new()),
            Storage::File(path) => {
                let writer = Connection::open(path)?;
                writer.pragma_update(None, "journal_mode", "WAL")?;
                // A decision that was answered must survive a loss of power.
                writer.pragma_update(None, "synchronous", "FULL")?;
                writer.execute_batch(SCHEMA)?;
                let readers = (0..N_READERS)
                    .map(|_| open_reader(path).map(Mutex::new))
                    .collect::<Result<_>>()?;
                (writer, readers)
            }
        };
        prepare(&writer)?;
        writer.execute_batch(SCHEMA)?;
        let database = Self {
            writer: Mutex::new(writer),
            readers,
            next_reader: AtomicUsize::new(0),
            version: AtomicU64::new(1),
            writing_since: AtomicI64::new(0),
            next_expiry: AtomicI64::new(i64::MAX),
            indexes: [RwLock::new(None), RwLock::new(None)],
            changed: Arc::default(),
            clock,
        };
        database.note_expiry()?;
        Ok(database)
    }

    /// Makes the indexes, after a bulk load or on a new database.
    ///
    /// # Errors
    /// Where SQLite fails.
    pub fn make_indexes(&self) -> Result<()> {
        let writer = lock(&self.writer);
        writer.execute_batch(INDEXES)?;
        writer.execute_batch("ANALYZE")
    }

    /// Looks: the function sees one state of the data, and is given a time before which every change is in that state.
    ///
    /// # Errors
    /// Where SQLite fails.
    pub fn read<T>(&self, look: impl FnOnce(&Connection, Time) -> Result<T>) -> Result<T> {
        if self.readers.is_empty() {
            let connection = lock(&self.writer);
            return look(&connection, self.clock.now());
        }
        let mut as_of = self.clock.now();
        // A write that began before and commits after this look carries an older time than now.
        let writing_since = self.writing_since.load(Ordering::SeqCst);
        if writing_since != 0 {
            as_of = as_of.min(Time(writing_since));
        }
        let at = self.next_reader.fetch_add(1, Ordering::Relaxed) % self.readers.len();
        let mut connection = lock(&self.readers[at]);
        let transaction = connection.transaction()?;
        look(&transaction, as_of)
    }

    /// Changes: all of it or nothing. The function is given the time of the change.
    ///
    /// # Errors
    /// Where SQLite or the function fails; then nothing has changed.
    pub fn write<T>(&self, change: impl FnOnce(&Transaction<'_>, Time) -> Result<T>) -> Result<T> {
        let mut connection = lock(&self.writer);
        let now = self.clock.now();
        self.writing_since.store(now.0, Ordering::SeqCst);
        let done = (|| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let n_before = transaction.total_changes();
            let value = change(&transaction, now)?;
            let is_changed = transaction.total_changes() != n_before;
            let next_expiry = earliest_expiry(&transaction)?;
            transaction.commit()?;
            self.next_expiry.store(next_expiry, Ordering::SeqCst);
            if is_changed {
                self.update_indexes(&connection)?;
                self.version.fetch_add(1, Ordering::SeqCst);
            }
            Ok(value)
        })();
        self.changed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.writing_since.store(0, Ordering::SeqCst);
        done
    }

    /// Indexes the tables in memory where there are at least so many actions, and keeps the indexes up to date from now on. So many
    /// changed rows are merged in page by page before they are merged into the orders.
    ///
    /// # Errors
    /// Where SQLite fails.
    pub fn index(&self, min_rows: usize, max_dirty: usize) -> Result<()> {
        let mut connection = lock(&self.writer);
        let n_rows: i64 = connection.query_row("SELECT count(*) FROM action", [], |row| row.get(0))?;
        if usize::try_from(n_rows).unwrap_or(0) < min_rows {
            return Ok(());
        }
        let changed = Arc::clone(&self.changed);
        connection.update_hook(Some(move |_, _: &str, table: &str, row| {
            if matches!(table, "action" | "investigation") {
                let mut changed = changed.lock().unwrap_or_else(PoisonError::into_inner);
                changed.push((table == "action", row));
            }
        }))?;
        for (slot, is_of_actions) in self.indexes.iter().zip([true, false]) {
            let index = Index::load(&connection, is_of_actions, max_dirty)?;
            *slot.write().unwrap_or_else(PoisonError::into_inner) = Some(index);
        }
        Ok(())
    }

    /// Sorts the indexed rows by every column, so that no request waits for it. Without indexes there is nothing to do.
    pub fn warm(&self) {
        for index in &self.indexes {
            if let Some(index) = &*index.read().unwrap_or_else(PoisonError::into_inner) {
                index.warm();
            }
        }
    }

    /// The index of a view's rows, if there is one. To be asked for while a connection is held, never before.
    pub fn indexed(&self, view: View) -> RwLockReadGuard<'_, Option<Index>> {
        self.indexes[usize::from(!view.is_of_actions())]
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn update_indexes(&self, connection: &Connection) -> Result<()> {
        let mut changed = std::mem::take(&mut *self.changed.lock().unwrap_or_else(PoisonError::into_inner));
        changed.sort_unstable();
        changed.dedup();
        for (slot, is_of_actions) in self.indexes.iter().zip([true, false]) {
            let rows: Vec<i64> = changed
                .iter()
                .filter(|(of_actions, _)| *of_actions == is_of_actions)
                .map(|(_, row)| *row)
                .collect();
            let mut slot = slot.write().unwrap_or_else(PoisonError::into_inner);
            if let Some(index) = slot.as_mut().filter(|_| !rows.is_empty()) {
                index.update(connection, &rows)?;
            }
        }
        Ok(())
    }

    /// Rises with every committed change.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::SeqCst)
    }

    /// Whether a pending action is past its deadline.
    #[must_use]
    pub fn has_expired(&self) -> bool {
        self.clock.now().0 >= self.next_expiry.load(Ordering::SeqCst)
    }

    fn note_expiry(&self) -> Result<()> {
        let connection = lock(&self.writer);
        self.next_expiry
            .store(earliest_expiry(&connection)?, Ordering::SeqCst);
        Ok(())
    }

    /// The number that tells this data from other data: made once, kept with it.
    ///
    /// # Errors
    /// Where SQLite fails.
    pub fn epoch(&self, otherwise: &str) -> Result<String> {
        let connection = lock(&self.writer);
        connection.execute(
            "INSERT INTO fact (name, value) VALUES ('epoch', ?1) ON CONFLICT DO NOTHING",
            [otherwise],
        )?;
        connection.query_row("SELECT value FROM fact WHERE name = 'epoch'", [], |row| {
            row.get(0)
        })
    }
}

fn earliest_expiry(connection: &Connection) -> Result<i64> {
    connection
        .prepare_cached("SELECT min(expires) FROM action WHERE is_pending = 1")?
        .query_row([], |row| row.get::<_, Option<i64>>(0))
        .map(|expires| expires.unwrap_or(i64::MAX))
}

fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    // A panic while the lock was held rolled its transaction back; the connection is sound.
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open_reader(path: &PathBuf) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let reader = Connection::open_with_flags(path, flags)?;
    prepare(&reader)?;
    Ok(reader)
}

fn prepare(connection: &Connection) -> Result<()> {
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(256);
    connection.pragma_update(None, "cache_size", -131_072)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.create_scalar_function(
        "fold",
        1,
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC,
        |context| {
            let text = context.get_raw(0).as_str_or_null()?;
            Ok(text.map(fold))
        },
    )
}
