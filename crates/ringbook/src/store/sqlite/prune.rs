//! Deleting what is too old. What it is is found by a connection that reads, so the write lock is
//! held for the deletions alone.

use rusqlite::{Connection, params};

use super::index;
use super::open::running;
use crate::store::{Prune, Pruned, StoreError};

/// Puts a run in anew without so many versions at its beginning.
const SHORTEN: &str = "INSERT INTO change_run \
    (account_id, first_version, change_ids, phone_ids, skill_ids) \
    SELECT account_id, first_version + ?3, \
    (SELECT json_group_array(value ORDER BY key) FROM json_each(change_ids) WHERE key >= ?3), \
    (SELECT json_group_array(value ORDER BY key) FROM json_each(phone_ids) WHERE key >= ?3), \
    iif(skill_ids IS NULL, NULL, \
    (SELECT json_group_array(value ORDER BY key) FROM json_each(skill_ids) WHERE key >= ?3)) \
    FROM change_run WHERE account_id = ?1 AND first_version = ?2";

/// Where the walk through the accounts goes on: behind the run that begins at this account's
/// version.
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
    /// Runs of the history, or their beginnings.
    runs: Vec<OldRun>,
    /// Accounts that are gone and have left something.
    gone: Vec<i64>,
    has_answers: bool,
    /// Whether rows that are too old are not yet in the index, by which they are found.
    has_unindexed: bool,
    /// Where to go on next time; none where the walk is at its end.
    pub next: Option<Place>,
}

/// What is too old of a run of versions.
struct OldRun {
    account: i64,
    first_version: i64,
    /// Ids in `change`, in the order of the versions.
    changes: Vec<i64>,
    /// Whether that is all of the run.
    is_whole: bool,
}

/// Looks for what is too old, at so many runs or rows at most.
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
    let (mut place, mut is_over) = (from, false);
    let mut runs = Vec::new();
    let mut left = rows_max;
    while left > 0 {
        let Some(mut run) = next_run(connection, place, before_us)? else {
            is_over = true;
            break;
        };
        place = Place { account: run.account, version: run.first_version };
        if run.changes.len() > left {
            run.changes.truncate(left);
            run.is_whole = false;
        } else if !run.is_whole {
            // What comes after it in its account is younger.
            place.version = i64::MAX;
        }
        left -= run.changes.len().max(1);
        if !run.changes.is_empty() {
            runs.push(run);
        }
    }
    let last = if is_over { i64::MAX } else { place.account };
    Ok(Found {
        runs,
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

/// The first run behind a place, and what of it is too old: perhaps nothing.
fn next_run(
    connection: &Connection,
    from: Place,
    before_us: i64,
) -> Result<Option<OldRun>, StoreError> {
    // The newest row of all stays, or its id would be given again and the index take the row that
    // gets it for one that it has.
    let sql = "SELECT run.account_id, first_version, place.value, \
               change.at_us < ?3 AND change.id < (SELECT max(id) FROM change) \
               AND change.version IS NOT \
               (SELECT version FROM account_version WHERE account_id = run.account_id) \
               FROM (SELECT account_id, first_version, change_ids FROM change_run \
                     WHERE (account_id, first_version) > (?1, ?2) \
                     ORDER BY account_id, first_version LIMIT 1) AS run \
               CROSS JOIN json_each(change_ids) AS place \
               LEFT JOIN change ON change.id = place.value ORDER BY place.key";
    let mut statement = connection.prepare_cached(sql).map_err(running)?;
    let mut rows =
        statement.query(params![from.account, from.version, before_us]).map_err(running)?;
    let mut run: Option<OldRun> = None;
    while let Some(row) = rows.next().map_err(running)? {
        let column = |index| row.get(index).map_err(running);
        if run.is_none() {
            let (account, first_version) = (column(0)?, column(1)?);
            run = Some(OldRun { account, first_version, changes: Vec::new(), is_whole: true });
        }
        let Some(run) = &mut run else { break };
        if row.get::<_, Option<bool>>(3).map_err(running)? != Some(true) {
            run.is_whole = false;
            break;
        }
        run.changes.push(column(2)?);
    }
    Ok(run)
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
        self.runs.is_empty() && self.gone.is_empty() && !self.has_answers && !self.has_unindexed
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
            prepare("DELETE FROM change_run WHERE account_id = ?1 AND first_version = ?2")?;
        let mut shorten = prepare(SHORTEN)?;
        for OldRun { account, first_version, changes, is_whole } in &self.runs {
            if !is_whole {
                let count = i64::try_from(changes.len()).unwrap_or(i64::MAX);
                shorten.execute([*account, *first_version, count]).map_err(running)?;
            }
            // Where the run is another one now, its rows are left to the next walk.
            if from_index.execute([account, first_version]).map_err(running)? == 0 {
                continue;
            }
            for id in changes {
                pruned.changes += from_history.execute([id]).map_err(running)?;
            }
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
