//! Copying the log into the file, off the commit path.
//!
//! A checkpoint by the writer itself would hold up every commit behind it: a thread of its own
//! copies most of the log, and the writer only the few pages that were committed meanwhile, so
//! that the log can begin anew. `SQLite` synchronizes the file only in a pass that reaches the
//! end of the log, which the writer's does: so the thread synchronizes it as well, or all that it
//! copied would be left to the writer. It does so in small steps and rests after each: see [`Pace`].

mod pace;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Instant;

use rusqlite::Connection;
use rusqlite::hooks::Wal;

use self::pace::Pace;

/// Pages in the log at which it is copied: about 60 MB. The longer it is, the more often a page
/// changes before it is copied, and the longer a start takes after the process was killed: some
/// 150 ms.
const LOG_PAGES: i32 = 60_000;

/// Pages in the log from which on the thread takes no rest, or a writer at full speed would be
/// faster than it for good.
const LOG_PAGES_PRESSING: i32 = 2 * LOG_PAGES;

/// Pages that may be left when the thread makes haste for the last time: some 5 ms of the disk.
const REST_PAGES: i32 = 2000;

/// Passes of the thread in a round, before the last one. Each one copies what was committed during
/// the one before, which is less each time unless the disk is slow.
const PASSES_MAX: u32 = 8;

/// Whose turn it is: nobody's, while the log is short.
const NOBODY: u8 = 0;
/// The thread's, which was asked to copy.
const THREAD: u8 = 1;
/// The writer's, as the thread has done its part.
const WRITER: u8 = 2;

/// What the thread and the writer know of one another.
#[derive(Default)]
struct Shared {
    turn: AtomicU8,
    /// Pages in the log after the last commit.
    pages: AtomicI32,
    is_over: AtomicBool,
}

impl Shared {
    fn is_pressing(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
            || self.pages.load(Ordering::Relaxed) >= LOG_PAGES_PRESSING
    }
}

/// The thread that checkpoints.
pub struct Checkpointer {
    request: Option<SyncSender<()>>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Starts the thread, which owns its connection, and watches the log of the writer.
    /// `file` is the database's: whoever opened it keeps it until all connections are closed.
    pub fn start(
        connection: Connection,
        file: Arc<File>,
        writer: &mut Connection,
    ) -> rusqlite::Result<Self> {
        let shared = Arc::new(Shared::default());
        let seen = Arc::clone(&shared);
        writer.wal_hook(Some(move |_: &mut Wal, pages| {
            if pages < seen.pages.swap(pages, Ordering::Relaxed) {
                // All of it had been copied between two commits, so SQLite began it anew.
                seen.turn.store(NOBODY, Ordering::Relaxed);
            }
            Ok(())
        }))?;
        let (request, requests) = sync_channel(1);
        let told = Arc::clone(&shared);
        let copy = move || {
            let pressed = Arc::clone(&told);
            let pace = Pace::set(file, move || pressed.is_pressing());
            while requests.recv().is_ok() {
                copy(&connection, &told, &pace);
                // Unless the log has begun anew by itself.
                let _ = told.turn.compare_exchange(
                    THREAD,
                    WRITER,
                    Ordering::Release,
                    Ordering::Relaxed,
                );
            }
        };
        let thread = std::thread::Builder::new()
            .name("checkpoint".into())
            .spawn(copy)
            .expect("a thread can be started");
        Ok(Self { request: Some(request), shared, thread: Some(thread) })
    }

    /// Called by the writer after a commit, with the write lock released.
    pub fn after_commit(&self, writer: &Connection) {
        if self.shared.pages.load(Ordering::Relaxed) < LOG_PAGES {
            return;
        }
        match self.shared.turn.load(Ordering::Acquire) {
            // Asked once a round: the thread's own passes would be in the writer's way.
            NOBODY => {
                self.shared.turn.store(THREAD, Ordering::Relaxed);
                if let Some(request) = &self.request {
                    let _ = request.try_send(());
                }
            }
            WRITER => {
                // What is left is short. After it, the next commit begins at the log's start.
                checkpoint(writer, "writer");
                self.shared.turn.store(NOBODY, Ordering::Relaxed);
                self.shared.pages.store(0, Ordering::Relaxed);
            }
            _ => {}
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        drop(self.request.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The thread's part of a round: at its own pace, until there is little left, and that in haste.
fn copy(connection: &Connection, shared: &Shared, pace: &Pace) {
    let mut left_before = i32::MAX;
    for _ in 0..PASSES_MAX {
        let copied = checkpoint(connection, "thread");
        let left = shared.pages.load(Ordering::Relaxed).saturating_sub(copied);
        // A writer that is as fast as this thread is held up in the end, or the log grows for good.
        if left <= REST_PAGES || (left >= left_before && shared.is_pressing()) {
            break;
        }
        left_before = left;
    }
    pace.hurry(|| checkpoint(connection, "thread"));
}

/// Copies what readers and writers allow, without waiting for any of them. Returns how many pages
/// of the log are in the file.
fn checkpoint(connection: &Connection, by: &'static str) -> i32 {
    let begun = Instant::now();
    let done = connection.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)").and_then(|mut s| {
        s.query_row([], |row| Ok((row.get::<_, i32>(1)?, row.get::<_, i32>(2)?)))
    });
    match done {
        Ok((pages, copied)) => {
            tracing::debug!(by, pages, copied, elapsed = ?begun.elapsed(), "checkpoint");
            copied
        }
        // The log goes on growing and nothing is lost; the next commit asks again.
        Err(error) => {
            tracing::warn!(%error, "a checkpoint failed");
            0
        }
    }
}
