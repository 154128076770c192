//! What can be done with the directory, for every front end.
//!
//! Commands (`commands`) are queued to threads that decide them in memory and commit them in
//! groups (`writer`). Reads look at the accounts in memory (`cache`), after they have asked the store
//! for the newest version (`refresh`). This module must not know: HTTP, the bytes of any API, SQL.

mod account;
mod cache;
mod call_log;
mod check;
pub mod clock;
mod commands;
mod credentials;
mod erase;
mod failure;
mod follow;
mod history;
mod housekeeping;
mod keys;
mod load;
mod lookup;
mod phones;
mod queries;
mod rate_limit;
mod replies;
mod routing;
mod sessions;
mod shared_query;
mod skills;
mod store_clock;
mod throttle;
mod writer;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use directory::AccountId;
use tokio::time::timeout;

use crate::store::{AccountHead, OperatorKey, Origin, RequestId, Store};
use crate::thread::Thread;
pub use account::AccountState;
use cache::{AccountCache, CachedAccount};
pub use call_log::{Call, CallAction, CallOutcome, CallQuery};
pub use check::CheckReport;
pub use clock::Clock;
use clock::DAY_US;
pub use commands::CommandRequest;
pub use credentials::{
    Accepted, Access, Authority, Credentials, CredentialsFault, Denied, TokenDenied,
};
pub use erase::{Erasable, ErasableAccount};
pub use failure::{Failure, Outcome};
use follow::{Follower, View};
pub use history::{HistoricChange, History, RevertScope, RingExplanation, RingReason};
use keys::OperatorKeyCache;
pub use keys::{KeyUse, OperatorAccess};
use lookup::HeadCache;
pub use phones::{ListedPhone, PhoneFilter, PhonePage, PhoneQuery, SortKey};
use queries::Permits;
use routing::{Board, start_keeper};
pub use routing::{
    NotRouted, ROUTING_MAX_AGE, Reason, Routed, RoutingCaller, RoutingUsage, Told, forget_in_file,
};
pub use sessions::{Principal, SignedIn};
use shared_query::SharedQuery;
pub use skills::{ListedSkill, RingPhone};
pub use store_clock::StoreClock;
use throttle::Throttle;
pub use throttle::{FAILED_CREDENTIALS_LIMIT, Quota, Rate, RateFault, Throttled};
use writer::Queue;
pub use writer::{IDEMPOTENCY_RECORD_LIFETIME_US, Idempotency, IdempotentAnswer};

/// How long the store may take to answer before the service counts as not ready.
const READY_WITHIN: Duration = Duration::from_secs(2);

/// The directory as a front end sees it.
pub struct Service {
    /// Dropped first, as it uses the queue.
    _follower: Follower,
    housekeeper: Thread,
    queue: Arc<Queue>,
    /// Dropped after the queue, whose last commits are published.
    keeper: Thread,
    core: Arc<Core>,
    permits: Permits,
    heads: Mutex<HeadCache>,
    version_query: SharedQuery<AccountId, Option<u64>>,
    head_query: SharedQuery<String, Result<Option<AccountHead>, Failure>>,
    operator_key_query: SharedQuery<(), Arc<[OperatorKey]>>,
    operator_keys: OperatorKeyCache,
    throttle: Throttle,
}

/// What the service shares with its threads.
struct Core {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    store_clock: StoreClock,
    cache: AccountCache,
    board: Board,
    /// How old what is in memory may be, as the follower knows it.
    view: View,
    options: ServiceOptions,
}

/// What the operator sets.
#[derive(Debug, Clone)]
pub struct ServiceOptions {
    /// Wrong credentials from one network within a minute before they are slowed down; 0 is any
    /// number.
    pub failed_credentials_limit: u32,
    /// How often each account may make a request; any number of times, if none.
    pub account_rate: Option<Rate>,
    /// The same for each API key.
    pub key_rate: Option<Rate>,
    /// For how many days the history is kept; for good, if none.
    pub history_days: Option<u32>,
    /// Whether the store is only read, so that nothing is pruned.
    pub is_read_only: bool,
    /// The file with what calls are routed by that come before the store is there.
    pub routing_cache: Option<PathBuf>,
    /// How old what calls are routed by may be.
    pub routing_max_age: Duration,
    /// Whether the last calls to `PhoneManageV2` are kept in memory.
    pub records_calls: bool,
}

impl Default for ServiceOptions {
    fn default() -> Self {
        Self {
            failed_credentials_limit: FAILED_CREDENTIALS_LIMIT,
            account_rate: None,
            key_rate: None,
            history_days: None,
            is_read_only: false,
            routing_cache: None,
            routing_max_age: ROUTING_MAX_AGE,
            records_calls: true,
        }
    }
}

impl ServiceOptions {
    /// The time before which the history is not kept, microseconds UTC; none if it is for good.
    pub fn history_begins_us(&self, now_us: i64) -> Option<i64> {
        let kept_us = |days| i64::from(days).saturating_mul(DAY_US);
        self.history_days.map(|days| now_us.saturating_sub(kept_us(days)))
    }
}

impl Core {
    fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, options: &ServiceOptions) -> Self {
        Self {
            store_clock: StoreClock::start(&store, &clock),
            cache: AccountCache::default(),
            board: Board::new(Arc::clone(&clock)),
            view: View::begin(),
            options: options.clone(),
            store,
            clock,
        }
    }
}

/// What the service holds at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Accounts in memory.
    pub accounts: usize,
    /// The memory that they took when they were loaded; eviction goes by it.
    pub account_bytes: usize,
    /// Messages that wait for the threads that write.
    pub queued: usize,
    /// How many may wait.
    pub queued_max: usize,
    /// How long ago all accounts in memory were last known to be current.
    pub view_age: Duration,
    /// Whether the housekeeping threads run.
    pub is_tidied: bool,
}

/// An account that a caller may act for: made by [`Service::authenticate`] for its own users and
/// by [`Service::tenant`] for the operator. Current reads and commands verify its authority again,
/// so that nobody does anything with a key that was deleted in the meantime.
#[derive(Clone)]
pub struct Tenant(Arc<CachedAccount>, Authority);

impl Tenant {
    /// The account.
    pub fn id(&self) -> AccountId {
        self.0.id
    }

    /// Whether this is its `userName`.
    pub fn is_named(&self, user_name: &str) -> bool {
        self.0.read().profile.user_name.as_str() == user_name
    }

    /// The same account in the name of an operator.
    #[must_use]
    pub fn operated_by(self, operator: &OperatorAccess) -> Self {
        Self(self.0, operator.authority)
    }
}

impl Service {
    /// A service over `store` with the default options.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self::with_options(store, clock, &ServiceOptions::default())
    }

    /// A service over `store`. Starts the threads that write, follow and tidy up.
    pub fn with_options(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        options: &ServiceOptions,
    ) -> Self {
        let core = Arc::new(Core::new(store, clock, options));
        let queue = Arc::new(Queue::start(&core));
        Self {
            keeper: start_keeper(&core),
            _follower: Follower::start(&core, &queue),
            housekeeper: housekeeping::start(&core),
            throttle: Throttle::new(options, &core.clock),
            permits: Permits::default(),
            heads: Mutex::default(),
            version_query: SharedQuery::default(),
            head_query: SharedQuery::default(),
            operator_key_query: SharedQuery::default(),
            operator_keys: OperatorKeyCache::default(),
            queue,
            core,
        }
    }

    /// The store behind it, for what is about the store itself.
    pub fn store(&self) -> &dyn Store {
        &*self.core.store
    }

    /// The origin of something that happens now.
    pub fn origin(&self, request_id: RequestId, source: &Arc<str>) -> Origin {
        Origin {
            at_us: self.core.clock.now_us(),
            request_id,
            source: Arc::clone(source),
            import: None,
        }
    }

    /// The time, microseconds UTC.
    pub fn now_us(&self) -> i64 {
        self.core.clock.now_us()
    }

    /// The time by which idempotency records age.
    pub fn store_time_us(&self) -> i64 {
        self.core.store_clock.now_us()
    }

    /// Whether the service can do its work: the store answers and may be written, and the writers
    /// run.
    pub async fn is_ready(&self) -> bool {
        self.queue.is_running()
            && self.core.store.is_usable().is_ok()
            && timeout(READY_WITHIN, self.current_version(AccountId(0)))
                .await
                .is_ok_and(|read| read.is_ok())
    }

    /// How many bytes the store has on the disk.
    pub async fn store_bytes(&self) -> Result<u64, Failure> {
        self.query(&self.permits.short, |store| store.bytes()).await
    }

    /// What the engine of the store knows of who is connected and what is archived.
    pub async fn store_facts(&self) -> Result<Vec<(String, String)>, Failure> {
        self.query(&self.permits.short, |store| store.facts()).await
    }

    /// Whether the threads run that forget what is too old.
    fn is_tidied(&self) -> bool {
        self.housekeeper.is_running() && self.keeper.is_running()
    }

    /// What the service holds now.
    pub fn usage(&self) -> Usage {
        let (accounts, account_bytes) = self.core.cache.usage();
        let (queued, queued_max) = self.queue.length();
        let (view_age, is_tidied) = (self.core.view.age(), self.is_tidied());
        Usage { accounts, account_bytes, queued, queued_max, view_age, is_tidied }
    }

    /// The version of an account as committed when this is called, or later; none if there is no such
    /// account.
    async fn current_version(&self, id: AccountId) -> Result<Option<u64>, Failure> {
        if let Some(version) = self.core.store.known_version(id) {
            return Ok(Some(version));
        }
        self.version_query.get(&self.core.store, id, |store, ids| store.versions_of(ids)).await
    }

    /// Brings the memory of an account to the version that the store has now, or a later one, and
    /// verifies the tenant's authority against it.
    async fn refresh(&self, tenant: &Tenant) -> Result<(), Failure> {
        let committed = self.current_version(tenant.id()).await?;
        // Memory is ahead where a commit of ours came in between. Versions only grow, except in a
        // store that was restored, which the follower notices.
        if committed.is_none_or(|committed| committed > tenant.0.version()) {
            self.queue.synchronize(&tenant.0).await?;
        }
        self.verify_operator(&tenant.1).await?;
        self.verify(tenant)
    }
}
