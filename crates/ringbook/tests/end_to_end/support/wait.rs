//! Waiting for what must come.

use std::thread;
use std::time::{Duration, Instant};

/// Between two looks: short against any deadline, long against a look.
const PAUSE: Duration = Duration::from_millis(2);

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
    within(Duration::from_secs(30), what, || look().then_some(()));
}
