//! Ring decisions that PBXs asked for.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::requests::durations;

/// Counts ring decisions. Clones share the counts.
#[derive(Debug, Clone)]
pub struct RingDecisions {
    decisions: Family<[(&'static str, &'static str); 2], Counter>,
    times: Family<[(&'static str, &'static str); 1], Histogram>,
}

impl Default for RingDecisions {
    fn default() -> Self {
        Self { decisions: Family::default(), times: Family::new_with_constructor(durations) }
    }
}

impl RingDecisions {
    /// Counts a decision for a dialect, with the outcome as in the log, which took so long.
    pub fn count(&self, dialect: &'static str, outcome: &'static str, time: Duration) {
        self.decisions.get_or_create(&[("dialect", dialect), ("outcome", outcome)]).inc();
        self.times.get_or_create(&[("dialect", dialect)]).observe(time.as_secs_f64());
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "ring_decisions",
            "Answers to PBXs that asked whom to ring, by dialect and outcome",
            self.decisions.clone(),
        );
        registry.register_with_unit(
            "ring_decision_duration",
            "Time from the head of such a request to its answer",
            Unit::Seconds,
            self.times.clone(),
        );
    }
}
