//! A store that fails on request.

use std::borrow::Borrow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use directory::AccountId;
use ringbook::store::{AccountCommit, CommitError, Decorator, Store, StoreError, Verdict};
use serde::Deserialize;

/// How a store fails; see `cases/store.toml`.
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

/// A store around another one, with the fault that it has for now.
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
}

fn broken_off() -> CommitError {
    CommitError::OutcomeUnknown(StoreError::Engine("disk I/O error".to_owned()))
}

impl Decorator for FaultyStore {
    fn inner(&self) -> &dyn Store {
        &*self.inner
    }

    fn run<T, E: Borrow<StoreError> + From<StoreError>>(
        &self,
        operation: impl FnOnce(&dyn Store) -> Result<T, E>,
    ) -> Result<T, E> {
        match self.fault() {
            Some(Fault::Down) => Err(StoreError::Busy.into()),
            _ => operation(self.inner()),
        }
    }

    fn run_commit<T>(
        &self,
        operation: impl FnOnce(&dyn Store) -> Result<T, CommitError>,
    ) -> Result<T, CommitError> {
        match self.fault() {
            Some(Fault::Down) => Err(StoreError::Busy.into()),
            Some(Fault::Unavailable) => Err(CommitError::NothingChanged(StoreError::Full)),
            Some(Fault::OutcomeUnknown) => Err(broken_off()),
            Some(Fault::OutcomeUnknownWritten) | None => operation(self.inner()),
        }
    }

    fn known(&self, id: AccountId) -> Option<u64> {
        self.inner.known_version(id).filter(|_| self.fault() != Some(Fault::Down))
    }

    fn commit_batch(
        &self,
        batch: &[AccountCommit],
        deadline: Instant,
    ) -> Result<Vec<Verdict>, CommitError> {
        let confirms_only = batch.iter().all(|account| account.changes.is_empty());
        match self.fault() {
            // It confirms versions, which is a read.
            Some(fault) if confirms_only && fault != Fault::Down => {
                self.inner.commit(batch, deadline)
            }
            Some(Fault::OutcomeUnknownWritten) => {
                self.inner.commit(batch, deadline)?;
                Err(broken_off())
            }
            _ => self.run_commit(|store| store.commit(batch, deadline)),
        }
    }
}
