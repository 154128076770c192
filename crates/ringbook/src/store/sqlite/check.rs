//! What is wrong in the file and between its tables.

use rusqlite::Connection;

use super::index::{PHONE_ID, SKILL_ID};
use super::open::running;
use crate::store::StoreError;

pub fn check_integrity(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare("PRAGMA integrity_check").map_err(running)?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).map_err(running)?;
    let mut findings: Vec<String> = rows.collect::<Result<_, _>>().map_err(running)?;
    findings.retain(|finding| finding != "ok");
    let misplaced = format!(
        "SELECT held.change_id FROM change_of_account AS held \
         LEFT JOIN change ON change.id = held.change_id \
         WHERE change.account_id IS NOT held.account_id OR change.version IS NOT held.version \
         OR ({PHONE_ID}) IS NOT held.phone_id OR ({SKILL_ID}) IS NOT held.skill_id"
    );
    for (what, sql) in [
        (
            "account without counters",
            "SELECT user_name FROM account WHERE id NOT IN (SELECT account_id FROM account_version)",
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
        ("row of the index of the history that does not agree with it", misplaced.as_str()),
        (
            "change that is missing in the index of the history",
            "SELECT id FROM change WHERE id <= (SELECT change_id FROM change_indexed) \
             AND NOT EXISTS (SELECT 1 FROM change_of_account AS held \
             WHERE held.account_id = change.account_id AND held.version = change.version)",
        ),
        ("change without a readable delta", "SELECT id FROM change WHERE NOT json_valid(delta)"),
        (
            "account whose version is not that of its last change",
            "SELECT user_name FROM account JOIN account_version ON account_id = id \
             JOIN (SELECT account_id AS changed, max(version) AS last FROM change GROUP BY 1) \
             ON changed = id WHERE last <> version",
        ),
    ] {
        let mut statement = connection.prepare(sql).map_err(running)?;
        let mut rows = statement.query([]).map_err(running)?;
        while let Some(row) = rows.next().map_err(running)? {
            let value: rusqlite::types::Value = row.get(0).map_err(running)?;
            findings.push(format!("{what}: {value:?}"));
        }
    }
    Ok(findings)
}
