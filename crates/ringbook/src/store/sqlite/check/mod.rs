//! Finds damage in the file and between its tables.

mod history;

use rusqlite::Connection;
use rusqlite::types::Value;

use super::sql::rows;
use crate::store::StoreError;

pub fn check_integrity(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut findings = texts(connection, "PRAGMA integrity_check")?;
    findings.retain(|finding| finding != "ok");
    for (what, sql) in [
        (
            "account without counters",
            "SELECT user_name FROM account WHERE id NOT IN (SELECT account_id FROM account_version)",
        ),
        (
            "account whose id is not from 1 to 2147483647",
            "SELECT user_name FROM account WHERE id NOT BETWEEN 1 AND 2147483647",
        ),
        (
            "phone of an account that does not exist",
            "SELECT key FROM phone WHERE account_id NOT IN (SELECT id FROM account)",
        ),
        (
            "skill of an account that does not exist",
            "SELECT name FROM skill WHERE account_id NOT IN (SELECT id FROM account)",
        ),
        (
            "API key of an account that does not exist",
            "SELECT name FROM api_key WHERE account_id NOT IN (SELECT id FROM account)",
        ),
    ] {
        let found = texts(connection, sql)?.into_iter();
        findings.extend(found.map(|name| format!("{what}: {name}")));
    }
    history::check(connection, &mut findings)?;
    Ok(findings)
}

/// The first column of each row as text.
fn texts(connection: &Connection, sql: &str) -> Result<Vec<String>, StoreError> {
    rows(connection, sql, [], |row| {
        Ok(match row.get(0)? {
            Value::Text(text) => text,
            Value::Integer(number) => number.to_string(),
            other => format!("{other:?}"),
        })
    })
}
