//! Answers that are kept, uses of keys, and the operator's keys.

use directory::{AccountId, KeyId};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::open::running;
use crate::store::{IdempotencyKey, IdempotencyRecord, OperatorKey, StoreError};

/// Keeps an answer, in place of an older one, within the caller's transaction.
pub fn keep(
    connection: &Connection,
    account: AccountId,
    kept: &IdempotencyRecord,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO idempotency_record (account_id, key_sha256, request_sha256, at_us, answer) \
               VALUES (?1, ?2, ?3, ?4, ?5) \
               ON CONFLICT (account_id, key_sha256) DO UPDATE SET \
               request_sha256 = excluded.request_sha256, at_us = excluded.at_us, \
               answer = excluded.answer";
    let IdempotencyRecord { key, request_sha256, at_us, answer } = kept;
    let values = params![account.0, key, request_sha256, at_us, answer];
    connection.prepare_cached(sql).and_then(|mut s| s.execute(values)).map_err(running)?;
    Ok(())
}

/// Answers in the order in which they are asked for.
pub fn idempotency_records(
    connection: &Connection,
    asked: &[(AccountId, IdempotencyKey)],
    since_us: i64,
) -> Result<Vec<Option<IdempotencyRecord>>, StoreError> {
    let sql = "SELECT request_sha256, at_us, answer FROM idempotency_record \
               WHERE account_id = ?1 AND key_sha256 = ?2 AND at_us >= ?3";
    let mut statement = connection.prepare_cached(sql).map_err(running)?;
    let mut find = |(account, key): &(AccountId, IdempotencyKey)| {
        let found = statement.query_row(params![account.0, key, since_us], |row| {
            let (request_sha256, at_us, answer) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(IdempotencyRecord { key: *key, request_sha256, at_us, answer })
        });
        found.optional().map_err(running)
    };
    asked.iter().map(&mut find).collect()
}

/// Notes uses of keys, within the caller's transaction; of accounts that are gone, none.
pub fn note_key_uses(
    connection: &Connection,
    used: &[(AccountId, KeyId, i64)],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO key_use (account_id, key_id, used_us) \
               SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM account WHERE id = ?1) \
               ON CONFLICT (account_id, key_id) DO UPDATE SET used_us = excluded.used_us \
               WHERE excluded.used_us > used_us";
    let mut statement = connection.prepare_cached(sql).map_err(running)?;
    for (account, key, used_us) in used {
        let values = params![account.0, key.0.cast_signed(), used_us];
        statement.execute(values).map_err(running)?;
    }
    Ok(())
}

/// When the keys of an account were used last.
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

/// Says whether the name was free.
pub fn create_operator_key(connection: &Connection, key: &OperatorKey) -> Result<bool, StoreError> {
    let sql = "INSERT INTO operator_key (name, sha256, created_us, expires_us) \
               VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO NOTHING";
    let OperatorKey { name, sha256, created_us, expires_us } = key;
    let made = connection.execute(sql, params![name, sha256, created_us, expires_us]);
    Ok(made.map_err(running)? == 1)
}

/// Says whether there was one.
pub fn delete_operator_key(connection: &Connection, name: &str) -> Result<bool, StoreError> {
    let deleted = connection.execute("DELETE FROM operator_key WHERE name = ?1", [name]);
    Ok(deleted.map_err(running)? == 1)
}
