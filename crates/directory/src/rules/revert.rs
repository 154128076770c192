//! Taking changes back.

use super::phone::{check_free, check_limit};
use super::{Decision, Refusal};
use crate::account::View;
use crate::change::{Change, Kind};
use crate::past::{Mismatch, Past, PastChange};
use crate::value::{Phone, PhoneId, SkillId};

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
    #[error("a skill that the phone had is deleted by now")]
    SkillGone(SkillId),
    /// The skill that it created has phones.
    #[error("the skill is assigned to {phones} phone{} by now", if *phones == 1 { "" } else { "s" })]
    SkillAssigned {
        /// How many.
        phones: usize,
    },
    /// Another skill has the name that the skill had.
    #[error("another skill is named \"{0}\" by now")]
    SkillNameTaken(String),
}

/// Takes all of the changes back, newest first, or none.
pub(super) fn revert(view: &View<'_>, changes: &[PastChange]) -> Result<Decision, Refusal> {
    let mut trial = view.on_trial();
    let mut reverts = Vec::with_capacity(changes.len());
    for PastChange { version, past } in changes {
        if let Past::Profile { is_key_changed: true, .. } = past {
            return Err(Refusal::NotRevertible(Kind::EditAccount));
        }
        let undone = past.undo(&trial).map_err(|mismatch| match mismatch {
            Mismatch::Kept(kind) => Refusal::NotRevertible(kind),
            mismatch => blocked(*version, Obstacle::Changed(mismatch)),
        })?;
        check(&trial, &undone).map_err(|obstacle| blocked(*version, obstacle))?;
        trial.stage(&undone);
        reverts.push(undone);
    }
    Ok(reverts.into())
}

fn blocked(version: u64, why: Obstacle) -> Refusal {
    Refusal::Blocked { version, why: Box::new(why) }
}

/// The rules that hold for every phone and every skill hold here as well.
fn check(view: &View<'_>, undone: &Change) -> Result<(), Obstacle> {
    match undone {
        Change::Phone { id, before, after: Some(phone) } => {
            check_phone(view, *id, before.is_some(), phone)
        }
        Change::Skill { id, after: None, .. } => {
            let phones = view.phones().filter(|(_, phone)| phone.skills.contains(*id)).count();
            if phones > 0 { Err(Obstacle::SkillAssigned { phones }) } else { Ok(()) }
        }
        Change::Skill { id, after: Some(name), .. } => match view.skills().find(name.as_str()) {
            Some(other) if other != *id => Err(Obstacle::SkillNameTaken(name.to_string())),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

fn check_phone(view: &View<'_>, id: PhoneId, exists: bool, phone: &Phone) -> Result<(), Obstacle> {
    let taken = check_free(view, Some(id), phone.number, &phone.name);
    if let Some(refusal) = taken.into_iter().next() {
        return Err(Obstacle::Refused(refusal));
    }
    if !exists {
        check_limit(view, view.phone_count() + 1).map_err(Obstacle::Refused)?;
    }
    let gone = phone.skills.iter().find(|held| view.skills().name(held.skill()).is_none());
    gone.map_or(Ok(()), |held| Err(Obstacle::SkillGone(held.skill())))
}
