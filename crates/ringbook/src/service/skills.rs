//! Skills and their ring orders.

use std::time::Duration;

use directory::{
    Account, Phone, PhoneId, PhoneName, PhoneNumber, Refusal, SkillId, SkillName, Skills,
};

use super::queries::PHONES_LOCKED_MAX;
use super::{Failure, Service, Tenant};

/// A skill in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSkill {
    /// Its id.
    pub id: SkillId,
    /// Its name.
    pub name: SkillName,
    /// How many phones have it.
    pub phone_count: usize,
}

/// A phone in a ring order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RingPhone {
    /// Its id.
    pub id: PhoneId,
    /// Its number.
    pub number: PhoneNumber,
    /// Its name.
    pub name: PhoneName,
}

/// The ring order of a skill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkillRing {
    /// The skill's name.
    pub skill: SkillName,
    /// Its phones; the first one rings first.
    pub phones: Vec<RingPhone>,
    /// The version of this order, as a command expects it.
    pub version: u64,
}

/// What a read of the memory alone returns: possibly stale, but also while the store is away.
#[derive(Debug, Clone)]
pub struct CachedRead<T> {
    /// The result.
    pub value: T,
    /// The version of the account that it is of.
    pub version: u64,
    /// How long ago, at most, that version was still the newest one.
    pub age: Duration,
}

impl RingPhone {
    pub(super) fn of(id: PhoneId, phone: &Phone) -> Self {
        Self { id, number: phone.number, name: phone.name.clone() }
    }
}

impl Service {
    /// Passes the account's skills in memory to `read`.
    pub fn read_skills<T>(&self, tenant: &Tenant, read: impl FnOnce(&Skills) -> T) -> T {
        read(&tenant.0.read().skills)
    }

    /// The skills, sorted by name, each with the number of its phones.
    pub async fn skills(&self, tenant: &Tenant) -> Result<Vec<ListedSkill>, Failure> {
        self.refresh(tenant).await?;
        let account = tenant.0.read();
        let listed = account.skills.iter().map(|(name, id)| ListedSkill {
            id,
            name: name.clone(),
            phone_count: account.phones.ring_len(id),
        });
        Ok(listed.collect())
    }

    /// One skill, by its id or its name, with the number of its phones.
    pub async fn skill(&self, tenant: &Tenant, skill: &str) -> Result<ListedSkill, Failure> {
        self.refresh(tenant).await?;
        let account = tenant.0.read();
        let (id, name) = find(&account, skill)?;
        Ok(ListedSkill { id, name: name.clone(), phone_count: account.phones.ring_len(id) })
    }

    /// The ring order of a skill, by its id or its name, as it is now.
    pub async fn ring_order(&self, tenant: &Tenant, skill: &str) -> Result<SkillRing, Failure> {
        self.refresh(tenant).await?;
        let read = |account: &Account, (id, name): (SkillId, &SkillName)| SkillRing {
            skill: name.clone(),
            phones: ring_order(account, id),
            version: account.ring_version(id),
        };
        if let Some(short) = read_short(tenant, skill, read)? {
            return Ok(short);
        }
        let skill = skill.to_owned();
        self.walk(tenant, move |account| Ok(read(account, find(account, &skill)?))).await
    }

    /// The same from memory: a quarter of a second old at most while the store answers, and
    /// available while it is away.
    pub fn cached_ring_order(
        &self,
        tenant: &Tenant,
        skill: &str,
    ) -> Result<CachedRead<Vec<RingPhone>>, Refusal> {
        let read = |account: &Account, (id, _): (SkillId, &SkillName)| {
            (ring_order(account, id), account.counters.version)
        };
        let (value, version) = if let Some(short) = read_short(tenant, skill, read)? {
            short
        } else {
            let account = tenant.0.snapshot();
            read(&account, find(&account, skill)?)
        };
        Ok(CachedRead { value, version, age: self.follower.age() })
    }
}

/// Reads a skill with its ring order, unless that is too long to be read under the account's lock.
fn read_short<T>(
    tenant: &Tenant,
    skill: &str,
    read: impl FnOnce(&Account, (SkillId, &SkillName)) -> T,
) -> Result<Option<T>, Refusal> {
    let account = tenant.0.read();
    let found = find(&account, skill)?;
    let is_short = account.phones.ring_len(found.0) <= PHONES_LOCKED_MAX;
    Ok(is_short.then(|| read(&account, found)))
}

fn ring_order(account: &Account, skill: SkillId) -> Vec<RingPhone> {
    account.phones.ring(skill).map(|(id, phone)| RingPhone::of(id, phone)).collect()
}

/// The skill that a text names by its id or by its name.
fn find<'a>(account: &'a Account, skill: &str) -> Result<(SkillId, &'a SkillName), Refusal> {
    account.skills.lookup(skill).ok_or_else(|| Refusal::no_such_skill(&account.skills, skill))
}
