//! Fills an empty database: generated data, in one transaction. Indexes are made after it, which is faster.

use action_center_core::domain::action::Alert;
use rusqlite::{Connection, OptionalExtension};

use crate::State;
use crate::database::Result;
use crate::database::investigations::{self, Base};
use crate::database::rows::{self, Stored};
use crate::sample::{Case, Cases, Opening, Plan};

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
        let mut n_cases = 0;
        for case in Cases::new(plan) {
            put_case(transaction, case)?;
            n_cases += 1;
        }
        keep_n_cases(transaction, n_cases)
    })
}

/// How many cases there were, those that arrived later included.
///
/// # Errors
/// Where SQLite fails.
pub fn n_cases(connection: &Connection) -> Result<u64> {
    connection
        .prepare_cached("SELECT CAST(value AS INTEGER) FROM fact WHERE name = 'cases'")?
        .query_row([], |row| row.get::<_, i64>(0))
        .optional()
        .map(|n_cases| u64::try_from(n_cases.unwrap_or(0)).unwrap_or(0))
}

/// Keeps how many cases there were.
///
/// # Errors
/// Where SQLite fails.
pub fn keep_n_cases(connection: &Connection, n_cases: u64) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO fact (name, value) VALUES ('cases', ?1) ON CONFLICT (name) DO UPDATE SET value = ?1",
        )?
        .execute([n_cases.to_string()])
        .map(|_| ())
}

/// Writes a generated case.
///
/// # Errors
/// Where SQLite fails.
pub fn put_case(connection: &Connection, case: Case) -> Result<()> {
    if let Some(opening) = case.investigation {
        investigations::put(connection, &base(opening), &case.actions)?;
    }
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

/// A generated investigation's own part.
fn base(opening: Opening) -> Base {
    let (id, title) = opening.alert;
    Base {
        id: opening.id,
        title: opening.title,
        own_status: opening.own_status.map(str::to_owned),
        severity: Some(opening.severity.to_owned()),
        category: Some(opening.category.to_owned()),
        detection_source: Some(opening.detection_source.to_owned()),
        alert: Some(Alert {
            id,
            title,
            severity: Some(opening.severity.to_owned()),
            status: None,
            url: None,
        }),
        assets: opening.assets,
        threat_count: Some(opening.n_threats),
        started_at: opening.started_at,
        ended_at: opening.ended_at,
        url: None,
        is_sample: true,
        extra: None,
    }
}
