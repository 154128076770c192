//! Reverting changes. This module must not know what a revert may not undo: the rules decide that.

use directory::{Command, RecordedChange, SaveMode};

use super::{HistoricChange, History};
use crate::service::writer::IDEMPOTENCY_RECORD_LIFETIME_US;
use crate::service::{Failure, Service, Tenant};
use crate::store::{ChangeQuery, Direction, HistoryOf, HistoryRow, ImportId, RequestId};

/// Changes that can be reverted at once: as many as a bulk request makes at once.
const CHANGES_MAX: usize = 200_000;

const PAGE_ROWS: usize = 10_000;

/// The longest time between two successive changes of a request: an import that keeps going commits
/// its rows in parts, each with the time at which it came, and others commit in between. Ten
/// minutes, in microseconds.
const REQUEST_SPREAD_US: u64 = 600_000_000;

/// The same for an import: it can be resumed for as long as idempotency records are kept, and its
/// next part may take another hour to come.
const IMPORT_SPREAD_US: u64 = IDEMPOTENCY_RECORD_LIFETIME_US.unsigned_abs() + 3_600_000_000;

/// How much is reverted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevertScope {
    /// The one change.
    Change,
    /// All changes of its request.
    Request,
    /// All changes of its import: of all parts, and of the requests that resumed it.
    Import,
}

/// Changes that belong together.
#[derive(Clone, Copy)]
enum Together {
    Request(RequestId),
    Import(ImportId),
}

impl Together {
    fn has(self, row: &HistoryRow) -> bool {
        match self {
            Self::Request(request) => row.request_id == request,
            Self::Import(import) => row.import == Some(import),
        }
    }

    /// The longest time between two successive ones, microseconds.
    fn spread_us(self) -> u64 {
        match self {
            Self::Request(_) => REQUEST_SPREAD_US,
            Self::Import(_) => IMPORT_SPREAD_US,
        }
    }
}

impl Service {
    /// The command that reverts a change, or the whole request or import that it was made in.
    pub async fn revert(
        &self,
        tenant: &Tenant,
        version: u64,
        scope: RevertScope,
        mode: SaveMode,
    ) -> Result<Command, Failure> {
        self.refresh(tenant).await?;
        let change = self.change(tenant, version).await?;
        let changes = match scope {
            RevertScope::Change => vec![change],
            RevertScope::Request => self.changes_of_request(tenant, change).await?,
            RevertScope::Import => self.changes_of_import(tenant, &change).await?,
        };
        let past = |change: HistoricChange| RecordedChange {
            version: change.row.version,
            delta: change.past,
        };
        Ok(Command::Revert { changes: changes.into_iter().map(past).collect(), mode })
    }

    /// When an import began, microseconds UTC; none if no change begins it.
    pub async fn import_began_us(
        &self,
        tenant: &Tenant,
        import: ImportId,
    ) -> Result<Option<i64>, Failure> {
        match self.change(tenant, import.0).await {
            Ok(HistoricChange { row, .. }) => Ok((row.import == Some(import)).then_some(row.at_us)),
            Err(Failure::NoSuchChange(_)) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// The changes of the request that a change was made in, newest first.
    async fn changes_of_request(
        &self,
        tenant: &Tenant,
        change: HistoricChange,
    ) -> Result<Vec<HistoricChange>, Failure> {
        let together = Together::Request(change.row.request_id);
        let mut found =
            self.others(tenant, &change, together, Direction::OldestFirst, CHANGES_MAX).await?;
        found.reverse();
        let left = CHANGES_MAX.saturating_sub(found.len());
        let before = self.others(tenant, &change, together, Direction::NewestFirst, left).await?;
        found.push(change);
        found.extend(before);
        Ok(found)
    }

    /// The changes of the import that a change is part of, newest first.
    async fn changes_of_import(
        &self,
        tenant: &Tenant,
        change: &HistoricChange,
    ) -> Result<Vec<HistoricChange>, Failure> {
        let version = change.row.version;
        let import = change.row.import.ok_or(Failure::NoSuchImport(version))?;
        let first = self.change(tenant, import.0).await?;
        let together = Together::Import(import);
        let mut found =
            self.others(tenant, &first, together, Direction::OldestFirst, CHANGES_MAX).await?;
        found.reverse();
        found.push(first);
        Ok(found)
    }

    /// The changes that belong together with one of them, in that direction from it.
    async fn others(
        &self,
        tenant: &Tenant,
        change: &HistoricChange,
        together: Together,
        direction: Direction,
        changes_max: usize,
    ) -> Result<Vec<HistoricChange>, Failure> {
        let HistoryRow { version, mut at_us, .. } = change.row;
        let (above, below) = match direction {
            Direction::OldestFirst => (version, None),
            Direction::NewestFirst => (0, Some(version)),
        };
        let of = HistoryOf::Account;
        let mut query = ChangeQuery { of, above, below, direction, rows_max: PAGE_ROWS };
        let mut found = Vec::new();
        loop {
            let History { changes, next, oldest } = self.read_history(tenant, &query).await?;
            for other in changes {
                if together.has(&other.row) {
                    at_us = other.row.at_us;
                    found.push(other);
                } else if other.row.at_us.abs_diff(at_us) > together.spread_us() {
                    return Ok(found);
                }
            }
            if found.len() > changes_max {
                return Err(Failure::TooFarBack(CHANGES_MAX));
            }
            match (next, direction) {
                (Some(next), Direction::OldestFirst) => query.above = next,
                (Some(next), Direction::NewestFirst) => query.below = Some(next),
                (None, Direction::NewestFirst)
                    if self.may_be_pruned(&change.row, at_us, oldest) =>
                {
                    return Err(Failure::Pruned(oldest));
                }
                (None, _) => return Ok(found),
            }
        }
    }

    /// Whether the request that made a change, and one at `at_us`, may have made changes that were
    /// pruned: older ones than `oldest`.
    fn may_be_pruned(&self, row: &HistoryRow, at_us: i64, oldest: Option<u64>) -> bool {
        if oldest == Some(1) {
            return false;
        }
        // An import is made in parts, and each knows the first change. Others are made at once.
        if let Some(import) = row.import {
            return oldest.is_none_or(|oldest| import.0 < oldest);
        }
        // While they are pruned. The store's clock is behind after a pause, and the machine's may have
        // been set back. Of a time that is yet to come nothing is known, nor if no history is pruned
        // any more.
        let now_us = self.clock.now_us().max(self.store_clock.now_us());
        let begins_us = self.housekeeper.history_begins_us(now_us);
        let begun_us = at_us.saturating_sub_unsigned(REQUEST_SPREAD_US);
        begun_us > now_us || begins_us.is_none_or(|begins_us| begun_us < begins_us)
    }
}
