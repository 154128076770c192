//! Finds damage in the history and its index.

use std::collections::HashMap;
use std::ops::ControlFlow;

use rusqlite::Connection;

use crate::store::sqlite::groups::{self, Line};
use crate::store::sqlite::index::{self, Row};
use crate::store::sqlite::sql::{self, rows, value};
use crate::store::{Direction, StoreError};

/// Checks that each change can be read, that the newest ones have the versions of the accounts, and
/// that the index has exactly these changes.
pub fn check(connection: &Connection, findings: &mut Vec<String>) -> Result<(), StoreError> {
    let indexed = index::indexed(connection)?;
    let mut last_versions = HashMap::new();
    let mut runs = Runs { connection, last: HashMap::new() };
    let mut changes = 0;
    groups::walk(connection, 0, Direction::OldestFirst, |id, text| {
        let line = Line::parse(id, text);
        if !matches!(&line, Ok(line) if line.as_ref().is_none_or(Line::has_delta)) {
            findings.push(format!("change without a readable delta: {id}"));
        }
        let Ok(Some(line)) = line else { return Ok(ControlFlow::Continue(())) };
        last_versions.insert(line.account_id, line.version);
        if id <= indexed {
            changes += 1;
            let fault = runs.fault(&Row::new(id, &line))?;
            findings.extend(fault.map(|fault| format!("{fault}: {id}")));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let sql = "SELECT coalesce(sum(json_array_length(change_ids)), 0) FROM change_run";
    let named: i64 = value(connection, sql, [])?;
    if named > changes {
        let more = named - changes;
        findings.push(format!("changes in the index of the history that are not in it: {more}"));
    }
    let sql = "SELECT id, version, user_name FROM account JOIN account_version ON account_id = id";
    let versions: Vec<(i64, i64, String)> = rows(connection, sql, [], |row| row.try_into())?;
    for (id, version, name) in versions {
        if last_versions.get(&id).is_some_and(|last| *last != version) {
            findings.push(format!("account whose version is not that of its last change: {name}"));
        }
    }
    Ok(())
}

/// The index. Caches the last run of each account, as changes are checked in their order.
struct Runs<'c> {
    connection: &'c Connection,
    last: HashMap<i64, Run>,
}

struct Run {
    first_version: i64,
    change_ids: Vec<i64>,
    phone_ids: Vec<Option<i64>>,
    skill_ids: Option<Vec<Option<i64>>>,
}

impl Runs<'_> {
    /// How the index differs from a change.
    fn fault(&mut self, row: &Row) -> Result<Option<&'static str>, StoreError> {
        let has_it = |run: &Run| run.position(row.version).is_some();
        if !self.last.get(&row.account_id).is_some_and(has_it) {
            self.last.remove(&row.account_id);
            if let Some(run) = self.read(row)? {
                self.last.insert(row.account_id, run);
            }
        }
        let run = self.last.get(&row.account_id);
        let Some((run, position)) = run.and_then(|run| Some((run, run.position(row.version)?)))
        else {
            return Ok(Some("change that is missing in the index of the history"));
        };
        let skill_id = run.skill_ids.as_ref().and_then(|ids| *ids.get(position)?);
        let is_same = run.change_ids[position] == row.change_id
            && run.phone_ids.get(position) == Some(&row.phone_id)
            && skill_id == row.skill_id;
        Ok((!is_same).then_some("change with which the index of the history does not agree"))
    }

    /// The run that should have a change.
    fn read(&self, row: &Row) -> Result<Option<Run>, StoreError> {
        let sql = "SELECT first_version, change_ids, phone_ids, skill_ids FROM change_run \
                   WHERE account_id = ?1 AND first_version <= ?2 \
                   ORDER BY first_version DESC LIMIT 1";
        let found: Option<(i64, String, String, Option<String>)> =
            sql::row(self.connection, sql, [row.account_id, row.version], |row| row.try_into())?;
        // A run that cannot be read has no changes.
        Ok(found.and_then(|(first_version, change_ids, phone_ids, skill_ids)| {
            Some(Run {
                first_version,
                change_ids: serde_json::from_str(&change_ids).ok()?,
                phone_ids: serde_json::from_str(&phone_ids).ok()?,
                skill_ids: skill_ids.map(|ids| serde_json::from_str(&ids)).transpose().ok()?,
            })
        }))
    }
}

impl Run {
    /// The position of a version in the run.
    fn position(&self, version: i64) -> Option<usize> {
        let position = usize::try_from(version - self.first_version).ok()?;
        (position < self.change_ids.len()).then_some(position)
    }
}
