//! The directory as it was at an earlier time.

use std::sync::Arc;

use directory::{Account, AccountId, Mismatch, PhoneLookup, View, find_phone};

use super::HistoricChange;
use crate::service::{Failure, ListedPhone, PhonePage, PhoneQuery, Service, Tenant};
use crate::store::{ChangeQuery, HistoryOf, ReadStore, StoreError};

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
            let (id, phone) = find_phone(account, &lookup)?;
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
            query.check(&account.skills)?;
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
        let cached = Arc::clone(&tenant.0);
        self.query(&self.long_reads, move |store| {
            let mut past = Account::clone(&cached.snapshot());
            for change in changes_later(store, cached.id, past.counters.version, at_us)? {
                undo(&mut past, &change)?;
            }
            read(&past)
        })
        .await
    }
}

fn undo(account: &mut Account, change: &HistoricChange) -> Result<(), Failure> {
    match change.past.undo(&View::new(account)) {
        Ok(undone) => account.apply(undone),
        // Keys and tokens are as they are now.
        Err(Mismatch::NotRecorded(_)) => {}
        Err(mismatch) => {
            let version = change.row.version;
            let found = format!("change {version} does not fit the state: {mismatch}");
            return Err(StoreError::Damaged(found).into());
        }
    }
    Ok(())
}

/// The changes later than a time, newest first, up to the version `newest`.
fn changes_later(
    store: &dyn ReadStore,
    id: AccountId,
    newest: u64,
    at_us: i64,
) -> Result<Vec<HistoricChange>, Failure> {
    let mut later = Vec::new();
    let below = Some(newest + 1);
    let all = ChangeQuery::newest(HistoryOf::Account, PAGE_ROWS);
    let mut query = ChangeQuery { below, ..all };
    loop {
        let page = store.changes(id, &query)?;
        for row in page.rows {
            if row.at_us <= at_us {
                return Ok(later);
            }
            later.push(HistoricChange::read(row)?);
        }
        if later.len() > CHANGES_BACK_MAX {
            return Err(Failure::TooFarBack(CHANGES_BACK_MAX));
        }
        match page.next {
            Some(next) => query.below = Some(next),
            None if page.oldest == Some(1) => return Ok(later),
            // The state before the oldest change that is left is not known.
            None => return Err(Failure::Pruned(page.oldest)),
        }
    }
}
