//! The time, passed in.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A day, in microseconds.
pub const DAY_US: i64 = 24 * 3_600_000_000;

/// A source of the time.
pub trait Clock: Send + Sync {
    /// Microseconds since 1970, UTC.
    fn now_us(&self) -> i64;

    /// The time since a fixed moment: for measuring, as it does not jump when the clock is set.
    fn elapsed(&self) -> Duration;
}

/// The first call of `elapsed`.
static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // This is the source of the time.
    fn now_us(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    }

    fn elapsed(&self) -> Duration {
        BEGUN.elapsed()
    }
}

/// A clock that moves only when it is told to.
#[derive(Debug)]
pub struct ManualClock {
    now_us: AtomicI64,
    elapsed_us: AtomicI64,
}

impl ManualClock {
    /// A clock at `now_us`.
    pub fn new(now_us: i64) -> Self {
        Self { now_us: AtomicI64::new(now_us), elapsed_us: AtomicI64::new(0) }
    }

    /// Some time passes.
    pub fn advance_us(&self, by_us: i64) {
        self.set_forward_us(by_us);
        self.elapsed_us.fetch_add(by_us, Ordering::Relaxed);
    }

    /// Somebody sets the clock forward, or back if this is negative. No time passes.
    pub fn set_forward_us(&self, by_us: i64) {
        self.now_us.fetch_add(by_us, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now_us(&self) -> i64 {
        self.now_us.load(Ordering::Relaxed)
    }

    fn elapsed(&self) -> Duration {
        Duration::from_micros(self.elapsed_us.load(Ordering::Relaxed).unsigned_abs())
    }
}

/// A time as text, such as `2026-11-24T08:30:00.123456Z`.
pub fn time_text(at_us: i64) -> String {
    let time = jiff::Timestamp::from_microsecond(at_us);
    time.map_or_else(|_| at_us.to_string(), |at| at.to_string())
}
