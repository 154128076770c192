//! Checkpoints off the commit path.
//!
//! A checkpoint by the writer would delay every commit that waits for it. A thread of its own copies most
//! of the write-ahead log (WAL) into the database file, and the writer only the few pages that were
//! committed meanwhile, so that the WAL can restart. `SQLite` synchronizes the file only in a pass
//! that reaches the end of the WAL, which is the writer's. So the thread synchronizes the file as
//! well, or the writer would have to wait until all pages are on disk. It writes in small steps and
//! pauses after each: see [`Throttle`].

mod throttle;

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Instant;

use rusqlite::Connection;
use rusqlite::hooks::Wal;
use sqlite_vfs::FailStop;

use self::throttle::Throttle;
use crate::thread::Thread;

/// Pages in the WAL at which a checkpoint starts: about 60 MB. With more, a page changes more often
/// before it is copied, and a start after the process was killed takes longer than some 150 ms.
const WAL_PAGES: i32 = 60_000;

/// Pages in the WAL from which on the thread makes no pauses, as otherwise it would never catch up
/// with a writer at full speed.
const WAL_PAGES_URGENT: i32 = 2 * WAL_PAGES;

/// Pages that may be left for the thread's last pass, which is not throttled: some 5 ms of the disk.
const REST_PAGES: i32 = 2000;

/// Passes of the thread in a checkpoint, before the last one. Each one copies what was committed
/// during the one before, which is less each time unless the disk is slow.
const PASSES_MAX: u32 = 8;

/// Whose turn it is: nobody's while the WAL is short.
const NOBODY: u8 = 0;
/// The thread's, after the writer has requested a checkpoint.
const THREAD: u8 = 1;
/// The writer's, after the thread has copied its part.
const WRITER: u8 = 2;

/// The state that the thread and the writer share.
#[derive(Default)]
struct Shared {
    turn: AtomicU8,
    /// Pages in the WAL after the last commit.
    pages: AtomicI32,
    is_over: AtomicBool,
}

impl Shared {
    fn is_urgent(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
            || self.pages.load(Ordering::Relaxed) >= WAL_PAGES_URGENT
    }
}

/// The thread that checkpoints.
pub struct Checkpointer {
    /// Dropped before the thread, which it ends.
    request: SyncSender<()>,
    shared: Arc<Shared>,
    _thread: Thread,
}

impl Checkpointer {
    /// Starts the thread with a connection of its own, and sets the WAL hook of the writer.
    /// `file` is the database file; the caller keeps it open until all connections are closed.
    pub fn start(
        connection: Connection,
        file: Arc<File>,
        stop: Arc<FailStop>,
        writer: &mut Connection,
    ) -> rusqlite::Result<Self> {
        let shared = Arc::new(Shared::default());
        let hooked = Arc::clone(&shared);
        writer.wal_hook(Some(move |_: &mut Wal, pages| {
            if pages < hooked.pages.swap(pages, Ordering::Relaxed) {
                // All pages had been copied between two commits, so SQLite restarted the WAL.
                hooked.turn.store(NOBODY, Ordering::Relaxed);
            }
            Ok(())
        }))?;
        let (request, requests) = sync_channel(1);
        let state = Arc::clone(&shared);
        let copy = move || {
            let watched = Arc::clone(&state);
            let throttle = Throttle::install(file, stop, move || watched.is_urgent());
            while requests.recv().is_ok() {
                copy(&connection, &state, &throttle);
                // Unless the WAL has restarted meanwhile.
                let _ = state.turn.compare_exchange(
                    THREAD,
                    WRITER,
                    Ordering::Release,
                    Ordering::Relaxed,
                );
            }
        };
        let thread = Thread::start("checkpoint", copy);
        Ok(Self { request, shared, _thread: thread })
    }

    /// Called by the writer after a commit, with the write lock released.
    pub fn after_commit(&self, writer: &Connection) {
        if self.shared.pages.load(Ordering::Relaxed) < WAL_PAGES {
            return;
        }
        match self.shared.turn.load(Ordering::Acquire) {
            // Requested once a checkpoint: further passes of the thread would delay the writer.
            NOBODY => {
                self.shared.turn.store(THREAD, Ordering::Relaxed);
                let _ = self.request.try_send(());
            }
            WRITER => {
                // Few pages are left. Once they are copied, the next commit restarts the WAL.
                checkpoint(writer, "writer");
                self.shared.turn.store(NOBODY, Ordering::Relaxed);
                self.shared.pages.store(0, Ordering::Relaxed);
            }
            _ => {}
        }
    }

    /// A whole checkpoint, whatever the size of the WAL. Waits for the thread.
    pub fn run(&self, writer: &Connection) {
        self.shared.turn.store(THREAD, Ordering::Relaxed);
        self.request.send(()).expect("the thread runs until this is dropped");
        while self.shared.turn.load(Ordering::Acquire) == THREAD {
            std::thread::yield_now();
        }
        checkpoint(writer, "writer");
        self.shared.turn.store(NOBODY, Ordering::Relaxed);
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
    }
}

/// The thread's part of a checkpoint: throttled passes until few pages are left, and a last one that
/// is not throttled.
fn copy(connection: &Connection, shared: &Shared, throttle: &Throttle) {
    let mut left_before = i32::MAX;
    for _ in 0..PASSES_MAX {
        let Some(copied) = checkpoint(connection, "thread") else { return };
        let left = shared.pages.load(Ordering::Relaxed).saturating_sub(copied);
        // If the writer is as fast as this thread, it has to wait in the end, or the WAL would grow
        // without bound.
        if left <= REST_PAGES || (left >= left_before && shared.is_urgent()) {
            break;
        }
        left_before = left;
    }
    throttle.suspend(|| checkpoint(connection, "thread"));
}

/// Copies what readers and writers allow without waiting for any of them. Returns how many pages of
/// the WAL are in the file; none after a failure.
fn checkpoint(connection: &Connection, by: &'static str) -> Option<i32> {
    let begun = Instant::now();
    let done = connection.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)").and_then(|mut s| {
        s.query_row([], |row| Ok((row.get::<_, i32>(1)?, row.get::<_, i32>(2)?)))
    });
    match done {
        Ok((pages, copied)) => {
            tracing::debug!(by, pages, copied, elapsed = ?begun.elapsed(), "checkpoint");
            Some(copied)
        }
        // The WAL keeps growing and nothing is lost; the next commit tries again, unless a sync has
        // failed.
        Err(error) => {
            tracing::warn!(%error, "a checkpoint failed");
            None
        }
    }
}
