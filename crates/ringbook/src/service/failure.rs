//! How something ends that was asked of the service.

use directory::{Refusal, RowFault, SkillFault};

use crate::store::{CommitError, StoreError};

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many changes were saved.
    pub changes: usize,
    /// Why the skills of a phone were not saved, though the phone was.
    pub skill_fault: Option<SkillFault>,
    /// The rows of an import that were refused.
    pub row_faults: Vec<RowFault>,
}

/// Why it was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// By a rule.
    #[error("{0}")]
    Refused(#[from] Refusal),
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
