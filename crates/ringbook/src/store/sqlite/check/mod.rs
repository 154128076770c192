//! Finds damage in the file and between its tables.

mod history;

use rusqlite::Connection;
use rusqlite::types::Value;

use super::sql::rows;
use crate::store::StoreError;
use crate::store::codec::inconsistent;

pub fn check_integrity(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut findings = texts(connection, "PRAGMA integrity_check")?;
    findings.retain(|finding| finding != "ok");
    for (what, sql) in inconsistent() {
        let found = texts(connection, &sql)?.into_iter();
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
