//! The schedule of a paced load: requests fall due at fixed times, whatever the server does.
//!
//! A thread of its own keeps it, since the timers of the async runtime round up to a whole
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

impl Schedule {
    fn due(&self, slot: u64) -> Instant {
        self.begin + Duration::from_nanos(slot * 1_000_000_000 / u64::from(self.rate))
    }
}

/// Sends every due time to the next lane in turn, when it has come. A lane that is busy
/// finds its due times queued, so that waiting for the server counts as latency.
pub fn run(schedule: Schedule, lanes: &[UnboundedSender<Instant>]) {
    let mut slots = (0u64..).zip(lanes.iter().cycle()).peekable();
    while let Some(&(slot, lane)) = slots.peek() {
        let due = schedule.due(slot);
        if due >= schedule.end {
            return;
        }
        let now = Instant::now();
        if due > now {
            thread::sleep((due - now).max(TICK));
            continue;
        }
        if lane.send(due).is_err() {
            // The connection failed, and it says why itself.
            return;
        }
        slots.next();
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
        let schedule = Schedule { begin, end, rate: 500 };
        let (first, mut a) = mpsc::unbounded_channel();
        let (second, mut b) = mpsc::unbounded_channel();
        run(schedule, &[first, second]);
        let mut offsets = Vec::new();
        while let Ok(due) = a.try_recv() {
            offsets.push((0, (due - begin).as_millis()));
        }
        while let Ok(due) = b.try_recv() {
            offsets.push((1, (due - begin).as_millis()));
        }
        assert_eq!(offsets, [(0, 0), (0, 4), (0, 8), (1, 2), (1, 6)]);
    }
}
