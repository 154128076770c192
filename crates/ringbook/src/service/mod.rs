//! What can be done with the directory, once for every front end.
//!
//! Writes are queued to threads that decide them in memory and commit them in groups (`writer`).
//! Reads look at the memory (`accounts`): a current one asks the store first whether it has a
//! newer version (`versions`), a remembered one does not. This module must not know: HTTP, the
//! bytes of any API, SQL.

mod account;
mod accounts;
mod answers;
mod check;
pub mod clock;
mod credentials;
mod failure;
mod follow;
mod history;
mod housekeeping;
mod keys;
mod load;
mod phones;
mod preview;
mod rate_limit;
mod skills;
mod throttle;
mod usage;
mod versions;
mod writer;

use std::sync::Arc;
use std::time::{Duration, Instant};

use directory::{AccountId, Command, Profile, ProfileEdit, Refusal, Skills};
use tokio::sync::Semaphore;

use crate::store::{AccountSummary, IdempotencyKey, IdempotencyRecord, Origin, RequestId, Store};
pub use account::AccountState;
use accounts::{Accounts, Cell};
pub use check::CheckReport;
pub use clock::Clock;
pub use credentials::{Access, Credentials, Denied, TokenDenied};
pub use failure::{Failure, Outcome};
use follow::Follower;
pub use history::{Event, HistoricChange, History, Reverts, RingExplanation, RingReason};
use housekeeping::Housekeeper;
use keys::Operators;
pub use keys::{KeyUse, Operator};
pub use phones::{ListedPhone, PhoneFilter, PhonePage, PhoneQuery, PhoneSort, SortKey};
pub use skills::{ListedSkill, RingPhone};
use throttle::Throttle;
pub use throttle::{FAILED_CREDENTIALS_LIMIT, Rate, RateFault, Throttled};
pub use usage::Usage;
use versions::Versions;
use writer::{Asks, Queue};
pub use writer::{IDEMPOTENCY_RECORD_LIFETIME_US, Idempotency, IdempotentAnswer};

/// How long making an account may take when the store is away.
const CREATE_WITHIN: Duration = Duration::from_millis(1200);

/// The directory as a front end sees it.
pub struct Service {
    /// Dropped first, as it uses the queue.
    follower: Follower,
    housekeeper: Housekeeper,
    queue: Arc<Queue>,
    versions: Versions,
    store: Arc<dyn Store>,
    accounts: Arc<Accounts>,
    clock: Arc<dyn Clock>,
    /// Held while an account is loaded: one at a time, as each may take much memory.
    loading: tokio::sync::Mutex<()>,
    /// Of those who ask a store that is not local.
    asking: Arc<Semaphore>,
    /// Of those who look far back, one at a time.
    asking_at_length: Arc<Semaphore>,
    operators: Operators,
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

/// An account that somebody may act for: made by [`Service::authenticate`] for its own users and
/// by [`Service::tenant`] for the operator.
#[derive(Clone)]
pub struct Tenant(Arc<Cell>);

impl Tenant {
    /// The account.
    pub fn id(&self) -> AccountId {
        self.0.id
    }
}

/// An answer from memory, which is there while the store is away.
#[derive(Debug, Clone)]
pub struct Remembered<T> {
    /// The answer.
    pub answer: T,
    /// The version of the account that it was given with: its revision.
    pub version: u64,
    /// How long ago, at most, that version was still the newest one.
    pub age: Duration,
}

impl Service {
    /// A service over `store`, with no limits but the default ones. Starts the threads that write,
    /// read and follow.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self::with_options(store, clock, &ServiceOptions::default())
    }

    /// A service over `store`, as the operator wants it.
    pub fn with_options(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        options: &ServiceOptions,
    ) -> Self {
        let accounts = Arc::new(Accounts::default());
        let queue = Arc::new(Queue::start(&store, &accounts));
        Self {
            follower: Follower::start(&store, &accounts, &queue),
            housekeeper: Housekeeper::start(&store, &accounts, &clock, options.history_days),
            versions: Versions::of(&store),
            throttle: Throttle::new(options, &clock),
            loading: tokio::sync::Mutex::default(),
            asking: Arc::new(Semaphore::new(versions::ASKED_AT_ONCE)),
            asking_at_length: Arc::new(Semaphore::new(1)),
            operators: Operators::default(),
            queue,
            store,
            accounts,
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

    /// The account of that name, for the operator: no credentials are asked.
    pub async fn tenant(&self, user_name: &str) -> Result<Tenant, Failure> {
        match self.cell(user_name).await? {
            Some(cell) => Ok(Tenant(cell)),
            None => Err(Refusal::NoSuchAccount.into()),
        }
    }

    /// Decides a command and returns once what it changes is on stable storage.
    pub async fn execute(
        &self,
        tenant: &Tenant,
        command: Command,
        origin: Origin,
    ) -> Result<Outcome, Failure> {
        let asks = Asks { command, origin, tells_changes: false, idempotency: None };
        self.queue.execute(&tenant.0, asks).await
    }

    /// The same, and tells the changes themselves.
    pub async fn execute_telling(
        &self,
        tenant: &Tenant,
        command: Command,
        origin: Origin,
    ) -> Result<Outcome, Failure> {
        let asks = Asks { command, origin, tells_changes: true, idempotency: None };
        self.queue.execute(&tenant.0, asks).await
    }

    /// Carries a command out once within 24 hours, however often it is sent: the answer to the
    /// first time is kept, in the same transaction as what it changes, and given again. A
    /// refusal by the rules is an answer as well; a failure of the store is none.
    pub async fn execute_once(
        &self,
        tenant: &Tenant,
        command: Command,
        origin: Origin,
        idempotency: Idempotency,
    ) -> Result<IdempotentAnswer, Failure> {
        let asks = Asks { command, origin, tells_changes: true, idempotency: Some(idempotency) };
        let outcome = self.queue.execute(&tenant.0, asks).await?;
        Ok(outcome.kept.expect("a command that is carried out once has a kept answer"))
    }

    /// Keeps the answer to a request that is refused before there is a command, as if one had
    /// been: where the request has got another answer in the meantime, that is the one.
    pub async fn keep_answer(
        &self,
        tenant: &Tenant,
        origin: Origin,
        idempotency: Idempotency,
    ) -> Result<IdempotentAnswer, Failure> {
        let nothing = Command::EditProfile(ProfileEdit::default());
        self.execute_once(tenant, nothing, origin, idempotency).await
    }

    /// The answer that a request got before, which is sent again with the same key.
    pub async fn replay(
        &self,
        tenant: &Tenant,
        key: IdempotencyKey,
        request_sha256: [u8; 32],
    ) -> Result<Option<IdempotentAnswer>, Failure> {
        let (asked, since_us) =
            ([(tenant.id(), key)], self.clock.now_us() - IDEMPOTENCY_RECORD_LIFETIME_US);
        let kept = self.ask(move |store| store.idempotency_records(&asked, since_us)).await?;
        let kept = kept.into_iter().next().flatten();
        kept.map(|kept| IdempotentAnswer::replay(kept, &request_sha256)).transpose()
    }

    /// Shows the account's skills, as they are in memory.
    pub fn with_skills<T>(&self, tenant: &Tenant, show: impl FnOnce(&Skills) -> T) -> T {
        show(&tenant.0.account().skills)
    }

    /// All accounts, sorted by `userName`.
    pub async fn account_list(&self) -> Result<Vec<AccountSummary>, Failure> {
        self.account_page("", usize::MAX).await
    }

    /// Accounts, sorted by `userName`: those above that name, so many at most.
    pub async fn account_page(
        &self,
        above: &str,
        accounts_max: usize,
    ) -> Result<Vec<AccountSummary>, Failure> {
        let above = above.to_owned();
        Ok(self.ask(move |store| store.accounts(&above, accounts_max)).await?)
    }

    /// Makes an account; nothing if the `userName` is taken.
    pub async fn create_account(
        &self,
        profile: &Profile,
        origin: &Origin,
        answer: Option<IdempotencyRecord>,
    ) -> Result<Option<AccountId>, Failure> {
        let (profile, origin) = (profile.clone(), origin.clone());
        let deadline = Instant::now() + CREATE_WITHIN;
        Ok(self
            .ask(move |store| store.create_account(&profile, &origin, answer.as_ref(), deadline))
            .await?)
    }

    /// Whether the service can do its work: the store answers and the writers run.
    pub async fn is_ready(&self) -> bool {
        self.queue.is_running() && self.versions.get(AccountId(0)).await.is_ok()
    }

    /// Makes sure that the memory is at the version that the store has now.
    async fn current(&self, tenant: &Tenant) -> Result<(), Failure> {
        let committed = self.versions.get(tenant.id()).await?;
        // Memory is ahead where a commit of ours came in between: versions only grow, but for a
        // store that was restored, which the follower notices.
        if committed.is_none_or(|committed| committed > tenant.0.version()) {
            self.queue.synchronize(&tenant.0).await?;
        }
        if tenant.0.is_gone() {
            return Err(Refusal::NoSuchAccount.into());
        }
        Ok(())
    }
}
