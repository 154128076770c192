//! Skills: the ones of a phone, those of an account, and ring orders (contract, "Skills").

use std::collections::HashSet;

use super::{Decision, Refusal, SkillFault, SkillList};
use crate::account::View;
use crate::change::Change;
use crate::command::SkillEdit;
use crate::limits::SKILLS_MAX;
use crate::value::{Assignment, Phone, PhoneId, PhoneNumber, SkillId, SkillName, SkillSet};

/// `(current − unassign) ∪ assign`. A skill that stays keeps its ring position, a new one goes to
/// the end of its ring order.
pub(super) fn edit_skills(
    view: &View<'_>,
    current: &SkillSet,
    edit: &SkillEdit,
) -> Result<SkillSet, SkillFault> {
    if let Some(fault) = &edit.fault {
        return Err(fault.clone());
    }
    let unassign = find_all(view, SkillList::Unassign, &edit.unassign)?;
    let assign = find_all(view, SkillList::Assign, &edit.assign)?;
    let kept = current.iter().filter(|assignment| {
        assign.contains(&assignment.skill()) || !unassign.contains(&assignment.skill())
    });
    let added = assign
        .iter()
        .filter(|skill| !current.contains(**skill))
        .map(|skill| Assignment::new(*skill, view.next_position(*skill)));
    Ok(kept.chain(added).collect())
}

fn find_all(
    view: &View<'_>,
    list: SkillList,
    names: &[String],
) -> Result<Vec<SkillId>, SkillFault> {
    names
        .iter()
        .map(|name| {
            let found = view.skills().find(name);
            found.ok_or_else(|| SkillFault::NoSuchSkill { list, name: name.clone() })
        })
        .collect()
}

pub(super) fn create(view: &View<'_>, names: &[SkillName]) -> Result<Decision, Refusal> {
    if view.skills().len() + names.len() > SKILLS_MAX {
        return Err(Refusal::TooManySkills(SKILLS_MAX));
    }
    if view.heads().next_skill_id as usize + names.len() > Assignment::SKILL_IDS {
        return Err(Refusal::IdsUsedUp("skills"));
    }
    let mut seen = HashSet::new();
    let mut changes = Vec::with_capacity(names.len());
    for (id, name) in (view.heads().next_skill_id..).zip(names) {
        if view.skills().find(name.as_str()).is_some() || !seen.insert(name) {
            return Err(Refusal::SkillExists(name.to_string()));
        }
        changes.push(Change::Skill { id: SkillId(id), before: None, after: Some(name.clone()) });
    }
    Ok(changes.into())
}

pub(super) fn delete(view: &View<'_>, names: &[String]) -> Result<Decision, Refusal> {
    let mut skills: Vec<(SkillId, &String)> = Vec::with_capacity(names.len());
    for name in names {
        let id = find(view, name)?;
        if !skills.iter().any(|(known, _)| *known == id) {
            skills.push((id, name));
        }
    }
    let is_deleted = |skill| skills.iter().any(|(id, _)| *id == skill);
    let mut held: Vec<_> = view
        .phones()
        .filter(|(_, phone)| phone.skills.iter().any(|held| is_deleted(held.skill())))
        .collect();
    held.sort_unstable_by_key(|(id, _)| *id);
    let mut changes: Vec<Change> = held
        .into_iter()
        .map(|(id, phone)| {
            let kept = phone.skills.iter().filter(|held| !is_deleted(held.skill())).collect();
            edited(id, phone, kept)
        })
        .collect();
    for (id, _) in &skills {
        let before = view.skills().name(*id).cloned();
        changes.push(Change::Skill { id: *id, before, after: None });
    }
    Ok(changes.into())
}

/// Gives the positions that the ring order has to its phones in the new order, so that only the
/// phones that really move are changed.
pub(super) fn order(
    view: &View<'_>,
    name: &str,
    first: &[PhoneNumber],
) -> Result<Decision, Refusal> {
    let skill = find(view, name)?;
    let mut ring: Vec<(u64, PhoneId, &Phone)> = view
        .phones()
        .filter_map(|(id, phone)| Some((phone.skills.get(skill)?.position(), id, phone)))
        .collect();
    ring.sort_unstable_by_key(|(position, id, _)| (*position, *id));
    let positions = strictly_rising(ring.iter().map(|(position, ..)| *position));

    let mut listed = HashSet::new();
    let mut ordered = Vec::with_capacity(ring.len());
    for number in first {
        let (id, phone) = view
            .by_number(*number)
            .filter(|(_, phone)| phone.skills.contains(skill))
            .ok_or_else(|| Refusal::NotAssigned { number: *number, skill: name.to_owned() })?;
        if !listed.insert(id) {
            return Err(Refusal::ListedTwice(*number));
        }
        ordered.push((id, phone));
    }
    ordered.extend(
        ring.iter().filter(|(_, id, _)| !listed.contains(id)).map(|(_, id, phone)| (*id, *phone)),
    );

    let moved = ordered.into_iter().zip(positions).filter_map(|((id, phone), position)| {
        let at = Assignment::new(skill, position);
        let held = phone.skills.get(skill)?;
        let others = phone.skills.iter().filter(|other| other.skill() != skill);
        (held != at).then(|| edited(id, phone, others.chain([at]).collect()))
    });
    Ok(moved.collect::<Vec<_>>().into())
}

/// The same positions, each raised past its predecessor where two phones share one.
fn strictly_rising(positions: impl Iterator<Item = u64>) -> impl Iterator<Item = u64> {
    positions.scan(None, |last: &mut Option<u64>, position| {
        let next = last.map_or(position, |last| position.max(last + 1));
        *last = Some(next);
        Some(next)
    })
}

fn find(view: &View<'_>, name: &str) -> Result<SkillId, Refusal> {
    view.skills().find(name).ok_or_else(|| Refusal::NoSuchSkill(name.to_owned()))
}

fn edited(id: PhoneId, phone: &Phone, skills: SkillSet) -> Change {
    let after = Phone { skills, ..phone.clone() };
    Change::Phone { id, before: Some(phone.clone()), after: Some(after) }
}
