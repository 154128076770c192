//! When API keys were last used, and the operator's keys.

use directory::{AccountId, KeyId};
use rusqlite::{Connection, params};

use super::open::running;
use crate::store::{OperatorKey, StoreError};

/// Stores when keys were used, the later time of two within an hour: if they are further apart, a
/// clock was set back. Within the caller's transaction; not for deleted accounts.
pub fn note_key_uses(
    connection: &Connection,
    used: &[(AccountId, KeyId, i64)],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO key_use (account_id, key_id, used_us) \
               SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM account WHERE id = ?1) \
               ON CONFLICT (account_id, key_id) DO UPDATE SET used_us = excluded.used_us \
               WHERE excluded.used_us > used_us \
               OR excluded.used_us < used_us - 3600000000";
    let mut statement = connection.prepare_cached(sql).map_err(running)?;
    for (account, key, used_us) in used {
        let values = params![account.0, key.0.cast_signed(), used_us];
        statement.execute(values).map_err(running)?;
    }
    Ok(())
}

/// When each key of an account was last used.
pub fn key_uses(connection: &Connection, id: AccountId) -> Result<Vec<(KeyId, i64)>, StoreError> {
    let sql = "SELECT key_id, used_us FROM key_use WHERE account_id = ?1 ORDER BY key_id";
    let mut statement = connection.prepare_cached(sql).map_err(running)?;
    let rows = statement
        .query_map([id.0], |row| Ok((KeyId(row.get::<_, i64>(0)?.cast_unsigned()), row.get(1)?)));
    rows.and_then(Iterator::collect).map_err(running)
}

pub fn operator_keys(connection: &Connection) -> Result<Vec<OperatorKey>, StoreError> {
    let sql = "SELECT name, sha256, created_us, expires_us FROM operator_key ORDER BY name";
    let mut statement = connection.prepare_cached(sql).map_err(running)?;
    let rows = statement.query_map([], |row| {
        let (name, sha256) = (row.get(0)?, row.get(1)?);
        Ok(OperatorKey { name, sha256, created_us: row.get(2)?, expires_us: row.get(3)? })
    });
    rows.and_then(Iterator::collect).map_err(running)
}

/// Returns whether the name was free.
pub fn create_operator_key(connection: &Connection, key: &OperatorKey) -> Result<bool, StoreError> {
    let sql = "INSERT INTO operator_key (name, sha256, created_us, expires_us) \
               VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO NOTHING";
    let OperatorKey { name, sha256, created_us, expires_us } = key;
    let made = connection.execute(sql, params![name, sha256, created_us, expires_us]);
    Ok(made.map_err(running)? == 1)
}

/// Returns whether there was such a key.
pub fn delete_operator_key(connection: &Connection, name: &str) -> Result<bool, StoreError> {
    let deleted = connection.execute("DELETE FROM operator_key WHERE name = ?1", [name]);
    Ok(deleted.map_err(running)? == 1)
}
