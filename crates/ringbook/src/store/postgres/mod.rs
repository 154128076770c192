//! The store on PostgreSQL: any number of nodes over one database.
//!
//! PostgreSQL replicates, if anything does. The methods block, as those of every store do. One thread
//! with a runtime of its own drives the connections.

mod account_changes;
mod bus;
mod catch_up;
mod columns;
mod commit;
mod commit_retry;
mod connect;
mod copy;
mod erase;
mod fault;
mod history;
mod idempotency;
mod keys;
mod migrate;
mod passfile;
mod pool;
mod prune;
mod read;
mod retry;
mod session;
mod tls;
mod url;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use deadpool_postgres::Object;
use directory::{Account, AccountId, KeyId, Profile, UserName};
use tokio::runtime::{Builder, Runtime};

use self::bus::Bus;
use self::commit::Rows;
use self::connect::Connector;
use self::fault::Fault;
use self::pool::{ConnectionPool, PAGE_TIMEOUT, READ_TIMEOUT, SCAN_TIMEOUT};
use super::history::PruneCursor;
use super::{
    AccountCommit, Applied, CatchUp, ChangePage, ChangeQuery, ClockMark, CommitError, Creates,
    Erased, Erasure, FoundAccount, IdempotencyKey, IdempotencyRecord, ListedAccount, Listener,
    Migrates, OperatorKey, Origin, Prune, Pruned, ReadStore, Row, SessionChange, Statement, Store,
    StoreError, Verdict,
};
pub use copy::PostgresCopy;
pub use url::{PostgresUrl, WRITERS};

/// Nodes connect by the same user; several of one machine are not told apart.
const FACTS_SQL: &str = "SELECT 'Connected to the store from', string_agg(machine, ', ') FROM \
    (SELECT coalesce(host(client_addr), 'its own machine') || ' (' || count(*) || ')' AS machine \
    FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user \
    GROUP BY client_addr ORDER BY client_addr) AS connected \
    UNION ALL SELECT 'WAL archived last', coalesce(to_char(last_archived_time \
    AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS \"UTC\"'), \
    'never') FROM pg_stat_archiver";

/// How long a write of an operator's key, or of a session, may take.
const WRITE_TIMEOUT: Duration = Duration::from_secs(1);

/// A store in a PostgreSQL database.
pub struct PostgresStore {
    pool: Arc<ConnectionPool>,
    bus: Arc<Bus>,
    /// Where pruning continues.
    prune_cursor: Mutex<PruneCursor>,
    /// None only while it is dropped.
    runtime: Option<Runtime>,
}

impl PostgresStore {
    /// Connects, and brings the schema up to date or refuses it.
    pub fn open(
        url: &PostgresUrl,
        creates: Creates,
        migrates: Migrates,
    ) -> Result<Self, StoreError> {
        let store = Self::away(Connector::new(url.clone())?)?;
        store.wait(store.pool.open(creates, migrates))?;
        store.wait(async { store.bus.start(&store.pool.connector) });
        Ok(store)
    }

    /// A store that is away, and is opened as soon as it can be. Until then all fails at once.
    pub fn open_later(
        url: &PostgresUrl,
        creates: Creates,
        migrates: Migrates,
    ) -> Result<Self, StoreError> {
        let store = Self::away(Connector::new(url.clone())?)?;
        store.wait(async {
            let pool = Arc::downgrade(&store.pool);
            tokio::spawn(ConnectionPool::open_when_there(pool, creates, migrates));
            store.bus.start(&store.pool.connector);
        });
        Ok(store)
    }

    /// Connects to any host, a standby if no other one answers, in sessions that cannot write. Without
    /// notifications of other nodes.
    pub fn open_read_only(url: &PostgresUrl) -> Result<Self, StoreError> {
        let store = Self::away(Connector::new(url.clone())?.read_only())?;
        store.wait(store.pool.open(Creates::No, Migrates::No))?;
        Ok(store)
    }

    /// A store that is not open yet.
    fn away(connector: Connector) -> Result<Self, StoreError> {
        let mut threads = Builder::new_multi_thread();
        let runtime = build(threads.worker_threads(1).thread_name("database"))?;
        let prune_cursor = Mutex::new(PruneCursor::START);
        let (pool, bus) = (ConnectionPool::away(connector)?, Arc::default());
        Ok(Self { pool, bus, prune_cursor, runtime: Some(runtime) })
    }

    /// Brings the schema up to date; returns the migrations applied.
    pub fn migrate(url: &PostgresUrl) -> Result<Vec<Applied>, StoreError> {
        let connector = Connector::new(url.clone())?;
        let runtime = build(&mut Builder::new_current_thread())?;
        runtime.block_on(migrate::apply(&connector)).map_err(Fault::into_store_error)
    }

    fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.as_ref().expect("there until it is dropped").block_on(work)
    }

    /// Reads within `limit`.
    fn read<T>(
        &self,
        limit: Duration,
        work: impl AsyncFn(&mut Object) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        self.wait(self.pool.read(limit, work))
    }

    /// Writes by one statement. `work` gets whether an earlier attempt may have done so.
    fn write_at_once<T>(
        &self,
        work: &impl AsyncFn(&mut Object, bool) -> Result<T, Fault>,
    ) -> Result<T, CommitError> {
        let again = async |client: &mut _| work(client, true).await.map(Some);
        self.wait(self.pool.write((Instant::now() + WRITE_TIMEOUT).into(), work, again))
    }
}

/// A runtime with the clock and sockets that connections need.
fn build(builder: &mut Builder) -> Result<Runtime, StoreError> {
    builder.enable_all().build().map_err(|error| StoreError::Engine(error.to_string()))
}

/// Writes methods that are a function of a client, each within a time.
macro_rules! reads {
    ($($limit:ident: $name:ident($($argument:ident: $type:ty),*) -> $value:ty = $read:path;)+) => {
        $(fn $name(&self, $($argument: $type),*) -> Result<$value, StoreError> {
            self.read($limit, async |client| $read(client, $($argument),*).await)
        })+
    };
}

impl ReadStore for PostgresStore {
    reads! {
        READ_TIMEOUT: find_accounts(user_names: &[String]) -> Vec<FoundAccount> = read::find_accounts;
        SCAN_TIMEOUT: load(id: AccountId) -> Option<Account> = read::load;
        READ_TIMEOUT: versions_of(ids: &[AccountId]) -> Vec<Option<u64>> = read::versions_of;
        SCAN_TIMEOUT: account_ids() -> Vec<AccountId> = read::account_ids;
        SCAN_TIMEOUT: accounts(above: &str, rows_max: usize) -> Vec<ListedAccount> = read::accounts;
        READ_TIMEOUT: catch_up_all(known: &[(AccountId, u64)]) -> Vec<CatchUp> = catch_up::catch_up;
        READ_TIMEOUT: idempotency_records(
            wanted: &[(AccountId, IdempotencyKey)],
            since_us: i64
        ) -> Vec<Option<IdempotencyRecord>> = idempotency::find;
        PAGE_TIMEOUT: changes(id: AccountId, wanted: &ChangeQuery) -> ChangePage = history::changes;
        SCAN_TIMEOUT: deleted_accounts(user_name: &UserName) -> Vec<AccountId> =
            erase::deleted_accounts;
        SCAN_TIMEOUT: check_integrity() -> Vec<String> = read::check_integrity;
    }

    fn rows(&self, query: Statement) -> Result<Vec<Row>, StoreError> {
        self.read(READ_TIMEOUT, async |client| read::run(client, query.clone()).await)
    }

    fn bytes(&self) -> Result<u64, StoreError> {
        super::queries::bytes(self, "SELECT pg_database_size(current_database())")
    }

    fn facts(&self) -> Result<Vec<(String, String)>, StoreError> {
        super::queries::facts(self, FACTS_SQL)
    }

    fn backup(&self, _: &Path, _: &mut dyn FnMut(u64, u64)) -> Result<(), StoreError> {
        Err(StoreError::Engine(
            "PostgreSQL makes backups with its own tools: pg_dump for a copy, pg_basebackup and \
             archived WAL for any moment; `ringbook copy` writes it to an SQLite file"
                .into(),
        ))
    }
}

impl Store for PostgresStore {
    fn writers(&self) -> usize {
        WRITERS
    }

    fn listen(&self, listener: Listener) {
        self.bus.listen(listener);
    }

    fn create_account(
        &self,
        profile: &Profile,
        origin: &Origin,
        answer: Option<&IdempotencyRecord>,
        deadline: Instant,
    ) -> Result<Option<AccountId>, CommitError> {
        let create = async |client: &mut _, is_retried| {
            account_changes::create_account(client, profile, origin, answer, is_retried).await
        };
        // The unique name makes it wait for the first attempt.
        let again = async |client: &mut _| create(client, true).await.map(Some);
        self.wait(self.pool.write(deadline.into(), create, again))
    }

    fn commit(
        &self,
        batch: &[AccountCommit],
        deadline: Instant,
    ) -> Result<Vec<Verdict>, CommitError> {
        if batch.iter().all(AccountCommit::writes_nothing) {
            let confirmed =
                self.read(READ_TIMEOUT, async |client| commit::confirm(client, batch).await);
            return Ok(confirmed?);
        }
        let rows = Rows::of(batch);
        let commit = async |client: &mut _, is_retried| {
            if is_retried {
                commit_retry::commit_again(client, &rows).await
            } else {
                rows.commit(client).await
            }
        };
        let find = async |client: &mut _| commit_retry::find_commit(client, batch).await;
        let verdicts = self.wait(self.pool.write(deadline.into(), commit, find))?;
        self.bus.notify(commit::changed(batch, &verdicts));
        Ok(verdicts)
    }

    fn note_key_uses(&self, used: &[(AccountId, KeyId, i64)]) -> Result<(), StoreError> {
        self.read(READ_TIMEOUT, async |client| keys::note_uses(client, used).await)
    }

    fn create_operator_key(&self, key: &OperatorKey) -> Result<bool, CommitError> {
        self.write_at_once(&async |client: &mut _, is_retried| {
            keys::create_operator_key(client, key, is_retried).await
        })
    }

    fn delete_operator_key(&self, name: &str) -> Result<bool, CommitError> {
        self.write_at_once(&async |client: &mut _, is_retried| {
            keys::delete_operator_key(client, name, is_retried).await
        })
    }

    fn change_sessions(&self, change: &SessionChange) -> Result<(), CommitError> {
        // The same again changes no more.
        self.write_at_once(&async |client: &mut Object, _: bool| {
            read::run(client, change.statement()).await.map(drop)
        })
    }

    fn mark_clock(&self, mark: ClockMark, interval_us: i64) -> Result<i64, StoreError> {
        let after_us = mark.clock_us - interval_us;
        self.read(READ_TIMEOUT, async |client| prune::mark_clock(client, mark, after_us).await)
    }

    fn prune(&self, prune: &Prune, rows_max: usize) -> Result<Pruned, StoreError> {
        let mut cursor = self.prune_cursor.lock().unwrap_or_else(PoisonError::into_inner);
        let (from, rows_max) = (*cursor, i64::try_from(rows_max).unwrap_or(i64::MAX));
        let delete = async |client: &mut _| prune::prune(client, prune, from, rows_max).await;
        let (pruned, next) = self.read(PAGE_TIMEOUT, delete)?;
        *cursor = next.unwrap_or(PruneCursor::START);
        Ok(pruned)
    }

    fn erase(&self, erasure: &Erasure, origin: &Origin) -> Result<Erased, StoreError> {
        let erase = async |client: &mut _| erase::erase(client, erasure, origin).await;
        let erased = self.read(SCAN_TIMEOUT, erase)?;
        if let Erasure::Phone { account, .. } = erasure {
            self.bus.notify([*account]);
        }
        Ok(erased)
    }

    fn purge(&self, rewrites: bool) -> Result<(), StoreError> {
        self.read(SCAN_TIMEOUT, async |client| erase::purge(client, rewrites).await)
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // The last owner may be a task, which must not block.
            runtime.shutdown_background();
        }
    }
}
