//! Finds expired changes by the index of the history.

use rusqlite::Connection;

use crate::store::StoreError;
use crate::store::history::PruneCursor;
use crate::store::sqlite::groups::{self, Finder};
use crate::store::sqlite::sql::{execute, row};

/// Copies a run without its first `?3` versions.
const SHORTEN: &str = "INSERT INTO change_run \
    (account_id, first_version, change_ids, phone_ids, skill_ids) \
    SELECT account_id, first_version + ?3, \
    (SELECT json_group_array(value ORDER BY key) FROM json_each(change_ids) WHERE key >= ?3), \
    (SELECT json_group_array(value ORDER BY key) FROM json_each(phone_ids) WHERE key >= ?3), \
    iif(skill_ids IS NULL, NULL, \
    (SELECT json_group_array(value ORDER BY key) FROM json_each(skill_ids) WHERE key >= ?3)) \
    FROM change_run WHERE account_id = ?1 AND first_version = ?2";

/// The expired changes of a run.
pub struct OldRun {
    pub account: i64,
    pub first_version: i64,
    /// By version.
    pub changes: Vec<OldChange>,
    /// Whether the whole run has expired.
    pub is_whole: bool,
}

/// An expired change.
pub struct OldChange {
    pub id: i64,
    /// The id of its group.
    pub group: i64,
}

/// The first run after `from`, with its expired changes, if any; none at the end of the index.
pub fn next(
    connection: &Connection,
    from: PruneCursor,
    last_old: i64,
) -> Result<Option<OldRun>, StoreError> {
    let sql = "SELECT account_id, first_version, change_ids, \
               (SELECT version FROM account_version \
                WHERE account_version.account_id = change_run.account_id) \
               FROM change_run WHERE (account_id, first_version) > (?1, ?2) \
               ORDER BY account_id, first_version LIMIT 1";
    let found: Option<(i64, i64, String, Option<i64>)> =
        row(connection, sql, [from.account, from.version], |row| row.try_into())?;
    let Some((account, first_version, change_ids, version)) = found else { return Ok(None) };
    let mut run = OldRun { account, first_version, changes: Vec::new(), is_whole: true };
    // What cannot be read stays, and a check reports it. Other accounts are pruned all the same.
    let Ok(change_ids) = serde_json::from_str::<Vec<i64>>(&change_ids) else {
        run.is_whole = false;
        return Ok(Some(run));
    };
    // The newest change of all stays: otherwise its id would be used again, for a change that the
    // index would then seem to have.
    let newest = groups::newest(connection)?;
    let mut finder = Finder::new(connection);
    for id in change_ids {
        match finder.change(id) {
            Ok(Some((group, _)))
                if id <= last_old && id != newest && version != Some(run.first_kept()) =>
            {
                run.changes.push(OldChange { id, group });
            }
            Ok(_) | Err(StoreError::Damaged(_)) => {
                run.is_whole = false;
                break;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Some(run))
}

impl OldRun {
    /// The version after the expired ones.
    pub fn first_kept(&self) -> i64 {
        self.first_version + i64::try_from(self.changes.len()).unwrap_or(i64::MAX)
    }

    /// Deletes the expired changes from the index, and the imports that they began. Returns whether the
    /// run was still there.
    pub fn delete(&self, connection: &Connection) -> Result<bool, StoreError> {
        let Self { account, first_version, changes, is_whole } = self;
        if !is_whole {
            let count = i64::try_from(changes.len()).unwrap_or(i64::MAX);
            execute(connection, SHORTEN, [*account, *first_version, count])?;
        }
        let sql = "DELETE FROM change_run WHERE account_id = ?1 AND first_version = ?2";
        if execute(connection, sql, [account, first_version])? == 0 {
            return Ok(false);
        }
        let sql = "DELETE FROM import WHERE account_id = ?1 AND id >= ?2 AND id < ?3";
        execute(connection, sql, [*account, *first_version, self.first_kept()])?;
        Ok(true)
    }
}
