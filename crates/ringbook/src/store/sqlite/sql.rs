//! Running statements, which their connection keeps prepared.

use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension as _, Params, Row, params_from_iter};

use super::open::running;
use crate::store::StoreError;
use crate::store::codec::Statement;
use crate::store::copy::tables;

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

/// Runs a statement that every engine understands; returns its rows, if it has any.
pub fn run(
    connection: &Connection,
    (sql, values): Statement,
) -> Result<Vec<tables::Row>, StoreError> {
    rows(connection, sql, params_from_iter(values), all_values)
}

/// The values of a row.
pub fn all_values(row: &Row<'_>) -> rusqlite::Result<tables::Row> {
    (0..row.as_ref().column_count()).map(|column| row.get(column)).collect()
}
