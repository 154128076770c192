//! A cache of account versions.
//!
//! Every read asks for the version of its account, as another process may have committed, and a
//! query for it takes a dozen system calls. But each commit of any process changes the state of the
//! WAL, which is free to read: while the WAL is in the state in which a version was read, that
//! version is current.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockWriteGuard};

use directory::{AccountId, Change};
use sqlite_vfs::{WalIndex, WalState};

use crate::store::AccountCommit;

/// Accounts that a transaction has changed, each with its new version; none for a deleted one.
pub type Changed = Vec<(AccountId, Option<u64>)>;

/// Accounts in the cache at most: some 5 MB.
const ACCOUNTS_MAX: usize = 100_000;

/// The cache.
pub struct Versions {
    /// None where there is no WAL: then the cache stays empty.
    wal_index: Option<WalIndex>,
    cache: RwLock<Cache>,
    /// What was followed last.
    followed: Mutex<Progress>,
}

/// How far commits are known: up to this state, and also while the cache is of this generation. Without
/// a generation the cache is of another state.
#[derive(Clone, Copy, Default)]
pub struct Progress {
    state: Option<WalState>,
    generation: Option<u64>,
}

/// **Invariant:** each version is the account's in `state`, or a later one if there was a commit while
/// it was read; in that case the WAL is never in `state` again.
#[derive(Default)]
struct Cache {
    state: Option<WalState>,
    versions: HashMap<AccountId, u64>,
    /// Rises when another process has committed. Our own commits change the state alone.
    generation: u64,
}

impl Versions {
    pub fn new(wal_index: Option<WalIndex>) -> Self {
        Self { wal_index, cache: RwLock::default(), followed: Mutex::default() }
    }

    /// The state of the WAL, unless it is changing.
    pub fn state(&self) -> Option<WalState> {
        self.wal_index.as_ref()?.state()
    }

    /// The cached version of an account, if the cache is of this state.
    pub fn get(&self, state: &WalState, id: AccountId) -> Option<u64> {
        let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner);
        if cache.state.as_ref() == Some(state) { cache.versions.get(&id).copied() } else { None }
    }

    /// Caches a version that was read while the WAL was in `state` or later. `is_idle` is whether none
    /// of our own commits is under way: if the cache is of another state then, another process has
    /// committed, and the cache is invalid.
    pub fn insert(&self, state: WalState, id: AccountId, version: u64, is_idle: bool) {
        let mut cache = self.cache();
        if cache.state != Some(state) {
            if !is_idle || self.state() != Some(state) {
                return;
            }
            cache.reset(Some(state));
        }
        cache.insert(id, version);
    }

    /// Updates the cache after a commit of the writer. `before` is the state under its write lock, so
    /// all that was cached in that state is still valid but for the accounts that the commit changed.
    pub fn committed(&self, before: Option<WalState>, changed: &Changed) {
        let after = self.state();
        let mut cache = self.cache();
        let is_ours_alone = cache.state == before
            && before.zip(after).is_some_and(|(before, after)| before.leads_to(&after));
        if !is_ours_alone {
            // Readers can cache in this state. Otherwise, while our commits follow one another, none
            // would find the writer idle, and the cache would stay empty.
            cache.reset(after);
            return;
        }
        cache.state = after;
        for (id, version) in changed {
            match version {
                Some(version) => cache.insert(*id, *version),
                None => drop(cache.versions.remove(id)),
            }
        }
    }

    /// How far commits have come, if another process may have committed since the last ones that were
    /// followed.
    pub fn unfollowed(&self) -> Option<Progress> {
        self.wal_index.as_ref()?;
        let now = self.progress(self.state());
        let followed = self.followed();
        let is_same = now.state.is_some() && now.state == followed.state;
        let is_ours = now.generation.is_some() && now.generation == followed.generation;
        (!is_same && !is_ours).then_some(now)
    }

    /// Records that all commits of other processes up to `progress` are followed.
    pub fn has_followed(&self, progress: Progress) {
        // What was read meanwhile may be cached now.
        let generation = progress.generation.or(self.progress(progress.state).generation);
        *self.followed() = Progress { generation, ..progress };
    }

    fn progress(&self, state: Option<WalState>) -> Progress {
        let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner);
        let generation = (state.is_some() && cache.state == state).then_some(cache.generation);
        Progress { state, generation }
    }

    fn followed(&self) -> MutexGuard<'_, Progress> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cache(&self) -> RwLockWriteGuard<'_, Cache> {
        self.cache.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cache {
    fn reset(&mut self, state: Option<WalState>) {
        *self = Self { state, versions: HashMap::new(), generation: self.generation + 1 };
    }

    fn insert(&mut self, id: AccountId, version: u64) {
        if self.versions.len() < ACCOUNTS_MAX || self.versions.contains_key(&id) {
            self.versions.insert(id, version);
        }
    }
}

impl AccountCommit {
    /// The account with its new version, if this changes it; no version if this deletes it.
    pub(super) fn changed(&self) -> Option<(AccountId, Option<u64>)> {
        let last = self.changes.last()?;
        let is_deleted = matches!(last.change, Change::AccountDeleted);
        Some((self.id, (!is_deleted).then_some(self.counters.version)))
    }
}
