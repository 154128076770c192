//! The permits of requests that wait for changes, by long poll or by stream.

use axum::http::header::{HeaderValue, RETRY_AFTER};
use directory::AccountId;

use crate::http::api::code::Code;
use crate::http::api::problem::Problem;
use crate::http::limits::{ACCOUNT_READERS_MAX, READERS_MAX, RETRY_AFTER_S};
use crate::permits::{Permit, Permits};

/// The permits of readers that wait on this node.
#[derive(Clone)]
pub struct ReaderPermits(Permits);

impl Default for ReaderPermits {
    fn default() -> Self {
        Self(Permits::new(READERS_MAX, ACCOUNT_READERS_MAX))
    }
}

impl ReaderPermits {
    /// Takes a permit for a reader of the account.
    pub fn take(&self, account: AccountId) -> Result<Permit, Problem> {
        self.0.take(account).map_err(|none| {
            if none.in_all {
                let detail =
                    format!("{READERS_MAX} readers wait here for changes: try another node");
                return Problem::new(Code::Unavailable, detail);
            }
            let detail = format!("{ACCOUNT_READERS_MAX} readers of the account wait here already");
            Problem::new(Code::TooManyRequests, detail)
                .with_header(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_S))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_the_readers_of_an_account_and_of_a_node_beyond_their_limits() {
        let permits = ReaderPermits::default();
        let take = |account: usize| permits.take(AccountId(u32::try_from(account).unwrap()));
        let mut taken: Vec<_> = (0..ACCOUNT_READERS_MAX).map(|_| take(0).unwrap()).collect();
        assert_eq!(take(0).unwrap_err().code, Code::TooManyRequests);
        let others = (ACCOUNT_READERS_MAX..READERS_MAX).map(|nth| nth / ACCOUNT_READERS_MAX);
        taken.extend(others.map(|account| take(account).unwrap()));
        for account in [0, 1000] {
            assert_eq!(take(account).unwrap_err().code, Code::Unavailable);
        }
    }
}
