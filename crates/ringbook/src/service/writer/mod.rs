//! The writer threads: each decides the commands that have queued up for its accounts, commits
//! them as one group, changes the memory, and only then replies. This module must not know the
//! rules, which `directory::decide` has.

mod batch;
mod idempotency;
mod queue;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use directory::AccountId;

use self::batch::{Batch, Reply, StaleJob};
use self::queue::{Job, Message, Synchronize, Write};
use super::cache::CachedAccount;
use super::replies::ReplySender;
use super::routing::touched_by_phones;
use super::{Authority, Core, Failure};
use crate::store::{CatchUp, OperatorKey, StoreError};
use idempotency::IdempotencyRecords;
pub use idempotency::{IDEMPOTENCY_RECORD_LIFETIME_US, Idempotency, IdempotentAnswer};
pub use queue::Queue;

/// Commands of one commit. Larger groups gain nothing and make the first ones wait.
const BATCH_MAX: usize = 1024;

/// How long a command may wait for its commit while the store is away: with the time of a read
/// before it, its caller is answered within two seconds.
const COMMIT_WITHIN: Duration = Duration::from_millis(1200);

/// The least time for a commit, however long its commands have waited already.
const COMMIT_AT_LEAST: Duration = Duration::from_millis(500);

/// What each change of a large commit, an import, adds to that: ten times what it takes.
const COMMIT_PER_CHANGE: Duration = Duration::from_micros(200);

/// How long to leave an account alone while another process commits to it.
const CONTENTION_PAUSE: Duration = Duration::from_millis(1);

/// What a thread has taken from its queue.
#[derive(Default)]
struct Taken {
    jobs: Vec<Job>,
    waiting: Vec<Synchronize>,
    writes: Vec<Write>,
}

impl Taken {
    /// Whether this is enough for one round. A write is a transaction of its own, so it is one.
    fn is_full(&self) -> bool {
        self.jobs.len() >= BATCH_MAX || self.waiting.len() >= BATCH_MAX || !self.writes.is_empty()
    }
}

struct Writer {
    core: Arc<Core>,
    replies: ReplySender,
    waiting: Arc<AtomicUsize>,
}

/// What commands are decided by, beside their account.
struct Known {
    records: IdempotencyRecords,
    operator_keys: Vec<OperatorKey>,
    /// The time, microseconds UTC.
    now_us: i64,
}

impl Writer {
    fn run(&self, receiver: &Receiver<Message>) {
        let mut taken = Taken::default();
        while let Ok(first) = receiver.recv() {
            self.take(first, &mut taken);
            while !taken.is_full()
                && let Ok(message) = receiver.try_recv()
            {
                self.take(message, &mut taken);
            }
            self.synchronize_waiting(&mut taken.waiting);
            let is_written = taken.writes.pop().is_none_or(|write| write(Ok(&*self.core.store)));
            let done = if is_written { self.commit(&mut taken.jobs) } else { Err(Vec::new()) };
            if let Err(mut failed) = done {
                // What queued up behind a store that does not answer would wait as long again. It is
                // taken before anybody gets a reply, so that no retry fails with it.
                while let Ok(message) = receiver.try_recv() {
                    self.take(message, &mut taken);
                }
                failed.extend(taken.jobs.drain(..).map(not_tried));
                self.replies.send(failed);
                for write in taken.writes.drain(..) {
                    write(Err(unavailable()));
                }
                // These would wait for the next message, which may never come.
                self.synchronize_waiting(&mut taken.waiting);
            }
        }
    }

    /// Brings the accounts that callers wait for up to date.
    fn synchronize_waiting(&self, waiting: &mut Vec<Synchronize>) {
        if waiting.is_empty() {
            return;
        }
        let mut accounts: Vec<_> = waiting.iter().map(|(cached, _)| Arc::clone(cached)).collect();
        accounts.sort_unstable_by_key(|cached| cached.id);
        accounts.dedup_by_key(|cached| cached.id);
        let done = self.synchronize(&accounts).map_err(Failure::from);
        for (cached, reply) in waiting.drain(..) {
            let done = done.as_ref().map_err(Clone::clone).and_then(|done| done.of(cached.id));
            // Not through the runtime: the follower, which waits as well, may outlive it.
            let _ = reply.send(done);
        }
    }

    /// Decides and commits the jobs, and decides those again whose account another process changed
    /// meanwhile. If the store fails, returns the replies to the jobs that have had none yet.
    fn commit(&self, jobs: &mut Vec<Job>) -> Result<(), Vec<Reply>> {
        while !jobs.is_empty() {
            let queued_at = jobs.iter().map(|job| job.queued_at).min().expect("there is one");
            let mut batch = match self.look_up(jobs) {
                Ok(known) => Batch::decide(jobs.split_off(0), &known),
                Err(error) => {
                    tracing::error!(%error, "what the commands depend on could not be read");
                    return Err(jobs.drain(..).map(not_tried).collect());
                }
            };
            self.replies.send(batch.take_replies());
            let deadline = deadline(queued_at)
                + COMMIT_PER_CHANGE * u32::try_from(batch.changes()).unwrap_or(u32::MAX);
            let verdicts = match self.core.store.commit(batch.commits(), deadline) {
                Ok(verdicts) => verdicts,
                Err(error) => {
                    tracing::error!(%error, "a commit failed");
                    return Err(batch.fail(&error.into()));
                }
            };
            let (replies, stale) = batch.finish(&verdicts, &self.core.cache);
            self.replies.send(replies);
            self.retry_stale(stale, deadline, jobs);
        }
        Ok(())
    }

    /// What the store has to be asked for before the jobs are decided.
    fn look_up(&self, jobs: &[Job]) -> Result<Known, StoreError> {
        let records = self.find_records(jobs)?;
        let is_by_operator = |job: &Job| matches!(job.authority, Authority::Operator(_));
        let operator_keys = if jobs.iter().any(is_by_operator) {
            self.core.store.operator_keys()?
        } else {
            Vec::new()
        };
        Ok(Known { records, operator_keys, now_us: self.core.clock.now_us() })
    }

    /// The recorded answers to jobs that are retries.
    fn find_records(&self, jobs: &[Job]) -> Result<IdempotencyRecords, StoreError> {
        let key = |job: &Job| Some((job.cached.id, job.request.idempotency.as_ref()?.key));
        let keys: Vec<_> = jobs.iter().filter_map(key).collect();
        let of_keys = jobs.iter().filter(|job| job.request.idempotency.is_some());
        let now_us = of_keys.map(|job| job.request.store_us).min();
        let Some(now_us) = now_us else {
            return Ok(IdempotencyRecords::new());
        };
        let since_us = now_us - IDEMPOTENCY_RECORD_LIFETIME_US;
        let found = self.core.store.idempotency_records(&keys, since_us)?;
        Ok(keys.into_iter().zip(found).filter_map(|(key, record)| Some((key, record?))).collect())
    }

    /// Brings the accounts of stale jobs up to date and returns the jobs to `jobs`, unless their
    /// deadline is over.
    fn retry_stale(&self, stale: Vec<StaleJob>, deadline: Instant, jobs: &mut Vec<Job>) {
        if stale.is_empty() {
            return;
        }
        let accounts: Vec<_> = stale.iter().filter_map(|(_, cached)| cached.clone()).collect();
        let done = match self.synchronize(&accounts) {
            Err(error) => Err(Failure::from(error)),
            Ok(_) if Instant::now() > deadline => Err(StoreError::Busy.into()),
            Ok(done) => {
                if !done.has_changed {
                    // The other process has not committed yet: there is nothing to catch up with.
                    std::thread::sleep(CONTENTION_PAUSE);
                }
                Ok(done)
            }
        };
        let mut failed = Vec::new();
        for (job, _) in stale {
            match done.as_ref().map_err(Clone::clone).and_then(|done| done.of(job.cached.id)) {
                Ok(()) => jobs.push(job),
                Err(failure) => failed.push((job.reply, Err(failure))),
            }
        }
        self.replies.send(failed);
    }

    /// Brings distinct accounts in memory to the versions that the store has. One that cannot be read
    /// does not stop the others.
    fn synchronize(&self, accounts: &[Arc<CachedAccount>]) -> Result<Synchronized, StoreError> {
        let versions: Vec<_> =
            accounts.iter().map(|cached| (cached.id, cached.version())).collect();
        let mut done = Synchronized::default();
        for (cached, caught_up) in accounts.iter().zip(self.core.store.catch_up_all(&versions)?) {
            done.has_changed |= !matches!(caught_up, CatchUp::Current);
            match self.apply(cached, caught_up) {
                Err(error @ StoreError::Damaged(_)) => {
                    tracing::error!(account = cached.id.0, %error, "an account cannot be read");
                    // The next request tries to load it again.
                    self.core.cache.forget(cached);
                    done.failures.insert(cached.id, error.into());
                }
                applied => applied?,
            }
        }
        Ok(done)
    }

    fn apply(&self, cached: &CachedAccount, caught_up: CatchUp) -> Result<(), StoreError> {
        match caught_up {
            CatchUp::Current => {}
            CatchUp::Rows { head, skills, mut routing, phones, has_erased } => {
                if has_erased {
                    self.core.cache.calls.forget(cached.id);
                }
                let touched = cached.touched(|account| match routing {
                    None => Some(touched_by_phones(&phones, account)),
                    Some(_) => None,
                });
                // The old settings, which may be many, are freed after the lock.
                cached.change(phones.len(), &touched, |account| {
                    account.profile = head.profile;
                    account.tokens = head.tokens;
                    account.keys = head.keys;
                    account.counters = head.counters;
                    account.follow_skills(skills);
                    if let Some(routing) = &mut routing {
                        std::mem::swap(&mut account.routing, routing);
                    }
                    for (id, phone) in phones {
                        account.set_phone(id, phone);
                    }
                });
            }
            CatchUp::Reload => match self.core.store.load(cached.id)? {
                Some(account) => {
                    // Something may have been erased.
                    self.core.cache.calls.forget(cached.id);
                    cached.replace(account);
                }
                None => self.core.cache.remove(cached),
            },
            CatchUp::Gone => self.core.cache.remove(cached),
        }
        Ok(())
    }

    fn take(&self, message: Message, taken: &mut Taken) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        match message {
            Message::Job(job) => taken.jobs.push(job),
            Message::Synchronize(synchronize) => taken.waiting.push(synchronize),
            Message::Write(write) => taken.writes.push(write),
        }
    }
}

/// The result of synchronizing accounts.
#[derive(Default)]
struct Synchronized {
    /// Whether any of them was at another version.
    has_changed: bool,
    /// Those that cannot be read.
    failures: HashMap<AccountId, Failure>,
}

impl Synchronized {
    fn of(&self, id: AccountId) -> Result<(), Failure> {
        self.failures.get(&id).map_or(Ok(()), |failure| Err(failure.clone()))
    }
}

/// When a write that was queued then must be done.
fn deadline(queued_at: Instant) -> Instant {
    (queued_at + COMMIT_WITHIN).max(Instant::now() + COMMIT_AT_LEAST)
}

/// The reply to a job that was not tried.
fn not_tried(job: Job) -> Reply {
    (job.reply, Err(unavailable()))
}

/// Why something was not tried.
fn unavailable() -> Failure {
    Failure::Unavailable("the store does not answer".into())
}
