//! How many requests an account, and a key, may make: as many as they like, unless the operator
//! sets a rate.
//!
//! Counted in this process alone, from memory, once the credentials were right: so what is kept
//! is bounded by the accounts and keys that there are.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use directory::{AccountId, KeyId};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::{DefaultKeyedStateStore, ShrinkableKeyedStateStore};
use governor::{Quota, RateLimiter};

use super::{Clock, Service};

/// Requests per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    per_second: NonZeroU32,
    /// As many at once after a rest.
    burst: NonZeroU32,
}

impl Rate {
    fn quota(self) -> Quota {
        Quota::per_second(self.per_second).allow_burst(self.burst)
    }
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

/// A request that comes too soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("rate: at most {per_second} requests a second by this {by}")]
pub struct TooMany {
    by: &'static str,
    per_second: NonZeroU32,
    /// In how many seconds the next one may come.
    pub retry_after_s: u64,
}

/// Counts requests.
#[derive(Default)]
pub struct Rates {
    account: Option<Limiter<AccountId>>,
    key: Option<Limiter<(AccountId, KeyId)>>,
}

impl Rates {
    /// Counts a request of an account by one of its keys.
    pub fn check(&self, account: AccountId, key: KeyId) -> Result<(), TooMany> {
        // The key first: one that comes too often uses up nothing of what its account may. And
        // what the account may not do uses up nothing of the key.
        self.key.as_ref().map_or(Ok(()), |limiter| limiter.check(&(account, key)))?;
        let checked = self.account.as_ref().map_or(Ok(()), |limiter| limiter.check(&account));
        if let (Err(_), Some(limiter)) = (&checked, &self.key) {
            limiter.give_back(&(account, key));
        }
        checked
    }

    /// Forgets who has not come for a while.
    pub fn forget_idle(&self) {
        if let Some(limiter) = &self.account {
            limiter.forget_idle();
        }
        if let Some(limiter) = &self.key {
            limiter.forget_idle();
        }
    }
}

impl Service {
    /// The same with rates for each account and each key.
    #[must_use]
    pub fn with_rates(self, account: Option<Rate>, key: Option<Rate>) -> Self {
        let account = account.map(|rate| Limiter::new(rate, "account", &self.clock));
        let key = key.map(|rate| Limiter::new(rate, "key", &self.clock));
        Self { rates: Rates { account, key }, ..self }
    }

    /// Counts requests.
    pub fn rates(&self) -> &Rates {
        &self.rates
    }
}

struct Limiter<K: Hash + Eq + Clone> {
    rate: Rate,
    by: &'static str,
    /// The same as the limiter has, which shows them to nobody.
    states: States<K>,
    counted: RateLimiter<K, States<K>, Elapsed, NoOpMiddleware<Duration>>,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    fn new(rate: Rate, by: &'static str, clock: &Arc<dyn Clock>) -> Self {
        let clock = Elapsed(Arc::clone(clock));
        let states = States(Arc::default());
        let counted = RateLimiter::new(rate.quota(), states.clone(), clock);
        Self { rate, by, states, counted }
    }

    fn check(&self, who: &K) -> Result<(), TooMany> {
        self.counted.check_key(who).map_err(|not_until| {
            let wait = not_until.wait_time_from(governor::clock::Clock::now(self.counted.clock()));
            let retry_after_s = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            TooMany { by: self.by, per_second: self.rate.per_second, retry_after_s }
        })
    }

    /// Takes back what the last check has counted.
    fn give_back(&self, who: &K) {
        let counted = Nanos::from(self.rate.quota().replenish_interval());
        let earlier = |full_at: Option<Nanos>| {
            full_at.map(|full_at| ((), full_at.saturating_sub(counted))).ok_or(())
        };
        // Nothing is there only if it was forgotten, and then there is nothing to take back.
        let _ = self.states.measure_and_replace(who, earlier);
    }

    fn forget_idle(&self) {
        self.counted.retain_recent();
        self.counted.shrink_to_fit();
    }
}

/// When each will have all that it may at once again, as the library counts.
struct States<K: Hash + Eq + Clone>(Arc<DefaultKeyedStateStore<K>>);

impl<K: Hash + Eq + Clone> Clone for States<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Hash + Eq + Clone> StateStore for States<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, who: &K, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        self.0.measure_and_replace(who, measure)
    }
}

impl<K: Hash + Eq + Clone> ShrinkableKeyedStateStore<K> for States<K> {
    fn retain_recent(&self, drop_below: Nanos) {
        ShrinkableKeyedStateStore::retain_recent(&*self.0, drop_below);
    }

    fn shrink_to_fit(&self) {
        ShrinkableKeyedStateStore::shrink_to_fit(&*self.0);
    }

    fn len(&self) -> usize {
        ShrinkableKeyedStateStore::len(&*self.0)
    }

    fn is_empty(&self) -> bool {
        ShrinkableKeyedStateStore::is_empty(&*self.0)
    }
}

/// The service's clock as the library wants it.
struct Elapsed(Arc<dyn Clock>);

impl governor::clock::Clock for Elapsed {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::clock::ManualClock;

    fn rates(account: Option<&str>, key: Option<&str>, clock: &Arc<ManualClock>) -> Rates {
        let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
        let rate = |text: &str| text.parse().unwrap();
        Rates {
            account: account.map(|text| Limiter::new(rate(text), "account", &clock)),
            key: key.map(|text| Limiter::new(rate(text), "key", &clock)),
        }
    }

    #[test]
    fn rates_are_parsed() {
        let rate = |per_second, burst| Rate {
            per_second: NonZeroU32::new(per_second).unwrap(),
            burst: NonZeroU32::new(burst).unwrap(),
        };
        assert_eq!("100".parse(), Ok(rate(100, 100)));
        assert_eq!("100/500".parse(), Ok(rate(100, 500)));
        for text in ["", "0", "-1", "1/0", "1/", "/1", "1.5", "1/2/3", "many"] {
            assert_eq!(text.parse::<Rate>(), Err(RateFault), "{text}");
        }
    }

    #[test]
    fn no_rate_is_no_limit() {
        let rates = Rates::default();
        assert!((0..10_000).all(|_| rates.check(AccountId(1), KeyId::MAIN).is_ok()));
    }

    #[test]
    fn a_burst_then_the_rate() {
        let clock = Arc::new(ManualClock::new(0));
        let rates = rates(Some("2/3"), None, &clock);
        let mut check = |account| rates.check(AccountId(account), KeyId::MAIN).is_ok();
        assert_eq!([1; 5].map(&mut check), [true, true, true, false, false]);
        // Another account has its own.
        assert!(check(2));
        clock.advance_us(500_000);
        assert_eq!([1; 2].map(&mut check), [true, false]);
        clock.advance_us(3_600_000_000);
        assert_eq!([1; 4].map(&mut check), [true, true, true, false]);
    }

    #[test]
    fn a_key_that_comes_too_often_uses_up_nothing_of_the_account() {
        let clock = Arc::new(ManualClock::new(0));
        let rates = rates(Some("1/4"), Some("1/2"), &clock);
        let check = |key| rates.check(AccountId(1), KeyId(key)).map_err(|many| many.to_string());
        let by_key = Err("rate: at most 1 requests a second by this key".to_owned());
        let by_account = Err("rate: at most 1 requests a second by this account".to_owned());
        assert_eq!([1; 4].map(check), [Ok(()), Ok(()), by_key.clone(), by_key]);
        assert_eq!([2, 2, 3].map(check), [Ok(()), Ok(()), by_account]);
    }

    #[test]
    fn what_the_account_may_not_do_uses_up_nothing_of_the_key() {
        let clock = Arc::new(ManualClock::new(0));
        let rates = rates(Some("1/2"), Some("1/3"), &clock);
        let by = |key| rates.check(AccountId(1), KeyId(key)).map_err(|many| many.by);
        assert_eq!(
            [1, 1, 1, 1, 1].map(by)[1..],
            [Ok(()), Err("account"), Err("account"), Err("account")]
        );
        // Of its three, the key has one left, and so it is once the account has others.
        clock.advance_us(1_000_000);
        assert_eq!(by(2), Ok(()));
        for _ in 0..10 {
            assert_eq!(by(1), Err("account"));
        }
        clock.advance_us(1_000_000);
        assert_eq!(by(1), Ok(()));
    }

    #[test]
    fn who_waits_as_told_is_let_in() {
        let clock = Arc::new(ManualClock::new(0));
        let rates = rates(Some("1/10"), None, &clock);
        let check = || rates.check(AccountId(1), KeyId::MAIN);
        assert!((0..10).all(|_| check().is_ok()));
        let wait_s = check().unwrap_err().retry_after_s;
        clock.advance_us(i64::try_from(wait_s).unwrap() * 1_000_000);
        assert_eq!(check(), Ok(()));
    }

    #[test]
    fn who_has_not_come_for_a_while_is_forgotten() {
        let clock = Arc::new(ManualClock::new(0));
        let rates = rates(Some("1/2"), None, &clock);
        let counted = || rates.account.as_ref().unwrap().counted.len();
        for account in 1..=1000 {
            rates.check(AccountId(account), KeyId::MAIN).unwrap();
        }
        rates.forget_idle();
        assert_eq!(counted(), 1000);
        clock.advance_us(60_000_000);
        rates.check(AccountId(7), KeyId::MAIN).unwrap();
        rates.forget_idle();
        assert_eq!(counted(), 1);
    }
}
