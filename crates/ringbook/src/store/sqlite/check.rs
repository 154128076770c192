//! What is wrong in the file and between its tables.

use rusqlite::Connection;

use super::index::{PHONE_ID, RUN_VERSIONS, SKILL_ID};
use super::open::running;
use crate::store::StoreError;

pub fn check_integrity(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare("PRAGMA integrity_check").map_err(running)?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).map_err(running)?;
    let mut findings: Vec<String> = rows.collect::<Result<_, _>>().map_err(running)?;
    findings.retain(|finding| finding != "ok");
    let misplaced = format!(
        "SELECT place.value FROM change_run AS run CROSS JOIN json_each(change_ids) AS place \
         LEFT JOIN change ON change.id = place.value \
         WHERE change.account_id IS NOT run.account_id \
         OR change.version IS NOT first_version + place.key \
         OR ({PHONE_ID}) IS NOT json_extract(phone_ids, '$[' || place.key || ']') \
         OR ({SKILL_ID}) IS NOT json_extract(skill_ids, '$[' || place.key || ']')"
    );
    let missing = format!(
        "SELECT id FROM change WHERE id <= (SELECT change_id FROM change_indexed) \
         AND NOT EXISTS (SELECT 1 FROM change_run AS run \
         WHERE run.account_id = change.account_id \
         AND first_version BETWEEN version - {RUN_VERSIONS} + 1 AND version \
         AND version < first_version + json_array_length(change_ids))"
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
        ("change that is missing in the index of the history", missing.as_str()),
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
