//! Versions of accounts that were read and are still what the store has.
//!
//! Every read asks for the version of its account, as another process may have committed. A query
//! for it takes a dozen calls of the system. But each commit, whoever makes it, leads to another
//! state of the log, which costs nothing to look at: where it is still the one in which a version
//! was read, that is still the version.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

use directory::{AccountId, Change};
use sqlite_vfs::{State, States};

use crate::store::{AccountCommit, Verdict};

/// Accounts that a transaction has changed, with their versions, or none for one that was deleted.
pub type Changed = Vec<(AccountId, Option<u64>)>;

/// Accounts that are remembered at most: some 5 MB.
const ACCOUNTS_MAX: usize = 100_000;

/// The versions that are remembered.
pub struct Versions {
    /// None where there is no log: then nothing is remembered.
    states: Option<States>,
    known: RwLock<Known>,
}

/// **Invariant:** each version is that of the account in `state`, or if there was a commit while it
/// was read, of a later one; then the log is never in `state` again.
#[derive(Default)]
struct Known {
    state: Option<State>,
    versions: HashMap<AccountId, u64>,
}

impl Versions {
    pub fn new(states: Option<States>) -> Self {
        Self { states, known: RwLock::default() }
    }

    /// The state of the log, unless it is changing.
    pub fn state(&self) -> Option<State> {
        self.states.as_ref()?.now()
    }

    /// The version of an account in this state, if it is known.
    pub fn get(&self, state: &State, id: AccountId) -> Option<u64> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if known.state.as_ref() == Some(state) { known.versions.get(&id).copied() } else { None }
    }

    /// Remembers a version that was read after the log was seen in `state`. `is_idle` is whether
    /// none of our own commits is under way: if the log is then in another state than the known one,
    /// another process has committed, and what is known is of no more use.
    pub fn remember(&self, state: State, id: AccountId, version: u64, is_idle: bool) {
        let mut known = self.known();
        if known.state != Some(state) {
            if !is_idle || self.state() != Some(state) {
                return;
            }
            *known = Known { state: Some(state), versions: HashMap::new() };
        }
        known.insert(id, version);
    }

    /// Told by the writer after its commit. `before` is the state under its write lock, so all that
    /// was known in that one holds, but for the accounts that the commit changed.
    pub fn committed(&self, before: Option<State>, changed: &Changed) {
        let after = self.state();
        let mut known = self.known();
        let is_ours_alone = known.state == before
            && before.zip(after).is_some_and(|(before, after)| before.leads_to(&after));
        if !is_ours_alone {
            // Readers go on from here: else, with one commit of ours after the other, none of them
            // would find the log idle, and nothing would ever be remembered.
            *known = Known { state: after, versions: HashMap::new() };
            return;
        }
        known.state = after;
        for (id, version) in changed {
            match version {
                Some(version) => known.insert(*id, *version),
                None => drop(known.versions.remove(id)),
            }
        }
    }

    fn known(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn insert(&mut self, id: AccountId, version: u64) {
        if self.versions.len() < ACCOUNTS_MAX || self.versions.contains_key(&id) {
            self.versions.insert(id, version);
        }
    }
}

impl AccountCommit {
    /// Whether an account of that version is what this was decided against.
    pub(super) fn confirmed(&self, version: Option<u64>) -> Verdict {
        let is_current = version == Some(self.expected_version);
        if is_current { Verdict::Committed } else { Verdict::Stale }
    }

    /// The account, if this changes it, with its new version if it is still there.
    pub(super) fn changed(&self) -> Option<(AccountId, Option<u64>)> {
        let last = self.changes.last()?;
        let is_deleted = matches!(last.change, Change::AccountDeleted);
        Some((self.id, (!is_deleted).then_some(self.counters.version)))
    }
}
