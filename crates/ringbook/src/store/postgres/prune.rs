//! Deleting old changes and idempotency records.

use deadpool_postgres::Object;

use super::fault::Fault;
use super::read::query;
use crate::store::history::{DELETE_MARKS_SQL, LAST_OLD_SQL, LEFT_BEHIND, PruneCursor};
use crate::store::{ClockMark, Prune, Pruned};

/// Walks the history by its key, a row at a time: from an old row to the next one of its account, and
/// from any other row to the next account. So it reads few rows where there is little to delete, and
/// needs no index by age.
const WALK: &str = "\
WITH RECURSIVE walked (account_id, version, is_old) AS (
    SELECT $1::bigint, $2::bigint, true
    UNION ALL
    SELECT next.account_id, next.version, next.id <= $3 AND next.version IS DISTINCT FROM
        (SELECT version FROM account_version WHERE account_id = next.account_id)
    FROM walked CROSS JOIN LATERAL (
        SELECT account_id, version, id FROM change
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
    let last_old = query(client, LAST_OLD_SQL, &[&prune.changes_before_us]).await?;
    let last_old: i64 = last_old.first().expect("one row").try_get(0)?;
    let walked = query(client, WALK, &[&from.account, &from.version, &last_old, &rows_max]).await?;
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
        let sql = "DELETE FROM import \
                   USING unnest($1::bigint[], $2::bigint[]) AS old (account_id, version) \
                   WHERE import.account_id = old.account_id AND import.id = old.version";
        query(client, sql, &[&accounts, &versions]).await?;
        query(client, DELETE_MARKS_SQL, &[&prune.changes_before_us]).await?;
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

/// Saves a mark, unless there is one after `after_us`. Returns the newest time.
pub async fn mark_clock(client: &Object, mark: ClockMark, after_us: i64) -> Result<i64, Fault> {
    let sql = "INSERT INTO clock_mark (clock_us, at_us, change_id) \
               SELECT $1, $2, CASE WHEN is_called THEN last_value ELSE 0 END FROM change_id_seq \
               WHERE NOT EXISTS (SELECT FROM clock_mark WHERE clock_us > $3) \
               ON CONFLICT DO NOTHING";
    query(client, sql, &[&mark.clock_us, &mark.at_us, &after_us]).await?;
    let newest = query(client, "SELECT max(clock_us) FROM clock_mark", &[]).await?;
    Ok(newest.first().expect("one row").try_get::<_, Option<i64>>(0)?.unwrap_or(mark.clock_us))
}

/// Deletes keys, imports, and uses of keys recorded late, of deleted accounts in a range of ids.
async fn delete_leftovers(client: &Object, first: i64, last: i64) -> Result<(), Fault> {
    for table in LEFT_BEHIND {
        let sql = format!(
            "DELETE FROM {table} WHERE account_id BETWEEN $1 AND $2 \
             AND NOT EXISTS (SELECT FROM account WHERE account.id = account_id)"
        );
        query(client, &sql, &[&first, &last]).await?;
    }
    Ok(())
}
