//! A buffer for log lines, written by a thread of its own.
//!
//! A system call or a wake-up for each line would cost a request more than its share of the fsync.
//! So the thread writes the buffer ten times a second, and a slow terminal or pipe blocks no
//! request. A killed process loses at most the last tenth of a second of its log.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing_subscriber::fmt::MakeWriter;

use crate::thread::Thread;

/// The longest time that a line waits.
const INTERVAL: Duration = Duration::from_millis(100);

/// The size of the buffer, in bytes, at which the thread is woken early.
const WAKE_BYTES: usize = 256 * 1024;

/// The largest size of the buffer, in bytes. Beyond it lines are dropped and counted.
const BYTES_MAX: usize = 8 * 1024 * 1024;

/// How long a process that ends at once waits for whoever reads its log, and how often it looks.
const FINISH_TIMEOUT: Duration = Duration::from_secs(1);
const FINISH_PAUSE: Duration = Duration::from_millis(1);

#[derive(Default)]
struct Shared {
    lines: Mutex<Lines>,
    wake: Condvar,
}

#[derive(Default)]
struct Lines {
    bytes: Vec<u8>,
    dropped: u64,
    is_over: bool,
}

impl Shared {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The writer for the subscriber.
#[derive(Clone)]
pub struct Buffer(Arc<Shared>);

/// Writes the rest of the buffer when dropped.
pub struct Flush {
    shared: Arc<Shared>,
    thread: Thread,
}

pub fn start(out: Box<dyn Write + Send>) -> (Buffer, Flush) {
    let shared = Arc::new(Shared::default());
    let source = Arc::clone(&shared);
    let thread = Thread::start("log", move || write_out(&source, out));
    (Buffer(Arc::clone(&shared)), Flush { shared, thread })
}

fn write_out(shared: &Shared, mut out: Box<dyn Write + Send>) {
    let mut taken = Vec::new();
    loop {
        let waiting = |lines: &mut Lines| !lines.is_over && lines.bytes.len() < WAKE_BYTES;
        let lines = shared.lines();
        let (mut lines, _) = shared
            .wake
            .wait_timeout_while(lines, INTERVAL, waiting)
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut lines.bytes, &mut taken);
        let (dropped, is_over) = (std::mem::take(&mut lines.dropped), lines.is_over);
        drop(lines);
        // There is nowhere to report that the log cannot be written.
        let _ = out.write_all(&taken);
        taken.clear();
        if dropped > 0 {
            // It is a line of the log itself, so it is written in the next round.
            tracing::warn!(dropped, "log lines were dropped: the reader is too slow");
        } else if is_over {
            return;
        }
    }
}

impl Flush {
    /// Writes the rest of the buffer, unless that takes long. No later line is written.
    pub fn finish(&self) {
        self.end();
        let begun = Instant::now();
        while self.thread.is_running() && begun.elapsed() < FINISH_TIMEOUT {
            std::thread::sleep(FINISH_PAUSE);
        }
    }

    fn end(&self) {
        self.shared.lines().is_over = true;
        self.shared.wake.notify_one();
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        self.end();
    }
}

impl<'a> MakeWriter<'a> for Buffer {
    type Writer = &'a Buffer;
    fn make_writer(&'a self) -> &'a Buffer {
        self
    }
}

/// The subscriber writes a whole line at a time.
impl Write for &Buffer {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut lines = self.0.lines();
        if lines.bytes.len() + line.len() > BYTES_MAX {
            lines.dropped += 1;
            return Ok(line.len());
        }
        let length_before = lines.bytes.len();
        lines.bytes.extend_from_slice(line);
        if length_before < WAKE_BYTES && lines.bytes.len() >= WAKE_BYTES {
            self.0.wake.notify_one();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_buffer_drops_and_counts_lines() {
        let shared = Arc::new(Shared::default());
        let buffer = Buffer(Arc::clone(&shared));
        let line = vec![b'x'; BYTES_MAX / 2];
        for _ in 0..3 {
            (&buffer).write_all(&line).unwrap();
        }
        assert_eq!(shared.lines().dropped, 1);
    }
}
