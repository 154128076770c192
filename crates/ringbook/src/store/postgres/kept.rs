//! Answers that are kept, uses of keys, and the operator's keys.

use std::collections::HashMap;

use deadpool_postgres::Object;
use directory::{AccountId, KeyId};
use futures_util::future::try_join;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::fault::Fault;
use super::read::query;
use crate::store::{IdempotencyKey, IdempotencyRecord, OperatorKey, StoreError};

/// Answers as columns: what the statement takes.
#[derive(Default)]
struct Columns<'k> {
    accounts: Vec<i64>,
    keys: Vec<&'k [u8]>,
    requests: Vec<&'k [u8]>,
    at_us: Vec<i64>,
    answers: Vec<&'k [u8]>,
}

/// Ends the transaction that makes answers true and keeps them, in place of older ones, in one
/// round trip.
pub async fn keep_and_commit(
    client: &Object,
    answers: impl Iterator<Item = (AccountId, &IdempotencyRecord)>,
) -> Result<(), Fault> {
    // A statement writes a row once.
    let last: HashMap<_, _> = answers.map(|(account, kept)| ((account, &kept.key), kept)).collect();
    let mut columns = Columns::default();
    for ((account, _), kept) in last {
        columns.accounts.push(account.0.into());
        columns.keys.push(&kept.key);
        columns.requests.push(&kept.request_sha256);
        columns.at_us.push(kept.at_us);
        columns.answers.push(&kept.answer);
    }
    let sql = "INSERT INTO idempotency_record (account_id, key_sha256, request_sha256, at_us, answer) \
               SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bigint[], \
               $5::bytea[]) AS kept (account_id, key_sha256, request_sha256, at_us, answer) \
               ORDER BY account_id, key_sha256 \
               ON CONFLICT (account_id, key_sha256) DO UPDATE SET \
               request_sha256 = excluded.request_sha256, at_us = excluded.at_us, \
               answer = excluded.answer";
    let Columns { accounts, keys, requests, at_us, answers } = &columns;
    let values: [&(dyn ToSql + Sync); 5] = [accounts, keys, requests, at_us, answers];
    let statement = client.prepare_cached(sql).await?;
    // Sent in this order, as the statement is prepared. Where it fails, the server undoes all.
    try_join(client.query(&statement, &values), client.batch_execute("COMMIT")).await?;
    Ok(())
}

/// Answers in the order in which they are asked for.
pub async fn idempotency_records(
    client: &Object,
    asked: &[(AccountId, IdempotencyKey)],
    since_us: i64,
) -> Result<Vec<Option<IdempotencyRecord>>, Fault> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let accounts: Vec<_> = asked.iter().map(|(account, _)| i64::from(account.0)).collect();
    let keys: Vec<_> = asked.iter().map(|(_, key)| key.as_slice()).collect();
    let sql = "SELECT asked.place, kept.request_sha256, kept.at_us, kept.answer \
               FROM unnest($1::bigint[], $2::bytea[]) WITH ORDINALITY \
                   AS asked (account_id, key_sha256, place) \
               CROSS JOIN LATERAL (SELECT request_sha256, at_us, answer FROM idempotency_record \
                   WHERE account_id = asked.account_id AND key_sha256 = asked.key_sha256) AS kept \
               WHERE kept.at_us >= $3";
    let mut found = vec![None; asked.len()];
    for row in query(client, sql, &[&accounts, &keys, &since_us]).await? {
        let at = usize::try_from(row.try_get::<_, i64>(0)? - 1).ok().filter(|at| *at < asked.len());
        let at = at.ok_or_else(|| StoreError::Engine("a row that nobody asked for".into()))?;
        found[at] = Some(IdempotencyRecord {
            key: asked[at].1,
            request_sha256: sha256(&row, 1)?,
            at_us: row.try_get(2)?,
            answer: row.try_get(3)?,
        });
    }
    Ok(found)
}

/// Whether an earlier try has kept this answer.
pub async fn is_kept(
    client: &Object,
    account: AccountId,
    kept: &IdempotencyRecord,
) -> Result<bool, Fault> {
    let found = idempotency_records(client, &[(account, kept.key)], i64::MIN).await?;
    Ok(found.first().is_some_and(|found| found.as_ref() == Some(kept)))
}

fn sha256(row: &Row, column: usize) -> Result<[u8; 32], Fault> {
    let bytes: &[u8] = row.try_get(column)?;
    let name = row.columns()[column].name();
    let damaged = |_| StoreError::Damaged(format!("{name} has {} bytes", bytes.len()));
    Ok(bytes.try_into().map_err(damaged)?)
}

/// Notes uses of keys; of accounts that are gone, none.
pub async fn note_key_uses(client: &Object, used: &[(AccountId, KeyId, i64)]) -> Result<(), Fault> {
    let accounts: Vec<_> = used.iter().map(|(account, ..)| i64::from(account.0)).collect();
    let keys: Vec<_> = used.iter().map(|(_, key, _)| key.0.cast_signed()).collect();
    let used_us: Vec<_> = used.iter().map(|(.., used_us)| *used_us).collect();
    // In one order on every node, so that none waits for another one that waits for it.
    let sql = "INSERT INTO key_use (account_id, key_id, used_us) \
               SELECT account_id, key_id, max(used_us) \
               FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) \
                   AS used (account_id, key_id, used_us) \
               WHERE EXISTS (SELECT FROM account WHERE account.id = used.account_id) \
               GROUP BY account_id, key_id ORDER BY account_id, key_id \
               ON CONFLICT (account_id, key_id) DO UPDATE SET used_us = excluded.used_us \
               WHERE excluded.used_us > key_use.used_us";
    query(client, sql, &[&accounts, &keys, &used_us]).await?;
    Ok(())
}

/// When the keys of an account were used last.
pub async fn key_uses(client: &Object, id: AccountId) -> Result<Vec<(KeyId, i64)>, Fault> {
    let sql = "SELECT key_id, used_us FROM key_use WHERE account_id = $1 ORDER BY key_id";
    let rows = query(client, sql, &[&i64::from(id.0)]).await?;
    let used = |row: &Row| Ok((KeyId(row.try_get::<_, i64>(0)?.cast_unsigned()), row.try_get(1)?));
    rows.iter().map(used).collect()
}

pub async fn operator_keys(client: &Object) -> Result<Vec<OperatorKey>, Fault> {
    let sql = "SELECT name, sha256, created_us, expires_us FROM operator_key ORDER BY name";
    let key = |row: &Row| {
        let (name, sha256) = (row.try_get(0)?, sha256(row, 1)?);
        Ok(OperatorKey { name, sha256, created_us: row.try_get(2)?, expires_us: row.try_get(3)? })
    };
    query(client, sql, &[]).await?.iter().map(key).collect()
}

/// Says whether the name was free, or an earlier try has made this key.
pub async fn create_operator_key(
    client: &Object,
    key: &OperatorKey,
    is_retried: bool,
) -> Result<bool, Fault> {
    let OperatorKey { name, sha256, created_us, expires_us } = key;
    let sql = "INSERT INTO operator_key (name, sha256, created_us, expires_us) \
               VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO NOTHING RETURNING name";
    let sha256 = sha256.as_slice();
    let values: [&(dyn ToSql + Sync); 4] = [name, &sha256, created_us, expires_us];
    let mut made = query(client, sql, &values).await?;
    if made.is_empty() && is_retried {
        let sql = "SELECT name FROM operator_key WHERE name = $1 AND sha256 = $2";
        made = query(client, sql, &[name, &sha256]).await?;
    }
    Ok(!made.is_empty())
}

/// Says whether there was one; where an earlier try may have deleted it, that there was.
pub async fn delete_operator_key(
    client: &Object,
    name: &str,
    is_retried: bool,
) -> Result<bool, Fault> {
    let sql = "DELETE FROM operator_key WHERE name = $1 RETURNING name";
    Ok(!query(client, sql, &[&name]).await?.is_empty() || is_retried)
}
