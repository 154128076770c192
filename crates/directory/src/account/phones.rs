//! The phones of an account, found by id, number, name and skill, and sorted by each.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::ordered::{Item, Ordered, Place};
use crate::value::{AnyCase, Assignment, Phone, PhoneId, PhoneNumber, SkillId, SkillSet};

/// The phones of an account. Clones share memory until one of them is changed.
#[derive(Debug, Clone, Default)]
pub struct Phones {
    /// Sorted by id: the order of creation.
    slots: Slots,
    len: usize,
    /// By [`PhoneNumber::sort_key`].
    by_number: Index,
    /// By [`AnyCase::sort_key`]. Where that is equal, the names in the slots are compared.
    by_name: Index,
    /// The ring orders, one after another: by [`Assignment`], so by skill and then by position.
    by_skill: Index,
    /// How many phones have a skill.
    ring_lengths: HashMap<SkillId, usize>,
}

/// A chunk takes about 1.3 KiB.
type Slots = Ordered<Slot, 16>;

/// A chunk takes about 600 bytes: a search in it touches few of a processor's cache lines.
type Index = Ordered<Entry, 48>;

/// A phone, and the version of the account that made it what it is.
#[derive(Debug, Clone)]
struct Slot {
    id: PhoneId,
    version: u64,
    phone: Phone,
}

/// An entry of an index, sorted by key and then by id. It takes 12 bytes.
#[derive(Debug, Clone, Copy)]
#[repr(C, packed(4))]
struct Entry {
    key: u64,
    id: PhoneId,
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

impl Item for Slot {
    type Key = PhoneId;

    fn key(&self) -> PhoneId {
        self.id
    }
}

/// What phones are sorted by. The id breaks ties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PhoneSort {
    /// The order in which they were created.
    #[default]
    Created,
    /// By the text of the number.
    Number,
    /// By name, ignoring case.
    Name,
}

/// Phones in the order of a [`PhoneSort`].
pub struct PhoneRange<'p> {
    /// There are no more than this.
    pub len_max: usize,
    /// The phones.
    pub phones: Box<dyn DoubleEndedIterator<Item = (PhoneId, &'p Phone)> + 'p>,
}

impl Phones {
    /// How many phones there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The phones, sorted by id: oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (PhoneId, &Phone)> {
        self.slots.iter().map(|slot| (slot.id, &slot.phone))
    }

    /// The phones in an order, without the first ones, for which `is_before` is true, and the last
    /// ones, for which `is_before_end` is false.
    pub fn range(
        &self,
        sort: PhoneSort,
        is_before: impl Fn(PhoneId, &Phone) -> bool,
        is_before_end: impl Fn(PhoneId, &Phone) -> bool,
    ) -> PhoneRange<'_> {
        let index = match sort {
            PhoneSort::Created => {
                let begin = self.slots.seek(|id| is_before(id, of(&self.slots, id)));
                let end = self.slots.seek(|id| is_before_end(id, of(&self.slots, id)));
                let phones = self.slots.range(begin, end).map(|slot| (slot.id, &slot.phone));
                let len_max = Slots::distance_max(begin, end);
                return PhoneRange { len_max, phones: Box::new(phones) };
            }
            PhoneSort::Number => &self.by_number,
            PhoneSort::Name => &self.by_name,
        };
        let begin = index.seek(|entry| is_before(entry.id, of(&self.slots, entry.id)));
        let end = index.seek(|entry| is_before_end(entry.id, of(&self.slots, entry.id)));
        let phones = index.range(begin, end).map(|entry| (entry.id, of(&self.slots, entry.id)));
        PhoneRange { len_max: Index::distance_max(begin, end), phones: Box::new(phones) }
    }

    /// The phone with that id.
    pub fn get(&self, id: PhoneId) -> Option<&Phone> {
        get(&self.slots, id).map(|slot| &slot.phone)
    }

    /// The version of the account at which the phone was changed last, if there is one.
    pub fn version(&self, id: PhoneId) -> Option<u64> {
        get(&self.slots, id).map(|slot| slot.version)
    }

    /// The phone with that number, as written.
    pub fn by_number(&self, number: PhoneNumber) -> Option<(PhoneId, &Phone)> {
        let key = number.sort_key();
        let found = *self.by_number.get(seek(&self.by_number, key, PhoneId(0)))?;
        (found.key == key).then(|| (found.id, of(&self.slots, found.id)))
    }

    /// The phone with that name, in any case.
    pub fn by_name(&self, name: &str) -> Option<(PhoneId, &Phone)> {
        let at = seek_name(&self.by_name, &self.slots, AnyCase(name), PhoneId(0));
        let id = self.by_name.get(at)?.id;
        let phone = of(&self.slots, id);
        phone.name.matches(name).then_some((id, phone))
    }

    /// The phones of a skill in ring order.
    pub fn ring(&self, skill: SkillId) -> impl DoubleEndedIterator<Item = (PhoneId, &Phone)> {
        let last = Assignment::new(skill, Assignment::POSITION_MAX).sort_key();
        let end = self.by_skill.seek(|entry| entry.key <= last);
        let ring = self.by_skill.range(ring_begin(&self.by_skill, skill), end);
        ring.map(|entry| (entry.id, of(&self.slots, entry.id)))
    }

    /// How many phones have a skill.
    pub fn ring_len(&self, skill: SkillId) -> usize {
        self.ring_lengths.get(&skill).copied().unwrap_or_default()
    }

    /// How many phones of a skill ring before this one, if it has the skill.
    pub fn ring_rank(&self, skill: SkillId, id: PhoneId) -> Option<usize> {
        let held = self.get(id)?.skills.get(skill)?;
        let at = seek(&self.by_skill, held.sort_key(), id);
        Some(self.by_skill.distance(ring_begin(&self.by_skill, skill), at))
    }

    /// Inserts, replaces or removes a phone with its version.
    pub(crate) fn set(&mut self, id: PhoneId, phone: Option<(Phone, u64)>) {
        let at = place(&self.slots, id);
        let old = self.slots.get(at).filter(|slot| slot.id == id).map(|slot| &slot.phone);
        let (was, is) = (old.is_some(), phone.is_some());
        let sides = [old, phone.as_ref().map(|(phone, _)| phone)];
        let numbers = sides.map(|phone| Some(phone?.number.sort_key()));
        let names = sides.map(|phone| Some(AnyCase(phone?.name.as_str())));
        self.touch(id, sides, numbers, names);
        replace(&mut self.by_number, id, numbers, |key| key, |index, key| seek(index, key, id));
        // The slot still has the phone as it was.
        replace(&mut self.by_name, id, names, AnyCase::sort_key, |index, name| {
            seek_name(index, &self.slots, name, id)
        });
        set_skills(&mut self.by_skill, &mut self.ring_lengths, id, sides);
        self.len = self.len + usize::from(is) - usize::from(was);
        match phone.map(|(phone, version)| Slot { id, version, phone }) {
            Some(slot) if was => *self.slots.get_mut(at).expect("it was found") = slot,
            Some(slot) => self.slots.insert(at, slot),
            None if was => self.slots.remove(at),
            None => {}
        }
    }

    /// Asks for the memory of the places that [`Self::set`] looks for, all at once. An account is
    /// seldom in a processor's cache, and the searches wait for one place after the other.
    fn touch(
        &self,
        id: PhoneId,
        sides: [Option<&Phone>; 2],
        numbers: [Option<u64>; 2],
        names: [Option<AnyCase<'_>>; 2],
    ) {
        let mut touched = 0;
        if numbers[0] != numbers[1] {
            let keys = numbers.into_iter().flatten();
            touched += keys.map(|key| touch(&self.by_number, key, id)).sum::<usize>();
        }
        if names[0] != names[1] {
            let keys = names.into_iter().flatten().map(AnyCase::sort_key);
            touched += keys.map(|key| touch(&self.by_name, key, id)).sum::<usize>();
        }
        let [old, new] = skills(sides);
        let changed = without(old, new).chain(without(new, old));
        touched += changed.map(|held| touch(&self.by_skill, held.sort_key(), id)).sum::<usize>();
        std::hint::black_box(touched);
    }

    /// About how many bytes of memory the phones take.
    pub(crate) fn bytes(&self) -> usize {
        let on_heap = |(_, phone): (_, &Phone)| phone.name.heap_bytes() + phone.skills.heap_bytes();
        let indexes = [&self.by_number, &self.by_name, &self.by_skill].map(Index::bytes);
        let slots = self.slots.bytes() + self.iter().map(on_heap).sum::<usize>();
        slots + indexes.iter().sum::<usize>() + self.ring_lengths.allocation_size()
    }
}

/// Phones that are being loaded. Their indexes are filled at the end, which takes little more than
/// half as long as to keep them sorted phone by phone.
#[derive(Default)]
pub struct PhonesBuilder(Slots);

impl PhonesBuilder {
    /// Adds a phone with another id than those before, and its version. It is fast if ids rise.
    pub fn push(&mut self, id: PhoneId, phone: Phone, version: u64) {
        self.0.insert(place(&self.0, id), Slot { id, version, phone });
    }

    /// The phones with their indexes.
    pub fn build(self) -> Phones {
        let slots = self.0;
        let mut phones = Phones { len: slots.iter().count(), ..Phones::default() };
        let number = |slot: &Slot| Entry { key: slot.phone.number.sort_key(), id: slot.id };
        let mut entries: Vec<_> = slots.iter().map(number).collect();
        entries.sort_unstable_by_key(Entry::pair);
        phones.by_number = entries.drain(..).collect();

        let name = |id| AnyCase(of(&slots, id).name.as_str());
        let key = |slot: &Slot| Entry { key: name(slot.id).sort_key(), id: slot.id };
        entries.extend(slots.iter().map(key));
        entries.sort_unstable_by(|one, other| {
            let names = || (name(one.id), one.id).cmp(&(name(other.id), other.id));
            { one.key }.cmp(&{ other.key }).then_with(names)
        });
        phones.by_name = entries.drain(..).collect();

        // These are many, but mostly come in their order, so they need no room to be sorted in.
        drop(entries);
        let mut rings = BTreeMap::<SkillId, Index>::new();
        for Slot { id, phone, .. } in slots.iter() {
            for held in phone.skills.iter() {
                let (ring, key) = (rings.entry(held.skill()).or_default(), held.sort_key());
                ring.insert(seek(ring, key, *id), Entry { key, id: *id });
            }
        }
        for (skill, ring) in rings {
            phones.ring_lengths.insert(skill, ring.iter().count());
            phones.by_skill.append(ring);
        }
        phones.slots = slots;
        phones
    }
}

/// Puts the entry of a phone where its new value belongs, if that is not the old one.
fn replace<V: Copy + PartialEq>(
    index: &mut Index,
    id: PhoneId,
    [old, new]: [Option<V>; 2],
    key: impl Fn(V) -> u64,
    seek: impl Fn(&Index, V) -> Place,
) {
    if old == new {
        return;
    }
    if let Some(value) = old {
        index.remove(seek(index, value));
    }
    if let Some(value) = new {
        index.insert(seek(index, value), Entry { key: key(value), id });
    }
}

fn set_skills(
    index: &mut Index,
    ring_lengths: &mut HashMap<SkillId, usize>,
    id: PhoneId,
    sides: [Option<&Phone>; 2],
) {
    let [old, new] = skills(sides);
    for held in without(old, new) {
        index.remove(seek(index, held.sort_key(), id));
        let length = ring_lengths.entry(held.skill()).or_default();
        *length -= 1;
        if *length == 0 {
            ring_lengths.remove(&held.skill());
        }
    }
    for held in without(new, old) {
        let key = held.sort_key();
        index.insert(seek(index, key, id), Entry { key, id });
        *ring_lengths.entry(held.skill()).or_default() += 1;
    }
}

/// What the phones before and after a change are assigned to.
fn skills(sides: [Option<&Phone>; 2]) -> [Option<&SkillSet>; 2] {
    sides.map(|phone| phone.map(|phone| &phone.skills))
}

/// The assignments of one set that the other has not, or has at another position.
fn without<'s>(
    set: Option<&'s SkillSet>,
    other: Option<&'s SkillSet>,
) -> impl Iterator<Item = Assignment> + 's {
    let is_in =
        move |held: Assignment| other.is_some_and(|other| other.get(held.skill()) == Some(held));
    set.into_iter().flat_map(SkillSet::iter).filter(move |held| !is_in(*held))
}

/// The place of a phone, or where to insert it. Without holes in the ids, the distance from the
/// first one tells it, so that is tried before a search.
fn place(slots: &Slots, id: PhoneId) -> Place {
    let first = slots.first().map_or(0, |first| first.id.0);
    let guess = Slots::guess(id.0.wrapping_sub(first) as usize);
    match slots.get(guess) {
        Some(slot) if slot.id == id => guess,
        _ => slots.seek(|other| other < id),
    }
}

fn get(slots: &Slots, id: PhoneId) -> Option<&Slot> {
    slots.get(place(slots, id)).filter(|slot| slot.id == id)
}

/// The phone of an entry.
fn of(slots: &Slots, id: PhoneId) -> &Phone {
    &get(slots, id).expect("an index names only phones that are there").phone
}

fn seek(index: &Index, key: u64, id: PhoneId) -> Place {
    index.seek(|entry| entry.pair() < (key, id))
}

fn touch(index: &Index, key: u64, id: PhoneId) -> usize {
    index.touch(|entry| entry.pair() < (key, id))
}

fn seek_name(index: &Index, slots: &Slots, name: AnyCase<'_>, id: PhoneId) -> Place {
    let key = name.sort_key();
    index.seek(|entry| match entry.pair() {
        (begin, other) if begin == key => {
            (AnyCase(of(slots, other).name.as_str()), other) < (name, id)
        }
        (begin, _) => begin < key,
    })
}

fn ring_begin(index: &Index, skill: SkillId) -> Place {
    seek(index, Assignment::new(skill, 0).sort_key(), PhoneId(0))
}
