//! When API keys were last used, and the operator's keys.

use directory::{AccountId, KeyId};
use rusqlite::{Connection, params};

use super::sql::{execute, rows};
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
    for (account, key, used_us) in used {
        execute(connection, sql, params![account.0, key.0.cast_signed(), used_us])?;
    }
    Ok(())
}

/// When each key of an account was last used.
pub fn key_uses(connection: &Connection, id: AccountId) -> Result<Vec<(KeyId, i64)>, StoreError> {
    let sql = "SELECT key_id, used_us FROM key_use WHERE account_id = ?1 ORDER BY key_id";
    rows(connection, sql, [id.0], |row| {
        Ok((KeyId(row.get::<_, i64>(0)?.cast_unsigned()), row.get(1)?))
    })
}

pub fn operator_keys(connection: &Connection) -> Result<Vec<OperatorKey>, StoreError> {
    let sql = "SELECT name, sha256, created_us, expires_us FROM operator_key ORDER BY name";
    rows(connection, sql, [], |row| {
        let (name, sha256) = (row.get(0)?, row.get(1)?);
        Ok(OperatorKey { name, sha256, created_us: row.get(2)?, expires_us: row.get(3)? })
    })
}

/// Returns whether the name was free.
pub fn create_operator_key(connection: &Connection, key: &OperatorKey) -> Result<bool, StoreError> {
    let sql = "INSERT INTO operator_key (name, sha256, created_us, expires_us) \
               VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO NOTHING";
    let OperatorKey { name, sha256, created_us, expires_us } = key;
    Ok(execute(connection, sql, params![name, sha256, created_us, expires_us])? == 1)
}

/// Returns whether there was such a key.
pub fn delete_operator_key(connection: &Connection, name: &str) -> Result<bool, StoreError> {
    Ok(execute(connection, "DELETE FROM operator_key WHERE name = ?1", [name])? == 1)
}
