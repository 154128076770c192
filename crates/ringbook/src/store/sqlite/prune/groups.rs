//! Deletes changes from their groups.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::run::OldChange;
use crate::store::StoreError;
use crate::store::sqlite::groups::{Group, lines};
use crate::store::sqlite::sql::{execute, row};

/// Deletes changes, and each group once all of its changes are deleted.
pub fn delete(connection: &Connection, changes: &[&OldChange]) -> Result<(), StoreError> {
    let mut groups: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for change in changes {
        groups.entry(change.group).or_default().push(change.id);
    }
    for (group_id, changes) in groups {
        let sql = "SELECT changes FROM change_group WHERE id = ?1";
        let found = row(connection, sql, [group_id], |row| row.get::<_, String>(0))?;
        let Some(text) = found else { continue };
        let mut group = Group::default();
        let mut is_empty = true;
        for (id, line) in lines(group_id, &text) {
            let line = if changes.contains(&id) { "null" } else { line };
            is_empty &= line == "null";
            group.push(|out| out.push_str(line));
        }
        if is_empty {
            execute(connection, "DELETE FROM change_group WHERE id = ?1", [group_id])?;
        } else {
            let sql = "UPDATE change_group SET changes = ?2 WHERE id = ?1";
            execute(connection, sql, params![group_id, group.end()])?;
        }
    }
    Ok(())
}
