//! Permits for requests that take memory for as long as their client likes: some in all, and some
//! for each account, so that no account takes those of the others. This module must not know what
//! they are for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use directory::AccountId;

/// The permits of one kind of request. A clone gives out the same ones.
#[derive(Debug, Clone)]
pub struct Permits {
    max: usize,
    account_max: usize,
    taken: Arc<Mutex<HashMap<AccountId, usize>>>,
}

/// One of them, which is given back when this is dropped.
#[derive(Debug)]
pub struct Permit {
    permits: Permits,
    account: AccountId,
}

/// There is no permit left: in all, of the account, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoPermit {
    /// Whether all are taken.
    pub in_all: bool,
    /// Whether all of the account are taken.
    pub of_account: bool,
}

impl Permits {
    /// As many permits as `max`, and `account_max` of them for each account.
    pub fn new(max: usize, account_max: usize) -> Self {
        Self { max, account_max, taken: Arc::default() }
    }

    /// Takes a permit for a request of the account.
    pub fn take(&self, account: AccountId) -> Result<Permit, NoPermit> {
        let mut taken = self.taken();
        let in_all = taken.values().sum::<usize>() >= self.max;
        let of_account = taken.get(&account).is_some_and(|count| *count >= self.account_max);
        if in_all || of_account {
            return Err(NoPermit { in_all, of_account });
        }
        *taken.entry(account).or_default() += 1;
        Ok(Permit { permits: self.clone(), account })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<AccountId, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut taken = self.permits.taken();
        if let Some(count) = taken.get_mut(&self.account) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_out_as_many_permits_as_there_are_and_takes_them_back() {
        let permits = Permits::new(3, 2);
        let take = |account| permits.take(AccountId(account));
        let mut taken = vec![take(1).unwrap(), take(1).unwrap()];
        assert_eq!(take(1).unwrap_err(), NoPermit { in_all: false, of_account: true });
        taken.push(take(2).unwrap());
        assert_eq!(take(2).unwrap_err(), NoPermit { in_all: true, of_account: false });
        assert_eq!(take(1).unwrap_err(), NoPermit { in_all: true, of_account: true });
        taken.remove(0);
        assert!(take(1).is_ok());
        taken.clear();
        assert!(permits.taken().is_empty());
    }
}
