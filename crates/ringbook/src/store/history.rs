//! Queries of the history.

use directory::{AccountId, Kind, PhoneId, SkillId};

use super::{ImportId, RequestId, StoreError};

/// Versions of an account to scan for a page of one phone's or skill's history, or for a filtered one:
/// some 100 ms. The history is indexed by account, so those of others are read too.
const SCANNED_MAX: u64 = 100_000;

/// Whose history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryOf {
    /// The whole account's.
    Account,
    /// One phone's.
    Phone(PhoneId),
    /// One skill's: its name. Assignments are changes of phones.
    Skill(SkillId),
}

/// Which of these changes: those to which all that is given here applies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeFilter {
    /// Those of one import, all its parts.
    pub import: Option<ImportId>,
    /// Those of one request.
    pub request: Option<RequestId>,
    /// Those of one kind.
    pub kind: Option<Kind>,
    /// Those of one source.
    pub source: Option<String>,
    /// Those from this time on, microseconds UTC.
    pub since_us: Option<i64>,
    /// Those before this time, microseconds UTC.
    pub until_us: Option<i64>,
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// By rising version.
    OldestFirst,
    /// By falling version.
    NewestFirst,
}

impl Direction {
    /// As a word of SQL.
    pub(super) fn sql(self) -> &'static str {
        match self {
            Self::OldestFirst => "ASC",
            Self::NewestFirst => "DESC",
        }
    }
}

/// What is asked of the history of an account. Of a phone or a skill, or with a filter, a page may be
/// short, or empty, and not the last one: a store looks at so many rows at a time and no more.
#[derive(Debug, Clone)]
pub struct ChangeQuery {
    /// Whose changes.
    pub of: HistoryOf,
    /// Which of these.
    pub filter: ChangeFilter,
    /// Those above this version alone; 0 for all.
    pub above: u64,
    /// Those below this version alone.
    pub below: Option<u64>,
    /// In which order.
    pub direction: Direction,
    /// Rows at most, and at least one.
    pub rows_max: usize,
}

impl ChangeQuery {
    /// The newest changes, at most `rows_max`, newest first.
    pub fn newest(of: HistoryOf, rows_max: usize) -> Self {
        let (filter, direction) = (ChangeFilter::default(), Direction::NewestFirst);
        Self { of, filter, above: 0, below: None, direction, rows_max }
    }

    /// Whether any change of the account is wanted.
    pub(super) fn is_of_all(&self) -> bool {
        self.of == HistoryOf::Account && self.filter == ChangeFilter::default()
    }

    /// The versions to scan for the page, of the oldest and newest ones `kept`. An account's versions
    /// have no gap, so their number is known beforehand.
    pub(super) fn window(&self, kept: Option<(u64, u64)>) -> Option<Window> {
        let (oldest, newest) = kept?;
        let begins = self.filter.import.map_or(0, |import| import.0);
        let first = oldest.max(self.above.saturating_add(1)).max(begins);
        let last = self.below.map_or(newest, |below| newest.min(below.saturating_sub(1)));
        if first > last {
            return None;
        }
        let scanned = if self.is_of_all() { self.rows_limit() as u64 } else { SCANNED_MAX };
        let beyond = scanned - 1;
        Some(match self.direction {
            Direction::OldestFirst => {
                let end = last.min(first.saturating_add(beyond));
                Window { first, last: end, next: (end < last).then_some(end) }
            }
            Direction::NewestFirst => {
                let end = first.max(last.saturating_sub(beyond));
                Window { first: end, last, next: (end > first).then_some(end) }
            }
        })
    }

    /// Rows of a page, at least one: an empty page would not advance.
    fn rows_limit(&self) -> usize {
        self.rows_max.max(1)
    }

    /// Rows to look for in the window: one more than requested shows whether there are more.
    pub(super) fn rows_wanted(&self) -> i64 {
        i64::try_from(self.rows_limit()).map_or(i64::MAX, |rows| rows.saturating_add(1))
    }

    /// The page of the rows found in the window, one more than requested if there are more.
    pub(super) fn page(
        &self,
        kept: Option<(u64, u64)>,
        window: Option<Window>,
        mut rows: Vec<HistoryRow>,
    ) -> ChangePage {
        let mut next = window.and_then(|window| window.next);
        if rows.len() > self.rows_limit() {
            rows.truncate(self.rows_limit());
            next = rows.last().map(|row| row.version);
        }
        ChangePage { rows, next, oldest: kept.map(|(oldest, _)| oldest) }
    }
}

/// The versions to scan for a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    /// The lowest.
    pub first: u64,
    /// The highest.
    pub last: u64,
    /// Where the next page begins if this one has the whole window.
    pub next: Option<u64>,
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
    /// The import that it is a part of.
    pub import: Option<ImportId>,
    /// Each changed field before and after: see [`super::past`].
    pub delta: String,
}

impl HistoryRow {
    /// The kind of that name in the row of an account's version.
    pub(super) fn kind(account: AccountId, version: u64, name: &str) -> Result<Kind, StoreError> {
        let damaged = || format!("account {account}, version {version}: unknown kind \"{name}\"");
        Kind::parse(name).ok_or_else(|| StoreError::Damaged(damaged()))
    }
}

/// A page of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangePage {
    /// The changes in the requested order.
    pub rows: Vec<HistoryRow>,
    /// Where the next page begins: the last version scanned. None if there is no more.
    pub next: Option<u64>,
    /// The oldest version of the account in the history; none if there is none.
    pub oldest: Option<u64>,
}

/// What is old enough to delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prune {
    /// Changes that were committed before this time of the store's clock; none to keep all. Their own
    /// times do not matter. Always keeps the newest change of an account.
    pub changes_before_us: Option<i64>,
    /// Idempotency records before this time of the store's clock.
    pub answers_before_us: i64,
}

/// A time of the store's clock. A store keeps it with the newest change of then, so that the age of
/// each change is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockMark {
    /// The time of the store's clock, microseconds.
    pub clock_us: i64,
    /// The time of the machine's clock then, microseconds UTC.
    pub at_us: i64,
}

/// The newest change that was committed before a time; 0 if there is none.
pub(super) const LAST_OLD_SQL: &str =
    "SELECT coalesce(max(change_id), 0) FROM clock_mark WHERE clock_us < $1";

/// Deletes the marks before the newest one before a time, as the clock does not go back.
pub(super) const DELETE_MARKS_SQL: &str = "DELETE FROM clock_mark WHERE clock_us < \
    (SELECT max(clock_us) FROM clock_mark WHERE clock_us < $1)";

/// The tables that may have rows of an account after its deletion: those that are written late.
pub(super) const LEFT_BEHIND: [&str; 3] = ["api_key", "key_use", "import"];

/// Where pruning continues: behind this version of this account, or behind the run of versions that
/// begins there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PruneCursor {
    pub account: i64,
    pub version: i64,
}

impl PruneCursor {
    /// Before all accounts.
    pub const START: Self = Self { account: 0, version: 0 };
}

/// How much was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    /// Changes.
    pub changes: usize,
    /// Idempotency records.
    pub answers: usize,
    /// Whether there is nothing more to delete. If not, the next call continues where this one ended.
    pub is_done: bool,
}
