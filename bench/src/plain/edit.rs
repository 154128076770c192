//! One edit: credentials, the phone, the rules, the new rows, the history.

use std::error::Error;

use deadpool_postgres::{Pool, Transaction};
use sha2::{Digest, Sha256};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

use crate::wire::Request;

const ACCOUNT: &str = "SELECT id, api_key_sha256 FROM account WHERE user_name = $1";

const PHONE: &str = "\
    SELECT id, number, name FROM phone \
    WHERE account_id = $1 AND number = $2 AND lower(name) = lower($3) FOR UPDATE";

const CONFLICTS: &str = "\
    SELECT EXISTS (SELECT FROM phone WHERE account_id = $1 AND number = $2 AND id <> $4), \
    EXISTS (SELECT FROM phone WHERE account_id = $1 AND lower(name) = lower($3) AND id <> $4)";

const UPDATE: &str = "UPDATE phone SET number = $2, name = $3 WHERE id = $1";

const UNASSIGN: &str = "\
    DELETE FROM phone_skill USING skill \
    WHERE phone_skill.phone_id = $2 AND phone_skill.skill_id = skill.id \
    AND skill.account_id = $1 AND skill.name = ANY ($3)";

const ASSIGN: &str = "\
    INSERT INTO phone_skill (phone_id, skill_id) \
    SELECT $2, id FROM skill WHERE account_id = $1 AND name = ANY ($3) \
    ON CONFLICT (phone_id, skill_id) DO NOTHING";

const HISTORY: &str = "\
    INSERT INTO history (account_id, phone_id, source, before, after) VALUES ($1, $2, 'api', \
    jsonb_build_object('number', $3::text, 'name', $4::text, 'skills', $5::text[]), \
    jsonb_build_object('number', $6::text, 'name', $7::text, 'skills', $8::text[]))";

/// Why an edit was not carried out.
#[derive(Debug)]
pub enum Failure {
    /// Wrong credentials.
    Denied,
    /// A rule forbids it.
    Rejected(&'static str),
    /// The database failed.
    Database(Box<dyn Error + Send + Sync>),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        if error.code() == Some(&SqlState::UNIQUE_VIOLATION) {
            // Another request took it after the check above.
            Self::Rejected("the number or the name is taken")
        } else {
            Self::Database(error.into())
        }
    }
}

/// Carries out an edit; it is committed when this returns.
pub async fn edit(pool: &Pool, api_key: &[u8], request: &Request<'_>) -> Result<(), Failure> {
    let mut client = pool.get().await.map_err(|error| Failure::Database(error.into()))?;
    let account = client.prepare_cached(ACCOUNT).await?;
    let account = client.query_opt(&account, &[&request.user_name]).await?;
    let account = account.ok_or(Failure::Denied)?;
    if account.try_get::<_, &[u8]>(1)? != Sha256::digest(api_key).as_slice() {
        return Err(Failure::Denied);
    }
    let transaction = client.transaction().await?;
    change(&transaction, account.try_get(0)?, request).await?;
    // A transaction that is dropped before this is rolled back.
    Ok(transaction.commit().await?)
}

async fn change(
    transaction: &Transaction<'_>,
    account: i64,
    request: &Request<'_>,
) -> Result<(), Failure> {
    let Request { phone_number, phone_name, phone_number_new, phone_name_new, .. } = request;
    let phone = query(transaction, PHONE, &[&account, phone_number, phone_name]).await?;
    let phone = phone.ok_or(Failure::Rejected("there is no such phone"))?;
    let id: i64 = phone.try_get(0)?;
    let (number, name): (&str, &str) = (phone.try_get(1)?, phone.try_get(2)?);

    let values: [&(dyn ToSql + Sync); 4] = [&account, phone_number_new, phone_name_new, &id];
    let conflicts = query(transaction, CONFLICTS, &values).await?;
    let conflicts = conflicts.ok_or(Failure::Rejected("the check found nothing"))?;
    if conflicts.try_get(0)? {
        return Err(Failure::Rejected("the number is taken"));
    }
    if conflicts.try_get(1)? {
        return Err(Failure::Rejected("the name is taken"));
    }
    execute(transaction, UPDATE, &[&id, phone_number_new, phone_name_new]).await?;

    let (lost, gained) = (list(&request.un_assign_skill), list(&request.assign_skill));
    if execute(transaction, UNASSIGN, &[&account, &id, &lost]).await? != lost.len() as u64 {
        return Err(Failure::Rejected("the phone does not have the skill"));
    }
    if execute(transaction, ASSIGN, &[&account, &id, &gained]).await? != gained.len() as u64 {
        return Err(Failure::Rejected("there is no such skill, or the phone has it"));
    }
    let values: [&(dyn ToSql + Sync); 8] =
        [&account, &id, &number, &name, &lost, phone_number_new, phone_name_new, &gained];
    execute(transaction, HISTORY, &values).await?;
    Ok(())
}

/// The items of a comma-separated list.
fn list(text: &str) -> Vec<&str> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect()
}

async fn query(
    transaction: &Transaction<'_>,
    sql: &str,
    values: &[&(dyn ToSql + Sync)],
) -> Result<Option<Row>, Failure> {
    let statement = transaction.prepare_cached(sql).await?;
    Ok(transaction.query_opt(&statement, values).await?)
}

async fn execute(
    transaction: &Transaction<'_>,
    sql: &str,
    values: &[&(dyn ToSql + Sync)],
) -> Result<u64, Failure> {
    let statement = transaction.prepare_cached(sql).await?;
    Ok(transaction.execute(&statement, values).await?)
}
