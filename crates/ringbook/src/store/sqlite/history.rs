//! The history of an account: by the index, and behind it change by change.

use std::ops::ControlFlow;

use directory::AccountId;
use rusqlite::{Connection, params_from_iter};

use super::groups::{self, Finder, Line};
use super::index::{self, RUN_VERSIONS, Row};
use super::open::running;
use crate::store::history::Window;
use crate::store::{ChangePage, ChangeQuery, Direction, HistoryOf, HistoryRow, StoreError};

/// The change at a place of a run.
const AT_PLACE: &str = "json_extract(change_ids, '$[' || place.key || ']')";

/// A page of the history, within the caller's transaction.
pub fn changes(
    connection: &Connection,
    id: AccountId,
    asked: &ChangeQuery,
) -> Result<ChangePage, StoreError> {
    let indexed = index::indexed(connection)?;
    let kept = kept(connection, id, indexed)?;
    let Some(window) = asked.window(kept) else { return Ok(asked.page(kept, None, Vec::new())) };
    let page = Page { connection, id, asked, window, indexed };
    let mut rows = Vec::new();
    // Whatever is behind the index is newer than what is in it.
    match asked.direction {
        Direction::OldestFirst => {
            page.put_in_indexed(&mut rows)?;
            page.put_in_behind(&mut rows)?;
        }
        Direction::NewestFirst => {
            page.put_in_behind(&mut rows)?;
            page.put_in_indexed(&mut rows)?;
        }
    }
    Ok(asked.page(kept, Some(window), rows))
}

/// The lowest and the highest version of the account that are kept.
fn kept(
    connection: &Connection,
    id: AccountId,
    indexed: i64,
) -> Result<Option<(u64, u64)>, StoreError> {
    // Each end by itself: so SQLite goes to the ends of the index.
    let sql = "SELECT (SELECT min(first_version) FROM change_run WHERE account_id = ?1), \
               (SELECT first_version + json_array_length(change_ids) - 1 \
                FROM change_run WHERE account_id = ?1 ORDER BY first_version DESC LIMIT 1)";
    let mut statement = connection.prepare_cached(sql).map_err(running)?;
    let (first, last): (Option<i64>, Option<i64>) =
        statement.query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?))).map_err(running)?;
    let end = |direction| end_behind(connection, id, indexed, direction);
    let Some(newest) = end(Direction::NewestFirst)? else {
        return Ok(first.map(i64::cast_unsigned).zip(last.map(i64::cast_unsigned)));
    };
    let first = first.map_or_else(|| end(Direction::OldestFirst), |first| Ok(Some(first)))?;
    Ok(first.map(|first| (first.cast_unsigned(), newest.cast_unsigned())))
}

/// The newest or the oldest version of the account that is behind the index.
fn end_behind(
    connection: &Connection,
    id: AccountId,
    indexed: i64,
    direction: Direction,
) -> Result<Option<i64>, StoreError> {
    let mut end = None;
    groups::walk_account(connection, id, indexed, direction, |_, line| {
        end = Some(line.version);
        Ok(ControlFlow::Break(()))
    })?;
    Ok(end)
}

/// A page that is being put together.
struct Page<'a> {
    connection: &'a Connection,
    id: AccountId,
    asked: &'a ChangeQuery,
    window: Window,
    /// The newest change that is in the index.
    indexed: i64,
}

impl Page<'_> {
    /// Puts in what the index has of the window, as much as is wanted.
    fn put_in_indexed(&self, rows: &mut Vec<HistoryRow>) -> Result<(), StoreError> {
        let subject = match self.asked.of {
            HistoryOf::Account => None,
            HistoryOf::Phone(phone) => Some(phone.0),
            HistoryOf::Skill(skill) => Some(skill.0),
        };
        let mut values = vec![
            i64::from(self.id.0),
            self.window.first.cast_signed(),
            self.window.last.cast_signed(),
            self.left(rows),
            self.indexed,
        ];
        values.extend(subject.map(i64::from));
        let mut statement = self.connection.prepare_cached(&self.sql()).map_err(running)?;
        let mut places = statement.query(params_from_iter(values)).map_err(running)?;
        let mut finder = Finder::new(self.connection);
        while let Some(place) = places.next().map_err(running)? {
            let (version, change_id): (i64, i64) =
                (place.get(0).map_err(running)?, place.get(1).map_err(running)?);
            let is_it = |line: &Line<'_>| {
                line.account_id == i64::from(self.id.0) && line.version == version
            };
            // What the index names and is not there is an error.
            let Some(line) = finder.change(change_id)?.filter(is_it) else {
                let id = self.id;
                return Err(StoreError::Damaged(format!(
                    "account {id}, version {version}: it is not change {change_id} of the history"
                )));
            };
            rows.push(line.to_history(self.id)?);
        }
        Ok(())
    }

    /// Finds versions in the index, and the change of each.
    fn sql(&self) -> String {
        let order = match self.asked.direction {
            Direction::OldestFirst => "ASC",
            Direction::NewestFirst => "DESC",
        };
        // Which of a run's places are asked for, and the change at each.
        let (places, change_id) = match self.asked.of {
            HistoryOf::Account => ("change_ids", "place.value"),
            HistoryOf::Phone(_) => ("phone_ids", AT_PLACE),
            HistoryOf::Skill(_) => ("skill_ids", AT_PLACE),
        };
        // Most runs do not have the subject at all: those are not parsed.
        let subject = if self.asked.of == HistoryOf::Account {
            String::new()
        } else {
            format!(
                "AND instr(',' || trim({places}, '[]') || ',', ',' || ?6 || ',') \
                 AND place.value = ?6"
            )
        };
        format!(
            "SELECT first_version + place.key, {change_id} \
             FROM change_run CROSS JOIN json_each({places}) AS place \
             WHERE change_run.account_id = ?1 \
             AND first_version BETWEEN ?2 - {RUN_VERSIONS} + 1 AND ?3 \
             AND first_version + place.key BETWEEN ?2 AND ?3 \
             AND {change_id} <= ?5 {subject} ORDER BY 1 {order} LIMIT ?4"
        )
    }

    /// Puts in what is behind the index, as much as is wanted.
    fn put_in_behind(&self, rows: &mut Vec<HistoryRow>) -> Result<(), StoreError> {
        let Window { first, last, .. } = self.window;
        let mut left = self.left(rows);
        if left == 0 {
            return Ok(());
        }
        let direction = self.asked.direction;
        groups::walk_account(self.connection, self.id, self.indexed, direction, |id, line| {
            let version = line.version.cast_unsigned();
            let is_over = match direction {
                Direction::OldestFirst => version > last,
                Direction::NewestFirst => version < first,
            };
            if is_over {
                return Ok(ControlFlow::Break(()));
            }
            if (first..=last).contains(&version) && self.is_asked_for(&Row::of_line(id, line)) {
                rows.push(line.to_history(self.id)?);
                left -= 1;
            }
            Ok(if left > 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })
    }

    fn is_asked_for(&self, row: &Row) -> bool {
        match self.asked.of {
            HistoryOf::Account => true,
            HistoryOf::Phone(phone) => row.phone_id == Some(phone.0.into()),
            HistoryOf::Skill(skill) => row.skill_id == Some(skill.0.into()),
        }
    }

    /// How many rows are still wanted.
    fn left(&self, rows: &[HistoryRow]) -> i64 {
        self.asked.rows_wanted() - i64::try_from(rows.len()).unwrap_or(i64::MAX)
    }
}
