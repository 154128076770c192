//! The directory as it was at an earlier time.

use std::sync::Arc;

use directory::{Account, AccountId, Mismatch, PhoneLookup, View, find_phone};

use super::HistoricChange;
use crate::service::{Failure, ListedPhone, PhonePage, PhoneQuery, Service, Tenant};
use crate::store::{ChangeQuery, HistoryOf, ReadStore, StoreError};

/// How many changes a read may undo: they take about a second.
const CHANGES_BACK_MAX: usize = 200_000;

/// How often the newest changes are read again because more were committed meanwhile.
const READS_MAX: usize = 20;

/// How many changes are undone while the account is locked and its writer waits: they take some
/// milliseconds. For more, the account is copied.
const CHANGES_LOCKED_MAX: usize = 2_000;

const PAGE_ROWS: usize = 10_000;

impl Service {
    /// A phone as it was at a time, microseconds UTC.
    pub async fn phone_at(
        &self,
        tenant: &Tenant,
        lookup: PhoneLookup,
        at_us: i64,
    ) -> Result<ListedPhone, Failure> {
        let read = move |view: &View<'_>| {
            let (id, phone) = find_phone(view, &lookup)?;
            Ok(ListedPhone::of(id, phone, view.skills()))
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
        let read = move |view: &View<'_>| {
            query.check(view.skills())?;
            let mut phones: Vec<_> = view.phones().collect();
            phones.sort_unstable_by_key(|(id, _)| *id);
            if query.is_descending {
                phones.reverse();
            }
            let page = query.page(phones.into_iter(), view.skills());
            Ok(PhonePage::listed(page, view.skills()))
        };
        self.read_at(tenant, at_us, read).await
    }

    /// Reads the account as it was after the last change up to a time: a view in which the later
    /// changes are undone.
    async fn read_at<T: Send + 'static>(
        &self,
        tenant: &Tenant,
        at_us: i64,
        read: impl FnOnce(&View<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.refresh(tenant).await?;
        let cached = Arc::clone(&tenant.0);
        self.query(&self.long_reads, move |store| {
            let mut version = 0;
            let mut changes = Vec::new();
            for _ in 0..READS_MAX {
                // Never while the account is locked, as others wait for that lock. Memory is behind
                // the store, so mostly these are all that it will have once it is locked.
                let (newest, later) = changes_later(store, cached.id, version, at_us)?;
                (version, changes) = (newest, [later, changes].concat());
                let account = cached.read();
                let has = account.counters.version;
                if version < has {
                    continue;
                }
                let first = changes.partition_point(|change| change.row.version > has);
                let changes = &changes[first..];
                if changes.len() <= CHANGES_LOCKED_MAX {
                    return read_without(&account, changes, read);
                }
                let copy = account.clone();
                drop(account);
                return read_without(&copy, changes, read);
            }
            Err(Failure::Unavailable("the account changes too fast to be read".into()))
        })
        .await
    }
}

/// Reads an account without its newest changes, given newest first.
fn read_without<T>(
    account: &Account,
    changes: &[HistoricChange],
    read: impl FnOnce(&View<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut view = View::new(account);
    for change in changes {
        undo(&mut view, change)?;
    }
    read(&view)
}

fn undo(view: &mut View<'_>, change: &HistoricChange) -> Result<(), Failure> {
    match change.past.undo(view) {
        Ok(undone) => view.stage(&undone),
        // Keys and tokens are not part of the view.
        Err(Mismatch::NotRecorded(_)) => {}
        Err(mismatch) => {
            let version = change.row.version;
            let found = format!("change {version} does not fit the state: {mismatch}");
            return Err(StoreError::Damaged(found).into());
        }
    }
    Ok(())
}

/// The version of the newest change, and the changes above a version that are later than a time,
/// newest first.
fn changes_later(
    store: &dyn ReadStore,
    id: AccountId,
    above: u64,
    at_us: i64,
) -> Result<(u64, Vec<HistoricChange>), Failure> {
    let (mut newest, mut later) = (above, Vec::new());
    let all = ChangeQuery::newest(HistoryOf::Account, PAGE_ROWS);
    let mut query = ChangeQuery { above, ..all };
    loop {
        let page = store.changes(id, &query)?;
        for row in page.rows {
            newest = newest.max(row.version);
            if row.at_us <= at_us {
                return Ok((newest, later));
            }
            later.push(HistoricChange::read(row)?);
        }
        if later.len() > CHANGES_BACK_MAX {
            return Err(Failure::TooFarBack(CHANGES_BACK_MAX));
        }
        match page.next {
            Some(next) => query.below = Some(next),
            None if above > 0 || page.oldest == Some(1) => return Ok((newest, later)),
            // The state before the oldest change that is left is not known.
            None => return Err(Failure::Pruned(page.oldest)),
        }
    }
}
