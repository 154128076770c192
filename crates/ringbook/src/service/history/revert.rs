//! Reverting changes. This module must not know what a revert may not undo: the rules decide that.

use directory::{Command, RecordedChange, SaveMode};

use super::{HistoricChange, History};
use crate::service::{Failure, Service, Tenant};
use crate::store::{
    ChangeFilter, ChangeQuery, Direction, HistoryOf, HistoryRow, ImportId, RequestId,
};

/// Changes that can be reverted at once: as many as a bulk request makes at once.
const CHANGES_MAX: usize = 200_000;

const PAGE_ROWS: usize = 10_000;

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
                self.changes_of_import(tenant, import, None).await?
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
            return self.changes_of_import(tenant, import, Some(request_id)).await;
        }
        // All but imports are committed at once, so nothing came in between.
        let is_part = |row: &HistoryRow| row.request_id == request_id;
        let all = ChangeQuery::newest(HistoryOf::Account, PAGE_ROWS);
        let later =
            ChangeQuery { above: version, direction: Direction::OldestFirst, ..all.clone() };
        let (mut found, _) = self.select(tenant, later, is_part).await?;
        found.reverse();
        found.push(change);
        let earlier = ChangeQuery { below: Some(version), ..all };
        let (earlier, oldest) = self.select(tenant, earlier, is_part).await?;
        found.extend(earlier);
        let first = &found.last().expect("the change itself is one").row;
        let is_oldest = first.version > 1 && Some(first.version) == oldest;
        if is_oldest && self.is_being_pruned(first.at_us) {
            return Err(Failure::Pruned(oldest));
        }
        Ok(found)
    }

    /// The changes of an import, or those of one of its requests, newest first. It is made in parts, and
    /// others commit in between.
    async fn changes_of_import(
        &self,
        tenant: &Tenant,
        import: ImportId,
        request: Option<RequestId>,
    ) -> Result<Vec<HistoricChange>, Failure> {
        // Fails if the first one is no longer kept.
        self.change(tenant, import.0).await?;
        let filter = ChangeFilter { import: Some(import), request, ..ChangeFilter::default() };
        let query = ChangeQuery { filter, ..ChangeQuery::newest(HistoryOf::Account, PAGE_ROWS) };
        Ok(self.select(tenant, query, |_| true).await?.0)
    }

    /// Goes through pages of changes as long as they are part of what is selected. Returns them, and the
    /// oldest change that is left in the history.
    async fn select(
        &self,
        tenant: &Tenant,
        mut query: ChangeQuery,
        is_part: impl Fn(&HistoryRow) -> bool,
    ) -> Result<(Vec<HistoricChange>, Option<u64>), Failure> {
        let mut found = Vec::new();
        loop {
            let History { changes, next, oldest } = self.read_history(tenant, &query).await?;
            for change in changes {
                if !is_part(&change.row) {
                    return Ok((found, oldest));
                }
                found.push(change);
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
        let now_us = self.core.clock.now_us().max(self.core.store_clock.now_us());
        let begins_us = self.core.options.history_begins_us(now_us);
        let begun_us = at_us.saturating_sub_unsigned(REQUEST_SPREAD_US);
        begun_us > now_us || begins_us.is_none_or(|begins_us| begun_us < begins_us)
    }
}
