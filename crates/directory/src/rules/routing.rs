//! Routing settings: their edits, and what is removed with a phone or a skill.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::phone::find_phone;
use super::skill::find;
use crate::account::View;
use crate::change::Change;
use crate::command::{RoutingOf, SettingEdit};
use crate::decision::Decision;
use crate::delta::SkillNames;
use crate::limits::{FAULTS_MAX, OVERFLOWS_MAX};
use crate::refusal::{Obstacle, Refusal, Refusals};
use crate::routing::{Key, Setting, SettingFault, Settings, Subject, Value};
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
            Ok((key, value)) => after.set(key, value),
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
    let value = value.as_ref().map(|text| match (setting, find(view, text)) {
        (Setting::Overflow, Ok((next, _))) => Ok(Value::Skill(next)),
        (Setting::Overflow, Err(refusal)) => Err(SettingFault(refusal.to_string())),
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
    for key in before.changed(after) {
        let Some(value) = after.get(key) else { continue };
        let is_gone = |skill: &SkillId| view.skills().name(*skill).is_none();
        if let Some(skill) = after.skills(key).find(is_gone) {
            let name = names.get(skill).map_or_else(|| skill.to_string(), ToString::to_string);
            return Err(Refusal::NoSuchSkill { name, alike: None });
        }
        check(view, subject, key, Some(value))?;
    }
    Ok(())
}

fn check_overflow(view: &View<'_>, skill: SkillId, next: SkillId) -> Result<(), SettingFault> {
    let overflow = |skill: SkillId| view.routing(Subject::Skill(skill)).overflow();
    let chain = std::iter::successors(Some(next), |skill| overflow(*skill));
    let chain: Vec<_> = chain.take(OVERFLOWS_MAX + 1).collect();
    if let Some(end) = chain.iter().position(|one| *one == skill) {
        let around = [skill].into_iter().chain(chain).take(end + 2);
        let names: Vec<_> = around.map(|skill| format!("\"{}\"", name(view, skill))).collect();
        return Err(SettingFault(format!("would go round in a circle: {}", names.join(", "))));
    }
    // From the skills that go on to this one, back to the first.
    let (mut last, mut count) = (HashSet::from([skill]), chain.len());
    while !last.is_empty() && count <= OVERFLOWS_MAX {
        let skills = view.skills().iter().map(|(_, id)| id);
        let goes_on = |skill: &SkillId| overflow(*skill).is_some_and(|next| last.contains(&next));
        last = skills.filter(goes_on).collect();
        count += usize::from(!last.is_empty());
    }
    if count > OVERFLOWS_MAX {
        let text = format!("more than {OVERFLOWS_MAX} skills would go on to one after another");
        return Err(SettingFault(text));
    }
    Ok(())
}

fn name(view: &View<'_>, skill: SkillId) -> String {
    view.skills().name(skill).map_or_else(|| skill.to_string(), ToString::to_string)
}

/// Puts the removal of settings before each change after which they would belong to nothing.
pub(super) fn with_removals(view: &View<'_>, mut decision: Decision) -> Decision {
    if view.has_routing() {
        let mut orphans = Orphans::of(view);
        let changes = decision.changes.into_iter();
        let with = |change: Change| orphans.removed_before(&change).into_iter().chain([change]);
        decision.changes = changes.flat_map(with).collect();
    }
    decision
}

/// A setting that would belong to nothing after a change.
pub(super) fn first_orphan(view: &View<'_>, change: &Change) -> Option<Obstacle> {
    if !view.has_routing() {
        return None;
    }
    let removed = Orphans::of(view).removed_before(change).into_iter().next()?;
    let Change::Routing { subject, before, after } = removed else { return None };
    let key = before.changed(&after).into_iter().next()?;
    Some(Obstacle::routing(view.skills(), subject, key, before.get(key)))
}

/// Finds settings that would belong to nothing after changes.
struct Orphans<'v> {
    view: &'v View<'v>,
    /// What removals have left.
    left: BTreeMap<Subject, Settings>,
    /// The skills that go on to a skill, once a skill is deleted.
    overflowing: Option<HashMap<SkillId, Vec<SkillId>>>,
}

impl<'v> Orphans<'v> {
    fn of(view: &'v View<'v>) -> Self {
        Self { view, left: BTreeMap::new(), overflowing: None }
    }

    /// The changes that remove what the next change would leave.
    fn removed_before(&mut self, change: &Change) -> Vec<Change> {
        match change {
            Change::Phone { id, after, .. } => {
                let lacks = |key: Key| match after {
                    Some(after) => key.skill.is_some_and(|skill| !after.skills.contains(skill)),
                    None => true,
                };
                self.remove(Subject::Phone(*id), lacks).into_iter().collect()
            }
            Change::Skill { id, after: None, .. } => {
                let own = self.remove(Subject::Skill(*id), |_| true);
                let overflowing = self.overflowing().get(id).cloned().unwrap_or_default();
                let is_overflow = |key: Key| key.setting == Setting::Overflow;
                let others = overflowing.into_iter().map(Subject::Skill);
                let others = others.filter_map(|other| self.remove(other, is_overflow));
                own.into_iter().chain(others).collect()
            }
            _ => Vec::new(),
        }
    }

    fn overflowing(&mut self) -> &HashMap<SkillId, Vec<SkillId>> {
        self.overflowing.get_or_insert_with(|| {
            let mut overflowing = HashMap::<_, Vec<_>>::new();
            for (_, skill) in self.view.skills().iter() {
                if let Some(next) = self.view.routing(Subject::Skill(skill)).overflow() {
                    overflowing.entry(next).or_default().push(skill);
                }
            }
            overflowing
        })
    }

    fn remove(&mut self, subject: Subject, is_removed: impl Fn(Key) -> bool) -> Option<Change> {
        let before = self.left.get(&subject).unwrap_or_else(|| self.view.routing(subject));
        if !before.iter().any(|(key, _)| is_removed(key)) {
            return None;
        }
        let kept = before.iter().filter(|(key, _)| !is_removed(*key));
        let after: Settings = kept.map(|(key, value)| (key, value.clone())).collect();
        let before = before.clone();
        self.left.insert(subject, after.clone());
        Some(Change::Routing { subject, before, after })
    }
}
