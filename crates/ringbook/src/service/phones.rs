//! Finding phones: one, or a page of a list. This module must not know how a page is rendered.

mod query;

use std::time::Duration;

use directory::{
    Account, Phone, PhoneId, PhoneLookup, PhoneName, PhoneNumber, SkillName, Skills, View,
    find_phone,
};

use super::queries::PHONES_LOCKED_MAX;
use super::{Failure, Service, Tenant};
pub use query::{PhoneFilter, PhoneQuery, SortKey};

/// A phone with the names of its skills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPhone {
    /// Its id.
    pub id: PhoneId,
    /// Its number.
    pub number: PhoneNumber,
    /// Its name.
    pub name: PhoneName,
    /// The names of its skills, sorted, each with its position in the ring order.
    pub skills: Vec<(SkillName, u64)>,
}

impl ListedPhone {
    /// The phone, with the names of its skills among `skills`.
    pub fn of(id: PhoneId, phone: &Phone, skills: &Skills) -> Self {
        let held = phone.skills.iter();
        let held =
            held.filter_map(|held| Some((skills.name(held.skill())?.clone(), held.position())));
        let mut skills: Vec<_> = held.collect();
        skills.sort_unstable();
        Self { id, number: phone.number, name: phone.name.clone(), skills }
    }
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhonePage<T = ListedPhone> {
    /// The phones, in its order.
    pub phones: Vec<T>,
    /// The position after which the next page begins, if there is one.
    pub next: Option<SortKey>,
}

impl Service {
    /// A phone as it is now.
    pub async fn get_phone(&self, tenant: &Tenant, lookup: &PhoneLookup) -> Result<Phone, Failure> {
        self.refresh(tenant).await?;
        let account = tenant.0.read();
        Ok(find_phone(&View::new(&account), lookup)?.1.clone())
    }

    /// The same with the names of its skills, and with its version, as a command expects it.
    pub async fn show_phone(
        &self,
        tenant: &Tenant,
        lookup: &PhoneLookup,
    ) -> Result<(ListedPhone, u64), Failure> {
        self.refresh(tenant).await?;
        let account = tenant.0.read();
        let view = View::new(&account);
        let (id, phone) = find_phone(&view, lookup)?;
        Ok((ListedPhone::of(id, phone, &account.skills), view.phone_version(id)))
    }

    /// The name of the phone with the first of these numbers that a phone has, from memory alone; with
    /// the version of the account, and how long ago at most that was the newest one.
    pub fn cached_phone_name(
        &self,
        tenant: &Tenant,
        mut numbers: impl Iterator<Item = PhoneNumber>,
    ) -> (Option<PhoneName>, u64, Duration) {
        let account = tenant.0.read();
        let found = numbers.find_map(|number| account.phones.by_number(number));
        let name = found.map(|(_, phone)| phone.name.clone());
        (name, account.counters.version, self.core.view.age())
    }

    /// All phones of one version, sorted by id, with the names of their skills.
    pub async fn phones(&self, tenant: &Tenant) -> Result<Vec<ListedPhone>, Failure> {
        self.refresh(tenant).await?;
        let list = |account: &Account| {
            let phones = account.phones.iter();
            Ok(phones.map(|(id, phone)| ListedPhone::of(id, phone, &account.skills)).collect())
        };
        self.walk(tenant, list).await
    }

    /// How many phones match a filter, as they are now.
    pub async fn count_phones(
        &self,
        tenant: &Tenant,
        filter: &PhoneFilter,
    ) -> Result<usize, Failure> {
        self.refresh(tenant).await?;
        {
            let account = tenant.0.read();
            filter.check(&account.skills)?;
            if let Some(count) = filter.count_within(&account, PHONES_LOCKED_MAX) {
                return Ok(count);
            }
        }
        let filter = filter.clone();
        let count = move |account: &Account| filter.count_within(account, usize::MAX);
        self.walk(tenant, move |it| Ok(count(it).expect("any number may be looked at"))).await
    }

    /// A page of the phones, as they are now, shown by `show` without a copy of the phones.
    pub async fn show_phones<T: Send + 'static>(
        &self,
        tenant: &Tenant,
        query: &PhoneQuery,
        show: impl FnOnce(PhonePage<(PhoneId, &Phone)>, &Skills) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        self.refresh(tenant).await?;
        {
            let account = tenant.0.read();
            query.filter.check(&account.skills)?;
            if let Some(page) = query.page_within(&account, PHONES_LOCKED_MAX) {
                return Ok(show(page, &account.skills));
            }
        }
        let query = query.clone();
        self.walk(tenant, move |account| Ok(show(query.page_of(account), &account.skills))).await
    }
}

impl<P> PhonePage<P> {
    /// The page with its phones in another form.
    pub fn map<T>(self, form: impl FnMut(P) -> T) -> PhonePage<T> {
        PhonePage { phones: self.phones.into_iter().map(form).collect(), next: self.next }
    }
}

impl PhonePage {
    /// The page with the names of its phones' skills.
    pub fn listed(page: PhonePage<(PhoneId, &Phone)>, skills: &Skills) -> Self {
        page.map(|(id, phone)| ListedPhone::of(id, phone, skills))
    }
}
