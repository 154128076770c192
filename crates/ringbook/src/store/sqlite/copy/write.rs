//! Writing rows into a file.

use rusqlite::{Connection, Statement, params};

use crate::store::copy::{AccountRow, AnswerRow, ApiKeyRow, ChangeRow, Rows};
use crate::store::sqlite::groups::{self, Group, LineHead, push_delta};

/// Writes some rows, within the caller's transaction.
pub fn insert(connection: &Connection, rows: &Rows) -> rusqlite::Result<()> {
    match rows {
        Rows::Accounts(rows) => rows.iter().try_for_each(|row| insert_account(connection, row)),
        Rows::Skills(rows) => {
            let sql = "INSERT INTO skill (account_id, id, name) VALUES (?1, ?2, ?3)";
            each(connection, sql, rows, |insert, row| {
                insert.execute(params![row.account_id, row.id, row.name])
            })
        }
        Rows::Phones(rows) => {
            let sql = "INSERT INTO phone (key, number, name, skills) VALUES (?1, ?2, ?3, ?4)";
            each(connection, sql, rows, |insert, row| {
                let key = row.account_id << 32 | row.id;
                insert.execute(params![key, row.number, row.name, row.skills])
            })
        }
        Rows::Changes(rows) => rows.chunks(groups::CHANGES_MAX).try_for_each(|rows| {
            groups::insert(connection, group(rows).end(), rows.len()).map(drop)
        }),
        Rows::ApiKeys(rows) => {
            let sql = "INSERT INTO api_key (account_id, id, name, scope, sha256, created_us, \
                       expires_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            each(connection, sql, rows, |insert, row| {
                let ApiKeyRow { account_id, id, name, scope, sha256, .. } = row;
                let ApiKeyRow { created_us, expires_us, .. } = row;
                insert.execute(params![account_id, id, name, scope, sha256, created_us, expires_us])
            })
        }
        Rows::KeyUses(rows) => {
            let sql = "INSERT INTO key_use (account_id, key_id, used_us) VALUES (?1, ?2, ?3)";
            each(connection, sql, rows, |insert, row| {
                insert.execute([row.account_id, row.key_id, row.used_us])
            })
        }
        Rows::OperatorKeys(rows) => {
            let sql = "INSERT INTO operator_key (name, sha256, created_us, expires_us) \
                       VALUES (?1, ?2, ?3, ?4)";
            each(connection, sql, rows, |insert, row| {
                insert.execute(params![row.name, row.sha256, row.created_us, row.expires_us])
            })
        }
        Rows::Answers(rows) => {
            let sql = "INSERT INTO idempotency_record (account_id, key_sha256, request_sha256, at_us, \
                       answer) VALUES (?1, ?2, ?3, ?4, ?5)";
            each(connection, sql, rows, |insert, row| {
                let AnswerRow { account_id, key_sha256, request_sha256, at_us, answer } = row;
                insert.execute(params![account_id, key_sha256, request_sha256, at_us, answer])
            })
        }
    }
}

fn each<R>(
    connection: &Connection,
    sql: &str,
    rows: &[R],
    insert: impl Fn(&mut Statement<'_>, &R) -> rusqlite::Result<usize>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(sql)?;
    rows.iter().try_for_each(|row| insert(&mut statement, row).map(drop))
}

fn insert_account(connection: &Connection, row: &AccountRow) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO account (id, user_name, api_key_sha256, api_authentication, \
         phone_number_limit, token_sha256, token_expires_us, tokens_issued_us) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            row.id,
            row.user_name,
            row.api_key_sha256,
            row.api_authentication,
            row.phone_number_limit,
            row.token_sha256,
            row.token_expires_us,
            row.tokens_issued_us
        ],
    )?;
    connection.execute(
        "INSERT INTO account_version (account_id, version, next_phone_id, next_skill_id) \
         VALUES (?1, ?2, ?3, ?4)",
        params![row.id, row.version, row.next_phone_id, row.next_skill_id],
    )?;
    Ok(())
}

fn group(rows: &[ChangeRow]) -> Group {
    let mut group = Group::default();
    for row in rows {
        let head = LineHead {
            account_id: row.account_id,
            version: row.version,
            at_us: row.at_us,
            request_id: row.request_id,
            source: &row.source,
            kind: &row.kind,
            subject_id: row.subject_id,
        };
        group.push(|out| head.write(out, |out| push_delta(out, &row.delta)));
    }
    group
}
