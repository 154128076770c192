//! How something ends that was asked of the service.

use directory::{Change, Refusal, RowFault, SkillFault};

use super::IdempotentAnswer;
use crate::store::{CommitError, StoreError};

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many changes were saved.
    pub changes: usize,
    /// Why the skills of a phone were not saved, though the phone was.
    pub skill_fault: Option<SkillFault>,
    /// The rows that were refused, of several.
    pub row_faults: Vec<RowFault>,
    /// How many of the changes are those of each row, of several.
    pub row_changes: Vec<u32>,
    /// The account's version after it.
    pub version: u64,
    /// The changes themselves, where they were asked for.
    pub changed: Vec<Change>,
    /// The answer that was kept, of a command that is carried out once.
    pub kept: Option<IdempotentAnswer>,
}

/// Why it was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// By a rule.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The request's key was used for another request.
    #[error("the idempotency key was used for another request within 24 hours")]
    KeyReused,
    /// No change of the account has that number.
    #[error("there is no change {0}")]
    NoSuchChange(u64),
    /// The history that is asked for is no longer kept.
    #[error("the history before {} is no longer kept", match oldest {
        Some(oldest) => format!("change {oldest}"),
        None => "now".into(),
    })]
    Pruned {
        /// The oldest change that is kept.
        oldest: Option<u64>,
    },
    /// A reader of the feed has seen what never happened: it follows another store, or this one
    /// was restored from a backup.
    #[error(
        "the newest change is {newest}: the cursor is of another store, or of one since restored"
    )]
    CursorAhead {
        /// The newest change.
        newest: u64,
    },
    /// More changes than are gone through at once.
    #[error("more than {changes_max} changes would have to be gone through")]
    TooFarBack {
        /// How many are, at most.
        changes_max: usize,
    },
    /// The store cannot answer, or there is too much to do. Nothing was changed.
    #[error("{0}")]
    Unavailable(String),
    /// The store failed in the middle of a commit: it may or may not have been saved.
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
