//! The counts of a load: latencies within the measured window, and wrong replies at any time.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::figures::real;

/// How many wrong replies are shown.
const SHOWN: usize = 3;

/// The measured time: after the warm-up, before the end.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Where counting starts.
    pub start: Instant,
    /// Where it ends; a closed loop sends nothing after it.
    pub end: Instant,
}

impl Window {
    /// Whether something at this time counts.
    pub fn holds(&self, time: Instant) -> bool {
        self.start <= time && time < self.end
    }
}

/// The counts of one thread, or of all of them.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Latencies in microseconds.
    latencies: Histogram<u64>,
    wrong: u64,
    shown: Vec<String>,
}

impl Tally {
    pub fn new() -> Self {
        Self {
            // Three digits are kept up to a minute; anything slower counts as a minute.
            latencies: Histogram::new_with_bounds(1, 60_000_000, 3).expect("the bounds are valid"),
            wrong: 0,
            shown: Vec::new(),
        }
    }

    /// Counts a right reply.
    pub fn record(&mut self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.latencies.saturating_record(micros);
    }

    /// Counts a wrong reply and keeps the first few.
    pub fn complain(&mut self, what: impl FnOnce() -> String) {
        self.wrong += 1;
        if self.shown.len() < SHOWN {
            self.shown.push(what());
        }
    }

    /// Adds the counts of another thread.
    pub fn add(&mut self, other: Self) {
        self.latencies.add(&other.latencies).expect("all tallies have the same bounds");
        self.wrong += other.wrong;
        self.shown.extend(other.shown);
        self.shown.truncate(SHOWN);
    }

    /// How many right replies were counted.
    pub fn count(&self) -> u64 {
        self.latencies.len()
    }

    /// Median, 99th percentile and maximum of the latency.
    pub fn milliseconds(&self) -> [f64; 3] {
        [0.5, 0.99, 1.0].map(|share| real(self.latencies.value_at_quantile(share)) / 1000.0)
    }

    /// An error that shows wrong replies, if there were any.
    pub fn verdict(&self) -> Result<(), String> {
        if self.wrong == 0 {
            return Ok(());
        }
        let shown = self.shown.join("\n");
        Err(format!("{} wrong replies, the first of them:\n{shown}", self.wrong))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_right_over_merged_tallies() {
        let mut all = Tally::new();
        for half in [1..=50, 51..=100] {
            let mut tally = Tally::new();
            half.for_each(|ms| tally.record(Duration::from_millis(ms)));
            all.add(tally);
        }
        assert_eq!(all.count(), 100);
        for (got, expected) in all.milliseconds().into_iter().zip([50.0, 99.0, 100.0]) {
            assert!((got - expected).abs() < 0.1, "{got} {expected}");
        }
        assert!(all.verdict().is_ok());
    }

    #[test]
    fn wrong_reply_is_an_error_and_only_a_few_are_shown() {
        let mut tally = Tally::new();
        for number in 0..10 {
            tally.complain(|| format!("reply {number}"));
        }
        let error = tally.verdict().unwrap_err();
        assert_eq!(error, "10 wrong replies, the first of them:\nreply 0\nreply 1\nreply 2");
    }
}
