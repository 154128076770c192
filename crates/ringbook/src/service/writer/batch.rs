//! One group of commands: decided, committed, applied, answered.

use std::sync::Arc;

use directory::{Change, Decision, Refusal, View, decide};

use super::queue::Job;
use crate::service::accounts::{Accounts, Cell};
use crate::service::answers;
use crate::service::{Failure, Outcome};
use crate::store::{AccountCommit, StampedChange, Verdict};

type Answer = answers::Answer<Result<Outcome, Failure>>;

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
    jobs: Vec<(Job, Result<Outcome, Refusal>)>,
    is_deleted: bool,
}

impl Batch {
    /// Decides the jobs, account by account, in the order in which they came.
    pub fn decide(mut jobs: Vec<Job>) -> Self {
        jobs.sort_by_key(|job| job.cell.id);
        let mut batch = Self { commits: Vec::new(), accounts: Vec::new(), answered: Vec::new() };
        let mut jobs = jobs.into_iter().peekable();
        while let Some(first) = jobs.next() {
            let cell = Arc::clone(&first.cell);
            let mut same = vec![first];
            while let Some(job) = jobs.next_if(|job| Arc::ptr_eq(&job.cell, &cell)) {
                same.push(job);
            }
            batch.decide_account(cell, same);
        }
        batch
    }

    fn decide_account(&mut self, cell: Arc<Cell>, jobs: Vec<Job>) {
        if cell.is_gone() {
            let gone = jobs.into_iter().map(|job| (job.reply, Err(Refusal::NoSuchAccount.into())));
            self.answered.extend(gone);
            return;
        }
        let account = cell.account();
        let mut view = View::new(&account);
        let (mut heads, mut is_deleted) = (account.heads, false);
        let mut changes = Vec::with_capacity(jobs.len());
        let last = jobs.len() - 1;
        let decide_job = |(index, job): (usize, Job)| {
            let result = decide(&view, &job.command).map(|decision| {
                let Decision { changes: decided, skill_fault, row_faults } = decision;
                for change in &decided {
                    heads.count(change);
                    is_deleted |= *change == Change::AccountDeleted;
                    // Nobody looks at the view after the last one.
                    if index < last {
                        view.stage(change);
                    }
                }
                let outcome = Outcome { changes: decided.len(), skill_fault, row_faults };
                changes.extend(
                    decided
                        .into_iter()
                        .map(|change| StampedChange { change, origin: job.origin.clone() }),
                );
                outcome
            });
            (job, result)
        };
        let jobs = jobs.into_iter().enumerate().map(decide_job).collect();
        self.commits.push(AccountCommit {
            id: cell.id,
            expected_version: account.heads.version,
            heads,
            changes,
        });
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
        let answer = |(job, result): (Job, Result<Outcome, Refusal>)| {
            let failure = match (result, failure) {
                (Ok(Outcome { changes: 1.., .. }), failure) => failure.clone(),
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
            answers.extend(
                jobs.into_iter().map(|(job, result)| (job.reply, result.map_err(Failure::from))),
            );
        }
        (answers, stale)
    }
}

fn apply(cell: &Cell, commit: AccountCommit) {
    if commit.changes.is_empty() {
        return;
    }
    let mut account = cell.account_mut();
    for StampedChange { change, .. } in commit.changes {
        account.apply(change);
    }
    assert_eq!(account.heads, commit.heads, "memory has gone the way that was committed");
}
