//! What a command changes.

use crate::change::Change;
use crate::refusal::RowFault;
use crate::skill_fault::SkillFault;

/// The result of a command that is not refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decision {
    /// The changes, in order. Empty if the account is already in the requested state.
    pub changes: Vec<Change>,
    /// Why the phone was saved without its skills (contract, "Skills").
    pub skill_fault: Option<SkillFault>,
    /// The refused rows of a [`Command::Several`](crate::Command::Several), by line, or the changes
    /// that a [`Command::Revert`](crate::Command::Revert) leaves, by version.
    pub row_faults: Vec<RowFault>,
    /// How many of the changes belong to each row of a `Command::Several`. Empty if nothing is
    /// saved.
    pub row_changes: Vec<u32>,
}

impl From<Vec<Change>> for Decision {
    fn from(changes: Vec<Change>) -> Self {
        Self { changes, ..Self::default() }
    }
}
