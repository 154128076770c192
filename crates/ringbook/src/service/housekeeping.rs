//! The thread that tidies up: it stores when keys were used, and prunes what is too old.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use super::ServiceOptions;
use super::cache::AccountCache;
use super::clock::DAY_US;
use super::store_clock::StoreClock;
use super::writer::IDEMPOTENCY_RECORD_LIFETIME_US;
use crate::store::{CommitError, Prune, SessionChange, Store};
use crate::thread::Thread;

/// How often it looks, and so how precisely the last use of a key is known.
const LOOK_INTERVAL: Duration = Duration::from_mins(1);

/// Rows deleted at a time: they take a few milliseconds, which no commit notices.
const PRUNE_ROWS: usize = 250;

/// How long commits have the store to themselves between two of these.
const PRUNE_PAUSE: Duration = Duration::from_millis(20);

/// Tidies up until it is dropped.
pub struct Housekeeper {
    /// Dropping it ends the thread.
    _sender: Sender<()>,
    thread: Thread,
    history_days: Option<u32>,
}

impl Housekeeper {
    /// Starts the thread. The history is kept for `history_days`, or for good.
    pub fn start(
        store: &Arc<dyn Store>,
        cache: &Arc<AccountCache>,
        clock: &Arc<StoreClock>,
        &ServiceOptions { history_days, is_read_only, .. }: &ServiceOptions,
    ) -> Self {
        let (sender, receiver) = channel();
        let tasks = Tasks {
            store: Arc::clone(store),
            cache: Arc::clone(cache),
            clock: Arc::clone(clock),
            history_days,
        };
        let thread = Thread::start("housekeeper", move || {
            if !is_read_only {
                tasks.run(&receiver);
            }
        });
        Self { _sender: sender, thread, history_days }
    }

    pub fn is_running(&self) -> bool {
        self.thread.is_running()
    }

    /// The time before which the history is not kept, microseconds UTC; none if it is for good.
    pub fn history_begins_us(&self, now_us: i64) -> Option<i64> {
        self.history_days.map(|days| days_before(now_us, days))
    }
}

struct Tasks {
    store: Arc<dyn Store>,
    cache: Arc<AccountCache>,
    clock: Arc<StoreClock>,
    history_days: Option<u32>,
}

impl Tasks {
    fn run(&self, receiver: &Receiver<()>) {
        // A short command of the command line, which sets no days, does not begin with deleting.
        let first = if self.history_days.is_some() { PRUNE_PAUSE } else { LOOK_INTERVAL };
        let (mut pause, mut deleted) = (first, 0);
        while receiver.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            if pause == LOOK_INTERVAL {
                self.note_key_uses();
                self.end_expired_sessions();
            }
            let marked = self.clock.mark();
            let pruned = marked.and_then(|()| self.store.prune(&self.prune_limits(), PRUNE_ROWS));
            let pruned = pruned.inspect_err(|error| {
                tracing::warn!(%error, "what is too old could not be deleted");
            });
            deleted += pruned.as_ref().map_or(0, |pruned| pruned.changes);
            if pruned.is_ok_and(|pruned| !pruned.is_done) {
                pause = PRUNE_PAUSE;
                continue;
            }
            if deleted > 0 {
                tracing::info!(changes = deleted, "deleted history that is too old to be kept");
            }
            (pause, deleted) = (LOOK_INTERVAL, 0);
        }
        self.note_key_uses();
    }

    /// Stores the last uses of keys that are not in the store yet.
    fn note_key_uses(&self) {
        let taken: Vec<_> = self
            .cache
            .all()
            .into_iter()
            .map(|cached| (cached.take_key_uses(), cached))
            .filter(|(uses, _)| !uses.is_empty())
            .collect();
        if taken.is_empty() {
            return;
        }
        let uses: Vec<_> = taken
            .iter()
            .flat_map(|(uses, cached)| uses.iter().map(|(key, at_us)| (cached.id, *key, *at_us)))
            .collect();
        if let Err(error) = self.store.note_key_uses(&uses) {
            tracing::warn!(%error, "the last uses of keys could not be noted yet");
            for (uses, cached) in taken {
                cached.put_back_key_uses(uses);
            }
        }
    }

    fn end_expired_sessions(&self) {
        let now_us = self.clock.now_us();
        let ended = self.store.has_expired_sessions(now_us).map_err(CommitError::from);
        let ended = ended.and_then(|has_expired| match has_expired {
            true => self.store.change_sessions(&SessionChange::EndExpired(now_us)),
            false => Ok(0),
        });
        if let Err(error) = ended {
            tracing::warn!(%error, "expired sessions could not be deleted yet");
        }
    }

    fn prune_limits(&self) -> Prune {
        let now_us = self.clock.now_us();
        Prune {
            changes_before_us: self.history_days.map(|days| days_before(now_us, days)),
            answers_before_us: now_us - IDEMPOTENCY_RECORD_LIFETIME_US,
        }
    }
}

/// The time `days` days before `now_us`, or the earliest time there is.
fn days_before(now_us: i64, days: u32) -> i64 {
    now_us.saturating_sub(i64::from(days).saturating_mul(DAY_US))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Borrow;

    use directory::{Account, AccountId, Counters, KeyId, Profile, UserName};

    use crate::service::clock::{Clock, SystemClock};
    use crate::store::sqlite::SqliteStore;
    use crate::store::{Decorator, StoreError};

    #[test]
    fn any_number_of_days_ends_in_the_past() {
        let now_us = SystemClock.now_us();
        for days in [1, 36_500, 106_751_992, 999_999_999, u32::MAX] {
            assert!(days_before(now_us, days) <= now_us - DAY_US, "{days}");
        }
        assert_eq!(days_before(now_us, 2), now_us - 2 * DAY_US);
    }

    /// A store that does not note uses of keys.
    struct Unable(SqliteStore);

    impl Decorator for Unable {
        fn inner(&self) -> &dyn Store {
            &self.0
        }

        fn run<T, E: Borrow<StoreError> + From<StoreError>>(
            &self,
            _: impl FnOnce(&dyn Store) -> Result<T, E>,
        ) -> Result<T, E> {
            Err(StoreError::Busy.into())
        }
    }

    #[test]
    fn keeps_key_uses_that_could_not_be_stored() {
        let store: Arc<dyn Store> = Arc::new(Unable(SqliteStore::in_memory().unwrap()));
        let system: Arc<dyn Clock> = Arc::new(SystemClock);
        let clock = Arc::new(StoreClock::start(&store, &system));
        let cache = Arc::new(AccountCache::default());
        let profile = Profile::new(UserName::parse("demo").unwrap(), [0; 32]);
        let account = cache.insert(Account::new(AccountId(1), profile, Counters::NEW));
        account.note_key_use(KeyId::MAIN, 5);
        Tasks { store, cache, clock, history_days: None }.note_key_uses();
        assert_eq!(account.key_uses(), [(KeyId::MAIN, 5)].into());
        account.note_key_use(KeyId::MAIN, 7);
        account.put_back_key_uses([(KeyId::MAIN, 5)].into());
        assert_eq!(account.key_uses(), [(KeyId::MAIN, 7)].into());
    }
}
