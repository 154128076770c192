//! Why a number does or does not ring for a skill.

use directory::value::NumberFault;
use directory::{Account, Kind, Past, PhoneId, PhoneName, PhoneNumber, SkillId, SkillName};

use super::HistoricChange;
use crate::service::{Failure, RingPhone, Service, Tenant};
use crate::store::{ChangesAsked, Direction, HistoryOf};

/// Changes that are looked through for what has become of a number or a skill: the newest ones.
const CHANGES_MAX: usize = 5000;

/// Changes of one phone that are looked through.
const PHONE_CHANGES_MAX: usize = 1000;

/// Names of skills that are told as alike.
const ALIKE_MAX: usize = 3;

/// How much alike a name must be, from 0 to 1: one or two letters may differ.
const ALIKE_MIN: f64 = 0.85;

/// Whether a number rings for a skill, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RingExplanation {
    /// The phone that has the number.
    pub phone: Option<RingPhone>,
    /// Its place, counted from 1, and among how many, if it rings.
    pub place: Option<(usize, usize)>,
    /// Why; at least one.
    pub reasons: Vec<RingReason>,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RingReason {
    /// It rings; so many phones before it.
    Rings {
        /// How many.
        before: usize,
    },
    /// There is no such skill.
    NoSuchSkill,
    /// There is one whose name is like it.
    SkillAlike(SkillName),
    /// The skill was renamed, or deleted.
    SkillGone {
        /// Its name from then on, if it was renamed.
        renamed: Option<SkillName>,
        /// The change.
        event: Event,
    },
    /// It is no number.
    NotANumber(NumberFault),
    /// There is no such phone.
    NoSuchPhone,
    /// There is one with the same digits, which is written otherwise.
    OtherNotation(RingPhone),
    /// The phone got another number, or was deleted.
    NumberGone {
        /// Its number from then on, if it got one.
        renumbered: Option<PhoneNumber>,
        /// Its name, if that is known.
        name: Option<PhoneName>,
        /// The change.
        event: Event,
    },
    /// The phone does not have the skill.
    NotAssigned,
    /// It had it and lost it.
    Unassigned(Event),
}

/// What happened, when, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The number of the change.
    pub version: u64,
    /// When, microseconds UTC.
    pub at_us: i64,
    /// Who, as the history names them.
    pub source: String,
}

impl From<&HistoricChange> for Event {
    fn from(change: &HistoricChange) -> Self {
        let row = &change.row;
        Self { version: row.version, at_us: row.at_us, source: row.source.clone() }
    }
}

impl Service {
    /// Why a number does or does not ring for a skill now.
    pub async fn explain_ring(
        &self,
        tenant: &Tenant,
        skill: &str,
        number: &str,
    ) -> Result<RingExplanation, Failure> {
        self.current(tenant).await?;
        let (mut told, skill_id) = look(&tenant.0.account(), skill, number);
        let phone = told.phone.as_ref().map(|phone| phone.id);
        match (phone, skill_id) {
            (Some(id), Some(skill_id)) if told.place.is_none() => {
                told.reasons.extend(self.unassigned(tenant, id, skill_id).await?);
            }
            (Some(_), Some(_)) => {}
            _ => {
                let number = PhoneNumber::parse(number).ok().filter(|_| phone.is_none());
                let skill = skill_id.is_none().then_some(skill);
                told.reasons.extend(self.gone(tenant, skill, number).await?);
            }
        }
        Ok(told)
    }

    /// When the phone lost the skill last, if it did.
    async fn unassigned(
        &self,
        tenant: &Tenant,
        phone: PhoneId,
        skill: SkillId,
    ) -> Result<Option<RingReason>, Failure> {
        let asked = newest(HistoryOf::Phone(phone), PHONE_CHANGES_MAX);
        let (changes, ..) = self.read_history(tenant, &asked).await?;
        let lost = changes.iter().find(|change| match &change.past {
            Past::Phone { lost, .. } => lost.iter().any(|one| one.skill() == skill),
            _ => false,
        });
        Ok(lost.map(|change| RingReason::Unassigned(change.into())))
    }

    /// What has become of a skill and a number that are not there, as far as the newest changes
    /// tell.
    async fn gone(
        &self,
        tenant: &Tenant,
        skill: Option<&str>,
        number: Option<PhoneNumber>,
    ) -> Result<Vec<RingReason>, Failure> {
        let asked = newest(HistoryOf::Account, CHANGES_MAX);
        let (changes, ..) = self.read_history(tenant, &asked).await?;
        let skill = skill.and_then(|skill| changes.iter().find_map(|one| skill_gone(one, skill)));
        let number =
            number.and_then(|number| changes.iter().find_map(|one| number_gone(one, number)));
        Ok(skill.into_iter().chain(number).collect())
    }
}

fn newest(of: HistoryOf, rows_max: usize) -> ChangesAsked {
    ChangesAsked { of, above: 0, below: None, direction: Direction::NewestFirst, rows_max }
}

/// What the account as it is now tells, and the skill if there is one.
fn look(account: &Account, skill: &str, number: &str) -> (RingExplanation, Option<SkillId>) {
    let mut told = RingExplanation::default();
    let skill_id = account.skills.find(skill);
    if skill_id.is_none() {
        told.reasons.push(RingReason::NoSuchSkill);
        told.reasons.extend(alike(account, skill));
    }
    match PhoneNumber::parse(number) {
        Err(fault) => told.reasons.push(RingReason::NotANumber(fault)),
        Ok(parsed) => {
            let found = account.phones.by_number(parsed);
            told.phone = found.map(|(id, phone)| RingPhone::of(id, phone));
            if told.phone.is_none() {
                told.reasons.push(RingReason::NoSuchPhone);
                told.reasons.extend(other_notation(account, number));
            }
        }
    }
    if let (Some(skill), Some(phone)) = (skill_id, &told.phone) {
        let ring = account.ring_order(skill);
        match ring.iter().position(|(id, _)| *id == phone.id) {
            Some(before) => {
                told.place = Some((before + 1, ring.len()));
                told.reasons.push(RingReason::Rings { before });
            }
            None => told.reasons.push(RingReason::NotAssigned),
        }
    }
    (told, skill_id)
}

/// Skills whose names are like that one, the most alike first.
fn alike(account: &Account, skill: &str) -> impl Iterator<Item = RingReason> + use<> {
    let folded = skill.trim().to_lowercase();
    let likeness = |name: &SkillName| strsim::jaro_winkler(&folded, &name.as_str().to_lowercase());
    let names = account.skills.iter().map(|(name, _)| (likeness(name), name.clone()));
    let mut names: Vec<_> = names.filter(|(likeness, _)| *likeness >= ALIKE_MIN).collect();
    names.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    names.into_iter().take(ALIKE_MAX).map(|(_, name)| RingReason::SkillAlike(name))
}

/// The phone with the same digits, written with a `+` where the number has none, or without.
fn other_notation(account: &Account, number: &str) -> Option<RingReason> {
    let other = match number.strip_prefix('+') {
        Some(digits) => PhoneNumber::parse(digits),
        None => PhoneNumber::parse(&format!("+{number}")),
    };
    let (id, phone) = account.phones.by_number(other.ok()?)?;
    Some(RingReason::OtherNotation(RingPhone::of(id, phone)))
}

fn skill_gone(change: &HistoricChange, skill: &str) -> Option<RingReason> {
    let Past::Skill { name, .. } = &change.past else { return None };
    let is_it = name.before.as_ref().is_some_and(|before| before.as_str() == skill);
    is_it.then(|| RingReason::SkillGone { renamed: name.after.clone(), event: change.into() })
}

fn number_gone(change: &HistoricChange, number: PhoneNumber) -> Option<RingReason> {
    let Past::Phone { number: Some(sides), name, kind, .. } = &change.past else { return None };
    if sides.before != Some(number) || *kind == Kind::CreatePhone {
        return None;
    }
    let name = name.as_ref().and_then(|name| name.after.clone().or_else(|| name.before.clone()));
    Some(RingReason::NumberGone { renumbered: sides.after, name, event: change.into() })
}
