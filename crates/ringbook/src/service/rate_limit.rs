//! A rate limit for each key of a map, in bounded memory.
//!
//! This is the generic cell rate algorithm (GCRA): an event costs some time, and a key may owe at
//! most a window of it. Only the time at which a key owes nothing any more is stored. This module
//! must not know what is limited.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Clock;

/// Most keys that a limiter remembers: some 10 MB. Beyond it, the older half is forgotten.
pub const KEYS_MAX: usize = 100_000;

/// Limits how often something happens, for each key by itself.
pub struct RateLimiter<K> {
    cost: Duration,
    window: Duration,
    clock: Arc<dyn Clock>,
    keys: Mutex<Generations<K>>,
}

/// When each key owes nothing any more, in two generations. The older one is forgotten after a
/// window, when none of its keys owes anything, or when there are too many keys.
struct Generations<K> {
    recent: HashMap<K, Duration>,
    older: HashMap<K, Duration>,
    /// When the older one is forgotten next.
    forget_at: Duration,
}

impl<K: Hash + Eq> RateLimiter<K> {
    /// A limiter of events that cost `cost` each: one per `cost`, and `window / cost` at once.
    pub fn new(cost: Duration, window: Duration, clock: Arc<dyn Clock>) -> Self {
        let keys = Generations {
            recent: HashMap::new(),
            older: HashMap::new(),
            forget_at: Duration::ZERO,
        };
        Self { cost, window, clock, keys: Mutex::new(keys) }
    }

    /// Counts an event if it is allowed now. Otherwise returns how long to wait for it.
    pub fn try_count(&self, key: K) -> Result<(), Duration> {
        let now = self.clock.elapsed();
        let mut keys = self.keys();
        let free_at = keys.remember(key, now, self.window);
        self.allows(*free_at, now)?;
        *free_at = (*free_at).max(now) + self.cost;
        Ok(())
    }

    /// Whether an event is allowed now. If not, returns how long to wait for it.
    pub fn check(&self, key: &K) -> Result<(), Duration> {
        let free_at = self.keys().get_mut(key).map(|free_at| *free_at);
        free_at.map_or(Ok(()), |free_at| self.allows(free_at, self.clock.elapsed()))
    }

    /// How many events are allowed at once after a pause, and how long such a pause is.
    pub fn capacity(&self) -> (u64, Duration) {
        (events(self.window, self.cost), self.window)
    }

    /// How many events of a key are allowed now, and when it owes nothing any more.
    pub fn left(&self, key: &K) -> (u64, Duration) {
        let free_at = self.keys().get_mut(key).map_or(Duration::ZERO, |free_at| *free_at);
        let owed = free_at.saturating_sub(self.clock.elapsed());
        (events(self.window.saturating_sub(owed), self.cost), owed)
    }

    /// Takes back an event that was counted.
    pub fn refund(&self, key: &K) {
        if let Some(free_at) = self.keys().get_mut(key) {
            *free_at = free_at.saturating_sub(self.cost);
        }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        let keys = self.keys();
        keys.recent.len() + keys.older.len()
    }

    fn allows(&self, free_at: Duration, now: Duration) -> Result<(), Duration> {
        let wait = (free_at + self.cost).saturating_sub(now + self.window);
        if wait.is_zero() { Ok(()) } else { Err(wait) }
    }

    fn keys(&self) -> MutexGuard<'_, Generations<K>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn events(time: Duration, cost: Duration) -> u64 {
    u64::try_from(time.as_nanos() / cost.as_nanos()).unwrap_or(u64::MAX)
}

impl<K: Hash + Eq> Generations<K> {
    fn get_mut(&mut self, key: &K) -> Option<&mut Duration> {
        self.recent.get_mut(key).or_else(|| self.older.get_mut(key))
    }

    /// The entry of the key, in the recent generation.
    fn remember(&mut self, key: K, now: Duration, window: Duration) -> &mut Duration {
        if self.recent.len() >= KEYS_MAX / 2 || self.forget_at <= now {
            self.older = std::mem::take(&mut self.recent);
            self.forget_at = now + window;
        }
        let older = self.older.remove(&key);
        self.recent.entry(key).or_insert_with(|| older.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::clock::ManualClock;

    #[test]
    fn forgets_idle_keys_and_the_oldest_of_too_many() {
        let clock = Arc::new(ManualClock::new(0));
        let [cost, window] = [1, 2].map(Duration::from_secs);
        let limiter = RateLimiter::new(cost, window, Arc::<ManualClock>::clone(&clock));
        (0..300_000).for_each(|key| assert!(limiter.try_count(key).is_ok()));
        assert!((KEYS_MAX / 2..=KEYS_MAX).contains(&limiter.len()), "{}", limiter.len());
        assert!(limiter.keys().get_mut(&299_999).is_some());
        for _ in 0..2 {
            clock.advance_us(2_000_000);
            assert!(limiter.try_count(7).is_ok());
        }
        assert_eq!(limiter.len(), 1);
    }
}
