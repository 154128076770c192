//! Taking back what was done.

use directory::{Command, PastChange};

use super::HistoricChange;
use crate::service::{Failure, Service, Tenant};
use crate::store::{ChangesAsked, Direction, HistoryOf};

/// Changes of a request that can be taken back at once.
const CHANGES_MAX: usize = 100_000;

/// How far the changes of a request may lie apart: an import that keeps going commits its rows in
/// groups, between which others commit. A minute, in microseconds.
const REQUEST_SPREAD_US: i64 = 60_000_000;

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
            Reverts::Request => self.changes_of_request(tenant, &change).await?,
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
    ) -> Result<Vec<HistoricChange>, Failure> {
        let change = self.change(tenant, version).await?;
        let of = match change.past {
            directory::Past::Phone { id, .. } => HistoryOf::Phone(id),
            directory::Past::Skill { id, .. } => HistoryOf::Skill(id),
            _ => HistoryOf::Account,
        };
        let asked = ChangesAsked {
            of,
            above: version,
            below: None,
            direction: Direction::NewestFirst,
            rows_max,
        };
        let (mut changes, ..) = self.read_history(tenant, &asked).await?;
        if of == HistoryOf::Account {
            changes.retain(|newer| newer.row.kind == change.row.kind);
        }
        Ok(changes)
    }

    /// The changes of the request that a change was made in, newest first.
    async fn changes_of_request(
        &self,
        tenant: &Tenant,
        change: &HistoricChange,
    ) -> Result<Vec<HistoricChange>, Failure> {
        let mut asked = ChangesAsked {
            of: HistoryOf::Account,
            above: 0,
            below: None,
            direction: Direction::NewestFirst,
            rows_max: CHANGES_MAX,
        };
        let request_id = change.row.request_id;
        let mut found = Vec::new();
        loop {
            let (changes, next, _) = self.read_history(tenant, &asked).await?;
            for other in changes {
                // All changes of a request have the time at which it came.
                let is_before = other.row.version < change.row.version
                    && other.row.at_us < change.row.at_us - REQUEST_SPREAD_US;
                if is_before {
                    return Ok(found);
                }
                if other.row.request_id == request_id {
                    found.push(other);
                }
            }
            if found.len() > CHANGES_MAX {
                return Err(Failure::TooFarBack { changes_max: CHANGES_MAX });
            }
            match next {
                Some(next) => asked.below = Some(next),
                None => return Ok(found),
            }
        }
    }
}
