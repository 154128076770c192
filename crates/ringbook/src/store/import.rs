//! Imports: how each stands, as of its last part.

use std::sync::Arc;

use directory::AccountId;

use super::codec::Statement;
use super::copy::tables::Value::{Integer, Null, Text};
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

/// How an import stands: what became of its rows so far.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportState {
    /// More rows are expected. If its process or its connection has broken off, it stays so.
    Running,
    /// All rows were read.
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

/// The newest imports below an id.
pub(super) const READ_SQL: &str = "SELECT id, begun_us, request_id, row_count, done, unchanged, \
    refused, source, mode, state, stopped FROM import WHERE account_id = $1 AND id < $2 \
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

impl Default for ImportProgress {
    /// No row so far, and none to come.
    fn default() -> Self {
        let state = ImportState::Done;
        Self { state, rows: 0, done: 0, unchanged: 0, refused: 0, stopped: None }
    }
}

impl Import {
    /// The name of its mode.
    pub fn mode(&self) -> &'static str {
        MODES[usize::from(self.is_whole)]
    }
}

impl ImportState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Running, Self::Done, Self::Stopped, Self::Undone];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Stopped => "stopped",
            Self::Undone => "undone",
        }
    }
}

/// The numbers of [`READ_SQL`], its texts, and the last one.
pub(super) type Row = ([i64; 7], [String; 3], Option<String>);

/// Reads a row.
pub(super) fn read(account: AccountId, row: Row) -> Result<Import, StoreError> {
    let ([id, begun_us, request_id, rows, done, unchanged, refused], texts, stopped) = row;
    let [source, mode, state] = texts;
    let damaged =
        || StoreError::Damaged(format!("account {account}, import {id}: {mode}, {state}"));
    let state = ImportState::ALL.into_iter().find(|known| known.as_str() == state);
    let mode_index = MODES.into_iter().position(|known| known == mode);
    let [rows, done, unchanged, refused] = [rows, done, unchanged, refused].map(i64::cast_unsigned);
    let state = state.ok_or_else(damaged)?;
    Ok(Import {
        id: ImportId(id.cast_unsigned()),
        begun_us,
        request_id: RequestId(request_id.cast_unsigned()),
        source: source.into(),
        is_whole: mode_index.ok_or_else(damaged)? == 1,
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
