//! Where the changes of an account are: an index of our own, which lags behind.
//!
//! An index of SQLite's would be written by each commit, a page for each account in it. This one is
//! filled in slices, sorted by account, so that a page takes many rows at a time: by the commit
//! that completes a slice, and by a thread where more is missing, as after a migration, an import
//! or the commits of an older program. Whoever reads looks at the rows behind it as well.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;

use super::checkpoint::Checkpointer;
use super::open::running;
use super::write::Writer;
use crate::store::StoreError;

/// Rows that are put in at a time: some 3 ms. Of a hundred accounts, twenty rows each go into one
/// page or two.
pub const SLICE_ROWS: i64 = 2000;

/// How long the thread leaves the writer to others between two slices.
const PAUSE: Duration = Duration::from_millis(10);

/// The phone of a row of `change`, if it is about one.
pub const PHONE_ID: &str = "CASE WHEN kind IN ('create', 'edit', 'delete') THEN subject_id END";

/// The skill of a row of `change`, if it is about one.
pub const SKILL_ID: &str =
    "CASE WHEN kind IN ('skill.create', 'skill.rename', 'skill.delete') THEN subject_id END";

/// The newest row of `change` that is in the index.
pub fn indexed(connection: &Connection) -> Result<i64, StoreError> {
    number(connection, "SELECT change_id FROM change_indexed")
}

/// Whether a slice or more is missing.
pub fn is_behind(connection: &Connection) -> Result<bool, StoreError> {
    let sql = "SELECT coalesce((SELECT max(id) FROM change), 0) \
               - (SELECT change_id FROM change_indexed)";
    Ok(number(connection, sql)? >= SLICE_ROWS)
}

fn number(connection: &Connection, sql: &str) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(running)?;
    statement.query_row([], |row| row.get(0)).map_err(running)
}

/// Puts a slice in if there is a whole one, within the caller's transaction; says whether there
/// is another one.
pub fn advance(connection: &Connection) -> Result<bool, StoreError> {
    if !is_behind(connection)? {
        return Ok(false);
    }
    put_in(connection)?;
    is_behind(connection)
}

/// Puts in what is missing, a slice at most, within the caller's transaction.
pub fn put_in(connection: &Connection) -> Result<(), StoreError> {
    let from = indexed(connection)?;
    let sql = "SELECT max(id) FROM (SELECT id FROM change WHERE id > ?1 ORDER BY id LIMIT ?2)";
    let to = connection
        .prepare_cached(sql)
        .and_then(|mut s| s.query_row([from, SLICE_ROWS], |row| row.get::<_, Option<i64>>(0)));
    let Some(to) = to.map_err(running)? else { return Ok(()) };
    // A row that is there already is the same: nothing goes wrong if it is put in twice.
    let sql = format!(
        "INSERT OR REPLACE INTO change_of_account \
         (account_id, version, change_id, phone_id, skill_id) \
         SELECT account_id, version, id, {PHONE_ID}, {SKILL_ID} \
         FROM change WHERE id > ?1 AND id <= ?2 ORDER BY account_id, version"
    );
    let put = connection.prepare_cached(&sql).and_then(|mut s| s.execute([from, to]));
    put.map_err(running)?;
    let sql = "UPDATE change_indexed SET change_id = ?1";
    connection.prepare_cached(sql).and_then(|mut s| s.execute([to])).map_err(running)?;
    Ok(())
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
