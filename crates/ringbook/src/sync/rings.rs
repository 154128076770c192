//! Ring orders that a file gives.

use std::collections::BTreeSet;

use directory::{PhoneId, PhoneNumber, SkillId, SkillName, SkillSet, Skills};

use super::matching::Matching;
use super::{Current, Step};

/// A ring order that changes.
#[derive(Debug, PartialEq, Eq)]
pub struct RingOrder {
    /// The skill.
    pub skill: SkillName,
    /// The numbers of all of its phones; the first one rings first.
    pub phones: Vec<PhoneNumber>,
}

/// A phone in a ring order, after the steps.
struct Ringing {
    number: PhoneNumber,
    /// The place that the file gives it.
    place: Option<u64>,
}

/// The ring orders that are not as the file says once the steps are done.
pub fn orders(
    current: &Current,
    skills: &Skills,
    placed: &BTreeSet<SkillId>,
    matching: &Matching<'_>,
    steps: &[Step],
) -> Vec<RingOrder> {
    let deleted: BTreeSet<_> =
        steps.iter().filter(|step| step.after.is_none()).map(|step| step.id).collect();
    let order = |skill: &SkillId| {
        let ring = ring(current, *skill, matching, steps, &deleted);
        Some(RingOrder { skill: skills.name(*skill)?.clone(), phones: placed_order(&ring)? })
    };
    placed.iter().filter_map(order).collect()
}

/// The ring order after the steps, if the file gave no places: those who have the skill now keep their
/// order, and the others come after them in the order of the steps.
fn ring(
    current: &Current,
    skill: SkillId,
    matching: &Matching<'_>,
    steps: &[Step],
    deleted: &BTreeSet<Option<PhoneId>>,
) -> Vec<Ringing> {
    let place = |skills: &SkillSet| {
        skills.get(skill).map(|held| Some(held.position()).filter(|place| *place > 0))
    };
    let held = current.phones.ring(skill).filter(|(id, _)| !deleted.contains(&Some(*id)));
    let kept = held.filter_map(|(id, phone)| {
        let row = matching.row_of(id);
        let skills = row.and_then(|row| row.skills.as_ref());
        let place = skills.map_or(Some(None), place)?;
        Some(Ringing { number: row.map_or(phone.number, |row| row.number_of(phone)), place })
    });
    let has = |id| current.phones.get(id).is_some_and(|phone| phone.skills.contains(skill));
    let new = steps.iter().filter(|step| !step.id.is_some_and(has)).filter_map(|step| {
        let after = step.after.as_ref()?;
        Some(Ringing { number: after.number, place: place(&after.skills)? })
    });
    kept.chain(new).collect()
}

/// The order with the places of the file, if that is another one. Phones without a place stay where they
/// are among the others: those with a place share out theirs.
fn placed_order(ring: &[Ringing]) -> Option<Vec<PhoneNumber>> {
    let placed = || ring.iter().filter(|phone| phone.place.is_some());
    if placed().map(|phone| phone.place).is_sorted() {
        return None;
    }
    let mut sorted: Vec<_> = placed().collect();
    sorted.sort_by_key(|phone| phone.place);
    let mut sorted = sorted.into_iter();
    let ordered = ring.iter().map(|phone| match phone.place {
        Some(_) => sorted.next().unwrap_or(phone).number,
        None => phone.number,
    });
    Some(ordered.collect())
}
