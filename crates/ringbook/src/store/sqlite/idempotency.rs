//! Idempotency records.

use directory::AccountId;
use rusqlite::{Connection, params};

use super::sql::{execute, row};
use crate::store::{IdempotencyKey, IdempotencyRecord, StoreError};

/// Stores a record within the caller's transaction; it replaces an older one of the same key.
pub fn insert(
    connection: &Connection,
    account: AccountId,
    record: &IdempotencyRecord,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO idempotency_record (account_id, key_sha256, request_sha256, at_us, answer) \
               VALUES (?1, ?2, ?3, ?4, ?5) \
               ON CONFLICT (account_id, key_sha256) DO UPDATE SET \
               request_sha256 = excluded.request_sha256, at_us = excluded.at_us, \
               answer = excluded.answer";
    let IdempotencyRecord { key, request_sha256, at_us, answer } = record;
    let values = params![account.0, key, request_sha256, at_us, answer];
    execute(connection, sql, values)?;
    Ok(())
}

/// The records of these keys, in their order; none if there is none, or one before `since_us`.
pub fn find(
    connection: &Connection,
    keys: &[(AccountId, IdempotencyKey)],
    since_us: i64,
) -> Result<Vec<Option<IdempotencyRecord>>, StoreError> {
    let sql = "SELECT request_sha256, at_us, answer FROM idempotency_record \
               WHERE account_id = ?1 AND key_sha256 = ?2 AND at_us >= ?3";
    let find = |(account, key): &(AccountId, IdempotencyKey)| {
        row(connection, sql, params![account.0, key, since_us], |row| {
            let (request_sha256, at_us, answer) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(IdempotencyRecord { key: *key, request_sha256, at_us, answer })
        })
    };
    keys.iter().map(find).collect()
}
