//! Pages of the history of an account: by the index, and change by change where it lags behind.

use std::ops::ControlFlow;

use directory::{AccountId, PhoneId, SkillId};
use rusqlite::{Connection, params_from_iter};

use super::groups::{self, Finder, Line};
use super::index::{self, RUN_VERSIONS};
use super::open::running;
use super::sql::row;
use crate::store::history::Window;
use crate::store::{
    ChangeFilter, ChangePage, ChangeQuery, Direction, HistoryOf, HistoryRow, StoreError,
};

/// A page of the history, within the caller's transaction.
pub fn changes(
    connection: &Connection,
    id: AccountId,
    wanted: &ChangeQuery,
) -> Result<ChangePage, StoreError> {
    let indexed = index::indexed(connection)?;
    let kept = kept_versions(connection, id, indexed)?;
    let Some(window) = wanted.window(kept) else { return Ok(wanted.page(kept, None, Vec::new())) };
    let page = Page { connection, id, wanted, subject: Subject::of(wanted.of), window, indexed };
    let mut rows = Vec::new();
    // Changes that are not indexed yet are newer than those that are.
    match wanted.direction {
        Direction::OldestFirst => {
            page.add_indexed(&mut rows)?;
            page.add_unindexed(&mut rows)?;
        }
        Direction::NewestFirst => {
            page.add_unindexed(&mut rows)?;
            page.add_indexed(&mut rows)?;
        }
    }
    Ok(wanted.page(kept, Some(window), rows))
}

/// The lowest and the highest version of the account in the history; none if there is none.
fn kept_versions(
    connection: &Connection,
    id: AccountId,
    indexed: i64,
) -> Result<Option<(u64, u64)>, StoreError> {
    // A subquery for each end, so that SQLite seeks instead of scanning.
    let sql = "SELECT (SELECT min(first_version) FROM change_run WHERE account_id = ?1), \
               (SELECT first_version + json_array_length(change_ids) - 1 \
                FROM change_run WHERE account_id = ?1 ORDER BY first_version DESC LIMIT 1)";
    let ends = row(connection, sql, [id.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (first, last): (Option<i64>, Option<i64>) = ends.unwrap_or_default();
    let end = |direction| unindexed_end(connection, id, indexed, direction);
    let Some(newest) = end(Direction::NewestFirst)? else {
        return Ok(first.map(i64::cast_unsigned).zip(last.map(i64::cast_unsigned)));
    };
    let first = first.map_or_else(|| end(Direction::OldestFirst), |first| Ok(Some(first)))?;
    Ok(first.map(|first| (first.cast_unsigned(), newest.cast_unsigned())))
}

/// The newest or the oldest version of the account that is not indexed yet.
fn unindexed_end(
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
    wanted: &'a ChangeQuery,
    /// None for the history of the whole account.
    subject: Option<Subject>,
    window: Window,
    /// The newest change that is indexed.
    indexed: i64,
}

impl Page<'_> {
    /// Adds indexed changes of the window, as many as the page lacks.
    fn add_indexed(&self, rows: &mut Vec<HistoryRow>) -> Result<(), StoreError> {
        let mut values = vec![
            i64::from(self.id.0),
            self.window.first.cast_signed(),
            self.window.last.cast_signed(),
            // What a filter leaves is not known before it is read.
            if self.is_filtered() { i64::MAX } else { self.left(rows) },
            self.indexed,
        ];
        values.extend(self.subject.map(|subject| subject.id));
        let mut statement = self.connection.prepare_cached(&self.sql()).map_err(running)?;
        let mut found = statement.query(params_from_iter(values)).map_err(running)?;
        let mut finder = Finder::new(self.connection);
        while let Some(row) = found.next().map_err(running)? {
            let (version, change_id): (i64, i64) = row.try_into().map_err(running)?;
            let found = finder.change(change_id)?.filter(|(_, line)| {
                line.account_id == i64::from(self.id.0) && line.version == version
            });
            let Some((_, line)) = found else {
                let id = self.id;
                return Err(StoreError::Damaged(format!(
                    "account {id}, version {version}: it is not change {change_id} of the history"
                )));
            };
            if self.is_wanted(&line) {
                rows.push(line.to_history(self.id)?);
                if self.left(rows) == 0 {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The query for the versions in the index and the change of each.
    fn sql(&self) -> String {
        let order = self.wanted.direction.sql();
        // The array of a run to look through, the change of an element, and which elements match.
        let (array, change_id, condition) = match self.subject {
            None => ("change_ids", "element.value", String::new()),
            Some(Subject { array, .. }) => (
                array,
                "json_extract(change_ids, '$[' || element.key || ']')",
                // Most runs do not have the subject at all: those are not parsed.
                format!(
                    "AND instr(',' || trim({array}, '[]') || ',', ',' || ?6 || ',') \
                     AND element.value = ?6"
                ),
            ),
        };
        format!(
            "SELECT first_version + element.key, {change_id} \
             FROM change_run CROSS JOIN json_each({array}) AS element \
             WHERE change_run.account_id = ?1 \
             AND first_version BETWEEN ?2 - {RUN_VERSIONS} + 1 AND ?3 \
             AND first_version + element.key BETWEEN ?2 AND ?3 \
             AND {change_id} <= ?5 {condition} ORDER BY 1 {order} LIMIT ?4"
        )
    }

    /// Adds changes of the window that are not indexed yet, as many as the page lacks.
    fn add_unindexed(&self, rows: &mut Vec<HistoryRow>) -> Result<(), StoreError> {
        let Window { first, last, .. } = self.window;
        let mut left = self.left(rows);
        if left == 0 {
            return Ok(());
        }
        let direction = self.wanted.direction;
        groups::walk_account(self.connection, self.id, self.indexed, direction, |_, line| {
            let version = line.version.cast_unsigned();
            let is_over = match direction {
                Direction::OldestFirst => version > last,
                Direction::NewestFirst => version < first,
            };
            if is_over {
                return Ok(ControlFlow::Break(()));
            }
            if (first..=last).contains(&version) && self.is_wanted(line) {
                rows.push(line.to_history(self.id)?);
                left -= 1;
            }
            Ok(if left > 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })
    }

    /// Whether a change is of the subject and passes the filter.
    fn is_wanted(&self, line: &Line<'_>) -> bool {
        let filter = &self.wanted.filter;
        self.subject.is_none_or(|subject| (subject.id_in)(line) == Some(subject.id))
            && filter.import.is_none_or(|id| line.import_id == Some(id.0.cast_signed()))
            && filter.request.is_none_or(|id| line.request_id == id.to_i64())
            && filter.kind.is_none_or(|kind| line.kind == kind.as_str())
            && filter.source.as_ref().is_none_or(|source| line.source == *source)
            && filter.since_us.is_none_or(|since_us| since_us <= line.at_us)
            && filter.until_us.is_none_or(|until_us| line.at_us < until_us)
    }

    fn is_filtered(&self) -> bool {
        self.wanted.filter != ChangeFilter::default()
    }

    /// How many rows the page still lacks.
    fn left(&self, rows: &[HistoryRow]) -> i64 {
        self.wanted.rows_wanted() - i64::try_from(rows.len()).unwrap_or(i64::MAX)
    }
}

/// A phone or a skill, for its own history.
#[derive(Clone, Copy)]
struct Subject {
    id: i64,
    /// The column of `change_run` with the ids of such subjects.
    array: &'static str,
    /// The id of such a subject in a change.
    id_in: fn(&Line<'_>) -> Option<i64>,
}

impl Subject {
    fn of(of: HistoryOf) -> Option<Self> {
        match of {
            HistoryOf::Account => None,
            HistoryOf::Phone(PhoneId(id)) => {
                Some(Self { id: id.into(), array: "phone_ids", id_in: |line| line.phone_id() })
            }
            HistoryOf::Skill(SkillId(id)) => {
                Some(Self { id: id.into(), array: "skill_ids", id_in: |line| line.skill_id() })
            }
        }
    }
}
