//! One group of commands: decided, committed, applied, answered. This module must not know how
//! commands are queued.

use std::sync::Arc;

use directory::{Change, Command, Refusal, SaveMode, View, decide};

use super::Known;
use super::idempotency::{Idempotency, IdempotentAnswer};
use super::queue::Job;
use crate::service::cache::{AccountCache, CachedAccount};
use crate::service::credentials::Held;
use crate::service::replies;
use crate::service::routing::touched_by;
use crate::service::{CommandRequest, Failure, Outcome};
use crate::store::{
    AccountCommit, IdempotencyRecord, Import, ImportId, ImportWrite, Origin, StampedChange, Verdict,
};

pub type Reply = replies::Reply<Decided>;
type Decided = Result<Outcome, Failure>;

/// What was decided and awaits its commit. `commits` and `accounts` run in parallel.
pub struct Batch {
    commits: Vec<AccountCommit>,
    accounts: Vec<DecidedAccount>,
    /// Replies that need no commit.
    replies: Vec<Reply>,
}

/// A job to be decided again, and perhaps the account that must be synchronized before.
pub type StaleJob = (Job, Option<Arc<CachedAccount>>);

struct DecidedAccount {
    cached: Arc<CachedAccount>,
    jobs: Vec<(Job, Decided)>,
    is_deleted: bool,
}

impl Batch {
    /// Decides the jobs, account by account, in the order in which they came.
    pub fn decide(mut jobs: Vec<Job>, known: &Known) -> Self {
        jobs.sort_by_key(|job| job.cached.id);
        let mut batch = Self { commits: Vec::new(), accounts: Vec::new(), replies: Vec::new() };
        let mut jobs = jobs.into_iter().peekable();
        while let Some(first) = jobs.next() {
            let cached = Arc::clone(&first.cached);
            let mut same = vec![first];
            while let Some(job) = jobs.next_if(|job| Arc::ptr_eq(&job.cached, &cached)) {
                same.push(job);
            }
            batch.decide_account(cached, same, known);
        }
        batch
    }

    fn decide_account(&mut self, cached: Arc<CachedAccount>, jobs: Vec<Job>, known: &Known) {
        if cached.is_deleted() {
            let refuse = |job: Job| (job.reply, Err(Refusal::NoSuchAccount.into()));
            self.replies.extend(jobs.into_iter().map(refuse));
            return;
        }
        // Nobody waits for this guard, however long it takes: only this thread changes the account.
        let account = cached.read();
        let mut decider = AccountDecider {
            view: View::new(&account),
            is_deleted: false,
            known,
            commit: AccountCommit {
                id: cached.id,
                expected_version: account.counters.version,
                counters: account.counters,
                changes: Vec::with_capacity(jobs.len()),
                answers: Vec::new(),
                imports: Vec::new(),
            },
        };
        let last = jobs.len() - 1;
        let decide = |(index, job): (usize, Job)| {
            let result = decider.decide(&job, index == last);
            (job, result)
        };
        let jobs = jobs.into_iter().enumerate().map(decide).collect();
        let AccountDecider { is_deleted, commit, .. } = decider;
        self.commits.push(commit);
        drop(account);
        self.accounts.push(DecidedAccount { cached, jobs, is_deleted });
    }

    pub fn commits(&self) -> &[AccountCommit] {
        &self.commits
    }

    pub fn changes(&self) -> usize {
        self.commits.iter().map(|account| account.changes.len()).sum()
    }

    /// Takes the replies that need no commit.
    pub fn take_replies(&mut self) -> Vec<Reply> {
        std::mem::take(&mut self.replies)
    }

    /// The replies after a failed commit. A command that changes nothing has changed nothing,
    /// whatever the outcome of the others is.
    pub fn fail(self, failure: &Failure) -> Vec<Reply> {
        let jobs = self.accounts.into_iter().flat_map(|account| account.jobs);
        let reply = |(job, decided): (Job, Decided)| {
            let is_saved =
                |outcome: Outcome| outcome.changes > 0 || outcome.idempotent_answer.is_some();
            let failure = match failure {
                Failure::OutcomeUnknown(_) if !decided.is_ok_and(is_saved) => {
                    Failure::Unavailable("the store does not answer".into())
                }
                failure => failure.clone(),
            };
            (job.reply, Err(failure))
        };
        jobs.map(reply).collect()
    }

    /// Changes the memory of committed accounts. Returns the replies, and the jobs that must be
    /// decided again, the first of each account with the account to be synchronized before.
    pub fn finish(self, verdicts: &[Verdict], cache: &AccountCache) -> (Vec<Reply>, Vec<StaleJob>) {
        let mut replies = Vec::new();
        let mut stale = Vec::new();
        for ((commit, decided), verdict) in
            self.commits.into_iter().zip(self.accounts).zip(verdicts)
        {
            let DecidedAccount { cached, jobs, is_deleted } = decided;
            if *verdict == Verdict::Stale {
                let mut cached = Some(cached);
                stale.extend(jobs.into_iter().map(|(job, _)| (job, cached.take())));
                continue;
            }
            // Before the new version is announced, so that who waits for it finds no account.
            if is_deleted {
                cache.remove(&cached);
            }
            // The many phones of a deleted account are freed like changed rows.
            let rows = if is_deleted { usize::MAX } else { commit.changes.len() };
            apply(&cached, rows, commit);
            replies.extend(jobs.into_iter().map(|(job, decided)| (job.reply, decided)));
        }
        (replies, stale)
    }
}

/// Decides the jobs of an account, one after the other.
struct AccountDecider<'a> {
    view: View<'a>,
    is_deleted: bool,
    known: &'a Known,
    commit: AccountCommit,
}

impl AccountDecider<'_> {
    /// Decides a job, or finds the recorded answer to it. `is_last` if no other job follows.
    fn decide(&mut self, job: &Job, is_last: bool) -> Decided {
        // A job before it may have deleted its key.
        let (profile, tokens) = (self.view.profile(), self.view.tokens());
        let held = Held { profile, tokens, keys: self.view.keys() };
        job.authority.verify_account(held, self.known.now_us)?;
        job.authority.verify_operator(&self.known.operator_keys, self.known.now_us)?;
        let Some(Idempotency { key, request_sha256, answer }) = &job.request.idempotency else {
            return self.decide_new(job, is_last).map_err(Failure::from);
        };
        let in_batch = self.commit.answers.iter().find(|record| record.key == *key);
        let recorded = in_batch.or_else(|| self.known.records.get(&(self.commit.id, *key)));
        if let Some(record) = recorded {
            let answer = IdempotentAnswer::replay(record.clone(), request_sha256)?;
            return Ok(Outcome { idempotent_answer: Some(answer), ..Outcome::default() });
        }
        let result = self.decide_new(job, is_last);
        let answer = answer(&result, self.view.skills());
        self.commit.answers.push(IdempotencyRecord {
            key: *key,
            request_sha256: *request_sha256,
            at_us: job.request.store_us,
            answer: answer.clone(),
        });
        // A refusal is an answer like any other.
        let idempotent_answer = Some(IdempotentAnswer { answer, is_replayed: false });
        Ok(Outcome { idempotent_answer, ..result.unwrap_or_default() })
    }

    fn decide_new(&mut self, job: &Job, is_last: bool) -> Result<Outcome, Refusal> {
        let CommandRequest { command, origin, returns_changes, .. } = &job.request;
        let decision = decide(&self.view, command)?;
        let mut origin = origin.clone();
        if matches!(command, Command::Several { .. }) && !decision.changes.is_empty() {
            origin.import.get_or_insert(ImportId(self.commit.counters.version + 1));
        }
        let version = self.commit.counters.version + decision.changes.len() as u64;
        let (mut outcome, changes) = Outcome::of(decision, version);
        (outcome.import, outcome.at_us) = (origin.import, origin.at_us);
        self.note_import(&job.request, &outcome);
        for change in changes {
            let skill_names = change.skill_names(self.view.skills());
            self.commit.counters.count(&change);
            self.is_deleted |= matches!(change, Change::AccountDeleted(_));
            // No later job looks at the phones of the view, but the history and a recorded answer
            // name skills.
            if !is_last || matches!(change, Change::Skill { .. }) {
                self.view.stage(&change);
            }
            if *returns_changes {
                outcome.changed.push(change.clone());
                outcome.skill_names.push(skill_names.clone());
            }
            self.commit.changes.push(StampedChange { change, skill_names, origin: origin.clone() });
        }
        Ok(outcome)
    }

    /// Notes what a command has done of an import, or that it has taken one back.
    fn note_import(&mut self, request: &CommandRequest, outcome: &Outcome) {
        let undone = request.undoes.filter(|_| outcome.changes > 0);
        self.commit.imports.extend(undone.map(ImportWrite::Undone));
        if let (Command::Several { rows, mode }, Some(id)) = (&request.command, outcome.import) {
            let Origin { at_us, request_id, source, .. } = &request.origin;
            self.commit.imports.push(ImportWrite::Progress(Import {
                id,
                begun_us: *at_us,
                request_id: *request_id,
                source: Arc::clone(source),
                is_whole: *mode != SaveMode::GoodRows,
                progress: outcome.progress(rows.len(), &request.import),
            }));
        }
    }
}

fn apply(cached: &CachedAccount, rows: usize, commit: AccountCommit) {
    if commit.changes.is_empty() {
        return;
    }
    let touched = cached.touched(|account| touched_by(&commit.changes, account));
    cached.change(rows, &touched, |account| {
        for StampedChange { change, .. } in commit.changes {
            account.apply(change);
        }
        assert_eq!(account.counters, commit.counters, "memory is where the commit left the store");
    });
}
