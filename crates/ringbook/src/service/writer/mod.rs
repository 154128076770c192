//! The threads that write: each decides what has queued up for its accounts, commits it as one
//! group, changes the memory, and only then answers.

mod batch;
mod queue;

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use self::batch::{Batch, StaleJob};
use self::queue::{Job, Message};
use super::Failure;
use super::accounts::{Accounts, Cell};
use super::answers::{Answer, Answers};
use crate::store::{CatchUp, Store, StoreError};
pub use queue::Queue;

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
}

impl Writer {
    fn run(&self, receiver: &Receiver<Message>) {
        let mut jobs = Vec::new();
        while let Ok(message) = receiver.recv() {
            self.take(message, &mut jobs);
            while jobs.len() < BATCH_MAX
                && let Ok(message) = receiver.try_recv()
            {
                self.take(message, &mut jobs);
            }
            if !jobs.is_empty() && self.commit(&mut jobs).is_err() {
                // What queued up behind a store that does not answer would wait as long again.
                while let Ok(message) = receiver.try_recv() {
                    self.take(message, &mut jobs);
                }
                self.refuse(jobs.drain(..));
            }
        }
    }

    fn take(&self, message: Message, jobs: &mut Vec<Job>) {
        match message {
            Message::Job(job) => jobs.push(*job),
            Message::Synchronize(cell, reply) => {
                // Not by way of a runtime: the follower waits as well, which may outlive it.
                let _ = reply.send(self.synchronize(&cell).map(|_| ()).map_err(Failure::from));
            }
        }
    }

    /// Commits the jobs, deciding those anew whose account another process changed meanwhile.
    fn commit(&self, jobs: &mut Vec<Job>) -> Result<(), ()> {
        while !jobs.is_empty() {
            let queued_at = jobs.iter().map(|job| job.queued_at).min().expect("there is one");
            let mut batch = Batch::decide(std::mem::take(jobs));
            self.answers.send(batch.take_answered());
            let deadline = (queued_at + COMMIT_WITHIN).max(Instant::now() + COMMIT_AT_LEAST)
                + COMMIT_PER_CHANGE * u32::try_from(batch.changes()).unwrap_or(u32::MAX);
            let verdicts = match self.store.commit(batch.commits(), deadline) {
                Ok(verdicts) => verdicts,
                Err(error) => {
                    tracing::error!(%error, "a commit failed");
                    self.answers.send(batch.fail(&error.into()));
                    return Err(());
                }
            };
            let (answers, stale) = batch.finish(&verdicts, &self.accounts);
            self.answers.send(answers);
            self.decide_anew(stale, deadline, jobs);
        }
        Ok(())
    }

    /// Brings the accounts of stale jobs up to date, and queues the jobs, those that have waited
    /// for too long aside.
    fn decide_anew(&self, stale: Vec<StaleJob>, deadline: Instant, jobs: &mut Vec<Job>) {
        let is_any = !stale.is_empty();
        let mut is_current = true;
        let mut answers: Vec<Answer<_>> = Vec::new();
        for (job, cell) in stale {
            let synchronized = match cell {
                Some(cell) => self.synchronize(&cell).map(|has_changed| is_current &= !has_changed),
                None => Ok(()),
            };
            match synchronized {
                Err(error) => answers.push((job.reply, Err(error.into()))),
                Ok(()) if Instant::now() > deadline => {
                    answers.push((job.reply, Err(StoreError::Busy.into())));
                }
                Ok(()) => jobs.push(job),
            }
        }
        self.answers.send(answers);
        if is_any && is_current {
            // The other process has yet to commit, so there is nothing to catch up with.
            std::thread::sleep(CONTENTION_PAUSE);
        }
    }

    /// Brings the memory of an account to what the store has; says whether that changed it.
    fn synchronize(&self, cell: &Cell) -> Result<bool, StoreError> {
        if cell.is_gone() {
            return Ok(true);
        }
        match self.store.catch_up(cell.id, cell.version())? {
            CatchUp::Current => return Ok(false),
            CatchUp::Rows { head, skills, phones } => {
                let mut account = cell.account_mut();
                account.profile = head.profile;
                account.tokens = head.tokens;
                account.heads = head.heads;
                account.follow_skills(skills);
                for (id, phone) in phones {
                    account.set_phone(id, phone);
                }
            }
            CatchUp::Reload => match self.store.load(cell.id)? {
                Some(account) => cell.replace(account),
                None => self.accounts.remove(cell),
            },
            CatchUp::Gone => self.accounts.remove(cell),
        }
        Ok(true)
    }

    fn refuse(&self, jobs: impl Iterator<Item = Job>) {
        let unavailable = || Failure::Unavailable("the store does not answer".into());
        self.answers.send(jobs.map(|job| (job.reply, Err(unavailable()))).collect());
    }
}
