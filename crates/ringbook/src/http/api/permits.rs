//! The permits of long requests: bulk requests, and readers that wait for changes.

use axum::http::header::{HeaderValue, RETRY_AFTER};
use directory::AccountId;

use super::code::Code;
use super::problem::Problem;
use crate::http::limits::{
    ACCOUNT_READERS_MAX, BULKS_MAX, BULKS_OF_ACCOUNT_MAX, READERS_MAX, RETRY_AFTER_S,
};
use crate::permits::{NoPermit, Permit, Permits};

/// The permits of one kind of request on this node.
#[derive(Clone)]
pub struct RequestPermits {
    permits: Permits,
    refuse: fn(NoPermit) -> Problem,
}

impl RequestPermits {
    /// For bulk requests.
    pub fn of_bulks() -> Self {
        Self { permits: Permits::new(BULKS_MAX, BULKS_OF_ACCOUNT_MAX), refuse: refuse_bulk }
    }

    /// For readers that wait for changes, by long poll or by stream.
    pub fn of_readers() -> Self {
        Self { permits: Permits::new(READERS_MAX, ACCOUNT_READERS_MAX), refuse: refuse_reader }
    }

    /// Takes a permit for a request of the account.
    pub fn take(&self, account: AccountId) -> Result<Permit, Problem> {
        self.permits.take(account).map_err(self.refuse)
    }
}

fn refuse_bulk(none: NoPermit) -> Problem {
    if !none.of_account {
        return Problem::new(Code::Unavailable, "too many bulk requests are under way");
    }
    too_many(format!(
        "{BULKS_OF_ACCOUNT_MAX} bulk requests of the account are under way: send the next one when \
         one of them has ended"
    ))
}

fn refuse_reader(none: NoPermit) -> Problem {
    if none.in_all {
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
    fn refuses_requests_beyond_the_limits_of_an_account_and_of_the_node() {
        // With both limits reached, a bulk request gets the account's refusal, a reader the node's.
        for (permits, max, account_max, both) in [
            (RequestPermits::of_bulks(), BULKS_MAX, BULKS_OF_ACCOUNT_MAX, Code::TooManyRequests),
            (RequestPermits::of_readers(), READERS_MAX, ACCOUNT_READERS_MAX, Code::Unavailable),
        ] {
            let take = |account: usize| permits.take(AccountId(u32::try_from(account).unwrap()));
            let mut taken: Vec<_> = (0..account_max).map(|_| take(0).unwrap()).collect();
            assert_eq!(take(0).unwrap_err().code, Code::TooManyRequests);
            taken.extend((account_max..max).map(|nth| take(nth / account_max).unwrap()));
            assert_eq!(take(0).unwrap_err().code, both);
            assert_eq!(take(1_000_000).unwrap_err().code, Code::Unavailable);
        }
    }
}
