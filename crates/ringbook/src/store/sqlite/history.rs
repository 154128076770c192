//! The history of an account: by the index, and behind it row by row.

use directory::{AccountId, Kind};
use rusqlite::{Connection, Row, params_from_iter};

use super::index::{self, PHONE_ID, RUN_VERSIONS, SKILL_ID};
use super::open::running;
use crate::store::history::Window;
use crate::store::{
    ChangePage, ChangesAsked, Direction, HistoryOf, HistoryRow, RequestId, StoreError,
};

/// The change at a place of a run.
const AT_PLACE: &str = "json_extract(change_ids, '$[' || place.key || ']')";

const COLUMNS: &str = "at_us, request_id, source, kind, subject_id, delta";

/// A page of the history, within the caller's transaction.
pub fn changes(
    connection: &Connection,
    id: AccountId,
    asked: &ChangesAsked,
) -> Result<ChangePage, StoreError> {
    let indexed = index::indexed(connection)?;
    let kept = kept(connection, id, indexed)?;
    let window = asked.window(kept);
    let rows = match window {
        Some(window) => rows(connection, id, asked, window, indexed)?,
        None => Vec::new(),
    };
    Ok(asked.page(kept, window, rows))
}

/// The lowest and the highest version of the account that are kept.
fn kept(
    connection: &Connection,
    id: AccountId,
    indexed: i64,
) -> Result<Option<(u64, u64)>, StoreError> {
    // Each end by itself: so SQLite goes to the ends of the index.
    let sql = "SELECT coalesce(\
                   (SELECT min(first_version) FROM change_run WHERE account_id = ?1), \
                   first), \
               coalesce(last, \
                   (SELECT first_version + json_array_length(change_ids) - 1 \
                    FROM change_run WHERE account_id = ?1 ORDER BY first_version DESC LIMIT 1)) \
               FROM (SELECT min(version) AS first, max(version) AS last \
                     FROM change WHERE id > ?2 AND account_id = ?1)";
    let mut statement = connection.prepare_cached(sql).map_err(running)?;
    let ends = statement.query_row([id.0.into(), indexed], |row| {
        let (first, last): (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
        Ok(first.map(i64::cast_unsigned).zip(last.map(i64::cast_unsigned)))
    });
    ends.map_err(running)
}

/// The rows of a window in the order that is asked for. Whatever is behind the index is newer than
/// what is in it.
fn rows(
    connection: &Connection,
    id: AccountId,
    asked: &ChangesAsked,
    window: Window,
    indexed: i64,
) -> Result<Vec<HistoryRow>, StoreError> {
    let (order, parts) = match asked.direction {
        Direction::OldestFirst => ("ASC", [Part::Indexed, Part::Behind]),
        Direction::NewestFirst => ("DESC", [Part::Behind, Part::Indexed]),
    };
    let subject = match asked.of {
        HistoryOf::Account => None,
        HistoryOf::Phone(phone) => Some(phone.0),
        HistoryOf::Skill(skill) => Some(skill.0),
    };
    let mut found = Vec::new();
    for part in parts {
        let left = asked.rows_wanted() - i64::try_from(found.len()).unwrap_or(i64::MAX);
        let sql = part.sql(asked.of, order);
        let mut values = vec![
            i64::from(id.0),
            window.first.cast_signed(),
            window.last.cast_signed(),
            left,
            indexed,
        ];
        values.extend(subject.map(i64::from));
        let mut statement = connection.prepare_cached(&sql).map_err(running)?;
        let mut rows = statement.query(params_from_iter(values)).map_err(running)?;
        while let Some(row) = rows.next().map_err(running)? {
            found.push(history_row(id, row)?);
        }
    }
    Ok(found)
}

/// Which rows of the history.
#[derive(Clone, Copy)]
enum Part {
    /// Those that are in the index.
    Indexed,
    /// Those that are not in it yet.
    Behind,
}

impl Part {
    fn sql(self, of: HistoryOf, order: &str) -> String {
        match self {
            Self::Indexed => {
                // Which of a run's places are asked for, and the change at each.
                let (places, change_id) = match of {
                    HistoryOf::Account => ("change_ids", "place.value"),
                    HistoryOf::Phone(_) => ("phone_ids", AT_PLACE),
                    HistoryOf::Skill(_) => ("skill_ids", AT_PLACE),
                };
                // Most runs do not have the subject at all: those are not parsed.
                let subject = if of == HistoryOf::Account {
                    String::new()
                } else {
                    format!(
                        "AND instr(',' || trim({places}, '[]') || ',', ',' || ?6 || ',') \
                         AND place.value = ?6"
                    )
                };
                // A row that the index names and that is not there is an error.
                format!(
                    "SELECT first_version + place.key AS version, {COLUMNS} \
                     FROM change_run CROSS JOIN json_each({places}) AS place \
                     LEFT JOIN change ON change.id = {change_id} \
                     AND change.account_id = change_run.account_id \
                     AND change.version = first_version + place.key \
                     WHERE change_run.account_id = ?1 \
                     AND first_version BETWEEN ?2 - {RUN_VERSIONS} + 1 AND ?3 \
                     AND first_version + place.key BETWEEN ?2 AND ?3 \
                     AND {change_id} <= ?5 {subject} ORDER BY 1 {order} LIMIT ?4"
                )
            }
            Self::Behind => {
                let subject = match of {
                    HistoryOf::Account => String::new(),
                    HistoryOf::Phone(_) => format!("AND {PHONE_ID} = ?6"),
                    HistoryOf::Skill(_) => format!("AND {SKILL_ID} = ?6"),
                };
                format!(
                    "SELECT version, {COLUMNS} FROM change \
                     WHERE id > ?5 AND account_id = ?1 AND version BETWEEN ?2 AND ?3 {subject} \
                     ORDER BY id {order} LIMIT ?4"
                )
            }
        }
    }
}

fn history_row(account: AccountId, row: &Row<'_>) -> Result<HistoryRow, StoreError> {
    let version = row.get::<_, i64>(0).map_err(running)?.cast_unsigned();
    let text = |column| row.get_ref(column).and_then(|v| Ok(v.as_str()?)).map_err(running);
    let kind: Kind = HistoryRow::kind(account, version, text(4)?)?;
    let subject_id: Option<i64> = row.get(5).map_err(running)?;
    Ok(HistoryRow {
        version,
        at_us: row.get(1).map_err(running)?,
        request_id: RequestId(row.get::<_, i64>(2).map_err(running)?.cast_unsigned()),
        source: text(3)?.to_owned(),
        kind,
        subject_id: subject_id.map(i64::cast_unsigned),
        delta: text(6)?.to_owned(),
    })
}
