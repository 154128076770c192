//! The thread that tidies up: it stores when keys were used, and prunes what is too old.

use std::sync::Arc;
use std::time::Duration;

use super::Core;
use super::writer::IDEMPOTENCY_RECORD_LIFETIME_US;
use crate::store::{Prune, SessionChange};
use crate::thread::{Looking, Thread};

/// How often it looks, and so how precisely the last use of a key is known.
const LOOK_INTERVAL: Duration = Duration::from_mins(1);

/// Rows deleted at a time: they take a few milliseconds, which no commit notices.
const PRUNE_ROWS: usize = 250;

/// How long commits have the store to themselves between two of these.
const PRUNE_PAUSE: Duration = Duration::from_millis(20);

/// Starts the thread.
pub fn start(core: &Arc<Core>) -> Thread {
    let tasks = Tasks(Arc::clone(core));
    Thread::looking("housekeeper", move |looking| {
        if !tasks.0.options.is_read_only {
            tasks.run(looking);
        }
    })
}

struct Tasks(Arc<Core>);

impl Tasks {
    fn run(&self, looking: &Looking) {
        // A short command of the command line, which sets no days, does not begin with deleting.
        let first = if self.0.options.history_days.is_some() { PRUNE_PAUSE } else { LOOK_INTERVAL };
        let (mut pause, mut deleted) = (first, 0);
        while looking.wait(pause) {
            if pause == LOOK_INTERVAL {
                self.note_key_uses();
                self.end_expired_sessions();
            }
            let marked = self.0.store_clock.mark();
            let pruned = marked.and_then(|()| self.0.store.prune(&self.prune_limits(), PRUNE_ROWS));
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
            .0
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
        if let Err(error) = self.0.store.note_key_uses(&uses) {
            tracing::warn!(%error, "the last uses of keys could not be noted yet");
            for (uses, cached) in taken {
                cached.put_back_key_uses(uses);
            }
        }
    }

    fn end_expired_sessions(&self) {
        let expired = SessionChange::EndExpired(self.0.clock.now_us());
        if let Err(error) = self.0.store.change_sessions(&expired) {
            tracing::warn!(%error, "expired sessions could not be deleted yet");
        }
    }

    fn prune_limits(&self) -> Prune {
        let now_us = self.0.store_clock.now_us();
        Prune {
            changes_before_us: self.0.options.history_begins_us(now_us),
            answers_before_us: now_us - IDEMPOTENCY_RECORD_LIFETIME_US,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Borrow;

    use directory::{Account, AccountId, Counters, KeyId, Profile, UserName};

    use crate::service::ServiceOptions;
    use crate::service::clock::SystemClock;
    use crate::store::sqlite::SqliteStore;
    use crate::store::{Decorator, ReadStore as _, Session, Store, StoreError};

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
        let store = Arc::new(Unable(SqliteStore::in_memory().unwrap()));
        let core = Core::new(store, Arc::new(SystemClock), &ServiceOptions::default());
        let profile = Profile::new(UserName::parse("demo").unwrap(), [0; 32]);
        let account = core.cache.insert(Account::new(AccountId(1), profile, Counters::NEW));
        account.note_key_use(KeyId::MAIN, 5);
        Tasks(Arc::new(core)).note_key_uses();
        assert_eq!(account.key_uses(), [(KeyId::MAIN, 5)].into());
        account.note_key_use(KeyId::MAIN, 7);
        account.put_back_key_uses([(KeyId::MAIN, 5)].into());
        assert_eq!(account.key_uses(), [(KeyId::MAIN, 7)].into());
    }
    #[test]
    fn ends_sessions_that_have_expired() {
        let store = Arc::new(SqliteStore::in_memory().unwrap());
        let core = Core::new(store.clone(), Arc::new(SystemClock), &ServiceOptions::default());
        let now_us = core.clock.now_us();
        let session = |number, expires_us| Session {
            sha256: [number; 32],
            account: None,
            user_name: None,
            key_name: "setup".to_owned(),
            key_sha256: [7; 32],
            created_us: 0,
            expires_us,
            source: String::new(),
            user_agent: String::new(),
        };
        let open = session(2, i64::MAX);
        for session in [session(1, now_us - 1), open.clone()] {
            store.change_sessions(&SessionChange::Open(session)).unwrap();
        }
        Tasks(Arc::new(core)).end_expired_sessions();
        assert_eq!(store.sessions(None).unwrap(), [open]);
    }
}
