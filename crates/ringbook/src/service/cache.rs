//! The cache of accounts. This module must not know the store or the rules.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};

use directory::{Account, AccountId, KeyId};
use tokio::sync::watch;

use super::call_log::CallLog;
use super::routing::{Board, Rings, Touched};

/// Memory that accounts may take before the least recently used ones are dropped: about 15 million
/// phones.
const ACCOUNT_BYTES_MAX: usize = 2 << 30;

/// Rows that are changed under the lock, in a millisecond at most. More are changed in a copy.
const LOCKED_ROWS_MAX: usize = 500;

/// A cached account. Only the writer changes it, and only after a commit.
pub struct CachedAccount {
    pub id: AccountId,
    account: RwLock<Arc<Account>>,
    is_deleted: AtomicBool,
    bytes: AtomicUsize,
    used_us: AtomicI64,
    versions: watch::Sender<u64>,
    /// The last uses of its keys that are not in the store yet, microseconds UTC.
    key_uses: Mutex<HashMap<KeyId, i64>>,
    /// Its published ring lists, once somebody has asked for one.
    rings: OnceLock<Arc<Rings>>,
}

impl CachedAccount {
    fn new(account: Account) -> Self {
        Self {
            id: account.id,
            bytes: AtomicUsize::new(account.bytes()),
            versions: watch::Sender::new(account.counters.version),
            account: RwLock::new(Arc::new(account)),
            is_deleted: AtomicBool::new(false),
            used_us: AtomicI64::new(0),
            key_uses: Mutex::default(),
            rings: OnceLock::new(),
        }
    }

    /// Locks the account for reading. The guard is never held across an await or a commit, nor while
    /// many phones are looked at.
    pub fn read(&self) -> RwLockReadGuard<'_, Arc<Account>> {
        self.account.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The account as it is now, to be read at leisure: no lock is held.
    pub fn snapshot(&self) -> Arc<Account> {
        Arc::clone(&self.read())
    }

    fn write(&self) -> RwLockWriteGuard<'_, Arc<Account>> {
        self.account.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the account by that many rows and announces its version. Only the writer calls this.
    ///
    /// Readers wait while a few rows are changed. Many rows are changed in a copy that takes the
    /// place of the account afterwards, so that nobody waits for them, and so are a few while
    /// somebody has a snapshot. A copy shares the phones that remain as they are.
    pub fn change(&self, rows: usize, touched: &Touched, change: impl FnOnce(&mut Account)) {
        if rows <= LOCKED_ROWS_MAX {
            let mut guard = self.write();
            if let Some(account) = Arc::get_mut(&mut guard) {
                change(account);
                let version = account.counters.version;
                drop(guard);
                self.publish(touched);
                self.versions.send_replace(version);
                return;
            }
        }
        let mut copy = Account::clone(&self.snapshot());
        change(&mut copy);
        self.put(copy, touched);
    }

    /// Puts another state in the place of the account. The old one is freed after the lock.
    fn put(&self, account: Account, touched: &Touched) {
        let version = account.counters.version;
        let old = std::mem::replace(&mut *self.write(), Arc::new(account));
        drop(old);
        self.publish(touched);
        self.versions.send_replace(version);
    }

    /// Publishes the ring lists that somebody asks for and that were touched. Only the writer changes
    /// the account, so nobody waits for this lock.
    fn publish(&self, touched: &Touched) {
        if let Some(rings) = self.rings.get().filter(|_| !self.is_deleted()) {
            rings.publish(&self.read(), touched);
        }
    }

    /// The ring lists that a change touches, which `by` tells of the account as it is before; if nobody
    /// asks for any, no matter which.
    pub fn touched(&self, by: impl FnOnce(&Account) -> Touched) -> Touched {
        // Those that are asked for meanwhile may be older than the change.
        if self.rings.get().is_some() { by(&self.read()) } else { None }
    }

    /// Its published ring lists, from now on kept as the account is; none of a deleted account.
    pub fn rings_on(&self, board: &Board) -> Option<&Arc<Rings>> {
        let rings = self.rings.get().or_else(|| {
            // The writer waits for this guard, and then finds them.
            let account = self.read();
            (!self.is_deleted()).then(|| self.rings.get_or_init(|| board.publish(&account)))
        });
        rings.filter(|_| !self.is_deleted())
    }

    pub fn versions(&self) -> watch::Receiver<u64> {
        self.versions.subscribe()
    }

    pub fn version(&self) -> u64 {
        self.read().counters.version
    }

    pub fn is_deleted(&self) -> bool {
        self.is_deleted.load(Ordering::Acquire)
    }

    /// Replaces the account by a newly loaded one.
    pub fn replace(&self, account: Account) {
        self.bytes.store(account.bytes(), Ordering::Relaxed);
        self.put(account, &None);
    }

    /// Notes that one of its keys is used.
    pub fn note_key_use(&self, key: KeyId, now_us: i64) {
        self.uses().insert(key, now_us);
    }

    /// The last uses of its keys that are not in the store yet.
    pub fn key_uses(&self) -> HashMap<KeyId, i64> {
        self.uses().clone()
    }

    /// Takes the last uses of its keys since the previous call.
    pub fn take_key_uses(&self) -> HashMap<KeyId, i64> {
        std::mem::take(&mut *self.uses())
    }

    /// Puts back uses that were taken and could not be stored. Later ones stay.
    pub fn put_back_key_uses(&self, uses: HashMap<KeyId, i64>) {
        let mut noted = self.uses();
        for (key, used_us) in uses {
            noted.entry(key).or_insert(used_us);
        }
    }

    fn uses(&self) -> MutexGuard<'_, HashMap<KeyId, i64>> {
        self.key_uses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that it is used.
    pub fn touch(&self, now_us: i64) {
        self.used_us.store(now_us, Ordering::Relaxed);
    }
}

/// The accounts in memory, by `userName`.
#[derive(Default)]
pub struct AccountCache {
    accounts: RwLock<HashMap<Box<str>, Arc<CachedAccount>>>,
    /// Their last calls, which are forgotten with them: nobody would tell what is erased meanwhile.
    pub calls: CallLog,
}

impl AccountCache {
    /// The account of that name, if it is in memory.
    pub fn get(&self, user_name: &str) -> Option<Arc<CachedAccount>> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.get(user_name).cloned()
    }

    pub fn all(&self) -> Vec<Arc<CachedAccount>> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.values().cloned().collect()
    }

    /// How many accounts are in memory, and the bytes that they took when they were loaded.
    pub fn usage(&self) -> (usize, usize) {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        (accounts.len(), accounts.values().map(|cached| cached.bytes.load(Ordering::Relaxed)).sum())
    }

    /// Inserts a loaded account, and drops the least recently used ones if they take too much. If
    /// another thread was faster, its entry stays, so that each account has one.
    pub fn insert(&self, account: Account) -> Arc<CachedAccount> {
        let user_name: Box<str> = account.profile.user_name.as_str().into();
        let new = Arc::new(CachedAccount::new(account));
        let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
        let cached = Arc::clone(accounts.entry(user_name).or_insert(new));
        let evicted = evict(&mut accounts, ACCOUNT_BYTES_MAX);
        drop(accounts);
        for gone in &evicted {
            self.calls.forget(gone.id);
        }
        // Large accounts take a while to free, so not under the lock of all.
        drop(evicted);
        cached
    }

    /// Removes a deleted account.
    pub fn remove(&self, cached: &CachedAccount) {
        cached.is_deleted.store(true, Ordering::Release);
        // Whoever publishes its ring lists right now holds the lock; nobody does so later.
        drop(cached.write());
        if let Some(rings) = cached.rings.get() {
            rings.clear();
        }
        // Wakes those that wait for a change, so that they find it deleted.
        cached.versions.send_modify(|_| {});
        self.forget(cached);
    }

    /// Removes an account, which is loaded again when it is needed.
    pub fn forget(&self, cached: &CachedAccount) {
        let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
        accounts.retain(|_, other| other.id != cached.id);
        drop(accounts);
        self.calls.forget(cached.id);
    }
}

/// Removes accounts that nobody holds, the least recently used first, until the rest fits.
fn evict(
    accounts: &mut HashMap<Box<str>, Arc<CachedAccount>>,
    bytes_max: usize,
) -> Vec<Arc<CachedAccount>> {
    let bytes = |cached: &CachedAccount| cached.bytes.load(Ordering::Relaxed);
    let mut total: usize = accounts.values().map(|cached| bytes(cached)).sum();
    let mut evicted = Vec::new();
    if total <= bytes_max {
        return evicted;
    }
    let mut idle: Vec<_> = accounts
        .iter()
        .filter(|(_, cached)| Arc::strong_count(cached) == 1)
        .map(|(name, cached)| (cached.used_us.load(Ordering::Relaxed), bytes(cached), name.clone()))
        .collect();
    idle.sort_unstable();
    for (_, bytes, name) in idle {
        if total <= bytes_max {
            break;
        }
        evicted.extend(accounts.remove(&name));
        total -= bytes;
    }
    evicted
}

#[cfg(test)]
mod tests {
    use directory::{Counters, Profile, UserName};

    use super::*;

    fn account(id: u32, name: &str) -> Account {
        let profile = Profile::new(UserName::parse(name).unwrap(), [0; 32]);
        Account::new(AccountId(id), profile, Counters::NEW)
    }

    #[test]
    fn evicts_the_least_recently_used_account_and_none_in_use() {
        let accounts = AccountCache::default();
        let in_use = accounts.insert(account(1, "in-use"));
        for (id, name, used_us) in [(2, "old", 10), (3, "new", 20)] {
            accounts.insert(account(id, name)).touch(used_us);
        }
        let one = in_use.bytes.load(Ordering::Relaxed);
        evict(&mut accounts.accounts.write().unwrap(), 2 * one);
        assert!(accounts.get("old").is_none());
        assert!(accounts.get("new").is_some() && accounts.get("in-use").is_some());
        evict(&mut accounts.accounts.write().unwrap(), 0);
        assert!(accounts.get("new").is_none() && accounts.get("in-use").is_some());
    }

    #[test]
    fn snapshot_stays_as_it_was_and_holds_no_lock() {
        let cached = CachedAccount::new(account(1, "demo"));
        let snapshot = cached.snapshot();
        cached.change(1, &None, |account| account.counters.version = 2);
        assert_eq!((snapshot.counters.version, cached.version()), (1, 2));
    }

    #[test]
    fn many_rows_are_changed_while_others_read() {
        let cached = CachedAccount::new(account(1, "demo"));
        cached.change(LOCKED_ROWS_MAX + 1, &None, |account| {
            account.counters.version = 2;
            assert_eq!(cached.account.try_read().unwrap().counters.version, 1);
        });
        assert_eq!(cached.version(), 2);
        // Few are changed in place, so nothing is copied.
        cached.change(LOCKED_ROWS_MAX, &None, |_| {
            assert!(cached.account.try_read().is_err());
        });
    }

    #[test]
    fn inserting_an_account_twice_returns_the_same_entry() {
        let accounts = AccountCache::default();
        let first = accounts.insert(account(1, "demo"));
        let second = accounts.insert(account(1, "demo"));
        assert!(Arc::ptr_eq(&first, &second));
        accounts.remove(&first);
        assert!(first.is_deleted() && accounts.get("demo").is_none());
    }
}
