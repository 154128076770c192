//! The directory as it was at a time.

use std::sync::Arc;

use directory::{Account, Mismatch, PhoneLookup, View, find_phone};

use super::HistoricChange;
use crate::service::phones::listed;
use crate::service::{Failure, ListedPhone, PhonePage, PhoneQuery, Service, Tenant};
use crate::store::{ChangesAsked, Direction, HistoryOf, Store, StoreError};

/// How many changes to go back at most: so many take about a second.
const CHANGES_BACK_MAX: usize = 200_000;

/// How many of them are taken back while the account is held still, and writers to it wait: so
/// many take some milliseconds. Of more, a copy of the account is made.
const CHANGES_HELD_MAX: usize = 2_000;

/// Changes that are read at a time.
const PAGE_ROWS: usize = 10_000;

impl Service {
    /// The phone that was asked for as it was at a time, microseconds UTC.
    pub async fn phone_at(
        &self,
        tenant: &Tenant,
        lookup: PhoneLookup,
        at_us: i64,
    ) -> Result<ListedPhone, Failure> {
        let look = move |view: &View<'_>| {
            let (id, phone) = find_phone(view, &lookup)?;
            Ok(ListedPhone::of(id, phone, view.skills()))
        };
        self.look_back(tenant, at_us, look).await
    }

    /// A page of the phones as they were at a time, microseconds UTC.
    pub async fn phones_at(
        &self,
        tenant: &Tenant,
        query: PhoneQuery,
        at_us: i64,
    ) -> Result<PhonePage, Failure> {
        let look = move |view: &View<'_>| {
            query.check(view.skills())?;
            let mut phones: Vec<_> = view.phones().collect();
            phones.sort_unstable_by_key(|(id, _)| *id);
            if query.is_descending {
                phones.reverse();
            }
            Ok(listed(query.page(phones.into_iter(), view.skills()), view.skills()))
        };
        self.look_back(tenant, at_us, look).await
    }

    /// Looks at the account as it was after the last change up to a time, by taking the changes
    /// after it back, in a view.
    async fn look_back<T: Send + 'static>(
        &self,
        tenant: &Tenant,
        at_us: i64,
        look: impl FnOnce(&View<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.current(tenant).await?;
        let cell = Arc::clone(&tenant.0);
        self.ask_at_length(move |store| {
            let version = cell.version();
            let later = Back { store, id: cell.id, version, at_us }.changes(0)?;
            // Memory goes on meanwhile. The few changes since are read while it is held still.
            let account = cell.account();
            let meanwhile = Back { store, id: cell.id, version: account.counters.version, at_us };
            let mut back = meanwhile.changes(version)?;
            back.extend(later);
            if back.len() <= CHANGES_HELD_MAX {
                return look_from(&account, &back, look);
            }
            let copy = account.clone();
            drop(account);
            look_from(&copy, &back, look)
        })
        .await
    }
}

/// Looks at an account without these changes, which are the newest ones, newest first.
fn look_from<T>(
    account: &Account,
    back: &[HistoricChange],
    look: impl FnOnce(&View<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut view = View::new(account);
    for change in back {
        take_back(&mut view, change)?;
    }
    look(&view)
}

fn take_back(view: &mut View<'_>, change: &HistoricChange) -> Result<(), Failure> {
    match change.past.undo(view) {
        Ok(undone) => view.stage(&undone),
        // Keys and tokens are no part of what is looked at.
        Err(Mismatch::Kept(_)) => {}
        Err(mismatch) => {
            let version = change.row.version;
            let found = format!("change {version} does not fit the state: {mismatch}");
            return Err(StoreError::Damaged(found).into());
        }
    }
    Ok(())
}

/// The way back from a version to a time.
struct Back<'s> {
    store: &'s dyn Store,
    id: directory::AccountId,
    version: u64,
    at_us: i64,
}

impl Back<'_> {
    /// The changes above a version that are later than the time, newest first.
    fn changes(&self, above: u64) -> Result<Vec<HistoricChange>, Failure> {
        let mut asked = ChangesAsked {
            of: HistoryOf::Account,
            above,
            below: Some(self.version + 1),
            direction: Direction::NewestFirst,
            rows_max: PAGE_ROWS,
        };
        let mut later = Vec::new();
        if above >= self.version {
            return Ok(later);
        }
        loop {
            let page = self.store.changes(self.id, &asked)?;
            for row in page.rows {
                if row.at_us <= self.at_us {
                    return Ok(later);
                }
                later.push(HistoricChange::read(row)?);
            }
            if later.len() > CHANGES_BACK_MAX {
                return Err(Failure::TooFarBack { changes_max: CHANGES_BACK_MAX });
            }
            match page.next {
                Some(next) => asked.below = Some(next),
                None if above > 0 || page.oldest == Some(1) => return Ok(later),
                // What was before the oldest change that is kept is not known.
                None => return Err(Failure::Pruned { oldest: page.oldest }),
            }
        }
    }
}
