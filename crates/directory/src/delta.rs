//! Changes as the history keeps them, and their reverts.

use std::collections::BTreeMap;

use crate::account::{Skills, View};
use crate::change::{Change, Kind};
use crate::refusal::Obstacle;
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

/// What a change did: the values before and after of each field that it touched. Times are microseconds
/// UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "a field is there if it changed")]
pub enum Delta {
    /// A phone was created, edited or deleted. It lost and got these assignments, to skills of these
    /// names.
    Phone {
        id: PhoneId,
        kind: Kind,
        number: Option<FieldChange<PhoneNumber>>,
        name: Option<FieldChange<PhoneName>>,
        lost: Vec<Assignment>,
        got: Vec<Assignment>,
        skill_names: SkillNames,
    },
    /// A skill was created, renamed or deleted.
    Skill { id: SkillId, name: FieldChange<SkillName> },
    /// The settings of the account were edited. The history does not keep its key.
    Profile {
        api_authentication: Option<FieldChange<ApiAuthentication>>,
        phone_number_limit: Option<FieldChange<u32>>,
        is_key_changed: bool,
    },
    /// Routing settings were edited. The skills in the keys, and those to go on with, had these names.
    Routing { subject: Subject, settings: Vec<(Key, FieldChange<Value>)>, skill_names: SkillNames },
    /// An API key was created, edited or deleted. The history does not keep the key itself, so
    /// this cannot be reverted.
    Key {
        id: KeyId,
        kind: Kind,
        name: Option<FieldChange<KeyName>>,
        scope: Option<FieldChange<KeyScope>>,
        expires_us: Option<FieldChange<i64>>,
    },
    /// The numbers and names of a phone were erased from so many changes and from kept answers.
    Erasure { id: PhoneId, changes: u64 },
    /// Any change that the history does not keep in enough detail for a revert.
    Other(Kind),
}

/// The names of skills at the time of a change. A skill that does not exist has none.
pub type SkillNames = BTreeMap<SkillId, SkillName>;

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
    pub fn undo(&self, view: &View<'_>) -> Result<Change, Obstacle> {
        let skills = view.skills();
        match self {
            Self::Phone { id, kind: Kind::DeletePhone, number, name, lost, .. } => {
                if view.phone(*id).is_some() {
                    return Err(Obstacle::Phone(*id, true));
                }
                restore(*id, number.as_ref(), name.as_ref(), lost)
            }
            Self::Phone { id, kind, number, name, lost, got, .. } => {
                let now = view.phone(*id).ok_or(Obstacle::Phone(*id, false))?;
                let other = |field, now| Obstacle::PhoneField(*id, field, now);
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
                        Some(now) if name.after.is_none() => Obstacle::SkillBack(*id, now),
                        now => Obstacle::Skill(*id, now),
                    });
                }
                Ok(Change::Skill { id: *id, before: now, after: name.before.clone() })
            }
            Self::Profile { api_authentication, phone_number_limit, .. } => {
                let before = view.profile();
                let (now, limit) = (before.api_authentication, before.phone_number_limit);
                let after = Profile {
                    api_authentication: value_before(api_authentication.as_ref(), &now)
                        .ok_or_else(|| {
                            Obstacle::Setting("api_authentication", now.as_str().to_owned())
                        })?,
                    phone_number_limit: value_before(phone_number_limit.as_ref(), &limit)
                        .ok_or_else(|| {
                            Obstacle::Setting("phone_number_limit", limit.to_string())
                        })?,
                    ..before.clone()
                };
                Ok(Change::Profile { before: before.clone(), after })
            }
            Self::Routing { subject, settings, .. } => {
                match subject {
                    Subject::Phone(id) if view.phone(*id).is_none() => {
                        return Err(Obstacle::Phone(*id, false));
                    }
                    Subject::Skill(id) if skills.name(*id).is_none() => {
                        return Err(Obstacle::Skill(*id, None));
                    }
                    _ => {}
                }
                let now = view.routing(*subject);
                let mut before = now.clone();
                for (key, FieldChange { before: value, after }) in settings {
                    if now.get(key) != after.as_ref() {
                        return Err(Obstacle::routing(skills, *subject, *key, now.get(key)));
                    }
                    before.remove(key);
                    before.extend(value.clone().map(|value| (*key, value)));
                }
                Ok(Change::Routing { subject: *subject, before: now.clone(), after: before })
            }
            Self::Erasure { .. } => Err(Obstacle::NotRecorded(Kind::ErasePhone)),
            Self::Key { kind, .. } | Self::Other(kind) => Err(Obstacle::NotRecorded(*kind)),
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
) -> Result<Change, Obstacle> {
    let number = number.and_then(|change| change.before);
    let name = name.and_then(|change| change.before.clone());
    let (Some(number), Some(name)) = (number, name) else {
        return Err(Obstacle::NotRecorded(Kind::DeletePhone));
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

fn other_skills(skills: &Skills, id: PhoneId, now: &Phone) -> Obstacle {
    let names = now.skills.iter().filter_map(|held| skills.name(held.skill()));
    Obstacle::PhoneSkills(id, names.cloned().collect())
}
