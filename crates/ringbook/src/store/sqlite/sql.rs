//! Running statements, which their connection keeps prepared.

use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension as _, Params, Row};

use super::open::running;
use crate::store::StoreError;

/// Runs a statement that returns no rows; returns how many it changed.
pub fn execute(
    connection: &Connection,
    sql: &str,
    values: impl Params,
) -> Result<usize, StoreError> {
    connection.prepare_cached(sql).and_then(|mut s| s.execute(values)).map_err(running)
}

/// The only value of a query.
pub fn value<T: FromSql>(
    connection: &Connection,
    sql: &str,
    values: impl Params,
) -> Result<T, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(running)?;
    statement.query_row(values, |row| row.get(0)).map_err(running)
}

/// The first row of a query, if there is one.
pub fn row<T>(
    connection: &Connection,
    sql: &str,
    values: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(running)?;
    statement.query_row(values, read).optional().map_err(running)
}

/// All rows of a query.
pub fn rows<T>(
    connection: &Connection,
    sql: &str,
    values: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(running)?;
    statement.query_map(values, read).and_then(Iterator::collect).map_err(running)
}
