//! When API keys were last used.

use directory::{AccountId, KeyId};
use rusqlite::{Connection, params};

use super::sql::execute;
use crate::store::StoreError;

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
