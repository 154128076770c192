//! The index of the history by account, which lags behind the history.
//!
//! An index of SQLite's would cost each commit a page for each account in it. This one is filled in
//! slices of some thousand changes, and stores what a slice has of an account as one row, a run. A
//! [thread](Indexer) does so. Readers find the changes that are not indexed yet in the history
//! itself.

mod thread;

use std::ops::ControlFlow;

use rusqlite::{Connection, params};

pub use self::thread::Indexer;
use super::groups::{self, Line};
use super::sql::{execute, value};
use crate::store::{Direction, StoreError};

/// Changes that are indexed at a time. With more, a run has more of them and a page of the index is
/// written less often, but readers look through more changes that are not indexed yet.
const SLICE_CHANGES: usize = 4000;

/// Versions of a run at most, so that a page of the history reads few that it does not show.
/// A run is within one multiple of this and the next.
pub const RUN_VERSIONS: i64 = 128;

/// The id of the newest change that is indexed.
pub fn indexed(connection: &Connection) -> Result<i64, StoreError> {
    value(connection, "SELECT change_id FROM change_indexed", [])
}

/// Whether a whole slice or more is not indexed.
pub fn is_behind(connection: &Connection) -> Result<bool, StoreError> {
    let missing = groups::newest(connection)? - indexed(connection)?;
    Ok(usize::try_from(missing).is_ok_and(|missing| missing >= SLICE_CHANGES))
}

/// The oldest changes that are not indexed.
pub struct Slice {
    /// The newest indexed change when the slice was read.
    from: i64,
    /// The newest indexed change once the slice is inserted.
    to: i64,
    /// By account and version.
    rows: Vec<Row>,
}

impl Slice {
    /// Reads [`SLICE_CHANGES`] at most.
    pub fn read(connection: &Connection) -> Result<Self, StoreError> {
        let from = indexed(connection)?;
        let (mut rows, mut to, mut left) = (Vec::new(), from, SLICE_CHANGES);
        groups::walk(connection, from, Direction::OldestFirst, |id, line| {
            rows.extend(Line::parse(id, line)?.map(|line| Row::new(id, &line)));
            to = id;
            left -= 1;
            Ok(if left > 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        rows.sort_unstable_by_key(|row| (row.account_id, row.version));
        Ok(Self { from, to, rows })
    }

    /// Inserts the slice within the caller's transaction, unless another process has moved the
    /// index since the slice was read.
    pub fn insert(&self, connection: &Connection) -> Result<(), StoreError> {
        let sql = "UPDATE change_indexed SET change_id = ?1 WHERE change_id = ?2";
        if execute(connection, sql, [self.to, self.from])? == 0 {
            return Ok(());
        }
        // `REPLACE` for an index that is rebuilt: a run that is there already is the same.
        let sql = "INSERT OR REPLACE INTO change_run \
                   (account_id, first_version, change_ids, phone_ids, skill_ids) \
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        for run in self.rows.chunk_by(Row::is_followed_by) {
            let change_ids = array(run, |row| Some(row.change_id));
            let phone_ids = array(run, |row| row.phone_id);
            let has_skills = run.iter().any(|row| row.skill_id.is_some());
            let skill_ids = has_skills.then(|| array(run, |row| row.skill_id));
            let values =
                params![run[0].account_id, run[0].version, change_ids, phone_ids, skill_ids];
            execute(connection, sql, values)?;
        }
        Ok(())
    }
}

/// What the index has of a change.
#[derive(Debug)]
pub struct Row {
    pub account_id: i64,
    pub version: i64,
    pub change_id: i64,
    pub phone_id: Option<i64>,
    pub skill_id: Option<i64>,
}

impl Row {
    pub fn new(change_id: i64, line: &Line<'_>) -> Self {
        Self {
            account_id: line.account_id,
            version: line.version,
            change_id,
            phone_id: line.phone_id(),
            skill_id: line.skill_id(),
        }
    }

    /// Whether `next` belongs to the same run.
    fn is_followed_by(&self, next: &Self) -> bool {
        self.account_id == next.account_id
            && self.version + 1 == next.version
            && next.version % RUN_VERSIONS != 0
    }
}

/// A JSON array of a value of each row.
fn array(run: &[Row], value: impl Fn(&Row) -> Option<i64>) -> String {
    let mut array = String::with_capacity(8 * run.len());
    for row in run {
        array.push(if array.is_empty() { '[' } else { ',' });
        match value(row) {
            Some(id) => array.push_str(itoa::Buffer::new().format(id)),
            None => array.push_str("null"),
        }
    }
    array.push(']');
    array
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::open;

    #[test]
    fn insert_does_nothing_if_the_index_has_moved_since_the_read() {
        let connection = open::memory().unwrap();
        let mut group = groups::Pending::default();
        for line in
            [r#"[1,1,0,0,"api","phone.create",1,{}]"#, r#"[1,2,0,0,"api","phone.edit",1,{}]"#]
        {
            let line = Line::parse(0, line).unwrap().unwrap();
            group.push(&connection, &line).unwrap();
        }
        group.write(&connection).unwrap();
        let slices = [(); 2].map(|()| Slice::read(&connection).unwrap());
        slices[0].insert(&connection).unwrap();
        assert_eq!(indexed(&connection).unwrap(), 2);
        let runs = "SELECT group_concat(change_ids || phone_ids) FROM change_run";
        let read = |sql| connection.query_row(sql, [], |row| row.get::<_, Option<String>>(0));
        assert_eq!(read(runs).unwrap().as_deref(), Some("[1,2][1,1]"));
        connection.execute("DELETE FROM change_run", []).unwrap();
        slices[1].insert(&connection).unwrap();
        assert_eq!(read(runs).unwrap(), None);
    }
}
