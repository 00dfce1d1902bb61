//! Fills an empty database: generated data in one transaction, indexes after it.

use rusqlite::Connection;

use crate::State;
use crate::database::Result;
use crate::database::rows::{self, Stored};
use crate::sample::{Cases, Plan};

/// How many actions the database holds.
///
/// # Errors
/// Where SQLite fails.
pub fn n_actions(state: &State) -> Result<i64> {
    state
        .database
        .read(|connection, _| connection.query_row("SELECT count(*) FROM action", [], |row| row.get(0)))
}

/// Generates data. The database is to be empty.
///
/// # Errors
/// Where SQLite fails; then nothing is there.
pub fn generate(state: &State, plan: Plan) -> Result<()> {
    state.database.write(|transaction, _| {
        for case in Cases::new(plan) {
            put_case(transaction, case)?;
        }
        Ok(())
    })?;
    state.database.make_indexes()
}

fn put_case(connection: &Connection, case: crate::sample::Case) -> Result<()> {
    for action in case.actions {
        rows::put(
            connection,
            &Stored {
                action,
                is_sample: true,
                extra: None,
            },
        )?;
    }
    Ok(())
}
