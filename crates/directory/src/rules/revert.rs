//! Taking changes back.

mod places;

use std::collections::HashMap;

use super::phone::{check_free, check_limit};
use super::{Decision, Refusal};
use crate::account::View;
use crate::change::{Change, Kind};
use crate::past::{Mismatch, Past, PastChange};
use crate::value::{Assignment, Phone, PhoneId, PhoneNumber, SkillId, SkillName};
use places::{Touch, make_room};

/// What stands in the way of taking a change back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// What it touched is no longer as it left it.
    #[error("{0}")]
    Changed(Mismatch),
    /// The number or the name that the phone had is another phone's by now, or there would be
    /// more phones than the creation limit.
    #[error("{0}")]
    Refused(Refusal),
    /// A skill that the phone had is gone.
    #[error("{} that the phone had is deleted by now", match name {
        Some(name) => format!("the skill \"{name}\""),
        None => "a skill".to_owned(),
    })]
    SkillGone {
        /// Which skill.
        id: SkillId,
        /// The last name that it had, if that is known.
        name: Option<SkillName>,
    },
    /// The skill that it created has phones.
    #[error("the skill \"{name}\" is assigned to {phones} phone{} by now", if *phones == 1 { "" } else { "s" })]
    SkillAssigned {
        /// Which skill.
        id: SkillId,
        /// Its name.
        name: SkillName,
        /// How many.
        phones: usize,
    },
    /// Another skill has the name that the skill had.
    #[error("another skill is named \"{0}\" by now")]
    SkillNameTaken(SkillName),
    /// The place in a ring order from which it moved the phone is another phone's.
    #[error("the phone's place in the ring order of \"{name}\" is that of {owner} by now")]
    PlaceTaken {
        /// Which skill.
        skill: SkillId,
        /// Its name.
        name: SkillName,
        /// The phone that has the place.
        phone: PhoneId,
        /// The number of that phone.
        owner: PhoneNumber,
    },
}

/// Takes all of the changes back, newest first, or none. `gone` has names of skills that were
/// deleted since, to tell of them.
pub(super) fn revert(
    view: &View<'_>,
    changes: &[PastChange],
    gone: &[(SkillId, SkillName)],
) -> Result<Decision, Refusal> {
    changes.iter().try_for_each(|change| check_kind(&change.past))?;
    let mut trial = view.on_trial();
    let mut reverts = Vec::with_capacity(changes.len());
    let mut touched = HashMap::new();
    for (turn, PastChange { version, past }) in changes.iter().enumerate() {
        let undone = past.undo(&trial).map_err(|mismatch| match mismatch {
            Mismatch::Kept(kind) => Refusal::NotRevertible(kind),
            mismatch => blocked(*version, Obstacle::Changed(mismatch)),
        })?;
        check(&trial, &undone, gone).map_err(|obstacle| blocked(*version, obstacle))?;
        if let Change::Phone { id, .. } = undone {
            touched.insert(id, Touch { turn, version: *version });
        }
        trial.stage(&undone);
        reverts.push(undone);
    }
    let room = make_room(view, &trial, &touched);
    reverts.extend(room.map_err(|(version, obstacle)| blocked(version, obstacle))?);
    Ok(reverts.into())
}

/// What is never taken back, whatever happened since. A key is not kept, and how many phones an
/// account may have is for whoever runs the service to say: they set another limit.
fn check_kind(past: &Past) -> Result<(), Refusal> {
    match past {
        Past::Profile { is_key_changed: true, .. } => {
            Err(Refusal::NotRevertible(Kind::EditAccount))
        }
        Past::Profile { phone_number_limit: Some(_), .. } => Err(Refusal::LimitNotRevertible),
        _ => Ok(()),
    }
}

fn blocked(version: u64, why: Obstacle) -> Refusal {
    Refusal::Blocked { version, why: Box::new(why) }
}

/// The rules that hold for every phone and every skill hold here as well.
fn check(view: &View<'_>, undone: &Change, gone: &[(SkillId, SkillName)]) -> Result<(), Obstacle> {
    match undone {
        Change::Phone { id, before, after: Some(phone) } => {
            check_phone(view, *id, before.is_some(), phone, gone)
        }
        Change::Skill { id, before: Some(name), after: None } => {
            let phones = view.phones().filter(|(_, phone)| phone.skills.contains(*id)).count();
            if phones == 0 {
                return Ok(());
            }
            Err(Obstacle::SkillAssigned { id: *id, name: name.clone(), phones })
        }
        Change::Skill { id, after: Some(name), .. } => match view.skills().find(name.as_str()) {
            Some(other) if other != *id => Err(Obstacle::SkillNameTaken(name.clone())),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

fn check_phone(
    view: &View<'_>,
    id: PhoneId,
    exists: bool,
    phone: &Phone,
    gone: &[(SkillId, SkillName)],
) -> Result<(), Obstacle> {
    let taken = check_free(view, Some(id), phone.number, &phone.name);
    if let Some(refusal) = taken.into_iter().next() {
        return Err(Obstacle::Refused(refusal));
    }
    if !exists {
        check_limit(view, view.phone_count() + 1).map_err(Obstacle::Refused)?;
    }
    let lacks = |skill: &SkillId| view.skills().name(*skill).is_none();
    match phone.skills.iter().map(Assignment::skill).find(lacks) {
        None => Ok(()),
        Some(id) => {
            let name = gone.iter().find(|(other, _)| *other == id).map(|(_, name)| name.clone());
            Err(Obstacle::SkillGone { id, name })
        }
    }
}
