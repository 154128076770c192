//! Whom to ring: the decision on a call, from ring lists that are published for it.
//!
//! A skill that is asked for has its list on the [`Board`]. Each commit publishes the asked lists that
//! it touched, before its callers are answered. So a question waits for no write, lock or IO, and is
//! answered while the store is away, and also of accounts that are not in memory any more. This module
//! must not know how a phone system asks.

mod board;
mod caller;
mod file;
mod keeper;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use directory::routing::{Decision, RingList, decide};

pub use self::board::{Board, Rings, Touched};
pub use self::caller::RoutingCaller;
pub use self::file::forget as forget_in_file;
pub use self::keeper::Keeper;
use super::cache::CachedAccount;
use super::{Clock, Service, Tenant};

/// How long a question may wait for an account that is not in memory: it is loaded, whoever waits.
pub const COLD_WAIT: Duration = Duration::from_millis(200);

/// How old what is known may be, unless the operator sets another age.
pub const ROUTING_MAX_AGE: Duration = Duration::from_hours(24);

/// Calls of so long ago do not tell how old what calls are routed by is.
const RECENT_US: i64 = 300_000_000;

/// What a decision is made of.
#[derive(Debug, Clone)]
pub struct Routed {
    /// The list of the skill, of its overflow skill, of that one's, and so on.
    pub lists: Vec<Arc<RingList>>,
    /// The version of the account.
    pub revision: u64,
    /// How long ago, at most, this was still what the store has.
    pub age: Duration,
}

impl Routed {
    /// Whom to ring at a time, microseconds UTC.
    pub fn decide(&self, at_us: i64) -> Decision<'_> {
        decide(&self.lists, at_us)
    }
}

/// Why a call cannot be routed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotRouted {
    /// The account has no such skill.
    #[error("there is no such skill")]
    UnknownSkill {
        /// The version of the account.
        revision: u64,
        /// How long ago, at most, this was still what the store has.
        age: Duration,
    },
    /// What there is to ring is not known.
    #[error("it is not known whom to ring: {0}")]
    CannotKnow(Reason),
}

/// Why it is not known what there is to ring.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Nothing of the skill is in memory.
    #[error(
        "the account is not in memory and could not be loaded in time, nor was the skill asked for within a day"
    )]
    NotLoaded,
    /// It is older than the operator allows.
    #[error("what is remembered is {} s old, the most is {} s", age.as_secs(), most.as_secs())]
    TooOld {
        /// How old it is.
        age: Duration,
        /// How old it may be.
        most: Duration,
    },
}

/// What is published, at a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RoutingUsage {
    /// Ring lists.
    pub lists: usize,
    /// About the memory that they take.
    pub bytes: usize,
    /// How old the oldest view is by which calls were routed within the last five minutes.
    pub view_age: Duration,
}

impl Service {
    /// What rings for a skill, by its id or its name, from memory.
    #[allow(clippy::unused_async)] // As all questions to the service, so that it may wait one day.
    pub async fn route(&self, caller: &RoutingCaller, skill: &str) -> Result<Routed, NotRouted> {
        let routed = if let Some(cached) = caller.account_in_memory() {
            self.route_in(cached, skill)
        } else {
            let remembered = self.route_by_memory(caller, skill);
            remembered.ok_or(NotRouted::CannotKnow(Reason::NotLoaded))
        };
        let age = match &routed {
            Ok(Routed { age, .. }) | Err(NotRouted::UnknownSkill { age, .. }) => *age,
            Err(NotRouted::CannotKnow(_)) => return routed,
        };
        let most = self.routing_max_age;
        if age > most { Err(NotRouted::CannotKnow(Reason::TooOld { age, most })) } else { routed }
    }

    /// The account of a caller, to change it.
    #[allow(clippy::unused_async)] // As above.
    pub async fn tenant_of(&self, caller: &RoutingCaller) -> Result<Tenant, NotRouted> {
        let cached = caller.account_in_memory();
        let cached = cached.ok_or(NotRouted::CannotKnow(Reason::NotLoaded))?;
        Ok(Tenant(Arc::clone(cached), caller.authority))
    }

    /// The routing of an account that is in memory.
    fn route_in(&self, cached: &Arc<CachedAccount>, skill: &str) -> Result<Routed, NotRouted> {
        let (now_us, age) = (elapsed_us(&*self.clock), self.follower.age());
        if let Some((lists, revision)) = cached.rings().and_then(|rings| rings.ask(skill, now_us)) {
            return Ok(Routed { lists, revision, age });
        }
        let account = cached.read();
        let revision = account.counters.version;
        let unknown = NotRouted::UnknownSkill { revision, age };
        let (id, _) = account.skills.lookup(skill).ok_or(unknown.clone())?;
        let rings = cached.rings_on(&self.board, &account).ok_or(unknown)?;
        rings.confirm(now_us.saturating_sub(i64::try_from(age.as_micros()).unwrap_or(i64::MAX)));
        let lists = rings.begin(&account, id, now_us);
        drop(account);
        if self.board.is_over() {
            self.board.tidy(now_us);
        }
        Ok(Routed { lists, revision, age })
    }

    /// The same by what is remembered of it.
    fn route_by_memory(&self, caller: &RoutingCaller, skill: &str) -> Option<Routed> {
        let now_us = elapsed_us(&*self.clock);
        let rings = self.board.get(&caller.user_name)?;
        rings.version().filter(|(id, _)| *id == caller.account)?;
        let (lists, revision) = rings.ask(skill, now_us)?;
        Some(Routed { lists, revision, age: rings.age(now_us) })
    }

    /// What is published now.
    pub fn routing_usage(&self) -> RoutingUsage {
        let (now_us, all) = (elapsed_us(&*self.clock), self.board.all());
        let is_recent =
            |rings: &&Arc<Rings>| rings.asked_us().is_some_and(|at_us| now_us - at_us <= RECENT_US);
        let age = |rings: &Arc<Rings>| match self.cache.get(rings.user_name()) {
            Some(_) => self.follower.age(),
            None => rings.age(now_us),
        };
        let view_age = all.iter().filter(is_recent).map(age).max().unwrap_or_default();
        let lists = all.iter().map(|rings| rings.len()).sum();
        RoutingUsage { lists, bytes: self.board.bytes(), view_age }
    }
}

/// The elapsed time of a clock, in microseconds.
fn elapsed_us(clock: &dyn Clock) -> i64 {
    i64::try_from(clock.elapsed().as_micros()).unwrap_or(i64::MAX)
}
