//! Asking for the history.

use directory::{AccountId, Kind, PhoneId, SkillId};

use super::{RequestId, StoreError};

/// Versions of an account that are looked at for a page of one phone's or skill's history. They
/// are found by account, so the others' are read and left: so many take some 100 ms.
const LOOKED_AT_MAX: u64 = 100_000;

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
pub struct ChangeQuery {
    /// Whose changes.
    pub of: HistoryOf,
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
        Self { of, above: 0, below: None, direction: Direction::NewestFirst, rows_max }
    }

    /// The versions to look at for the page, of those that are kept. An account's versions have
    /// no gap, so it is known beforehand how many that are.
    pub(super) fn window(&self, kept: Option<(u64, u64)>) -> Option<Window> {
        let (oldest, newest) = kept?;
        let first = oldest.max(self.above.saturating_add(1));
        let last = self.below.map_or(newest, |below| newest.min(below.saturating_sub(1)));
        if first > last {
            return None;
        }
        let beyond = match self.of {
            HistoryOf::Account => self.rows_limit() as u64,
            HistoryOf::Phone(_) | HistoryOf::Skill(_) => LOOKED_AT_MAX,
        } - 1;
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

    /// Rows of a page. A page without any would lead nowhere.
    fn rows_limit(&self) -> usize {
        self.rows_max.max(1)
    }

    /// Rows to be found in the window: one more than asked for tells whether that is all.
    pub(super) fn rows_wanted(&self) -> i64 {
        i64::try_from(self.rows_limit()).map_or(i64::MAX, |rows| rows.saturating_add(1))
    }

    /// The page of the rows that were found in the window, one more than asked for if there are
    /// so many.
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

/// The versions that are looked at for a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    /// The lowest.
    pub first: u64,
    /// The highest.
    pub last: u64,
    /// Where the next page begins if all of the window is on this one.
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
    /// Changes before this, microseconds UTC, if any are ever to be deleted: of each account from
    /// the oldest on, up to one that is kept. The newest change of an account that exists is.
    pub changes_before_us: Option<i64>,
    /// Answers before this, microseconds UTC.
    pub answers_before_us: i64,
}

/// Where the walk through the accounts for what is too old goes on: behind this account's version,
/// or behind the run of versions that begins there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PrunePlace {
    pub account: i64,
    pub version: i64,
}

impl PrunePlace {
    /// Before all accounts.
    pub const START: Self = Self { account: 0, version: 0 };
}

/// What was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    /// Changes.
    pub changes: usize,
    /// Answers.
    pub answers: usize,
    /// Whether nothing more is to be deleted. Where it is not known yet, as only so many accounts
    /// are looked at a time, the next call goes on where this one ended.
    pub is_done: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The window of ten versions, 11 to 20, as `[first, last]`, and where the next page begins.
    fn window(
        of: HistoryOf,
        (above, below): (u64, Option<u64>),
        direction: Direction,
        rows_max: usize,
    ) -> Option<([u64; 2], Option<u64>)> {
        let asked = ChangeQuery { of, above, below, direction, rows_max };
        let window = asked.window(Some((11, 20)))?;
        Some(([window.first, window.last], window.next))
    }

    #[test]
    fn a_window_is_of_what_is_kept_and_asked_for() {
        use Direction::{NewestFirst, OldestFirst};
        let account = HistoryOf::Account;
        for (between, direction, rows_max, expected) in [
            ((0, None), OldestFirst, 3, Some(([11, 13], Some(13)))),
            ((13, None), OldestFirst, 7, Some(([14, 20], None))),
            ((13, None), OldestFirst, 6, Some(([14, 19], Some(19)))),
            ((20, None), OldestFirst, 3, None),
            ((u64::MAX, None), OldestFirst, 3, None),
            ((0, None), NewestFirst, 3, Some(([18, 20], Some(18)))),
            ((0, Some(14)), NewestFirst, 3, Some(([11, 13], None))),
            ((11, Some(14)), NewestFirst, 3, Some(([12, 13], None))),
            ((0, Some(11)), NewestFirst, 3, None),
            ((0, Some(0)), NewestFirst, 3, None),
            ((0, Some(99)), NewestFirst, 0, Some(([20, 20], Some(20)))),
            ((0, None), OldestFirst, usize::MAX, Some(([11, 20], None))),
        ] {
            let found = window(account, between, direction, rows_max);
            assert_eq!(found, expected, "{between:?} {direction:?} {rows_max}");
        }
        let asked =
            ChangeQuery { of: account, above: 0, below: None, direction: OldestFirst, rows_max: 1 };
        assert_eq!(asked.window(None), None);
    }

    #[test]
    fn for_a_phone_so_many_versions_are_looked_at() {
        let of = HistoryOf::Phone(PhoneId(1));
        let direction = Direction::OldestFirst;
        let asked = ChangeQuery { of, above: 0, below: None, direction, rows_max: 10 };
        let kept = Some((1, 3 * LOOKED_AT_MAX));
        let next = LOOKED_AT_MAX;
        let window = Window { first: 1, last: next, next: Some(next) };
        assert_eq!(asked.window(kept), Some(window));
        let newest = ChangeQuery { direction: Direction::NewestFirst, ..asked.clone() };
        let next = 2 * LOOKED_AT_MAX + 1;
        let window = Window { first: next, last: 3 * LOOKED_AT_MAX, next: Some(next) };
        assert_eq!(newest.window(kept), Some(window));
        // A page that is full before the end of its window is gone on from its last row.
        let row = |version| HistoryRow {
            version,
            at_us: 0,
            request_id: RequestId(0),
            source: String::new(),
            kind: Kind::EditPhone,
            subject_id: Some(1),
            delta: "{}".into(),
        };
        let page = asked.page(kept, asked.window(kept), (1..=11).map(|n| row(n * 5)).collect());
        assert_eq!((page.rows.len(), page.next, page.oldest), (10, Some(50), Some(1)));
        let page = asked.page(kept, asked.window(kept), vec![row(5)]);
        assert_eq!((page.rows.len(), page.next), (1, Some(LOOKED_AT_MAX)));
    }
}
