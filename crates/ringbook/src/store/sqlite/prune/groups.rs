//! Deletes changes from their groups.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::run::OldRun;
use crate::store::StoreError;
use crate::store::sqlite::groups::{Group, lines};
use crate::store::sqlite::sql::{execute, row};

/// The expired changes of a group.
pub struct OldGroup {
    id: i64,
    changes: Vec<i64>,
}

/// The groups of the changes of these runs.
pub fn of(runs: &[OldRun]) -> Vec<OldGroup> {
    let mut groups: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for change in runs.iter().flat_map(|run| &run.changes) {
        groups.entry(change.group).or_default().push(change.id);
    }
    groups.into_iter().map(|(id, changes)| OldGroup { id, changes }).collect()
}

impl OldGroup {
    /// Deletes the changes, and the group once all of its changes are deleted.
    pub fn delete(&self, connection: &Connection) -> Result<(), StoreError> {
        let sql = "SELECT changes FROM change_group WHERE id = ?1";
        let found = row(connection, sql, [self.id], |row| row.get::<_, String>(0))?;
        let Some(text) = found else { return Ok(()) };
        let mut group = Group::default();
        let mut is_empty = true;
        for (id, line) in lines(self.id, &text) {
            let line = if self.changes.contains(&id) { "null" } else { line };
            is_empty &= line == "null";
            group.push(|out| out.push_str(line));
        }
        if is_empty {
            execute(connection, "DELETE FROM change_group WHERE id = ?1", [self.id])?;
        } else {
            let sql = "UPDATE change_group SET changes = ?2 WHERE id = ?1";
            execute(connection, sql, params![self.id, group.end()])?;
        }
        Ok(())
    }
}
