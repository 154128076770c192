//! One group of commands: decided, committed, applied, answered.

use std::sync::Arc;

use directory::{Change, Decision, Refusal, View, decide};

use super::idempotency::{IdempotencyRecords, IdempotentAnswer};
use super::queue::Job;
use crate::service::accounts::{Accounts, Cell};
use crate::service::answers;
use crate::service::{Failure, Outcome};
use crate::store::{AccountCommit, IdempotencyRecord, StampedChange, Verdict};

/// The answer to a job.
pub type Answer = answers::Answer<Decided>;
type Decided = Result<Outcome, Failure>;

/// What was decided and awaits its commit. `commits` and `accounts` run in parallel.
pub struct Batch {
    commits: Vec<AccountCommit>,
    accounts: Vec<DecidedAccount>,
    /// Answers that need no commit.
    answered: Vec<Answer>,
}

/// A job to be decided anew, and perhaps the cell that must be synchronized before.
pub type StaleJob = (Job, Option<Arc<Cell>>);

struct DecidedAccount {
    cell: Arc<Cell>,
    jobs: Vec<(Job, Decided)>,
    is_deleted: bool,
}

impl Batch {
    /// Decides the jobs, account by account, in the order in which they came.
    pub fn decide(mut jobs: Vec<Job>, kept: &IdempotencyRecords) -> Self {
        jobs.sort_by_key(|job| job.cell.id);
        let mut batch = Self { commits: Vec::new(), accounts: Vec::new(), answered: Vec::new() };
        let mut jobs = jobs.into_iter().peekable();
        while let Some(first) = jobs.next() {
            let cell = Arc::clone(&first.cell);
            let mut same = vec![first];
            while let Some(job) = jobs.next_if(|job| Arc::ptr_eq(&job.cell, &cell)) {
                same.push(job);
            }
            batch.decide_account(cell, same, kept);
        }
        batch
    }

    fn decide_account(&mut self, cell: Arc<Cell>, jobs: Vec<Job>, kept: &IdempotencyRecords) {
        if cell.is_gone() {
            let gone = jobs.into_iter().map(|job| (job.reply, Err(Refusal::NoSuchAccount.into())));
            self.answered.extend(gone);
            return;
        }
        let account = cell.account();
        let mut decides = Decides {
            view: View::new(&account),
            is_deleted: false,
            kept,
            commit: AccountCommit {
                id: cell.id,
                expected_version: account.counters.version,
                counters: account.counters,
                changes: Vec::with_capacity(jobs.len()),
                answers: Vec::new(),
            },
        };
        let last = jobs.len() - 1;
        let decide = |(index, job): (usize, Job)| {
            // Nobody looks at the phones of the view after the last one.
            let result = decides.job(&job, index < last);
            (job, result)
        };
        let jobs = jobs.into_iter().enumerate().map(decide).collect();
        let Decides { is_deleted, commit, .. } = decides;
        self.commits.push(commit);
        drop(account);
        self.accounts.push(DecidedAccount { cell, jobs, is_deleted });
    }

    /// What is to be committed.
    pub fn commits(&self) -> &[AccountCommit] {
        &self.commits
    }

    /// How many changes are to be committed.
    pub fn changes(&self) -> usize {
        self.commits.iter().map(|account| account.changes.len()).sum()
    }

    /// The answers that need no commit.
    pub fn take_answered(&mut self) -> Vec<Answer> {
        std::mem::take(&mut self.answered)
    }

    /// The commit failed: what everybody is told. Those who would have changed nothing have
    /// changed nothing, whatever became of the others.
    pub fn fail(self, failure: &Failure) -> Vec<Answer> {
        let jobs = self.accounts.into_iter().flat_map(|account| account.jobs);
        let answer = |(job, result): (Job, Decided)| {
            let failure = match (result, failure) {
                (Ok(Outcome { changes: 1.., .. } | Outcome { kept: Some(_), .. }), failure) => {
                    failure.clone()
                }
                (_, Failure::OutcomeUnknown(_)) => {
                    Failure::Unavailable("the store does not answer".into())
                }
                (_, failure) => failure.clone(),
            };
            (job.reply, Err(failure))
        };
        jobs.map(answer).collect()
    }

    /// Changes the memory where the store has committed. Returns the answers, and the jobs that
    /// must be decided anew, the first of each account with the cell to be synchronized before.
    pub fn finish(self, verdicts: &[Verdict], accounts: &Accounts) -> (Vec<Answer>, Vec<StaleJob>) {
        let mut answers = Vec::new();
        let mut stale = Vec::new();
        for ((commit, decided), verdict) in
            self.commits.into_iter().zip(self.accounts).zip(verdicts)
        {
            let DecidedAccount { cell, jobs, is_deleted } = decided;
            if *verdict == Verdict::Stale {
                let mut cell = Some(cell);
                stale.extend(jobs.into_iter().map(|(job, _)| (job, cell.take())));
                continue;
            }
            apply(&cell, commit);
            if is_deleted {
                accounts.remove(&cell);
            }
            answers.extend(jobs.into_iter().map(|(job, result)| (job.reply, result)));
        }
        (answers, stale)
    }
}

/// Decides the jobs of an account, one after the other.
struct Decides<'a> {
    view: View<'a>,
    is_deleted: bool,
    kept: &'a IdempotencyRecords,
    commit: AccountCommit,
}

impl Decides<'_> {
    fn job(&mut self, job: &Job, is_followed: bool) -> Decided {
        let Some(once) = &job.asks.idempotency else {
            return self.decide(job, is_followed).map_err(Failure::from);
        };
        let same = |kept: &&IdempotencyRecord| kept.key == once.key;
        let before = self.commit.answers.iter().find(same);
        let before = before.or_else(|| self.kept.get(&(self.commit.id, once.key)));
        if let Some(before) = before {
            let kept = Some(IdempotentAnswer::replay(before.clone(), &once.request_sha256)?);
            return Ok(Outcome { kept, ..Outcome::default() });
        }
        let result = self.decide(job, is_followed);
        let kept = once.keep(&result, self.view.skills(), job.asks.origin.at_us);
        let answer = kept.answer.clone();
        self.commit.answers.push(kept);
        let kept = Some(IdempotentAnswer { answer, is_replayed: false });
        // A refusal is an answer as any other one.
        Ok(Outcome { kept, ..result.unwrap_or_default() })
    }

    fn decide(&mut self, job: &Job, is_followed: bool) -> Result<Outcome, Refusal> {
        let Decision { changes, skill_fault, row_faults, row_changes } =
            decide(&self.view, &job.asks.command)?;
        for change in &changes {
            self.commit.counters.count(change);
            self.is_deleted |= *change == Change::AccountDeleted;
            // The answer that is kept names skills.
            if is_followed || matches!(change, Change::Skill { .. }) {
                self.view.stage(change);
            }
        }
        let outcome = Outcome {
            changes: changes.len(),
            skill_fault,
            row_faults,
            row_changes,
            version: self.commit.counters.version,
            changed: if job.asks.tells_changes { changes.clone() } else { Vec::new() },
            kept: None,
        };
        let origin = &job.asks.origin;
        let stamped =
            changes.into_iter().map(|change| StampedChange { change, origin: origin.clone() });
        self.commit.changes.extend(stamped);
        Ok(outcome)
    }
}

fn apply(cell: &Cell, commit: AccountCommit) {
    if commit.changes.is_empty() {
        return;
    }
    cell.change(|account| {
        for StampedChange { change, .. } in commit.changes {
            account.apply(change);
        }
        assert_eq!(account.counters, commit.counters, "memory has gone the way that was committed");
    });
}
