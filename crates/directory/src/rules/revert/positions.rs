//! Ring positions of reverted phones: no two phones may share one.
//!
//! The former position of a phone may belong to another phone by now, which was moved there or got
//! the skill since. A process finds the last position of a ring order by the phones that it has
//! loaded, so after a restart it assigns the position of an unassigned last phone again.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use crate::account::View;
use crate::change::Change;
use crate::refusal::Obstacle;
use crate::rules::ring::strictly_rising;
use crate::rules::skill::edited;
use crate::value::{Assignment, PhoneId, SkillId, SkillSet};

/// The last change of a phone that was reverted.
#[derive(Debug, Clone, Copy)]
pub struct Touch {
    /// How many changes were reverted before it.
    pub turn: usize,
    /// Its version.
    pub version: u64,
}

/// A revert that gave a phone its position.
#[derive(Debug, Clone, Copy)]
struct Claim {
    touch: Touch,
    /// Whether the phone had another position in the same ring order before the revert.
    is_moved: bool,
}

/// A phone in a ring order.
struct RingEntry {
    position: u64,
    phone: PhoneId,
    claim: Option<Claim>,
}

/// Returns the changes that make room for phones that get a skill back: phones that got their
/// positions since ring after them. A revert of a move within a ring order is refused if the former
/// position is taken: the moves of the other phones have to be reverted with it. Then returns the
/// versions of these moves, each with what takes the position.
pub fn make_room(
    before: &View<'_>,
    after: &View<'_>,
    touched: &HashMap<PhoneId, Touch>,
) -> Result<Vec<Change>, BTreeMap<u64, Obstacle>> {
    let mut blocked = BTreeMap::new();
    let mut pushed = BTreeMap::<PhoneId, Vec<Assignment>>::new();
    for (skill, ring) in rings(after, &claims(before, after, touched)) {
        let mut is_tied = false;
        for pair in ring.windows(2) {
            let [first, second] = pair else { continue };
            // Phones with a claim are sorted before others at the same position.
            let Some(claim) = first.claim.filter(|_| first.position == second.position) else {
                continue;
            };
            if claim.is_moved && second.claim.is_none() {
                blocked.insert(claim.touch.version, taken(after, skill, second.phone));
            }
            is_tied = true;
        }
        if !is_tied {
            continue;
        }
        let positions = strictly_rising(ring.iter().map(|entry| entry.position));
        for (entry, position) in ring.iter().zip(positions) {
            if entry.position != position {
                pushed.entry(entry.phone).or_default().push(Assignment::new(skill, position));
            }
        }
    }
    if !blocked.is_empty() {
        return Err(blocked);
    }
    let pushed = pushed.into_iter().filter_map(|(id, assignments)| {
        let phone = after.phone(id)?;
        let is_pushed =
            |held: &Assignment| assignments.iter().any(|one| one.skill() == held.skill());
        let kept = phone.skills.iter().filter(|held| !is_pushed(held));
        Some(edited(id, phone, kept.chain(assignments.iter().copied()).collect::<SkillSet>()))
    });
    Ok(pushed.collect())
}

type Claims = BTreeMap<SkillId, HashMap<PhoneId, Claim>>;

fn claims(before: &View<'_>, after: &View<'_>, touched: &HashMap<PhoneId, Touch>) -> Claims {
    let mut claims = Claims::new();
    for (id, touch) in touched {
        let Some(phone) = after.phone(*id) else { continue };
        for held in phone.skills.iter() {
            let had = before.phone(*id).and_then(|phone| phone.skills.get(held.skill()));
            if had != Some(held) {
                let claim = Claim { touch: *touch, is_moved: had.is_some() };
                claims.entry(held.skill()).or_default().insert(*id, claim);
            }
        }
    }
    claims
}

/// The ring orders with claims. Phones with the same position are sorted by who had it first, which
/// is the phone whose change was reverted last.
fn rings(view: &View<'_>, claims: &Claims) -> BTreeMap<SkillId, Vec<RingEntry>> {
    let turn = |claim: Option<Claim>| Reverse(claim.map(|claim| claim.touch.turn));
    let ring = |(skill, claims): (&SkillId, &HashMap<PhoneId, Claim>)| {
        let entry = |(position, phone, _): (u64, PhoneId, _)| RingEntry {
            position,
            phone,
            claim: claims.get(&phone).copied(),
        };
        let mut ring: Vec<_> = view.ring(*skill).into_iter().map(entry).collect();
        ring.sort_unstable_by_key(|entry| (entry.position, turn(entry.claim), entry.phone));
        (*skill, ring)
    };
    claims.iter().map(ring).collect()
}

fn taken(view: &View<'_>, skill: SkillId, phone: PhoneId) -> Obstacle {
    let name = view.skills().name(skill).expect("a phone has it").clone();
    let owner = view.phone(phone).expect("it is in the ring order").number;
    Obstacle::PositionTaken { skill, name, phone, owner }
}
