//! The thread that keeps the board: it drops lists that nobody asks for any more, looks whether those whose
//! accounts are not in memory are still right, and writes the file. This module must not know how the
//! file is written.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use directory::AccountId;

use super::file;
use crate::service::Core;
use crate::service::cache::CachedAccount;
use crate::store::{AccountHead, StoreError};
use crate::thread::{Looking, Thread};

/// How often it looks, and so how often the file is written if something has changed.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// How often the file is written if only time has passed.
const REWRITE_INTERVAL_US: i64 = 60_000_000;

/// Puts on the board what the file has, and starts the thread. When it ends, the file is written for the
/// last time.
pub fn start_keeper(core: &Arc<Core>) -> Thread {
    let (core, file) = (Arc::clone(core), core.options.routing_cache.clone());
    let mut keep = Keep { core, file, written: (Vec::new(), 0), has_failed: false };
    keep.read();
    Thread::looking("routing", move |looking| keep.run(looking))
}

struct Keep {
    core: Arc<Core>,
    /// None if it is not to be written.
    file: Option<PathBuf>,
    /// What the file has, and when it was written.
    written: (Vec<State>, i64),
    /// Whether the file could not be written, which is logged once.
    has_failed: bool,
}

/// An account, its version, and how many lists it has.
type State = (AccountId, u64, usize);

impl Keep {
    fn run(&mut self, looking: &Looking) {
        while looking.wait(LOOK_INTERVAL) {
            self.core.board.tidy();
            if let Err(error) = self.look() {
                tracing::debug!(%error, "cannot look whether the ring lists are as they were");
            }
            let (states, written_us) = &self.written;
            if self.core.board.now_us() - written_us >= REWRITE_INTERVAL_US
                || *states != self.states()
            {
                self.write();
            }
        }
        self.write();
    }

    /// Notes which lists are what the store has. Of accounts that are not in memory, those that are others
    /// by now are loaded, and what is gone is forgotten.
    fn look(&self) -> Result<(), StoreError> {
        let now_us = self.core.board.now_us();
        let mut remembered = Vec::new();
        for rings in self.core.board.all() {
            let Some(head) = rings.head() else { continue };
            match self.core.cache.get(head.profile.user_name.as_str()) {
                Some(cached) => self.keep(&cached),
                None => remembered.push((rings, head.id, head.counters.version)),
            }
        }
        let known: Vec<_> = remembered.iter().map(|(_, id, version)| (*id, *version)).collect();
        let stale: HashSet<AccountId> = self.core.store.stale(&known)?.into_iter().collect();
        for (rings, id, _) in remembered {
            if !stale.contains(&id) {
                rings.confirm(now_us);
                continue;
            }
            match self.core.store.load(id) {
                Ok(Some(account)) => self.keep(&self.core.cache.insert(account)),
                Ok(None) => rings.clear(),
                Err(StoreError::Damaged(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Keeps the lists of an account in memory as the account is, and notes how old it may be.
    fn keep(&self, cached: &CachedAccount) {
        let age_us = i64::try_from(self.core.view.age().as_micros()).unwrap_or(i64::MAX);
        if let Some(rings) = cached.rings_on(&self.core.board) {
            rings.confirm(self.core.board.now_us().saturating_sub(age_us));
        }
    }

    fn states(&self) -> Vec<State> {
        let state = |(head, lists): (Arc<AccountHead>, Vec<_>)| {
            (head.id, head.counters.version, lists.len())
        };
        let all = self.core.board.all();
        all.iter().filter_map(|rings| rings.asked_since(i64::MIN).map(state)).collect()
    }

    fn read(&mut self) {
        let Some(file) = &self.file else { return };
        match file::read(file, &self.core.board, self.core.clock.now_us()) {
            Ok(()) => {
                tracing::info!(file = %file.display(), "read the ring lists of earlier");
            }
            Err(fault) if fault.is_missing() => {}
            Err(fault) => {
                let is_written = !fault.is_foreign();
                let file = file.display();
                tracing::warn!(%file, %fault, is_written, "the ring lists of earlier are not used");
                self.file = self.file.take().filter(|_| is_written);
            }
        }
        self.core.board.tidy();
    }

    fn write(&mut self) {
        let Some(file) = &self.file else { return };
        let (states, now_us) = (self.states(), self.core.board.now_us());
        let written = file::write(file, &self.core.board, self.core.clock.now_us());
        let has_failed = std::mem::replace(&mut self.has_failed, written.is_err());
        match written {
            Ok(()) => self.written = (states, now_us),
            Err(error) if !has_failed => {
                tracing::warn!(file = %file.display(), %error, "the ring lists cannot be written");
            }
            Err(_) => {}
        }
    }
}
