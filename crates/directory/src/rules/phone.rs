//! Create, edit and delete a phone (contract, "Order of checks", 8 to 11).

use super::skill::edit_skills;
use crate::account::{Account, View};
use crate::change::Change;
use crate::command::{PhoneLookup, SkillEdit};
use crate::decision::Decision;
use crate::limits::FAULTS_MAX;
use crate::refusal::{Refusal, Refusals};
use crate::skill_fault::SkillFault;
use crate::value::{Phone, PhoneId, PhoneName, PhoneNumber, SkillSet};

/// Looks up phones in a committed account or in a view.
pub trait Lookup {
    /// The phone with that id.
    fn by_id(&self, id: PhoneId) -> Option<&Phone>;
    /// Its version: [`Account::phone_version`].
    fn phone_version(&self, id: PhoneId) -> u64;
    /// The phone with that number, as written.
    fn by_number(&self, number: PhoneNumber) -> Option<(PhoneId, &Phone)>;
    /// The phone with that name, in any case.
    fn by_name(&self, name: &str) -> Option<(PhoneId, &Phone)>;
}

impl Lookup for Account {
    fn by_id(&self, id: PhoneId) -> Option<&Phone> {
        self.phones.get(id)
    }
    fn phone_version(&self, id: PhoneId) -> u64 {
        Account::phone_version(self, id)
    }
    fn by_number(&self, number: PhoneNumber) -> Option<(PhoneId, &Phone)> {
        self.phones.by_number(number)
    }
    fn by_name(&self, name: &str) -> Option<(PhoneId, &Phone)> {
        self.phones.by_name(name)
    }
}

impl Lookup for View<'_> {
    fn by_id(&self, id: PhoneId) -> Option<&Phone> {
        self.phone(id)
    }
    fn phone_version(&self, id: PhoneId) -> u64 {
        View::phone_version(self, id)
    }
    fn by_number(&self, number: PhoneNumber) -> Option<(PhoneId, &Phone)> {
        View::by_number(self, number)
    }
    fn by_name(&self, name: &str) -> Option<(PhoneId, &Phone)> {
        View::by_name(self, name)
    }
}

/// Check 8: the phone that has the id, the number and the name, as far as they are given.
pub fn find_phone<'a>(
    phones: &'a impl Lookup,
    lookup: &PhoneLookup,
) -> Result<(PhoneId, &'a Phone), Refusal> {
    let (id, phone) = find_any(phones, lookup)?;
    match lookup.expected_version {
        Some(expected) if expected != phones.phone_version(id) => Err(Refusal::Changed),
        _ => Ok((id, phone)),
    }
}

fn find_any<'a>(
    phones: &'a impl Lookup,
    lookup: &PhoneLookup,
) -> Result<(PhoneId, &'a Phone), Refusal> {
    if let Some(id) = lookup.id {
        let phone = phones.by_id(id).ok_or(Refusal::NoSuchPhone(id))?;
        // The caller knows the id, so the phone has got another number since.
        if lookup.number.as_ref().is_some_and(|number| *number != phone.number.to_string()) {
            return Err(Refusal::Changed);
        }
        return check_name(id, phone, lookup);
    }
    let Some(number) = &lookup.number else {
        let name = lookup.name.as_deref().unwrap_or_default();
        return phones.by_name(name).ok_or_else(|| Refusal::NoSuchName(name.to_owned()));
    };
    // A text that is not a valid number belongs to no phone.
    let found = PhoneNumber::parse(number).ok().and_then(|number| phones.by_number(number));
    let (id, phone) = found.ok_or_else(|| Refusal::NoSuchNumber(number.clone()))?;
    check_name(id, phone, lookup)
}

fn check_name<'a>(
    id: PhoneId,
    phone: &'a Phone,
    lookup: &PhoneLookup,
) -> Result<(PhoneId, &'a Phone), Refusal> {
    match &lookup.name {
        Some(name) if !phone.name.matches(name) => Err(Refusal::OtherName {
            number: phone.number,
            name: phone.name.clone(),
            requested: name.clone(),
        }),
        _ => Ok((id, phone)),
    }
}

/// Check 9: no other phone has the number or the name. Reports both, the number first.
pub(super) fn check_free(
    view: &View<'_>,
    itself: Option<PhoneId>,
    number: PhoneNumber,
    name: &PhoneName,
) -> Vec<Refusal> {
    let is_other = |found: &(PhoneId, &Phone)| Some(found.0) != itself;
    let number_taken = view.by_number(number).filter(is_other);
    let name_taken = view.by_name(name.as_str()).filter(is_other);
    let number_taken = number_taken.map(|(id, owner)| Refusal::NumberTaken {
        number,
        id,
        owner: owner.name.clone(),
    });
    let name_taken = name_taken.map(|(id, owner)| {
        let (name, owner) = (owner.name.clone(), owner.number);
        Refusal::NameTaken { name, id, owner }
    });
    number_taken.into_iter().chain(name_taken).collect()
}

/// Check 10: the command leaves no more phones than the limit.
pub(super) fn check_limit(view: &View<'_>, count_after: usize) -> Result<(), Refusal> {
    let limit = view.profile().phone_number_limit;
    if count_after > limit as usize {
        return Err(Refusal::LimitExceeded { count: view.phone_count(), limit });
    }
    Ok(())
}

/// Checks 9 to 11. Returns the new skills of the phone, and the fault for which they remain
/// unchanged. A strict edit reports all faults at once. Any other edit reports the first one, and a
/// fault in the skills does not refuse it.
fn check_fields(
    view: &View<'_>,
    itself: Option<PhoneId>,
    number: PhoneNumber,
    name: &PhoneName,
    (current, edit): (&SkillSet, &SkillEdit),
) -> Result<(SkillSet, Option<SkillFault>), Refusal> {
    let mut refusals = check_free(view, itself, number, name);
    let limit = check_limit(view, view.phone_count() + usize::from(itself.is_none()));
    if !edit.is_strict {
        refusals.extend(limit.err());
        if !refusals.is_empty() {
            return Err(refusals.swap_remove(0));
        }
        let mut first = None;
        let skills = edit_skills(view, current, edit, |fault| {
            first.get_or_insert(fault);
        });
        return Ok((skills.unwrap_or_else(|| current.clone()), first));
    }
    let mut all = Refusals::up_to(FAULTS_MAX);
    all.extend(refusals);
    let skills = edit_skills(view, current, edit, |fault| all.push(Refusal::Skills(fault)));
    all.extend(limit.err());
    all.check()?;
    Ok((skills.unwrap_or_default(), None))
}

pub(super) fn create(
    view: &View<'_>,
    number: PhoneNumber,
    name: &PhoneName,
    skills: &SkillEdit,
) -> Result<Decision, Refusal> {
    let none = SkillSet::default();
    let (skills, skill_fault) = check_fields(view, None, number, name, (&none, skills))?;
    let after = Phone { number, name: name.clone(), skills };
    let id = PhoneId(view.counters().next_phone_id);
    if id.0 == u32::MAX {
        return Err(Refusal::IdsUsedUp("phones"));
    }
    let changes = vec![Change::Phone { id, before: None, after: Some(after) }];
    Ok(Decision { changes, skill_fault, ..Decision::default() })
}

pub(super) fn edit(
    view: &View<'_>,
    lookup: &PhoneLookup,
    number_new: Option<PhoneNumber>,
    name_new: Option<&PhoneName>,
    skills: &SkillEdit,
) -> Result<Decision, Refusal> {
    let (id, before) = find_phone(view, lookup)?;
    let number = number_new.unwrap_or(before.number);
    let name = name_new.unwrap_or(&before.name);
    let (skills, skill_fault) =
        check_fields(view, Some(id), number, name, (&before.skills, skills))?;
    let after = Phone { number, name: name.clone(), skills };
    let changes = if after == *before {
        Vec::new()
    } else {
        vec![Change::Phone { id, before: Some(before.clone()), after: Some(after) }]
    };
    Ok(Decision { changes, skill_fault, ..Decision::default() })
}

pub(super) fn delete(view: &View<'_>, lookup: &PhoneLookup) -> Result<Decision, Refusal> {
    let (id, before) = find_phone(view, lookup)?;
    Ok(vec![Change::Phone { id, before: Some(before.clone()), after: None }].into())
}
