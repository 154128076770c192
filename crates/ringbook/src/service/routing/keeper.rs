//! The thread that keeps the board: it drops lists that nobody asks for any more, looks whether those whose
//! accounts are not in memory are still right, and writes the file. This module must not know how the
//! file is written.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use directory::AccountId;

use super::board::{Board, Rings};
use super::{elapsed_us, file};
use crate::service::cache::AccountCache;
use crate::service::follow::ViewAge;
use crate::service::{Clock, ServiceOptions};
use crate::store::{Store, StoreError};
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
            written: (0, 0),
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
    /// The changes of the board that the file has, and when it was written.
    written: (u64, i64),
    /// Whether the file could not be written, which is logged once.
    has_failed: bool,
}

impl Keep {
    fn run(&mut self, receiver: &Receiver<()>) {
        while receiver.recv_timeout(LOOK_INTERVAL) == Err(RecvTimeoutError::Timeout) {
            let now_us = elapsed_us(&*self.clock);
            self.board.tidy(now_us);
            let unwatched = self.unwatched(now_us);
            if let Err(error) = self.look_after(&unwatched, now_us) {
                tracing::debug!(%error, "cannot look whether the ring lists are as they were");
            }
            let (changes, written_us) = self.written;
            if self.board.changes() != changes || now_us - written_us >= REWRITE_INTERVAL_US {
                self.write();
            }
        }
        self.unwatched(elapsed_us(&*self.clock));
        self.write();
    }

    /// Notes how old the lists of accounts in memory are, and returns the others.
    fn unwatched(&self, now_us: i64) -> Vec<Arc<Rings>> {
        let age_us = i64::try_from(self.view.get().as_micros()).unwrap_or(i64::MAX);
        let mut all = self.board.all();
        all.retain(|rings| {
            let cached = self.cache.get(rings.user_name());
            let is_watched = cached
                .and_then(|cached| cached.rings().map(|its| Arc::ptr_eq(its, rings)))
                .unwrap_or_default();
            if is_watched {
                rings.confirm(now_us.saturating_sub(age_us));
            }
            !is_watched
        });
        all
    }

    /// Notes which of these lists are what the store has. The accounts of others are loaded, so that what
    /// is gone is forgotten.
    fn look_after(&self, all: &[Arc<Rings>], now_us: i64) -> Result<(), StoreError> {
        let known: Vec<_> = all.iter().filter_map(|rings| rings.version()).collect();
        if known.is_empty() {
            return Ok(());
        }
        let stale: HashSet<AccountId> = self.store.stale(&known)?.into_iter().collect();
        for rings in all {
            match rings.version() {
                Some((id, _)) if stale.contains(&id) => match self.store.load(id) {
                    Ok(Some(account)) => {
                        let cached = self.cache.insert(account);
                        cached.rings_on(&self.board, &cached.read());
                    }
                    Ok(None) => rings.clear(),
                    Err(StoreError::Damaged(_)) => {}
                    Err(error) => return Err(error),
                },
                Some(_) => rings.confirm(now_us),
                None => {}
            }
        }
        Ok(())
    }

    fn read(&mut self) {
        let Some(file) = &self.file else { return };
        let (elapsed_us, now_us) = (elapsed_us(&*self.clock), self.clock.now_us());
        match file::read(file, &self.board, elapsed_us, now_us) {
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
        self.board.tidy(elapsed_us);
    }

    fn write(&mut self) {
        let Some(file) = &self.file else { return };
        let (changes, elapsed_us) = (self.board.changes(), elapsed_us(&*self.clock));
        let written = file::write(file, &self.board, elapsed_us, self.clock.now_us());
        let has_failed = std::mem::replace(&mut self.has_failed, written.is_err());
        match written {
            Ok(()) => self.written = (changes, elapsed_us),
            Err(error) if !has_failed => {
                tracing::warn!(file = %file.display(), %error, "the ring lists cannot be written");
            }
            Err(_) => {}
        }
    }
}
