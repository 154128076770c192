//! The versions of an account that may be of a span of time, so that a search need not scan others.

use directory::AccountId;

use super::revert::REQUEST_SPREAD_US;
use crate::service::{Failure, Service, Tenant};
use crate::store::{ChangeQuery, Direction, HistoryOf, ReadStore, StoreError};

impl Service {
    /// Narrows a query with a span of time, newest first, to these versions.
    pub(super) async fn narrowed(
        &self,
        tenant: &Tenant,
        mut query: ChangeQuery,
    ) -> Result<ChangeQuery, Failure> {
        let since_us = query.filter.since_us;
        // Pages after the first one are below it anyway.
        let until_us = query.filter.until_us.filter(|_| query.below.is_none());
        if since_us.is_none() && until_us.is_none() {
            return Ok(query);
        }
        let (id, newest) = (tenant.id(), tenant.0.version());
        self.query(&self.permits.pages, move |store| -> Result<_, StoreError> {
            if let Some(since_us) = since_us {
                let since_us = since_us.saturating_sub_unsigned(REQUEST_SPREAD_US);
                query.above = first_since(store, id, newest, since_us)? - 1;
            }
            if let Some(until_us) = until_us {
                let until_us = until_us.saturating_add_unsigned(REQUEST_SPREAD_US);
                query.below = Some(first_since(store, id, newest, until_us)?);
            }
            Ok(query)
        })
        .await
    }
}

/// The first version from a time on, as if later versions had later times; the one after `newest` if
/// there is none. Changes have the times of their requests, which are nearly in order.
fn first_since<S: ReadStore + ?Sized>(
    store: &S,
    id: AccountId,
    newest: u64,
    since_us: i64,
) -> Result<u64, StoreError> {
    let (mut first, mut end) = (1, newest + 1);
    while first < end {
        let middle = first.midpoint(end);
        let (above, direction) = (middle - 1, Direction::OldestFirst);
        let one = ChangeQuery::newest(HistoryOf::Account, 1);
        // Where that one is no longer kept, it is the oldest one that is.
        let page = store.changes(id, &ChangeQuery { above, direction, ..one })?;
        match page.rows.first() {
            Some(row) if row.at_us < since_us => first = row.version + 1,
            _ => end = middle,
        }
    }
    Ok(first)
}
