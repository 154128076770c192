//! The phones of an account, found by id, number, name and skill, and sorted by each.

use std::sync::OnceLock;

use hashbrown::HashMap;

use super::exact::Exact;
use super::ordered::{Item, Ordered, Place};
use super::sorted::{Index, Sorted, Unsorted};
use crate::value::{Phone, PhoneId, PhoneNumber, SkillId};

/// The phones of an account. Clones share memory until one of them is changed.
#[derive(Debug, Clone)]
pub struct Phones {
    /// Sorted by id: the order of creation.
    slots: Slots,
    len: usize,
    /// The indexes, but for the phones in `unsorted`.
    sorted: Sorted,
    /// What changes of a small account go to at once. Its indexes, which cost several times as much,
    /// follow when somebody reads one, or when many phones wait for it.
    exact: Option<Exact>,
    unsorted: Unsorted,
    /// The indexes with the phones in `unsorted`, once somebody has read one.
    settled: OnceLock<Sorted>,
    /// How many phones have a skill.
    ring_lengths: HashMap<SkillId, usize>,
}

/// Phones of a small account. A larger one has no hash tables, which grow by looking at all phones, and
/// clones of which copy all entries.
const SMALL_MAX: usize = 10_000;

/// Phones that may wait to be sorted: no more than a read sorts in a tenth of a millisecond.
const UNSORTED_MAX: usize = 256;

/// A chunk takes about 1.3 KiB.
pub type Slots = Ordered<Slot, 16>;

/// A phone, and the version of the account that made it what it is.
#[derive(Debug, Clone)]
pub struct Slot {
    pub id: PhoneId,
    version: u64,
    pub phone: Phone,
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
            PhoneSort::Number => &self.sorted().numbers,
            PhoneSort::Name => &self.sorted().names,
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
        let id = match &self.exact {
            Some(exact) => exact.by_number(&self.slots, number),
            None => self.sorted.by_number(number),
        }?;
        Some((id, of(&self.slots, id)))
    }

    /// The phone with that name, in any case.
    pub fn by_name(&self, name: &str) -> Option<(PhoneId, &Phone)> {
        let id = match &self.exact {
            Some(exact) => exact.by_name(&self.slots, name),
            None => self.sorted.by_name(&self.slots, name),
        }?;
        Some((id, of(&self.slots, id)))
    }

    /// The phones of a skill in ring order.
    pub fn ring(&self, skill: SkillId) -> impl DoubleEndedIterator<Item = (PhoneId, &Phone)> {
        self.sorted().ring(skill).map(|entry| (entry.id, of(&self.slots, entry.id)))
    }

    /// How many phones have a skill.
    pub fn ring_len(&self, skill: SkillId) -> usize {
        self.ring_lengths.get(&skill).copied().unwrap_or_default()
    }

    /// How many phones of a skill ring before this one, if it has the skill.
    pub fn ring_rank(&self, skill: SkillId, id: PhoneId) -> Option<usize> {
        let held = self.get(id)?.skills.get(skill)?;
        Some(self.sorted().ring_rank(held, id))
    }

    /// Inserts, replaces or removes a phone with its version.
    pub(crate) fn set(&mut self, id: PhoneId, phone: Option<(Phone, u64)>) {
        if let Some(settled) = self.settled.take() {
            self.sorted = settled;
            self.unsorted.clear();
        }
        let slot = phone.map(|(phone, version)| Slot { id, version, phone });
        let old = self.slots.set(place(&self.slots, id), id, slot).map(|slot| slot.phone);
        let new = get(&self.slots, id).map(|slot| &slot.phone);
        if let Some(exact) = &mut self.exact {
            exact.replace(&self.slots, id, [old.as_ref(), new]);
        }
        count_skills(&mut self.ring_lengths, [old.as_ref(), new]);
        self.len = self.len + usize::from(new.is_some()) - usize::from(old.is_some());
        self.unsorted.entry(id).or_insert(old);
        let is_small = self.len <= SMALL_MAX;
        if !is_small || self.unsorted.len() > UNSORTED_MAX.min(self.len / 4) {
            self.sorted.settle(&self.slots, &self.unsorted);
            self.unsorted.clear();
        }
        if !is_small {
            self.exact = None;
        } else if self.len <= SMALL_MAX / 2 && self.exact.is_none() {
            self.exact = Some(Exact::of(&self.slots));
        }
    }

    /// The indexes of the phones as they are.
    fn sorted(&self) -> &Sorted {
        if self.unsorted.is_empty() {
            return &self.sorted;
        }
        self.settled.get_or_init(|| {
            let mut sorted = self.sorted.clone();
            sorted.settle(&self.slots, &self.unsorted);
            sorted
        })
    }

    /// About how many bytes of memory the phones take.
    pub(crate) fn bytes(&self) -> usize {
        let on_heap = |(_, phone): (_, &Phone)| phone.name.heap_bytes() + phone.skills.heap_bytes();
        let slots = self.slots.bytes() + self.iter().map(on_heap).sum::<usize>();
        let tables = self.ring_lengths.allocation_size() + self.unsorted.allocation_size();
        slots + self.exact.as_ref().map_or(0, Exact::bytes) + self.sorted.bytes() + tables
    }
}

impl Default for Phones {
    fn default() -> Self {
        PhonesBuilder::default().build()
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
        let len = slots.iter().count();
        let mut ring_lengths = HashMap::new();
        slots.iter().for_each(|slot| count_skills(&mut ring_lengths, [None, Some(&slot.phone)]));
        Phones {
            exact: (len <= SMALL_MAX).then(|| Exact::of(&slots)),
            sorted: Sorted::of(&slots),
            len,
            ring_lengths,
            slots,
            unsorted: Unsorted::default(),
            settled: OnceLock::new(),
        }
    }
}

/// Counts the skills of a phone that was changed.
fn count_skills(ring_lengths: &mut HashMap<SkillId, usize>, [old, new]: [Option<&Phone>; 2]) {
    for held in new.into_iter().flat_map(|new| new.skills.iter()) {
        *ring_lengths.entry(held.skill()).or_default() += 1;
    }
    for held in old.into_iter().flat_map(|old| old.skills.iter()) {
        let length = ring_lengths.entry(held.skill()).or_default();
        *length -= 1;
        if *length == 0 {
            ring_lengths.remove(&held.skill());
        }
    }
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

/// The slot of a phone, if it is there.
pub fn get(slots: &Slots, id: PhoneId) -> Option<&Slot> {
    slots.get(place(slots, id)).filter(|slot| slot.id == id)
}

/// The phone that an index or table names.
pub fn of(slots: &Slots, id: PhoneId) -> &Phone {
    &get(slots, id).expect("an index names only phones that are there").phone
}
