//! A commit whose connection broke: whether it was carried out, so that it is done once.

use deadpool_postgres::Object;
use tokio_postgres::types::ToSql;

use super::fault::Fault;
use super::read::query;
use crate::store::{AccountCommit, Verdict};

/// Waits until no earlier try is under way: one whose connection broke may go on, on its way to
/// the disk and the standbys. It has its accounts locked until then, so that a second try would
/// leave them out, and nobody sees yet what it has written.
pub async fn wait_for_earlier(client: &Object, batch: &[AccountCommit]) -> Result<(), Fault> {
    let ids: Vec<_> = batch.iter().map(|account| i64::from(account.id.0)).collect();
    let sql = "SELECT FROM account_version WHERE account_id = ANY($1) \
               ORDER BY account_id FOR NO KEY UPDATE";
    query(client, sql, &[&ids]).await?;
    Ok(())
}

/// Of accounts that an earlier try may have committed, those that it did: the history has their
/// first change, by its request, where this batch would have put it.
pub async fn find_in_history(
    client: &Object,
    batch: &[AccountCommit],
    verdicts: &mut [Verdict],
) -> Result<(), Fault> {
    let sql = "SELECT 1 FROM change WHERE account_id = $1 AND version = $2 \
               AND request_id = $3 AND at_us = $4";
    for (account, verdict) in batch.iter().zip(verdicts) {
        let (Verdict::Stale, Some(first)) = (*verdict, account.changes.first()) else {
            continue;
        };
        let version = (account.expected_version + 1).cast_signed();
        let request_id = first.origin.request_id.to_i64();
        let values: [&(dyn ToSql + Sync); 4] =
            [&i64::from(account.id.0), &version, &request_id, &first.origin.at_us];
        if !query(client, sql, &values).await?.is_empty() {
            *verdict = Verdict::Committed;
        }
    }
    Ok(())
}
