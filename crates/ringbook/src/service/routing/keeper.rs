//! The thread that keeps the board: it drops lists that nobody asks for any more, looks whether those whose
//! accounts are not in memory are still right, and writes the file. This module must not know how the
//! file is written.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use directory::AccountId;

use super::board::Board;
use super::file;
use crate::service::cache::{AccountCache, CachedAccount};
use crate::service::follow::ViewAge;
use crate::service::{Clock, ServiceOptions};
use crate::store::{AccountHead, Store, StoreError};
use crate::thread::Thread;

/// How often it looks, and so how often the file is written if something has changed.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// How often the file is written if only time has passed.
const REWRITE_INTERVAL_US: i64 = 60_000_000;

/// Keeps the board until it is dropped. Then the file is written for the last time.
pub struct Keeper {
    /// Dropping it ends the thread.
    _sender: Sender<()>,
    thread: Thread,
}

impl Keeper {
    /// Puts on the board what the file has, and starts the thread.
    pub fn start(
        (store, cache, board): (&Arc<dyn Store>, &Arc<AccountCache>, &Arc<Board>),
        clock: &Arc<dyn Clock>,
        view: &ViewAge,
        options: &ServiceOptions,
    ) -> Self {
        let mut keep = Keep {
            store: Arc::clone(store),
            cache: Arc::clone(cache),
            board: Arc::clone(board),
            clock: Arc::clone(clock),
            view: view.clone(),
            file: options.routing_cache.clone(),
            written: (Vec::new(), 0),
            has_failed: false,
        };
        keep.read();
        let (sender, receiver) = channel();
        let thread = Thread::start("routing", move || keep.run(&receiver));
        Self { _sender: sender, thread }
    }

    pub fn is_running(&self) -> bool {
        self.thread.is_running()
    }
}

struct Keep {
    store: Arc<dyn Store>,
    cache: Arc<AccountCache>,
    board: Arc<Board>,
    clock: Arc<dyn Clock>,
    view: ViewAge,
    file: Option<PathBuf>,
    /// What the file has, and when it was written.
    written: (Vec<State>, i64),
    /// Whether the file could not be written, which is logged once.
    has_failed: bool,
}

/// An account, its version, and how many lists it has.
type State = (AccountId, u64, usize);

impl Keep {
    fn run(&mut self, receiver: &Receiver<()>) {
        while receiver.recv_timeout(LOOK_INTERVAL) == Err(RecvTimeoutError::Timeout) {
            self.board.tidy();
            if let Err(error) = self.look() {
                tracing::debug!(%error, "cannot look whether the ring lists are as they were");
            }
            let (states, written_us) = &self.written;
            if self.board.now_us() - written_us >= REWRITE_INTERVAL_US || *states != self.states() {
                self.write();
            }
        }
        self.write();
    }

    /// Notes which lists are what the store has. Of accounts that are not in memory, those that are others
    /// by now are loaded, and what is gone is forgotten.
    fn look(&self) -> Result<(), StoreError> {
        let now_us = self.board.now_us();
        let mut remembered = Vec::new();
        for rings in self.board.all() {
            let Some(head) = rings.head() else { continue };
            match self.cache.get(head.profile.user_name.as_str()) {
                Some(cached) => self.keep(&cached),
                None => remembered.push((rings, head.id, head.counters.version)),
            }
        }
        let known: Vec<_> = remembered.iter().map(|(_, id, version)| (*id, *version)).collect();
        let stale: HashSet<AccountId> = self.store.stale(&known)?.into_iter().collect();
        for (rings, id, _) in remembered {
            if !stale.contains(&id) {
                rings.confirm(now_us);
                continue;
            }
            match self.store.load(id) {
                Ok(Some(account)) => self.keep(&self.cache.insert(account)),
                Ok(None) => rings.clear(),
                Err(StoreError::Damaged(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Keeps the lists of an account in memory as the account is, and notes how old it may be.
    fn keep(&self, cached: &CachedAccount) {
        let age_us = i64::try_from(self.view.get().as_micros()).unwrap_or(i64::MAX);
        if let Some(rings) = cached.rings_on(&self.board) {
            rings.confirm(self.board.now_us().saturating_sub(age_us));
        }
    }

    fn states(&self) -> Vec<State> {
        let state = |(head, lists): (Arc<AccountHead>, Vec<_>)| {
            (head.id, head.counters.version, lists.len())
        };
        let all = self.board.all();
        all.iter().filter_map(|rings| rings.asked_since(i64::MIN).map(state)).collect()
    }

    fn read(&mut self) {
        let Some(file) = &self.file else { return };
        match file::read(file, &self.board, self.clock.now_us()) {
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
        self.board.tidy();
    }

    fn write(&mut self) {
        let Some(file) = &self.file else { return };
        let (states, now_us) = (self.states(), self.board.now_us());
        let written = file::write(file, &self.board, self.clock.now_us());
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
