//! The directory as it was at an earlier time.

use std::ops::ControlFlow;
use std::sync::Arc;

use directory::{Account, AccountId, Obstacle, PhoneLookup, View, find_phone};

use super::HistoricChange;
use crate::service::{Failure, ListedPhone, PhonePage, PhoneQuery, Service, Tenant};
use crate::store::{ChangeQuery, HistoryOf, HistoryRow, ReadStore, StoreError};

/// How many changes a read may undo: they take about a second.
const CHANGES_BACK_MAX: usize = 200_000;

const PAGE_ROWS: usize = 10_000;

impl Service {
    /// A phone as it was at a time, microseconds UTC.
    pub async fn phone_at(
        &self,
        tenant: &Tenant,
        lookup: PhoneLookup,
        at_us: i64,
    ) -> Result<ListedPhone, Failure> {
        let read = move |account: &Account| {
            let view = View::new(account);
            let (id, phone) = find_phone(&view, &lookup)?;
            Ok(ListedPhone::of(id, phone, &account.skills))
        };
        self.read_at(tenant, at_us, read).await
    }

    /// A page of the phones as they were at a time, microseconds UTC.
    pub async fn phones_at(
        &self,
        tenant: &Tenant,
        query: PhoneQuery,
        at_us: i64,
    ) -> Result<PhonePage, Failure> {
        let read = move |account: &Account| {
            query.filter.check(&account.skills)?;
            Ok(PhonePage::listed(query.page_of(account), &account.skills))
        };
        self.read_at(tenant, at_us, read).await
    }

    /// Reads the account as it was after the last change up to a time: a copy in which the later
    /// changes are undone.
    async fn read_at<T: Send + 'static>(
        &self,
        tenant: &Tenant,
        at_us: i64,
        read: impl FnOnce(&Account) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.refresh(tenant).await?;
        let (cached, now_us) = (Arc::clone(&tenant.0), self.core.clock.now_us());
        self.query(&self.permits.long, move |store| {
            let mut past = Account::clone(&cached.snapshot());
            let (newest, mut undone) = (past.counters.version, 0);
            let walked = walk_back(store, cached.id, HistoryOf::Account, newest, |row| {
                // The clock of the node that made it may be ahead of this one's.
                if undone == 0 && at_us > now_us.max(row.at_us) {
                    return Err(Failure::InFuture);
                }
                if row.at_us <= at_us {
                    return Ok(ControlFlow::Break(()));
                }
                undone += 1;
                if undone > CHANGES_BACK_MAX {
                    return Err(Failure::TooFarBack(CHANGES_BACK_MAX));
                }
                undo(&mut past, &HistoricChange::read(row)?)?;
                Ok(ControlFlow::Continue(()))
            })?;
            match walked {
                // The state before the oldest change that is left is not known.
                ControlFlow::Continue(oldest) if oldest != Some(1) => Err(Failure::Pruned(oldest)),
                _ => read(&past),
            }
        })
        .await
    }
}

fn undo(account: &mut Account, change: &HistoricChange) -> Result<(), Failure> {
    match change.past.undo(&View::new(account)) {
        Ok(undone) => account.apply(undone),
        // Keys and tokens are as they are now.
        Err(Obstacle::NotRecorded(_)) => {}
        Err(mismatch) => {
            let version = change.row.version;
            let found = format!("change {version} does not fit the state: {mismatch}");
            return Err(StoreError::Damaged(found).into());
        }
    }
    Ok(())
}

/// Passes the changes of an account, a phone or a skill up to the version `newest` to `each`, newest first, until it
/// breaks off. If it does not, returns the oldest change that is left, if there is one.
pub fn walk_back<S: ReadStore + ?Sized, E: From<StoreError>>(
    store: &S,
    id: AccountId,
    of: HistoryOf,
    newest: u64,
    mut each: impl FnMut(HistoryRow) -> Result<ControlFlow<()>, E>,
) -> Result<ControlFlow<(), Option<u64>>, E> {
    let below = newest.checked_add(1);
    let mut query = ChangeQuery { below, ..ChangeQuery::newest(of, PAGE_ROWS) };
    loop {
        let page = store.changes(id, &query)?;
        for row in page.rows {
            if each(row)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        if page.next.is_none() {
            return Ok(ControlFlow::Continue(page.oldest));
        }
        query.below = page.next;
    }
}
