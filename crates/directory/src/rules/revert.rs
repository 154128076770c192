//! Reverts changes.

mod positions;

use std::collections::HashMap;

use super::phone::{check_free, check_limit};
use crate::account::View;
use crate::change::{Change, Kind};
use crate::decision::Decision;
use crate::delta::{Delta, Mismatch, RecordedChange};
use crate::refusal::{Obstacle, Refusal};
use crate::value::{Assignment, Phone, PhoneId, SkillId, SkillName};
use positions::{Touch, make_room};

/// Reverts all of the changes, newest first, or none. `gone` has the names of skills that were
/// deleted since, for messages.
pub(super) fn revert(
    view: &View<'_>,
    changes: &[RecordedChange],
    gone: &[(SkillId, SkillName)],
) -> Result<Decision, Refusal> {
    changes.iter().try_for_each(|change| check_kind(&change.delta))?;
    let mut staged = view.nested();
    let mut reverts = Vec::with_capacity(changes.len());
    let mut touched = HashMap::new();
    for (turn, RecordedChange { version, delta }) in changes.iter().enumerate() {
        let undone = delta.undo(&staged).map_err(|mismatch| match mismatch {
            Mismatch::NotRecorded(kind) => Refusal::NotRevertible(kind),
            mismatch => blocked(*version, Obstacle::Changed(mismatch)),
        })?;
        check(&staged, &undone, gone).map_err(|obstacle| blocked(*version, obstacle))?;
        if let Change::Phone { id, .. } = undone {
            touched.insert(id, Touch { turn, version: *version });
        }
        staged.stage(&undone);
        reverts.push(undone);
    }
    let moved = make_room(view, &staged, &touched);
    reverts.extend(moved.map_err(|(version, obstacle)| blocked(version, obstacle))?);
    Ok(reverts.into())
}

/// Some changes can never be reverted. The history does not keep keys, and the limit of phones is
/// set by the operator.
fn check_kind(delta: &Delta) -> Result<(), Refusal> {
    match delta {
        Delta::Profile { is_key_changed: true, .. } => {
            Err(Refusal::NotRevertible(Kind::EditAccount))
        }
        Delta::Profile { phone_number_limit: Some(_), .. } => Err(Refusal::LimitNotRevertible),
        _ => Ok(()),
    }
}

fn blocked(version: u64, why: Obstacle) -> Refusal {
    Refusal::Blocked { version, why: Box::new(why) }
}

/// Checks the rules for phones and skills that a revert could break.
fn check(view: &View<'_>, undone: &Change, gone: &[(SkillId, SkillName)]) -> Result<(), Obstacle> {
    match undone {
        Change::Phone { id, before, after: Some(phone) } => {
            check_phone(view, *id, before.is_some(), phone, gone)
        }
        Change::Skill { id, before: Some(name), after: None } => {
            let phones = view.ring_len(*id);
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
