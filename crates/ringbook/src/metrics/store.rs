//! Commits and failures, counted around a store: neither it nor the service knows of that.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use directory::{Account, AccountId, KeyId, Profile};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use super::histogram::Durations;
use crate::store::{
    AccountCommit, AccountHead, AccountSummary, CatchUp, ChangePage, ChangeQuery, CommitError,
    IdempotencyKey, IdempotencyRecord, Listener, OperatorKey, Origin, Prune, Pruned, Store,
    StoreError, Verdict,
};

/// Every value of the label `kind`.
const KINDS: [&str; 13] = [
    "away",
    "busy",
    "cannot_open",
    "damaged",
    "engine",
    "file_exists",
    "full",
    "newer_schema",
    "no_directory",
    "no_store",
    "not_a_store",
    "older_schema",
    "read_only",
];

/// The value of the label `kind`.
fn kind(error: &StoreError) -> &'static str {
    match error {
        StoreError::Away(_) => "away",
        StoreError::Busy => "busy",
        StoreError::CannotOpen { .. } => "cannot_open",
        StoreError::Damaged(_) => "damaged",
        StoreError::Engine(_) => "engine",
        StoreError::FileExists(_) => "file_exists",
        StoreError::Full => "full",
        StoreError::NewerSchema { .. } => "newer_schema",
        StoreError::NoDirectory { .. } => "no_directory",
        StoreError::NoStore(_) => "no_store",
        StoreError::NotAStore(_) => "not_a_store",
        StoreError::OlderSchema { .. } => "older_schema",
        StoreError::ReadOnly(_) => "read_only",
    }
}

/// What is counted of a store. A clone counts into the same numbers.
#[derive(Debug, Clone)]
pub struct StoreMetrics {
    commit_times: Durations,
    commit_changes: Histogram,
    errors: Family<[(&'static str, &'static str); 1], Counter>,
}

impl Default for StoreMetrics {
    fn default() -> Self {
        // From the one change of a caller who is alone to beyond the largest group of the writer.
        let commit_changes = Histogram::new(exponential_buckets(1.0, 2.0, 13));
        let errors = Family::default();
        for kind in KINDS {
            // There from the start, so that the first failure is seen as a rise.
            drop(errors.get_or_create(&[("kind", kind)]));
        }
        Self { commit_times: Durations::default(), commit_changes, errors }
    }
}

impl StoreMetrics {
    /// The same store, with what is done there counted.
    pub fn around(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        Arc::new(Counted { store, metrics: self.clone() })
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

    fn count(&self, error: &StoreError) {
        self.errors.get_or_create(&[("kind", kind(error))]).inc();
    }

    fn count_commit(&self, error: &CommitError) {
        let (CommitError::NothingChanged(error) | CommitError::OutcomeUnknown(error)) = error;
        self.count(error);
    }
}

/// A store around another one.
struct Counted {
    store: Arc<dyn Store>,
    metrics: StoreMetrics,
}

impl Counted {
    fn note<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        result.inspect_err(|error| self.metrics.count(error))
    }
}

impl Store for Counted {
    fn is_local(&self) -> bool {
        self.store.is_local()
    }

    fn writers(&self) -> usize {
        self.store.writers()
    }

    fn find_account(&self, user_name: &str) -> Result<Option<AccountHead>, StoreError> {
        self.note(self.store.find_account(user_name))
    }

    fn load(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.note(self.store.load(id))
    }

    fn versions_of(&self, ids: &[AccountId]) -> Result<Vec<Option<u64>>, StoreError> {
        self.note(self.store.versions_of(ids))
    }

    fn account_ids(&self) -> Result<Vec<AccountId>, StoreError> {
        self.note(self.store.account_ids())
    }

    fn accounts(&self, above: &str, rows_max: usize) -> Result<Vec<AccountSummary>, StoreError> {
        self.note(self.store.accounts(above, rows_max))
    }

    fn create_account(
        &self,
        profile: &Profile,
        origin: &Origin,
        answer: Option<&IdempotencyRecord>,
        deadline: Instant,
    ) -> Result<Option<AccountId>, CommitError> {
        let made = self.store.create_account(profile, origin, answer, deadline);
        made.inspect_err(|error| self.metrics.count_commit(error))
    }

    fn commit(
        &self,
        batch: &[AccountCommit],
        deadline: Instant,
    ) -> Result<Vec<Verdict>, CommitError> {
        let begun = Instant::now();
        let verdicts = self.store.commit(batch, deadline);
        self.metrics.commit_times.observe(begun.elapsed());
        let changes: usize = batch.iter().map(|account| account.changes.len()).sum();
        // A float has room for more changes than anybody has.
        #[allow(clippy::cast_precision_loss)]
        self.metrics.commit_changes.observe(changes as f64);
        verdicts.inspect_err(|error| self.metrics.count_commit(error))
    }

    fn catch_up_all(&self, known: &[(AccountId, u64)]) -> Result<Vec<CatchUp>, StoreError> {
        self.note(self.store.catch_up_all(known))
    }

    fn listen(&self, listener: Listener) {
        self.store.listen(listener);
    }

    fn stale(&self, known: &[(AccountId, u64)]) -> Result<Vec<AccountId>, StoreError> {
        self.note(self.store.stale(known))
    }

    fn idempotency_records(
        &self,
        asked: &[(AccountId, IdempotencyKey)],
        since_us: i64,
    ) -> Result<Vec<Option<IdempotencyRecord>>, StoreError> {
        self.note(self.store.idempotency_records(asked, since_us))
    }

    fn changes(&self, id: AccountId, asked: &ChangeQuery) -> Result<ChangePage, StoreError> {
        self.note(self.store.changes(id, asked))
    }

    fn note_key_uses(&self, used: &[(AccountId, KeyId, i64)]) -> Result<(), StoreError> {
        self.note(self.store.note_key_uses(used))
    }

    fn key_uses(&self, id: AccountId) -> Result<Vec<(KeyId, i64)>, StoreError> {
        self.note(self.store.key_uses(id))
    }

    fn operator_keys(&self) -> Result<Vec<OperatorKey>, StoreError> {
        self.note(self.store.operator_keys())
    }

    fn create_operator_key(&self, key: &OperatorKey) -> Result<bool, StoreError> {
        self.note(self.store.create_operator_key(key))
    }

    fn delete_operator_key(&self, name: &str) -> Result<bool, StoreError> {
        self.note(self.store.delete_operator_key(name))
    }

    fn prune(&self, prune: &Prune, rows_max: usize) -> Result<Pruned, StoreError> {
        self.note(self.store.prune(prune, rows_max))
    }

    fn backup(&self, file: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<(), StoreError> {
        self.note(self.store.backup(file, progress))
    }

    fn check_integrity(&self) -> Result<Vec<String>, StoreError> {
        self.note(self.store.check_integrity())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::SqliteStore;

    #[test]
    fn a_failure_is_counted_by_its_kind() {
        let metrics = StoreMetrics::default();
        let store = metrics.around(Arc::new(SqliteStore::in_memory().unwrap()));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("there");
        std::fs::write(&file, "").unwrap();
        let failed = store.backup(&file, &mut |_, _| {});
        assert!(matches!(failed, Err(StoreError::FileExists(_))), "{failed:?}");
        for kind in KINDS {
            let counted = metrics.errors.get_or_create(&[("kind", kind)]).get();
            assert_eq!(counted, u64::from(kind == "file_exists"), "{kind}");
        }
    }
}
