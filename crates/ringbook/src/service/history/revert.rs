//! Taking back what was done.

use directory::{Command, PastChange};

use super::{HistoricChange, History};
use crate::service::{Failure, Service, Tenant};
use crate::store::{ChangesAsked, Direction, HistoryOf, HistoryRow};

/// Changes of a request that can be taken back at once.
const CHANGES_MAX: usize = 100_000;

/// Changes that are read at a time.
const PAGE_ROWS: usize = 10_000;

/// How far beyond a change others of its request are looked for, by the time of what lies between
/// them: an import that keeps going commits its rows in groups, between which others commit. Ten
/// minutes, in microseconds.
const REQUEST_SPREAD_US: u64 = 600_000_000;

/// How much is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reverts {
    /// The one change.
    Change,
    /// All that was done in its request.
    Request,
}

impl Service {
    /// The command that takes a change back, or the whole request that it was made in.
    pub async fn revert(
        &self,
        tenant: &Tenant,
        version: u64,
        reverts: Reverts,
    ) -> Result<Command, Failure> {
        self.current(tenant).await?;
        let change = self.change(tenant, version).await?;
        let changes = match reverts {
            Reverts::Change => vec![change],
            Reverts::Request => self.changes_of_request(tenant, change).await?,
        };
        let past =
            |change: HistoricChange| PastChange { version: change.row.version, past: change.past };
        Ok(Command::Revert { changes: changes.into_iter().map(past).collect() })
    }

    /// One change of the history.
    pub async fn change(&self, tenant: &Tenant, version: u64) -> Result<HistoricChange, Failure> {
        let asked = ChangesAsked {
            of: HistoryOf::Account,
            above: version.saturating_sub(1),
            below: version.checked_add(1),
            direction: Direction::OldestFirst,
            rows_max: 1,
        };
        let (changes, _, oldest) = self.read_history(tenant, &asked).await?;
        match changes.into_iter().next() {
            Some(change) => Ok(change),
            None if oldest.is_some_and(|oldest| (1..oldest).contains(&version)) => {
                Err(Failure::Pruned { oldest })
            }
            None => Err(Failure::NoSuchChange(version)),
        }
    }

    /// The newer changes of what a change is about, which may stand in the way of taking it
    /// back: the newest ones first.
    pub async fn newer_changes(
        &self,
        tenant: &Tenant,
        version: u64,
        rows_max: usize,
    ) -> Result<History, Failure> {
        let change = self.change(tenant, version).await?;
        let of = match change.past {
            directory::Past::Phone { id, .. } => HistoryOf::Phone(id),
            directory::Past::Skill { id, .. } => HistoryOf::Skill(id),
            _ => HistoryOf::Account,
        };
        let kind = change.row.kind;
        let is_in_the_way =
            |newer: &HistoricChange| of != HistoryOf::Account || newer.row.kind == kind;
        let newer = self.find_changes(tenant, of, version, rows_max, is_in_the_way).await?;
        self.named(tenant, newer, None).await
    }

    /// The changes of the request that a change was made in, newest first.
    async fn changes_of_request(
        &self,
        tenant: &Tenant,
        change: HistoricChange,
    ) -> Result<Vec<HistoricChange>, Failure> {
        let mut found =
            self.same_request(tenant, &change, Direction::OldestFirst, CHANGES_MAX).await?;
        found.reverse();
        let left = CHANGES_MAX.saturating_sub(found.len());
        let before = self.same_request(tenant, &change, Direction::NewestFirst, left).await?;
        found.push(change);
        found.extend(before);
        Ok(found)
    }

    /// The changes of a request on one side of one of them, in that direction from it.
    async fn same_request(
        &self,
        tenant: &Tenant,
        change: &HistoricChange,
        direction: Direction,
        changes_max: usize,
    ) -> Result<Vec<HistoricChange>, Failure> {
        let HistoryRow { version, at_us, request_id, .. } = change.row;
        let (above, below) = match direction {
            Direction::OldestFirst => (version, None),
            Direction::NewestFirst => (0, Some(version)),
        };
        let of = HistoryOf::Account;
        let mut asked = ChangesAsked { of, above, below, direction, rows_max: PAGE_ROWS };
        let mut found = Vec::new();
        loop {
            let (changes, next, oldest) = self.read_history(tenant, &asked).await?;
            for other in changes {
                // All changes of a request have the time at which it came.
                if other.row.request_id == request_id {
                    found.push(other);
                } else if other.row.at_us.abs_diff(at_us) > REQUEST_SPREAD_US {
                    return Ok(found);
                }
            }
            if found.len() > changes_max {
                return Err(Failure::TooFarBack { changes_max: CHANGES_MAX });
            }
            match (next, direction) {
                (Some(next), Direction::OldestFirst) => asked.above = next,
                (Some(next), Direction::NewestFirst) => asked.below = Some(next),
                // What the request did before the oldest change that is kept is not known.
                (None, Direction::NewestFirst) if oldest != Some(1) => {
                    return Err(Failure::Pruned { oldest });
                }
                (None, _) => return Ok(found),
            }
        }
    }
}
