//! The store on PostgreSQL: any number of nodes over one database.
//!
//! PostgreSQL is the engine; nothing is replicated here. The methods block, as those of every
//! store do; the connections are driven by one thread of a runtime of their own.

mod bus;
mod catch_up;
mod columns;
mod commit;
mod connect;
mod copy;
mod doubt;
mod fault;
mod history;
mod kept;
mod link;
mod migrate;
mod passfile;
mod prune;
mod rare;
mod read;
mod retry;
mod tls;
mod url;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use directory::{Account, AccountId, KeyId, Profile};
use tokio::runtime::{Builder, Runtime};

use self::bus::Bus;
use self::commit::Rows;
use self::connect::Connector;
use self::link::{Link, PAGE_TIMEOUT, READ_TIMEOUT, SCAN_TIMEOUT};
use super::history::PrunePlace;
use super::location::{Creates, Migrates};
use super::{
    AccountCommit, AccountHead, AccountSummary, Applied, CatchUp, ChangePage, ChangeQuery,
    CommitError, IdempotencyKey, IdempotencyRecord, Listener, OperatorKey, Origin, Prune, Pruned,
    Store, StoreError, Verdict,
};
pub use copy::PostgresCopy;
pub use url::{PostgresUrl, UrlFault};

/// Batches that are committed at a time: one is decided and sent while the other one waits for the
/// disk. Of more, each is smaller, and what a statement costs by itself is shared by fewer.
pub const WRITERS: usize = 2;

/// How long a write may take that is not a commit: an operator's.
const WRITE_TIMEOUT: Duration = Duration::from_secs(1);

/// A store in a PostgreSQL database.
pub struct PostgresStore {
    link: Arc<Link>,
    bus: Arc<Bus>,
    /// How far what is too old was looked for.
    pruned: Mutex<PrunePlace>,
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
        runtime.block_on(migrate::prepare(&link, &url.to_string(), creates, migrates))?;
        let node = u64::from_be_bytes(crate::secret::random());
        let bus = runtime.block_on(async { Bus::start(connector, node) });
        let pruned = Mutex::new(PrunePlace::START);
        Ok(Self { link, bus, pruned, runtime: Some(runtime) })
    }

    /// Brings the schema up to date and says what that took.
    pub fn migrate(url: &PostgresUrl) -> Result<Vec<Applied>, StoreError> {
        build(&mut Builder::new_current_thread())?.block_on(async {
            let (link, store) = (Link::open(Connector::new(url.clone())?).await?, url.to_string());
            migrate::apply(&link, &store).await
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

    fn accounts(&self, above: &str, rows_max: usize) -> Result<Vec<AccountSummary>, StoreError> {
        let accounts = async |client: &mut _| read::accounts(client, above, rows_max).await;
        self.wait(self.link.read(SCAN_TIMEOUT, accounts))
    }

    fn create_account(
        &self,
        profile: &Profile,
        origin: &Origin,
        answer: Option<&IdempotencyRecord>,
        deadline: Instant,
    ) -> Result<Option<AccountId>, CommitError> {
        let create = async |client: &mut _, is_retried| {
            rare::create_account(client, profile, origin, answer, is_retried).await
        };
        self.wait(self.link.write(deadline.into(), create))
    }

    fn commit(
        &self,
        batch: &[AccountCommit],
        deadline: Instant,
    ) -> Result<Vec<Verdict>, CommitError> {
        if batch.iter().all(AccountCommit::writes_nothing) {
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
        let verdicts = self.wait(self.link.write(deadline.into(), commit))?;
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

    fn idempotency_records(
        &self,
        asked: &[(AccountId, IdempotencyKey)],
        since_us: i64,
    ) -> Result<Vec<Option<IdempotencyRecord>>, StoreError> {
        let find = async |client: &mut _| kept::idempotency_records(client, asked, since_us).await;
        self.wait(self.link.read(READ_TIMEOUT, find))
    }

    fn changes(&self, id: AccountId, asked: &ChangeQuery) -> Result<ChangePage, StoreError> {
        let page = async |client: &mut _| history::changes(client, id, asked).await;
        self.wait(self.link.read(PAGE_TIMEOUT, page))
    }

    fn note_key_uses(&self, used: &[(AccountId, KeyId, i64)]) -> Result<(), StoreError> {
        let note = async |client: &mut _| kept::note_key_uses(client, used).await;
        self.wait(self.link.read(READ_TIMEOUT, note))
    }

    fn key_uses(&self, id: AccountId) -> Result<Vec<(KeyId, i64)>, StoreError> {
        let uses = async |client: &mut _| kept::key_uses(client, id).await;
        self.wait(self.link.read(READ_TIMEOUT, uses))
    }

    fn operator_keys(&self) -> Result<Vec<OperatorKey>, StoreError> {
        let keys = async |client: &mut _| kept::operator_keys(client).await;
        self.wait(self.link.read(READ_TIMEOUT, keys))
    }

    fn create_operator_key(&self, key: &OperatorKey) -> Result<bool, StoreError> {
        let create = async |client: &mut _, is_retried| {
            kept::create_operator_key(client, key, is_retried).await
        };
        Ok(self.wait(self.link.write((Instant::now() + WRITE_TIMEOUT).into(), create))?)
    }

    fn delete_operator_key(&self, name: &str) -> Result<bool, StoreError> {
        let delete = async |client: &mut _, is_retried| {
            kept::delete_operator_key(client, name, is_retried).await
        };
        Ok(self.wait(self.link.write((Instant::now() + WRITE_TIMEOUT).into(), delete))?)
    }

    fn prune(&self, prune: &Prune, rows_max: usize) -> Result<Pruned, StoreError> {
        let mut place = self.pruned.lock().unwrap_or_else(PoisonError::into_inner);
        let (from, rows_max) = (*place, i64::try_from(rows_max).unwrap_or(i64::MAX));
        let delete = async |client: &mut _| prune::prune(client, prune, from, rows_max).await;
        let (pruned, next) = self.wait(self.link.read(PAGE_TIMEOUT, delete))?;
        *place = next.unwrap_or(PrunePlace::START);
        Ok(pruned)
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
