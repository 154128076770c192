//! What can be done with the directory, once for every front end.
//!
//! Writes are queued to threads that decide them in memory and commit them in groups (`writer`).
//! Reads look at the memory (`accounts`): a current one asks the store first whether it has a
//! newer version (`versions`), a remembered one does not. This module must not know: HTTP, the
//! bytes of any API, SQL.

mod accounts;
mod answers;
mod check;
pub mod clock;
mod credentials;
mod failure;
mod follow;
mod guard;
mod load;
mod rates;
mod versions;
mod writer;

use std::sync::Arc;
use std::time::{Duration, Instant};

use directory::{
    AccountId, Command, Phone, PhoneLookup, PhoneNumber, Profile, Refusal, find_phone,
};
use tokio::sync::Semaphore;

use crate::store::{AccountSummary, Origin, RequestId, Store};
use accounts::{Accounts, Cell};
pub use check::CheckReport;
pub use clock::Clock;
pub use credentials::{Credentials, Denied, TokenDenied};
pub use failure::{Failure, Outcome};
use follow::Follower;
pub use guard::{FAILED_CREDENTIALS_LIMIT, Guard, NotTried};
pub use rates::{Rate, RateFault, Rates, TooMany};
use versions::Versions;
use writer::Queue;

/// How long making an account may take when the store is away.
const CREATE_WITHIN: Duration = Duration::from_millis(1200);

/// The directory as a front end sees it.
pub struct Service {
    /// Dropped first, as it uses the queue.
    follower: Follower,
    queue: Arc<Queue>,
    versions: Versions,
    store: Arc<dyn Store>,
    accounts: Arc<Accounts>,
    clock: Arc<dyn Clock>,
    /// Held while an account is loaded: one at a time, as each may take much memory.
    loading: tokio::sync::Mutex<()>,
    /// Of those who ask a store that is not local.
    asking: Arc<Semaphore>,
    guard: Guard,
    rates: Rates,
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
    /// A service over `store`. Starts the threads that write, read and follow.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        let accounts = Arc::new(Accounts::default());
        let queue = Arc::new(Queue::start(&store, &accounts));
        let follower =
            Follower::start(Arc::clone(&store), Arc::clone(&accounts), Arc::clone(&queue));
        let versions = Versions::of(&store);
        let loading = tokio::sync::Mutex::default();
        let asking = Arc::new(Semaphore::new(versions::ASKED_AT_ONCE));
        let guard = Guard::new(FAILED_CREDENTIALS_LIMIT, Arc::clone(&clock));
        let rates = Rates::default();
        Self { follower, queue, versions, store, accounts, clock, loading, asking, guard, rates }
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
        self.queue.execute(&tenant.0, command, origin).await
    }

    /// The phone that was asked for, as it is now.
    pub async fn get_phone(&self, tenant: &Tenant, lookup: &PhoneLookup) -> Result<Phone, Failure> {
        self.current(tenant).await?;
        let account = tenant.0.account();
        let (_, phone) = find_phone(&*account, lookup)?;
        Ok(phone.clone())
    }

    /// All phones, sorted by id, with the names of their skills.
    pub async fn phones(&self, tenant: &Tenant) -> Result<Vec<ListedPhone>, Failure> {
        self.current(tenant).await?;
        let account = tenant.0.account();
        let listed = account.phones.iter().map(|(_, phone)| {
            let mut skills: Vec<_> = phone
                .skills
                .iter()
                .filter_map(|one| Some(account.skills.name(one.skill())?.to_string()))
                .collect();
            skills.sort_unstable();
            ListedPhone { number: phone.number, name: phone.name.to_string(), skills }
        });
        Ok(listed.collect())
    }

    /// The skills, sorted by name, each with the number of its phones.
    pub async fn skills(&self, tenant: &Tenant) -> Result<Vec<(String, usize)>, Failure> {
        self.current(tenant).await?;
        let account = tenant.0.account();
        let mut counts = std::collections::HashMap::<_, usize>::new();
        for assignment in account.phones.iter().flat_map(|(_, phone)| phone.skills.iter()) {
            *counts.entry(assignment.skill()).or_default() += 1;
        }
        let count = |id| counts.get(&id).copied().unwrap_or_default();
        Ok(account.skills.iter().map(|(name, id)| (name.to_string(), count(id))).collect())
    }

    /// The numbers and names of a skill's phones in ring order, as they are now.
    pub async fn ring_order(
        &self,
        tenant: &Tenant,
        skill: &str,
    ) -> Result<Vec<(PhoneNumber, String)>, Failure> {
        self.current(tenant).await?;
        Ok(self.remembered_ring_order(tenant, skill)?.answer)
    }

    /// The same from memory: a quarter of a second old at most while the store answers, and there
    /// while it is away.
    pub fn remembered_ring_order(
        &self,
        tenant: &Tenant,
        skill: &str,
    ) -> Result<Remembered<Vec<(PhoneNumber, String)>>, Refusal> {
        let account = tenant.0.account();
        let found = account.skills.find(skill);
        let id = found.ok_or_else(|| Refusal::NoSuchSkill(skill.to_owned()))?;
        let ring = account.ring_order(id);
        let answer = ring.into_iter().map(|(_, phone)| (phone.number, phone.name.to_string()));
        let version = account.heads.version;
        Ok(Remembered { answer: answer.collect(), version, age: self.follower.age() })
    }

    /// All accounts, sorted by `userName`.
    pub async fn account_list(&self) -> Result<Vec<AccountSummary>, Failure> {
        Ok(self.ask(|store| store.accounts()).await?)
    }

    /// Makes an account; nothing if the `userName` is taken.
    pub async fn create_account(
        &self,
        profile: &Profile,
        origin: &Origin,
    ) -> Result<Option<AccountId>, Failure> {
        let (profile, origin) = (profile.clone(), origin.clone());
        let deadline = Instant::now() + CREATE_WITHIN;
        Ok(self.ask(move |store| store.create_account(&profile, &origin, deadline)).await?)
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

/// A phone in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPhone {
    /// Its number.
    pub number: PhoneNumber,
    /// Its name.
    pub name: String,
    /// The names of its skills, sorted.
    pub skills: Vec<String>,
}
