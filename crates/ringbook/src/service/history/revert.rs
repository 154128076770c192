//! Reverting changes. This module must not know what a revert may not undo: the rules decide that.

use std::ops::ControlFlow;

use directory::{Command, RecordedChange, SaveMode};

use super::{HistoricChange, History};
use crate::service::writer::IDEMPOTENCY_RECORD_LIFETIME_US;
use crate::service::{Failure, Service, Tenant};
use crate::store::{ChangeQuery, Direction, HistoryOf, HistoryRow, ImportId};

/// Changes that can be reverted at once: as many as a bulk request makes at once.
const CHANGES_MAX: usize = 200_000;

const PAGE_ROWS: usize = 10_000;

/// The longest time between two successive parts of an import, microseconds: it can be resumed for as
/// long as idempotency records are kept, and its next part may take another hour to come.
const IMPORT_SPREAD_US: u64 = IDEMPOTENCY_RECORD_LIFETIME_US.unsigned_abs() + 3_600_000_000;

/// How much earlier than its change a request may have come: ten minutes, in microseconds.
pub(super) const REQUEST_SPREAD_US: u64 = 600_000_000;

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

impl Service {
    /// The command that reverts a change, or the whole request or import that it was made in; with the
    /// import, if it is one.
    pub async fn revert(
        &self,
        tenant: &Tenant,
        version: u64,
        scope: RevertScope,
        mode: SaveMode,
    ) -> Result<(Command, Option<ImportId>), Failure> {
        self.refresh(tenant).await?;
        let change = self.change(tenant, version).await?;
        let import = change.row.import.filter(|_| scope == RevertScope::Import);
        let changes = match scope {
            RevertScope::Change => vec![change],
            RevertScope::Request => self.changes_of_request(tenant, change).await?,
            RevertScope::Import => {
                let import = import.ok_or(Failure::NotOfImport(version))?;
                self.changes_of_import(tenant, import, |_| true).await?
            }
        };
        let past = |change: HistoricChange| RecordedChange {
            version: change.row.version,
            delta: change.past,
        };
        let changes = changes.into_iter().map(past).collect();
        Ok((Command::Revert { changes, mode }, import))
    }

    /// The same for an import by its id.
    pub async fn revert_import(
        &self,
        tenant: &Tenant,
        id: ImportId,
        mode: SaveMode,
    ) -> Result<(Command, Option<ImportId>), Failure> {
        self.import(tenant, id).await?;
        self.revert(tenant, id.0, RevertScope::Import, mode).await
    }

    /// The changes of the request that a change was made in, newest first.
    async fn changes_of_request(
        &self,
        tenant: &Tenant,
        change: HistoricChange,
    ) -> Result<Vec<HistoricChange>, Failure> {
        let HistoryRow { version, request_id, import, .. } = change.row;
        if let Some(import) = import {
            let is_of_request = |row: &HistoryRow| row.request_id == request_id;
            return self.changes_of_import(tenant, import, is_of_request).await;
        }
        // All but imports are committed at once, so nothing came in between.
        let part = |row: &HistoryRow| {
            if row.request_id == request_id {
                ControlFlow::Continue(true)
            } else {
                ControlFlow::Break(())
            }
        };
        let all = ChangeQuery::newest(HistoryOf::Account, PAGE_ROWS);
        let later =
            ChangeQuery { above: version, direction: Direction::OldestFirst, ..all.clone() };
        let (mut found, _) = self.select(tenant, later, part).await?;
        found.reverse();
        found.push(change);
        let earlier = ChangeQuery { below: Some(version), ..all };
        let (earlier, oldest) = self.select(tenant, earlier, part).await?;
        found.extend(earlier);
        let first = &found.last().expect("the change itself is one").row;
        let is_oldest = first.version > 1 && Some(first.version) == oldest;
        if is_oldest && self.is_being_pruned(first.at_us) {
            return Err(Failure::Pruned(oldest));
        }
        Ok(found)
    }

    /// The changes of an import that are wanted, newest first. It is made in parts, each of which
    /// names its first change, and others commit in between.
    async fn changes_of_import(
        &self,
        tenant: &Tenant,
        import: ImportId,
        is_wanted: impl Fn(&HistoryRow) -> bool,
    ) -> Result<Vec<HistoricChange>, Failure> {
        let mut at_us = self.change(tenant, import.0).await?.row.at_us;
        let part = |row: &HistoryRow| {
            if row.import == Some(import) {
                at_us = row.at_us;
                ControlFlow::Continue(is_wanted(row))
            } else if row.at_us.abs_diff(at_us) > IMPORT_SPREAD_US {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(false)
            }
        };
        let all = ChangeQuery::newest(HistoryOf::Account, PAGE_ROWS);
        let (above, direction) = (import.0 - 1, Direction::OldestFirst);
        let query = ChangeQuery { above, direction, ..all };
        let (mut found, _) = self.select(tenant, query, part).await?;
        found.reverse();
        Ok(found)
    }

    /// Goes through pages of changes until `part` breaks off. Returns those for which it is true, and
    /// the oldest change that is left in the history.
    async fn select(
        &self,
        tenant: &Tenant,
        mut query: ChangeQuery,
        mut part: impl FnMut(&HistoryRow) -> ControlFlow<(), bool>,
    ) -> Result<(Vec<HistoricChange>, Option<u64>), Failure> {
        let mut found = Vec::new();
        loop {
            let History { changes, next, oldest } = self.read_history(tenant, &query).await?;
            for change in changes {
                match part(&change.row) {
                    ControlFlow::Continue(true) => found.push(change),
                    ControlFlow::Continue(false) => {}
                    ControlFlow::Break(()) => return Ok((found, oldest)),
                }
            }
            if found.len() > CHANGES_MAX {
                return Err(Failure::TooFarBack(CHANGES_MAX));
            }
            match (next, query.direction) {
                (Some(next), Direction::OldestFirst) => query.above = next,
                (Some(_), Direction::NewestFirst) => query.below = next,
                (None, _) => return Ok((found, oldest)),
            }
        }
    }

    /// Whether changes of about that time may be pruned right now, so that a part of a request is left.
    fn is_being_pruned(&self, at_us: i64) -> bool {
        // The store's clock is behind after a pause, and the machine's may have been set back. Nothing
        // is known of a time that is yet to come, nor if no history is pruned any more.
        let now_us = self.clock.now_us().max(self.store_clock.now_us());
        let begins_us = self.housekeeper.history_begins_us(now_us);
        let begun_us = at_us.saturating_sub_unsigned(REQUEST_SPREAD_US);
        begun_us > now_us || begins_us.is_none_or(|begins_us| begun_us < begins_us)
    }
}
