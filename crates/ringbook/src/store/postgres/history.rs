//! The history of an account.

use deadpool_postgres::Object;
use directory::{AccountId, Kind};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::fault::Fault;
use super::read::query;
use crate::store::history::Window;
use crate::store::{ChangePage, ChangeQuery, HistoryOf, HistoryRow, ImportId, RequestId};

/// A page of the history. Its two statements need no common snapshot: nothing above the newest version
/// of the first one is read, and what is pruned in between is missing.
pub async fn changes(
    client: &Object,
    id: AccountId,
    wanted: &ChangeQuery,
) -> Result<ChangePage, Fault> {
    let sql = "SELECT min(version), max(version) FROM change WHERE account_id = $1";
    let rows = query(client, sql, &[&i64::from(id.0)]).await?;
    let ends = rows.first().map(|row| Ok::<_, Fault>((row.try_get(0)?, row.try_get(1)?)));
    let (first, last): (Option<i64>, Option<i64>) = ends.transpose()?.unwrap_or_default();
    let kept = first.map(i64::cast_unsigned).zip(last.map(i64::cast_unsigned));
    let window = wanted.window(kept);
    let rows = match window {
        Some(window) => rows_in(client, id, wanted, window).await?,
        None => Vec::new(),
    };
    Ok(wanted.page(kept, window, rows))
}

async fn rows_in(
    client: &Object,
    id: AccountId,
    wanted: &ChangeQuery,
    window: Window,
) -> Result<Vec<HistoryRow>, Fault> {
    let order = wanted.direction.sql();
    let filter = &wanted.filter;
    let (is_of, subject): (fn(Kind) -> bool, _) = match wanted.of {
        HistoryOf::Account => (|_| true, None),
        HistoryOf::Phone(phone) => (Kind::is_of_phone, Some(i64::from(phone.0))),
        HistoryOf::Skill(skill) => (Kind::is_of_skill, Some(i64::from(skill.0))),
    };
    let kinds = Kind::ALL.into_iter().filter(|kind| is_of(*kind)).map(Kind::as_str);
    // Without a subject, an unknown kind is damage to be reported.
    let kinds = subject.map(|_| kinds.collect::<Vec<_>>());
    let values: [&(dyn ToSql + Sync); 12] = [
        &i64::from(id.0),
        &window.first.cast_signed(),
        &window.last.cast_signed(),
        &wanted.rows_wanted(),
        &subject,
        &kinds,
        &filter.import.map(|id| id.0.cast_signed()),
        &filter.request.map(RequestId::to_i64),
        &filter.kind.map(Kind::as_str),
        &filter.source,
        &filter.since_us,
        &filter.until_us,
    ];
    let sql = format!(
        "SELECT version, at_us, request_id, source, kind, subject_id, delta, import_id \
         FROM change \
         WHERE account_id = $1 AND version BETWEEN $2 AND $3 \
         AND ($5::bigint IS NULL OR subject_id = $5) AND ($6::text[] IS NULL OR kind = ANY($6)) \
         AND ($7::bigint IS NULL OR import_id = $7) AND ($8::bigint IS NULL OR request_id = $8) \
         AND ($9::text IS NULL OR kind = $9) AND ($10::text IS NULL OR source = $10) \
         AND ($11::bigint IS NULL OR at_us >= $11) AND ($12::bigint IS NULL OR at_us < $12) \
         ORDER BY version {order} LIMIT $4"
    );
    query(client, &sql, &values).await?.iter().map(|row| history_row(id, row)).collect()
}

fn history_row(account: AccountId, row: &Row) -> Result<HistoryRow, Fault> {
    let version = row.try_get::<_, i64>(0)?.cast_unsigned();
    Ok(HistoryRow {
        version,
        at_us: row.try_get(1)?,
        request_id: RequestId(row.try_get::<_, i64>(2)?.cast_unsigned()),
        source: row.try_get(3)?,
        kind: HistoryRow::kind(account, version, row.try_get(4)?)?,
        subject_id: row.try_get::<_, Option<i64>>(5)?.map(i64::cast_unsigned),
        delta: row.try_get(6)?,
        import: row.try_get::<_, Option<i64>>(7)?.map(|id| ImportId(id.cast_unsigned())),
    })
}
