//! The history of an account: pages of it, the changefeed, earlier states, and reverts. This module
//! must not know how rows are stored or rendered.

mod explain;
mod import;
mod obstacle;
mod past;
mod revert;
mod span;

use std::cmp::Ordering;
use std::time::Duration;

use directory::routing::Subject;
use directory::{Assignment, Change, Delta, Refusal, SkillNames, Skills};
use tokio::time::{Instant, timeout_at};

use super::{Failure, Outcome, Service, Tenant};
use crate::store::{self, ChangeQuery, Direction, HistoryOf, HistoryRow, Origin, StoreError};

pub use explain::{RingExplanation, RingReason};
pub(super) use past::walk_back;
pub use revert::RevertScope;

/// Pages that a search reads for the changes of one phone or skill. A store looks at some 100 000
/// changes for each.
const SEARCH_PAGES_MAX: usize = 10;

/// Rows of such a page.
const SEARCH_PAGE_ROWS: usize = 100;

/// Rows of such a page for the changes of an account, of which all are on the page.
const ACCOUNT_PAGE_ROWS: usize = 1_000;

/// A change in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoricChange {
    /// Who, when, in which request, and what kind of change.
    pub row: HistoryRow,
    /// What it did.
    pub past: Delta,
}

/// A page of the history.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The changes.
    pub changes: Vec<HistoricChange>,
    /// Where the next page begins, if there may be one.
    pub next: Option<u64>,
    /// The oldest change that is left, if it is known.
    pub oldest: Option<u64>,
}

impl HistoricChange {
    pub(super) fn read(row: HistoryRow) -> Result<Self, Failure> {
        let past = store::past(row.kind, row.subject_id, &row.delta)
            .map_err(|fault| StoreError::Damaged(format!("change {}: {fault}", row.version)))?;
        Ok(Self { row, past })
    }

    /// The changes that a command of this origin has just made, as the history has them; in a preview
    /// their versions are 0.
    pub fn made(outcome: &Outcome, origin: &Origin, is_preview: bool) -> Vec<Self> {
        // The changes of a command have the versions that lead to the one after it.
        let first = outcome.version.saturating_sub(outcome.changed.len() as u64) + 1;
        let made = |(version, (change, skill_names)): (u64, (&Change, &SkillNames))| {
            let row = HistoryRow {
                version: if is_preview { 0 } else { version },
                at_us: outcome.at_us,
                request_id: origin.request_id,
                source: origin.source.to_string(),
                kind: change.kind(),
                subject_id: change.subject_id(),
                import: outcome.import,
                delta: store::delta(change, skill_names),
            };
            Self::read(row).expect("it reads what it writes")
        };
        (first..).zip(outcome.changed.iter().zip(&outcome.skill_names)).map(made).collect()
    }

    /// The assignments that the phone lost and got.
    pub fn assignments(&self) -> impl Iterator<Item = &Assignment> {
        let (lost, got): (&[_], &[_]) = match &self.past {
            Delta::Phone { lost, got, .. } => (lost, got),
            _ => (&[], &[]),
        };
        lost.iter().chain(got)
    }
}

impl Service {
    /// A page of the history. A page below the oldest change that is left is refused.
    pub async fn history(&self, tenant: &Tenant, query: &ChangeQuery) -> Result<History, Failure> {
        self.refresh(tenant).await?;
        let page = self.read_history(tenant, &self.narrowed(tenant, query.clone()).await?).await?;
        match (query.below, page.oldest) {
            (Some(below), Some(oldest)) if oldest > 1 && below <= oldest => {
                Err(Failure::Pruned(page.oldest))
            }
            _ => Ok(page),
        }
    }

    /// The name that the phone or the skill has now that was changed, from memory; none if it is not
    /// there.
    pub fn name_now(&self, tenant: &Tenant, past: &Delta) -> Option<String> {
        let account = tenant.0.read();
        match past {
            Delta::Phone { id, .. }
            | Delta::Erasure { id, .. }
            | Delta::Routing { subject: Subject::Phone(id), .. } => {
                account.phones.get(*id).map(|phone| phone.name.to_string())
            }
            Delta::Skill { id, .. } | Delta::Routing { subject: Subject::Skill(id), .. } => {
                account.skills.name(*id).map(ToString::to_string)
            }
            _ => None,
        }
    }

    /// Refuses the history of a phone or a skill that never existed. Deleted ones have theirs.
    pub async fn check_history_of(&self, tenant: &Tenant, of: HistoryOf) -> Result<(), Failure> {
        self.refresh(tenant).await?;
        let counters = tenant.0.read().counters;
        match of {
            HistoryOf::Phone(id) if !(1..counters.next_phone_id).contains(&id.0) => {
                Err(Refusal::NoSuchPhone(id).into())
            }
            HistoryOf::Skill(id) if !(1..counters.next_skill_id).contains(&id.0) => {
                Err(Refusal::no_such_skill(&Skills::default(), &id.to_string()).into())
            }
            _ => Ok(()),
        }
    }

    /// The change that led to a version.
    pub async fn change_to(
        &self,
        tenant: &Tenant,
        version: u64,
    ) -> Result<HistoricChange, Failure> {
        self.refresh(tenant).await?;
        self.change(tenant, version).await
    }

    /// The changes after a version, or all that are kept, oldest first. If there is none yet, waits up
    /// to `wait` for one. Each change comes once and in order, whichever node it was made on.
    pub async fn changes_after(
        &self,
        tenant: &Tenant,
        after: Option<u64>,
        rows_max: usize,
        wait: Duration,
    ) -> Result<History, Failure> {
        let deadline = Instant::now() + wait;
        let mut versions = tenant.0.versions();
        loop {
            // Before the version is read, so that no announcement between the two is missed.
            versions.mark_unchanged();
            // A reader may come from a node whose memory is ahead of this one.
            self.refresh(tenant).await?;
            // Not the announced version, which follows the memory a moment later.
            let version = tenant.0.version();
            match after.unwrap_or(0).cmp(&version) {
                Ordering::Less => return self.changes_from(tenant, after, rows_max).await,
                Ordering::Equal => {}
                Ordering::Greater => return Err(Failure::CursorAhead(version)),
            }
            if timeout_at(deadline, versions.changed()).await.is_err() {
                self.verify(tenant)?;
                return Ok(History::default());
            }
        }
    }

    /// The changes after a version older than the one in memory: there are some.
    async fn changes_from(
        &self,
        tenant: &Tenant,
        after: Option<u64>,
        rows_max: usize,
    ) -> Result<History, Failure> {
        let newest = ChangeQuery::newest(HistoryOf::Account, rows_max);
        let (above, direction) = (after.unwrap_or(0), Direction::OldestFirst);
        let query = ChangeQuery { above, direction, ..newest };
        let page = self.read_history(tenant, &query).await?;
        match (page.changes.first(), page.oldest) {
            (Some(first), _) if after.is_none_or(|after| first.row.version == after + 1) => {}
            (None, Some(oldest)) if oldest <= above + 1 => {
                // A moment later memory has noticed it as well, and the cursor is ahead.
                let why = "the store was restored to an earlier state";
                return Err(Failure::Unavailable(why.into()));
            }
            (_, oldest) => return Err(Failure::Pruned(oldest)),
        }
        Ok(page)
    }

    async fn change(&self, tenant: &Tenant, version: u64) -> Result<HistoricChange, Failure> {
        let query = ChangeQuery {
            above: version.saturating_sub(1),
            below: version.checked_add(1),
            ..ChangeQuery::newest(HistoryOf::Account, 1)
        };
        let page = self.read_history(tenant, &query).await?;
        let oldest = page.oldest;
        page.changes.into_iter().next().ok_or_else(|| {
            if oldest.is_some_and(|oldest| (1..oldest).contains(&version)) {
                Failure::Pruned(oldest)
            } else {
                Failure::NoSuchChange(version)
            }
        })
    }

    async fn read_history(&self, tenant: &Tenant, query: &ChangeQuery) -> Result<History, Failure> {
        let (id, query) = (tenant.id(), query.clone());
        let page = self.query(&self.permits.pages, move |store| store.changes(id, &query)).await?;
        let changes = page.rows.into_iter().map(HistoricChange::read).collect::<Result<_, _>>()?;
        Ok(History { changes, next: page.next, oldest: page.oldest })
    }

    /// The newest changes above a version that match, newest first. Returns those that it has found
    /// when it has read as many pages as a search may.
    async fn search_changes(
        &self,
        tenant: &Tenant,
        of: HistoryOf,
        above: u64,
        rows_max: usize,
        matches: impl Fn(&HistoricChange) -> bool,
    ) -> Result<Vec<HistoricChange>, Failure> {
        let page_rows = if of == HistoryOf::Account { ACCOUNT_PAGE_ROWS } else { SEARCH_PAGE_ROWS };
        let mut query = ChangeQuery { above, ..ChangeQuery::newest(of, page_rows) };
        let mut found = Vec::new();
        for _ in 0..SEARCH_PAGES_MAX {
            let page = self.read_history(tenant, &query).await?;
            found.extend(page.changes.into_iter().filter(|change| matches(change)));
            query.below = page.next;
            if found.len() >= rows_max || page.next.is_none() {
                break;
            }
        }
        found.truncate(rows_max);
        Ok(found)
    }
}
