//! What can be done with the directory, for every front end.
//!
//! Commands (`commands`) are queued to threads that decide them in memory and commit them in
//! groups (`writer`). Reads look at the accounts in memory (`cache`). A *current* read first asks
//! the store for the newest version (`versions`); a *cached* read does not. This module must not
//! know: HTTP, the bytes of any API, SQL.

mod account;
mod cache;
mod check;
pub mod clock;
mod commands;
mod credentials;
mod failure;
mod follow;
mod history;
mod housekeeping;
mod keys;
mod load;
mod phones;
mod queries;
mod rate_limit;
mod replies;
mod skills;
mod throttle;
mod versions;
mod walk;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use directory::{AccountId, Refusal};

use crate::store::{Origin, RequestId, Store};
pub use account::AccountState;
use cache::{AccountCache, CachedAccount};
pub use check::CheckReport;
pub use clock::Clock;
pub use commands::CommandRequest;
pub use credentials::{Accepted, Access, Credentials, Denied, TokenDenied};
pub use failure::{Failure, Outcome};
use follow::Follower;
pub use history::{HistoricChange, History, RevertScope, RingExplanation, RingReason};
use housekeeping::Housekeeper;
pub use keys::KeyUse;
use keys::OperatorKeyCache;
pub use phones::{ListedPhone, PhoneFilter, PhonePage, PhoneQuery, SortKey};
use queries::QueryPermits;
pub use skills::{CachedRead, ListedSkill, RingPhone};
use throttle::Throttle;
pub use throttle::{FAILED_CREDENTIALS_LIMIT, Rate, RateFault, Throttled};
use versions::Versions;
use walk::Walks;
use writer::Queue;
pub use writer::{Idempotency, IdempotentAnswer};

/// The directory as a front end sees it.
pub struct Service {
    /// Dropped first, as it uses the queue.
    follower: Follower,
    housekeeper: Housekeeper,
    queue: Arc<Queue>,
    versions: Versions,
    store: Arc<dyn Store>,
    cache: Arc<AccountCache>,
    clock: Arc<dyn Clock>,
    /// Held while an account is loaded: one at a time, as each may take much memory.
    loading: tokio::sync::Mutex<()>,
    query_permits: QueryPermits,
    walks: Walks,
    operator_keys: OperatorKeyCache,
    throttle: Throttle,
}

/// What the operator sets.
#[derive(Debug, Clone)]
pub struct ServiceOptions {
    /// Wrong credentials from one network that are tried within a minute; 0 is any number.
    pub failed_credentials_limit: u32,
    /// How often each account may make a request; any number of times, if none.
    pub account_rate: Option<Rate>,
    /// The same for each API key.
    pub key_rate: Option<Rate>,
    /// For how many days the history is kept; for good, if none.
    pub history_days: Option<u32>,
}

impl Default for ServiceOptions {
    fn default() -> Self {
        Self {
            failed_credentials_limit: FAILED_CREDENTIALS_LIMIT,
            account_rate: None,
            key_rate: None,
            history_days: None,
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
    /// Whether the housekeeping thread runs.
    pub is_tidied: bool,
}

/// An account that a caller may act for: made by [`Service::authenticate`] for its own users and
/// by [`Service::tenant`] for the operator.
#[derive(Clone)]
pub struct Tenant(Arc<CachedAccount>);

impl Tenant {
    /// The account.
    pub fn id(&self) -> AccountId {
        self.0.id
    }
}

impl Service {
    /// A service over `store` with the default options.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self::with_options(store, clock, &ServiceOptions::default())
    }

    /// A service over `store`. Starts the threads that write, read, follow and tidy up.
    pub fn with_options(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        options: &ServiceOptions,
    ) -> Self {
        let cache = Arc::new(AccountCache::default());
        let queue = Arc::new(Queue::start(&store, &cache));
        Self {
            follower: Follower::start(&store, &cache, &queue),
            housekeeper: Housekeeper::start(&store, &cache, &clock, options.history_days),
            versions: Versions::of(&store),
            throttle: Throttle::new(options, &clock),
            loading: tokio::sync::Mutex::default(),
            query_permits: QueryPermits::default(),
            walks: Walks::default(),
            operator_keys: OperatorKeyCache::default(),
            queue,
            store,
            cache,
            clock,
        }
    }

    /// The store behind it, for what is about the store itself.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// The origin of something that happens now.
    pub fn origin(&self, request_id: RequestId, source: &Arc<str>) -> Origin {
        Origin { at_us: self.clock.now_us(), request_id, source: Arc::clone(source) }
    }

    /// Whether the service can do its work: the store answers and may be written, and the writers
    /// run.
    pub async fn is_ready(&self) -> bool {
        self.queue.is_running()
            && self.store.is_usable().is_ok()
            && self.versions.get(AccountId(0)).await.is_ok()
    }

    /// What the service holds now.
    pub fn usage(&self) -> Usage {
        let (accounts, account_bytes) = self.cache.usage();
        let (queued, queued_max) = self.queue.length();
        let (view_age, is_tidied) = (self.follower.age(), self.housekeeper.is_running());
        Usage { accounts, account_bytes, queued, queued_max, view_age, is_tidied }
    }

    /// Brings the memory of an account to the version that the store has now, or a later one.
    async fn refresh(&self, tenant: &Tenant) -> Result<(), Failure> {
        let committed = self.versions.get(tenant.id()).await?;
        // Memory is ahead where a commit of ours came in between. Versions only grow, except in a
        // store that was restored, which the follower notices.
        if committed.is_none_or(|committed| committed > tenant.0.version()) {
            self.queue.synchronize(&tenant.0).await?;
        }
        if tenant.0.is_deleted() {
            return Err(Refusal::NoSuchAccount.into());
        }
        Ok(())
    }
}
