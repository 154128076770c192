//! The permits of bulk requests.

use axum::http::header::{HeaderValue, RETRY_AFTER};
use directory::AccountId;

use crate::http::api::code::Code;
use crate::http::api::problem::Problem;
use crate::http::limits::{BULKS_MAX, BULKS_OF_ACCOUNT_MAX, RETRY_AFTER_S};
use crate::permits::{Permit, Permits};

/// The permits of bulk requests.
#[derive(Debug, Clone)]
pub struct BulkPermits(Permits);

impl Default for BulkPermits {
    fn default() -> Self {
        Self(Permits::new(BULKS_MAX, BULKS_OF_ACCOUNT_MAX))
    }
}

impl BulkPermits {
    /// Takes a permit for a request of the account.
    pub fn take(&self, account: AccountId) -> Result<Permit, Problem> {
        self.0.take(account).map_err(|none| {
            if !none.of_account {
                return Problem::new(Code::Unavailable, "too many bulk requests are under way");
            }
            let detail = format!(
                "{BULKS_OF_ACCOUNT_MAX} bulk requests of the account are under way: send the next \
                 one when one of them has ended"
            );
            Problem::new(Code::TooManyRequests, detail)
                .with_header(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_S))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_the_requests_of_an_account_and_of_all_beyond_their_limits() {
        let permits = BulkPermits::default();
        let take = |account| permits.take(AccountId(account));
        let mut taken: Vec<_> = (0..BULKS_OF_ACCOUNT_MAX).map(|_| take(1).unwrap()).collect();
        assert_eq!(take(1).unwrap_err().code, Code::TooManyRequests);
        let others = u32::try_from(BULKS_MAX - taken.len()).unwrap();
        taken.extend((0..others).map(|account| take(100 + account).unwrap()));
        assert_eq!(take(2).unwrap_err().code, Code::Unavailable);
    }
}
