//! Writing groups.

use rusqlite::{Connection, params};

use super::{CHANGES_MAX, Line};
use crate::store::StoreError;
use crate::store::sqlite::sql::execute;

/// The changes of a transaction that are not written yet.
#[derive(Default)]
pub struct Pending {
    group: Group,
    count: usize,
}

impl Pending {
    /// Adds a change, and writes the group if it is full.
    pub fn push(&mut self, connection: &Connection, line: &Line<'_>) -> Result<(), StoreError> {
        self.group.push(|out| line.write(out));
        self.count += 1;
        if self.count < CHANGES_MAX { Ok(()) } else { self.write(connection) }
    }

    /// Writes the last group. Nothing of it is in the history before that.
    pub fn write(&mut self, connection: &Connection) -> Result<(), StoreError> {
        if self.count > 0 {
            insert(connection, self.group.end(), self.count)?;
            self.group.0.clear();
            self.count = 0;
        }
        Ok(())
    }
}

/// Inserts a group of one change after all others.
pub fn insert_one(connection: &Connection, line: &Line<'_>) -> Result<(), StoreError> {
    let mut pending = Pending::default();
    pending.push(connection, line)?;
    pending.write(connection)
}

/// Inserts a group of `count` changes after all others.
fn insert(connection: &Connection, group: &str, count: usize) -> Result<(), StoreError> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let sql = "INSERT INTO change_group (id, changes) \
               VALUES ((SELECT coalesce(max(id), 0) + ?1 FROM change_group), ?2)";
    execute(connection, sql, params![count, group])?;
    Ok(())
}

/// The text of a group that is being put together.
#[derive(Default)]
pub struct Group(String);

impl Group {
    /// Adds a line.
    pub fn push(&mut self, write: impl FnOnce(&mut String)) {
        self.0.push_str(if self.0.is_empty() { "[" } else { ",\n" });
        write(&mut self.0);
    }

    /// The whole text. No line comes after it.
    pub fn end(&mut self) -> &str {
        self.0.push(']');
        &self.0
    }
}
