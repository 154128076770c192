//! Waiting for what must come.

use std::thread;
use std::time::{Duration, Instant};

/// Between two looks: short against any deadline, long against a look.
const PAUSE: Duration = Duration::from_millis(2);

/// Longer than anything takes that comes at all, however busy the machine is.
const PATIENCE: Duration = Duration::from_mins(1);

/// What must come within the deadline at the latest.
#[track_caller]
pub fn within<T>(deadline: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(begun.elapsed() < deadline, "waited {deadline:?}: {what}");
        thread::sleep(PAUSE);
    }
}

/// What must come, however busy the machine is.
#[track_caller]
pub fn until(what: &str, mut look: impl FnMut() -> bool) {
    until_some(what, || look().then_some(()));
}

/// As [`until`], with what has come.
#[track_caller]
pub fn until_some<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, what, look)
}
