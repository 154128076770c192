//! Where the changes of an account are: an index of our own, which lags behind.
//!
//! An index of SQLite's would be written by each commit, a page for each account in it. This one is
//! filled in slices, and takes what a slice has of an account as one row, a run: by the commit
//! that completes a slice, from what the writer remembers of it, and by a thread where more is
//! missing, as after a migration or an import. Whoever reads looks at the changes behind it as well.

mod recent;

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use directory::{AccountId, Kind};
use rusqlite::{Connection, params};

pub use self::recent::Recent;
use super::checkpoint::Checkpointer;
use super::groups::{self, Line};
use super::open::running;
use super::write::Writer;
use crate::store::{Direction, StoreError};

/// Changes that are put in at a time: some 2 ms. With more, a run has more of them and a page of the
/// index is written less often, but whoever reads looks at more changes behind it.
const SLICE_CHANGES: i64 = 4000;

/// Versions of a run at most, so that a page of the history reads few that it does not show.
/// A run is within one multiple of this and the next.
pub const RUN_VERSIONS: i64 = 128;

/// How long the thread leaves the writer to others between two slices.
const PAUSE: Duration = Duration::from_millis(10);

/// The newest change that is in the index.
pub fn indexed(connection: &Connection) -> Result<i64, StoreError> {
    let sql = "SELECT change_id FROM change_indexed";
    let mut statement = connection.prepare_cached(sql).map_err(running)?;
    statement.query_row([], |row| row.get(0)).map_err(running)
}

/// Whether a slice or more is missing.
pub fn is_behind(connection: &Connection) -> Result<bool, StoreError> {
    Ok(groups::newest(connection)? - indexed(connection)? >= SLICE_CHANGES)
}

/// Puts a slice in if there is a whole one, within the caller's transaction; says whether there
/// is another one.
pub fn advance(connection: &Connection, recent: &mut Recent) -> Result<bool, StoreError> {
    if recent.is_less_than_a_slice() {
        return Ok(false);
    }
    let from = indexed(connection)?;
    recent.is_indexed_to(from);
    if !is_behind(connection)? {
        return Ok(false);
    }
    match recent.take_slice(from) {
        Some(rows) => put_rows_in(connection, rows, from + SLICE_CHANGES)?,
        None => put_in(connection)?,
    }
    is_behind(connection)
}

/// Puts in what is missing, a slice at most, within the caller's transaction.
pub fn put_in(connection: &Connection) -> Result<(), StoreError> {
    let (rows, to) = slice(connection, indexed(connection)?)?;
    put_rows_in(connection, rows, to)
}

/// Puts rows in, after which the index reaches to the change `to`.
fn put_rows_in(connection: &Connection, mut rows: Vec<Row>, to: i64) -> Result<(), StoreError> {
    rows.sort_unstable_by_key(|row| (row.account_id, row.version));
    // A run that is there already is the same: nothing goes wrong if it is put in twice.
    let sql = "INSERT OR REPLACE INTO change_run \
               (account_id, first_version, change_ids, phone_ids, skill_ids) \
               VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut insert = connection.prepare_cached(sql).map_err(running)?;
    for run in rows.chunk_by(Row::is_followed_by) {
        let change_ids = array(run, |row| Some(row.change_id));
        let phone_ids = array(run, |row| row.phone_id);
        let has_skills = run.iter().any(|row| row.skill_id.is_some());
        let skill_ids = has_skills.then(|| array(run, |row| row.skill_id));
        let values = params![run[0].account_id, run[0].version, change_ids, phone_ids, skill_ids];
        insert.execute(values).map_err(running)?;
    }
    let sql = "UPDATE change_indexed SET change_id = ?1";
    connection.prepare_cached(sql).and_then(|mut s| s.execute([to])).map_err(running)?;
    Ok(())
}

/// What the index says of a change.
#[derive(Debug, Clone)]
pub struct Row {
    pub account_id: i64,
    pub version: i64,
    pub change_id: i64,
    pub phone_id: Option<i64>,
    pub skill_id: Option<i64>,
}

impl Row {
    /// Of a change that has no id yet.
    pub fn of(account: AccountId, version: u64, kind: Kind, subject_id: Option<u64>) -> Self {
        let subject_id = subject_id.map(u64::cast_signed);
        Self::about([account.0.into(), version.cast_signed(), 0], Some(kind), subject_id)
    }

    /// Of a change that was read.
    pub fn of_line(change_id: i64, line: &Line<'_>) -> Self {
        Self::about([line.account_id, line.version, change_id], line.kind(), line.subject_id)
    }

    fn about(
        [account_id, version, change_id]: [i64; 3],
        kind: Option<Kind>,
        subject_id: Option<i64>,
    ) -> Self {
        let id_if = |is_of: fn(Kind) -> bool| subject_id.filter(|_| kind.is_some_and(is_of));
        Self {
            account_id,
            version,
            change_id,
            phone_id: id_if(Kind::is_of_phone),
            skill_id: id_if(Kind::is_of_skill),
        }
    }

    /// Whether `next` is the next one of the same run.
    fn is_followed_by(&self, next: &Self) -> bool {
        self.account_id == next.account_id
            && self.version + 1 == next.version
            && next.version % RUN_VERSIONS != 0
    }
}

/// The changes above `from`, a slice at most, and how far the index reaches with them.
fn slice(connection: &Connection, from: i64) -> Result<(Vec<Row>, i64), StoreError> {
    let (mut rows, mut to, mut left) = (Vec::new(), from, SLICE_CHANGES);
    groups::walk(connection, from, Direction::OldestFirst, |id, line| {
        rows.extend(Line::parse(id, line)?.map(|line| Row::of_line(id, &line)));
        to = id;
        left -= 1;
        Ok(if left > 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok((rows, to))
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

/// The thread that puts in what is missing, however much that is.
pub struct Indexer {
    wake: Option<SyncSender<()>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Indexer {
    /// Starts the thread, which goes by the writer's connection: what another one writes would
    /// empty the writer's cache.
    pub fn start(writer: Arc<Mutex<Writer>>, checkpointer: Arc<Checkpointer>) -> Self {
        let (wake, wakes) = sync_channel(1);
        let is_over = Arc::new(AtomicBool::new(false));
        let is_told = Arc::clone(&is_over);
        let index = move || {
            while wakes.recv().is_ok() {
                while !is_told.load(Ordering::Relaxed) && put_slice(&writer, &checkpointer) {
                    std::thread::sleep(PAUSE);
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("index".into())
            .spawn(index)
            .expect("a thread can be started");
        Self { wake: Some(wake), is_over, thread: Some(thread) }
    }

    /// More than a slice may be missing.
    pub fn wake(&self) {
        if let Some(wake) = &self.wake {
            // Where it was told already and has not yet looked, that is enough.
            let _ = wake.try_send(());
        }
    }
}

/// Puts a slice in; says whether there may be another one.
fn put_slice(writer: &Mutex<Writer>, checkpointer: &Checkpointer) -> bool {
    let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
    if !matches!(is_behind(&writer.connection), Ok(true)) {
        return false;
    }
    match writer.transaction(|_| Ok(())) {
        Ok(()) => {
            checkpointer.after_commit(&writer.connection);
            writer.is_index_behind
        }
        // The next commit tries again, and tells its caller if it cannot.
        Err(error) => {
            tracing::debug!(%error, "the history was not indexed");
            false
        }
    }
}

impl Drop for Indexer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        drop(self.wake.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
