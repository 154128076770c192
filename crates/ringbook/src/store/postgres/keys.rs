//! Writes the last uses of API keys, and the operator's keys.

use deadpool_postgres::Object;
use directory::{AccountId, KeyId};

use super::fault::Fault;
use super::read::{query, run};
use crate::store::copy::tables::Value::{Blob, Text};
use crate::store::{OperatorKey, queries};

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

/// Creates a key; returns false if the name is taken. An earlier attempt may have created it.
pub async fn create_operator_key(
    client: &Object,
    key: &OperatorKey,
    is_retried: bool,
) -> Result<bool, Fault> {
    let mut made = run(client, queries::create_operator_key(key)).await?;
    if made.is_empty() && is_retried {
        let sql = "SELECT name FROM operator_key WHERE name = $1 AND sha256 = $2";
        made = run(client, (sql, vec![Text(key.name.clone()), Blob(key.sha256.to_vec())])).await?;
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
    Ok(!run(client, queries::delete_operator_key(name)).await?.is_empty() || is_retried)
}
