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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::groups::Group;
    use crate::store::sqlite::open;

    fn groups(rows: &[(i64, &[&str])]) -> Connection {
        let connection = open::memory().unwrap();
        for (id, lines) in rows {
            let mut group = Group::default();
            lines.iter().for_each(|line| group.push(|out| out.push_str(line)));
            let sql = "INSERT INTO change_group VALUES (?1, ?2)";
            connection.execute(sql, rusqlite::params![id, group.end()]).unwrap();
        }
        connection
    }

    fn walked(connection: &Connection, above: i64, direction: Direction) -> Vec<String> {
        let mut seen = Vec::new();
        walk(connection, above, direction, |id, line| {
            seen.push(format!("{id}:{line}"));
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
        seen
    }

    #[test]
    fn walks_in_both_directions_from_within_a_group() {
        let connection = groups(&[(3, &["a", "b", "c"]), (4, &["d"]), (9, &["null", "f"])]);
        let all = ["1:a", "2:b", "3:c", "4:d", "8:null", "9:f"];
        assert_eq!(walked(&connection, 0, Direction::OldestFirst), all);
        assert_eq!(walked(&connection, 1, Direction::OldestFirst), all[1..]);
        assert_eq!(walked(&connection, 2, Direction::NewestFirst), ["9:f", "8:null", "4:d", "3:c"]);
        assert_eq!(walked(&connection, 9, Direction::NewestFirst), [""; 0]);
        assert_eq!(newest(&connection).unwrap(), 9);
    }

    #[test]
    fn finds_changes_by_id_across_groups() {
        let line = |version| format!(r#"[1,{version},0,0,"api","phone.edit",1,{{}}]"#);
        let [a, b, c] = [1, 2, 3].map(line);
        let connection = groups(&[(2, &[&a, &b]), (9, &["null", &c])]);
        let mut finder = Finder::new(&connection);
        let mut found = |id| finder.change(id).unwrap().map(|(group, line)| (group, line.version));
        assert_eq!([1, 2, 9, 1].map(&mut found), [(2, 1), (2, 2), (9, 3), (2, 1)].map(Some));
        assert_eq!([3, 7, 8, 10].map(&mut found), [None; 4]);
    }
}
