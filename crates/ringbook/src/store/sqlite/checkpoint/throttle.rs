//! Throttles the writes of a thread to the database file, so that commits get the disk.
//!
//! A checkpoint copies some ten thousand pages. If it writes all of them and then synchronizes the
//! file, every commit meanwhile waits: its fsync of the WAL queues behind a hundred milliseconds of
//! other writes. Here the file is synchronized after each few pages, and then the thread sleeps for
//! as long as that took. Measured at 7,000 edits a second: p99 of an edit 85 to 120 ms without it,
//! and mostly 20 to 25 ms with it.

use std::cell::Cell;
use std::fs::File;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use sqlite_vfs::FailStop;

/// Bytes written between two synchronizations. Scattered pages of 1 KiB take four times as much of
/// the disk, which is some 2 ms.
const STEP_BYTES: usize = 256 * 1024;

/// The throttle of a thread.
pub struct Throttle {
    state: Rc<State>,
}

struct State {
    file: Arc<File>,
    stop: Arc<FailStop>,
    bytes: Cell<usize>,
    is_suspended: Cell<bool>,
}

impl Throttle {
    /// Throttles the writes of this thread from now on. `file` is the database file it writes to. It
    /// does not sleep while `is_urgent` returns true.
    pub fn install(
        file: Arc<File>,
        stop: Arc<FailStop>,
        is_urgent: impl Fn() -> bool + 'static,
    ) -> Self {
        let (bytes, is_suspended) = (Cell::new(0), Cell::new(false));
        let state = Rc::new(State { file, stop, bytes, is_suspended });
        let hooked = Rc::clone(&state);
        sqlite_vfs::after_writes(move |bytes| {
            hooked.bytes.set(hooked.bytes.get() + bytes);
            if hooked.bytes.get() >= STEP_BYTES && !hooked.is_suspended.get() {
                let begun = Instant::now();
                hooked.synchronize();
                if !is_urgent() {
                    std::thread::sleep(begun.elapsed());
                }
            }
        });
        Self { state }
    }

    /// Runs `write` without throttling, and then synchronizes the file.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.state.is_suspended.set(true);
        let written = write();
        self.state.is_suspended.set(false);
        self.state.synchronize();
        written
    }
}

impl State {
    fn synchronize(&self) {
        self.bytes.set(0);
        self.stop.sync(&self.file);
    }
}
