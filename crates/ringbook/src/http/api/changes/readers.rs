//! Those who wait for changes, and how many of them there may be.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::header::{HeaderValue, RETRY_AFTER};
use directory::AccountId;

use crate::http::api::code::Code;
use crate::http::api::problem::Problem;
use crate::http::limits::{ACCOUNT_READERS_MAX, READERS_MAX, RETRY_AFTER_S};

/// Counts those who wait on this node.
#[derive(Clone, Default)]
pub struct Readers(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    all: usize,
    by_account: HashMap<AccountId, usize>,
}

/// The place of one who waits, which is free again when this is dropped.
pub struct Place {
    readers: Readers,
    account: AccountId,
}

impl Readers {
    /// Takes a place, if there is one.
    pub fn enter(&self, account: AccountId) -> Result<Place, Problem> {
        let mut waiting = self.waiting();
        if waiting.all >= READERS_MAX {
            let detail = format!("{READERS_MAX} readers wait here for changes: try another node");
            return Err(Problem::new(Code::Unavailable, detail));
        }
        let of_account = waiting.by_account.entry(account).or_default();
        if *of_account >= ACCOUNT_READERS_MAX {
            let detail = format!("{ACCOUNT_READERS_MAX} readers of the account wait here already");
            return Err(Problem::new(Code::TooManyRequests, detail)
                .with_header(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_S)));
        }
        *of_account += 1;
        waiting.all += 1;
        Ok(Place { readers: self.clone(), account })
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = self.readers.waiting();
        waiting.all -= 1;
        if let Some(of_account) = waiting.by_account.get_mut(&self.account) {
            *of_account -= 1;
            if *of_account == 0 {
                waiting.by_account.remove(&self.account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_its_places_and_takes_none_of_another_one() {
        let readers = Readers::default();
        let [one, other] = [AccountId(1), AccountId(2)];
        let mut places: Vec<_> =
            (0..ACCOUNT_READERS_MAX).map(|_| readers.enter(one).ok().unwrap()).collect();
        assert_eq!(readers.enter(one).err().unwrap().code, Code::TooManyRequests);
        assert!(readers.enter(other).is_ok());
        places.pop();
        assert!(readers.enter(one).is_ok());
        drop(places);
        assert!(readers.waiting().by_account.is_empty());
        assert_eq!(readers.waiting().all, 0);
    }

    #[test]
    fn a_node_has_so_many_places() {
        let readers = Readers::default();
        let places: Vec<_> = (0..READERS_MAX)
            .map(|number| AccountId(u32::try_from(number / ACCOUNT_READERS_MAX).unwrap()))
            .map(|account| readers.enter(account).ok().unwrap())
            .collect();
        let refused = readers.enter(AccountId(u32::MAX)).err().unwrap();
        assert_eq!(refused.code, Code::Unavailable);
        drop(places);
        assert!(readers.enter(AccountId(u32::MAX)).is_ok());
    }
}
