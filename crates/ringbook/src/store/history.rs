//! Asking for the history.

use directory::{Kind, PhoneId, SkillId};

use super::RequestId;

/// Whose history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryOf {
    /// The whole account's.
    Account,
    /// One phone's.
    Phone(PhoneId),
    /// One skill's own: its name. Who is assigned to it is told by the phones.
    Skill(SkillId),
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// By rising version.
    OldestFirst,
    /// By falling version.
    NewestFirst,
}

/// What is asked of the history of an account. Of a phone or a skill, a page may be short, or
/// empty, and not the last one: a store looks at so many rows at a time and no more.
#[derive(Debug, Clone)]
pub struct ChangesAsked {
    /// Whose changes.
    pub of: HistoryOf,
    /// Those above this version alone; 0 for all.
    pub above: u64,
    /// Those below this version alone.
    pub below: Option<u64>,
    /// In which order.
    pub direction: Direction,
    /// Rows at most.
    pub rows_max: usize,
}

/// A row of the history as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRow {
    /// The account's version after the change.
    pub version: u64,
    /// When, microseconds UTC.
    pub at_us: i64,
    /// In which request.
    pub request_id: RequestId,
    /// Who.
    pub source: String,
    /// What kind of change.
    pub kind: Kind,
    /// The id of the phone, the skill or the key that it is about.
    pub subject_id: Option<u64>,
    /// Each changed field before and after: see [`super::past`].
    pub delta: String,
}

/// A page of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangePage {
    /// The changes in the order that was asked for.
    pub rows: Vec<HistoryRow>,
    /// Where the next page begins: the last version that was looked at. None if there is no more.
    pub next: Option<u64>,
    /// The oldest version of the account that is kept; none if none is.
    pub oldest: Option<u64>,
}

/// What is too old to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prune {
    /// Changes before this, microseconds UTC, if any are ever to be deleted. The newest change of
    /// an account that exists is kept.
    pub changes_before_us: Option<i64>,
    /// Answers before this, microseconds UTC.
    pub answers_before_us: i64,
}

/// What was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    /// Changes.
    pub changes: usize,
    /// Answers.
    pub answers: usize,
}
