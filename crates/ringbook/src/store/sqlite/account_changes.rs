//! Writes changes of an account other than to its phones.

use directory::{AccountId, Change};
use rusqlite::{Connection, params_from_iter};

use super::open::running;
use super::read::key_range;
use crate::store::StoreError;
use crate::store::codec::{TOKENS_SQL, statements};

/// Writes a change within the transaction of its commit, which has raised the version.
pub fn write(
    connection: &Connection,
    account: AccountId,
    change: &Change,
) -> Result<(), StoreError> {
    let mut tokens_issued_us = String::new();
    if let Change::Token { .. } = change {
        let stored = connection.query_row(TOKENS_SQL, [account.0], |row| row.get(0));
        tokens_issued_us = stored.map_err(running)?;
    }
    if let Change::AccountDeleted = change {
        let (first, last) = key_range(account);
        let sql = "DELETE FROM phone WHERE key BETWEEN ?1 AND ?2";
        connection.execute(sql, [first, last]).map_err(running)?;
    }
    for (sql, values) in statements(account, change, &tokens_issued_us) {
        connection.execute(sql, params_from_iter(values)).map_err(running)?;
    }
    Ok(())
}
