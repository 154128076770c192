//! The store in one SQLite file.
//!
//! One connection writes, in group commits; a few read; one checkpoints and one reads for the index of
//! the history, each on a thread of its own.
//! WAL mode, `synchronous=FULL`: a commit returns after its fsync.

mod account_changes;
mod backup;
mod catch_up;
mod check;
mod checkpoint;
mod copy;
mod groups;
mod health;
mod history;
mod idempotency;
mod index;
mod keys;
mod open;
mod prune;
mod read;
mod read_only;
mod readers;
mod statements;
mod versions;
mod write;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use directory::{Account, AccountId, KeyId, Profile};
use rusqlite::Connection;
use sqlite_vfs::{FailStop, WalIndex};

use self::checkpoint::Checkpointer;
pub use self::copy::{SqliteFill, SqliteSource};
use self::health::{Files, Health};
use self::index::Indexer;
use self::read_only::Unlocked;
use self::readers::Readers;
use self::versions::Versions;
use self::write::Writer;
use super::history::PruneCursor;
use super::{
    AccountCommit, Applied, CatchUp, ChangePage, ChangeQuery, ClockMark, CommitError, FoundAccount,
    IdempotencyKey, IdempotencyRecord, ListedAccount, Listener, Migrates, OperatorKey, Origin,
    Prune, Pruned, ReadStore, Store, StoreError, Verdict,
};

/// A store in one SQLite file.
pub struct SqliteStore {
    file: PathBuf,
    /// Dropped first: its thread uses the writer.
    indexer: Indexer,
    /// None for a store in memory or one that is only read, where the writer's connection reads.
    readers: Option<Readers>,
    writer: Arc<Mutex<Writer>>,
    versions: Arc<Versions>,
    health: Arc<Health>,
    /// What is read without locks.
    unlocked: Option<Unlocked>,
    /// Where the next step of pruning starts.
    pruned: Mutex<PruneCursor>,
    /// The file, which the checkpointer synchronizes. To close it drops the locks of SQLite's
    /// connections in this process, so it is dropped after them.
    _opened: Option<Arc<File>>,
}

impl SqliteStore {
    /// Opens the file, and creates it if it does not exist.
    pub fn open(file: &Path, migrates: Migrates) -> Result<Self, StoreError> {
        Self::open_with(file, migrates, Arc::new(health::fail_stop()))
    }

    /// The same with a [`FailStop`] of the caller's, which sees each write and sync of the files.
    pub fn open_with(
        file: &Path,
        migrates: Migrates,
        stop: Arc<FailStop>,
    ) -> Result<Self, StoreError> {
        let cannot = |error: std::io::Error| StoreError::CannotOpen {
            file: file.to_owned(),
            reason: error.to_string(),
        };
        let (mut writer, _) = open::writer(file, migrates, &stop)?;
        let readers = Some(Readers::new(open::readers(file, &stop)?));
        let opened = File::options().read(true).write(true).open(file).map_err(cannot)?;
        let opened = Arc::new(opened);
        let checkpointer = Checkpointer::start(
            open::checkpointer(file, &stop)?,
            Arc::clone(&opened),
            Arc::clone(&stop),
            &mut writer,
        )
        .map_err(open::running)?;
        let wal_index = WalIndex::open(open::reader(file, &stop)?).map_err(open::running)?;
        let versions = Arc::new(Versions::new(wal_index));
        let index_reader = open::reader(file, &stop)?;
        let files = Files::of(file).map_err(cannot)?;
        let health = Arc::new(Health::new(stop, Some(files), Arc::clone(&versions)));
        let checkpointer = Some(checkpointer);
        let writer = Writer::new(writer, checkpointer, Arc::clone(&versions), Arc::clone(&health));
        let writer = Arc::new(Mutex::new(writer));
        let indexer = Indexer::start(Some(index_reader), Arc::clone(&writer));
        indexer.wake();
        Ok(Self {
            file: file.to_owned(),
            indexer,
            readers,
            writer,
            versions,
            health,
            unlocked: None,
            pruned: Mutex::new(PruneCursor::START),
            _opened: Some(opened),
        })
    }

    /// Brings the schema of a file up to date; returns the migrations that it applied.
    pub fn migrate(file: &Path) -> Result<Vec<Applied>, StoreError> {
        Ok(open::writer(file, Migrates::Yes, &Arc::new(health::fail_stop()))?.1)
    }

    /// A new store in memory.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::with_one_connection("memory:".into(), open::memory()?, None)
    }

    /// Opens a file that exists, and fails to write to it.
    pub fn open_read_only(file: &Path) -> Result<Self, StoreError> {
        let (connection, unlocked) = read_only::open(file)?;
        Self::with_one_connection(file.to_owned(), connection, unlocked)
    }

    fn with_one_connection(
        file: PathBuf,
        connection: Connection,
        unlocked: Option<Unlocked>,
    ) -> Result<Self, StoreError> {
        let versions = Arc::new(Versions::new(None));
        let health = Arc::new(Health::new(Arc::default(), None, Arc::clone(&versions)));
        let (versions_of_writer, health_of_writer) = (Arc::clone(&versions), Arc::clone(&health));
        let writer = Writer::new(connection, None, versions_of_writer, health_of_writer);
        let writer = Arc::new(Mutex::new(writer));
        Ok(Self {
            file,
            indexer: Indexer::start(None, Arc::clone(&writer)),
            readers: None,
            writer,
            versions,
            health,
            unlocked,
            pruned: Mutex::new(PruneCursor::START),
            _opened: None,
        })
    }

    /// For tests: copies the WAL into the file, however short it is, and returns once that is done.
    pub fn checkpoint(&self) {
        self.writer().checkpoint();
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        write::lock(&self.writer)
    }

    /// Writes within one transaction, which changes no version of an account.
    fn write<T>(
        &self,
        write: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, CommitError> {
        self.writer().transaction(write)
    }

    /// Reads within one transaction, so from one snapshot, once a connection is free.
    fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let read = match &self.readers {
            Some(readers) => read::transaction(&readers.take(), read),
            None => read::transaction(&self.writer().connection, read),
        }?;
        self.unlocked.as_ref().map_or(Ok(()), Unlocked::check)?;
        Ok(read)
    }

    /// Whether each account is still at the version it was decided against.
    fn confirm(&self, batch: &[AccountCommit]) -> Result<Vec<Verdict>, StoreError> {
        let confirm = |account: &AccountCommit| {
            let known = self.known_version(account.id);
            let version = match known {
                Some(_) => known,
                None => self.versions_of(&[account.id])?[0],
            };
            Ok(account.confirmed(version))
        };
        batch.iter().map(confirm).collect()
    }
}

impl ReadStore for SqliteStore {
    fn find_accounts(&self, user_names: &[String]) -> Result<Vec<FoundAccount>, StoreError> {
        self.read(|connection| {
            Ok(user_names.iter().map(|name| read::find_account(connection, name)).collect())
        })
    }

    fn load(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.read(|connection| read::load(connection, id))
    }

    /// Caches the versions, so that they are [known](Store::known_version).
    fn versions_of(&self, ids: &[AccountId]) -> Result<Vec<Option<u64>>, StoreError> {
        let state = self.versions.state();
        let version = |connection: &Connection| {
            ids.iter().map(|id| read::version(connection, *id)).collect::<Result<Vec<_>, _>>()
        };
        let versions = self.read(version)?;
        if let Some(state) = state {
            let writer = self.writer.try_lock();
            for (id, version) in ids.iter().zip(&versions) {
                if let Some(version) = version {
                    self.versions.insert(state, *id, *version, writer.is_ok());
                }
            }
        }
        Ok(versions)
    }

    fn account_ids(&self) -> Result<Vec<AccountId>, StoreError> {
        self.read(read::account_ids)
    }

    fn accounts(&self, above: &str, rows_max: usize) -> Result<Vec<ListedAccount>, StoreError> {
        self.read(|connection| read::accounts(connection, above, rows_max))
    }

    fn catch_up_all(&self, known: &[(AccountId, u64)]) -> Result<Vec<CatchUp>, StoreError> {
        self.read(|connection| {
            known
                .iter()
                .map(|(id, version)| match catch_up::catch_up(connection, *id, *version) {
                    // Loading it reports the damage, and the others catch up.
                    Err(StoreError::Damaged(_)) => Ok(CatchUp::Reload),
                    caught_up => caught_up,
                })
                .collect()
        })
    }

    fn stale(&self, known: &[(AccountId, u64)]) -> Result<Vec<AccountId>, StoreError> {
        // Logs what it finds, and reads go on.
        let _ = self.health.check_files();
        let generation = self.versions.generation();
        if known.is_empty() || self.versions.is_followed(generation) {
            return Ok(Vec::new());
        }
        let stale = super::stale(self, known)?;
        if stale.is_empty() {
            // Otherwise the next call checks again, in case the caller fails to catch up.
            self.versions.follow(generation);
        }
        Ok(stale)
    }

    fn idempotency_records(
        &self,
        wanted: &[(AccountId, IdempotencyKey)],
        since_us: i64,
    ) -> Result<Vec<Option<IdempotencyRecord>>, StoreError> {
        self.read(|connection| idempotency::find(connection, wanted, since_us))
    }

    fn changes(&self, id: AccountId, wanted: &ChangeQuery) -> Result<ChangePage, StoreError> {
        let (page, is_behind) = self.read(|connection| {
            Ok((history::changes(connection, id, wanted)?, index::is_behind(connection)?))
        })?;
        // The changes may be another process's, which did not wake our thread.
        if is_behind {
            self.indexer.wake();
        }
        Ok(page)
    }

    fn key_uses(&self, id: AccountId) -> Result<Vec<(KeyId, i64)>, StoreError> {
        self.read(|connection| keys::key_uses(connection, id))
    }

    fn operator_keys(&self) -> Result<Vec<OperatorKey>, StoreError> {
        self.read(keys::operator_keys)
    }

    fn clock(&self) -> Result<Option<ClockMark>, StoreError> {
        self.read(prune::clock)
    }

    fn backup(&self, file: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<(), StoreError> {
        self.read(|connection| backup::backup(connection, file, progress))
    }

    fn check_integrity(&self) -> Result<Vec<String>, StoreError> {
        self.read(check::check_integrity)
    }
}

impl Store for SqliteStore {
    fn writers(&self) -> usize {
        1
    }

    fn is_usable(&self) -> Result<(), StoreError> {
        self.health.check()
    }

    /// The state of the WAL is read from mapped memory, and the lock of the cache is never held
    /// across IO.
    fn known_version(&self, id: AccountId) -> Option<u64> {
        self.versions.get(&self.versions.state()?, id)
    }

    /// SQLite has no notifications; [`stale`](ReadStore::stale) is almost free while nothing has changed.
    fn listen(&self, _: Listener) {}

    fn create_account(
        &self,
        profile: &Profile,
        origin: &Origin,
        answer: Option<&IdempotencyRecord>,
        _: Instant,
    ) -> Result<Option<AccountId>, CommitError> {
        let id = self.writer().create_account(profile, origin, answer)?;
        self.indexer.count_changes(1);
        Ok(id)
    }

    /// Ignores the deadline: the timeout of the write lock is five seconds ([`StoreError::Busy`]).
    fn commit(&self, batch: &[AccountCommit], _: Instant) -> Result<Vec<Verdict>, CommitError> {
        if batch.iter().all(AccountCommit::writes_nothing) {
            // To confirm versions needs no write lock and no fsync.
            return Ok(self.confirm(batch)?);
        }
        let verdicts = self.writer().commit(batch)?;
        self.indexer.count_changes(batch.iter().map(|account| account.changes.len()).sum());
        Ok(verdicts)
    }

    fn note_key_uses(&self, used: &[(AccountId, KeyId, i64)]) -> Result<(), StoreError> {
        if used.is_empty() {
            return Ok(());
        }
        Ok(self.write(|connection| keys::note_key_uses(connection, used))?)
    }

    fn create_operator_key(&self, key: &OperatorKey) -> Result<bool, CommitError> {
        self.write(|connection| keys::create_operator_key(connection, key))
    }

    fn delete_operator_key(&self, name: &str) -> Result<bool, CommitError> {
        self.write(|connection| keys::delete_operator_key(connection, name))
    }

    fn mark_clock(&self, mark: ClockMark, interval_us: i64) -> Result<i64, StoreError> {
        Ok(self.write(|connection| prune::mark_clock(connection, mark, interval_us))?)
    }

    fn prune(&self, prune: &Prune, rows_max: usize) -> Result<Pruned, StoreError> {
        let mut place = self.pruned.lock().unwrap_or_else(PoisonError::into_inner);
        let found = self.read(|connection| prune::find(connection, prune, *place, rows_max))?;
        let pruned = if found.is_empty() {
            Pruned { is_done: found.next.is_none(), ..Pruned::default() }
        } else {
            self.write(|connection| found.delete(connection, prune, rows_max))?
        };
        *place = found.next.unwrap_or(PruneCursor::START);
        Ok(pruned)
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").field("file", &self.file).finish_non_exhaustive()
    }
}
