//! Metrics of commits and failures, counted by a store around the store.

use std::borrow::Borrow;
use std::sync::Arc;
use std::time::Instant;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use super::requests::durations;
use crate::store::{AccountCommit, CommitError, Decorator, Store, StoreError, Verdict};

/// Declares the values of the label `kind`, with the errors of each.
macro_rules! kinds {
    ($($kind:literal: $errors:pat,)+) => {
        /// Every value of the label `kind`.
        const KINDS: &[&str] = &[$($kind),+];

        /// The value of the label `kind`.
        fn kind(error: &StoreError) -> &'static str {
            match error {
                $($errors => $kind,)+
            }
        }
    };
}

kinds! {
    "away": StoreError::Away(_),
    "busy": StoreError::Busy,
    "cannot_open": StoreError::CannotOpen { .. },
    "damaged": StoreError::Damaged(_),
    "engine": StoreError::Engine(_),
    "file_exists": StoreError::FileExists(_),
    "full": StoreError::Full,
    "newer_schema": StoreError::NewerSchema { .. },
    "no_directory": StoreError::NoDirectory { .. },
    "no_store": StoreError::NoStore(_),
    "not_a_store": StoreError::NotAStore(_),
    "older_schema": StoreError::OlderSchema { .. } | StoreError::UnreleasedSchema { .. },
    "read_only": StoreError::ReadOnly(_),
    "stopped": StoreError::Stopped(_),
    "unsuitable": StoreError::Unsuitable { .. },
}

/// The metrics of a store. Clones share them.
#[derive(Debug, Clone)]
pub struct StoreMetrics {
    commit_times: Histogram,
    commit_changes: Histogram,
    errors: Family<[(&'static str, &'static str); 1], Counter>,
}

impl Default for StoreMetrics {
    fn default() -> Self {
        // From one change to more than the writer ever puts into one commit.
        let commit_changes = Histogram::new(exponential_buckets(1.0, 2.0, 13));
        let errors = Family::default();
        for kind in KINDS.iter().copied() {
            // Exported from the start, so that the first failure shows as an increase.
            drop(errors.get_or_create(&[("kind", kind)]));
        }
        Self { commit_times: durations(), commit_changes, errors }
    }
}

impl StoreMetrics {
    /// Wraps a store so that its commits and failures are counted.
    pub fn around(&self, inner: Arc<dyn Store>) -> Arc<dyn Store> {
        Arc::new(MeteredStore { inner, metrics: self.clone() })
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "commit_duration",
            "Time that the store took for a commit, until it was on stable storage or failed",
            Unit::Seconds,
            self.commit_times.clone(),
        );
        registry.register(
            "commit_changes",
            "Changes of a commit: what had queued up during the one before",
            self.commit_changes.clone(),
        );
        registry.register(
            "store_errors",
            "What the store could not do, by kind of failure",
            self.errors.clone(),
        );
    }

    fn count_error(&self, error: &StoreError) {
        self.errors.get_or_create(&[("kind", kind(error))]).inc();
    }
}

/// A store whose commits and failures are counted.
struct MeteredStore {
    inner: Arc<dyn Store>,
    metrics: StoreMetrics,
}

impl Decorator for MeteredStore {
    fn inner(&self) -> &dyn Store {
        &*self.inner
    }

    fn run<T, E: Borrow<StoreError> + From<StoreError>>(
        &self,
        operation: impl FnOnce(&dyn Store) -> Result<T, E>,
    ) -> Result<T, E> {
        operation(self.inner()).inspect_err(|error| self.metrics.count_error(error.borrow()))
    }

    fn commit_batch(
        &self,
        batch: &[AccountCommit],
        deadline: Instant,
    ) -> Result<Vec<Verdict>, CommitError> {
        let begun = Instant::now();
        let verdicts = self.run(|store| store.commit(batch, deadline));
        self.metrics.commit_times.observe(begun.elapsed().as_secs_f64());
        let changes: usize = batch.iter().map(|account| account.changes.len()).sum();
        // A commit has far fewer changes than a float can count.
        #[allow(clippy::cast_precision_loss)]
        self.metrics.commit_changes.observe(changes as f64);
        verdicts
    }
}
