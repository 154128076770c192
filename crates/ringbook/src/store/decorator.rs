//! Stores around another store.

use std::path::Path;
use std::time::Instant;

use directory::{Account, AccountId, KeyId, Profile};

use super::{
    AccountCommit, AccountSummary, CatchUp, ChangePage, ChangeQuery, CommitError, FoundAccount,
    IdempotencyKey, IdempotencyRecord, Listener, OperatorKey, Origin, Prune, Pruned, Store,
    StoreError, Verdict,
};

/// A store that forwards each operation to the one inside. What implements this is a [`Store`].
pub trait Decorator: Send + Sync {
    /// The store inside.
    fn inner(&self) -> &dyn Store;

    /// Runs an operation that reports a [`StoreError`] on the store inside.
    fn run<T>(
        &self,
        operation: impl FnOnce(&dyn Store) -> Result<T, StoreError>,
    ) -> Result<T, StoreError>;

    /// Runs an operation that reports a [`CommitError`] on the store inside.
    fn run_commit<T>(
        &self,
        operation: impl FnOnce(&dyn Store) -> Result<T, CommitError>,
    ) -> Result<T, CommitError>;

    /// [`Store::commit`], if it needs more than [`run_commit`](Self::run_commit).
    fn commit_batch(
        &self,
        batch: &[AccountCommit],
        deadline: Instant,
    ) -> Result<Vec<Verdict>, CommitError> {
        self.run_commit(|store| store.commit(batch, deadline))
    }
}

/// Writes methods that forward their arguments by [`Decorator::run`].
macro_rules! forward {
    ($($name:ident($($argument:ident: $type:ty),*) -> $value:ty;)+) => {
        $(fn $name(&self, $($argument: $type),*) -> Result<$value, StoreError> {
            self.run(|store| store.$name($($argument),*))
        })+
    };
}

impl<D: Decorator> Store for D {
    fn is_local(&self) -> bool {
        self.inner().is_local()
    }

    fn writers(&self) -> usize {
        self.inner().writers()
    }

    fn listen(&self, listener: Listener) {
        self.inner().listen(listener);
    }

    fn create_account(
        &self,
        profile: &Profile,
        origin: &Origin,
        answer: Option<&IdempotencyRecord>,
        deadline: Instant,
    ) -> Result<Option<AccountId>, CommitError> {
        self.run_commit(|store| store.create_account(profile, origin, answer, deadline))
    }

    fn commit(
        &self,
        batch: &[AccountCommit],
        deadline: Instant,
    ) -> Result<Vec<Verdict>, CommitError> {
        self.commit_batch(batch, deadline)
    }

    forward! {
        is_usable() -> ();
        find_accounts(user_names: &[String]) -> Vec<FoundAccount>;
        load(id: AccountId) -> Option<Account>;
        versions_of(ids: &[AccountId]) -> Vec<Option<u64>>;
        account_ids() -> Vec<AccountId>;
        accounts(above: &str, rows_max: usize) -> Vec<AccountSummary>;
        catch_up_all(known: &[(AccountId, u64)]) -> Vec<CatchUp>;
        stale(known: &[(AccountId, u64)]) -> Vec<AccountId>;
        idempotency_records(
            wanted: &[(AccountId, IdempotencyKey)],
            since_us: i64
        ) -> Vec<Option<IdempotencyRecord>>;
        changes(id: AccountId, wanted: &ChangeQuery) -> ChangePage;
        note_key_uses(used: &[(AccountId, KeyId, i64)]) -> ();
        key_uses(id: AccountId) -> Vec<(KeyId, i64)>;
        operator_keys() -> Vec<OperatorKey>;
        create_operator_key(key: &OperatorKey) -> bool;
        delete_operator_key(name: &str) -> bool;
        prune(prune: &Prune, rows_max: usize) -> Pruned;
        backup(file: &Path, progress: &mut dyn FnMut(u64, u64)) -> ();
        check_integrity() -> Vec<String>;
    }
}
