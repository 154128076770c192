//! New accounts, and changes of an account other than to its phones.

use deadpool_postgres::Object;
use directory::{AccountId, Change, Counters, Kind, Profile};
use tokio_postgres::types::ToSql;

use super::fault::Fault;
use super::idempotency;
use super::read::{id_of, query, run};
use crate::store::codec::{TOKENS_SQL, statements};
use crate::store::{IdempotencyRecord, Origin};

/// Writes a change other than of a phone, in the transaction that has raised the version.
pub async fn write(
    client: &Object,
    account: AccountId,
    version: u64,
    change: &Change,
) -> Result<(), Fault> {
    let id = i64::from(account.0);
    let mut tokens_issued_us = String::new();
    if let Change::Token { .. } = change {
        let rows = query(client, TOKENS_SQL, &[&id]).await?;
        tokens_issued_us = rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or_default();
    }
    if let Change::AccountDeleted(_) = change {
        query(client, "DELETE FROM phone WHERE account_id = $1", &[&id]).await?;
    }
    for statement in statements(account, version, change, &tokens_issued_us) {
        run(client, statement).await?;
    }
    Ok(())
}

/// Creates an account and saves the answer, or finds that an earlier attempt of the same request
/// has done so. None if the `userName` is taken.
pub async fn create_account(
    client: &Object,
    profile: &Profile,
    origin: &Origin,
    answer: Option<&IdempotencyRecord>,
    is_retried: bool,
) -> Result<Option<AccountId>, Fault> {
    let Some(answer) = answer else {
        return insert_account(client, profile, origin, is_retried).await;
    };
    client.batch_execute("BEGIN").await?;
    let created = insert_account(client, profile, origin, is_retried).await?;
    idempotency::save_and_commit(client, created.iter().map(|id| (*id, answer))).await?;
    Ok(created)
}

async fn insert_account(
    client: &Object,
    profile: &Profile,
    origin: &Origin,
    is_retried: bool,
) -> Result<Option<AccountId>, Fault> {
    let sql = "\
        WITH created AS (
            INSERT INTO account
                (user_name, api_key_sha256, api_authentication, phone_number_limit)
            VALUES ($1, $2, $3, $4) ON CONFLICT (user_name) DO NOTHING RETURNING id
        ), counters AS (
            INSERT INTO account_version
                (account_id, version, next_phone_id, next_skill_id, settings_version)
            SELECT id, $5, $6, $7, $12 FROM created
        ), history AS (
            INSERT INTO change
                (account_id, version, at_us, request_id, source, kind, subject_id, delta)
            SELECT id, $5, $8, $9, $10, $11, NULL, '{}' FROM created
        )
        SELECT id FROM created";
    let Counters { version, next_phone_id, next_skill_id, settings_version } = Counters::NEW;
    let request_id = origin.request_id.to_i64();
    let values: [&(dyn ToSql + Sync); 12] = [
        &profile.user_name.as_str(),
        &profile.api_key_sha256.as_slice(),
        &profile.api_authentication.as_str(),
        &i64::from(profile.phone_number_limit),
        &version.cast_signed(),
        &i64::from(next_phone_id),
        &i64::from(next_skill_id),
        &origin.at_us,
        &request_id,
        &&*origin.source,
        &Kind::CreateAccount.as_str(),
        &settings_version.cast_signed(),
    ];
    let mut rows = query(client, sql, &values).await?;
    if rows.is_empty() && is_retried {
        let sql = "SELECT account.id FROM account JOIN change ON account_id = account.id AND version = $2 \
                   WHERE user_name = $1 AND request_id = $3";
        let user_name = profile.user_name.as_str();
        rows = query(client, sql, &[&user_name, &version.cast_signed(), &request_id]).await?;
    }
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(AccountId(id_of(row, 0)?)))
}
