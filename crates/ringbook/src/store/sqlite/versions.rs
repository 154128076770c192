//! A cache of account versions.
//!
//! Every read asks for the version of its account, as another process may have committed, and a
//! query for it takes a dozen system calls. But each commit of any process changes the state of the
//! WAL, which is free to read: while the WAL is in the state in which a version was read, that
//! version is current.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

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
    /// The generation of the cache that was followed last.
    followed: AtomicU64,
}

/// **Invariant:** each version is the account's in `state`, or a later one if there was a commit while
/// it was read; in that case the WAL is never in `state` again.
#[derive(Default)]
struct Cache {
    state: Option<WalState>,
    versions: HashMap<AccountId, u64>,
    /// Rises when another process has committed, and is 0 while nothing was cached. Our own commits
    /// change the state alone.
    generation: u64,
}

impl Versions {
    pub fn new(wal_index: Option<WalIndex>) -> Self {
        Self { wal_index, cache: RwLock::default(), followed: AtomicU64::new(0) }
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

    /// The generation of the cache if it is current: it includes all commits of other processes. None
    /// if one of them may have committed since.
    pub fn generation(&self) -> Option<u64> {
        let state = self.state()?;
        let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner);
        (cache.state == Some(state)).then_some(cache.generation)
    }

    /// Whether the commits of other processes up to this generation were followed. Nobody knows it of
    /// a store without a WAL here, such as one that is only read.
    pub fn is_followed(&self, generation: Option<u64>) -> bool {
        generation == Some(self.followed.load(Ordering::Relaxed))
    }

    /// Records that they were followed.
    pub fn follow(&self, generation: Option<u64>) {
        if let Some(generation) = generation {
            self.followed.store(generation, Ordering::Relaxed);
        }
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
        let is_deleted = matches!(last.change, Change::AccountDeleted(_));
        Some((self.id, (!is_deleted).then_some(self.counters.version)))
    }
}
