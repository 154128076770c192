//! The thread that fills the index.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use rusqlite::Connection;

use super::{SLICE_CHANGES, Slice, is_behind};
use crate::store::sqlite::read;
use crate::store::sqlite::write::{self, Writer};
use crate::store::{CommitError, StoreError};
use crate::thread::Thread;

/// How long the thread leaves the writer to others between two slices.
const PAUSE: Duration = Duration::from_millis(10);

/// Fills the index on a thread of its own.
pub struct Indexer {
    /// Dropped before the thread, which it ends.
    wake: SyncSender<()>,
    /// Changes that were committed since the thread was last woken for them.
    committed: AtomicUsize,
    is_over: Arc<AtomicBool>,
    _thread: Thread,
}

impl Indexer {
    /// Starts the thread. It reads slices with `reader`, so that no commit waits meanwhile; with
    /// the writer's connection if there is none.
    pub fn start(reader: Option<Connection>, writer: Arc<Mutex<Writer>>) -> Self {
        let (wake, wakes) = sync_channel(1);
        let is_over = Arc::new(AtomicBool::new(false));
        let worker = Worker { reader, writer };
        let is_stopped = Arc::clone(&is_over);
        let index = move || {
            while wakes.recv().is_ok() {
                while !is_stopped.load(Ordering::Relaxed) && worker.has_indexed_slice() {
                    std::thread::sleep(PAUSE);
                }
            }
        };
        let thread = Thread::start("index", index);
        Self { wake, committed: AtomicUsize::new(0), is_over, _thread: thread }
    }

    /// Has the thread index all whole slices.
    pub fn wake(&self) {
        // A wake that is still pending is enough.
        let _ = self.wake.try_send(());
    }

    /// Counts changes that were committed, and wakes the thread once they make a slice.
    pub fn count_changes(&self, changes: usize) {
        if self.committed.fetch_add(changes, Ordering::Relaxed) + changes >= SLICE_CHANGES {
            self.committed.store(0, Ordering::Relaxed);
            self.wake();
        }
    }
}

impl Drop for Indexer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

/// What the thread works with.
struct Worker {
    reader: Option<Connection>,
    /// Writes the index too: commits of another connection would empty the writer's cache.
    writer: Arc<Mutex<Writer>>,
}

impl Worker {
    /// Indexes a slice if there is a whole one; returns whether it has.
    fn has_indexed_slice(&self) -> bool {
        self.index_slice().unwrap_or_else(|error| {
            // Readers find the changes all the same, and the next wake tries again.
            tracing::debug!(%error, "the history was not indexed");
            false
        })
    }

    fn index_slice(&self) -> Result<bool, CommitError> {
        let slice = match &self.reader {
            Some(reader) => read::transaction(reader, whole_slice)?,
            None => whole_slice(&self.writer().connection)?,
        };
        let Some(slice) = slice else { return Ok(false) };
        self.writer().transaction(|connection| slice.insert(connection))?;
        Ok(true)
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        write::lock(&self.writer)
    }
}

fn whole_slice(connection: &Connection) -> Result<Option<Slice>, StoreError> {
    if is_behind(connection)? { Slice::read(connection).map(Some) } else { Ok(None) }
}
