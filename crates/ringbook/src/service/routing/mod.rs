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
mod told;
mod touched;

use std::sync::Arc;
use std::time::Duration;

use directory::routing::{Decision, RingList, decide};

use self::board::AskedLists;
pub use self::board::{Board, Rings};
pub use self::caller::RoutingCaller;
pub use self::file::forget as forget_in_file;
pub use self::keeper::start_keeper;
use self::told::Kept;
pub use self::told::Told;
pub use self::touched::{Touched, touched_by, touched_by_phones};
use super::cache::CachedAccount;
use super::{Service, Tenant};

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
    told: Arc<Kept>,
}

impl Routed {
    fn new((lists, revision, told): AskedLists, age: Duration) -> Self {
        Self { lists, revision, age, told }
    }

    /// What is told of it in a way, which is a small number. `repeated` is what that has in it of the question.
    /// It is made only if it is not kept.
    pub fn tell<E>(
        &self,
        way: usize,
        repeated: &str,
        make: impl FnOnce() -> Result<Told, E>,
    ) -> Result<Told, E> {
        self.told.told(way, repeated, make)
    }

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
    pub fn route(&self, caller: &RoutingCaller, skill: &str) -> Result<Routed, NotRouted> {
        let routed = match &caller.account_in_memory() {
            Some(cached) => self.route_in(cached, skill),
            None => {
                self.route_by_memory(caller, skill).ok_or(NotRouted::CannotKnow(Reason::NotLoaded))
            }
        };
        let age = match &routed {
            Ok(Routed { age, .. }) | Err(NotRouted::UnknownSkill { age, .. }) => *age,
            Err(NotRouted::CannotKnow(_)) => return routed,
        };
        let most = self.core.options.routing_max_age;
        if age > most { Err(NotRouted::CannotKnow(Reason::TooOld { age, most })) } else { routed }
    }

    /// The account of a caller, to change it.
    pub fn tenant_of(&self, caller: &RoutingCaller) -> Result<Tenant, NotRouted> {
        let cached = caller.account_in_memory();
        let cached = cached.ok_or(NotRouted::CannotKnow(Reason::NotLoaded))?;
        Ok(Tenant(Arc::clone(cached), caller.authority))
    }

    /// The routing of an account that is in memory.
    fn route_in(&self, cached: &CachedAccount, skill: &str) -> Result<Routed, NotRouted> {
        let (age, rings) = (self.core.view.age(), cached.rings_on(&self.core.board));
        if let Some(asked) = rings.and_then(|rings| rings.ask(skill)) {
            return Ok(Routed::new(asked, age));
        }
        let account = cached.read();
        let unknown = NotRouted::UnknownSkill { revision: account.counters.version, age };
        let (id, _) = account.skills.lookup(skill).ok_or(unknown.clone())?;
        let rings = rings.ok_or(unknown.clone())?;
        let age_us = i64::try_from(age.as_micros()).unwrap_or(i64::MAX);
        rings.confirm(self.core.board.now_us().saturating_sub(age_us));
        rings.begin(&account, id);
        let asked = rings.ask(skill).ok_or(unknown)?;
        drop(account);
        if self.core.board.is_over() {
            self.core.board.tidy();
        }
        Ok(Routed::new(asked, age))
    }

    /// The same by what is remembered of it.
    fn route_by_memory(&self, caller: &RoutingCaller, skill: &str) -> Option<Routed> {
        let rings = self.core.board.get(&caller.user_name)?;
        rings.head().filter(|head| head.id == caller.account)?;
        Some(Routed::new(rings.ask(skill)?, rings.age()))
    }

    /// What is published now.
    pub fn routing_usage(&self) -> RoutingUsage {
        let since_us = self.core.board.now_us() - RECENT_US;
        let mut usage = RoutingUsage { bytes: self.core.board.bytes(), ..RoutingUsage::default() };
        for rings in self.core.board.all() {
            let asked = rings.sizes();
            usage.lists += asked.len();
            if asked.iter().any(|(asked_us, _)| *asked_us >= since_us) {
                let name = rings.head().map(|head| head.profile.user_name.clone());
                let is_in_memory =
                    name.is_some_and(|name| self.core.cache.get(name.as_str()).is_some());
                let age = if is_in_memory { self.core.view.age() } else { rings.age() };
                usage.view_age = usage.view_age.max(age);
            }
        }
        usage
    }
}
