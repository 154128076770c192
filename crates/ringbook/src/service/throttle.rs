//! What is rate limited: the requests of an account and of a key, if the operator sets a rate, and
//! wrong credentials from one network, against guessing.
//!
//! Right credentials always pass, whoever else calls from the same address. Those that memory does
//! not know to be right are compared with the store; while their network is over the limit, all of
//! them together, twice a second. So guessing costs little, and keeps nobody out for longer.
//!
//! Counted in this process alone. This module must not know how credentials are checked.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use directory::{AccountId, KeyId};

use super::rate_limit::RateLimiter;
use super::{Access, Clock, Denied, Failure, Service, ServiceOptions};

/// Wrong credentials from one network within a minute, unless the operator sets another limit:
/// more than people and programs with an old key need, and too few to guess with.
pub const FAILED_CREDENTIALS_LIMIT: u32 = 20;

const MINUTE: Duration = Duration::from_mins(1);

/// How often the credentials of networks over the limit are compared with the store. A second is a
/// multiple of it.
const PACE: Duration = Duration::from_millis(500);

/// Requests per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    per_second: NonZeroU32,
    /// How many may come at once after a pause.
    burst: NonZeroU32,
}

/// A text that is no rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a rate is requests per second, such as 100, or with as many at once: 100/500")]
pub struct RateFault;

impl FromStr for Rate {
    type Err = RateFault;

    fn from_str(text: &str) -> Result<Self, RateFault> {
        let (per_second, burst) = text.split_once('/').unwrap_or((text, text));
        let parse = |text: &str| text.parse().map_err(|_| RateFault);
        Ok(Self { per_second: parse(per_second)?, burst: parse(burst)? })
    }
}

/// A request over a rate limit. It was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Throttled {
    /// A sentence for people.
    pub why: String,
    /// The limit as a whole.
    pub quota: Quota,
}

/// A rate limit, and how much of it is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// What is counted together: `key`, `account`, or wrong `credentials`.
    pub name: &'static str,
    /// How many may come at once after a pause.
    pub most: u64,
    /// How long such a pause is, in seconds.
    pub pause_s: u64,
    /// How many may come now.
    pub left: u64,
    /// In how many seconds all of them may come again or, where none is left, the next one.
    pub reset_s: u64,
}

/// A time in seconds, rounded up.
fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// A limit for each key of a kind.
struct Limit<K> {
    /// What is counted together.
    name: &'static str,
    /// Why more is refused.
    why: String,
    limiter: RateLimiter<K>,
}

impl<K: Copy + Hash + Eq> Limit<K> {
    fn of_rate(name: &'static str, rate: Rate, clock: &Arc<dyn Clock>) -> Self {
        let why = format!("rate: at most {} requests a second by this {name}", rate.per_second);
        let cost = (Duration::from_secs(1) / rate.per_second.get()).max(Duration::from_nanos(1));
        let limiter = RateLimiter::new(cost, cost * rate.burst.get(), Arc::clone(clock));
        Self { name, why, limiter }
    }

    /// Counts something, if it is allowed.
    fn count(&self, key: K) -> Result<(), Throttled> {
        self.limiter.try_count(key).map_err(|wait| {
            let quota = Quota { left: 0, reset_s: seconds(wait), ..self.quota(&key) };
            Throttled { why: self.why.clone(), quota }
        })
    }

    fn quota(&self, key: &K) -> Quota {
        let ((most, pause), (left, owed)) = (self.limiter.capacity(), self.limiter.left(key));
        let (pause_s, reset_s) = (seconds(pause), seconds(owed));
        Quota { name: self.name, most, pause_s, left, reset_s }
    }
}

/// The limits of a service; none where there is no limit.
pub struct Throttle {
    account: Option<Limit<AccountId>>,
    key: Option<Limit<(AccountId, KeyId)>>,
    wrong_credentials: Option<Limit<IpAddr>>,
    /// Log lines about a network: one a minute.
    warnings: RateLimiter<IpAddr>,
    clock: Arc<dyn Clock>,
}

impl Throttle {
    /// The limits that the operator has set.
    pub fn new(options: &ServiceOptions, clock: &Arc<dyn Clock>) -> Self {
        let per_minute = |cost| RateLimiter::new(cost, MINUTE, Arc::clone(clock));
        Self {
            account: options.account_rate.map(|rate| Limit::of_rate("account", rate, clock)),
            key: options.key_rate.map(|rate| Limit::of_rate("key", rate, clock)),
            // A limit of 0 is none.
            wrong_credentials: MINUTE.checked_div(options.failed_credentials_limit).map(|cost| {
                let why = "credentials: not valid, like too many others from this address".into();
                Limit { name: "credentials", why, limiter: per_minute(cost) }
            }),
            warnings: per_minute(MINUTE),
            clock: Arc::clone(clock),
        }
    }

    /// Counts a request of an account by one of its keys, if it is allowed.
    fn count_request(&self, account: AccountId, key: KeyId) -> Result<(), Throttled> {
        // The key comes first, so that a key over its rate uses up nothing of its account's.
        if let Some(limit) = &self.key {
            limit.count((account, key))?;
        }
        let Some(limit) = &self.account else { return Ok(()) };
        limit.count(account).inspect_err(|_| {
            // Nor does an account over its rate use up anything of the key's.
            if let Some(Limit { limiter, .. }) = &self.key {
                limiter.refund(&(account, key));
            }
        })
    }

    /// The limits of the requests of an account by one of its keys, and what is left of them.
    fn quotas(&self, account: AccountId, key: KeyId) -> Vec<Quota> {
        let of_key = self.key.as_ref().map(|limit| limit.quota(&(account, key)));
        let of_account = self.account.as_ref().map(|limit| limit.quota(&account));
        of_key.into_iter().chain(of_account).collect()
    }

    /// Waits until credentials that memory does not know to be right may be compared with the
    /// store: not at all, unless their network is over the limit.
    pub async fn pace(&self, source: Option<IpAddr>) {
        let wait = self.wait(source);
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Up to the next multiple of [`PACE`], so that all who wait go on together.
    fn wait(&self, source: Option<IpAddr>) -> Duration {
        let limited = self.wrong_credentials.as_ref().zip(source);
        if limited.is_none_or(|(limit, source)| limit.limiter.check(&network(source)).is_ok()) {
            return Duration::ZERO;
        }
        let pace = PACE.subsec_nanos();
        let since = self.clock.elapsed().subsec_nanos() % pace;
        Duration::from_nanos(((pace - since) % pace).into())
    }

    /// Why a caller is denied. Wrong credentials are counted.
    pub fn denied(&self, source: Option<IpAddr>, failure: Failure) -> Denied {
        let is_wrong = matches!(failure, Failure::Unauthorized(fault) if fault.is_wrong());
        let limit = self.wrong_credentials.as_ref().filter(|_| is_wrong);
        let (Some(limit), Some(source)) = (limit, source) else { return failure.into() };
        let network = network(source);
        let Err(throttled) = limit.count(network) else { return failure.into() };
        if self.warnings.try_count(network).is_ok() {
            tracing::warn!(%source, "too many wrong credentials");
        }
        Denied::Throttled(throttled)
    }
}

/// The network of an address: with IPv6, one caller mostly has all of a /64.
fn network(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

impl Service {
    /// Counts a request of an account, if the rates allow it, and tells what is left of them. For
    /// front ends to call once the credentials were right.
    pub fn count_request(&self, access: &Access) -> Result<Vec<Quota>, Throttled> {
        let (account, key) = (access.tenant.id(), access.key);
        self.throttle.count_request(account, key)?;
        Ok(self.throttle.quotas(account, key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::CredentialsFault;
    use crate::service::clock::ManualClock;

    #[test]
    fn paces_a_source_over_the_limit_to_half_seconds() {
        let clock = Arc::new(ManualClock::new(0));
        let as_clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let throttle = Throttle::new(&ServiceOptions::default(), &as_clock);
        let [guesser, other] = ["192.0.2.1", "192.0.2.2"].map(|source| source.parse().ok());
        let wait = |source| throttle.wait(source).as_micros();
        for (after_us, before, expected) in [(100_000, 0, 400_000), (399_999, 1, 1), (1, 0, 0)] {
            clock.advance_us(after_us);
            assert_eq!(wait(guesser), before);
            for _ in 0..100 {
                throttle.denied(guesser, CredentialsFault::UserNameOrApiKey.into());
            }
            assert_eq!((wait(guesser), wait(other)), (expected, 0));
        }
    }
}
