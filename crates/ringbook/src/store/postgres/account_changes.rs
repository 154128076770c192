//! Changes of skills, settings, keys and tokens, and new and deleted accounts: a statement each, as
//! they are rare.

use deadpool_postgres::Object;
use directory::{AccountId, ApiKey, Change, Counters, IssuedToken, Kind, Profile};
use tokio_postgres::types::ToSql;

use super::fault::Fault;
use super::idempotency;
use super::read::{id_of, query};
use crate::store::codec::issued_us;
use crate::store::{IdempotencyRecord, Origin};

/// Writes a change other than of a phone, in the transaction that has raised the version.
pub async fn write(client: &Object, account: AccountId, change: &Change) -> Result<(), Fault> {
    let id = i64::from(account.0);
    match change {
        Change::Phone { .. } => Ok(()),
        Change::Skill { id: skill, after: Some(name), .. } => {
            let sql = "INSERT INTO skill (account_id, id, name) VALUES ($1, $2, $3) \
                       ON CONFLICT (account_id, id) DO UPDATE SET name = excluded.name";
            execute(client, sql, &[&id, &i64::from(skill.0), &name.as_str()]).await
        }
        Change::Skill { id: skill, after: None, .. } => {
            let sql = "DELETE FROM skill WHERE account_id = $1 AND id = $2";
            execute(client, sql, &[&id, &i64::from(skill.0)]).await
        }
        Change::Profile { after, .. } => {
            let sql = "UPDATE account SET api_key_sha256 = $2, api_authentication = $3, \
                       phone_number_limit = $4 WHERE id = $1";
            let Profile { api_key_sha256, api_authentication, phone_number_limit, .. } = after;
            let (key, limit) = (api_key_sha256.as_slice(), i64::from(*phone_number_limit));
            execute(client, sql, &[&id, &key, &api_authentication.as_str(), &limit]).await
        }
        Change::Key { id: key, after: Some(after), .. } => {
            write_key(client, id, key.0.cast_signed(), after).await
        }
        Change::Key { id: key, after: None, .. } => {
            let key = key.0.cast_signed();
            let sql = "DELETE FROM api_key WHERE account_id = $1 AND id = $2";
            execute(client, sql, &[&id, &key]).await?;
            let sql = "DELETE FROM key_use WHERE account_id = $1 AND key_id = $2";
            execute(client, sql, &[&id, &key]).await
        }
        Change::Token { issued } => write_token(client, id, issued).await,
        Change::AccountDeleted => delete_account(client, id).await,
    }
}

async fn execute(client: &Object, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<(), Fault> {
    let statement = client.prepare_cached(sql).await?;
    client.execute(&statement, values).await?;
    Ok(())
}

async fn write_key(client: &Object, account: i64, id: i64, key: &ApiKey) -> Result<(), Fault> {
    let sql = "INSERT INTO api_key (account_id, id, name, scope, sha256, created_us, expires_us) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account_id, id) DO UPDATE SET \
               name = excluded.name, scope = excluded.scope, sha256 = excluded.sha256, \
               created_us = excluded.created_us, expires_us = excluded.expires_us";
    let ApiKey { name, scope, sha256, created_us, expires_us, .. } = key;
    let (name, scope, sha256) = (name.as_str(), scope.as_str(), sha256.as_slice());
    execute(client, sql, &[&account, &id, &name, &scope, &sha256, created_us, expires_us]).await
}

async fn write_token(client: &Object, account: i64, issued: &IssuedToken) -> Result<(), Fault> {
    let sql = "SELECT tokens_issued_us FROM account WHERE id = $1";
    let rows = query(client, sql, &[&account]).await?;
    let stored = rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or("[]");
    let issued_us = issued_us(stored, issued);
    let sql = "UPDATE account SET token_sha256 = $2, token_expires_us = $3, \
               tokens_issued_us = $4 WHERE id = $1";
    let sha256 = issued.sha256.as_slice();
    execute(client, sql, &[&account, &sha256, &issued.expires_us, &issued_us]).await
}

/// The history stays, as it says who deleted the account and when. So do the idempotency records,
/// as one may have the answer to the deletion.
async fn delete_account(client: &Object, account: i64) -> Result<(), Fault> {
    for sql in [
        "DELETE FROM phone WHERE account_id = $1",
        "DELETE FROM skill WHERE account_id = $1",
        "DELETE FROM api_key WHERE account_id = $1",
        "DELETE FROM key_use WHERE account_id = $1",
        "DELETE FROM account_version WHERE account_id = $1",
        "DELETE FROM account WHERE id = $1",
    ] {
        execute(client, sql, &[&account]).await?;
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
    match created {
        Some(id) => idempotency::save_and_commit(client, std::iter::once((id, answer))).await?,
        None => client.batch_execute("COMMIT").await?,
    }
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
            INSERT INTO account_version (account_id, version, next_phone_id, next_skill_id)
            SELECT id, $5, $6, $7 FROM created
        ), history AS (
            INSERT INTO change
                (account_id, version, at_us, request_id, source, kind, subject_id, delta)
            SELECT id, $5, $8, $9, $10, $11, NULL, '{}' FROM created
        )
        SELECT id FROM created";
    let Counters { version, next_phone_id, next_skill_id } = Counters::NEW;
    let request_id = origin.request_id.to_i64();
    let values: [&(dyn ToSql + Sync); 11] = [
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
