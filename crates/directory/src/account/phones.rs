//! The phones of an account, found by number, by name and by id.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

use crate::value::{AnyCase, Phone, PhoneId, PhoneNumber};

/// The phones of an account.
///
/// Slots are sorted by id: a new phone has the highest id and is appended; a deleted one leaves a
/// hole until more than half of the slots are holes. So an id is found by binary search, and the
/// two indexes hold slot numbers only: five bytes an entry.
#[derive(Debug, Clone, Default)]
pub struct Phones {
    slots: Vec<Slot>,
    live: usize,
    by_number: HashTable<u32>,
    by_name: HashTable<u32>,
    hasher: RandomState,
}

#[derive(Debug, Clone)]
struct Slot {
    id: PhoneId,
    phone: Option<Phone>,
}

/// Fewer slots are not compacted.
const COMPACT_SLOTS_MIN: usize = 64;

impl Phones {
    /// How many phones there are.
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Reserves memory for exactly `count` more phones.
    pub fn reserve(&mut self, count: usize) {
        self.slots.reserve_exact(count);
        let (slots, hasher) = (&self.slots, &self.hasher);
        self.by_number.reserve(count, |at| hash_number(hasher, occupied(slots, *at).number));
        self.by_name.reserve(count, |at| hash_name(hasher, occupied(slots, *at).name.as_str()));
    }

    /// The phones, sorted by id: oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (PhoneId, &Phone)> {
        occupied_ones(&self.slots)
    }

    /// The phones that were created after the one with that id, which may be gone.
    pub fn iter_after(&self, id: PhoneId) -> impl DoubleEndedIterator<Item = (PhoneId, &Phone)> {
        let begin = self.position(id).map_or_else(|free| free, |position| position + 1);
        occupied_ones(&self.slots[begin..])
    }

    /// The phone with that id.
    pub fn get(&self, id: PhoneId) -> Option<&Phone> {
        self.slots[self.position(id).ok()?].phone.as_ref()
    }

    /// The phone with that number, as written.
    pub fn by_number(&self, number: PhoneNumber) -> Option<(PhoneId, &Phone)> {
        let at = *self.by_number.find(hash_number(&self.hasher, number), |at| {
            occupied(&self.slots, *at).number == number
        })?;
        self.at(at)
    }

    /// The phone with that name, in any case.
    pub fn by_name(&self, name: &str) -> Option<(PhoneId, &Phone)> {
        let at = *self.by_name.find(hash_name(&self.hasher, name), |at| {
            occupied(&self.slots, *at).name.matches(name)
        })?;
        self.at(at)
    }

    /// Inserts, replaces or removes a phone.
    pub(crate) fn set(&mut self, id: PhoneId, phone: Option<Phone>) {
        match self.position(id) {
            Ok(position) => self.replace(position, phone),
            Err(position) => {
                let Some(phone) = phone else { return };
                if position < self.slots.len() {
                    self.insert_between(position, id, phone);
                } else {
                    self.slots.push(Slot { id, phone: None });
                    self.replace(position, Some(phone));
                }
            }
        }
        if self.slots.len() >= COMPACT_SLOTS_MIN && self.live * 2 < self.slots.len() {
            self.rebuild();
        }
    }

    /// About how many bytes of memory the phones take.
    pub(crate) fn bytes(&self) -> usize {
        const INDEX_ENTRY_BYTES: usize = 5;
        let heap: usize =
            self.iter().map(|(_, phone)| phone.name.heap_bytes() + phone.skills.heap_bytes()).sum();
        let entries = self.by_number.capacity() + self.by_name.capacity();
        self.slots.capacity() * size_of::<Slot>() + entries * INDEX_ENTRY_BYTES + heap
    }

    fn at(&self, at: u32) -> Option<(PhoneId, &Phone)> {
        let slot = &self.slots[at as usize];
        Some((slot.id, slot.phone.as_ref()?))
    }

    /// The slot of the id, or where to insert it. Without holes, the distance from the first id is
    /// the slot, so that is tried before a binary search.
    fn position(&self, id: PhoneId) -> Result<usize, usize> {
        match self.slots.last() {
            None => return Err(0),
            Some(last) if last.id < id => return Err(self.slots.len()),
            Some(_) => {}
        }
        let guess = id.0.wrapping_sub(self.slots[0].id.0) as usize;
        if self.slots.get(guess).is_some_and(|slot| slot.id == id) {
            return Ok(guess);
        }
        self.slots.binary_search_by_key(&id, |slot| slot.id)
    }

    fn replace(&mut self, position: usize, phone: Option<Phone>) {
        let at = u32::try_from(position).expect("fewer than 2^32 phones");
        let old = self.slots[position].phone.take();
        // Most edits keep the name or number, and so the index entry.
        let same_number = matches!((&old, &phone), (Some(a), Some(b)) if a.number == b.number);
        let same_name =
            matches!((&old, &phone), (Some(a), Some(b)) if a.name.matches(b.name.as_str()));
        if let Some(old) = &old {
            self.live -= 1;
            if !same_number {
                remove(&mut self.by_number, hash_number(&self.hasher, old.number), at);
            }
            if !same_name {
                remove(&mut self.by_name, hash_name(&self.hasher, old.name.as_str()), at);
            }
        }
        let Some(phone) = phone else { return };
        self.live += 1;
        let (number, name_hash) = (phone.number, hash_name(&self.hasher, phone.name.as_str()));
        self.slots[position].phone = Some(phone);
        let (slots, hasher) = (&self.slots, &self.hasher);
        if !same_number {
            self.by_number.insert_unique(hash_number(hasher, number), at, |at| {
                hash_number(hasher, occupied(slots, *at).number)
            });
        }
        if !same_name {
            self.by_name.insert_unique(name_hash, at, |at| {
                hash_name(hasher, occupied(slots, *at).name.as_str())
            });
        }
    }

    /// Inserts a phone whose id lies between others. Only the revert of a deletion does this, often
    /// with many phones one after another, so the first one inserts slots for all missing ids,
    /// unless most slots would be holes then.
    fn insert_between(&mut self, position: usize, id: PhoneId, phone: Phone) {
        let first = self.slots[0].id.min(id).0;
        let last = self.slots[self.slots.len() - 1].id.0;
        let position = if (last - first) as usize <= 2 * self.live {
            let slots = (first..=last).map(|id| Slot { id: PhoneId(id), phone: None }).collect();
            let old = std::mem::replace(&mut self.slots, slots);
            self.move_entries(|at| old[at as usize].id.0 - first);
            for slot in old {
                let position = (slot.id.0 - first) as usize;
                self.slots[position] = slot;
            }
            (id.0 - first) as usize
        } else {
            self.slots.insert(position, Slot { id, phone: None });
            self.move_entries(|at| at + u32::from(at as usize >= position));
            position
        };
        self.replace(position, Some(phone));
    }

    /// Updates the slot numbers in the indexes. This needs no hashing.
    fn move_entries(&mut self, moved: impl Fn(u32) -> u32) {
        for at in self.by_number.iter_mut().chain(self.by_name.iter_mut()) {
            *at = moved(*at);
        }
    }

    fn rebuild(&mut self) {
        let mut slots = std::mem::take(&mut self.slots);
        slots.retain(|slot| slot.phone.is_some());
        *self = Self { hasher: self.hasher.clone(), ..Self::default() };
        self.reserve(slots.len());
        for Slot { id, phone } in slots {
            let position = self.slots.len();
            self.slots.push(Slot { id, phone: None });
            self.replace(position, phone);
        }
    }
}

fn occupied_ones(slots: &[Slot]) -> impl DoubleEndedIterator<Item = (PhoneId, &Phone)> {
    slots.iter().filter_map(|slot| Some((slot.id, slot.phone.as_ref()?)))
}

fn occupied(slots: &[Slot], at: u32) -> &Phone {
    slots[at as usize].phone.as_ref().expect("an index names only slots that hold a phone")
}

fn remove(index: &mut HashTable<u32>, hash: u64, at: u32) {
    if let Ok(entry) = index.find_entry(hash, |other| *other == at) {
        entry.remove();
    }
}

fn hash_number(hasher: &RandomState, number: PhoneNumber) -> u64 {
    hasher.hash_one(number)
}

fn hash_name(hasher: &RandomState, name: &str) -> u64 {
    hasher.hash_one(AnyCase(name))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::value::{Assignment, PhoneName, SkillId, SkillSet};

    fn phone(n: u32) -> Phone {
        Phone {
            number: PhoneNumber::parse(&format!("+{:06}", n % 1_000_000)).unwrap(),
            name: PhoneName::parse(&format!("Agent-{n}")).unwrap(),
            skills: SkillSet::default(),
        }
    }

    proptest! {
        /// Any sequence of puts and removals agrees with a map.
        #[test]
        fn behaves_like_a_map(steps in prop::collection::vec((1_u32..200, prop::option::of(0_u32..400)), 0..600)) {
            let mut phones = Phones::default();
            let mut model: BTreeMap<u32, u32> = BTreeMap::new();
            for (id, value) in steps {
                // Two phones never share a number: the rules see to that.
                let value = value.filter(|value| !model.iter().any(|(other, v)| *other != id && v == value));
                phones.set(PhoneId(id), value.map(phone));
                match value {
                    Some(value) => model.insert(id, value),
                    None => model.remove(&id),
                };
            }
            prop_assert_eq!(phones.len(), model.len());
            let found: Vec<_> = phones.iter().map(|(id, phone)| (id.0, phone.clone())).collect();
            let expected: Vec<_> = model.iter().map(|(id, value)| (*id, phone(*value))).collect();
            prop_assert_eq!(found, expected);
            for value in 0..400 {
                let owner = model.iter().find(|(_, v)| **v == value).map(|(id, _)| PhoneId(*id));
                let wanted = phone(value);
                prop_assert_eq!(phones.by_number(wanted.number).map(|(id, _)| id), owner);
                let name = wanted.name.as_str().to_ascii_uppercase();
                prop_assert_eq!(phones.by_name(&name).map(|(id, _)| id), owner);
            }
        }
    }

    /// A short name and three skills need no memory on the heap.
    #[test]
    fn phone_with_3_skills_takes_less_than_100_bytes() {
        let mut phones = Phones::default();
        let count = 100_000;
        phones.reserve(count);
        for n in 0..u32::try_from(count).unwrap() {
            phones.set(PhoneId(n + 1), Some(Phone { skills: skills(3), ..phone(n) }));
        }
        assert!(phones.bytes() / count < 100, "{} bytes", phones.bytes() / count);
    }

    #[test]
    fn counts_heap_bytes_of_long_names_and_many_skills() {
        for (length, count, heap) in [(23, 3, 0), (24, 3, 24), (23, 4, 32), (50, 5, 50 + 40)] {
            let name = PhoneName::parse(&"a".repeat(length)).unwrap();
            assert_eq!(name.heap_bytes() + skills(count).heap_bytes(), heap);
        }
    }

    fn skills(count: u32) -> SkillSet {
        (1..=count).map(|id| Assignment::new(SkillId(id), 1)).collect()
    }
}
