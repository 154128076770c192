//! The published ring lists of the accounts whose skills are asked for. A question finds them here
//! without IO and without the lock of an account, and also when the account is not in memory any more.
//! This module must not know the store, nor where credentials come from.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use directory::routing::{RingList, RingingPhone, Subject};
use directory::{Account, AccountId, Assignment, Change, Phone, PhoneId, SkillId, SkillName};

use crate::service::clock::DAY_US;
use crate::store::{AccountHead, StampedChange};

/// Memory that the lists of all accounts may take before those that were not asked for longest are
/// dropped: a million phones.
const BYTES_MAX: usize = 64 << 20;

/// What is left after that, so that it is not due again at once.
const BYTES_LEFT: usize = BYTES_MAX / 8 * 7;

/// How precisely it is known when a list was asked for last.
const ASKED_PRECISION_US: i64 = 1_000_000;

/// About how many bytes a phone takes beside itself, if it is paused or has hours.
const SETTING_BYTES: usize = 256;

/// The published ring lists, by `userName`. Times are elapsed times of the service's clock, in
/// microseconds; below zero before it began.
#[derive(Default)]
pub struct Board {
    accounts: RwLock<HashMap<Box<str>, Arc<Rings>>>,
    totals: Arc<Totals>,
}

/// What all lists amount to.
#[derive(Default)]
struct Totals {
    bytes: AtomicUsize,
    /// Rises with each change of what is published.
    changes: AtomicU64,
}

/// The published ring lists of an account.
pub struct Rings {
    user_name: Box<str>,
    published: RwLock<Published>,
    /// When it was last known to be what the store has.
    confirmed_us: AtomicI64,
    totals: Arc<Totals>,
}

/// What is published of an account.
#[derive(Default)]
struct Published {
    /// What credentials are compared with; none of an account that was deleted.
    head: Option<Arc<AccountHead>>,
    /// The version of the account.
    version: u64,
    /// The lists of skills that were asked for, and of their overflow skills.
    lists: HashMap<SkillId, Asked>,
    by_name: HashMap<SkillName, SkillId>,
}

/// A list, about how many bytes of memory it takes, and when it was asked for last.
struct Asked {
    list: Arc<RingList>,
    bytes: usize,
    last_us: AtomicI64,
}

/// What [`Rings::asked_since`] returns.
type AskedSince = (Arc<AccountHead>, u64, Vec<(Arc<RingList>, i64)>);

/// The lists that a change may have touched.
pub enum Touched {
    All,
    Of(HashSet<SkillId>),
}

impl Touched {
    /// Those that these changes of the account touch, which has not changed yet.
    pub fn by(changes: &[StampedChange], account: &Account) -> Self {
        let mut skills = HashSet::new();
        for StampedChange { change, .. } in changes {
            match change {
                Change::Phone { before, after, .. } => {
                    skills.extend(before.iter().chain(after).flat_map(skills_of));
                }
                Change::Skill { id, .. } => drop(skills.insert(*id)),
                Change::Routing { subject, .. } => match subject {
                    Subject::Account => return Self::All,
                    Subject::Skill(id) => drop(skills.insert(*id)),
                    Subject::Phone(id) => {
                        skills.extend(account.phones.get(*id).into_iter().flat_map(skills_of));
                    }
                },
                Change::AccountDeleted(_) => return Self::All,
                Change::Profile { .. } | Change::Key { .. } | Change::Token { .. } => {}
            }
        }
        Self::Of(skills)
    }

    /// Those of phones that are replaced by these.
    pub fn by_phones(phones: &[(PhoneId, Option<(Phone, u64)>)], account: &Account) -> Self {
        let now = phones.iter().filter_map(|(_, phone)| phone.as_ref().map(|(phone, _)| phone));
        let before = phones.iter().filter_map(|(id, _)| account.phones.get(*id));
        Self::Of(now.chain(before).flat_map(skills_of).collect())
    }

    fn has(&self, skill: SkillId) -> bool {
        match self {
            Self::All => true,
            Self::Of(skills) => skills.contains(&skill),
        }
    }
}

fn skills_of(phone: &Phone) -> impl Iterator<Item = SkillId> {
    phone.skills.iter().map(Assignment::skill)
}

impl Board {
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
        if rings.version().is_some_and(|(id, _)| id != account.id) {
            rings.clear();
        }
        rings.publish(account, &Touched::All);
        rings
    }

    /// The lists of the account of that name, none at first.
    pub fn open(&self, user_name: &str) -> Arc<Rings> {
        let mut accounts = self.write();
        let new = || {
            Arc::new(Rings {
                user_name: user_name.into(),
                published: RwLock::default(),
                confirmed_us: AtomicI64::new(i64::MIN),
                totals: Arc::clone(&self.totals),
            })
        };
        Arc::clone(accounts.entry(user_name.into()).or_insert_with(new))
    }

    /// Drops lists that were not asked for within the last day, and the least recently asked ones of
    /// those that take too much memory.
    pub fn tidy(&self, now_us: i64) {
        let all = self.all();
        let mut since_us = now_us - DAY_US;
        if self.is_over() {
            since_us = since_us.max(Self::since(&all, BYTES_LEFT));
        }
        for rings in &all {
            rings.retain(|asked| asked.at_us() >= since_us);
        }
        drop(all);
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
        self.totals.bytes.load(Ordering::Relaxed)
    }

    /// A number that rises whenever what is published changes.
    pub fn changes(&self) -> u64 {
        self.totals.changes.load(Ordering::Relaxed)
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<Box<str>, Arc<Rings>>> {
        self.accounts.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<Box<str>, Arc<Rings>>> {
        self.accounts.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rings {
    pub fn user_name(&self) -> &str {
        &self.user_name
    }

    /// The account and its version; none that was deleted.
    pub fn version(&self) -> Option<(AccountId, u64)> {
        let published = self.read();
        published.head.as_ref().map(|head| (head.id, published.version))
    }

    /// What credentials are compared with.
    pub fn head(&self) -> Option<Arc<AccountHead>> {
        self.read().head.clone()
    }

    /// How long ago it was last known to be what the store has.
    pub fn age(&self, now_us: i64) -> Duration {
        let age_us = now_us.saturating_sub(self.confirmed_us.load(Ordering::Relaxed));
        Duration::from_micros(u64::try_from(age_us).unwrap_or_default())
    }

    /// Notes that it was what the store has.
    pub fn confirm(&self, at_us: i64) {
        self.confirmed_us.fetch_max(at_us, Ordering::Relaxed);
    }

    /// When one of the lists was asked for last.
    pub fn asked_us(&self) -> Option<i64> {
        self.sizes().into_iter().map(|(asked_us, _)| asked_us).max()
    }

    /// The list of a skill, by its id or its name, those of its overflow skills, and the version of the
    /// account. None if one of them is not published.
    pub fn ask(&self, skill: &str, now_us: i64) -> Option<(Vec<Arc<RingList>>, u64)> {
        let published = self.read();
        let first = skill.parse().ok().or_else(|| published.by_name.get(skill).copied())?;
        let mut lists = Vec::with_capacity(1);
        let mut next = Some(first);
        while let Some(id) = next {
            let Asked { list, last_us, .. } = published.lists.get(&id)?;
            if now_us - last_us.load(Ordering::Relaxed) >= ASKED_PRECISION_US {
                last_us.store(now_us, Ordering::Relaxed);
            }
            next = overflow(list, &lists);
            lists.push(Arc::clone(list));
        }
        Some((lists, published.version))
    }

    /// Publishes the list of a skill and those of its overflow skills. The caller holds the account's
    /// lock, so that the next change of it finds them asked for.
    pub fn begin(&self, account: &Account, skill: SkillId, now_us: i64) -> Vec<Arc<RingList>> {
        let mut lists = Vec::with_capacity(1);
        let mut next = Some(skill);
        while let Some(id) = next {
            let Some(list) = RingList::of(account, id).map(Arc::new) else { break };
            next = overflow(&list, &lists);
            lists.push(list);
        }
        let mut published = self.write();
        for list in &lists {
            self.put(&mut published, Arc::clone(list), now_us);
        }
        lists
    }

    /// Publishes the account as it is now: the lists that were touched, and the keys. Only the account's
    /// writer calls this, or whoever makes these lists the account's.
    pub fn publish(&self, account: &Account, touched: &Touched) {
        let (mut wanted, asked, head) = {
            let published = self.read();
            let asked: HashSet<_> = published.lists.keys().copied().collect();
            let is_wanted = |(id, asked): &(&SkillId, &Asked)| {
                touched.has(**id) || account.skills.name(**id) != Some(&asked.list.name)
            };
            let wanted: Vec<_> =
                published.lists.iter().filter(is_wanted).map(|(id, _)| *id).collect();
            (wanted, asked, published.head.clone())
        };
        let mut made = HashMap::new();
        while let Some(id) = wanted.pop() {
            let list = RingList::of(account, id).map(Arc::new);
            let overflow = list.as_ref().and_then(|list| list.overflow);
            wanted.extend(overflow.filter(|id| !asked.contains(id) && !made.contains_key(id)));
            made.insert(id, list);
        }
        let is_known = |head: &AccountHead| {
            head.id == account.id && head.profile == account.profile && head.keys == account.keys
        };
        let head = head.filter(|head| is_known(head)).unwrap_or_else(|| {
            self.totals.changes.fetch_add(1, Ordering::Relaxed);
            Arc::new(AccountHead::of(account))
        });
        let mut published = self.write();
        (published.head, published.version) = (Some(head), account.counters.version);
        // An overflow skill that is new here is asked for as lately as what leads to it.
        let lately_us = published.lists.values().map(Asked::at_us).max().unwrap_or_default();
        for (id, list) in made {
            let before = self.take(&mut published, id);
            if let Some(list) = list {
                self.put(&mut published, list, before.map_or(lately_us, |before| before.at_us()));
            }
        }
    }

    /// Fills it with what was known at another time.
    pub fn restore(&self, head: AccountHead, lists: impl Iterator<Item = (RingList, i64)>) {
        let mut published = self.write();
        published.version = head.counters.version;
        published.head = Some(Arc::new(head));
        for (list, asked_us) in lists {
            self.put(&mut published, Arc::new(list), asked_us);
        }
    }

    /// Forgets all, as the account was deleted.
    pub fn clear(&self) {
        self.retain(|_| false);
        *self.write() = Published::default();
        self.totals.changes.fetch_add(1, Ordering::Relaxed);
    }

    /// The account, its version, and the lists that were asked for since then, each with the time; none if
    /// there is no list.
    pub fn asked_since(&self, since_us: i64) -> Option<AskedSince> {
        let published = self.read();
        let asked = published.lists.values().filter(|asked| asked.at_us() >= since_us);
        let lists: Vec<_> = asked.map(|asked| (Arc::clone(&asked.list), asked.at_us())).collect();
        (!lists.is_empty()).then_some((published.head.clone()?, published.version, lists))
    }

    /// How many lists there are.
    pub fn len(&self) -> usize {
        self.read().lists.len()
    }

    /// What is published, for a moment: nobody can ask meanwhile if something is being published.
    fn read(&self) -> RwLockReadGuard<'_, Published> {
        self.published.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Published> {
        self.published.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// When each list was asked for last, and its bytes.
    fn sizes(&self) -> Vec<(i64, usize)> {
        self.read().lists.values().map(|asked| (asked.at_us(), asked.bytes)).collect()
    }

    fn retain(&self, is_kept: impl Fn(&Asked) -> bool) {
        let gone = |published: &Published| -> Vec<SkillId> {
            let lists = published.lists.iter();
            lists.filter(|(_, asked)| !is_kept(asked)).map(|(id, _)| *id).collect()
        };
        if gone(&self.read()).is_empty() {
            return;
        }
        let mut published = self.write();
        for id in gone(&published) {
            self.take(&mut published, id);
        }
    }

    fn put(&self, published: &mut Published, list: Arc<RingList>, asked_us: i64) {
        self.take(published, list.skill);
        let bytes = bytes(&list);
        self.totals.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.totals.changes.fetch_add(1, Ordering::Relaxed);
        published.by_name.insert(list.name.clone(), list.skill);
        let last_us = AtomicI64::new(asked_us);
        published.lists.insert(list.skill, Asked { list, bytes, last_us });
    }

    fn take(&self, published: &mut Published, skill: SkillId) -> Option<Asked> {
        let taken = published.lists.remove(&skill)?;
        // Another skill may have got its name already.
        if published.by_name.get(&taken.list.name) == Some(&skill) {
            published.by_name.remove(&taken.list.name);
        }
        self.totals.bytes.fetch_sub(taken.bytes, Ordering::Relaxed);
        self.totals.changes.fetch_add(1, Ordering::Relaxed);
        Some(taken)
    }
}

impl Drop for Rings {
    fn drop(&mut self) {
        self.retain(|_| false);
    }
}

impl Asked {
    fn at_us(&self) -> i64 {
        self.last_us.load(Ordering::Relaxed)
    }
}

/// The skill to go on with, unless it was passed already.
fn overflow(list: &RingList, before: &[Arc<RingList>]) -> Option<SkillId> {
    let is_new = |id: &SkillId| *id != list.skill && before.iter().all(|list| list.skill != *id);
    list.overflow.filter(is_new)
}

/// About how many bytes of memory a list takes.
fn bytes(list: &RingList) -> usize {
    let of_phone = |phone: &RingingPhone| {
        let settings = usize::from(phone.pause.is_some()) + usize::from(phone.hours.is_some());
        size_of::<RingingPhone>() + phone.name.as_str().len() + settings * SETTING_BYTES
    };
    size_of::<RingList>() + 2 * SETTING_BYTES + list.phones.iter().map(of_phone).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use directory::{Counters, PhoneName, PhoneNumber, Profile, UserName};

    use super::*;

    /// An account with a skill of so many phones.
    fn account(phones: u32) -> Account {
        let profile = Profile::new(UserName::parse("acme").unwrap(), [0; 32]);
        let mut account = Account::new(AccountId(1), profile, Counters::NEW);
        account.skills.set(SkillId(1), SkillName::parse("Sales").unwrap(), 1);
        for id in 1..=phones {
            let number = PhoneNumber::parse(&format!("9198{id:08}")).unwrap();
            let name = PhoneName::parse(&format!("Agent-{id}")).unwrap();
            let skills = [Assignment::new(SkillId(1), id.into())].into_iter().collect();
            account.set_phone(PhoneId(id), Some((Phone { number, name, skills }, 1)));
        }
        account
    }

    #[test]
    fn keeps_what_was_asked_for_last_within_its_memory() {
        const ACCOUNTS: u32 = 300;
        let (board, mut account) = (Board::default(), account(5_000));
        for asked in 1..=ACCOUNTS {
            account.id = AccountId(asked);
            account.profile.user_name = UserName::parse(&format!("acme-{asked}")).unwrap();
            let rings = board.publish(&account);
            rings.begin(&account, SkillId(1), i64::from(asked));
            drop(rings);
            if board.is_over() {
                board.tidy(i64::from(asked));
            }
            assert!(board.bytes() <= BYTES_MAX);
        }
        let kept = board.all();
        assert!((100..300).contains(&kept.len()), "{}", kept.len());
        let first = ACCOUNTS + 1 - u32::try_from(kept.len()).unwrap();
        assert!((first..=ACCOUNTS).all(|asked| board.get(&format!("acme-{asked}")).is_some()));
        drop(kept);
        board.tidy(DAY_US + i64::from(ACCOUNTS) + 1);
        assert_eq!((board.bytes(), board.all().len()), (0, 0));
    }
}
