//! The accounts in memory.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use directory::{Account, AccountId, KeyId};
use tokio::sync::watch;

/// Memory that accounts may take before those not used for longest are dropped: about 25 million
/// phones.
const ACCOUNT_BYTES_MAX: usize = 2 << 30;

/// An account in memory. Only the writer changes it, and only after a commit.
pub struct Cell {
    /// Which account.
    pub id: AccountId,
    account: RwLock<Account>,
    is_gone: AtomicBool,
    bytes: AtomicUsize,
    used_us: AtomicI64,
    /// The version in memory, for those who wait for the next one.
    announced: watch::Sender<u64>,
    /// When its keys were used last, microseconds UTC, since that was noted in the store.
    key_uses: Mutex<HashMap<KeyId, i64>>,
}

impl Cell {
    fn new(account: Account) -> Self {
        Self {
            id: account.id,
            bytes: AtomicUsize::new(account.bytes()),
            announced: watch::Sender::new(account.counters.version),
            account: RwLock::new(account),
            is_gone: AtomicBool::new(false),
            used_us: AtomicI64::new(0),
            key_uses: Mutex::default(),
        }
    }

    /// The account, to be read. Never held across an await or a commit.
    pub fn account(&self) -> RwLockReadGuard<'_, Account> {
        self.account.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the account, by the writer alone, and tells those who wait for it.
    pub fn change(&self, change: impl FnOnce(&mut Account)) {
        let mut account = self.account.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut account);
        let version = account.counters.version;
        drop(account);
        self.announced.send_replace(version);
    }

    /// Tells of each version that memory comes to.
    pub fn versions(&self) -> watch::Receiver<u64> {
        self.announced.subscribe()
    }

    /// The version in memory.
    pub fn version(&self) -> u64 {
        self.account().counters.version
    }

    /// Whether the account was deleted.
    pub fn is_gone(&self) -> bool {
        self.is_gone.load(Ordering::Acquire)
    }

    /// Replaces the account by what the store has.
    pub fn replace(&self, account: Account) {
        self.bytes.store(account.bytes(), Ordering::Relaxed);
        self.change(|old| *old = account);
    }

    /// Notes that a key of it is used.
    pub fn note_key_use(&self, key: KeyId, now_us: i64) {
        self.key_uses.lock().unwrap_or_else(PoisonError::into_inner).insert(key, now_us);
    }

    /// When its keys were used last, since this was asked before.
    pub fn take_key_uses(&self) -> HashMap<KeyId, i64> {
        std::mem::take(&mut *self.key_uses.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes that it is used.
    pub fn touch(&self, now_us: i64) {
        self.used_us.store(now_us, Ordering::Relaxed);
    }
}

/// The accounts in memory, by `userName`.
#[derive(Default)]
pub struct Accounts {
    cells: RwLock<HashMap<Box<str>, Arc<Cell>>>,
}

impl Accounts {
    /// The account of that name, if it is in memory.
    pub fn get(&self, user_name: &str) -> Option<Arc<Cell>> {
        let cells = self.cells.read().unwrap_or_else(PoisonError::into_inner);
        cells.get(user_name).cloned()
    }

    /// All that are in memory.
    pub fn all(&self) -> Vec<Arc<Cell>> {
        let cells = self.cells.read().unwrap_or_else(PoisonError::into_inner);
        cells.values().cloned().collect()
    }

    /// How many are in memory, and the bytes that they took when they were loaded.
    pub fn usage(&self) -> (usize, usize) {
        let cells = self.cells.read().unwrap_or_else(PoisonError::into_inner);
        (cells.len(), cells.values().map(|cell| cell.bytes.load(Ordering::Relaxed)).sum())
    }

    /// Puts a loaded account in, and drops those not used for longest if there are too many.
    /// Another thread may have been faster: then its cell stays, so that each account has one.
    pub fn insert(&self, account: Account) -> Arc<Cell> {
        let user_name: Box<str> = account.profile.user_name.as_str().into();
        let mut cells = self.cells.write().unwrap_or_else(PoisonError::into_inner);
        let cell =
            Arc::clone(cells.entry(user_name).or_insert_with(|| Arc::new(Cell::new(account))));
        evict(&mut cells, ACCOUNT_BYTES_MAX);
        cell
    }

    /// Forgets an account that was deleted.
    pub fn remove(&self, cell: &Cell) {
        cell.is_gone.store(true, Ordering::Release);
        // Whoever waits for a change finds that it is gone.
        cell.announced.send_modify(|_| {});
        let mut cells = self.cells.write().unwrap_or_else(PoisonError::into_inner);
        cells.retain(|_, other| other.id != cell.id);
    }
}

/// Drops accounts that nobody uses, those not used for longest first, until the rest fits.
fn evict(cells: &mut HashMap<Box<str>, Arc<Cell>>, bytes_max: usize) {
    let bytes = |cell: &Cell| cell.bytes.load(Ordering::Relaxed);
    let mut total: usize = cells.values().map(|cell| bytes(cell)).sum();
    if total <= bytes_max {
        return;
    }
    let mut idle: Vec<_> = cells
        .iter()
        .filter(|(_, cell)| Arc::strong_count(cell) == 1)
        .map(|(name, cell)| (cell.used_us.load(Ordering::Relaxed), bytes(cell), name.clone()))
        .collect();
    idle.sort_unstable();
    for (_, bytes, name) in idle {
        if total <= bytes_max {
            break;
        }
        cells.remove(&name);
        total -= bytes;
    }
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
    fn the_one_unused_for_longest_is_dropped_first_and_none_in_use() {
        let accounts = Accounts::default();
        let in_use = accounts.insert(account(1, "in-use"));
        for (id, name, used_us) in [(2, "old", 10), (3, "new", 20)] {
            accounts.insert(account(id, name)).touch(used_us);
        }
        let one = in_use.bytes.load(Ordering::Relaxed);
        evict(&mut accounts.cells.write().unwrap(), 2 * one);
        assert!(accounts.get("old").is_none());
        assert!(accounts.get("new").is_some() && accounts.get("in-use").is_some());
        evict(&mut accounts.cells.write().unwrap(), 0);
        assert!(accounts.get("new").is_none() && accounts.get("in-use").is_some());
    }

    #[test]
    fn an_account_has_one_cell() {
        let accounts = Accounts::default();
        let first = accounts.insert(account(1, "demo"));
        let second = accounts.insert(account(1, "demo"));
        assert!(Arc::ptr_eq(&first, &second));
        accounts.remove(&first);
        assert!(first.is_gone() && accounts.get("demo").is_none());
    }
}
