//! The thread that brings accounts in memory to what other processes have committed. This module
//! must not know how an account catches up.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use directory::AccountId;

use super::writer::Queue;
use super::{Core, Failure};
use crate::thread::Thread;

/// How often to look for changes without a notification. They must be noticed within a second.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(250);

/// Notifications that may wait; what is lost beyond it is found by the next look.
const NOTIFICATIONS_MAX: usize = 1024;

/// Keeps the accounts in memory close to the store. Dropping it ends the thread.
pub struct Follower {
    /// Sends the accounts that have changed: any, if there is no id. `None` ends the thread.
    sender: SyncSender<Option<Vec<AccountId>>>,
    _thread: Thread,
}

/// How long ago all accounts in memory were last known to be current.
pub struct View {
    begun: Instant,
    /// When that was: microseconds since `begun`.
    confirmed_us: AtomicU64,
}

impl View {
    pub fn begin() -> Self {
        Self { begun: Instant::now(), confirmed_us: AtomicU64::new(0) }
    }

    pub fn age(&self) -> Duration {
        let confirmed = Duration::from_micros(self.confirmed_us.load(Ordering::Relaxed));
        self.begun.elapsed().saturating_sub(confirmed)
    }

    fn confirm(&self, at: Instant) {
        let confirmed = at.duration_since(self.begun).as_micros();
        let confirmed = u64::try_from(confirmed).unwrap_or(u64::MAX);
        self.confirmed_us.store(confirmed, Ordering::Relaxed);
    }
}

impl Follower {
    pub fn start(core: &Arc<Core>, queue: &Arc<Queue>) -> Self {
        let (sender, receiver) = sync_channel(NOTIFICATIONS_MAX);
        let notifications = sender.clone();
        core.store.listen(Box::new(move |ids| {
            // A full queue is emptied soon, and then everything is looked at.
            let _ = notifications.try_send(Some(ids));
        }));
        let (core, queue) = (Arc::clone(core), Arc::clone(queue));
        let mut follow = Follow { core, queue, has_failed: false };
        let thread = Thread::start("follower", move || follow.run(&receiver));
        Self { sender, _thread: thread }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // Fails if the thread has ended already.
        let _ = self.sender.send(None);
    }
}

struct Follow {
    core: Arc<Core>,
    queue: Arc<Queue>,
    /// Whether the last look failed, which is logged once.
    has_failed: bool,
}

impl Follow {
    fn run(&mut self, receiver: &Receiver<Option<Vec<AccountId>>>) {
        let mut looked = Instant::now();
        loop {
            let pause = FOLLOW_INTERVAL.saturating_sub(looked.elapsed());
            let mut notified: HashSet<AccountId> = HashSet::new();
            let mut is_time = true;
            if let Ok(first) = receiver.recv_timeout(pause) {
                // However many notifications come, all accounts are looked at in time, as some
                // changes come without one.
                is_time = pause.is_zero();
                for ids in std::iter::once(first).chain(receiver.try_iter()) {
                    let Some(ids) = ids else { return };
                    is_time |= ids.is_empty();
                    notified.extend(ids);
                }
            }
            if is_time {
                looked = Instant::now();
                if self.follow(|_| true) {
                    self.core.view.confirm(looked);
                }
            } else {
                self.follow(|id| notified.contains(&id));
            }
        }
    }

    /// Brings the selected accounts up to date. Returns whether they are.
    fn follow(&mut self, is_selected: impl Fn(AccountId) -> bool) -> bool {
        let followed = self.try_follow(is_selected);
        match &followed {
            Ok(()) => self.has_failed = false,
            Err(failure) if !std::mem::replace(&mut self.has_failed, true) => {
                tracing::warn!(%failure, "cannot look for changes of other processes");
            }
            Err(_) => {}
        }
        followed.is_ok()
    }

    fn try_follow(&self, is_selected: impl Fn(AccountId) -> bool) -> Result<(), Failure> {
        let mut accounts = self.core.cache.all();
        accounts.retain(|cached| is_selected(cached.id));
        let versions: Vec<_> =
            accounts.iter().map(|cached| (cached.id, cached.version())).collect();
        let stale: HashSet<_> = self.core.store.stale(&versions)?.into_iter().collect();
        let stale = accounts.iter().filter(|cached| stale.contains(&cached.id));
        let replies: Vec<_> = stale.map(|cached| self.queue.start_to_synchronize(cached)).collect();
        for reply in replies {
            let stopped = Failure::Unavailable("the writer stopped".into());
            reply?.blocking_recv().unwrap_or(Err(stopped))?;
        }
        Ok(())
    }
}
