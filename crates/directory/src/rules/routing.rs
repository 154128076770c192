//! Routing settings: their edits, and what is removed with a phone or a skill.

use std::collections::{BTreeMap, HashSet};

use super::phone::find_phone;
use super::skill::find;
use crate::account::View;
use crate::change::Change;
use crate::command::{RoutingOf, SettingEdit};
use crate::decision::Decision;
use crate::delta::SkillNames;
use crate::limits::{FAULTS_MAX, OVERFLOWS_MAX};
use crate::refusal::{Obstacle, Refusal, Refusals};
use crate::routing::{
    Key, Setting, SettingFault, Settings, Subject, Value, changed, overflow, skills,
};
use crate::value::SkillId;

/// What the named routing settings belong to.
pub fn find_subject(view: &View<'_>, of: &RoutingOf) -> Result<Subject, Refusal> {
    Ok(match of {
        RoutingOf::Account => Subject::Account,
        RoutingOf::Skill(skill) => Subject::Skill(find(view, skill)?.0),
        RoutingOf::Phone(lookup) => Subject::Phone(find_phone(view, lookup)?.0),
    })
}

/// Sets and removes settings: all of them, or none if one is refused.
pub(super) fn edit(
    view: &View<'_>,
    of: &RoutingOf,
    edits: &[SettingEdit],
    expected_version: Option<u64>,
) -> Result<Decision, Refusal> {
    let subject = find_subject(view, of)?;
    if expected_version.is_some_and(|expected| expected != view.routing_version(subject)) {
        return Err(Refusal::Changed);
    }
    let before = view.routing(subject);
    let mut after = before.clone();
    let mut refusals = Refusals::up_to(FAULTS_MAX);
    for edit in edits {
        match read(view, subject, edit) {
            Ok((key, value)) => {
                after.remove(&key);
                after.extend(value.map(|value| (key, value)));
            }
            Err(refusal) => refusals.push(refusal),
        }
    }
    refusals.check()?;
    if after == *before {
        return Ok(Decision::default());
    }
    Ok(vec![Change::Routing { subject, before: before.clone(), after }].into())
}

/// The setting that an edit names, and its value.
fn read(
    view: &View<'_>,
    subject: Subject,
    SettingEdit { in_skill, setting, value }: &SettingEdit,
) -> Result<(Key, Option<Value>), Refusal> {
    let refuse =
        |fault| Refusal::InvalidSetting { setting: *setting, in_skill: in_skill.clone(), fault };
    if !setting.is_of(subject, in_skill.is_some()) {
        let of = match (subject, in_skill) {
            (Subject::Account, _) => "the account",
            (Subject::Skill(_), _) => "a skill",
            (Subject::Phone(_), None) => "a phone in all its skills",
            (Subject::Phone(_), Some(_)) => "a phone in a skill",
        };
        return Err(refuse(SettingFault(format!("is no setting of {of}"))));
    }
    let skill = in_skill.as_ref().map(|skill| find(view, skill)).transpose()?.map(|(id, _)| id);
    let key = Key { skill, setting: *setting };
    let value = value.as_ref().map(|text| match setting {
        Setting::Overflow => match find(view, text) {
            Ok((next, _)) => Ok(Value::Skill(next)),
            Err(refusal) => Err(SettingFault(refusal.to_string())),
        },
        _ => Value::parse(*setting, text),
    });
    let value = value.transpose().map_err(refuse)?;
    check(view, subject, key, value.as_ref())?;
    Ok((key, value))
}

/// Checks that a phone has the skill of a setting, and that no skill goes on in a circle.
fn check(
    view: &View<'_>,
    subject: Subject,
    key: Key,
    value: Option<&Value>,
) -> Result<(), Refusal> {
    if let (Subject::Phone(id), Some(skill)) = (subject, key.skill)
        && let Some(phone) = view.phone(id)
        && !phone.skills.contains(skill)
    {
        let (number, skill) = (phone.number.to_string(), name(view, skill));
        return Err(Refusal::NotAssigned { id, number, skill });
    }
    if let (Subject::Skill(skill), Some(Value::Skill(next))) = (subject, value) {
        return check_overflow(view, skill, *next).map_err(|fault| Refusal::InvalidSetting {
            setting: key.setting,
            in_skill: None,
            fault,
        });
    }
    Ok(())
}

/// Checks a setting to which a revert leads back, which named the skills like this.
pub(super) fn check_reverted(
    view: &View<'_>,
    subject: Subject,
    [before, after]: [&Settings; 2],
    names: &SkillNames,
) -> Result<(), Refusal> {
    for key in changed([before, after]) {
        let Some(value) = after.get(&key) else { continue };
        let is_gone = |skill: &SkillId| view.skills().name(*skill).is_none();
        if let Some(skill) = skills(key, value).find(is_gone) {
            let name = names.get(&skill).map_or_else(|| skill.to_string(), ToString::to_string);
            return Err(Refusal::NoSuchSkill { name, alike: None });
        }
        check(view, subject, key, Some(value))?;
    }
    Ok(())
}

fn check_overflow(view: &View<'_>, skill: SkillId, next: SkillId) -> Result<(), SettingFault> {
    let overflow_of = |of: SkillId| {
        if of == skill { Some(next) } else { overflow(view.routing(Subject::Skill(of))) }
    };
    // One more than are allowed, so a circle ends as well.
    let overflows = |of| {
        std::iter::successors(overflow_of(of), |last| overflow_of(*last)).take(OVERFLOWS_MAX + 1)
    };
    if let Some(end) = overflows(skill).position(|one| one == skill) {
        let around = std::iter::once(skill).chain(overflows(skill)).take(end + 2);
        let names: Vec<_> = around.map(|skill| format!("\"{}\"", name(view, skill))).collect();
        return Err(SettingFault(format!("would go round in a circle: {}", names.join(", "))));
    }
    if view.skills().iter().any(|(_, id)| overflows(id).count() > OVERFLOWS_MAX) {
        let text = format!("more than {OVERFLOWS_MAX} skills would go on to one after another");
        return Err(SettingFault(text));
    }
    Ok(())
}

fn name(view: &View<'_>, skill: SkillId) -> String {
    view.skills().name(skill).map_or_else(|| skill.to_string(), ToString::to_string)
}

/// Puts the removal of settings before the changes after which they would belong to nothing.
pub(super) fn with_removals(view: &View<'_>, mut decision: Decision) -> Decision {
    let removals = removals(view, &decision.changes);
    decision.changes.splice(..0, removals);
    decision
}

/// A setting that would belong to nothing after a change.
pub(super) fn first_orphan(view: &View<'_>, change: &Change) -> Option<Obstacle> {
    let removal = removals(view, std::slice::from_ref(change)).into_iter().next()?;
    let Change::Routing { subject, before, after } = removal else { return None };
    let key = changed([&before, &after]).pop_first()?;
    Some(Obstacle::routing(view.skills(), subject, key, before.get(&key)))
}

/// The removals of settings that would belong to nothing after changes.
fn removals(view: &View<'_>, changes: &[Change]) -> Vec<Change> {
    if !view.has_routing() {
        return Vec::new();
    }
    // The phones as they are left, and the skills that are deleted.
    let (mut phones, mut deleted) = (BTreeMap::new(), HashSet::new());
    for change in changes {
        match change {
            Change::Phone { id, after, .. } => drop(phones.insert(*id, after.as_ref())),
            Change::Skill { id, after: None, .. } => drop(deleted.insert(*id)),
            _ => {}
        }
    }
    let is_kept = |subject, key: Key, value: &Value| match (subject, value) {
        (Subject::Account, _) => true,
        (Subject::Skill(_), Value::Skill(next)) if deleted.contains(next) => false,
        (Subject::Skill(id), _) => !deleted.contains(&id),
        (Subject::Phone(id), _) => phones[&id]
            .is_some_and(|phone| key.skill.is_none_or(|skill| phone.skills.contains(skill))),
    };
    let removal = |subject| {
        let before = view.routing(subject);
        let mut after = before.clone();
        after.retain(|key, value| is_kept(subject, *key, value));
        let before = (after != *before).then(|| before.clone())?;
        Some(Change::Routing { subject, before, after })
    };
    // Any skill may go on to a deleted one.
    let skills = view.skills().iter().filter(|_| !deleted.is_empty());
    let skills = skills.map(|(_, id)| Subject::Skill(id));
    skills.chain(phones.keys().copied().map(Subject::Phone)).filter_map(removal).collect()
}
