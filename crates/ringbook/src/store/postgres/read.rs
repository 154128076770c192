//! Reading rows.

use std::collections::HashMap;

use deadpool_postgres::Object;
use directory::{Account, AccountId, Phone, PhoneId, PhonesBuilder};
use futures_util::TryStreamExt as _;
use futures_util::future::try_join;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::fault::{Fault, within};
use super::pool::PAGE_TIMEOUT;
use crate::store::codec::{
    Statement, add_routing, add_skill, inconsistent, read_all, read_head, read_listed, read_phone,
    routing_of, skills_of,
};
use crate::store::copy::tables;
use crate::store::{AccountHead, FoundAccount, ListedAccount, StoreError};

/// Phones read at a time while loading an account: some 20 ms.
const PAGE_ROWS: i64 = 10_000;

pub const ACCOUNT_COLUMNS: &str = "SELECT id, user_name, api_key_sha256, api_authentication, \
     phone_number_limit, token_sha256, token_expires_us, tokens_issued_us, \
     version, next_phone_id, next_skill_id, settings_version, \
     (SELECT json_agg(json_build_array(api_key.id, name, scope, encode(sha256, 'hex'), \
          created_us, expires_us))::text \
      FROM api_key WHERE api_key.account_id = account.id) AS keys \
     FROM account JOIN account_version ON account_id = id";

/// Begins a transaction whose statements all read the same snapshot.
pub const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Runs a prepared query.
pub async fn query(
    client: &Object,
    sql: &str,
    values: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>, Fault> {
    let statement = client.prepare_cached(sql).await?;
    Ok(client.query(&statement, values).await?)
}

/// Runs a statement that every engine understands; returns its rows, if it has any.
pub async fn run(client: &Object, (sql, values): Statement) -> Result<Vec<tables::Row>, Fault> {
    let values: Vec<_> = values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
    query(client, sql, &values).await?.iter().map(all_values).collect()
}

/// The values of a row.
pub fn all_values(row: &Row) -> Result<tables::Row, Fault> {
    Ok((0..row.len()).map(|column| row.try_get(column)).collect::<Result<_, _>>()?)
}

pub async fn find_accounts(
    client: &Object,
    user_names: &[String],
) -> Result<Vec<FoundAccount>, Fault> {
    let sql = format!("{ACCOUNT_COLUMNS} WHERE user_name = ANY ($1)");
    let rows = query(client, &sql, &[&user_names]).await?;
    let named = rows.iter().map(|row| Ok((row.try_get::<_, &str>(1)?, row)));
    let named = named.collect::<Result<HashMap<_, _>, Fault>>()?;
    let found = user_names.iter().map(|name| named.get(name.as_str()).map(|row| head(row)));
    Ok(found.map(|found| found.transpose().map_err(Fault::into_store_error)).collect())
}

async fn account_by_id(client: &Object, id: AccountId) -> Result<Option<AccountHead>, Fault> {
    let sql = format!("{ACCOUNT_COLUMNS} WHERE id = $1");
    query(client, &sql, &[&i64::from(id.0)]).await?.first().map(head).transpose()
}

pub fn head(row: &Row) -> Result<AccountHead, Fault> {
    Ok(read_head(&all_values(row)?)?)
}

/// An unsigned 32-bit number in a `bigint` column.
pub fn id_of(row: &Row, column: usize) -> Result<u32, Fault> {
    let value: i64 = row.try_get(column)?;
    let name = row.columns()[column].name();
    u32::try_from(value).map_err(|_| StoreError::Damaged(format!("{name} is {value}")).into())
}

/// A SHA-256 in a column.
pub fn sha256(row: &Row, column: usize) -> Result<[u8; 32], Fault> {
    let bytes: &[u8] = row.try_get(column)?;
    let name = row.columns()[column].name();
    let damaged = |_| StoreError::Damaged(format!("{name} has {} bytes", bytes.len()));
    Ok(bytes.try_into().map_err(damaged)?)
}

/// The whole account, page by page, as of one moment.
pub async fn load(client: &Object, id: AccountId) -> Result<Option<Account>, Fault> {
    let first = async {
        let begin = async { Ok(client.batch_execute(BEGIN).await?) };
        let ((), head) = try_join(begin, account_by_id(client, id)).await?;
        let rows = try_join(run(client, skills_of(id)), run(client, routing_of(id))).await?;
        Ok::<_, Fault>((head, rows))
    };
    let (Some(head), (skills, routing)) = within(PAGE_TIMEOUT, first).await? else {
        client.batch_execute("COMMIT").await?;
        return Ok(None);
    };
    let mut phones = PhonesBuilder::default();
    let mut after = -1_i64;
    loop {
        let sql = "SELECT id, number, name, skills, version FROM phone \
                   WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3";
        let values: [&(dyn ToSql + Sync); 3] = [&i64::from(id.0), &after, &PAGE_ROWS];
        let rows = within(PAGE_TIMEOUT, query(client, sql, &values)).await?;
        for row in &rows {
            let (phone_id, (phone, version)) = phone(row, id)?;
            phones.push(phone_id, phone, version);
            after = i64::from(phone_id.0);
        }
        if i64::try_from(rows.len()).is_ok_and(|count| count < PAGE_ROWS) {
            break;
        }
    }
    client.batch_execute("COMMIT").await?;
    let skills = read_all(id, &skills, add_skill)?;
    Ok(Some(head.with(skills, read_all(id, &routing, add_routing)?, phones)))
}

/// A phone with its id and its version.
pub fn phone(row: &Row, account: AccountId) -> Result<(PhoneId, (Phone, u64)), Fault> {
    let id = PhoneId(id_of(row, 0)?);
    let values = [row.try_get(1)?, row.try_get(2)?, row.try_get(3)?];
    Ok((id, read_phone(account, id, values, row.try_get(4)?)?))
}

/// The versions of these accounts, in their order; none for an account that does not exist.
pub async fn versions_of(client: &Object, ids: &[AccountId]) -> Result<Vec<Option<u64>>, Fault> {
    let wanted: Vec<i64> = ids.iter().map(|id| id.0.into()).collect();
    let sql = "SELECT account_id, version FROM account_version WHERE account_id = ANY($1)";
    let rows = query(client, sql, &[&wanted]).await?;
    let found = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get::<_, i64>(1)?)));
    let found = found.collect::<Result<HashMap<i64, _>, Fault>>()?;
    Ok(wanted.iter().map(|id| found.get(id).map(|version| version.cast_unsigned())).collect())
}

pub async fn account_ids(client: &Object) -> Result<Vec<AccountId>, Fault> {
    let sql = "SELECT id FROM account WHERE id BETWEEN 1 AND 2147483647 ORDER BY id";
    let rows = query(client, sql, &[]).await?;
    rows.iter().map(|row| Ok(AccountId(id_of(row, 0)?))).collect()
}

pub async fn accounts(
    client: &Object,
    above: &str,
    rows_max: usize,
) -> Result<Vec<ListedAccount>, Fault> {
    let sql = format!(
        "SELECT found.*, \
         (SELECT count(*) FROM phone WHERE phone.account_id = found.id), \
         (SELECT count(*) FROM skill WHERE skill.account_id = found.id) \
         FROM ({ACCOUNT_COLUMNS}) AS found WHERE user_name > $1 ORDER BY user_name LIMIT $2"
    );
    let rows_max = i64::try_from(rows_max).unwrap_or(i64::MAX);
    let rows = query(client, &sql, &[&above, &rows_max]).await?;
    rows.iter().map(|row| Ok(read_listed(row.try_get(1)?, Ok(all_values(row)?))?)).collect()
}

/// Finds rows that do not fit together, one sentence each.
pub async fn check_integrity(client: &Object) -> Result<Vec<String>, Fault> {
    let mut findings = Vec::new();
    let of_last_change = [
        "account whose version is not that of its last change",
        "SELECT user_name FROM account JOIN account_version ON account_id = id WHERE version <> \
         (SELECT max(change.version) FROM change WHERE change.account_id = account.id)",
    ];
    let of_last_change = of_last_change.map(str::to_owned);
    for (what, sql) in inconsistent().chain([of_last_change.into()]) {
        for row in query(client, &sql, &[]).await? {
            findings.push(format!("{what}: {}", row.try_get::<_, &str>(0)?));
        }
    }
    let all = client.query_raw::<_, i64, _>("SELECT account_id, version, delta FROM change", []);
    let mut rows = std::pin::pin!(all.await?);
    while let Some(row) = rows.try_next().await? {
        if serde_json::from_str::<serde::de::IgnoredAny>(row.try_get(2)?).is_err() {
            let (account, version): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
            findings.push(format!("change without a readable delta: {account}/{version}"));
        }
    }
    Ok(findings)
}
