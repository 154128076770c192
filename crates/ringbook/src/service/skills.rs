//! Skills and their ring orders.

use directory::{Account, Phone, PhoneId, PhoneName, PhoneNumber, Refusal, SkillId, SkillName};

use super::{Failure, Remembered, Service, Tenant};

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

impl RingPhone {
    /// The phone with that id.
    pub(super) fn of(id: PhoneId, phone: &Phone) -> Self {
        Self { id, number: phone.number, name: phone.name.clone() }
    }
}

impl Service {
    /// The skills, sorted by name, each with the number of its phones.
    pub async fn skills(&self, tenant: &Tenant) -> Result<Vec<ListedSkill>, Failure> {
        self.current(tenant).await?;
        let account = tenant.0.account();
        let mut counts = std::collections::HashMap::<_, usize>::new();
        for assignment in account.phones.iter().flat_map(|(_, phone)| phone.skills.iter()) {
            *counts.entry(assignment.skill()).or_default() += 1;
        }
        let listed = account.skills.iter().map(|(name, id)| ListedSkill {
            id,
            name: name.clone(),
            phone_count: counts.get(&id).copied().unwrap_or_default(),
        });
        Ok(listed.collect())
    }

    /// One skill with the number of its phones.
    pub async fn skill(&self, tenant: &Tenant, name: &str) -> Result<ListedSkill, Failure> {
        self.current(tenant).await?;
        let account = tenant.0.account();
        let id = find(&account, name)?;
        let phone_count =
            account.phones.iter().filter(|(_, phone)| phone.skills.contains(id)).count();
        let name = account.skills.name(id).expect("it was found by its name").clone();
        Ok(ListedSkill { id, name, phone_count })
    }

    /// The phones of a skill in ring order, as they are now.
    pub async fn ring_order(
        &self,
        tenant: &Tenant,
        skill: &str,
    ) -> Result<Vec<RingPhone>, Failure> {
        self.current(tenant).await?;
        Ok(self.remembered_ring_order(tenant, skill)?.answer)
    }

    /// The same from memory: a quarter of a second old at most while the store answers, and there
    /// while it is away.
    pub fn remembered_ring_order(
        &self,
        tenant: &Tenant,
        skill: &str,
    ) -> Result<Remembered<Vec<RingPhone>>, Refusal> {
        let account = tenant.0.account();
        let ring = account.ring_order(find(&account, skill)?).into_iter();
        let answer = ring.map(|(id, phone)| RingPhone::of(id, phone)).collect();
        let version = account.counters.version;
        Ok(Remembered { answer, version, age: self.follower.age() })
    }
}

fn find(account: &Account, skill: &str) -> Result<SkillId, Refusal> {
    account.skills.find(skill).ok_or_else(|| Refusal::NoSuchSkill(skill.to_owned()))
}
