//! Deleting old changes and idempotency records.

use deadpool_postgres::Object;

use super::fault::Fault;
use super::read::query;
use crate::store::history::PruneCursor;
use crate::store::{Prune, Pruned};

/// Walks the history by its key, a row at a time: from an old row to the next one of its account, and
/// from any other row to the next account. So it reads few rows where there is little to delete, and
/// needs no index by age.
const WALK: &str = "\
WITH RECURSIVE walked (account_id, version, is_old) AS (
    SELECT $1::bigint, $2::bigint, true
    UNION ALL
    SELECT next.account_id, next.version, next.at_us < $3 AND next.version IS DISTINCT FROM
        (SELECT version FROM account_version WHERE account_id = next.account_id)
    FROM walked CROSS JOIN LATERAL (
        SELECT account_id, version, at_us FROM change
        WHERE (account_id, version) > (walked.account_id,
            CASE WHEN walked.is_old THEN walked.version ELSE 9223372036854775807 END)
        ORDER BY account_id, version LIMIT 1
    ) AS next
)
SELECT account_id, version, is_old FROM walked OFFSET 1 LIMIT $4";

/// Deletes at most `rows_max` changes and as many idempotency records. Returns where to continue;
/// none at the end of the walk. The statements need no common snapshot: what the first one finds is
/// still old when the others delete it.
pub async fn prune(
    client: &Object,
    prune: &Prune,
    from: PruneCursor,
    rows_max: i64,
) -> Result<(Pruned, Option<PruneCursor>), Fault> {
    let before_us = prune.changes_before_us.unwrap_or(i64::MIN);
    let walked =
        query(client, WALK, &[&from.account, &from.version, &before_us, &rows_max]).await?;
    let (mut accounts, mut versions) = (Vec::new(), Vec::new());
    let mut cursor = from;
    for row in &walked {
        let (account, version, is_old): (i64, i64, bool) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        cursor = PruneCursor { account, version: if is_old { version } else { i64::MAX } };
        if is_old {
            accounts.push(account);
            versions.push(version);
        }
    }
    let is_over = i64::try_from(walked.len()).is_ok_and(|count| count < rows_max);
    let mut pruned = Pruned::default();
    if !accounts.is_empty() {
        let sql = "DELETE FROM change \
                   USING unnest($1::bigint[], $2::bigint[]) AS old (account_id, version) \
                   WHERE change.account_id = old.account_id AND change.version = old.version \
                   RETURNING 1";
        pruned.changes = query(client, sql, &[&accounts, &versions]).await?.len();
    }
    delete_leftovers(client, from.account, if is_over { i64::MAX } else { cursor.account }).await?;
    let sql = "DELETE FROM idempotency_record AS kept USING ( \
                   SELECT account_id, key_sha256 FROM idempotency_record \
                   WHERE at_us < $1 ORDER BY at_us LIMIT $2 \
               ) AS old \
               WHERE kept.account_id = old.account_id AND kept.key_sha256 = old.key_sha256 \
               AND kept.at_us < $1 RETURNING 1";
    pruned.answers = query(client, sql, &[&prune.answers_before_us, &rows_max]).await?.len();
    pruned.is_done = is_over && i64::try_from(pruned.answers).is_ok_and(|count| count < rows_max);
    Ok((pruned, (!is_over).then_some(cursor)))
}

/// Deletes keys, and uses of keys recorded late, of deleted accounts in a range of ids.
async fn delete_leftovers(client: &Object, first: i64, last: i64) -> Result<(), Fault> {
    for table in ["api_key", "key_use"] {
        let sql = format!(
            "DELETE FROM {table} WHERE account_id BETWEEN $1 AND $2 \
             AND NOT EXISTS (SELECT FROM account WHERE account.id = account_id)"
        );
        query(client, &sql, &[&first, &last]).await?;
    }
    Ok(())
}
