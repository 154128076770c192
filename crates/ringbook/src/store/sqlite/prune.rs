//! Deleting what is too old. What it is is found by a connection that reads, so the write lock is
//! held for the deletions alone.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::index;
use super::open::running;
use crate::store::{Prune, Pruned, StoreError};

/// Where the walk through the accounts goes on: behind this account's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    account: i64,
    version: i64,
}

impl Place {
    /// Before all accounts.
    pub const START: Self = Self { account: 0, version: 0 };
}

/// What is to be deleted.
#[derive(Default)]
pub struct Found {
    /// Rows of the history: account, version, and the id in `change`.
    changes: Vec<(i64, i64, i64)>,
    /// Accounts that are gone and have left something.
    gone: Vec<i64>,
    has_answers: bool,
    /// Whether rows that are too old are not yet in the index, by which they are found.
    has_unindexed: bool,
    /// Where to go on next time; none where the walk is at its end.
    pub next: Option<Place>,
}

/// Looks for what is too old, at so many accounts or rows at most.
pub fn find(
    connection: &Connection,
    prune: &Prune,
    from: Place,
    rows_max: usize,
) -> Result<Found, StoreError> {
    let before_us = prune.changes_before_us.unwrap_or(i64::MIN);
    if has_unindexed(connection, before_us)? {
        // Found by the walk that begins when it is in the index.
        return Ok(Found { has_unindexed: true, next: Some(Place::START), ..Found::default() });
    }
    // The newest row of all stays, or its id would be given again and the index take the row that
    // gets it for one that it has.
    let sql = "SELECT held.account_id, held.version, held.change_id, \
               change.at_us < ?3 AND change.id < (SELECT max(id) FROM change) \
               AND held.version IS NOT \
               (SELECT version FROM account_version WHERE account_id = held.account_id) \
               FROM change_of_account AS held LEFT JOIN change ON change.id = held.change_id \
               WHERE (held.account_id, held.version) > (?1, ?2) \
               ORDER BY held.account_id, held.version LIMIT 1";
    let mut step = connection.prepare_cached(sql).map_err(running)?;
    let (mut place, mut is_over) = (from, false);
    let mut changes = Vec::new();
    for _ in 0..rows_max {
        let found = step.query_row(params![place.account, place.version, before_us], |row| {
            let row_of = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((row_of, row.get::<_, Option<bool>>(3)? == Some(true)))
        });
        match found.optional().map_err(running)? {
            None => {
                is_over = true;
                break;
            }
            Some((row, true)) => {
                place = Place { account: row.0, version: row.1 };
                changes.push(row);
            }
            // What comes after it in its account is younger.
            Some((row, false)) => place = Place { account: row.0, version: i64::MAX },
        }
    }
    let last = if is_over { i64::MAX } else { place.account };
    Ok(Found {
        changes,
        gone: gone(connection, from.account, last)?,
        has_answers: has(
            connection,
            "SELECT EXISTS (SELECT 1 FROM kept_answer WHERE at_us < ?1)",
            prune.answers_before_us,
        )?,
        has_unindexed: false,
        next: (!is_over).then_some(place),
    })
}

/// Accounts from one to another that are gone and have left keys, or uses of keys that were noted
/// later.
fn gone(connection: &Connection, first: i64, last: i64) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT account_id FROM api_key WHERE account_id BETWEEN ?1 AND ?2 \
               AND NOT EXISTS (SELECT 1 FROM account WHERE id = account_id) \
               UNION SELECT account_id FROM key_use WHERE account_id BETWEEN ?1 AND ?2 \
               AND NOT EXISTS (SELECT 1 FROM account WHERE id = account_id)";
    let mut statement = connection.prepare_cached(sql).map_err(running)?;
    let rows = statement.query_map([first, last], |row| row.get(0));
    rows.and_then(Iterator::collect).map_err(running)
}

fn has_unindexed(connection: &Connection, before_us: i64) -> Result<bool, StoreError> {
    let sql = "SELECT coalesce((SELECT at_us < ?1 FROM change \
               WHERE id > (SELECT change_id FROM change_indexed) ORDER BY id LIMIT 1), false)";
    has(connection, sql, before_us)
}

fn has(connection: &Connection, sql: &str, before_us: i64) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(running)?;
    statement.query_row([before_us], |row| row.get(0)).map_err(running)
}

impl Found {
    /// Whether there is anything to write.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.gone.is_empty() && !self.has_answers && !self.has_unindexed
    }

    /// Deletes it, within the caller's transaction. What another process has deleted meanwhile is
    /// not counted.
    pub fn delete(
        &self,
        connection: &Connection,
        prune: &Prune,
        rows_max: usize,
    ) -> Result<Pruned, StoreError> {
        let prepare = |sql| connection.prepare_cached(sql).map_err(running);
        let mut pruned = Pruned::default();
        let mut from_history = prepare("DELETE FROM change WHERE id = ?1")?;
        let mut from_index =
            prepare("DELETE FROM change_of_account WHERE account_id = ?1 AND version = ?2")?;
        for (account, version, id) in &self.changes {
            pruned.changes += from_history.execute([id]).map_err(running)?;
            from_index.execute([account, version]).map_err(running)?;
        }
        for account in &self.gone {
            for sql in [
                "DELETE FROM api_key WHERE account_id = ?1",
                "DELETE FROM key_use WHERE account_id = ?1",
            ] {
                prepare(sql)?.execute([account]).map_err(running)?;
            }
        }
        if self.has_answers {
            let sql = "DELETE FROM kept_answer WHERE rowid IN \
                       (SELECT rowid FROM kept_answer WHERE at_us < ?1 ORDER BY at_us LIMIT ?2)";
            let rows_max = i64::try_from(rows_max).unwrap_or(i64::MAX);
            let values = [prune.answers_before_us, rows_max];
            pruned.answers = prepare(sql)?.execute(values).map_err(running)?;
        }
        if self.has_unindexed {
            index::put_in(connection)?;
        }
        pruned.is_done = self.next.is_none() && pruned.answers < rows_max;
        Ok(pruned)
    }
}
