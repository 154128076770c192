//! Changes as the history keeps them, and their reverts.

use std::collections::BTreeSet;

use crate::account::{Skills, View};
use crate::change::{Change, Kind};
use crate::routing::{Key, Subject, Value};
use crate::value::{
    ApiAuthentication, Assignment, KeyId, KeyName, KeyScope, Phone, PhoneId, PhoneName,
    PhoneNumber, Profile, SkillId, SkillName, SkillSet,
};

/// A change in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedChange {
    /// The account's version after it.
    pub version: u64,
    /// What it changed.
    pub delta: Delta,
}

/// A field before and after a change; `None` where the phone, skill or key did not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldChange<T> {
    /// The value before.
    pub before: Option<T>,
    /// The value after.
    pub after: Option<T>,
}

/// What a change did: the values before and after of each field that it touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delta {
    /// A phone was created, edited or deleted.
    Phone {
        /// Which phone.
        id: PhoneId,
        /// Which of the three.
        kind: Kind,
        /// Its number, if that changed.
        number: Option<FieldChange<PhoneNumber>>,
        /// Its name, if that changed.
        name: Option<FieldChange<PhoneName>>,
        /// The removed assignments.
        lost: Vec<Assignment>,
        /// The added assignments.
        got: Vec<Assignment>,
        /// The names of the skills in these assignments.
        skill_names: SkillNames,
    },
    /// A skill was created, renamed or deleted.
    Skill {
        /// Which skill.
        id: SkillId,
        /// Its name.
        name: FieldChange<SkillName>,
    },
    /// The settings of the account were edited.
    Profile {
        /// The way of authentication, if that changed.
        api_authentication: Option<FieldChange<ApiAuthentication>>,
        /// The creation limit, if that changed.
        phone_number_limit: Option<FieldChange<u32>>,
        /// Whether the API key changed. The history does not keep keys.
        is_key_changed: bool,
    },
    /// Routing settings were edited.
    Routing {
        /// Whose settings.
        subject: Subject,
        /// The settings that changed; absent where they were not set.
        settings: Vec<(Key, FieldChange<Value>)>,
        /// The names of the skills in the keys, and of those to go on with.
        skill_names: SkillNames,
    },
    /// An API key was created, edited or deleted. The history does not keep the key itself, so
    /// this cannot be reverted.
    Key {
        /// Which key.
        id: KeyId,
        /// Which of the three.
        kind: Kind,
        /// Its name, if that changed.
        name: Option<FieldChange<KeyName>>,
        /// Its scope, if that changed.
        scope: Option<FieldChange<KeyScope>>,
        /// When it expires, microseconds UTC, if that changed.
        expires_us: Option<FieldChange<i64>>,
    },
    /// The numbers and names of a phone were erased from the history and from kept answers.
    Erasure {
        /// Which phone.
        id: PhoneId,
        /// How many changes had them.
        changes: u64,
    },
    /// Any change that the history does not keep in enough detail for a revert.
    Other(Kind),
}

/// The names of skills at the time of a change. A skill that does not exist has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SkillNames(Vec<(SkillId, SkillName)>);

impl SkillNames {
    /// Those in the assignments that a change adds or removes, or in the routing settings that it
    /// edits, by the skills just before it. A change of a skill itself has its names.
    pub fn of(change: &Change, skills: &Skills) -> Self {
        if let Change::Routing { before, after, .. } = change {
            let keys = before.changed(after).into_iter();
            let ids = keys.flat_map(|key| before.skills(key).chain(after.skills(key)));
            let ids: BTreeSet<_> = ids.collect();
            return ids.into_iter().filter_map(|id| Some((id, skills.name(id)?.clone()))).collect();
        }
        let Change::Phone { before, after, .. } = change else { return Self::default() };
        let none = SkillSet::default();
        let [before, after] =
            [before, after].map(|phone| phone.as_ref().map_or(&none, |phone| &phone.skills));
        let changed: SkillSet = before.not_in(after).chain(after.not_in(before)).collect();
        let named = |held: Assignment| Some((held.skill(), skills.name(held.skill())?.clone()));
        changed.iter().filter_map(named).collect()
    }

    /// The name of a skill.
    pub fn get(&self, id: SkillId) -> Option<&SkillName> {
        self.iter().find(|(named, _)| *named == id).map(|(_, name)| name)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (SkillId, &SkillName)> {
        self.0.iter().map(|(id, name)| (*id, name))
    }
}

impl FromIterator<(SkillId, SkillName)> for SkillNames {
    fn from_iter<I: IntoIterator<Item = (SkillId, SkillName)>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}

/// Why a change cannot be reverted in the current state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The phone was deleted, or exists again.
    #[error("the phone {} by now", if *.1 { "exists again" } else { "is deleted" })]
    Phone(PhoneId, bool),
    /// A field of a phone has another value than the change left.
    #[error("the phone's {field} is {now} by now")]
    PhoneField {
        /// Which phone.
        id: PhoneId,
        /// Which field.
        field: &'static str,
        /// Its value now.
        now: String,
    },
    /// The phone has other skills than the change left, or other positions in their ring orders.
    #[error(
        "the phone's skills, or its places in their ring orders, are others by now: it has {}",
        if .1.is_empty() { "none".to_owned() } else { join(.1) }
    )]
    PhoneSkills(PhoneId, Vec<SkillName>),
    /// The skill that was deleted exists again.
    #[error("the skill exists again by now, named \"{1}\"")]
    SkillBack(SkillId, SkillName),
    /// The skill has another name than the change left, or was deleted.
    #[error("the skill is {} by now", .1.as_ref().map_or("deleted".into(), |name| format!("named \"{name}\"")))]
    Skill(SkillId, Option<SkillName>),
    /// A setting has another value than the change left.
    #[error("the setting {field} is {now} by now")]
    Setting {
        /// Which one.
        field: &'static str,
        /// Its value now.
        now: String,
    },
    /// A routing setting has another value than the change left.
    #[error("the setting {}{} {} by now", .key.setting, in_skill(.skill.as_ref()), .now.as_ref().map_or("is not set".into(), |now| format!("is \"{now}\"")))]
    Routing {
        /// Whose setting.
        subject: Subject,
        /// Which one.
        key: Key,
        /// The name of the skill in the key.
        skill: Option<SkillName>,
        /// Its value now.
        now: Option<String>,
    },
    /// The history keeps too little of it.
    #[error("the history keeps too little of it")]
    NotRecorded(Kind),
}

impl Mismatch {
    /// A routing setting that has this value now.
    pub(crate) fn routing(
        skills: &Skills,
        subject: Subject,
        key: Key,
        now: Option<&Value>,
    ) -> Self {
        let skill = key.skill.and_then(|skill| skills.name(skill).cloned());
        Self::Routing { subject, key, skill, now: now.map(ToString::to_string) }
    }
}

impl Delta {
    /// The phone whose values this had, if they were erased: marks stand in their place.
    pub fn erased_phone(&self) -> Option<PhoneId> {
        let Self::Phone { id, number, name, .. } = self else { return None };
        let numbers = number.iter().flat_map(|sides| [sides.before, sides.after]).flatten();
        let mut names = name.iter().flat_map(|sides| [&sides.before, &sides.after]).flatten();
        let is_erased =
            numbers.into_iter().any(PhoneNumber::is_erased) || names.any(PhoneName::is_erased);
        is_erased.then_some(*id)
    }

    /// The change that reverts it, if all touched fields still have the values that it left. The
    /// account's key is not reverted: the history does not keep the earlier one.
    pub fn undo(&self, view: &View<'_>) -> Result<Change, Mismatch> {
        let skills = view.skills();
        match self {
            Self::Phone { id, kind: Kind::DeletePhone, number, name, lost, .. } => {
                if view.phone(*id).is_some() {
                    return Err(Mismatch::Phone(*id, true));
                }
                restore(*id, number.as_ref(), name.as_ref(), lost)
            }
            Self::Phone { id, kind, number, name, lost, got, .. } => {
                let now = view.phone(*id).ok_or(Mismatch::Phone(*id, false))?;
                let other = |field, now: String| Mismatch::PhoneField { id: *id, field, now };
                let before = Phone {
                    number: value_before(number.as_ref(), &now.number)
                        .ok_or_else(|| other("number", now.number.to_string()))?,
                    name: value_before(name.as_ref(), &now.name)
                        .ok_or_else(|| other("name", format!("\"{}\"", now.name)))?,
                    skills: skills_before(now, lost, got)
                        .ok_or_else(|| other_skills(skills, *id, now))?,
                };
                if *kind == Kind::EditPhone {
                    let (before, after) = (Some(now.clone()), Some(before));
                    return Ok(Change::Phone { id: *id, before, after });
                }
                // A created phone may have no skills that were added later.
                if !before.skills.is_empty() {
                    return Err(other_skills(skills, *id, now));
                }
                Ok(Change::Phone { id: *id, before: Some(now.clone()), after: None })
            }
            Self::Skill { id, name } => {
                let now = skills.name(*id).cloned();
                if now != name.after {
                    return Err(match now {
                        Some(now) if name.after.is_none() => Mismatch::SkillBack(*id, now),
                        now => Mismatch::Skill(*id, now),
                    });
                }
                Ok(Change::Skill { id: *id, before: now, after: name.before.clone() })
            }
            Self::Profile { api_authentication, phone_number_limit, .. } => {
                let before = view.profile();
                let other = |field, now| Mismatch::Setting { field, now };
                let (now, limit) = (before.api_authentication, before.phone_number_limit);
                let after = Profile {
                    api_authentication: value_before(api_authentication.as_ref(), &now)
                        .ok_or_else(|| other("api_authentication", now.as_str().to_owned()))?,
                    phone_number_limit: value_before(phone_number_limit.as_ref(), &limit)
                        .ok_or_else(|| other("phone_number_limit", limit.to_string()))?,
                    ..before.clone()
                };
                Ok(Change::Profile { before: before.clone(), after })
            }
            Self::Routing { subject, settings, .. } => {
                match subject {
                    Subject::Phone(id) if view.phone(*id).is_none() => {
                        return Err(Mismatch::Phone(*id, false));
                    }
                    Subject::Skill(id) if skills.name(*id).is_none() => {
                        return Err(Mismatch::Skill(*id, None));
                    }
                    _ => {}
                }
                let now = view.routing(*subject);
                let mut before = now.clone();
                for (key, FieldChange { before: value, after }) in settings {
                    if now.get(*key) != after.as_ref() {
                        return Err(Mismatch::routing(skills, *subject, *key, now.get(*key)));
                    }
                    before.set(*key, value.clone());
                }
                Ok(Change::Routing { subject: *subject, before: now.clone(), after: before })
            }
            Self::Erasure { .. } => Err(Mismatch::NotRecorded(Kind::ErasePhone)),
            Self::Key { kind, .. } | Self::Other(kind) => Err(Mismatch::NotRecorded(*kind)),
        }
    }
}

/// The value of a field before the change; `None` if the change touched the field and it has
/// another value by now than the change left.
fn value_before<T: Clone + PartialEq>(change: Option<&FieldChange<T>>, now: &T) -> Option<T> {
    match change {
        Some(change) if change.after.as_ref() != Some(now) => None,
        change => Some(change.and_then(|change| change.before.as_ref()).unwrap_or(now).clone()),
    }
}

fn restore(
    id: PhoneId,
    number: Option<&FieldChange<PhoneNumber>>,
    name: Option<&FieldChange<PhoneName>>,
    lost: &[Assignment],
) -> Result<Change, Mismatch> {
    let number = number.and_then(|change| change.before);
    let name = name.and_then(|change| change.before.clone());
    let (Some(number), Some(name)) = (number, name) else {
        return Err(Mismatch::NotRecorded(Kind::DeletePhone));
    };
    let phone = Phone { number, name, skills: lost.iter().copied().collect() };
    Ok(Change::Phone { id, before: None, after: Some(phone) })
}

/// The assignments before the change; `None` if an added one has changed since, or a removed one is
/// there again.
fn skills_before(now: &Phone, lost: &[Assignment], got: &[Assignment]) -> Option<SkillSet> {
    let is_as_left = got.iter().all(|one| now.skills.get(one.skill()) == Some(*one))
        && lost
            .iter()
            .all(|one| now.skills.get(one.skill()).is_none_or(|held| got.contains(&held)));
    let kept = now.skills.iter().filter(|held| !got.contains(held));
    is_as_left.then(|| kept.chain(lost.iter().copied()).collect())
}

fn other_skills(skills: &Skills, id: PhoneId, now: &Phone) -> Mismatch {
    let names = now.skills.iter().filter_map(|held| skills.name(held.skill()));
    Mismatch::PhoneSkills(id, names.cloned().collect())
}

fn in_skill(skill: Option<&SkillName>) -> String {
    skill.map_or_else(String::new, |skill| format!(" in \"{skill}\""))
}

fn join(names: &[SkillName]) -> String {
    names.iter().map(SkillName::as_str).collect::<Vec<_>>().join(", ")
}
