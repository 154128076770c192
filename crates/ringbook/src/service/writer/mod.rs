//! The threads that write: each decides what has queued up for its accounts, commits it as one
//! group, changes the memory, and only then answers.

mod batch;
mod idempotency;
mod queue;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use self::batch::{Answer, Batch, StaleJob};
use self::queue::{Job, Message, Synchronize};
use super::Failure;
use super::accounts::{Accounts, Cell};
use super::answers::Answers;
use crate::store::{CatchUp, Store, StoreError};
use idempotency::IdempotencyRecords;
pub use idempotency::{IDEMPOTENCY_RECORD_LIFETIME_US, Idempotency, IdempotentAnswer};
pub use queue::{Asks, Queue};

/// Commands of one commit. Larger groups gain nothing and make the first ones wait.
const BATCH_MAX: usize = 1024;

/// How long a command may wait for its commit when the store is away: with the time of a read
/// before it, its caller is answered within two seconds.
const COMMIT_WITHIN: Duration = Duration::from_millis(1200);

/// What a commit is given at least, however long its commands have waited already.
const COMMIT_AT_LEAST: Duration = Duration::from_millis(500);

/// What each change of a large commit, an import, adds to that: ten times what it takes.
const COMMIT_PER_CHANGE: Duration = Duration::from_micros(200);

/// How long to leave an account alone to which another process is committing at this moment.
const CONTENTION_PAUSE: Duration = Duration::from_millis(1);

/// One of the threads.
struct Writer {
    store: Arc<dyn Store>,
    accounts: Arc<Accounts>,
    answers: Answers,
    waiting: Arc<AtomicUsize>,
}

impl Writer {
    fn run(&self, receiver: &Receiver<Message>) {
        let (mut jobs, mut asked) = (Vec::new(), Vec::new());
        while let Ok(first) = receiver.recv() {
            self.take(first, &mut jobs, &mut asked);
            while jobs.len() < BATCH_MAX
                && asked.len() < BATCH_MAX
                && let Ok(message) = receiver.try_recv()
            {
                self.take(message, &mut jobs, &mut asked);
            }
            self.answer_synchronized(&mut asked);
            if !jobs.is_empty()
                && let Err(mut failed) = self.commit(&mut jobs)
            {
                // What queued up behind a store that does not answer would wait as long again.
                // Nobody is answered before that, as what they ask next comes when it may answer.
                while let Ok(message) = receiver.try_recv() {
                    self.take(message, &mut jobs, &mut asked);
                }
                failed.extend(jobs.drain(..).map(refused));
                self.answers.send(failed);
                // Whoever waits for this would wait for the next message, which may never come.
                self.answer_synchronized(&mut asked);
            }
        }
    }

    /// Brings to what the store has whatever somebody waits for.
    fn answer_synchronized(&self, asked: &mut Vec<Synchronize>) {
        if asked.is_empty() {
            return;
        }
        let mut cells: Vec<_> = asked.iter().map(|(cell, _)| Arc::clone(cell)).collect();
        cells.sort_unstable_by_key(|cell| cell.id);
        cells.dedup_by_key(|cell| cell.id);
        let done = self.synchronize(&cells).map(|_| ()).map_err(Failure::from);
        for (_, reply) in asked.drain(..) {
            // Not by way of a runtime: the follower waits as well, which may outlive it.
            let _ = reply.send(done.clone());
        }
    }

    /// Commits the jobs, deciding those anew whose account another process changed meanwhile.
    /// Where the store fails, returns what those are to be answered who have had no answer yet.
    fn commit(&self, jobs: &mut Vec<Job>) -> Result<(), Vec<Answer>> {
        while !jobs.is_empty() {
            let queued_at = jobs.iter().map(|job| job.queued_at).min().expect("there is one");
            let decided = self.find_kept(jobs).map(|kept| Batch::decide(jobs.split_off(0), &kept));
            let mut batch = match decided {
                Ok(batch) => batch,
                Err(error) => {
                    tracing::error!(%error, "kept answers could not be looked for");
                    return Err(jobs.drain(..).map(refused).collect());
                }
            };
            self.answers.send(batch.take_answered());
            let deadline = (queued_at + COMMIT_WITHIN).max(Instant::now() + COMMIT_AT_LEAST)
                + COMMIT_PER_CHANGE * u32::try_from(batch.changes()).unwrap_or(u32::MAX);
            let verdicts = match self.store.commit(batch.commits(), deadline) {
                Ok(verdicts) => verdicts,
                Err(error) => {
                    tracing::error!(%error, "a commit failed");
                    return Err(batch.fail(&error.into()));
                }
            };
            let (answers, stale) = batch.finish(&verdicts, &self.accounts);
            self.answers.send(answers);
            self.decide_anew(stale, deadline, jobs);
        }
        Ok(())
    }

    /// The answers that were given already to requests which are sent again.
    fn find_kept(&self, jobs: &[Job]) -> Result<IdempotencyRecords, StoreError> {
        let asked = |job: &Job| Some((job.cell.id, job.asks.idempotency.as_ref()?.key));
        let asked: Vec<_> = jobs.iter().filter_map(asked).collect();
        let Some(now_us) = jobs.iter().map(|job| job.asks.origin.at_us).min() else {
            return Ok(IdempotencyRecords::new());
        };
        if asked.is_empty() {
            return Ok(IdempotencyRecords::new());
        }
        let found =
            self.store.idempotency_records(&asked, now_us - IDEMPOTENCY_RECORD_LIFETIME_US)?;
        Ok(asked.into_iter().zip(found).filter_map(|(asked, kept)| Some((asked, kept?))).collect())
    }

    /// Brings the accounts of stale jobs up to date, and queues the jobs, unless their time is over.
    fn decide_anew(&self, stale: Vec<StaleJob>, deadline: Instant, jobs: &mut Vec<Job>) {
        if stale.is_empty() {
            return;
        }
        let cells: Vec<_> = stale.iter().filter_map(|(_, cell)| cell.clone()).collect();
        let over = match self.synchronize(&cells) {
            Err(error) => Some(Failure::from(error)),
            Ok(_) if Instant::now() > deadline => Some(StoreError::Busy.into()),
            Ok(has_changed) => {
                if !has_changed {
                    // The other process has yet to commit: there is nothing to catch up with.
                    std::thread::sleep(CONTENTION_PAUSE);
                }
                None
            }
        };
        match over {
            None => jobs.extend(stale.into_iter().map(|(job, _)| job)),
            Some(failure) => {
                let answer = |(job, _): StaleJob| (job.reply, Err(failure.clone()));
                self.answers.send(stale.into_iter().map(answer).collect());
            }
        }
    }

    /// Brings accounts in memory, each of them once, to what the store has; says whether that
    /// changed any.
    fn synchronize(&self, cells: &[Arc<Cell>]) -> Result<bool, StoreError> {
        let known: Vec<_> = cells.iter().map(|cell| (cell.id, cell.version())).collect();
        let mut has_changed = false;
        for (cell, caught_up) in cells.iter().zip(self.store.catch_up_all(&known)?) {
            has_changed |= !matches!(caught_up, CatchUp::Current);
            self.follow(cell, caught_up)?;
        }
        Ok(has_changed)
    }

    fn follow(&self, cell: &Cell, caught_up: CatchUp) -> Result<(), StoreError> {
        match caught_up {
            CatchUp::Current => {}
            CatchUp::Rows { head, skills, phones } => cell.change(|account| {
                account.profile = head.profile;
                account.tokens = head.tokens;
                account.keys = head.keys;
                account.counters = head.counters;
                account.follow_skills(skills);
                for (id, phone) in phones {
                    account.set_phone(id, phone);
                }
            }),
            CatchUp::Reload => match self.store.load(cell.id)? {
                Some(account) => cell.replace(account),
                None => self.accounts.remove(cell),
            },
            CatchUp::Gone => self.accounts.remove(cell),
        }
        Ok(())
    }

    fn take(&self, message: Message, jobs: &mut Vec<Job>, asked: &mut Vec<Synchronize>) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        match message {
            Message::Job(job) => jobs.push(*job),
            Message::Synchronize(synchronize) => asked.push(synchronize),
        }
    }
}

/// What a job is answered that was not tried.
fn refused(job: Job) -> Answer {
    (job.reply, Err(Failure::Unavailable("the store does not answer".into())))
}
