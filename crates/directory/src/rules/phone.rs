//! Create, edit, upsert and delete a phone (contract, "Order of checks", 8 to 11).

use super::skill::edit_skills;
use crate::account::View;
use crate::change::Change;
use crate::command::{PhoneLookup, SkillEdit};
use crate::decision::Decision;
use crate::limits::FAULTS_MAX;
use crate::refusal::{Refusal, Refusals};
use crate::skill_fault::SkillFault;
use crate::value::{Phone, PhoneId, PhoneName, PhoneNumber, SkillSet};

/// Check 8: the phone that has the id, the number and the name, as far as they are given.
pub fn find_phone<'v>(
    view: &'v View<'_>,
    lookup: &PhoneLookup,
) -> Result<(PhoneId, &'v Phone), Refusal> {
    let (id, phone) = find_any(view, lookup)?;
    match lookup.expected_version {
        Some(expected) if expected != view.phone_version(id) => Err(Refusal::Changed),
        _ => Ok((id, phone)),
    }
}

fn find_any<'v>(view: &'v View<'_>, lookup: &PhoneLookup) -> Result<(PhoneId, &'v Phone), Refusal> {
    if let Some(id) = lookup.id {
        let phone = view.phone(id).ok_or(Refusal::NoSuchPhone(id))?;
        // The caller knows the id, so the phone has got another number since.
        if lookup.number.as_ref().is_some_and(|number| *number != phone.number.to_string()) {
            return Err(Refusal::Changed);
        }
        return check_name(id, phone, lookup);
    }
    let Some(number) = &lookup.number else {
        let name = lookup.name.as_deref().unwrap_or_default();
        return view.by_name(name).ok_or_else(|| Refusal::NoSuchName(name.to_owned()));
    };
    // A text that is not a valid number belongs to no phone.
    let found = PhoneNumber::parse(number).ok().and_then(|number| view.by_number(number));
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

/// The phone that a command names. Where only the end of a request counts, it is the phone as it
/// was before the request, or else as an earlier row made it.
fn find_named<'v>(
    view: &'v View<'_>,
    lookup: &PhoneLookup,
) -> Result<(PhoneId, &'v Phone), Refusal> {
    let earlier = view.before().and_then(|before| find_phone(before, lookup).ok());
    match earlier.and_then(|(id, _)| Some((id, view.phone(id)?))) {
        Some(found) => Ok(found),
        None => find_phone(view, lookup),
    }
}

/// Check 9: no other phone has the number or the name. Reports both, the number first. What the phone
/// `itself` has is its own already.
pub(super) fn check_free(
    view: &View<'_>,
    itself: Option<&Phone>,
    number: PhoneNumber,
    name: &PhoneName,
) -> Vec<Refusal> {
    let has_number = itself.is_some_and(|phone| phone.number == number);
    let has_name = itself.is_some_and(|phone| phone.name.matches(name.as_str()));
    let number_owner = if has_number { None } else { view.by_number(number) };
    let name_owner = if has_name { None } else { view.by_name(name.as_str()) };
    number_owner.map(number_taken_by).into_iter().chain(name_owner.map(name_taken_by)).collect()
}

pub(super) fn number_taken_by((id, owner): (PhoneId, &Phone)) -> Refusal {
    Refusal::NumberTaken { number: owner.number, id, owner: owner.name.clone(), line: None }
}

pub(super) fn name_taken_by((id, owner): (PhoneId, &Phone)) -> Refusal {
    Refusal::NameTaken { name: owner.name.clone(), id, owner: owner.number, line: None }
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
    itself: Option<&Phone>,
    number: PhoneNumber,
    name: &PhoneName,
    edit: &SkillEdit,
) -> Result<(SkillSet, Option<SkillFault>), Refusal> {
    let none = SkillSet::default();
    let current = itself.map_or(&none, |phone| &phone.skills);
    let taken = check_free(view, itself, number, name);
    // Another row may make them free: `collisions` finds what is taken in the end.
    let may_be_freed = view.before().is_some();
    let limit = check_limit(view, view.phone_count() + usize::from(itself.is_none()));
    if !edit.is_strict {
        let taken = taken.into_iter().filter(|_| !may_be_freed);
        if let Some(refusal) = taken.chain(limit.err()).next() {
            return Err(refusal);
        }
        let mut first = None;
        let skills = edit_skills(view, current, edit, |fault| {
            first.get_or_insert(fault);
        });
        return Ok((skills.unwrap_or_else(|| current.clone()), first));
    }
    let mut all = Refusals::up_to(FAULTS_MAX);
    all.extend(taken);
    let taken = all.len();
    let skills = edit_skills(view, current, edit, |fault| all.push(Refusal::Skills(fault)));
    all.extend(limit.err());
    if all.len() > taken || !may_be_freed {
        all.check()?;
    }
    Ok((skills.unwrap_or_default(), None))
}

pub(super) fn create(
    view: &View<'_>,
    number: PhoneNumber,
    name: &PhoneName,
    skills: &SkillEdit,
) -> Result<Decision, Refusal> {
    let (skills, skill_fault) = check_fields(view, None, number, name, skills)?;
    let after = Phone { number, name: name.clone(), skills };
    let id = PhoneId(view.counters().next_phone_id);
    if id.0 == u32::MAX {
        return Err(Refusal::IdsUsedUp("phones"));
    }
    let changes = vec![Change::Phone { id, before: None, after: Some(after) }];
    Ok(Decision { changes, skill_fault, ..Decision::default() })
}

/// The values that a phone is to have; an absent one remains.
#[derive(Clone, Copy)]
pub(super) struct Fields<'c> {
    pub number: Option<PhoneNumber>,
    pub name: Option<&'c PhoneName>,
    pub skills: &'c SkillEdit,
}

pub(super) fn edit(
    view: &View<'_>,
    lookup: &PhoneLookup,
    fields: Fields<'_>,
) -> Result<Decision, Refusal> {
    edit_found(view, find_named(view, lookup)?, fields)
}

fn edit_found(
    view: &View<'_>,
    (id, before): (PhoneId, &Phone),
    Fields { number, name, skills }: Fields<'_>,
) -> Result<Decision, Refusal> {
    let number = number.unwrap_or(before.number);
    let name = name.unwrap_or(&before.name);
    let (skills, skill_fault) = check_fields(view, Some(before), number, name, skills)?;
    let after = Phone { number, name: name.clone(), skills };
    let changes = if after == *before {
        Vec::new()
    } else {
        vec![Change::Phone { id, before: Some(before.clone()), after: Some(after) }]
    };
    Ok(Decision { changes, skill_fault, ..Decision::default() })
}

/// Edits the phone with the id, or else with the number; creates one if no phone has the number.
pub(super) fn upsert(
    view: &View<'_>,
    id: Option<PhoneId>,
    fields: Fields<'_>,
    trusts_id: bool,
) -> Result<Decision, Refusal> {
    if let Some(id) = id {
        let phone = view.phone(id).ok_or(Refusal::IdOfOther { id, phone: None })?;
        let known = view.before().and_then(|before| before.phone(id)).unwrap_or(phone);
        let has_name = |name: &PhoneName| known.name.matches(name.as_str());
        let fits = fields.number == Some(known.number) || fields.name.is_some_and(has_name);
        if !fits && !trusts_id {
            let phone = Some((known.number, known.name.clone()));
            return Err(Refusal::IdOfOther { id, phone });
        }
        return edit_found(view, (id, phone), fields);
    }
    let number = fields.number.ok_or_else(|| Refusal::NoSuchNumber(String::new()))?;
    match (view.by_number(number), fields.name) {
        (Some(found), _) => edit_found(view, found, fields),
        (None, Some(name)) => create(view, number, name, fields.skills),
        (None, None) => Err(Refusal::NameMissing(number)),
    }
}

pub(super) fn delete(view: &View<'_>, lookup: &PhoneLookup) -> Result<Decision, Refusal> {
    let (id, before) = find_named(view, lookup)?;
    Ok(vec![Change::Phone { id, before: Some(before.clone()), after: None }].into())
}
