//! Reverts changes.

mod positions;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::collisions::collisions;
use super::phone::{check_free, check_limit};
use super::routing::{check_reverted, first_orphan};
use crate::account::View;
use crate::change::{Change, Kind};
use crate::command::SaveMode;
use crate::decision::Decision;
use crate::delta::{Delta, RecordedChange};
use crate::limits::BLOCKED_NAMED_MAX;
use crate::refusal::{BlockedChange, Obstacle, Refusal, RowFault};
use crate::value::{Assignment, Phone, SkillId};
use positions::{Touch, make_room};

/// How often changes are reverted anew because numbers or names collide in the end. After that each
/// change must find them free, so that a long chain of phones that took each other's does not hold
/// up other writers.
const EXCHANGES_TRIED: usize = 5;

/// Reverts the changes, newest first: all or none, or those that can be. Phones that exchanged their
/// numbers or names get them back: what is taken is asked at the end.
pub(super) fn revert(
    view: &View<'_>,
    changes: &[RecordedChange],
    mode: SaveMode,
) -> Result<Decision, Refusal> {
    let mut left = BTreeMap::new();
    let mut tries = 0;
    loop {
        tries += 1;
        let mut staged = if tries <= EXCHANGES_TRIED { view.nested_whole() } else { view.nested() };
        let mut decision = Decision::default();
        let (mut touched, mut versions) = (HashMap::new(), Vec::with_capacity(changes.len()));
        for (turn, RecordedChange { version, delta }) in changes.iter().enumerate() {
            match undo(&staged, *version, delta, left.get(version)) {
                Ok(undone) => {
                    if let Change::Phone { id, .. } = undone {
                        touched.insert(id, Touch { turn, version: *version });
                    }
                    staged.stage(&undone);
                    decision.changes.push(undone);
                    versions.push(*version);
                }
                Err(refusal) => decision.row_faults.push(RowFault { line: *version, refusal }),
            }
        }
        let taken = collisions(view, &staged, versions.into_iter().zip(&decision.changes));
        let taken = taken.into_iter().map(|RowFault { line, refusal }| match refusal {
            Refusal::Several(mut all) => (line, Obstacle::Refused(all.swap_remove(0))),
            refusal => (line, Obstacle::Refused(refusal)),
        });
        let taken: BTreeMap<_, _> = taken.collect();
        if mode != SaveMode::GoodRows && !(decision.row_faults.is_empty() && taken.is_empty()) {
            let taken = taken
                .into_iter()
                .map(|(version, why)| RowFault { line: version, refusal: blocked(version, why) });
            decision.row_faults.extend(taken);
            decision.row_faults.sort_by_key(|fault| Reverse(fault.line));
            return Err(all_blocked(decision.row_faults));
        }
        // Where these changes stay, others may find a number, a name or a position taken too.
        if !taken.is_empty() {
            left.extend(taken);
            continue;
        }
        match make_room(view, &staged, &touched) {
            Err(taken) => left.extend(taken),
            Ok(moved) => {
                decision.changes.extend(moved);
                return Ok(decision);
            }
        }
    }
}

/// The change that reverts one. `taken` is why it cannot have its former number, name or ring
/// position.
fn undo(
    view: &View<'_>,
    version: u64,
    delta: &Delta,
    taken: Option<&Obstacle>,
) -> Result<Change, Refusal> {
    check_kind(delta)?;
    let undone = delta.undo(view).map_err(|obstacle| match obstacle {
        Obstacle::NotRecorded(kind) => Refusal::NotRevertible(kind),
        obstacle => blocked(version, obstacle),
    })?;
    let checked = taken.cloned().map_or(Ok(()), Err).and_then(|()| check(view, &undone, delta));
    checked.map_err(|obstacle| blocked(version, obstacle))?;
    Ok(undone)
}

/// The refusal of a revert. What can never be reverted comes before what is blocked.
fn all_blocked(faults: Vec<RowFault>) -> Refusal {
    let count = faults.len();
    let mut named = Vec::new();
    for RowFault { refusal, .. } in faults {
        match refusal {
            Refusal::Blocked { changes, .. } => named.extend(changes),
            other => return other,
        }
    }
    named.truncate(BLOCKED_NAMED_MAX);
    Refusal::Blocked { changes: named, count }
}

/// Some changes can never be reverted. The history does not keep keys, and the limit of phones is
/// set by the operator. What was erased is gone.
fn check_kind(delta: &Delta) -> Result<(), Refusal> {
    match delta {
        Delta::Profile { is_key_changed: true, .. } => {
            Err(Refusal::NotRevertible(Kind::EditAccount))
        }
        Delta::Profile { phone_number_limit: Some(_), .. } => Err(Refusal::LimitNotRevertible),
        _ => delta.erased_phone().map_or(Ok(()), |id| Err(Refusal::Erased(id))),
    }
}

fn blocked(version: u64, why: Obstacle) -> Refusal {
    Refusal::Blocked { changes: vec![BlockedChange { version, why }], count: 1 }
}

/// Checks the rules for phones and skills that a revert could break.
fn check(view: &View<'_>, undone: &Change, delta: &Delta) -> Result<(), Obstacle> {
    if let Some(orphan) = first_orphan(view, undone) {
        return Err(orphan);
    }
    match undone {
        Change::Phone { before, after: Some(phone), .. } => {
            check_phone(view, before.as_ref(), phone, delta)
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
        Change::Routing { subject, before, after } => {
            let Delta::Routing { skill_names, .. } = delta else { return Ok(()) };
            check_reverted(view, *subject, [before, after], skill_names).map_err(Obstacle::Refused)
        }
        _ => Ok(()),
    }
}

fn check_phone(
    view: &View<'_>,
    before: Option<&Phone>,
    phone: &Phone,
    delta: &Delta,
) -> Result<(), Obstacle> {
    // If another change may make them free, that is asked at the end.
    if view.before().is_none() {
        let mut taken = check_free(view, before, phone.number, &phone.name).into_iter();
        taken.next().map_or(Ok(()), |refusal| Err(Obstacle::Refused(refusal)))?;
    }
    if before.is_none() {
        check_limit(view, view.phone_count() + 1).map_err(Obstacle::Refused)?;
    }
    let lacks = |skill: &SkillId| view.skills().name(*skill).is_none();
    match phone.skills.iter().map(Assignment::skill).find(lacks) {
        None => Ok(()),
        Some(id) => {
            let name = match delta {
                Delta::Phone { skill_names, .. } => skill_names.get(&id).cloned(),
                _ => None,
            };
            Err(Obstacle::SkillGone { id, name })
        }
    }
}
