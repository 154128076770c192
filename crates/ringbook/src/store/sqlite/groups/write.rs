//! Writing groups.

use rusqlite::{Connection, params};

use super::{CHANGES_MAX, LineHead};
use crate::store::StoreError;
use crate::store::sqlite::index::{Recent, Row};
use crate::store::sqlite::open::running;

/// The changes of a transaction that are yet to be written.
#[derive(Default)]
pub struct Pending {
    group: Group,
    /// One a change, whose ids are known when it is written.
    rows: Vec<Row>,
}

impl Pending {
    /// Adds a change, of which `row` is what the index says, and writes the group if it is full.
    pub fn push(
        &mut self,
        connection: &Connection,
        head: &LineHead<'_>,
        row: Row,
        recent: &mut Recent,
        write_delta: impl FnOnce(&mut String),
    ) -> Result<(), StoreError> {
        self.group.push(|out| head.write(out, write_delta));
        self.rows.push(row);
        if self.rows.len() < CHANGES_MAX { Ok(()) } else { self.write(connection, recent) }
    }

    /// Writes what is left. Nothing of it is in the history before that.
    pub fn write(
        &mut self,
        connection: &Connection,
        recent: &mut Recent,
    ) -> Result<(), StoreError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let first = insert(connection, self.group.end(), self.rows.len()).map_err(running)?;
        for (change_id, row) in (first..).zip(self.rows.drain(..)) {
            recent.push(Row { change_id, ..row });
        }
        self.group = Group::default();
        Ok(())
    }
}

/// Writes a group of so many changes behind all others; the id of the first of them.
pub fn insert(connection: &Connection, group: &str, count: usize) -> rusqlite::Result<i64> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let sql = "INSERT INTO change_group (id, changes) \
               VALUES ((SELECT coalesce(max(id), 0) + ?1 FROM change_group), ?2)";
    connection.prepare_cached(sql)?.execute(params![count, group])?;
    Ok(connection.last_insert_rowid() - count + 1)
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
