//! Deletes expired rows. A reader finds them, so the write lock is held for the deletions alone.

mod groups;
mod run;

use directory::AccountId;
use rusqlite::Connection;

use self::run::OldRun;
use super::index::{self, Slice};
use super::sql::{execute, rows, value};
use crate::store::history::{DELETE_MARKS_SQL, LAST_OLD_SQL, LEFT_BEHIND, PruneCursor};
use crate::store::{ClockMark, Prune, Pruned, StoreError};

/// The rows to delete in one step.
#[derive(Default)]
pub struct Found {
    /// Runs of the history, or their beginnings.
    runs: Vec<OldRun>,
    /// Deleted accounts that still have rows.
    gone: Vec<i64>,
    has_answers: bool,
    /// Changes to index first, as some expired ones are not indexed yet.
    unindexed: Option<Slice>,
    /// Where the next step starts; none at the end of the walk.
    pub next: Option<PruneCursor>,
}

/// Finds expired rows. Looks at `rows_max` runs or rows at most.
pub fn find(
    connection: &Connection,
    prune: &Prune,
    from: PruneCursor,
    rows_max: usize,
) -> Result<Found, StoreError> {
    let last_old = value(connection, LAST_OLD_SQL, [prune.changes_before_us])?;
    if index::indexed(connection)? < last_old {
        // The walk after that finds them.
        let unindexed = Some(Slice::read(connection)?);
        return Ok(Found { unindexed, next: Some(PruneCursor::START), ..Found::default() });
    }
    let (mut place, mut is_over) = (from, false);
    let mut runs = Vec::new();
    let mut left = rows_max;
    while left > 0 {
        let Some(mut run) = run::next(connection, place, last_old)? else {
            is_over = true;
            break;
        };
        place = PruneCursor { account: run.account, version: run.first_version };
        if run.changes.len() > left {
            run.changes.truncate(left);
            run.is_whole = false;
        } else if !run.is_whole {
            // The later runs of the account are younger.
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
        has_answers: value(
            connection,
            "SELECT EXISTS (SELECT 1 FROM idempotency_record WHERE at_us < ?1)",
            [prune.answers_before_us],
        )?,
        unindexed: None,
        next: (!is_over).then_some(place),
    })
}

/// Deleted accounts of a range that still have keys or imports, or uses of keys that were stored after
/// the deletion.
fn gone(connection: &Connection, first: i64, last: i64) -> Result<Vec<i64>, StoreError> {
    let of_table = |table| {
        format!(
            "SELECT account_id FROM {table} WHERE account_id BETWEEN ?1 AND ?2 \
             AND NOT EXISTS (SELECT 1 FROM account WHERE account.id = account_id)"
        )
    };
    let sql = LEFT_BEHIND.map(of_table).join(" UNION ");
    rows(connection, &sql, [first, last], |row| row.get(0))
}

/// Deletes the history of a deleted account before the change that deleted it, of this id and version;
/// returns how many changes.
pub fn delete_account_history(
    connection: &Connection,
    account: AccountId,
    (deletion, version): (i64, u64),
) -> Result<usize, StoreError> {
    while index::indexed(connection)? < deletion {
        Slice::read(connection)?.insert(connection)?;
    }
    let mut place = PruneCursor { account: account.0.into(), version: 0 };
    let mut runs = Vec::new();
    while let Some(run) =
        run::next(connection, place, deletion - 1)?.filter(|run| run.account == place.account)
    {
        place.version = run.first_version;
        runs.push(run);
    }
    runs.retain(|run| !run.changes.is_empty());
    let deleted = delete_runs(connection, &runs)?;
    // What could not be read is still there.
    let sql = "SELECT min(first_version) FROM change_run WHERE account_id = ?1";
    if value::<Option<i64>>(connection, sql, [account.0])? != Some(version.cast_signed()) {
        return Err(StoreError::Damaged(format!("account {account}: its history")));
    }
    Ok(deleted)
}

/// Deletes expired changes; returns how many. If a run has changed, another process prunes too, and the
/// next walk deletes what is left.
fn delete_runs(connection: &Connection, runs: &[OldRun]) -> Result<usize, StoreError> {
    let mut deleted = Vec::new();
    for run in runs {
        if run.delete(connection)? {
            deleted.extend(&run.changes);
        }
    }
    groups::delete(connection, &deleted)?;
    Ok(deleted.len())
}

/// Saves a mark, unless there is one within `interval_us` before it or a later one. Returns the newest
/// time.
pub fn mark_clock(
    connection: &Connection,
    mark: ClockMark,
    interval_us: i64,
) -> Result<i64, StoreError> {
    let sql = "INSERT OR IGNORE INTO clock_mark (clock_us, at_us, change_id) \
               SELECT ?1, ?2, (SELECT coalesce(max(id), 0) FROM change_group) \
               WHERE NOT EXISTS (SELECT 1 FROM clock_mark WHERE clock_us > ?1 - ?3)";
    execute(connection, sql, [mark.clock_us, mark.at_us, interval_us])?;
    value(connection, "SELECT max(clock_us) FROM clock_mark", [])
}

impl Found {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
            && self.gone.is_empty()
            && !self.has_answers
            && self.unindexed.is_none()
    }

    /// Deletes the rows within the caller's transaction.
    pub fn delete(
        &self,
        connection: &Connection,
        prune: &Prune,
        rows_max: usize,
    ) -> Result<Pruned, StoreError> {
        let changes = delete_runs(connection, &self.runs)?;
        let mut pruned = Pruned { changes, ..Pruned::default() };
        execute(connection, DELETE_MARKS_SQL, [prune.changes_before_us])?;
        for account in &self.gone {
            for table in LEFT_BEHIND {
                let sql = format!("DELETE FROM {table} WHERE account_id = ?1");
                execute(connection, &sql, [account])?;
            }
        }
        if self.has_answers {
            let sql = "DELETE FROM idempotency_record WHERE rowid IN \
                       (SELECT rowid FROM idempotency_record WHERE at_us < ?1 ORDER BY at_us LIMIT ?2)";
            let rows_max = i64::try_from(rows_max).unwrap_or(i64::MAX);
            pruned.answers = execute(connection, sql, [prune.answers_before_us, rows_max])?;
        }
        if let Some(slice) = &self.unindexed {
            slice.insert(connection)?;
        }
        pruned.is_done = self.next.is_none() && pruned.answers < rows_max;
        Ok(pruned)
    }
}
