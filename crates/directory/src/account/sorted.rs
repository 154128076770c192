//! The phones of an account sorted by number, by name and by ring order.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::ordered::{Item, Ordered, Place};
use super::phones::{Slot, Slots, get, of};
use crate::value::{AnyCase, Assignment, Phone, PhoneId, PhoneNumber, SkillId};

/// A chunk takes about 600 bytes: a search in it touches few of a processor's cache lines.
pub type Index = Ordered<Entry, 48>;

/// An entry of an index, sorted by key and then by id. It takes 12 bytes.
#[derive(Debug, Clone, Copy)]
#[repr(C, packed(4))]
pub struct Entry {
    key: u64,
    pub id: PhoneId,
}

impl Entry {
    fn pair(&self) -> (u64, PhoneId) {
        (self.key, self.id)
    }
}

impl Item for Entry {
    type Key = Self;

    fn key(&self) -> Self {
        *self
    }
}

/// The indexes of phones. Clones share memory until one of them is changed.
#[derive(Debug, Clone, Default)]
pub struct Sorted {
    /// By [`PhoneNumber::sort_key`].
    pub numbers: Index,
    /// By [`AnyCase::sort_key`]. Where that is equal, the names themselves are compared.
    pub names: Index,
    /// The ring orders, one after another: by [`Assignment`], so by skill and then by position.
    pub rings: Index,
}

/// Phones as they were when they were sorted last, or none where there was none.
pub type Unsorted = HashMap<PhoneId, Option<Phone>>;

impl Sorted {
    /// Sorts phones that are there already.
    pub fn of(slots: &Slots) -> Self {
        let mut sorted = Self::default();
        let number = |slot: &Slot| Entry { key: slot.phone.number.sort_key(), id: slot.id };
        let mut entries: Vec<_> = slots.iter().map(number).collect();
        entries.sort_unstable_by_key(Entry::pair);
        sorted.numbers = entries.drain(..).collect();

        let name = |id| AnyCase(of(slots, id).name.as_str());
        entries
            .extend(slots.iter().map(|slot| Entry { key: name(slot.id).sort_key(), id: slot.id }));
        entries.sort_unstable_by(|one, other| {
            let names = || (name(one.id), one.id).cmp(&(name(other.id), other.id));
            { one.key }.cmp(&{ other.key }).then_with(names)
        });
        sorted.names = entries.drain(..).collect();

        // These are many, but mostly come in their order, so they need no room to be sorted in.
        drop(entries);
        let mut by_skill = BTreeMap::<SkillId, Index>::new();
        for slot in slots.iter() {
            for held in slot.phone.skills.iter() {
                let (ring, key) = (by_skill.entry(held.skill()).or_default(), held.sort_key());
                ring.insert(seek(ring, key, slot.id), Entry { key, id: slot.id });
            }
        }
        for ring in by_skill.into_values() {
            sorted.rings.append(ring);
        }
        sorted
    }

    /// The phone with that number, as written.
    pub fn by_number(&self, number: PhoneNumber) -> Option<PhoneId> {
        let key = number.sort_key();
        let found = *self.numbers.get(seek(&self.numbers, key, PhoneId(0)))?;
        (found.key == key).then_some(found.id)
    }

    /// The phone with that name, in any case.
    pub fn by_name(&self, slots: &Slots, name: &str) -> Option<PhoneId> {
        let at = seek_name(&self.names, AnyCase(name), PhoneId(0), |id| of(slots, id));
        let id = self.names.get(at)?.id;
        of(slots, id).name.matches(name).then_some(id)
    }

    /// Moves the phones that were changed to where they belong now.
    pub fn settle(&mut self, slots: &Slots, unsorted: &Unsorted) {
        let now = |id| get(slots, id).map(|slot| &slot.phone);
        // While phones are taken out, those that are still in are as they were.
        let was = |id| match unsorted.get(&id) {
            Some(phone) => phone.as_ref().expect("only phones that were there are in an index"),
            None => of(slots, id),
        };
        for (id, old) in unsorted {
            if let Some(old) = old {
                self.remove(*id, old, now(*id), was);
            }
        }
        for (id, old) in unsorted {
            if let Some(new) = now(*id) {
                self.insert(*id, new, old.as_ref(), |id| of(slots, id));
            }
        }
    }

    /// Takes out the entries of a phone that its new state has not.
    fn remove<'p>(
        &mut self,
        id: PhoneId,
        old: &Phone,
        new: Option<&Phone>,
        phone: impl Fn(PhoneId) -> &'p Phone,
    ) {
        if new.is_none_or(|new| new.number != old.number) {
            self.numbers.remove(seek(&self.numbers, old.number.sort_key(), id));
        }
        let name = AnyCase(old.name.as_str());
        if new.is_none_or(|new| AnyCase(new.name.as_str()) != name) {
            self.names.remove(seek_name(&self.names, name, id, phone));
        }
        for held in old.skills.iter().filter(|held| !has(new, *held)) {
            self.rings.remove(seek(&self.rings, held.sort_key(), id));
        }
    }

    /// Puts in the entries of a phone that its old state had not.
    fn insert<'p>(
        &mut self,
        id: PhoneId,
        new: &Phone,
        old: Option<&Phone>,
        phone: impl Fn(PhoneId) -> &'p Phone,
    ) {
        if old.is_none_or(|old| old.number != new.number) {
            let key = new.number.sort_key();
            self.numbers.insert(seek(&self.numbers, key, id), Entry { key, id });
        }
        let name = AnyCase(new.name.as_str());
        if old.is_none_or(|old| AnyCase(old.name.as_str()) != name) {
            let at = seek_name(&self.names, name, id, phone);
            self.names.insert(at, Entry { key: name.sort_key(), id });
        }
        for held in new.skills.iter().filter(|held| !has(old, *held)) {
            let key = held.sort_key();
            self.rings.insert(seek(&self.rings, key, id), Entry { key, id });
        }
    }

    /// The entries of a skill in ring order.
    pub fn ring(&self, skill: SkillId) -> impl DoubleEndedIterator<Item = &Entry> {
        let last = Assignment::new(skill, Assignment::POSITION_MAX).sort_key();
        let end = self.rings.seek(|entry| entry.key <= last);
        self.rings.range(self.ring_begin(skill), end)
    }

    /// How many phones ring before the one with that assignment.
    pub fn ring_rank(&self, held: Assignment, id: PhoneId) -> usize {
        let at = seek(&self.rings, held.sort_key(), id);
        self.rings.distance(self.ring_begin(held.skill()), at)
    }

    fn ring_begin(&self, skill: SkillId) -> Place {
        seek(&self.rings, Assignment::new(skill, 0).sort_key(), PhoneId(0))
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        [&self.numbers, &self.names, &self.rings].into_iter().map(Index::bytes).sum()
    }
}

fn has(phone: Option<&Phone>, held: Assignment) -> bool {
    phone.is_some_and(|phone| phone.skills.get(held.skill()) == Some(held))
}

fn seek(index: &Index, key: u64, id: PhoneId) -> Place {
    index.seek(|entry| entry.pair() < (key, id))
}

/// `phone` gives the phones as the index has them.
fn seek_name<'p>(
    index: &Index,
    name: AnyCase<'_>,
    id: PhoneId,
    phone: impl Fn(PhoneId) -> &'p Phone,
) -> Place {
    let key = name.sort_key();
    index.seek(|entry| match entry.pair() {
        (begin, other) if begin == key => (AnyCase(phone(other).name.as_str()), other) < (name, id),
        (begin, _) => begin < key,
    })
}
