//! The order in which steps can be done one after another.

use std::collections::HashMap;

use directory::{Phone, PhoneId};

use super::{Current, Step};

/// Sorts steps so that a number or a name is free before another phone gets it. What is deleted comes
/// first, and otherwise the order stays. Phones that exchange theirs in a circle come in any order:
/// they can only be done together.
pub fn sort(steps: &mut Vec<Step>, current: &Current) {
    steps.sort_by_key(|step| step.after.is_some());
    let releasing = steps.iter().enumerate().filter_map(|(index, step)| Some((step.id?, index)));
    let releasing: HashMap<PhoneId, usize> = releasing.collect();
    let before = |index: usize| blockers(&steps[index], current, &releasing);
    let mut order = Vec::with_capacity(steps.len());
    let mut is_seen = vec![false; steps.len()];
    let mut path = Vec::new();
    for first in 0..steps.len() {
        path.push((first, false));
        while let Some((index, is_ready)) = path.pop() {
            if is_ready {
                order.push(index);
            } else if !std::mem::replace(&mut is_seen[index], true) {
                path.push((index, true));
                path.extend(
                    before(index).filter(|other| !is_seen[*other]).map(|other| (other, false)),
                );
            }
        }
    }
    let mut taken: Vec<_> = std::mem::take(steps).into_iter().map(Some).collect();
    steps.extend(order.into_iter().filter_map(|index| taken[index].take()));
}

/// The steps of the phones that have what this one gets.
fn blockers(
    step: &Step,
    current: &Current,
    releasing: &HashMap<PhoneId, usize>,
) -> impl Iterator<Item = usize> {
    let after = step.after.as_ref();
    let number = after.and_then(|phone| current.phones.by_number(phone.number));
    let name = after.and_then(|phone| current.phones.by_name(phone.name.as_str()));
    let holder = |found: Option<(PhoneId, &Phone)>| {
        let (id, _) = found.filter(|(id, _)| step.id != Some(*id))?;
        releasing.get(&id).copied()
    };
    [number, name].map(holder).into_iter().flatten()
}
