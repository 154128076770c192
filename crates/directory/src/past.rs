//! Changes as the history keeps them, and their reverts.

use crate::account::View;
use crate::change::{Change, Kind};
use crate::value::{
    ApiAuthentication, Assignment, KeyId, KeyName, KeyScope, Phone, PhoneId, PhoneName,
    PhoneNumber, Profile, SkillId, SkillName, SkillSet,
};

/// A past change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastChange {
    /// The account's version after it.
    pub version: u64,
    /// What it changed.
    pub past: Past,
}

/// A field before and after a change; `None` where the phone did not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sides<T> {
    /// The value before.
    pub before: Option<T>,
    /// The value after.
    pub after: Option<T>,
}

/// What a change did: the values before and after of each field that it touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Past {
    /// A phone was created, edited or deleted.
    Phone {
        /// Which phone.
        id: PhoneId,
        /// Which of the three.
        kind: Kind,
        /// Its number, if that changed.
        number: Option<Sides<PhoneNumber>>,
        /// Its name, if that changed.
        name: Option<Sides<PhoneName>>,
        /// The removed assignments.
        lost: Vec<Assignment>,
        /// The added assignments.
        got: Vec<Assignment>,
    },
    /// A skill was created, renamed or deleted.
    Skill {
        /// Which skill.
        id: SkillId,
        /// Its name.
        name: Sides<SkillName>,
    },
    /// The settings of the account were edited.
    Profile {
        /// The way of authentication, if that changed.
        api_authentication: Option<Sides<ApiAuthentication>>,
        /// The creation limit, if that changed.
        phone_number_limit: Option<Sides<u32>>,
        /// Whether the API key changed. The history does not keep keys.
        is_key_changed: bool,
    },
    /// An API key was created, edited or deleted. The history does not keep the key itself, so
    /// this cannot be reverted.
    Key {
        /// Which key.
        id: KeyId,
        /// Which of the three.
        kind: Kind,
        /// Its name, if that changed.
        name: Option<Sides<KeyName>>,
        /// What it is good for, if that changed.
        scope: Option<Sides<KeyScope>>,
        /// When it expires, microseconds UTC, if that changed.
        expires_us: Option<Sides<i64>>,
    },
    /// Any change that the history does not keep in enough detail for a revert.
    Other(Kind),
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
    /// The phone has other skills than the change left, or other places in their ring orders.
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
    /// The history keeps too little of it.
    #[error("the history keeps too little of it")]
    Kept(Kind),
}

impl Past {
    /// The change that reverts it, if all touched fields still have the values that it left. The
    /// account's key is not reverted: the history does not keep the earlier one.
    pub fn undo(&self, view: &View<'_>) -> Result<Change, Mismatch> {
        match self {
            Self::Phone { id, kind: Kind::DeletePhone, number, name, lost, .. } => {
                restore(view, *id, number.as_ref(), name.as_ref(), lost)
            }
            Self::Phone { id, kind, number, name, lost, got } => {
                let now = view.phone(*id).ok_or(Mismatch::Phone(*id, false))?;
                let before = Phone {
                    number: number_before(*id, now, number.as_ref())?,
                    name: name_before(*id, now, name.as_ref())?,
                    skills: skills_before(now, lost, got)
                        .ok_or_else(|| skills_differ(view, *id, now))?,
                };
                if *kind == Kind::EditPhone {
                    let (before, after) = (Some(now.clone()), Some(before));
                    return Ok(Change::Phone { id: *id, before, after });
                }
                // A created phone may have no skills that were added later.
                if !before.skills.is_empty() {
                    return Err(skills_differ(view, *id, now));
                }
                Ok(Change::Phone { id: *id, before: Some(now.clone()), after: None })
            }
            Self::Skill { id, name } => {
                let now = view.skills().name(*id).cloned();
                if now != name.after {
                    return Err(match now {
                        Some(now) if name.after.is_none() => Mismatch::SkillBack(*id, now),
                        now => Mismatch::Skill(*id, now),
                    });
                }
                Ok(Change::Skill { id: *id, before: now, after: name.before.clone() })
            }
            Self::Profile { api_authentication, phone_number_limit, .. } => {
                undo_profile(view.profile(), *api_authentication, *phone_number_limit)
            }
            Self::Key { kind, .. } | Self::Other(kind) => Err(Mismatch::Kept(*kind)),
        }
    }
}

fn number_before(
    id: PhoneId,
    now: &Phone,
    sides: Option<&Sides<PhoneNumber>>,
) -> Result<PhoneNumber, Mismatch> {
    match sides {
        Some(sides) if sides.after != Some(now.number) => {
            Err(Mismatch::PhoneField { id, field: "number", now: now.number.to_string() })
        }
        sides => Ok(sides.and_then(|sides| sides.before).unwrap_or(now.number)),
    }
}

fn name_before(
    id: PhoneId,
    now: &Phone,
    sides: Option<&Sides<PhoneName>>,
) -> Result<PhoneName, Mismatch> {
    match sides {
        Some(sides) if sides.after.as_ref() != Some(&now.name) => {
            Err(Mismatch::PhoneField { id, field: "name", now: format!("\"{}\"", now.name) })
        }
        sides => Ok(sides.and_then(|sides| sides.before.as_ref()).unwrap_or(&now.name).clone()),
    }
}

fn restore(
    view: &View<'_>,
    id: PhoneId,
    number: Option<&Sides<PhoneNumber>>,
    name: Option<&Sides<PhoneName>>,
    lost: &[Assignment],
) -> Result<Change, Mismatch> {
    if view.phone(id).is_some() {
        return Err(Mismatch::Phone(id, true));
    }
    let number = number.and_then(|sides| sides.before);
    let name = name.and_then(|sides| sides.before.clone());
    let (Some(number), Some(name)) = (number, name) else {
        return Err(Mismatch::Kept(Kind::DeletePhone));
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

fn skills_differ(view: &View<'_>, id: PhoneId, now: &Phone) -> Mismatch {
    let names = now.skills.iter().filter_map(|held| view.skills().name(held.skill()));
    Mismatch::PhoneSkills(id, names.cloned().collect())
}

fn join(names: &[SkillName]) -> String {
    names.iter().map(SkillName::as_str).collect::<Vec<_>>().join(", ")
}

fn undo_profile(
    now: &Profile,
    api_authentication: Option<Sides<ApiAuthentication>>,
    phone_number_limit: Option<Sides<u32>>,
) -> Result<Change, Mismatch> {
    let mut after = now.clone();
    if let Some(sides) = api_authentication {
        if sides.after != Some(now.api_authentication) {
            let now = now.api_authentication.as_str().into();
            return Err(Mismatch::Setting { field: "api_authentication", now });
        }
        after.api_authentication = sides.before.unwrap_or(now.api_authentication);
    }
    if let Some(sides) = phone_number_limit {
        if sides.after != Some(now.phone_number_limit) {
            let now = now.phone_number_limit.to_string();
            return Err(Mismatch::Setting { field: "phone_number_limit", now });
        }
        after.phone_number_limit = sides.before.unwrap_or(now.phone_number_limit);
    }
    Ok(Change::Profile { before: now.clone(), after })
}
