//! Retrying a commit whose connection broke, so that it is committed exactly once.

use deadpool_postgres::Object;
use tokio_postgres::types::ToSql;

use super::commit::Rows;
use super::fault::Fault;
use super::idempotency;
use super::read::query;
use crate::store::{AccountCommit, StampedChange, Verdict};

/// Commits again. An earlier attempt may have been committed, or may still be on its way to the disk
/// and the standbys. An account is stale only if the earlier attempt certainly did not commit it.
pub async fn commit_again(client: &Object, rows: &Rows<'_>) -> Result<Vec<Verdict>, Fault> {
    loop {
        let mut verdicts = rows.commit(client).await?;
        if find_committed(client, rows.batch, &mut verdicts).await? {
            return Ok(verdicts);
        }
        // The earlier attempt had an account locked. What this one has committed, the next one
        // finds in the history.
    }
}

/// What became of a commit that is over; none if nothing was committed.
pub async fn find_commit(
    client: &Object,
    batch: &[AccountCommit],
) -> Result<Option<Vec<Verdict>>, Fault> {
    let mut verdicts = vec![Verdict::Stale; batch.len()];
    find_committed(client, batch, &mut verdicts).await?;
    Ok(verdicts.contains(&Verdict::Committed).then_some(verdicts))
}

/// Of the stale accounts, finds those that an earlier attempt has committed. Returns whether the others
/// are stale for certain.
async fn find_committed(
    client: &Object,
    batch: &[AccountCommit],
    verdicts: &mut [Verdict],
) -> Result<bool, Fault> {
    let stale = batch.iter().zip(verdicts).filter(|(_, verdict)| **verdict == Verdict::Stale);
    let stale: Vec<_> = stale.collect();
    if stale.is_empty() {
        return Ok(true);
    }
    // The attempt may still be on its way to the disk or to another server, and has its accounts
    // locked until then.
    let ids: Vec<i64> = stale.iter().map(|(account, _)| account.id.0.into()).collect();
    let lock = "SELECT FROM account_version WHERE account_id = ANY($1) ORDER BY account_id \
                FOR NO KEY UPDATE";
    query(client, lock, &[&ids]).await?;
    let mut is_certain = true;
    for (account, verdict) in stale {
        match find(client, account).await? {
            Found::Ours => *verdict = Verdict::Committed,
            Found::Another => {}
            Found::Nothing => is_certain = false,
        }
    }
    Ok(is_certain)
}

/// What an account has in the place of the batch's first change or idempotency record.
enum Found {
    /// The same: an earlier attempt was committed.
    Ours,
    /// Another: a commit of another process came first, so the earlier attempt cannot succeed.
    Another,
    /// Nothing yet: the account is at the version that both attempts expect.
    Nothing,
}

async fn find(client: &Object, account: &AccountCommit) -> Result<Found, Fault> {
    if let Some(first) = account.changes.first() {
        return find_in_history(client, account, first).await;
    }
    // Without changes, only the version says that this attempt is too late. An earlier one may have
    // been in time, and has saved its records then.
    let Some(first) = account.answers.first() else { return Ok(Found::Another) };
    let saved = idempotency::find(client, &[(account.id, first.key)], i64::MIN).await?;
    Ok(if saved == [Some(first.clone())] { Found::Ours } else { Found::Another })
}

async fn find_in_history(
    client: &Object,
    account: &AccountCommit,
    first: &StampedChange,
) -> Result<Found, Fault> {
    // One statement, so that both are of one snapshot.
    let sql = "SELECT (SELECT version FROM account_version WHERE account_id = $1), EXISTS ( \
               SELECT FROM change WHERE account_id = $1 AND version = $2 \
               AND request_id = $3 AND at_us = $4)";
    let version = (account.expected_version + 1).cast_signed();
    let request_id = first.origin.request_id.to_i64();
    let values: [&(dyn ToSql + Sync); 4] =
        [&i64::from(account.id.0), &version, &request_id, &first.origin.at_us];
    let rows = query(client, sql, &values).await?;
    let row = rows.first().expect("a row of two values");
    let (now, is_ours): (Option<i64>, bool) = (row.try_get(0)?, row.try_get(1)?);
    Ok(if is_ours {
        Found::Ours
    } else if now == Some(account.expected_version.cast_signed()) {
        Found::Nothing
    } else {
        Found::Another
    })
}
