//! Which phones have a number or a name in a view.

use std::collections::BTreeSet;
use std::hash::Hash;

use hashbrown::{Equivalent, HashMap};

use crate::value::PhoneId;

/// The phones that have a number, or a folded name, as far as changes are staged.
///
/// After a whole request each is that of one phone. Between its changes two may have the same one,
/// as where they exchange theirs.
#[derive(Clone)]
pub struct Holders<K> {
    /// The phone that got it last, or none if it is free.
    newest: HashMap<K, Option<PhoneId>>,
    /// The other phones that have it.
    others: BTreeSet<(K, PhoneId)>,
}

impl<K> Default for Holders<K> {
    fn default() -> Self {
        Self { newest: HashMap::new(), others: BTreeSet::new() }
    }
}

impl<K: Clone + Eq + Hash + Ord> Holders<K> {
    /// The phone that got it last, if anything is staged.
    pub fn get<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> Option<&Option<PhoneId>> {
        self.newest.get(key)
    }

    /// Whether nothing is staged.
    pub fn is_empty(&self) -> bool {
        self.newest.is_empty()
    }

    /// Whether two phones have the same one.
    pub fn has_collisions(&self) -> bool {
        !self.others.is_empty()
    }

    /// A phone has another one from now on. `below` has the new one as far as nothing is staged.
    pub fn replace(&mut self, id: PhoneId, [old, new]: [Option<K>; 2], below: Option<PhoneId>) {
        if let Some(old) = old {
            self.release(old, id);
        }
        if let Some(new) = new {
            let holder = self.newest.insert(new.clone(), Some(id)).unwrap_or(below);
            self.others.extend(holder.filter(|other| *other != id).map(|other| (new, other)));
        }
    }

    fn release(&mut self, key: K, id: PhoneId) {
        if self.others.is_empty() {
            self.newest.insert(key, None);
            return;
        }
        let held = (key, id);
        if self.others.remove(&held) {
            return;
        }
        let first = (held.0, PhoneId(0));
        let next = self.others.range(&first..).next().filter(|(key, _)| *key == first.0).cloned();
        let next = next.and_then(|next| self.others.take(&next)).map(|(_, id)| id);
        self.newest.insert(first.0, next);
    }

    /// Reserves memory for `count` more.
    pub fn reserve(&mut self, count: usize) {
        self.newest.reserve(count);
    }
}
