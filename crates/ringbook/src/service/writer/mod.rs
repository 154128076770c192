//! The writer threads: each decides the commands that have queued up for its accounts, commits
//! them as one group, changes the memory, and only then replies. This module must not know the
//! rules, which `directory::decide` has.

mod batch;
mod idempotency;
mod queue;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use self::batch::{Batch, Reply, StaleJob};
use self::queue::{Job, Message, Synchronize};
use super::Failure;
use super::cache::{AccountCache, CachedAccount};
use super::replies::ReplySender;
use crate::store::{CatchUp, Store, StoreError};
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

struct Writer {
    store: Arc<dyn Store>,
    cache: Arc<AccountCache>,
    replies: ReplySender,
    waiting: Arc<AtomicUsize>,
}

impl Writer {
    fn run(&self, receiver: &Receiver<Message>) {
        let (mut jobs, mut waiting) = (Vec::new(), Vec::new());
        while let Ok(first) = receiver.recv() {
            self.take(first, &mut jobs, &mut waiting);
            while jobs.len() < BATCH_MAX
                && waiting.len() < BATCH_MAX
                && let Ok(message) = receiver.try_recv()
            {
                self.take(message, &mut jobs, &mut waiting);
            }
            self.synchronize_waiting(&mut waiting);
            if !jobs.is_empty()
                && let Err(mut failed) = self.commit(&mut jobs)
            {
                // The commands that queued up behind a store that does not answer would wait as
                // long again. They are taken before anybody gets a reply, so that no retry fails
                // with them.
                while let Ok(message) = receiver.try_recv() {
                    self.take(message, &mut jobs, &mut waiting);
                }
                failed.extend(jobs.drain(..).map(unavailable));
                self.replies.send(failed);
                // These would wait for the next message, which may never come.
                self.synchronize_waiting(&mut waiting);
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
        let done = self.synchronize(&accounts).map(|_| ()).map_err(Failure::from);
        for (_, reply) in waiting.drain(..) {
            // Not through the runtime: the follower, which waits as well, may outlive it.
            let _ = reply.send(done.clone());
        }
    }

    /// Decides and commits the jobs, and decides those again whose account another process changed
    /// meanwhile. If the store fails, returns the replies to the jobs that have had none yet.
    fn commit(&self, jobs: &mut Vec<Job>) -> Result<(), Vec<Reply>> {
        while !jobs.is_empty() {
            let queued_at = jobs.iter().map(|job| job.queued_at).min().expect("there is one");
            let mut batch = match self.find_records(jobs) {
                Ok(records) => Batch::decide(jobs.split_off(0), &records),
                Err(error) => {
                    tracing::error!(%error, "idempotency records could not be read");
                    return Err(jobs.drain(..).map(unavailable).collect());
                }
            };
            self.replies.send(batch.take_replies());
            let deadline = (queued_at + COMMIT_WITHIN).max(Instant::now() + COMMIT_AT_LEAST)
                + COMMIT_PER_CHANGE * u32::try_from(batch.changes()).unwrap_or(u32::MAX);
            let verdicts = match self.store.commit(batch.commits(), deadline) {
                Ok(verdicts) => verdicts,
                Err(error) => {
                    tracing::error!(%error, "a commit failed");
                    return Err(batch.fail(&error.into()));
                }
            };
            let (replies, stale) = batch.finish(&verdicts, &self.cache);
            self.replies.send(replies);
            self.retry_stale(stale, deadline, jobs);
        }
        Ok(())
    }

    /// The recorded answers to jobs that are retries.
    fn find_records(&self, jobs: &[Job]) -> Result<IdempotencyRecords, StoreError> {
        let key = |job: &Job| Some((job.cached.id, job.request.idempotency.as_ref()?.key));
        let keys: Vec<_> = jobs.iter().filter_map(key).collect();
        let now_us = jobs.iter().map(|job| job.request.origin.at_us).min();
        let Some(now_us) = now_us.filter(|_| !keys.is_empty()) else {
            return Ok(IdempotencyRecords::new());
        };
        let since_us = now_us - IDEMPOTENCY_RECORD_LIFETIME_US;
        let found = self.store.idempotency_records(&keys, since_us)?;
        Ok(keys.into_iter().zip(found).filter_map(|(key, record)| Some((key, record?))).collect())
    }

    /// Brings the accounts of stale jobs up to date and returns the jobs to `jobs`, unless their
    /// deadline is over.
    fn retry_stale(&self, stale: Vec<StaleJob>, deadline: Instant, jobs: &mut Vec<Job>) {
        if stale.is_empty() {
            return;
        }
        let accounts: Vec<_> = stale.iter().filter_map(|(_, cached)| cached.clone()).collect();
        let failure = match self.synchronize(&accounts) {
            Err(error) => Some(Failure::from(error)),
            Ok(_) if Instant::now() > deadline => Some(StoreError::Busy.into()),
            Ok(has_changed) => {
                if !has_changed {
                    // The other process has not committed yet: there is nothing to catch up with.
                    std::thread::sleep(CONTENTION_PAUSE);
                }
                None
            }
        };
        match failure {
            None => jobs.extend(stale.into_iter().map(|(job, _)| job)),
            Some(failure) => {
                let reply = |(job, _): StaleJob| (job.reply, Err(failure.clone()));
                self.replies.send(stale.into_iter().map(reply).collect());
            }
        }
    }

    /// Brings distinct accounts in memory to the versions that the store has. Returns whether any of
    /// them was at another one.
    fn synchronize(&self, accounts: &[Arc<CachedAccount>]) -> Result<bool, StoreError> {
        let versions: Vec<_> =
            accounts.iter().map(|cached| (cached.id, cached.version())).collect();
        let mut has_changed = false;
        for (cached, caught_up) in accounts.iter().zip(self.store.catch_up_all(&versions)?) {
            has_changed |= !matches!(caught_up, CatchUp::Current);
            self.apply(cached, caught_up)?;
        }
        Ok(has_changed)
    }

    fn apply(&self, cached: &CachedAccount, caught_up: CatchUp) -> Result<(), StoreError> {
        match caught_up {
            CatchUp::Current => {}
            CatchUp::Rows { head, skills, phones } => cached.change(phones.len(), |account| {
                account.profile = head.profile;
                account.tokens = head.tokens;
                account.keys = head.keys;
                account.counters = head.counters;
                account.follow_skills(skills);
                for (id, phone) in phones {
                    account.set_phone(id, phone);
                }
            }),
            CatchUp::Reload => match self.store.load(cached.id)? {
                Some(account) => cached.replace(account),
                None => self.cache.remove(cached),
            },
            CatchUp::Gone => self.cache.remove(cached),
        }
        Ok(())
    }

    fn take(&self, message: Message, jobs: &mut Vec<Job>, waiting: &mut Vec<Synchronize>) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        match message {
            Message::Job(job) => jobs.push(*job),
            Message::Synchronize(synchronize) => waiting.push(synchronize),
        }
    }
}

/// The reply to a job that was not tried.
fn unavailable(job: Job) -> Reply {
    (job.reply, Err(Failure::Unavailable("the store does not answer".into())))
}
