//! The published ring lists of the accounts whose skills are asked for. A question finds them here
//! without IO and without the lock of an account, and also when the account is not in memory any more.
//! This module must not know the store, nor where credentials come from.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use directory::routing::{RingList, RingingPhone};
use directory::{Account, SkillId, SkillName};

use super::told::Kept;
use super::touched::Touched;
use crate::service::Clock;
use crate::service::clock::DAY_US;
use crate::store::AccountHead;

/// Memory that the lists of all accounts may take before those that were not asked for longest are
/// dropped: a million phones.
const BYTES_MAX: usize = 64 << 20;

/// What the answers that are kept beside them may fill it to.
const BYTES_WITH_ANSWERS: usize = BYTES_MAX / 2;

/// What is left after that, so that it is not due again at once.
const BYTES_LEFT: usize = BYTES_MAX / 8 * 7;

/// How precisely it is known when a list was asked for last.
const ASKED_PRECISION_US: i64 = 1_000_000;

/// About how many bytes a phone takes beside itself, if it is paused or has hours.
const SETTING_BYTES: usize = 256;

/// The published ring lists, by `userName`. Times are elapsed times of the service's clock, in
/// microseconds; below zero before it began.
pub struct Board {
    accounts: RwLock<HashMap<Box<str>, Arc<Rings>>>,
    shared: Arc<Shared>,
}

/// What all lists have in common.
struct Shared {
    clock: Arc<dyn Clock>,
    /// About the memory that they take.
    bytes: AtomicUsize,
}

/// The published ring lists of an account.
pub struct Rings {
    published: RwLock<Published>,
    /// When it was last known to be what the store has.
    confirmed_us: AtomicI64,
    shared: Arc<Shared>,
}

/// What is published of an account.
#[derive(Default)]
struct Published {
    /// What credentials are compared with; none of an account that was deleted.
    head: Option<Arc<AccountHead>>,
    /// The lists of skills that were asked for, and of their overflow skills.
    lists: HashMap<SkillId, Asked>,
    /// The skills that have, or had, these names.
    by_name: HashMap<SkillName, SkillId>,
}

/// A list, and when it was asked for last.
struct Asked {
    list: Arc<RingList>,
    last_us: AtomicI64,
    told: Arc<Kept>,
}

/// The bytes of a list, which are counted as long as it is published.
pub struct Size(AtomicUsize, Arc<Shared>);

/// What [`Rings::ask`] returns.
pub type AskedLists = (Vec<Arc<RingList>>, u64, Arc<Kept>);

/// What [`Rings::asked_since`] returns.
type AskedSince = (Arc<AccountHead>, Vec<(Arc<RingList>, i64)>);

impl Board {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let shared = Arc::new(Shared { clock, bytes: AtomicUsize::new(0) });
        Self { accounts: RwLock::default(), shared }
    }

    /// The lists of the account of that name, if any were asked for.
    pub fn get(&self, user_name: &str) -> Option<Arc<Rings>> {
        self.read().get(user_name).cloned()
    }

    pub fn all(&self) -> Vec<Arc<Rings>> {
        self.read().values().cloned().collect()
    }

    /// The lists of an account, as it is now. The caller holds the account's lock, so that the next
    /// change of it finds them.
    pub fn publish(&self, account: &Account) -> Arc<Rings> {
        let rings = self.open(account.profile.user_name.as_str());
        if rings.head().is_some_and(|head| head.id != account.id) {
            rings.clear();
        }
        rings.publish(account, &None);
        rings
    }

    /// The lists of the account of that name, none at first.
    pub fn open(&self, user_name: &str) -> Arc<Rings> {
        let new = || {
            let (published, shared) = (RwLock::default(), Arc::clone(&self.shared));
            Arc::new(Rings { published, confirmed_us: AtomicI64::new(i64::MIN), shared })
        };
        Arc::clone(self.write().entry(user_name.into()).or_insert_with(new))
    }

    /// Drops lists that were not asked for within the last day, and the least recently asked ones of
    /// those that take too much memory.
    pub fn tidy(&self) {
        let all = self.all();
        let mut since_us = self.now_us() - DAY_US;
        if self.is_over() {
            since_us = since_us.max(Self::since(&all, BYTES_LEFT));
        }
        for rings in all {
            rings.drop_before(since_us);
        }
        // Nobody finds those any more, so nobody can ask for a list of them.
        self.write()
            .retain(|_, rings| Arc::strong_count(rings) > 1 || !rings.read().lists.is_empty());
    }

    /// Since when all lists that were asked for take so many bytes at most.
    pub fn since(all: &[Arc<Rings>], bytes_max: usize) -> i64 {
        let mut lists: Vec<_> = all.iter().flat_map(|rings| rings.sizes()).collect();
        lists.sort_unstable_by_key(|(asked_us, _)| Reverse(*asked_us));
        let mut left = bytes_max;
        for (asked_us, bytes) in lists {
            match left.checked_sub(bytes) {
                Some(less) => left = less,
                None => return asked_us + 1,
            }
        }
        i64::MIN
    }

    /// Whether the lists take too much memory.
    pub fn is_over(&self) -> bool {
        self.bytes() > BYTES_MAX
    }

    /// About how many bytes they take.
    pub fn bytes(&self) -> usize {
        self.shared.bytes.load(Ordering::Relaxed)
    }

    pub fn now_us(&self) -> i64 {
        self.shared.now_us()
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<Box<str>, Arc<Rings>>> {
        self.accounts.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<Box<str>, Arc<Rings>>> {
        self.accounts.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rings {
    /// The account, and what credentials are compared with; none of one that was deleted.
    pub fn head(&self) -> Option<Arc<AccountHead>> {
        self.read().head.clone()
    }

    /// How long ago it was last known to be what the store has.
    pub fn age(&self) -> Duration {
        let age_us = self.shared.now_us().saturating_sub(self.confirmed_us());
        Duration::from_micros(u64::try_from(age_us).unwrap_or_default())
    }

    pub fn confirmed_us(&self) -> i64 {
        self.confirmed_us.load(Ordering::Relaxed)
    }

    /// Notes that it was what the store has.
    pub fn confirm(&self, at_us: i64) {
        self.confirmed_us.fetch_max(at_us, Ordering::Relaxed);
    }

    /// The list of a skill, by its id or its name, those of its overflow skills, and the version of the
    /// account, and what was told of the first one. None if one of them is not published.
    pub fn ask(&self, skill: &str) -> Option<AskedLists> {
        let now_us = self.shared.now_us();
        let published = self.read();
        let first = skill.parse().ok().or_else(|| published.named(skill))?;
        let mut lists: Vec<Arc<RingList>> = Vec::with_capacity(1);
        let (mut next, mut of_first) = (Some(first), None);
        while let Some(id) = next {
            let Asked { list, last_us, told } = published.lists.get(&id)?;
            of_first.get_or_insert(told);
            if now_us - last_us.load(Ordering::Relaxed) >= ASKED_PRECISION_US {
                last_us.store(now_us, Ordering::Relaxed);
            }
            lists.push(Arc::clone(list));
            // No skill twice: what a file says may be a circle.
            next = list.overflow.filter(|id| lists.iter().all(|list| list.skill != *id));
        }
        let version = published.head.as_ref()?.counters.version;
        Some((lists, version, Arc::clone(of_first?)))
    }

    /// Publishes the list of a skill and those of its overflow skills. The caller holds the account's
    /// lock, so that the next change of it finds them asked for.
    pub fn begin(&self, account: &Account, skill: SkillId) {
        self.make(account, vec![skill], &HashSet::new(), self.shared.now_us());
    }

    /// Publishes the account as it is now: the lists that were touched, and the keys. Only the account's
    /// writer calls this, or whoever makes these lists the account's.
    pub fn publish(&self, account: &Account, touched: &Touched) {
        let published = self.read();
        let is_wanted = |(id, asked): &(&SkillId, &Asked)| {
            touched.as_ref().is_none_or(|touched| touched.contains(id))
                || account.skills.name(**id) != Some(&asked.list.name)
        };
        let wanted = published.lists.iter().filter(is_wanted).map(|(id, _)| *id).collect();
        let known = published.lists.keys().copied().collect();
        // An overflow skill that is new here is asked for as lately as what leads to it.
        let lately_us = published.lists.values().map(Asked::at_us).max().unwrap_or_default();
        drop(published);
        self.make(account, wanted, &known, lately_us);
    }

    /// Publishes lists and those of their overflow skills that are not known, and the keys. What is new is
    /// asked for at that time.
    fn make(
        &self,
        account: &Account,
        mut wanted: Vec<SkillId>,
        known: &HashSet<SkillId>,
        asked_us: i64,
    ) {
        let mut made = HashMap::new();
        while let Some(id) = wanted.pop() {
            let list = RingList::of(account, id);
            let overflow = list.as_ref().and_then(|list| list.overflow);
            wanted.extend(overflow.filter(|id| !known.contains(id) && !made.contains_key(id)));
            made.insert(id, list.map(Arc::new));
        }
        let head = Some(Arc::new(AccountHead::of(account)));
        // Dropped after the lock.
        let mut replaced = Vec::new();
        let mut published = self.write();
        published.head = head;
        for (id, list) in made {
            let before = published.lists.remove(&id);
            if let Some(list) = list {
                self.put(&mut published, list, before.as_ref().map_or(asked_us, Asked::at_us));
            }
            replaced.extend(before);
        }
        drop(published);
    }

    /// Fills it with what was known at another time.
    pub fn restore(&self, head: AccountHead, lists: impl Iterator<Item = (Arc<RingList>, i64)>) {
        let mut published = self.write();
        published.head = Some(Arc::new(head));
        for (list, asked_us) in lists {
            self.put(&mut published, list, asked_us);
        }
    }

    /// Forgets all, as the account was deleted.
    pub fn clear(&self) {
        *self.write() = Published::default();
    }

    /// The account and the lists that were asked for since then, each with the time; none if there is no
    /// list.
    pub fn asked_since(&self, since_us: i64) -> Option<AskedSince> {
        let published = self.read();
        let asked = published.lists.values().filter(|asked| asked.at_us() >= since_us);
        let lists: Vec<_> = asked.map(|asked| (Arc::clone(&asked.list), asked.at_us())).collect();
        (!lists.is_empty()).then_some((published.head.clone()?, lists))
    }

    /// When each list was asked for last, and its bytes.
    pub fn sizes(&self) -> Vec<(i64, usize)> {
        self.read().lists.values().map(|asked| (asked.at_us(), asked.told.bytes())).collect()
    }

    /// What is published, for a moment: nobody can ask meanwhile if something is being published.
    fn read(&self) -> RwLockReadGuard<'_, Published> {
        self.published.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Published> {
        self.published.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops the lists that were asked for before that time only.
    fn drop_before(&self, since_us: i64) {
        if self.sizes().iter().all(|(asked_us, _)| *asked_us >= since_us) {
            return;
        }
        let mut published = self.write();
        let gone: Vec<_> =
            published.lists.extract_if(|_, asked| asked.at_us() < since_us).collect();
        let Published { lists, by_name, .. } = &mut *published;
        by_name.retain(|name, id| lists.get(id).is_some_and(|asked| asked.list.name == *name));
        drop(published);
        drop(gone);
    }

    fn put(&self, published: &mut Published, list: Arc<RingList>, asked_us: i64) {
        let told = Arc::new(Kept::new(list.is_steady(), Size::of(&list, &self.shared)));
        let last_us = AtomicI64::new(asked_us);
        published.by_name.insert(list.name.clone(), list.skill);
        published.lists.insert(list.skill, Asked { list, last_us, told });
    }
}

impl Published {
    /// The skill that has that name now, if its list is here.
    fn named(&self, name: &str) -> Option<SkillId> {
        let asked = self.lists.get(self.by_name.get(name)?)?;
        (asked.list.name.as_str() == name).then_some(asked.list.skill)
    }
}

impl Asked {
    fn at_us(&self) -> i64 {
        self.last_us.load(Ordering::Relaxed)
    }
}

impl Shared {
    fn now_us(&self) -> i64 {
        i64::try_from(self.clock.elapsed().as_micros()).unwrap_or(i64::MAX)
    }
}

impl Size {
    /// About how many bytes of memory a list takes.
    fn of(list: &RingList, shared: &Arc<Shared>) -> Self {
        let of_phone = |phone: &RingingPhone| {
            let settings = usize::from(phone.pause.is_some()) + usize::from(phone.hours.is_some());
            size_of::<RingingPhone>() + phone.name.as_str().len() + settings * SETTING_BYTES
        };
        let phones: usize = list.phones.iter().map(of_phone).sum();
        let bytes = size_of::<RingList>() + 2 * SETTING_BYTES + phones;
        shared.bytes.fetch_add(bytes, Ordering::Relaxed);
        Self(AtomicUsize::new(bytes), Arc::clone(shared))
    }

    pub fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts so many bytes more, of an answer, unless there is no place for it.
    pub fn grow(&self, by: usize) -> bool {
        let has_place = self.1.bytes.load(Ordering::Relaxed) + by <= BYTES_WITH_ANSWERS;
        if has_place {
            self.0.fetch_add(by, Ordering::Relaxed);
            self.1.bytes.fetch_add(by, Ordering::Relaxed);
        }
        has_place
    }
}

impl fmt::Debug for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.bytes())
    }
}

impl Drop for Size {
    fn drop(&mut self) {
        self.1.bytes.fetch_sub(self.bytes(), Ordering::Relaxed);
    }
}
