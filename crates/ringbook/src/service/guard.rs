//! Against guessing: how many wrong credentials may come from one source within a minute.
//!
//! Right ones that memory knows are never held up, whoever else calls from the same address.
//! What memory cannot tell to be right is not tried while its source is over the limit, so a
//! guesser costs no question to the store. Tries come back one by one, not all at once a minute
//! later, so neither is a caller shut out for good whose account is not in memory yet.

use std::collections::HashMap;
use std::mem;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Clock, Service};

/// Wrong credentials of a source within a minute, unless the operator says otherwise: more than
/// people and programs with an old key need, and nothing for a guesser.
pub const FAILED_CREDENTIALS_LIMIT: u32 = 20;

const MINUTE: Duration = Duration::from_mins(1);

/// Most sources that are remembered: some 10 MB. Beyond, the older half is forgotten.
const SOURCES_MAX: usize = 100_000;

/// Credentials that are not tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("credentials: not tried, too many wrong ones came from this address")]
pub struct NotTried {
    /// In how many seconds some will be.
    pub retry_after_s: u64,
}

/// Counts wrong credentials by their source.
pub struct Guard {
    /// The time that a wrong try costs; nothing where there is no limit.
    cost: Option<Duration>,
    clock: Arc<dyn Clock>,
    sources: Mutex<Sources>,
}

/// What is remembered, in two generations: the older one is forgotten after a minute, when
/// nobody in it is over the limit any more, or when there are too many.
#[derive(Default)]
struct Sources {
    recent: HashMap<IpAddr, Tries>,
    older: HashMap<IpAddr, Tries>,
    /// When the older ones are forgotten next.
    forget_at: Duration,
}

#[derive(Clone, Copy, Default)]
struct Tries {
    /// When all that was wrong will have been paid for: a minute from now at the latest.
    paid_at: Duration,
    /// Until when nothing more is told of it.
    told_until: Duration,
}

impl Guard {
    /// A guard that lets as many wrong credentials of a source be tried within a minute; 0 is any
    /// number.
    pub fn new(limit: u32, clock: Arc<dyn Clock>) -> Self {
        Self { cost: MINUTE.checked_div(limit), clock, sources: Mutex::default() }
    }

    /// Whether credentials that memory does not know may be tried.
    pub fn check(&self, source: IpAddr) -> Result<(), NotTried> {
        let Some(cost) = self.cost else { return Ok(()) };
        let now = self.clock.elapsed();
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(tries) = sources.find(network(source)) else { return Ok(()) };
        let wait = (tries.paid_at + cost).saturating_sub(now + MINUTE);
        if wait.is_zero() {
            return Ok(());
        }
        if tries.told_until <= now {
            tries.told_until = now + MINUTE;
            tracing::warn!(%source, "too many wrong credentials, so more are not tried for now");
        }
        Err(NotTried { retry_after_s: wait.as_secs() + u64::from(wait.subsec_nanos() > 0) })
    }

    /// Counts wrong credentials.
    pub fn failed(&self, source: IpAddr) {
        let Some(cost) = self.cost else { return };
        let now = self.clock.elapsed();
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let tries = sources.remember(network(source), now);
        // Many at once are told apart too late to be refused, and cost no more than a minute.
        tries.paid_at = (tries.paid_at.max(now) + cost).min(now + MINUTE);
    }
}

impl Sources {
    fn find(&mut self, source: IpAddr) -> Option<&mut Tries> {
        match self.recent.get_mut(&source) {
            None => self.older.get_mut(&source),
            found => found,
        }
    }

    fn remember(&mut self, source: IpAddr, now: Duration) -> &mut Tries {
        if self.recent.len() >= SOURCES_MAX / 2 || self.forget_at <= now {
            self.older = mem::take(&mut self.recent);
            self.forget_at = now + MINUTE;
        }
        let older = self.older.remove(&source);
        self.recent.entry(source).or_insert_with(|| older.unwrap_or_default())
    }
}

/// Whose address it is: with IPv6, one caller mostly has all of a /64.
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
    /// The same with another limit of wrong credentials from a source within a minute; 0 is none.
    #[must_use]
    pub fn with_failed_credentials_limit(self, limit: u32) -> Self {
        let guard = Guard::new(limit, Arc::clone(&self.clock));
        Self { guard, ..self }
    }

    /// Counts wrong credentials.
    pub fn guard(&self) -> &Guard {
        &self.guard
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::clock::ManualClock;

    fn guard(limit: u32) -> (Guard, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::new(0));
        (Guard::new(limit, Arc::<ManualClock>::clone(&clock)), clock)
    }

    /// How many wrong credentials are tried of so many.
    fn tried(guard: &Guard, source: &str, count: usize) -> usize {
        let source = source.parse().unwrap();
        let tried = (0..count).filter(|_| {
            let is_tried = guard.check(source).is_ok();
            if is_tried {
                guard.failed(source);
            }
            is_tried
        });
        tried.count()
    }

    #[test]
    fn as_many_are_tried_as_the_limit_says() {
        for limit in [1, 2, 7, 20, 1000] {
            let (guard, _) = guard(limit);
            assert_eq!(tried(&guard, "192.0.2.1", 2000), limit as usize);
        }
        let (guard, _) = guard(0);
        assert_eq!(tried(&guard, "192.0.2.1", 2000), 2000);
    }

    #[test]
    fn tries_come_back_one_by_one() {
        let (guard, clock) = guard(20);
        tried(&guard, "192.0.2.1", 100);
        let source = "192.0.2.1".parse().unwrap();
        assert_eq!(guard.check(source), Err(NotTried { retry_after_s: 3 }));
        clock.advance_us(2_999_999);
        assert_eq!(guard.check(source), Err(NotTried { retry_after_s: 1 }));
        clock.advance_us(1);
        assert_eq!(tried(&guard, "192.0.2.1", 100), 1);
        clock.advance_us(30_000_000);
        assert_eq!(tried(&guard, "192.0.2.1", 100), 10);
        clock.advance_us(3_600_000_000);
        assert_eq!(tried(&guard, "192.0.2.1", 100), 20);
    }

    #[test]
    fn many_at_once_cost_no_more_than_a_minute() {
        let (guard, clock) = guard(20);
        let source = "192.0.2.1".parse().unwrap();
        (0..10_000).for_each(|_| guard.failed(source));
        clock.advance_us(60_000_000);
        assert_eq!(tried(&guard, "192.0.2.1", 100), 20);
    }

    #[test]
    fn a_source_is_an_address_or_with_ipv6_a_network() {
        let (guard, _) = guard(5);
        assert_eq!(tried(&guard, "192.0.2.1", 100), 5);
        assert_eq!(tried(&guard, "192.0.2.2", 100), 5);
        assert_eq!(tried(&guard, "::ffff:192.0.2.2", 100), 0);
        assert_eq!(tried(&guard, "2001:db8::1", 3), 3);
        assert_eq!(tried(&guard, "2001:db8::ffff:1", 100), 2);
        assert_eq!(tried(&guard, "2001:db8:0:1::1", 100), 5);
    }

    #[test]
    fn who_is_over_the_limit_is_remembered_for_as_long_as_it_matters() {
        let (guard, clock) = guard(5);
        tried(&guard, "192.0.2.1", 5);
        for second in 0..11_u8 {
            // Others come meanwhile.
            tried(&guard, &format!("198.51.100.{second}"), 1);
            assert_eq!(tried(&guard, "192.0.2.1", 1), 0);
            clock.advance_us(1_000_000);
        }
        clock.advance_us(1_000_000);
        assert_eq!(tried(&guard, "192.0.2.1", 100), 1);
    }

    #[test]
    fn memory_is_bounded() {
        let (guard, _) = guard(5);
        for address in 0..300_000_u32 {
            guard.failed(IpAddr::V4(address.into()));
        }
        let sources = guard.sources.lock().unwrap();
        let count = sources.recent.len() + sources.older.len();
        assert!((SOURCES_MAX / 2..=SOURCES_MAX).contains(&count), "{count}");
        assert!(sources.recent.contains_key(&IpAddr::V4(299_999.into())));
    }
}
