//! The schedule of a paced load: requests fall due at fixed times, whatever the server does.
//!
//! It has a thread of its own, since the timers of the async runtime round up to a whole
//! millisecond and would add that to every latency.

use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;

/// The shortest sleep. Waking for every request would take processor time from the server.
const TICK: Duration = Duration::from_micros(150);

/// When the requests of a paced load fall due.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// When the first one is due.
    pub begin: Instant,
    /// None is due at this time or later.
    pub end: Instant,
    /// How many a second are due.
    pub rate: u32,
}

/// Sends every due time to the next connection in turn. A connection that is busy finds its due
/// times queued, so waiting for the server counts as latency.
pub fn run(schedule: Schedule, connections: &[UnboundedSender<Instant>]) {
    let Schedule { begin, end, rate } = schedule;
    for (slot, connection) in (0u64..).zip(connections.iter().cycle()) {
        let due = begin + Duration::from_nanos(slot * 1_000_000_000 / u64::from(rate));
        if due >= end {
            return;
        }
        let wait = due.saturating_duration_since(Instant::now());
        if !wait.is_zero() {
            thread::sleep(wait.max(TICK));
        }
        if connection.send(due).is_err() {
            // The connection failed, and reports the reason itself.
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc;

    #[test]
    fn due_times_are_even_and_dealt_in_turn() {
        let end = Instant::now();
        let begin = end.checked_sub(Duration::from_millis(10)).unwrap();
        let (first, mut a) = mpsc::unbounded_channel();
        let (second, mut b) = mpsc::unbounded_channel();
        run(Schedule { begin, end, rate: 500 }, &[first, second]);
        let mut offsets = Vec::new();
        for (number, receiver) in [&mut a, &mut b].into_iter().enumerate() {
            while let Ok(due) = receiver.try_recv() {
                offsets.push((number, (due - begin).as_millis()));
            }
        }
        assert_eq!(offsets, [(0, 0), (0, 4), (0, 8), (1, 2), (1, 6)]);
    }
}
