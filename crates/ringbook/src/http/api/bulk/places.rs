//! How many bulk requests there are at a time: each takes memory for as long as its client likes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::header::{HeaderValue, RETRY_AFTER};
use directory::AccountId;

use crate::http::api::code::Code;
use crate::http::api::problem::Problem;
use crate::http::limits::{BULKS_MAX, BULKS_OF_ACCOUNT_MAX, RETRY_AFTER_S};

/// The bulk requests that are under way, by account.
#[derive(Debug, Clone, Default)]
pub struct Places(Arc<Mutex<HashMap<AccountId, usize>>>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub struct Place {
    places: Places,
    account: AccountId,
}

impl Places {
    /// A place for a request of the account.
    pub fn take(&self, account: AccountId) -> Result<Place, Problem> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.get(&account).is_some_and(|count| *count >= BULKS_OF_ACCOUNT_MAX) {
            let detail = format!(
                "{BULKS_OF_ACCOUNT_MAX} bulk requests of the account are under way: send the next \
                 one when one of them has ended"
            );
            let after = HeaderValue::from_static(RETRY_AFTER_S);
            return Err(Problem::new(Code::TooManyRequests, detail).with_header(RETRY_AFTER, after));
        }
        if taken.values().sum::<usize>() >= BULKS_MAX {
            return Err(Problem::new(Code::Unavailable, "too many bulk requests are under way"));
        }
        *taken.entry(account).or_default() += 1;
        Ok(Place { places: self.clone(), account })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
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
    fn places_are_few_and_given_back() {
        let places = Places::default();
        let take = |account| places.take(AccountId(account));
        let mut taken: Vec<_> = (0..BULKS_OF_ACCOUNT_MAX).map(|_| take(1).unwrap()).collect();
        assert_eq!(take(1).unwrap_err().code, Code::TooManyRequests);
        let others = u32::try_from(BULKS_MAX - taken.len()).unwrap();
        taken.extend((0..others).map(|account| take(100 + account).unwrap()));
        assert_eq!(take(2).unwrap_err().code, Code::Unavailable);
        taken.clear();
        assert!(take(1).is_ok());
        assert!(places.0.lock().unwrap().is_empty());
    }
}
