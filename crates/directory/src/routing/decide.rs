//! The ring decision: whom to ring.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Hours, Mode, Pause, RingList, RingingPhone};

/// Whom to ring for a skill at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<'l> {
    /// How they ring: the list of the skill, or that of the overflow that takes over.
    pub list: &'l RingList,
    /// Whether somebody rings.
    pub outcome: Outcome,
    /// Those that ring, in order, each once. In serial mode those of the overflow follow.
    pub phones: Vec<&'l RingingPhone>,
}

/// The outcome of a ring decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "their names say it")]
pub enum Outcome {
    Ring,
    Nobody(Nobody),
}

/// Why nobody rings, neither of the skill nor of its overflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "their names say it")]
pub enum Nobody {
    NoPhones,
    AllPaused,
    /// The skill is outside its hours, or all phones are outside theirs.
    OutsideHours,
    /// One for this reason, another one for that.
    Mixed,
}

impl Nobody {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::NoPhones, why) | (why, Self::NoPhones) => why,
            (why, other) if why == other => why,
            _ => Self::Mixed,
        }
    }
}

/// Whether a phone rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "their names say it")]
pub enum Standing<'l> {
    Rings,
    Paused(&'l Pause),
    OutsideHours,
}

/// Whether a phone rings at this time, microseconds UTC, when its skill does.
pub fn standing(phone: &RingingPhone, at_us: i64) -> Standing<'_> {
    match phone.pause.as_deref().filter(|pause| pause.is_on(at_us)) {
        Some(pause) => Standing::Paused(pause),
        None if is_closed(phone.hours.as_deref(), at_us) => Standing::OutsideHours,
        None => Standing::Rings,
    }
}

/// Whom to ring at this time, microseconds UTC. `lists` are that of the skill, that of its overflow, and
/// so on; there is at least the first.
///
/// Where nobody of a skill is to ring, its overflow takes over. Otherwise the overflow's phones ring
/// after the skill's own ones in serial mode, and not at all in parallel mode.
pub fn decide(lists: &[Arc<RingList>], at_us: i64) -> Decision<'_> {
    let (mut taking, mut why) = (None, Nobody::NoPhones);
    let (mut phones, mut seen) = (Vec::new(), HashSet::new());
    for list in lists {
        match ringing(list, at_us) {
            Ok(own) => {
                taking.get_or_insert(list);
                // A phone is in a list once.
                if lists.len() == 1 {
                    phones = own;
                    break;
                }
                phones.extend(own.into_iter().filter(|phone| seen.insert(phone.id)));
                if list.mode == Mode::Parallel {
                    break;
                }
            }
            Err(other) => why = why.and(other),
        }
    }
    let list = taking.unwrap_or(&lists[0]);
    let outcome = if phones.is_empty() { Outcome::Nobody(why) } else { Outcome::Ring };
    Decision { list, outcome, phones }
}

/// The phones of a skill that are to ring, or why none is.
fn ringing(list: &RingList, at_us: i64) -> Result<Vec<&RingingPhone>, Nobody> {
    if is_closed(list.hours.as_deref(), at_us) {
        return Err(Nobody::OutsideHours);
    }
    let (mut phones, mut why) = (Vec::with_capacity(list.phones.len()), Nobody::NoPhones);
    for phone in &list.phones {
        match standing(phone, at_us) {
            Standing::Rings => phones.push(phone),
            Standing::Paused(_) => why = why.and(Nobody::AllPaused),
            Standing::OutsideHours => why = why.and(Nobody::OutsideHours),
        }
    }
    if phones.is_empty() { Err(why) } else { Ok(phones) }
}

fn is_closed(hours: Option<&Hours>, at_us: i64) -> bool {
    hours.is_some_and(|hours| !hours.is_open(at_us))
}
