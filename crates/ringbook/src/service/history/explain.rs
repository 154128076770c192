//! Why a number does or does not ring for a skill. This module must not know the sentences that say
//! so.

use directory::value::NumberFault;
use directory::{Account, Delta, Kind, PhoneId, PhoneName, PhoneNumber, SkillId, SkillName};

use super::HistoricChange;
use crate::service::{Failure, RingPhone, Service, Tenant};
use crate::store::{ChangeQuery, HistoryOf, HistoryRow};

/// The newest changes, which are searched for a number or a skill that is no longer there.
const CHANGES_MAX: usize = 5000;

/// The newest changes of a phone, which are searched for a lost skill.
const PHONE_CHANGES_MAX: usize = 1000;

/// Whether a number rings for a skill, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RingExplanation {
    /// The phone that has the number.
    pub phone: Option<RingPhone>,
    /// Its ring position, counted from 1, and the length of the ring order, if it rings.
    pub position: Option<(usize, usize)>,
    /// Why; at least one.
    pub reasons: Vec<RingReason>,
}

/// One reason; `event` is the change that made it so.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the sentence of a reason says what its values are")]
pub enum RingReason {
    /// It rings, after this number of phones.
    Rings(usize),
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
    /// Why a number does or does not ring for a skill now.
    pub async fn explain_ring(
        &self,
        tenant: &Tenant,
        skill: &str,
        number: &str,
    ) -> Result<RingExplanation, Failure> {
        self.refresh(tenant).await?;
        let (mut explanation, skill_id) = explain_now(&tenant.0.read(), skill, number);
        let phone = explanation.phone.as_ref().map(|phone| phone.id);
        match (phone, skill_id) {
            (Some(id), Some(skill_id)) if explanation.position.is_none() => {
                explanation.reasons.extend(self.unassigned(tenant, id, skill_id).await?);
            }
            (Some(_), Some(_)) => {}
            _ => {
                let number = PhoneNumber::parse(number).ok().filter(|_| phone.is_none());
                let skill = skill_id.is_none().then_some(skill);
                explanation.reasons.extend(self.gone(tenant, skill, number).await?);
            }
        }
        Ok(explanation)
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

/// The explanation by the account as it is now, and the skill if it exists.
fn explain_now(account: &Account, skill: &str, number: &str) -> (RingExplanation, Option<SkillId>) {
    let mut explanation = RingExplanation::default();
    let skill_id = account.skills.find(skill);
    if skill_id.is_none() {
        explanation.reasons.push(RingReason::NoSuchSkill);
        let alike = account.skills.alike(skill);
        explanation.reasons.extend(alike.into_iter().map(RingReason::SkillAlike));
    }
    match PhoneNumber::parse(number) {
        Err(fault) => explanation.reasons.push(RingReason::NotANumber(fault)),
        Ok(parsed) => {
            let found = account.phones.by_number(parsed);
            explanation.phone = found.map(|(id, phone)| RingPhone::of(id, phone));
            if explanation.phone.is_none() {
                explanation.reasons.push(RingReason::NoSuchPhone);
                explanation.reasons.extend(other_notation(account, number));
            }
        }
    }
    if let (Some(skill), Some(phone)) = (skill_id, &explanation.phone) {
        match account.phones.ring_rank(skill, phone.id) {
            Some(before) => {
                explanation.position = Some((before + 1, account.phones.ring_len(skill)));
                explanation.reasons.push(RingReason::Rings(before));
            }
            None => explanation.reasons.push(RingReason::NotAssigned),
        }
    }
    (explanation, skill_id)
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
