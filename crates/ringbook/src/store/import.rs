//! Imports: how each stands, as of its last part.

use std::sync::Arc;

use directory::AccountId;

use super::codec::Statement;
use super::copy::tables::Row;
use super::copy::tables::Value::{self, Integer, Null, Text};
use super::{ImportId, RequestId, StoreError};

/// An import, or a bulk request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The version of its first change.
    pub id: ImportId,
    /// When that was, microseconds UTC.
    pub begun_us: i64,
    /// The request that began it.
    pub request_id: RequestId,
    /// Who sent it.
    pub source: Arc<str>,
    /// Whether every row is done or none.
    pub is_whole: bool,
    /// How it stands.
    pub progress: ImportProgress,
}

/// How an import stands: what became of its rows so far. By default no row, and none to come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportProgress {
    /// Whether it is over.
    pub state: ImportState,
    /// How many rows were read.
    pub rows: u64,
    /// Those that changed something.
    pub done: u64,
    /// Those that were as asked already.
    pub unchanged: u64,
    /// Those that were refused.
    pub refused: u64,
    /// What stopped it, in the format of the front end that it came from.
    pub stopped: Option<String>,
}

/// Whether an import is over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ImportState {
    /// More rows are expected. If its process or its connection has broken off, it stays so.
    Running,
    /// All rows were read.
    #[default]
    Done,
    /// Something stopped it before all rows were read.
    Stopped,
    /// It was taken back.
    Undone,
}

/// What a commit writes of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportWrite {
    /// How it stands, unless more is known of it already: a file that is sent again comes to the same
    /// place once more.
    Progress(Import),
    /// That it was taken back.
    Undone(ImportId),
}

const READ_SQL: &str = "SELECT id, begun_us, request_id, source, mode, state, row_count, done, \
    unchanged, refused, stopped FROM import WHERE account_id = $1 AND id < $2 \
    ORDER BY id DESC LIMIT $3";

const WRITE_SQL: &str = "INSERT INTO import (account_id, id, begun_us, request_id, source, mode, \
    state, row_count, done, unchanged, refused, stopped) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
    ON CONFLICT (account_id, id) DO UPDATE SET state = excluded.state, \
    row_count = excluded.row_count, done = excluded.done, unchanged = excluded.unchanged, \
    refused = excluded.refused, stopped = excluded.stopped \
    WHERE CASE import.state WHEN 'undone' THEN excluded.done > import.done \
    WHEN 'done' THEN excluded.row_count > import.row_count \
    ELSE excluded.row_count >= import.row_count END";

const UNDONE_SQL: &str = "UPDATE import SET state = 'undone' WHERE account_id = $1 AND id = $2";

/// The names of the modes: every row or none, or those that are not refused.
const MODES: [&str; 2] = ["keep_going", "all_or_nothing"];

impl Import {
    /// The name of its mode.
    pub fn mode(&self) -> &'static str {
        MODES[usize::from(self.is_whole)]
    }
}

impl ImportState {
    /// All of them, with their names.
    pub const ALL: [(&'static str, Self); 4] = [
        ("running", Self::Running),
        ("done", Self::Done),
        ("stopped", Self::Stopped),
        ("undone", Self::Undone),
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        Self::ALL[self as usize].0
    }
}

/// Reads the newest imports below an id, as a statement that every engine understands.
pub(super) fn wanted(account: AccountId, below: ImportId, rows_max: usize) -> Statement {
    let [below, rows_max] =
        [below.0, rows_max as u64].map(|number| Integer(i64::try_from(number).unwrap_or(i64::MAX)));
    (READ_SQL, vec![Integer(account.0.into()), below, rows_max])
}

/// The imports in the rows of that statement.
pub(super) fn read(account: AccountId, rows: Vec<Row>) -> Result<Vec<Import>, StoreError> {
    let damaged = |row| StoreError::Damaged(format!("account {account}, import {row:?}"));
    rows.into_iter().map(|row| read_row(&row).ok_or_else(|| damaged(row))).collect()
}

fn read_row(row: &[Value]) -> Option<Import> {
    let [Integer(id), Integer(begun_us), Integer(request_id), texts @ .., stopped] = row else {
        return None;
    };
    let [Text(source), Text(mode), Text(state), counts @ ..] = texts else { return None };
    let [Integer(rows), Integer(done), Integer(unchanged), Integer(refused)] = counts else {
        return None;
    };
    let (_, state) = ImportState::ALL.into_iter().find(|(name, _)| name == state)?;
    let is_whole = MODES.into_iter().position(|known| known == mode)? == 1;
    let [rows, done, unchanged, refused] =
        [rows, done, unchanged, refused].map(|count| count.cast_unsigned());
    let stopped = if let Text(json) = stopped { Some(json.clone()) } else { None };
    Some(Import {
        id: ImportId(id.cast_unsigned()),
        begun_us: *begun_us,
        request_id: RequestId(request_id.cast_unsigned()),
        source: source.as_str().into(),
        is_whole,
        progress: ImportProgress { state, rows, done, unchanged, refused, stopped },
    })
}

impl ImportWrite {
    /// As a statement that every engine understands.
    pub(super) fn statement(&self, account: AccountId) -> Statement {
        let account = Integer(account.0.into());
        let import = match self {
            Self::Progress(import) => import,
            Self::Undone(id) => return (UNDONE_SQL, vec![account, Integer(id.0.cast_signed())]),
        };
        let ImportProgress { state, rows, done, unchanged, refused, stopped } = &import.progress;
        let text = |text: &str| Text(text.to_owned());
        let values = [
            account,
            Integer(import.id.0.cast_signed()),
            Integer(import.begun_us),
            Integer(import.request_id.to_i64()),
            text(&import.source),
            text(import.mode()),
            text(state.as_str()),
        ];
        let counts = [rows, done, unchanged, refused].map(|count| Integer(count.cast_signed()));
        let stopped = stopped.as_deref().map_or(Null, text);
        (WRITE_SQL, values.into_iter().chain(counts).chain([stopped]).collect())
    }
}
