//! A store that fails when it is told to.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use directory::{Account, AccountId, KeyId, Profile};
use ringbook::store::{
    AccountCommit, AccountHead, AccountSummary, CatchUp, ChangePage, ChangeQuery, CommitError,
    IdempotencyKey, IdempotencyRecord, Listener, OperatorKey, Origin, Prune, Pruned, Store,
    StoreError, Verdict,
};
use serde::Deserialize;

/// How a store fails. `cases/store.toml` tells more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It answers, and cannot write: a full disk.
    Unavailable,
    /// It answers, and breaks off before it has written.
    OutcomeUnknown,
    /// It answers, and breaks off after it has written.
    OutcomeUnknownWritten,
    /// It does not answer at all.
    Down,
}

/// Another store, and the fault that it has for now.
pub struct FaultyStore {
    inner: Arc<dyn Store>,
    fault: Mutex<Option<Fault>>,
}

impl FaultyStore {
    /// A store without a fault.
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, fault: Mutex::default() }
    }

    /// Gives it a fault, or repairs it.
    pub fn set_fault(&self, fault: Option<Fault>) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    fn fault(&self) -> Option<Fault> {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store to read from.
    fn up(&self) -> Result<&dyn Store, StoreError> {
        match self.fault() {
            Some(Fault::Down) => Err(StoreError::Busy),
            _ => Ok(&*self.inner),
        }
    }

    /// The store to write to.
    fn writable(&self) -> Result<&dyn Store, CommitError> {
        match self.fault() {
            Some(Fault::Unavailable) => Err(CommitError::NothingChanged(StoreError::Full)),
            Some(Fault::OutcomeUnknown) => Err(broken_off()),
            _ => Ok(self.up()?),
        }
    }
}

fn broken_off() -> CommitError {
    CommitError::OutcomeUnknown(StoreError::Engine("disk I/O error".to_owned()))
}

impl Store for FaultyStore {
    fn is_local(&self) -> bool {
        self.inner.is_local()
    }

    fn writers(&self) -> usize {
        self.inner.writers()
    }

    fn find_account(&self, user_name: &str) -> Result<Option<AccountHead>, StoreError> {
        self.up()?.find_account(user_name)
    }

    fn load(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.up()?.load(id)
    }

    fn versions_of(&self, ids: &[AccountId]) -> Result<Vec<Option<u64>>, StoreError> {
        self.up()?.versions_of(ids)
    }

    fn account_ids(&self) -> Result<Vec<AccountId>, StoreError> {
        self.up()?.account_ids()
    }

    fn accounts(&self, above: &str, rows_max: usize) -> Result<Vec<AccountSummary>, StoreError> {
        self.up()?.accounts(above, rows_max)
    }

    fn create_account(
        &self,
        profile: &Profile,
        origin: &Origin,
        answer: Option<&IdempotencyRecord>,
        deadline: Instant,
    ) -> Result<Option<AccountId>, CommitError> {
        self.writable()?.create_account(profile, origin, answer, deadline)
    }

    /// A commit that changes nothing only confirms the versions, which is reading.
    fn commit(
        &self,
        batch: &[AccountCommit],
        deadline: Instant,
    ) -> Result<Vec<Verdict>, CommitError> {
        if batch.iter().all(|account| account.changes.is_empty()) {
            return self.up()?.commit(batch, deadline);
        }
        let verdicts = self.writable()?.commit(batch, deadline)?;
        match self.fault() {
            Some(Fault::OutcomeUnknownWritten) => Err(broken_off()),
            _ => Ok(verdicts),
        }
    }

    fn catch_up_all(&self, known: &[(AccountId, u64)]) -> Result<Vec<CatchUp>, StoreError> {
        self.up()?.catch_up_all(known)
    }

    fn listen(&self, listener: Listener) {
        self.inner.listen(listener);
    }

    fn stale(&self, known: &[(AccountId, u64)]) -> Result<Vec<AccountId>, StoreError> {
        self.up()?.stale(known)
    }

    fn idempotency_records(
        &self,
        asked: &[(AccountId, IdempotencyKey)],
        since_us: i64,
    ) -> Result<Vec<Option<IdempotencyRecord>>, StoreError> {
        self.up()?.idempotency_records(asked, since_us)
    }

    fn changes(&self, id: AccountId, asked: &ChangeQuery) -> Result<ChangePage, StoreError> {
        self.up()?.changes(id, asked)
    }

    fn note_key_uses(&self, used: &[(AccountId, KeyId, i64)]) -> Result<(), StoreError> {
        self.up()?.note_key_uses(used)
    }

    fn key_uses(&self, id: AccountId) -> Result<Vec<(KeyId, i64)>, StoreError> {
        self.up()?.key_uses(id)
    }

    fn operator_keys(&self) -> Result<Vec<OperatorKey>, StoreError> {
        self.up()?.operator_keys()
    }

    fn create_operator_key(&self, key: &OperatorKey) -> Result<bool, StoreError> {
        self.up()?.create_operator_key(key)
    }

    fn delete_operator_key(&self, name: &str) -> Result<bool, StoreError> {
        self.up()?.delete_operator_key(name)
    }

    fn prune(&self, prune: &Prune, rows_max: usize) -> Result<Pruned, StoreError> {
        self.up()?.prune(prune, rows_max)
    }

    fn backup(&self, file: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<(), StoreError> {
        self.up()?.backup(file, progress)
    }

    fn check_integrity(&self) -> Result<Vec<String>, StoreError> {
        self.up()?.check_integrity()
    }
}
