//! The results of commands and reads.

use directory::{Change, ChangeId, Decision, Refusal, RowFault, SkillFault, SkillNames};

use super::{CredentialsFault, IdempotentAnswer};
use crate::store::{CommitError, ImportId, ImportProgress, StoreError};

/// What a command did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many changes were saved.
    pub changes: usize,
    /// Why the skills of a phone were not saved, though the phone was.
    pub skill_fault: Option<SkillFault>,
    /// Of a command with several rows, the rows that were refused.
    pub row_faults: Vec<RowFault>,
    /// Of a command with several rows, how many changes each row made.
    pub row_changes: Vec<u32>,
    /// The import of a command with several rows, if it has made changes.
    pub import: Option<ImportId>,
    /// The account's version after the command.
    pub version: u64,
    /// When it was carried out, microseconds UTC.
    pub at_us: i64,
    /// The changes themselves, if the request returns them.
    pub changed: Vec<Change>,
    /// The names of the skills in each of these at the time.
    pub skill_names: Vec<SkillNames>,
    /// The answer to an idempotent command.
    pub idempotent_answer: Option<IdempotentAnswer>,
}

impl Outcome {
    /// The outcome of a decision that leads to `version`, and the decision's changes.
    pub(super) fn of(decision: Decision, version: u64) -> (Self, Vec<Change>) {
        let Decision { changes, skill_fault, row_faults, row_changes } = decision;
        let count = changes.len();
        let outcome = Self {
            changes: count,
            skill_fault,
            row_faults,
            row_changes,
            version,
            ..Self::default()
        };
        (outcome, changes)
    }

    /// How an import stands after this outcome of a command with so many rows, from how it stood
    /// before.
    pub fn progress(&self, rows: usize, before: &ImportProgress) -> ImportProgress {
        let done = self.row_changes.iter().filter(|changes| **changes > 0).count();
        let refused = self.row_faults.len();
        ImportProgress {
            rows: before.rows + rows as u64,
            done: before.done + done as u64,
            unchanged: before.unchanged + rows.saturating_sub(done + refused) as u64,
            refused: before.refused + refused as u64,
            ..before.clone()
        }
    }
}

/// Why a command or a read failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// A rule refused it.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The credentials are not valid, or no longer.
    #[error("{0}")]
    Unauthorized(#[from] CredentialsFault),
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request within 24 hours")]
    KeyReused,
    /// The request was carried out, and its answer was erased with the values of a phone.
    #[error("the request was answered before; its answer was erased, as it had values of a person")]
    AnswerErased,
    /// The account has no change of this number.
    #[error("there is no change {}", ChangeId(*.0))]
    NoSuchChange(u64),
    /// The account has no such import.
    #[error("there is no import {0}")]
    NoSuchImport(ImportId),
    /// The change of this number is part of no import.
    #[error("{} is part of no import", ChangeId(*.0))]
    NotOfImport(u64),
    /// The requested history was pruned. The oldest change that is left, if there is one.
    #[error("the history before {} is no longer kept", match .0 {
        Some(oldest) => ChangeId(*oldest).to_string(),
        None => "now".into(),
    })]
    Pruned(Option<u64>),
    /// The cursor of a reader of the changefeed is beyond the newest change, which is this one: it is
    /// of another store, or this one was restored from a backup.
    #[error(
        "the newest change is {}: the cursor is of another store, or of one since restored",
        ChangeId(*.0)
    )]
    CursorAhead(u64),
    /// The read is of a time that is yet to come.
    #[error("at is in the future")]
    InFuture,
    /// The read needs more changes than one may go through, which is this number.
    #[error("more than {0} changes would have to be gone through")]
    TooFarBack(usize),
    /// The store does not answer, or a queue is full. Nothing was changed.
    #[error("{0}")]
    Unavailable(String),
    /// The store failed during a commit: the changes may or may not have been saved.
    #[error("{0}")]
    OutcomeUnknown(String),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::NothingChanged(error) => error.into(),
            CommitError::OutcomeUnknown(_) => Self::OutcomeUnknown(error.to_string()),
        }
    }
}
