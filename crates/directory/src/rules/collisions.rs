//! Numbers and names that two phones have at the end of a request.

use std::collections::HashMap;

use super::phone::{name_taken_by, number_taken_by};
use crate::account::View;
use crate::change::Change;
use crate::refusal::{Refusals, RowFault};
use crate::value::{Phone, PhoneId};

/// The changes that give a phone a number or a name that another phone has in the end: one that had
/// it before, or else one that got it earlier. They come in order, each with its line, and `staged`
/// is the account after them.
pub(super) fn collisions<'c>(
    before: &View<'_>,
    staged: &View<'_>,
    changes: impl Iterator<Item = (u64, &'c Change)>,
) -> Vec<RowFault> {
    // Few requests exchange any, and after an exchange nothing collides.
    if !staged.has_collisions() {
        return Vec::new();
    }
    let (mut numbers, mut names) = (HashMap::new(), HashMap::new());
    let collide = |(line, change): (u64, &'c Change)| {
        let Change::Phone { id, before: was, after: Some(is) } = change else { return None };
        let end = staged.phone(*id)?;
        let is_got = |has: &dyn Fn(&Phone) -> bool| has(is) && !was.as_ref().is_some_and(has);
        let mut refusals = Refusals::up_to(2);
        let has = |phone: &Phone| phone.number == end.number;
        if is_got(&has) {
            let first = *numbers.entry(end.number).or_insert(*id);
            let other = other(staged, *id, before.by_number(end.number), &has, first);
            refusals.extend(other.map(number_taken_by));
        }
        let has = |phone: &Phone| phone.name.matches(end.name.as_str());
        if is_got(&has) {
            let first = *names.entry(end.name.folded()).or_insert(*id);
            let other = other(staged, *id, before.by_name(end.name.as_str()), &has, first);
            refusals.extend(other.map(name_taken_by));
        }
        Some(RowFault { line, refusal: refusals.check().err()? })
    };
    changes.filter_map(collide).collect()
}

/// The phone that a number or a name belongs to in the end, if that is another one: the phone that
/// `had` it before, if it still `has` it, or else the first one that got it.
fn other<'v>(
    staged: &'v View<'_>,
    id: PhoneId,
    had: Option<(PhoneId, &Phone)>,
    has: &dyn Fn(&Phone) -> bool,
    first: PhoneId,
) -> Option<(PhoneId, &'v Phone)> {
    let kept = had.filter(|(id, _)| staged.phone(*id).is_some_and(has));
    let owner = kept.map_or(first, |(id, _)| id);
    Some((owner, staged.phone(owner)?)).filter(|_| owner != id)
}
