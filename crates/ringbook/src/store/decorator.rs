//! Stores around another store.

use std::borrow::Borrow;
use std::path::Path;
use std::time::Instant;

use directory::{Account, AccountId, KeyId, Profile, UserName};

use super::{
    AccountCommit, CatchUp, ChangePage, ChangeQuery, ClockMark, CommitError, Erased, Erasure,
    FoundAccount, IdempotencyKey, IdempotencyRecord, ListedAccount, Listener, OperatorKey, Origin,
    Prune, Pruned, ReadStore, Row, SessionChange, Statement, Store, StoreError, Verdict,
};

/// A store that forwards each operation to the one inside. What implements this is a [`Store`].
pub trait Decorator: Send + Sync {
    /// The store inside.
    fn inner(&self) -> &dyn Store;

    /// Runs an operation on the store inside.
    fn run<T, E: Borrow<StoreError> + From<StoreError>>(
        &self,
        operation: impl FnOnce(&dyn Store) -> Result<T, E>,
    ) -> Result<T, E>;

    /// Runs an operation that commits, if it needs more than [`run`](Self::run).
    fn run_commit<T>(
        &self,
        operation: impl FnOnce(&dyn Store) -> Result<T, CommitError>,
    ) -> Result<T, CommitError> {
        self.run(operation)
    }

    /// [`Store::known_version`].
    fn known(&self, id: AccountId) -> Option<u64> {
        self.inner().known_version(id)
    }

    /// [`Store::commit`], if it needs more than [`run_commit`](Self::run_commit).
    fn commit_batch(
        &self,
        batch: &[AccountCommit],
        deadline: Instant,
    ) -> Result<Vec<Verdict>, CommitError> {
        self.run_commit(|store| store.commit(batch, deadline))
    }
}

/// Writes methods that forward their arguments by a method of [`Decorator`].
macro_rules! forward {
    ($run:ident, $error:ty: $($name:ident($($argument:ident: $type:ty),*) -> $value:ty;)+) => {
        $(fn $name(&self, $($argument: $type),*) -> Result<$value, $error> {
            self.$run(|store| store.$name($($argument),*))
        })+
    };
}

impl<D: Decorator> ReadStore for D {
    forward! { run, StoreError:
        rows(query: Statement) -> Vec<Row>;
        find_accounts(user_names: &[String]) -> Vec<FoundAccount>;
        load(id: AccountId) -> Option<Account>;
        versions_of(ids: &[AccountId]) -> Vec<Option<u64>>;
        account_ids() -> Vec<AccountId>;
        accounts(above: &str, rows_max: usize) -> Vec<ListedAccount>;
        catch_up_all(known: &[(AccountId, u64)]) -> Vec<CatchUp>;
        stale(known: &[(AccountId, u64)]) -> Vec<AccountId>;
        idempotency_records(
            wanted: &[(AccountId, IdempotencyKey)],
            since_us: i64
        ) -> Vec<Option<IdempotencyRecord>>;
        changes(id: AccountId, wanted: &ChangeQuery) -> ChangePage;
        deleted_accounts(user_name: &UserName) -> Vec<AccountId>;
        bytes() -> u64;
        facts() -> Vec<(String, String)>;
        backup(file: &Path, progress: &mut dyn FnMut(u64, u64)) -> ();
        check_integrity() -> Vec<String>;
    }
}

impl<D: Decorator> Store for D {
    fn writers(&self) -> usize {
        self.inner().writers()
    }

    fn is_usable(&self) -> Result<(), StoreError> {
        self.inner().is_usable()
    }

    fn known_version(&self, id: AccountId) -> Option<u64> {
        self.known(id)
    }

    fn listen(&self, listener: Listener) {
        self.inner().listen(listener);
    }

    fn commit(
        &self,
        batch: &[AccountCommit],
        deadline: Instant,
    ) -> Result<Vec<Verdict>, CommitError> {
        self.commit_batch(batch, deadline)
    }

    forward! { run_commit, CommitError:
        create_account(
            profile: &Profile,
            origin: &Origin,
            answer: Option<&IdempotencyRecord>,
            deadline: Instant
        ) -> Option<AccountId>;
        create_operator_key(key: &OperatorKey) -> bool;
        delete_operator_key(name: &str) -> bool;
        change_sessions(change: &SessionChange) -> ();
    }

    forward! { run, StoreError:
        note_key_uses(used: &[(AccountId, KeyId, i64)]) -> ();
        mark_clock(mark: ClockMark, interval_us: i64) -> i64;
        prune(prune: &Prune, rows_max: usize) -> Pruned;
        erase(erasure: &Erasure, origin: &Origin) -> Erased;
        purge(rewrites: bool) -> ();
    }
}
