//! The permits of requests that take memory for as long as their client likes: bulk requests, and
//! readers that wait for changes. Some in all, and some for each account, so that no account takes
//! those of the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::header::{HeaderValue, RETRY_AFTER};
use directory::AccountId;

use super::code::Code;
use super::problem::Problem;
use crate::http::limits::{
    ACCOUNT_READERS_MAX, BULKS_MAX, BULKS_OF_ACCOUNT_MAX, READERS_MAX, RETRY_AFTER_S,
};

/// The permits of one kind of request on this node. A clone gives out the same ones.
#[derive(Clone)]
pub struct Permits {
    max: usize,
    account_max: usize,
    /// Why there is none: whether all are taken, and whether all of the account are.
    refuse: fn(bool, bool) -> Problem,
    taken: Taken,
}

/// How many permits each account has.
type Taken = Arc<Mutex<HashMap<AccountId, usize>>>;

/// One of them, which is given back when this is dropped.
#[derive(Debug)]
pub struct Permit {
    taken: Taken,
    account: AccountId,
}

impl Permits {
    /// For bulk requests.
    pub fn of_bulks() -> Self {
        let (max, account_max) = (BULKS_MAX, BULKS_OF_ACCOUNT_MAX);
        Self { max, account_max, refuse: refuse_bulk, taken: Taken::default() }
    }

    /// For readers that wait for changes, by long poll or by stream.
    pub fn of_readers() -> Self {
        let (max, account_max) = (READERS_MAX, ACCOUNT_READERS_MAX);
        Self { max, account_max, refuse: refuse_reader, taken: Taken::default() }
    }

    /// Takes a permit for a request of the account.
    pub fn take(&self, account: AccountId) -> Result<Permit, Problem> {
        let mut taken = lock(&self.taken);
        let in_all = taken.values().sum::<usize>() >= self.max;
        let of_account = taken.get(&account).is_some_and(|count| *count >= self.account_max);
        if in_all || of_account {
            return Err((self.refuse)(in_all, of_account));
        }
        *taken.entry(account).or_default() += 1;
        Ok(Permit { taken: Arc::clone(&self.taken), account })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        if let Some(count) = taken.get_mut(&self.account) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.account);
            }
        }
    }
}

fn lock(taken: &Taken) -> MutexGuard<'_, HashMap<AccountId, usize>> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

fn refuse_bulk(_: bool, of_account: bool) -> Problem {
    if !of_account {
        return Problem::new(Code::Unavailable, "too many bulk requests are under way");
    }
    too_many(format!(
        "{BULKS_OF_ACCOUNT_MAX} bulk requests of the account are under way: send the next one when \
         one of them has ended"
    ))
}

fn refuse_reader(in_all: bool, _: bool) -> Problem {
    if in_all {
        let detail = format!("{READERS_MAX} readers wait here for changes: try another node");
        return Problem::new(Code::Unavailable, detail);
    }
    too_many(format!("{ACCOUNT_READERS_MAX} readers of the account wait here already"))
}

fn too_many(detail: String) -> Problem {
    Problem::new(Code::TooManyRequests, detail)
        .with_header(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_S))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_out_the_permits_of_an_account_and_of_the_node_and_takes_them_back() {
        // With both limits reached, a bulk request gets the account's refusal, a reader the node's.
        for (permits, max, account_max, both) in [
            (Permits::of_bulks(), BULKS_MAX, BULKS_OF_ACCOUNT_MAX, Code::TooManyRequests),
            (Permits::of_readers(), READERS_MAX, ACCOUNT_READERS_MAX, Code::Unavailable),
        ] {
            let take = |account: usize| permits.take(AccountId(u32::try_from(account).unwrap()));
            let mut taken: Vec<_> = (0..account_max).map(|_| take(0).unwrap()).collect();
            assert_eq!(take(0).unwrap_err().code, Code::TooManyRequests);
            taken.extend((account_max..max).map(|nth| take(nth / account_max).unwrap()));
            assert_eq!(take(0).unwrap_err().code, both);
            assert_eq!(take(1_000_000).unwrap_err().code, Code::Unavailable);
            drop(taken.pop());
            assert!(take(1_000_000).is_ok());
            taken.clear();
            assert!(lock(&permits.taken).is_empty());
        }
    }
}
