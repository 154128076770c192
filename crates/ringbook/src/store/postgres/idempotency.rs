//! Idempotency records.

use std::collections::HashMap;

use deadpool_postgres::Object;
use directory::AccountId;
use futures_util::future::try_join;
use tokio_postgres::types::ToSql;

use super::fault::Fault;
use super::read::{query, sha256};
use crate::store::{IdempotencyKey, IdempotencyRecord, StoreError};

/// Saves records, if any, in place of older ones, and commits the transaction, in one round trip.
pub async fn save_and_commit(
    client: &Object,
    records: impl Iterator<Item = (AccountId, &IdempotencyRecord)>,
) -> Result<(), Fault> {
    // A statement can write a row only once.
    let last: HashMap<_, _> =
        records.map(|(account, record)| ((account, &record.key), record)).collect();
    if last.is_empty() {
        return Ok(client.batch_execute("COMMIT").await?);
    }
    let (accounts, records): (Vec<_>, Vec<_>) =
        last.iter().map(|((account, _), record)| (i64::from(account.0), *record)).unzip();
    let keys: Vec<_> = records.iter().map(|record| record.key.as_slice()).collect();
    let requests: Vec<_> = records.iter().map(|record| record.request_sha256.as_slice()).collect();
    let at_us: Vec<_> = records.iter().map(|record| record.at_us).collect();
    let answers: Vec<_> = records.iter().map(|record| record.answer.as_slice()).collect();
    let sql = "INSERT INTO idempotency_record (account_id, key_sha256, request_sha256, at_us, answer) \
               SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bigint[], \
               $5::bytea[]) AS record (account_id, key_sha256, request_sha256, at_us, answer) \
               ORDER BY account_id, key_sha256 \
               ON CONFLICT (account_id, key_sha256) DO UPDATE SET \
               request_sha256 = excluded.request_sha256, at_us = excluded.at_us, \
               answer = excluded.answer";
    let values: [&(dyn ToSql + Sync); 5] = [&accounts, &keys, &requests, &at_us, &answers];
    let statement = client.prepare_cached(sql).await?;
    // Sent in this order, as the statement is prepared. If it fails, the server rolls back.
    try_join(client.query(&statement, &values), client.batch_execute("COMMIT")).await?;
    Ok(())
}

/// The records of these keys, in their order; none where there is no record since `since_us`.
pub async fn find(
    client: &Object,
    keys: &[(AccountId, IdempotencyKey)],
    since_us: i64,
) -> Result<Vec<Option<IdempotencyRecord>>, Fault> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let accounts: Vec<_> = keys.iter().map(|(account, _)| i64::from(account.0)).collect();
    let hashes: Vec<_> = keys.iter().map(|(_, key)| key.as_slice()).collect();
    let sql = "SELECT wanted.position, record.request_sha256, record.at_us, record.answer \
               FROM unnest($1::bigint[], $2::bytea[]) WITH ORDINALITY \
                   AS wanted (account_id, key_sha256, position) \
               CROSS JOIN LATERAL (SELECT request_sha256, at_us, answer FROM idempotency_record \
                   WHERE account_id = wanted.account_id AND key_sha256 = wanted.key_sha256) \
                   AS record \
               WHERE record.at_us >= $3";
    let mut found = vec![None; keys.len()];
    for row in query(client, sql, &[&accounts, &hashes, &since_us]).await? {
        let at = usize::try_from(row.try_get::<_, i64>(0)? - 1).ok().filter(|at| *at < keys.len());
        let at = at.ok_or_else(|| StoreError::Engine("a record of no requested key".into()))?;
        found[at] = Some(IdempotencyRecord {
            key: keys[at].1,
            request_sha256: sha256(&row, 1)?,
            at_us: row.try_get(2)?,
            answer: row.try_get(3)?,
        });
    }
    Ok(found)
}
