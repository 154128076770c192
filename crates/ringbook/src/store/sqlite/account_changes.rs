//! Changes of an account other than to its phones: skills, settings, keys, tokens, deletion.

use directory::{AccountId, ApiKey, Change, IssuedToken, KeyId};
use rusqlite::{Connection, params};

use super::read::key_range;
use super::sql::{execute, value};
use crate::store::StoreError;
use crate::store::codec::issued_us;

/// Writes a change within the transaction of its commit, which has raised the version.
pub fn write(
    connection: &Connection,
    account: AccountId,
    change: &Change,
) -> Result<(), StoreError> {
    let id = account.0;
    match change {
        Change::Phone { .. } => unreachable!("written by Statements::write_phone"),
        Change::Skill { id: skill, after: Some(name), .. } => execute(
            connection,
            "INSERT INTO skill (account_id, id, name) VALUES (?1, ?2, ?3) \
             ON CONFLICT (account_id, id) DO UPDATE SET name = excluded.name",
            params![id, skill.0, name.as_str()],
        ),
        Change::Skill { id: skill, after: None, .. } => {
            let sql = "DELETE FROM skill WHERE account_id = ?1 AND id = ?2";
            execute(connection, sql, [id, skill.0])
        }
        Change::Profile { after, .. } => execute(
            connection,
            "UPDATE account SET api_key_sha256 = ?2, api_authentication = ?3, \
             phone_number_limit = ?4 WHERE id = ?1",
            params![
                id,
                after.api_key_sha256,
                after.api_authentication.as_str(),
                after.phone_number_limit
            ],
        ),
        Change::Key { id: key, after, .. } => {
            return write_key(connection, account, *key, after.as_ref());
        }
        Change::Token { issued } => return write_token(connection, account, issued),
        Change::AccountDeleted => return delete_account(connection, account),
    }
    .map(drop)
}

fn write_key(
    connection: &Connection,
    account: AccountId,
    id: KeyId,
    after: Option<&ApiKey>,
) -> Result<(), StoreError> {
    let (account, id) = (account.0, id.0.cast_signed());
    let Some(ApiKey { name, scope, sha256, created_us, expires_us, .. }) = after else {
        for sql in [
            "DELETE FROM api_key WHERE account_id = ?1 AND id = ?2",
            "DELETE FROM key_use WHERE account_id = ?1 AND key_id = ?2",
        ] {
            execute(connection, sql, params![account, id])?;
        }
        return Ok(());
    };
    let sql = "INSERT INTO api_key (account_id, id, name, scope, sha256, created_us, expires_us) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
               ON CONFLICT (account_id, id) DO UPDATE SET \
               name = excluded.name, scope = excluded.scope, sha256 = excluded.sha256, \
               created_us = excluded.created_us, expires_us = excluded.expires_us";
    let (name, scope) = (name.as_str(), scope.as_str());
    execute(connection, sql, params![account, id, name, scope, sha256, created_us, expires_us])?;
    Ok(())
}

fn write_token(
    connection: &Connection,
    account: AccountId,
    issued: &IssuedToken,
) -> Result<(), StoreError> {
    let sql = "SELECT tokens_issued_us FROM account WHERE id = ?1";
    let stored: String = value(connection, sql, [account.0])?;
    let sql = "UPDATE account SET token_sha256 = ?2, token_expires_us = ?3, tokens_issued_us = ?4 \
               WHERE id = ?1";
    let issued_us = issued_us(&stored, issued);
    execute(connection, sql, params![account.0, issued.sha256, issued.expires_us, issued_us])?;
    Ok(())
}

/// The history stays, as it says who deleted the account, and when. So do the idempotency records:
/// one of them may answer a retry of the deletion.
fn delete_account(connection: &Connection, account: AccountId) -> Result<(), StoreError> {
    let (first, last) = key_range(account);
    execute(connection, "DELETE FROM phone WHERE key BETWEEN ?1 AND ?2", [first, last])?;
    for sql in [
        "DELETE FROM skill WHERE account_id = ?1",
        "DELETE FROM api_key WHERE account_id = ?1",
        "DELETE FROM key_use WHERE account_id = ?1",
        "DELETE FROM account_version WHERE account_id = ?1",
        "DELETE FROM account WHERE id = ?1",
    ] {
        execute(connection, sql, [account.0])?;
    }
    Ok(())
}
