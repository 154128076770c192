//! Imports.

use directory::AccountId;
use rusqlite::{Connection, params, params_from_iter};

use super::sql::{execute, rows};
use crate::store::import::{READ_SQL, read};
use crate::store::{Import, ImportId, ImportWrite, StoreError};

/// Writes what a commit has of imports, within its transaction.
pub fn write(
    connection: &Connection,
    account: AccountId,
    imports: &[ImportWrite],
) -> Result<(), StoreError> {
    for import in imports {
        let (sql, values) = import.statement(account);
        execute(connection, sql, params_from_iter(values))?;
    }
    Ok(())
}

/// The newest imports below an id.
pub fn imports(
    connection: &Connection,
    account: AccountId,
    below: ImportId,
    rows_max: usize,
) -> Result<Vec<Import>, StoreError> {
    let below = i64::try_from(below.0).unwrap_or(i64::MAX);
    let rows_max = i64::try_from(rows_max).unwrap_or(i64::MAX);
    let found = rows(connection, READ_SQL, params![account.0, below, rows_max], |row| {
        let mut numbers = [0; 7];
        for (index, number) in numbers.iter_mut().enumerate() {
            *number = row.get(index)?;
        }
        Ok((numbers, [row.get(7)?, row.get(8)?, row.get(9)?], row.get(10)?))
    })?;
    found.into_iter().map(|row| read(account, row)).collect()
}
