//! Ring orders: which of a skill's phones rings first.

use std::collections::HashSet;

use super::phone::find_phone;
use super::skill::{edited, find};
use crate::account::View;
use crate::change::Change;
use crate::command::{PhoneLookup, RingOrder};
use crate::decision::Decision;
use crate::limits::FAULTS_MAX;
use crate::refusal::{Refusal, Refusals};
use crate::value::{Assignment, Phone, PhoneId, SkillId};

type Ring<'v> = Vec<(PhoneId, &'v Phone)>;

/// Assigns the existing positions of the ring order to its phones in the new order, so that only
/// phones that move are changed.
pub(super) fn order(
    view: &View<'_>,
    skill: &str,
    order: &RingOrder,
    expected_version: Option<u64>,
) -> Result<Decision, Refusal> {
    let (skill, name) = find(view, skill)?;
    let name = name.as_str();
    let ring = view.ring(skill);
    if expected_version.is_some_and(|expected| expected != view.ring_version(skill, &ring)) {
        return Err(Refusal::Changed);
    }
    let positions = strictly_rising(ring.iter().map(|(position, ..)| *position));
    let ring: Ring<'_> = ring.iter().map(|(_, id, phone)| (*id, *phone)).collect();
    let ordered = match order {
        RingOrder::First(first) => {
            let (ordered, _, refusals) = first_ones(view, (skill, name), ring, first);
            refusals.check()?;
            ordered
        }
        RingOrder::Whole(whole) => {
            let (ordered, listed, mut refusals) = first_ones(view, (skill, name), ring, whole);
            if let Some((id, first)) = ordered.get(listed) {
                let count = ordered.len() - listed;
                refusals.push(Refusal::NotWhole { count, id: *id, first: first.number });
            }
            refusals.check()?;
            ordered
        }
        RingOrder::Move { phone, position } => {
            let (id, phone) = assigned(view, (skill, name), phone)?;
            let mut ordered = ring;
            ordered.retain(|(other, _)| *other != id);
            let at = position.saturating_sub(1).min(ordered.len());
            ordered.insert(at, (id, phone));
            ordered
        }
    };
    let moved = ordered.into_iter().zip(positions).filter_map(|((id, phone), position)| {
        let at = Assignment::new(skill, position);
        let held = phone.skills.get(skill)?;
        let others = phone.skills.iter().filter(|other| other.skill() != skill);
        (held != at).then(|| edited(id, phone, others.chain([at]).collect()))
    });
    Ok(moved.collect::<Vec<Change>>().into())
}

/// Returns the phones of `first` followed by the others, the count of phones of `first`, and the
/// faults in `first`.
fn first_ones<'v>(
    view: &'v View<'_>,
    skill: (SkillId, &str),
    ring: Ring<'v>,
    first: &[PhoneLookup],
) -> (Ring<'v>, usize, Refusals) {
    let (mut listed, mut refusals) = (HashSet::new(), Refusals::up_to(FAULTS_MAX));
    let mut ordered = Vec::with_capacity(ring.len());
    for lookup in first {
        match assigned(view, skill, lookup) {
            Ok((id, phone)) if listed.insert(id) => ordered.push((id, phone)),
            Ok((id, phone)) => {
                refusals.push(Refusal::ListedTwice { id, number: phone.number });
            }
            Err(refusal) => refusals.push(refusal),
        }
        // Such a list may be much longer than the ring order, and is probably the wrong one.
        if refusals.len() == FAULTS_MAX {
            break;
        }
    }
    ordered.extend(ring.into_iter().filter(|(id, _)| !listed.contains(id)));
    (ordered, listed.len(), refusals)
}

/// The phone, if it has the skill.
fn assigned<'v>(
    view: &'v View<'_>,
    (skill, name): (SkillId, &str),
    lookup: &PhoneLookup,
) -> Result<(PhoneId, &'v Phone), Refusal> {
    let (id, phone) = find_phone(view, lookup)?;
    if phone.skills.contains(skill) {
        return Ok((id, phone));
    }
    let number = phone.number.to_string();
    Err(Refusal::NotAssigned { id, number, skill: name.to_owned() })
}

/// The same positions, each raised past its predecessor if two are equal.
pub(super) fn strictly_rising(positions: impl Iterator<Item = u64>) -> impl Iterator<Item = u64> {
    positions.scan(None, |last: &mut Option<u64>, position| {
        let next = last.map_or(position, |last| position.max(last + 1));
        *last = Some(next);
        Some(next)
    })
}
