//! Which phone has a number, and which has a name.

use std::hash::{BuildHasher as _, Hasher as _};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::phones::{Slots, of};
use crate::value::{AnyCase, Phone, PhoneId, PhoneNumber};

/// Hash tables of the phones' ids. The numbers and names themselves are those of the phones.
#[derive(Debug, Clone, Default)]
pub struct Exact {
    numbers: HashTable<PhoneId>,
    names: HashTable<PhoneId>,
    hasher: DefaultHashBuilder,
}

impl Exact {
    /// The tables of phones that are there already.
    pub fn of(slots: &Slots) -> Self {
        let mut exact = Self::default();
        exact.numbers.reserve(slots.iter().count(), |_| 0);
        exact.names.reserve(slots.iter().count(), |_| 0);
        slots.iter().for_each(|slot| exact.replace(slots, slot.id, [None, Some(&slot.phone)]));
        exact
    }

    /// The phone with that number, as written.
    pub fn by_number(&self, slots: &Slots, number: PhoneNumber) -> Option<PhoneId> {
        let hash = number_hash(&self.hasher, number);
        self.numbers.find(hash, |id| of(slots, *id).number == number).copied()
    }

    /// The phone with that name, in any case.
    pub fn by_name(&self, slots: &Slots, name: &str) -> Option<PhoneId> {
        let hash = name_hash(&self.hasher, name);
        self.names.find(hash, |id| of(slots, *id).name.matches(name)).copied()
    }

    /// A phone is another one from now on, which is in its slot already. Each table is changed only if
    /// its key is another one.
    pub fn replace(&mut self, slots: &Slots, id: PhoneId, [old, new]: [Option<&Phone>; 2]) {
        let Self { numbers, names, hasher } = self;
        let sides = [old, new].map(|phone| Some(phone?.number));
        if sides[0] != sides[1] {
            let hash = |id: &PhoneId| number_hash(hasher, of(slots, *id).number);
            let sides = sides.map(|number| Some(number_hash(hasher, number?)));
            move_entry(numbers, id, sides, hash);
        }
        let sides = [old, new].map(|phone| Some(AnyCase(phone?.name.as_str())));
        if sides[0] != sides[1] {
            let hash = |id: &PhoneId| name_hash(hasher, of(slots, *id).name.as_str());
            let sides = sides.map(|name| Some(name_hash(hasher, name?.0)));
            move_entry(names, id, sides, hash);
        }
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.numbers.allocation_size() + self.names.allocation_size()
    }
}

/// Moves the entry of a phone from one hash to another. `hash` gives those of the others.
fn move_entry(
    table: &mut HashTable<PhoneId>,
    id: PhoneId,
    [old, new]: [Option<u64>; 2],
    hash: impl Fn(&PhoneId) -> u64,
) {
    if let Some(old) = old {
        let entry = table.find_entry(old, |other| *other == id);
        entry.expect("each phone is in both tables").remove();
    }
    if let Some(new) = new {
        table.insert_unique(new, id, hash);
    }
}

fn number_hash(hasher: &DefaultHashBuilder, number: PhoneNumber) -> u64 {
    hasher.hash_one(number.sort_key())
}

fn name_hash(hasher: &DefaultHashBuilder, name: &str) -> u64 {
    let mut hasher = hasher.build_hasher();
    AnyCase(name).write_to(&mut hasher);
    hasher.finish()
}
