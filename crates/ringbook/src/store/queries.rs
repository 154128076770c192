//! Queries and statements that every engine understands.

use directory::{AccountId, KeyId};

use super::codec::Statement;
use super::copy::tables::Row;
use super::copy::tables::Value::{Blob, Integer, Null, Text};
use super::{ClockMark, OperatorKey, ReadStore, StoreError};

const KEY_USES_SQL: &str =
    "SELECT key_id, used_us FROM key_use WHERE account_id = $1 ORDER BY key_id";

const OPERATOR_KEYS_SQL: &str =
    "SELECT name, sha256, created_us, expires_us FROM operator_key ORDER BY name";

/// The newest mark, or the newest idempotency record without one.
const CLOCK_SQL: &str = "SELECT clock_us, at_us FROM clock_mark UNION ALL \
    SELECT max(at_us), max(at_us) FROM idempotency_record HAVING count(*) > 0 AND \
    NOT EXISTS (SELECT 1 FROM clock_mark) ORDER BY 1 DESC LIMIT 1";

pub fn key_uses<S: ReadStore + ?Sized>(
    store: &S,
    id: AccountId,
) -> Result<Vec<(KeyId, i64)>, StoreError> {
    read(store, (KEY_USES_SQL, vec![Integer(id.0.into())]), |row| match row[..] {
        [Integer(key), Integer(used_us)] => Some((KeyId(key.cast_unsigned()), used_us)),
        _ => None,
    })
}

pub fn operator_keys<S: ReadStore + ?Sized>(store: &S) -> Result<Vec<OperatorKey>, StoreError> {
    read(store, (OPERATOR_KEYS_SQL, Vec::new()), |row| {
        let [Text(name), Blob(sha256), Integer(created_us), expires_us] = &row[..] else {
            return None;
        };
        let expires_us = if let Integer(us) = expires_us { Some(*us) } else { None };
        let sha256 = sha256.as_slice().try_into().ok()?;
        Some(OperatorKey { name: name.clone(), sha256, created_us: *created_us, expires_us })
    })
}

pub fn clock<S: ReadStore + ?Sized>(store: &S) -> Result<Option<ClockMark>, StoreError> {
    let marks = read(store, (CLOCK_SQL, Vec::new()), |row| match row[..] {
        [Integer(clock_us), Integer(at_us)] => Some(ClockMark { clock_us, at_us }),
        _ => None,
    });
    Ok(marks?.pop())
}

/// The number of bytes that a query of one engine tells.
pub fn bytes<S: ReadStore + ?Sized>(store: &S, sql: &'static str) -> Result<u64, StoreError> {
    let told = read(store, (sql, Vec::new()), |row| match row[..] {
        [Integer(bytes)] => u64::try_from(bytes).ok(),
        _ => None,
    });
    Ok(told?.pop().unwrap_or_default())
}

/// What a query of one engine tells of the store's health, for people: names and values.
pub fn facts<S: ReadStore + ?Sized>(
    store: &S,
    sql: &'static str,
) -> Result<Vec<(String, String)>, StoreError> {
    read(store, (sql, Vec::new()), |row| match &row[..] {
        [Text(name), Text(value)] => Some((name.clone(), value.clone())),
        _ => None,
    })
}

/// The rows of a query, each read by `of`, which returns none for a damaged one.
pub(super) fn read<T, S: ReadStore + ?Sized>(
    store: &S,
    query: Statement,
    of: impl Fn(&Row) -> Option<T>,
) -> Result<Vec<T>, StoreError> {
    let damaged = |row: &Row| StoreError::Damaged(format!("a row is {row:?}"));
    store.rows(query)?.iter().map(|row| of(row).ok_or_else(|| damaged(row))).collect()
}

/// Creates a key, unless its name is taken. Returns a row if it has done so.
pub fn create_operator_key(key: &OperatorKey) -> Statement {
    let sql = "INSERT INTO operator_key (name, sha256, created_us, expires_us) \
               VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO NOTHING RETURNING name";
    let OperatorKey { name, sha256, created_us, expires_us } = key;
    let expires_us = expires_us.map_or(Null, Integer);
    (sql, vec![Text(name.clone()), Blob(sha256.to_vec()), Integer(*created_us), expires_us])
}

/// Deletes a key. Returns a row if there was one.
pub fn delete_operator_key(name: &str) -> Statement {
    ("DELETE FROM operator_key WHERE name = $1 RETURNING name", vec![Text(name.to_owned())])
}
