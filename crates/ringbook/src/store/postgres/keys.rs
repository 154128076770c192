//! The last uses of API keys, and the operator's keys.

use deadpool_postgres::Object;
use directory::{AccountId, KeyId};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::fault::Fault;
use super::read::{query, sha256};
use crate::store::OperatorKey;

/// Records when keys were last used, the later time of two within an hour: if they are further apart,
/// a clock was set back. Skips deleted accounts.
pub async fn note_uses(client: &Object, used: &[(AccountId, KeyId, i64)]) -> Result<(), Fault> {
    let accounts: Vec<_> = used.iter().map(|(account, ..)| i64::from(account.0)).collect();
    let keys: Vec<_> = used.iter().map(|(_, key, _)| key.0.cast_signed()).collect();
    let used_us: Vec<_> = used.iter().map(|(.., used_us)| *used_us).collect();
    // In the same order on every node, so that there is no deadlock.
    let sql = "INSERT INTO key_use (account_id, key_id, used_us) \
               SELECT account_id, key_id, max(used_us) \
               FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) \
                   AS used (account_id, key_id, used_us) \
               WHERE EXISTS (SELECT FROM account WHERE account.id = used.account_id) \
               GROUP BY account_id, key_id ORDER BY account_id, key_id \
               ON CONFLICT (account_id, key_id) DO UPDATE SET used_us = excluded.used_us \
               WHERE excluded.used_us > key_use.used_us \
               OR excluded.used_us < key_use.used_us - 3600000000";
    query(client, sql, &[&accounts, &keys, &used_us]).await?;
    Ok(())
}

/// When the keys of an account were last used.
pub async fn uses(client: &Object, id: AccountId) -> Result<Vec<(KeyId, i64)>, Fault> {
    let sql = "SELECT key_id, used_us FROM key_use WHERE account_id = $1 ORDER BY key_id";
    let rows = query(client, sql, &[&i64::from(id.0)]).await?;
    let used = |row: &Row| Ok((KeyId(row.try_get::<_, i64>(0)?.cast_unsigned()), row.try_get(1)?));
    rows.iter().map(used).collect()
}

/// The operator's keys, sorted by name.
pub async fn operator_keys(client: &Object) -> Result<Vec<OperatorKey>, Fault> {
    let sql = "SELECT name, sha256, created_us, expires_us FROM operator_key ORDER BY name";
    let key = |row: &Row| {
        let (name, sha256) = (row.try_get(0)?, sha256(row, 1)?);
        Ok(OperatorKey { name, sha256, created_us: row.try_get(2)?, expires_us: row.try_get(3)? })
    };
    query(client, sql, &[]).await?.iter().map(key).collect()
}

/// Creates a key; returns false if the name is taken. An earlier attempt may have created it.
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

/// Deletes a key; returns false if there was none. After an earlier attempt, which may have deleted
/// it, returns true.
pub async fn delete_operator_key(
    client: &Object,
    name: &str,
    is_retried: bool,
) -> Result<bool, Fault> {
    let sql = "DELETE FROM operator_key WHERE name = $1 RETURNING name";
    Ok(!query(client, sql, &[&name]).await?.is_empty() || is_retried)
}
