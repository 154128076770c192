//! Writes changes of an account other than to its phones.

use directory::{AccountId, Change};
use rusqlite::Connection;

use super::read::key_range;
use super::sql::{execute, run, value};
use crate::store::StoreError;
use crate::store::codec::{TOKENS_SQL, statements};

/// Writes a change within the transaction of its commit, which has raised the version.
pub fn write(
    connection: &Connection,
    account: AccountId,
    version: u64,
    change: &Change,
) -> Result<(), StoreError> {
    let mut tokens_issued_us = String::new();
    if let Change::Token { .. } = change {
        tokens_issued_us = value(connection, TOKENS_SQL, [account.0])?;
    }
    if let Change::AccountDeleted(_) = change {
        let (first, last) = key_range(account);
        execute(connection, "DELETE FROM phone WHERE key BETWEEN ?1 AND ?2", [first, last])?;
    }
    for statement in statements(account, version, change, &tokens_issued_us) {
        run(connection, statement)?;
    }
    Ok(())
}
