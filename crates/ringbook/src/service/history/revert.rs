//! Taking back what was done.

use std::collections::BTreeSet;

use directory::{Command, Past, PastChange, SkillId, SkillName};

use super::HistoricChange;
use crate::service::{Failure, Service, Tenant};
use crate::store::{ChangesAsked, Direction, HistoryOf, HistoryRow};

/// Changes of a request that can be taken back at once.
const CHANGES_MAX: usize = 100_000;

/// Changes that are read at a time.
const PAGE_ROWS: usize = 10_000;

/// How far beyond a change the next one of its request is looked for, by the time of what lies
/// between them: an import that keeps going commits its rows in parts, each with the time at which
/// it came, and others commit in between. Ten minutes, in microseconds.
const REQUEST_SPREAD_US: u64 = 600_000_000;

/// Skills that are gone of which the names are looked up: one is told at a time.
const GONE_MAX: usize = 10;

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
        let gone = self.gone_skills(tenant, &changes).await?;
        let past =
            |change: HistoricChange| PastChange { version: change.row.version, past: change.past };
        Ok(Command::Revert { changes: changes.into_iter().map(past).collect(), gone })
    }

    /// Skills that phones lost by these changes and that are gone, with the last names that they
    /// had. Those that are back once the changes are taken back are not asked for.
    async fn gone_skills(
        &self,
        tenant: &Tenant,
        changes: &[HistoricChange],
    ) -> Result<Vec<(SkillId, SkillName)>, Failure> {
        let back = changes.iter().filter_map(|change| match change.past {
            Past::Skill { id, .. } => Some(id),
            _ => None,
        });
        let back: BTreeSet<_> = back.collect();
        let lost: BTreeSet<_> = changes
            .iter()
            .flat_map(HistoricChange::assignments)
            .map(|held| held.skill())
            .filter(|skill| !back.contains(skill))
            .collect();
        let is_gone = |skill: &SkillId| tenant.0.account().skills.name(*skill).is_none();
        let lost: Vec<_> = lost.into_iter().filter(is_gone).take(GONE_MAX).collect();
        let mut gone = Vec::new();
        for id in lost {
            gone.extend(self.last_name(tenant, id).await?.map(|name| (id, name)));
        }
        Ok(gone)
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
        let HistoryRow { version, mut at_us, request_id, .. } = change.row;
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
                if other.row.request_id == request_id {
                    at_us = other.row.at_us;
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
                (None, Direction::NewestFirst)
                    if oldest != Some(1) && self.may_be_deleted(at_us) =>
                {
                    return Err(Failure::Pruned { oldest });
                }
                (None, _) => return Ok(found),
            }
        }
    }

    /// Whether what was deleted as too old may have been of a request that was busy at that time,
    /// microseconds UTC. If nothing is to be deleted now, it is not known how old that was.
    fn may_be_deleted(&self, at_us: i64) -> bool {
        let begins_us = self.housekeeper.history_begins_us(self.clock.now_us());
        begins_us
            .is_none_or(|begins_us| at_us.saturating_sub_unsigned(REQUEST_SPREAD_US) < begins_us)
    }
}
