//! The store's clock, by which the history and idempotency records age. It moves on with the time
//! that passes while a process runs, however the machine's clock is set (ADR 0024).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::clock::Clock;
use crate::store::{ClockMark, Store, StoreError};

/// How often the time is stored, and so how precisely the age of a change is known.
pub const MARK_INTERVAL_US: i64 = 3_600_000_000;

/// How much of the time while no process ran counts. It is known by the machine's clock alone.
const DOWN_TIME_MAX_US: i64 = MARK_INTERVAL_US;

/// The store's clock.
pub struct StoreClock {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    /// None until the store has been read.
    state: Mutex<Option<State>>,
}

#[derive(Clone, Copy)]
struct State {
    /// The time when the machine's elapsed time was zero.
    base_us: i64,
    /// The newest time in the store; none if there is none yet.
    marked_us: Option<i64>,
}

impl StoreClock {
    /// The clock, as it was when the last process stored it.
    pub fn start(store: &Arc<dyn Store>, clock: &Arc<dyn Clock>) -> Self {
        let (store, clock) = (Arc::clone(store), Arc::clone(clock));
        let started = Self { store, clock, state: Mutex::new(None) };
        if let Err(error) = started.known() {
            tracing::warn!(%error, "the clock of the store could not be read");
        }
        started
    }

    /// The time: microseconds since 1970 when the store was new, and those that it was in use since.
    /// The machine's time while the store cannot be read.
    pub fn now_us(&self) -> i64 {
        let state = *self.state();
        state.map_or_else(|| self.clock.now_us(), |state| state.base_us + self.elapsed_us())
    }

    /// Stores the time with the newest change, once an hour. Call it more often. Nobody who asks for
    /// the time waits for the store.
    pub fn mark(&self) -> Result<(), StoreError> {
        let mut known = self.known()?;
        let clock_us = known.base_us + self.elapsed_us();
        if known.marked_us.is_none_or(|marked_us| clock_us - marked_us >= MARK_INTERVAL_US) {
            let mark = ClockMark { clock_us, at_us: self.clock.now_us() };
            // Nodes go by the one that is furthest, so several of them are no faster than one.
            let newest_us = self.store.mark_clock(mark, MARK_INTERVAL_US)?;
            known.base_us += (newest_us - clock_us).max(0);
            known.marked_us = Some(newest_us);
            *self.state() = Some(known);
        }
        Ok(())
    }

    /// What is known of the time; read from the store at first.
    fn known(&self) -> Result<State, StoreError> {
        let known = *self.state();
        if let Some(known) = known {
            return Ok(known);
        }
        let (at_us, stored) = (self.clock.now_us(), self.store.clock()?);
        let now_us = stored.map_or(at_us, |mark| {
            mark.clock_us + at_us.saturating_sub(mark.at_us).clamp(0, DOWN_TIME_MAX_US)
        });
        let marked_us = stored.map(|mark| mark.clock_us);
        let known = State { base_us: now_us - self.elapsed_us(), marked_us };
        *self.state() = Some(known);
        Ok(known)
    }

    fn elapsed_us(&self) -> i64 {
        i64::try_from(self.clock.elapsed().as_micros()).unwrap_or(i64::MAX)
    }

    fn state(&self) -> MutexGuard<'_, Option<State>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
