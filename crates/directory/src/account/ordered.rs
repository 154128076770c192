//! Sorted sequences that are cheap to change and to copy.

use std::mem;
use std::sync::Arc;

use smallvec::SmallVec;

/// An item of a sequence.
pub trait Item: Clone {
    /// What its place is found by.
    type Key: Copy + std::fmt::Debug;

    /// The key of this item.
    fn key(&self) -> Self::Key;
}

/// A sorted sequence in chunks of at most `CHUNK` items.
///
/// A place is found by binary search. An insertion or removal moves items of one chunk only, so it
/// takes about as long in a long sequence as in a short one, and nothing is ever rebuilt. A clone
/// shares all chunks, and a chunk is copied when it is changed while a clone has it.
#[derive(Debug, Clone)]
pub struct Ordered<T: Item, const CHUNK: usize> {
    chunks: Vec<Chunk<T, CHUNK>>,
}

/// Some items, never more than have room within the allocation. The last key stands beside the
/// others' ones, so that a search reads little memory.
#[derive(Debug, Clone)]
struct Chunk<T: Item, const CHUNK: usize> {
    last: T::Key,
    items: Arc<Items<T, CHUNK>>,
}

type Items<T, const CHUNK: usize> = SmallVec<[T; CHUNK]>;

impl<T: Item, const CHUNK: usize> Chunk<T, CHUNK> {
    fn of(items: Items<T, CHUNK>) -> Self {
        let last = items.last().expect("no chunk is empty").key();
        Self { last, items: Arc::new(items) }
    }

    /// Changes the items, of which some must remain.
    fn change(&mut self, change: impl FnOnce(&mut Items<T, CHUNK>)) {
        let items = Arc::make_mut(&mut self.items);
        change(items);
        self.last = items.last().expect("no chunk is empty").key();
    }
}

/// A place in a sequence: of an item, or where to insert one. A change of the sequence ends it.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    chunk: usize,
    offset: usize,
}

impl<T: Item, const CHUNK: usize> Default for Ordered<T, CHUNK> {
    fn default() -> Self {
        Self { chunks: Vec::new() }
    }
}

impl<T: Item, const CHUNK: usize> Ordered<T, CHUNK> {
    /// A neighbour is joined to a chunk that has become shorter than this.
    const JOINED_BELOW: usize = CHUNK / 4;

    /// The first item.
    pub fn first(&self) -> Option<&T> {
        self.chunks.first()?.items.first()
    }

    /// The item at a place.
    pub fn get(&self, at: Place) -> Option<&T> {
        self.chunks.get(at.chunk)?.items.get(at.offset)
    }

    /// The same, to be changed. It must keep its key.
    fn get_mut(&mut self, at: Place) -> Option<&mut T> {
        Arc::make_mut(&mut self.chunks.get_mut(at.chunk)?.items).get_mut(at.offset)
    }

    /// The place of the item with that index, if all chunks before it are full.
    pub fn guess(index: usize) -> Place {
        Place { chunk: index / CHUNK, offset: index % CHUNK }
    }

    /// The place of the first item for which `is_before` is false, as it is for all after it.
    pub fn seek(&self, is_before: impl Fn(T::Key) -> bool) -> Place {
        let chunk = self.chunks.partition_point(|chunk| is_before(chunk.last));
        let offset =
            |chunk: &Chunk<T, CHUNK>| chunk.items.partition_point(|item| is_before(item.key()));
        Place { chunk, offset: self.chunks.get(chunk).map_or(0, offset) }
    }

    /// Inserts an item before the one at that place.
    pub fn insert(&mut self, at: Place, item: T) {
        let Place { mut chunk, mut offset } = at;
        match chunk.checked_sub(1).map(|before| self.chunks[before].items.len()) {
            Some(length) if offset == 0 && length < CHUNK => (chunk, offset) = (chunk - 1, length),
            _ if chunk == self.chunks.len() => {
                return self.chunks.push(Chunk::of(std::iter::once(item).collect()));
            }
            _ => {}
        }
        let full = &mut self.chunks[chunk];
        if full.items.len() < CHUNK {
            return full.change(|items| items.insert(offset, item));
        }
        // Items often come in their order: then the lower chunk remains nearly full.
        let length = offset.clamp(CHUNK / 2, CHUNK - CHUNK / 8);
        let mut upper = Items::new();
        full.change(|items| {
            upper.extend(items.drain(length..));
            match offset.checked_sub(length) {
                None | Some(0) => items.insert(offset, item),
                Some(offset) => upper.insert(offset, item),
            }
        });
        self.chunks.insert(chunk + 1, Chunk::of(upper));
    }

    /// Removes the item at a place.
    pub fn remove(&mut self, at: Place) {
        let chunk = &mut self.chunks[at.chunk];
        if chunk.items.len() == 1 {
            self.chunks.remove(at.chunk);
            return;
        }
        chunk.change(|items| drop(items.remove(at.offset)));
        if chunk.items.len() < Self::JOINED_BELOW {
            self.join(at.chunk);
            self.join(at.chunk.saturating_sub(1));
        }
    }

    /// Inserts, replaces or removes the only item with a key, of which this is the place. Returns the
    /// one that was there.
    pub fn set(&mut self, at: Place, key: T::Key, item: Option<T>) -> Option<T>
    where
        T::Key: PartialEq,
    {
        let is_there = self.get(at).is_some_and(|there| there.key() == key);
        match item {
            Some(item) if is_there => {
                return self.get_mut(at).map(|there| mem::replace(there, item));
            }
            Some(item) => self.insert(at, item),
            None if is_there => {
                let old = self.get(at).cloned();
                self.remove(at);
                return old;
            }
            None => {}
        }
        None
    }

    /// Adds items that belong after all of these.
    pub fn append(&mut self, other: Self) {
        let end = self.chunks.len();
        self.chunks.extend(other.chunks);
        self.join(end.saturating_sub(1));
    }

    /// Joins a chunk and the next one, if both together are short.
    fn join(&mut self, chunk: usize) {
        let Some([one, next]) = self.chunks.get_mut(chunk..chunk + 2) else { return };
        if one.items.len() + next.items.len() <= CHUNK / 2 {
            one.change(|items| items.extend(next.items.iter().cloned()));
            self.chunks.remove(chunk + 1);
        }
    }

    /// The items from one place up to another.
    pub fn range(&self, begin: Place, end: Place) -> impl DoubleEndedIterator<Item = &T> {
        let last = self.chunks.len().min(end.chunk + 1);
        let chunks = self.chunks[begin.chunk.min(last)..last].iter().enumerate();
        chunks.flat_map(move |(index, Chunk { items, .. })| {
            let from = if index == 0 { begin.offset } else { 0 };
            let to = if begin.chunk + index == end.chunk { end.offset } else { items.len() };
            &items[from..to.max(from)]
        })
    }

    /// All items.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.items.iter())
    }

    /// How many items there are from one place up to a later one. Looks at each chunk.
    pub fn distance(&self, begin: Place, end: Place) -> usize {
        let chunks = self.chunks[begin.chunk..end.chunk].iter();
        chunks.map(|chunk| chunk.items.len()).sum::<usize>() + end.offset - begin.offset
    }

    /// The most that this can be, without a look at the chunks.
    pub fn distance_max(begin: Place, end: Place) -> usize {
        (end.chunk.saturating_sub(begin.chunk) * CHUNK + end.offset).saturating_sub(begin.offset)
    }

    /// Bytes of memory, without what items have on the heap.
    pub fn bytes(&self) -> usize {
        const COUNTS_BYTES: usize = 16;
        self.chunks.len()
            * (size_of::<Chunk<T, CHUNK>>() + COUNTS_BYTES + size_of::<Items<T, CHUNK>>())
    }
}

/// Items that are sorted already, in full chunks.
impl<T: Item, const CHUNK: usize> FromIterator<T> for Ordered<T, CHUNK> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut items = items.into_iter().peekable();
        let mut chunks = Vec::new();
        while items.peek().is_some() {
            chunks.push(Chunk::of(items.by_ref().take(CHUNK).collect()));
        }
        Self { chunks }
    }
}
