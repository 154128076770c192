//! The store on PostgreSQL: any number of nodes over one database.
//!
//! PostgreSQL is the engine; nothing is replicated here. The methods block, as those of every
//! store do; the connections are driven by one thread of a runtime of their own.

mod bus;
mod catch_up;
mod commit;
mod connect;
mod copy;
mod doubt;
mod fault;
mod link;
mod migrate;
mod passfile;
mod rare;
mod read;
mod tls;
mod url;

use std::path::Path;
use std::sync::Arc;

use directory::{Account, AccountId, Profile};
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use self::bus::Bus;
use self::commit::Rows;
use self::connect::Connector;
use self::fault::Fault;
use self::link::{Link, READ_TIMEOUT, SCAN_TIMEOUT};
use super::location::{Creates, Migrates};
use super::migrations::SCHEMA;
use super::{
    AccountCommit, AccountHead, AccountSummary, Applied, CatchUp, CommitError, Listener, Origin,
    Store, StoreError, Verdict,
};
pub use copy::PostgresCopy;
pub use url::{PostgresUrl, UrlFault};

/// Batches that are committed at a time: one is decided and sent while the other one waits for the
/// disk. Of more, each is smaller, and what a statement costs by itself is shared by fewer.
pub const WRITERS: usize = 2;

/// How often a commit is tried that meets conflicts: those that PostgreSQL reports are rare, those
/// of the distributed ones are not.
const CONFLICTS_MAX: u32 = 20;

/// A store in a PostgreSQL database.
pub struct PostgresStore {
    link: Arc<Link>,
    bus: Arc<Bus>,
    /// None only while it is dropped.
    runtime: Option<Runtime>,
}

impl PostgresStore {
    /// Connects, and brings the schema up to date or refuses one that is not.
    pub fn open(
        url: &PostgresUrl,
        creates: Creates,
        migrates: Migrates,
    ) -> Result<Self, StoreError> {
        let mut threaded = Builder::new_multi_thread();
        let runtime = build(threaded.worker_threads(1).thread_name("database"))?;
        let connector = Connector::new(url.clone())?;
        let link = runtime.block_on(Link::open(connector.clone()))?;
        runtime.block_on(prepare(&link, &url.to_string(), creates, migrates))?;
        let node = u64::from_be_bytes(crate::secret::random());
        let bus = runtime.block_on(async { Bus::start(connector, node) });
        Ok(Self { link, bus, runtime: Some(runtime) })
    }

    /// Brings the schema up to date and says what that took.
    pub fn migrate(url: &PostgresUrl) -> Result<Vec<Applied>, StoreError> {
        build(&mut Builder::new_current_thread())?.block_on(async {
            let (link, store) = (Link::open(Connector::new(url.clone())?).await?, url.to_string());
            apply(&link, &store).await
        })
    }

    fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.as_ref().expect("there until it is dropped").block_on(work)
    }
}

/// A runtime for connections, which need its clock and its sockets.
fn build(builder: &mut Builder) -> Result<Runtime, StoreError> {
    builder.enable_all().build().map_err(|error| StoreError::Engine(error.to_string()))
}

async fn prepare(
    link: &Link,
    store: &str,
    creates: Creates,
    migrates: Migrates,
) -> Result<(), StoreError> {
    let found =
        link.read(SCAN_TIMEOUT, async |client| migrate::schema(client, store).await).await?;
    match (found, creates, migrates) {
        (SCHEMA, ..) => Ok(()),
        (0, Creates::No, _) => Err(StoreError::NoStore(store.to_owned())),
        (_, _, Migrates::No) => {
            let store = store.to_owned();
            Err(StoreError::OlderSchema { store, found, known: SCHEMA })
        }
        _ => apply(link, store).await.map(|_| ()),
    }
}

async fn apply(link: &Link, store: &str) -> Result<Vec<Applied>, StoreError> {
    link.read(SCAN_TIMEOUT, async |client| migrate::migrate(client, store).await).await
}

impl Store for PostgresStore {
    fn is_local(&self) -> bool {
        false
    }

    fn writers(&self) -> usize {
        WRITERS
    }

    fn find_account(&self, user_name: &str) -> Result<Option<AccountHead>, StoreError> {
        let find = async |client: &mut _| read::find_account(client, user_name).await;
        self.wait(self.link.read(READ_TIMEOUT, find))
    }

    fn load(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.wait(self.link.read(SCAN_TIMEOUT, async |client| read::load(client, id).await))
    }

    fn versions_of(&self, ids: &[AccountId]) -> Result<Vec<Option<u64>>, StoreError> {
        let versions = async |client: &mut _| read::versions_of(client, ids).await;
        self.wait(self.link.read(READ_TIMEOUT, versions))
    }

    fn account_ids(&self) -> Result<Vec<AccountId>, StoreError> {
        let ids = async |client: &mut _| read::account_ids(client).await;
        self.wait(self.link.read(SCAN_TIMEOUT, ids))
    }

    fn accounts(&self) -> Result<Vec<AccountSummary>, StoreError> {
        let accounts = async |client: &mut _| read::accounts(client).await;
        self.wait(self.link.read(SCAN_TIMEOUT, accounts))
    }

    fn create_account(
        &self,
        profile: &Profile,
        origin: &Origin,
        deadline: std::time::Instant,
    ) -> Result<Option<AccountId>, CommitError> {
        let create = async |client: &mut _, is_retried| {
            rare::create_account(client, profile, origin, is_retried).await
        };
        self.wait(self.write(deadline.into(), create))
    }

    fn commit(
        &self,
        batch: &[AccountCommit],
        deadline: std::time::Instant,
    ) -> Result<Vec<Verdict>, CommitError> {
        if batch.iter().all(|account| account.changes.is_empty()) {
            let confirm = async |client: &mut _| commit::confirm(client, batch).await;
            return Ok(self.wait(self.link.read(READ_TIMEOUT, confirm))?);
        }
        let rows = Rows::of(batch);
        let commit = async |client: &mut _, is_retried| {
            if is_retried {
                doubt::commit_again(client, &rows).await
            } else {
                rows.commit(client).await
            }
        };
        let verdicts = self.wait(self.write(deadline.into(), commit))?;
        self.bus.tell(commit::changed(batch, &verdicts));
        Ok(verdicts)
    }

    fn catch_up_all(&self, known: &[(AccountId, u64)]) -> Result<Vec<CatchUp>, StoreError> {
        let catch_up = async |client: &mut _| catch_up::catch_up(client, known).await;
        self.wait(self.link.read(READ_TIMEOUT, catch_up))
    }

    fn listen(&self, listener: Listener) {
        self.bus.listen(listener);
    }

    fn backup(&self, _: &Path, _: &mut dyn FnMut(u64, u64)) -> Result<(), StoreError> {
        Err(StoreError::Engine(
            "PostgreSQL makes backups with its own tools: pg_dump for a copy, pg_basebackup and \
             archived WAL for any moment; `ringbook copy` writes it to an SQLite file"
                .into(),
        ))
    }

    fn check_integrity(&self) -> Result<Vec<String>, StoreError> {
        let check = async |client: &mut _| read::check_integrity(client).await;
        self.wait(self.link.read(SCAN_TIMEOUT, check))
    }
}

impl PostgresStore {
    /// Carries out `work`, which is one transaction, by `deadline`, once.
    ///
    /// When the connection breaks in the middle, it may or may not have been carried out. Then it
    /// is done again, and told so: by the versions that it expects, or by what is unique in it,
    /// at most one of the two tries can have an effect, and by the request's id in the history
    /// the second one recognises the first.
    async fn write<T>(
        &self,
        deadline: Instant,
        work: impl AsyncFn(&mut deadpool_postgres::Object, bool) -> Result<T, Fault>,
    ) -> Result<T, CommitError> {
        let mut is_retried = false;
        let mut conflicts = 0;
        loop {
            let tried = async |client: &mut _| work(client, is_retried).await;
            // Whatever swallows an answer must leave time to ask again.
            let now = Instant::now();
            let limit = if is_retried { deadline } else { now + (deadline - now) * 3 / 5 };
            let fault = match self.link.run(limit, tried).await {
                Ok(done) => return Ok(done),
                Err(fault) => fault,
            };
            let goes_on = match &fault {
                Fault::Lost(_) => {
                    is_retried = true;
                    self.link.is_back(deadline).await && Instant::now() < deadline
                }
                // Where an earlier try is in doubt, the truth is worth waiting for.
                Fault::Elsewhere(_) | Fault::Late => {
                    is_retried && self.link.is_back(deadline).await && Instant::now() < deadline
                }
                Fault::Conflict => {
                    conflicts += 1;
                    conflicts < CONFLICTS_MAX && Instant::now() < deadline
                }
                Fault::Store(_) => false,
            };
            if goes_on {
                continue;
            }
            let error = fault.into_store_error();
            return Err(if is_retried {
                CommitError::OutcomeUnknown(error)
            } else {
                CommitError::NothingChanged(error)
            });
        }
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Whoever drops it last may be a task that must not wait.
            runtime.shutdown_background();
        }
    }
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore")
            .field("url", self.link.connector().url())
            .finish_non_exhaustive()
    }
}
