//! Reading the rows of a file.

use std::ops::ControlFlow;

use rusqlite::{Connection, Row, params};

use crate::store::copy::{
    AccountRow, AnswerRow, ApiKeyRow, ChangeRow, Key, KeyUseRow, OperatorKeyRow, PAGE_ANSWERS,
    PAGE_ROWS, PhoneRow, Rows, SkillRow, Table,
};
use crate::store::sqlite::groups::{self, Line};
use crate::store::sqlite::open::running;
use crate::store::sqlite::read::ACCOUNT_COLUMNS;
use crate::store::{Direction, StoreError};

/// Some rows of a table after a key, and the key of the last one; none if nothing is left.
pub fn page(
    connection: &Connection,
    table: Table,
    after: &Key,
) -> Result<(Rows, Option<Key>), StoreError> {
    Ok(match table {
        Table::Accounts => (Rows::Accounts(rows(connection, ACCOUNT_COLUMNS, [], account)?), None),
        Table::Skills => {
            let sql = "SELECT account_id, id, name FROM skill";
            (Rows::Skills(rows(connection, sql, [], skill)?), None)
        }
        Table::Phones => {
            let sql = "SELECT account_id, id, number, name, skills FROM phone \
                       WHERE key > ?1 ORDER BY key LIMIT ?2";
            let (account, id) = after.numbers;
            let found = rows(connection, sql, params![account << 32 | id, PAGE_ROWS], phone)?;
            let last = found.last().map(|last| Key::of(last.account_id, last.id));
            (Rows::Phones(found), last)
        }
        Table::Changes => changes(connection, after.numbers.0)?,
        Table::ApiKeys => {
            let sql = "SELECT account_id, id, name, scope, sha256, created_us, expires_us \
                       FROM api_key";
            (Rows::ApiKeys(rows(connection, sql, [], api_key)?), None)
        }
        Table::KeyUses => {
            let sql = "SELECT account_id, key_id, used_us FROM key_use";
            (Rows::KeyUses(rows(connection, sql, [], key_use)?), None)
        }
        Table::OperatorKeys => {
            let sql = "SELECT name, sha256, created_us, expires_us FROM operator_key";
            (Rows::OperatorKeys(rows(connection, sql, [], operator_key)?), None)
        }
        Table::Answers => {
            let sql = "SELECT account_id, key_sha256, request_sha256, at_us, answer \
                       FROM idempotency_record WHERE (account_id, key_sha256) > (?1, ?2) \
                       ORDER BY account_id, key_sha256 LIMIT ?3";
            let values = params![after.numbers.0, after.sha256, PAGE_ANSWERS];
            let found = rows(connection, sql, values, answer)?;
            let last = found
                .last()
                .map(|last| Key { numbers: (last.account_id, 0), sha256: last.key_sha256.clone() });
            (Rows::Answers(found), last)
        }
    })
}

/// Changes in the order in which they came.
fn changes(connection: &Connection, above: i64) -> Result<(Rows, Option<Key>), StoreError> {
    let mut last = None;
    let mut found = Vec::new();
    groups::walk(connection, above, Direction::OldestFirst, |id, line| {
        last = Some(Key::of(id, 0));
        found.extend(Line::parse(id, line)?.map(|line| ChangeRow {
            account_id: line.account_id,
            version: line.version,
            at_us: line.at_us,
            request_id: line.request_id,
            delta: line.delta().into_owned(),
            source: line.source.into_owned(),
            kind: line.kind.into_owned(),
            subject_id: line.subject_id,
        }));
        let is_full = found.len() == PAGE_ROWS as usize;
        Ok(if is_full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok((Rows::Changes(found), last))
}

fn rows<R>(
    connection: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<R>,
) -> Result<Vec<R>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(running)?;
    let found = statement.query_map(values, read);
    found.and_then(Iterator::collect).map_err(running)
}

fn account(row: &Row<'_>) -> rusqlite::Result<AccountRow> {
    Ok(AccountRow {
        id: row.get(0)?,
        user_name: row.get(1)?,
        api_key_sha256: row.get(2)?,
        api_authentication: row.get(3)?,
        phone_number_limit: row.get(4)?,
        token_sha256: row.get(5)?,
        token_expires_us: row.get(6)?,
        tokens_issued_us: row.get(7)?,
        version: row.get(8)?,
        next_phone_id: row.get(9)?,
        next_skill_id: row.get(10)?,
    })
}

fn skill(row: &Row<'_>) -> rusqlite::Result<SkillRow> {
    Ok(SkillRow { account_id: row.get(0)?, id: row.get(1)?, name: row.get(2)? })
}

fn phone(row: &Row<'_>) -> rusqlite::Result<PhoneRow> {
    Ok(PhoneRow {
        account_id: row.get(0)?,
        id: row.get(1)?,
        number: row.get(2)?,
        name: row.get(3)?,
        skills: row.get(4)?,
    })
}

fn api_key(row: &Row<'_>) -> rusqlite::Result<ApiKeyRow> {
    Ok(ApiKeyRow {
        account_id: row.get(0)?,
        id: row.get(1)?,
        name: row.get(2)?,
        scope: row.get(3)?,
        sha256: row.get(4)?,
        created_us: row.get(5)?,
        expires_us: row.get(6)?,
    })
}

fn key_use(row: &Row<'_>) -> rusqlite::Result<KeyUseRow> {
    Ok(KeyUseRow { account_id: row.get(0)?, key_id: row.get(1)?, used_us: row.get(2)? })
}

fn operator_key(row: &Row<'_>) -> rusqlite::Result<OperatorKeyRow> {
    Ok(OperatorKeyRow {
        name: row.get(0)?,
        sha256: row.get(1)?,
        created_us: row.get(2)?,
        expires_us: row.get(3)?,
    })
}

fn answer(row: &Row<'_>) -> rusqlite::Result<AnswerRow> {
    Ok(AnswerRow {
        account_id: row.get(0)?,
        key_sha256: row.get(1)?,
        request_sha256: row.get(2)?,
        at_us: row.get(3)?,
        answer: row.get(4)?,
    })
}
