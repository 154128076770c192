//! Reading the rows of a database.

use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};

use crate::store::copy::{
    AccountRow, AnswerRow, ApiKeyRow, ChangeRow, Key, KeyUseRow, OperatorKeyRow, PAGE_ANSWERS,
    PAGE_ROWS, PhoneRow, Rows, SkillRow, Table,
};
use crate::store::postgres::fault::Fault;
use crate::store::postgres::read::ACCOUNT_COLUMNS;

/// Some rows of a table after a key, and the key of the last one; none if nothing is left.
pub async fn page(
    client: &Client,
    table: Table,
    after: &Key,
) -> Result<(Rows, Option<Key>), Fault> {
    let Key { numbers: (first, second), sha256 } = after;
    let after: [&(dyn ToSql + Sync); 3] = [first, second, &i64::from(PAGE_ROWS)];
    Ok(match table {
        Table::Accounts => {
            (Rows::Accounts(rows(client, ACCOUNT_COLUMNS, &[], account).await?), None)
        }
        Table::Skills => {
            let sql = "SELECT account_id, id, name FROM skill";
            (Rows::Skills(rows(client, sql, &[], skill).await?), None)
        }
        Table::Phones => {
            let sql = "SELECT account_id, id, number, name, skills FROM phone \
                 WHERE (account_id, id) > ($1, $2) ORDER BY account_id, id LIMIT $3";
            let found = rows(client, sql, &after, phone).await?;
            let last = found.last().map(|last| Key::of(last.account_id, last.id));
            (Rows::Phones(found), last)
        }
        Table::Changes => {
            let sql = "SELECT account_id, version, at_us, request_id, source, kind, subject_id, \
                 delta FROM change \
                 WHERE (account_id, version) > ($1, $2) ORDER BY account_id, version LIMIT $3";
            let found = rows(client, sql, &after, change).await?;
            let last = found.last().map(|last| Key::of(last.account_id, last.version));
            (Rows::Changes(found), last)
        }
        Table::ApiKeys => {
            let sql = "SELECT account_id, id, name, scope, sha256, created_us, expires_us \
                 FROM api_key";
            (Rows::ApiKeys(rows(client, sql, &[], api_key).await?), None)
        }
        Table::KeyUses => {
            let sql = "SELECT account_id, key_id, used_us FROM key_use";
            (Rows::KeyUses(rows(client, sql, &[], key_use).await?), None)
        }
        Table::OperatorKeys => {
            let sql = "SELECT name, sha256, created_us, expires_us FROM operator_key";
            (Rows::OperatorKeys(rows(client, sql, &[], operator_key).await?), None)
        }
        Table::Answers => {
            let sql = "SELECT account_id, key_sha256, request_sha256, at_us, answer \
                 FROM idempotency_record WHERE (account_id, key_sha256) > ($1, $2) \
                 ORDER BY account_id, key_sha256 LIMIT $3";
            let values: [&(dyn ToSql + Sync); 3] = [first, sha256, &i64::from(PAGE_ANSWERS)];
            let found = rows(client, sql, &values, answer).await?;
            let last = found
                .last()
                .map(|last| Key { numbers: (last.account_id, 0), sha256: last.key_sha256.clone() });
            (Rows::Answers(found), last)
        }
    })
}

async fn rows<R>(
    client: &Client,
    sql: &str,
    values: &[&(dyn ToSql + Sync)],
    read: impl Fn(&Row) -> Result<R, tokio_postgres::Error>,
) -> Result<Vec<R>, Fault> {
    let found = client.query(sql, values).await?;
    Ok(found.iter().map(read).collect::<Result<_, _>>()?)
}

fn account(row: &Row) -> Result<AccountRow, tokio_postgres::Error> {
    Ok(AccountRow {
        id: row.try_get(0)?,
        user_name: row.try_get(1)?,
        api_key_sha256: row.try_get(2)?,
        api_authentication: row.try_get(3)?,
        phone_number_limit: row.try_get(4)?,
        token_sha256: row.try_get(5)?,
        token_expires_us: row.try_get(6)?,
        tokens_issued_us: row.try_get(7)?,
        version: row.try_get(8)?,
        next_phone_id: row.try_get(9)?,
        next_skill_id: row.try_get(10)?,
    })
}

fn skill(row: &Row) -> Result<SkillRow, tokio_postgres::Error> {
    Ok(SkillRow { account_id: row.try_get(0)?, id: row.try_get(1)?, name: row.try_get(2)? })
}

fn phone(row: &Row) -> Result<PhoneRow, tokio_postgres::Error> {
    Ok(PhoneRow {
        account_id: row.try_get(0)?,
        id: row.try_get(1)?,
        number: row.try_get(2)?,
        name: row.try_get(3)?,
        skills: row.try_get(4)?,
    })
}

fn change(row: &Row) -> Result<ChangeRow, tokio_postgres::Error> {
    Ok(ChangeRow {
        account_id: row.try_get(0)?,
        version: row.try_get(1)?,
        at_us: row.try_get(2)?,
        request_id: row.try_get(3)?,
        source: row.try_get(4)?,
        kind: row.try_get(5)?,
        subject_id: row.try_get(6)?,
        delta: row.try_get(7)?,
    })
}

fn api_key(row: &Row) -> Result<ApiKeyRow, tokio_postgres::Error> {
    Ok(ApiKeyRow {
        account_id: row.try_get(0)?,
        id: row.try_get(1)?,
        name: row.try_get(2)?,
        scope: row.try_get(3)?,
        sha256: row.try_get(4)?,
        created_us: row.try_get(5)?,
        expires_us: row.try_get(6)?,
    })
}

fn key_use(row: &Row) -> Result<KeyUseRow, tokio_postgres::Error> {
    Ok(KeyUseRow { account_id: row.try_get(0)?, key_id: row.try_get(1)?, used_us: row.try_get(2)? })
}

fn operator_key(row: &Row) -> Result<OperatorKeyRow, tokio_postgres::Error> {
    Ok(OperatorKeyRow {
        name: row.try_get(0)?,
        sha256: row.try_get(1)?,
        created_us: row.try_get(2)?,
        expires_us: row.try_get(3)?,
    })
}

fn answer(row: &Row) -> Result<AnswerRow, tokio_postgres::Error> {
    Ok(AnswerRow {
        account_id: row.try_get(0)?,
        key_sha256: row.try_get(1)?,
        request_sha256: row.try_get(2)?,
        at_us: row.try_get(3)?,
        answer: row.try_get(4)?,
    })
}
