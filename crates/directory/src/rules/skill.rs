//! The skills of a phone and of an account (contract, "Skills").

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::account::View;
use crate::change::Change;
use crate::command::{IfAssigned, SkillEdit};
use crate::decision::Decision;
use crate::limits::SKILLS_MAX;
use crate::refusal::Refusal;
use crate::skill_fault::{SkillFault, SkillList};
use crate::value::{Assignment, Phone, PhoneId, SkillId, SkillName, SkillSet};

/// `(current − unassign) ∪ assign`, or the requested set. A skill that remains keeps its ring
/// position, a new one gets the last position. Returns nothing if there are faults, each of which it
/// passes to `refuse`.
pub(super) fn edit_skills(
    view: &View<'_>,
    current: &SkillSet,
    edit: &SkillEdit,
    mut refuse: impl FnMut(SkillFault),
) -> Option<SkillSet> {
    let mut is_refused = edit.fault.is_some();
    edit.fault.iter().cloned().for_each(&mut refuse);
    let mut ids = |list, names: &[String]| {
        let find = |name: &String| {
            let id = view.skills().find(name);
            if id.is_none() {
                is_refused = true;
                refuse(SkillFault::NoSuchSkill { list, name: name.clone(), alike: None });
            }
            id
        };
        let mut found: Vec<_> = names.iter().filter_map(find).collect();
        found.sort_unstable();
        found
    };
    let unassign = ids(SkillList::Unassign, &edit.unassign);
    let mut assign = ids(SkillList::Assign, &edit.assign);
    let set = edit.set.as_ref().map(|names| ids(SkillList::Set, names));
    if is_refused {
        return None;
    }
    let is_whole = set.is_some();
    assign.extend(set.into_iter().flatten());
    assign.sort_unstable();
    assign.dedup();
    // A caller's lists may be long, so each is searched by halves.
    let is_in = |list: &[SkillId], skill| list.binary_search(&skill).is_ok();
    let kept = current.iter().filter(|held| {
        let is_unassigned = is_whole || is_in(&unassign, held.skill());
        is_in(&assign, held.skill()) || !is_unassigned
    });
    let added = assign
        .iter()
        .filter(|skill| !current.contains(**skill))
        .map(|skill| Assignment::new(*skill, view.next_position(*skill)));
    let given = edit.positions.iter();
    let given: HashMap<_, _> =
        given.filter_map(|(name, position)| Some((view.skills().find(name)?, *position))).collect();
    let moved = |held: Assignment| match given.get(&held.skill()) {
        Some(position) => Assignment::new(held.skill(), *position),
        None => held,
    };
    Some(kept.chain(added).map(moved).collect())
}

pub(super) fn create(view: &View<'_>, names: &[SkillName]) -> Result<Decision, Refusal> {
    if view.skills().len() + names.len() > SKILLS_MAX {
        return Err(Refusal::TooManySkills(SKILLS_MAX));
    }
    if view.counters().next_skill_id as usize + names.len() > Assignment::SKILL_IDS {
        return Err(Refusal::IdsUsedUp("skills"));
    }
    let mut seen = HashSet::new();
    let mut changes = Vec::with_capacity(names.len());
    for (id, name) in (view.counters().next_skill_id..).zip(names) {
        let existing = view.skills().find(name.as_str());
        if existing.is_some() || !seen.insert(name) {
            return Err(Refusal::SkillExists { id: existing, name: name.to_string() });
        }
        changes.push(Change::Skill { id: SkillId(id), before: None, after: Some(name.clone()) });
    }
    Ok(changes.into())
}

pub(super) fn rename(
    view: &View<'_>,
    skill: &str,
    name_new: &SkillName,
) -> Result<Decision, Refusal> {
    let (id, name) = find(view, skill)?;
    if name == name_new {
        return Ok(Decision::default());
    }
    if let Some(other) = view.skills().find(name_new.as_str()) {
        return Err(Refusal::SkillExists { id: Some(other), name: name_new.to_string() });
    }
    let before = Some(name.clone());
    Ok(vec![Change::Skill { id, before, after: Some(name_new.clone()) }].into())
}

pub(super) fn delete(
    view: &View<'_>,
    names: &[String],
    if_assigned: IfAssigned,
) -> Result<Decision, Refusal> {
    let mut skills: Vec<(SkillId, &SkillName)> = Vec::with_capacity(names.len());
    let mut deleted = HashSet::new();
    for name in names {
        let (id, name) = find(view, name)?;
        if deleted.insert(id) {
            skills.push((id, name));
        }
    }
    if if_assigned == IfAssigned::Refuse {
        for (id, name) in &skills {
            let phones = view.ring_len(*id);
            if phones > 0 {
                return Err(Refusal::SkillAssigned { skill: name.to_string(), phones });
            }
        }
    }
    let is_deleted = |held: &Assignment| deleted.contains(&held.skill());
    let rings = skills.iter().flat_map(|(id, _)| view.ring(*id));
    let held: BTreeMap<_, _> = rings.map(|(_, id, phone)| (id, phone)).collect();
    let mut changes: Vec<Change> = held
        .into_iter()
        .map(|(id, phone)| {
            let kept = phone.skills.iter().filter(|held| !is_deleted(held)).collect();
            edited(id, phone, kept)
        })
        .collect();
    for (id, name) in skills {
        changes.push(Change::Skill { id, before: Some(name.clone()), after: None });
    }
    Ok(changes.into())
}

/// The skill that a text names by its id or by its name.
pub(super) fn find<'v>(
    view: &'v View<'_>,
    text: &str,
) -> Result<(SkillId, &'v SkillName), Refusal> {
    view.skills().lookup(text).ok_or_else(|| Refusal::no_such_skill(view.skills(), text))
}

/// The phone with other assignments.
pub(super) fn edited(id: PhoneId, phone: &Phone, skills: SkillSet) -> Change {
    let after = Phone { skills, ..phone.clone() };
    Change::Phone { id, before: Some(phone.clone()), after: Some(after) }
}
