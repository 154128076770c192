//! Reading groups.

use std::ops::{ControlFlow, RangeInclusive};

use directory::AccountId;
use rusqlite::Connection;

use super::Line;
use crate::store::sqlite::open::running;
use crate::store::sqlite::sql::{row, value};
use crate::store::{Direction, StoreError};

/// The id of the newest change of all; 0 if there is none.
pub fn newest(connection: &Connection) -> Result<i64, StoreError> {
    value(connection, "SELECT coalesce(max(id), 0) FROM change_group", [])
}

/// The lines of the group of this id, oldest first, each with the id of its change.
pub fn lines(id: i64, group: &str) -> Vec<(i64, &str)> {
    let inner = group.strip_prefix('[').unwrap_or(group);
    let inner = inner.strip_suffix(']').unwrap_or(inner);
    let lines: Vec<_> =
        inner.split('\n').map(|line| line.strip_suffix(',').unwrap_or(line)).collect();
    let count = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    (id - count + 1..).zip(lines).collect()
}

/// Visits each change above an id, with its line, until `visit` breaks.
pub fn walk(
    connection: &Connection,
    above: i64,
    direction: Direction,
    mut visit: impl FnMut(i64, &str) -> Result<ControlFlow<()>, StoreError>,
) -> Result<(), StoreError> {
    let sql = match direction {
        Direction::OldestFirst => "SELECT id, changes FROM change_group WHERE id > ?1 ORDER BY id",
        Direction::NewestFirst => {
            "SELECT id, changes FROM change_group WHERE id > ?1 ORDER BY id DESC"
        }
    };
    let mut statement = connection.prepare_cached(sql).map_err(running)?;
    let mut groups = statement.query([above]).map_err(running)?;
    while let Some(group) = groups.next().map_err(running)? {
        let id = group.get(0).map_err(running)?;
        let text = group.get_ref(1).and_then(|text| Ok(text.as_str()?)).map_err(running)?;
        let mut lines = lines(id, text);
        if direction == Direction::NewestFirst {
            lines.reverse();
        }
        for (id, line) in lines {
            if id > above && visit(id, line)?.is_break() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Visits each change of an account above an id until `visit` breaks.
pub fn walk_account(
    connection: &Connection,
    account: AccountId,
    above: i64,
    direction: Direction,
    mut visit: impl FnMut(i64, &Line<'_>) -> Result<ControlFlow<()>, StoreError>,
) -> Result<(), StoreError> {
    let of_account = format!("[{account},");
    walk(connection, above, direction, |id, line| {
        // Most lines are of other accounts: those are not parsed.
        if !line.starts_with(&of_account) {
            return Ok(ControlFlow::Continue(()));
        }
        match Line::parse(id, line)? {
            Some(line) => visit(id, &line),
            None => Ok(ControlFlow::Continue(())),
        }
    })
}

/// Finds changes by their ids. It keeps the group that it has read last, as the changes of an
/// account are often next to each other.
pub struct Finder<'c> {
    connection: &'c Connection,
    /// The ids of the changes of a group, and its text.
    group: Option<(RangeInclusive<i64>, String)>,
}

impl<'c> Finder<'c> {
    pub fn new(connection: &'c Connection) -> Self {
        Self { connection, group: None }
    }

    /// The change of this id with the id of its group; none if it does not exist or was deleted.
    pub fn change(&mut self, change_id: i64) -> Result<Option<(i64, Line<'_>)>, StoreError> {
        if !self.group.as_ref().is_some_and(|(ids, _)| ids.contains(&change_id)) {
            let sql = "SELECT id, changes FROM change_group WHERE id >= ?1 ORDER BY id LIMIT 1";
            self.group = row(self.connection, sql, [change_id], |row| {
                let (id, text): (i64, String) = row.try_into()?;
                let first = lines(id, &text).first().map_or(id, |(first, _)| *first);
                Ok((first..=id, text))
            })?;
        }
        let Some((ids, text)) = &self.group else { return Ok(None) };
        let group = *ids.end();
        let line = lines(group, text).into_iter().find(|(id, _)| *id == change_id);
        let Some((id, line)) = line else { return Ok(None) };
        Ok(Line::parse(id, line)?.map(|line| (group, line)))
    }
}
