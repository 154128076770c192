//! A histogram of durations.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::metrics::{MetricType, TypedMetric};

/// The upper bounds of the buckets in microseconds, in steps of 1, 2.5 and 5: from a read from memory
/// to the longest wait for an answer.
const BOUNDS_US: [u32; 14] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000,
];

/// A histogram without a lock, for which all threads that serve requests would contend in the one
/// of `prometheus_client`. Clones share the buckets.
#[derive(Debug, Clone, Default)]
pub struct Durations(Arc<Buckets>);

#[derive(Debug, Default)]
struct Buckets {
    /// One for each bound, and one for longer durations.
    counts: [AtomicU64; BOUNDS_US.len() + 1],
    sum_ns: AtomicU64,
}

impl Durations {
    /// Counts a duration.
    pub fn observe(&self, time: Duration) {
        let bucket =
            BOUNDS_US.partition_point(|bound| Duration::from_micros((*bound).into()) < time);
        self.0.counts[bucket].fetch_add(1, Ordering::Relaxed);
        let time_ns = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.0.sum_ns.fetch_add(time_ns, Ordering::Relaxed);
    }
}

impl TypedMetric for Durations {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Durations {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), std::fmt::Error> {
        let ends = BOUNDS_US.iter().map(|bound| f64::from(*bound) / 1e6).chain([f64::INFINITY]);
        let counts = self.0.counts.iter().map(|count| count.load(Ordering::Relaxed));
        let buckets: Vec<_> = ends.zip(counts).collect();
        // The sum of the buckets, so that it is consistent with them.
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum_ns = Duration::from_nanos(self.0.sum_ns.load(Ordering::Relaxed));
        let exemplars = None::<&HashMap<usize, Exemplar<NoLabelSet, f64>>>;
        encoder.encode_histogram(sum_ns.as_secs_f64(), count, &buckets, exemplars)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;

    use super::*;

    #[test]
    fn a_bucket_counts_durations_up_to_its_bound() {
        let times = Durations::default();
        for time_us in [0, 100, 101, 2_500_000, 2_500_001] {
            times.observe(Duration::from_micros(time_us));
        }
        let mut registry = Registry::default();
        registry.register("times", "Times", times);
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        for line in [
            "times_sum 5.000202",
            "times_count 5",
            r#"times_bucket{le="0.0001"} 2"#,
            r#"times_bucket{le="0.00025"} 3"#,
            r#"times_bucket{le="1.0"} 3"#,
            r#"times_bucket{le="2.5"} 4"#,
            r#"times_bucket{le="+Inf"} 5"#,
        ] {
            assert!(text.lines().any(|found| found == line), "no {line} in {text}");
        }
    }
}
