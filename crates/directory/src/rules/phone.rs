//! Create, edit and delete a phone (contract, "Order of checks", 8 to 11).

use super::skill::edit_skills;
use super::{Decision, Refusal};
use crate::account::{Account, View};
use crate::change::Change;
use crate::command::{PhoneLookup, SkillEdit};
use crate::value::{Phone, PhoneId, PhoneName, PhoneNumber, SkillSet};

/// Where phones are looked up: the committed account, or a view of what a batch decided.
pub trait Lookup {
    /// The phone with that number, as written.
    fn by_number(&self, number: PhoneNumber) -> Option<(PhoneId, &Phone)>;
    /// The phone with that name, in any case.
    fn by_name(&self, name: &str) -> Option<(PhoneId, &Phone)>;
}

impl Lookup for Account {
    fn by_number(&self, number: PhoneNumber) -> Option<(PhoneId, &Phone)> {
        self.phones.by_number(number)
    }
    fn by_name(&self, name: &str) -> Option<(PhoneId, &Phone)> {
        self.phones.by_name(name)
    }
}

impl Lookup for View<'_> {
    fn by_number(&self, number: PhoneNumber) -> Option<(PhoneId, &Phone)> {
        View::by_number(self, number)
    }
    fn by_name(&self, name: &str) -> Option<(PhoneId, &Phone)> {
        View::by_name(self, name)
    }
}

/// Check 8: the phone that both the number and the name belong to, or the one of them given.
pub fn find_phone<'a>(
    phones: &'a impl Lookup,
    lookup: &PhoneLookup,
) -> Result<(PhoneId, &'a Phone), Refusal> {
    let Some(number) = &lookup.number else {
        let name = lookup.name.as_deref().unwrap_or_default();
        return phones.by_name(name).ok_or_else(|| Refusal::NoSuchName(name.to_owned()));
    };
    // What is no number cannot be one of ours.
    let found = PhoneNumber::parse(number).ok().and_then(|number| phones.by_number(number));
    let (id, phone) = found.ok_or_else(|| Refusal::NoSuchNumber(number.clone()))?;
    match &lookup.name {
        Some(name) if !phone.name.matches(name) => Err(Refusal::OtherName {
            number: phone.number,
            name: phone.name.clone(),
            asked: name.clone(),
        }),
        _ => Ok((id, phone)),
    }
}

/// Check 9: no other phone has the number or the name.
fn check_free(
    view: &View<'_>,
    itself: Option<PhoneId>,
    number: PhoneNumber,
    name: &PhoneName,
) -> Result<(), Refusal> {
    if let Some((id, owner)) = view.by_number(number)
        && Some(id) != itself
    {
        return Err(Refusal::NumberTaken { number, owner: owner.name.clone() });
    }
    if let Some((id, owner)) = view.by_name(name.as_str())
        && Some(id) != itself
    {
        return Err(Refusal::NameTaken { name: owner.name.clone(), owner: owner.number });
    }
    Ok(())
}

/// Check 10: the action leaves no more numbers than the limit.
fn check_limit(view: &View<'_>, count_after: usize) -> Result<(), Refusal> {
    let limit = view.profile().phone_number_limit;
    if count_after > limit as usize {
        return Err(Refusal::LimitExceeded { count: view.phone_count(), limit });
    }
    Ok(())
}

pub(super) fn create(
    view: &View<'_>,
    number: PhoneNumber,
    name: &PhoneName,
    skills: &SkillEdit,
) -> Result<Decision, Refusal> {
    check_free(view, None, number, name)?;
    check_limit(view, view.phone_count() + 1)?;
    let (skills, skill_fault) = skills_or_fault(view, &SkillSet::default(), skills);
    let after = Phone { number, name: name.clone(), skills };
    let id = PhoneId(view.heads().next_phone_id);
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
    check_free(view, Some(id), number, name)?;
    check_limit(view, view.phone_count())?;
    let (skills, skill_fault) = skills_or_fault(view, &before.skills, skills);
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

/// Check 11 refuses nothing: at a fault the phone is saved with the skills that it had.
fn skills_or_fault(
    view: &View<'_>,
    current: &SkillSet,
    edit: &SkillEdit,
) -> (SkillSet, Option<super::SkillFault>) {
    match edit_skills(view, current, edit) {
        Ok(skills) => (skills, None),
        Err(fault) => (current.clone(), Some(fault)),
    }
}
