//! Skills and their ring orders.

use std::ops::Range;

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
    /// Its phones at the places that were asked for; the first one rings first.
    pub phones: Vec<RingPhone>,
    /// The version of this order, as a command expects it.
    pub version: u64,
}

impl RingPhone {
    pub(super) fn of(id: PhoneId, phone: &Phone) -> Self {
        Self { id, number: phone.number, name: phone.name.clone() }
    }
}

impl SkillRing {
    fn of(account: &Account, id: SkillId, name: &SkillName, places: &Range<usize>) -> Self {
        let phones = account.phones.ring(id).take(places.end).skip(places.start);
        let phones = phones.map(|(id, phone)| RingPhone::of(id, phone)).collect();
        Self { skill: name.clone(), phones, version: account.ring_version(id) }
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

    /// The ring order of a skill, by its id or its name, as it is now: the phones at these places,
    /// counted from 0.
    pub async fn ring_order(
        &self,
        tenant: &Tenant,
        skill: &str,
        places: Range<usize>,
    ) -> Result<SkillRing, Failure> {
        self.refresh(tenant).await?;
        {
            let account = tenant.0.read();
            let (id, name) = find(&account, skill)?;
            if account.phones.ring_len(id).min(places.end) <= PHONES_LOCKED_MAX {
                return Ok(SkillRing::of(&account, id, name, &places));
            }
        }
        let skill = skill.to_owned();
        self.walk(tenant, move |account| {
            let (id, name) = find(account, &skill)?;
            Ok(SkillRing::of(account, id, name, &places))
        })
        .await
    }
}

/// The skill that a text names by its id or by its name.
fn find<'a>(account: &'a Account, skill: &str) -> Result<(SkillId, &'a SkillName), Refusal> {
    account.skills.lookup(skill).ok_or_else(|| Refusal::no_such_skill(&account.skills, skill))
}
