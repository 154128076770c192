//! Erasing the numbers and names of people for good, for `ringbook erase`. This module must not know
//! where a store keeps them.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use directory::routing::{Subject, Value};
use directory::{AccountId, Delta, Kind, PhoneId, PhoneName, PhoneNumber, UserName};

use super::history::walk_back;
use super::{Failure, HistoricChange, Service, Tenant};
use crate::store::{
    ChangeQuery, Erased, Erasure, HistoryOf, HistoryRow, Origin, StoreError, tells_reason,
};

/// A phone whose values can be erased.
pub struct Erasable {
    /// Its id.
    pub id: PhoneId,
    /// Whether it exists, so that it has to be deleted first.
    pub exists: bool,
    /// How many changes of the history have its numbers and names.
    pub changes: usize,
}

/// A deleted account.
pub struct ErasableAccount {
    /// Its id, as others may have had the same `userName`.
    pub id: AccountId,
    /// How many changes of its history there are beside its deletion.
    pub changes: u64,
}

impl Service {
    /// The phone of an id, or all phones that have or had this number or this name, by the history as
    /// far as it is kept.
    pub fn erasables(&self, tenant: &Tenant, wanted: &str) -> Result<Vec<Erasable>, Failure> {
        let ids = match wanted.parse() {
            Ok(id) => BTreeSet::from([id]),
            Err(_) => self.phones_that_had(tenant, wanted)?,
        };
        let first_free = PhoneId(tenant.0.read().counters.next_phone_id);
        let given = ids.into_iter().filter(|id| (PhoneId(1)..first_free).contains(id));
        given.map(|id| self.erasable(tenant, id)).collect()
    }

    fn phones_that_had(&self, tenant: &Tenant, text: &str) -> Result<BTreeSet<PhoneId>, Failure> {
        let number = PhoneNumber::parse(text).ok();
        let (mut ids, newest) = {
            let account = tenant.0.read();
            let by_number = number.and_then(|number| account.phones.by_number(number));
            let now = by_number.into_iter().chain(account.phones.by_name(text));
            (now.map(|(id, _)| id).collect::<BTreeSet<_>>(), account.counters.version)
        };
        let _ = walk_back(&*self.core.store, tenant.id(), HistoryOf::Account, newest, |row| {
            let values = Values::read(row)?;
            let had_it = values.numbers.iter().any(|had| Some(*had) == number)
                || values.names.iter().any(|had| had.matches(text));
            ids.extend(values.id.filter(|_| had_it));
            Ok::<_, Failure>(ControlFlow::Continue(()))
        })?;
        Ok(ids)
    }

    fn erasable(&self, tenant: &Tenant, id: PhoneId) -> Result<Erasable, Failure> {
        let exists = tenant.0.read().phones.get(id).is_some();
        let mut found = Erasable { id, exists, changes: 0 };
        let _ = walk_back(&*self.core.store, tenant.id(), HistoryOf::Phone(id), u64::MAX, |row| {
            let Values { numbers, names, has_reason, .. } = Values::read(row)?;
            let has_value = has_reason || !(numbers.is_empty() && names.is_empty());
            found.changes += usize::from(has_value);
            Ok::<_, Failure>(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }

    /// Erases all numbers and names of a phone, which is deleted.
    pub fn erase_phone(
        &self,
        tenant: &Tenant,
        phone: PhoneId,
        origin: &Origin,
    ) -> Result<Erased, StoreError> {
        self.core.store.erase(&Erasure::Phone { account: tenant.id(), phone }, origin)
    }

    /// The deleted accounts of a `userName`.
    pub fn erasable_accounts(
        &self,
        user_name: &UserName,
    ) -> Result<Vec<ErasableAccount>, StoreError> {
        let ids = self.core.store.deleted_accounts(user_name)?;
        let account = |id| {
            let page = self.core.store.changes(id, &ChangeQuery::newest(HistoryOf::Account, 1))?;
            let newest = page.rows.first().map(|row| (row.version, row.kind));
            let changes = match (newest, page.oldest) {
                (Some((newest, kind)), Some(oldest)) => {
                    newest - oldest - u64::from(kind == Kind::EraseAccount)
                }
                _ => 0,
            };
            Ok(ErasableAccount { id, changes })
        };
        ids.into_iter().map(account).collect()
    }

    /// Erases all that is kept of a deleted account.
    pub fn erase_account(&self, id: AccountId, origin: &Origin) -> Result<Erased, StoreError> {
        self.core.store.erase(&Erasure::Account(id), origin)
    }
}

/// The numbers and names in a change of a phone, and whether a pause in it has a reason.
#[derive(Default)]
struct Values {
    id: Option<PhoneId>,
    numbers: Vec<PhoneNumber>,
    names: Vec<PhoneName>,
    has_reason: bool,
}

impl Values {
    fn read(row: HistoryRow) -> Result<Self, Failure> {
        let (id, number, name) = match HistoricChange::read(row)?.past {
            Delta::Phone { id, number, name, .. } => (id, number, name),
            Delta::Routing { subject: Subject::Phone(id), settings, .. } => {
                let mut values =
                    settings.iter().flat_map(|(_, sides)| [&sides.before, &sides.after]);
                let has_reason = values
                    .any(|value| matches!(value, Some(Value::Pause(pause)) if tells_reason(pause)));
                return Ok(Self { id: Some(id), has_reason, ..Self::default() });
            }
            _ => return Ok(Self::default()),
        };
        let numbers = number.into_iter().flat_map(|sides| [sides.before, sides.after]);
        let names = name.into_iter().flat_map(|sides| [sides.before, sides.after]);
        Ok(Self {
            id: Some(id),
            numbers: numbers.flatten().filter(|number| !number.is_erased()).collect(),
            names: names.flatten().filter(|name| !name.is_erased()).collect(),
            has_reason: false,
        })
    }
}
