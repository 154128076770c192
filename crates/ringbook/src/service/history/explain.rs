//! What rings for a skill, and why it or a number is not there. This module must not know the sentences
//! that say so.

use directory::value::NumberFault;
use directory::{Account, Delta, Kind, PhoneId, PhoneName, PhoneNumber, SkillId, SkillName};

use super::HistoricChange;
use crate::service::{Failure, NotRouted, RingPhone, Routed, Service, Tenant};
use crate::store::{ChangeQuery, HistoryOf, HistoryRow};

/// The newest changes, which are searched for a number or a skill that is no longer there.
const CHANGES_MAX: usize = 5000;

/// The newest changes of a phone, which are searched for a lost skill.
const PHONE_CHANGES_MAX: usize = 1000;

/// What rings for a skill, and why.
#[derive(Debug, Clone)]
pub struct RingExplanation {
    /// What a decision is made of, or why there is none.
    pub routed: Result<Routed, NotRouted>,
    /// Why there is no such skill, or no such number among its phones.
    pub reasons: Vec<RingReason>,
}

/// One reason; `event` is the change that made it so.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the sentence of a reason says what its values are")]
pub enum RingReason {
    /// So many phones of the skill are before it, and no more can ring.
    BeyondLimit(usize),
    /// There is no such skill.
    NoSuchSkill,
    /// A skill has a similar name.
    SkillAlike(SkillName),
    /// The skill was renamed, to this name, or deleted.
    SkillGone { renamed: Option<SkillName>, event: HistoryRow },
    /// The number is not valid.
    NotANumber(NumberFault),
    /// There is no such phone.
    NoSuchPhone,
    /// A phone has the same digits in the other notation, with or without `+`.
    OtherNotation(RingPhone),
    /// The phone, of this name as far as it is known, got another number, which is given, or was deleted.
    NumberGone { renumbered: Option<PhoneNumber>, name: Option<PhoneName>, event: HistoryRow },
    /// The phone does not have the skill.
    NotAssigned,
    /// The phone had the skill and lost it.
    Unassigned(HistoryRow),
}

impl Service {
    /// What rings for a skill, and why the skill is not there, or a number is not among its phones.
    pub async fn explain_ring(
        &self,
        tenant: &Tenant,
        skill: &str,
        number: Option<&str>,
    ) -> Result<RingExplanation, Failure> {
        let routed = self.route(&self.routing_caller(tenant), skill);
        let is_there = routed.as_ref().is_ok_and(|routed| {
            let mut phones = routed.lists.iter().flat_map(|list| &list.phones);
            number.is_none_or(|number| phones.any(|phone| phone.number.to_string() == number))
        });
        let reasons =
            if is_there { Vec::new() } else { self.missing(tenant, skill, number).await? };
        Ok(RingExplanation { routed, reasons })
    }

    /// Why a skill is not there, or a number is not among its phones.
    async fn missing(
        &self,
        tenant: &Tenant,
        skill: &str,
        number: Option<&str>,
    ) -> Result<Vec<RingReason>, Failure> {
        self.refresh(tenant).await?;
        let (mut reasons, skill_id, phone) = missing_now(&tenant.0.read(), skill, number);
        match (phone, skill_id) {
            (Some(id), Some(skill_id)) if reasons == [RingReason::NotAssigned] => {
                reasons.extend(self.unassigned(tenant, id, skill_id).await?);
            }
            (Some(_), Some(_)) => {}
            _ => {
                let number = number.and_then(|number| PhoneNumber::parse(number).ok());
                let number = number.filter(|_| phone.is_none());
                let skill = skill_id.is_none().then_some(skill);
                reasons.extend(self.gone(tenant, skill, number).await?);
            }
        }
        Ok(reasons)
    }

    /// When the phone lost the skill last, if it did.
    async fn unassigned(
        &self,
        tenant: &Tenant,
        phone: PhoneId,
        skill: SkillId,
    ) -> Result<Option<RingReason>, Failure> {
        let query = ChangeQuery::newest(HistoryOf::Phone(phone), PHONE_CHANGES_MAX);
        let page = self.read_history(tenant, &query).await?;
        let lost = page.changes.iter().find(|change| match &change.past {
            Delta::Phone { lost, .. } => lost.iter().any(|one| one.skill() == skill),
            _ => false,
        });
        Ok(lost.map(|change| RingReason::Unassigned(change.row.clone())))
    }

    /// What the newest changes say of a skill and a number that are not there.
    async fn gone(
        &self,
        tenant: &Tenant,
        skill: Option<&str>,
        number: Option<PhoneNumber>,
    ) -> Result<Vec<RingReason>, Failure> {
        let query = ChangeQuery::newest(HistoryOf::Account, CHANGES_MAX);
        let changes = self.read_history(tenant, &query).await?.changes;
        let skill = skill.and_then(|skill| changes.iter().find_map(|one| skill_gone(one, skill)));
        let number =
            number.and_then(|number| changes.iter().find_map(|one| number_gone(one, number)));
        Ok(skill.into_iter().chain(number).collect())
    }
}

/// What the account as it is now tells, and the skill and the phone if they exist.
fn missing_now(
    account: &Account,
    skill: &str,
    number: Option<&str>,
) -> (Vec<RingReason>, Option<SkillId>, Option<PhoneId>) {
    let mut reasons = Vec::new();
    let skill_id = account.skills.lookup(skill).map(|(id, _)| id);
    if skill_id.is_none() {
        reasons.push(RingReason::NoSuchSkill);
        reasons.extend(account.skills.alike(skill).into_iter().map(RingReason::SkillAlike));
    }
    let Some(number) = number else { return (reasons, skill_id, None) };
    let phone = match PhoneNumber::parse(number) {
        Err(fault) => {
            reasons.push(RingReason::NotANumber(fault));
            None
        }
        Ok(parsed) => account.phones.by_number(parsed).map(|(id, _)| id).or_else(|| {
            reasons.push(RingReason::NoSuchPhone);
            reasons.extend(other_notation(account, number));
            None
        }),
    };
    if let (Some(skill), Some(phone)) = (skill_id, phone) {
        let before = account.phones.ring_rank(skill, phone);
        reasons.push(before.map_or(RingReason::NotAssigned, RingReason::BeyondLimit));
    }
    (reasons, skill_id, phone)
}

/// The phone with the same digits in the other notation, with or without `+`.
fn other_notation(account: &Account, number: &str) -> Option<RingReason> {
    let other = match number.strip_prefix('+') {
        Some(digits) => PhoneNumber::parse(digits),
        None => PhoneNumber::parse(&format!("+{number}")),
    };
    let (id, phone) = account.phones.by_number(other.ok()?)?;
    Some(RingReason::OtherNotation(RingPhone::of(id, phone)))
}

fn skill_gone(change: &HistoricChange, skill: &str) -> Option<RingReason> {
    let Delta::Skill { name, .. } = &change.past else { return None };
    let is_it = name.before.as_ref().is_some_and(|before| before.as_str() == skill);
    is_it.then(|| RingReason::SkillGone { renamed: name.after.clone(), event: change.row.clone() })
}

fn number_gone(change: &HistoricChange, number: PhoneNumber) -> Option<RingReason> {
    let Delta::Phone { number: Some(sides), name, kind, .. } = &change.past else { return None };
    if sides.before != Some(number) || *kind == Kind::CreatePhone {
        return None;
    }
    let name = name.as_ref().and_then(|name| name.after.clone().or_else(|| name.before.clone()));
    Some(RingReason::NumberGone { renumbered: sides.after, name, event: change.row.clone() })
}
