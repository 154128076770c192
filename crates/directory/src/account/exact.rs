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
        slots.iter().for_each(|slot| exact.insert(slots, slot.id, &slot.phone));
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

    /// Adds a phone, which is in its slot.
    pub fn insert(&mut self, slots: &Slots, id: PhoneId, phone: &Phone) {
        let Self { numbers, names, hasher } = self;
        let number = |id: &PhoneId| number_hash(hasher, of(slots, *id).number);
        numbers.insert_unique(number_hash(hasher, phone.number), id, number);
        let name = |id: &PhoneId| name_hash(hasher, of(slots, *id).name.as_str());
        names.insert_unique(name_hash(hasher, phone.name.as_str()), id, name);
    }

    /// Removes a phone.
    pub fn remove(&mut self, id: PhoneId, phone: &Phone) {
        let number = number_hash(&self.hasher, phone.number);
        let name = name_hash(&self.hasher, phone.name.as_str());
        for (table, hash) in [(&mut self.numbers, number), (&mut self.names, name)] {
            let entry = table.find_entry(hash, |other| *other == id);
            entry.expect("each phone is in both tables").remove();
        }
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.numbers.allocation_size() + self.names.allocation_size()
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
