//! The store in one SQLite file.
//!
//! One connection writes, in group commits; a few read; one checkpoints on a thread of its own.
//! WAL mode, `synchronous=FULL`: a commit returns after its fsync.

mod backup;
mod catch_up;
mod check;
mod checkpoint;
mod copy;
mod groups;
mod history;
mod index;
mod kept;
mod open;
mod prune;
mod rare;
mod read;
mod statements;
mod versions;
mod write;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Instant;

use directory::{Account, AccountId, KeyId, Profile};
use rusqlite::Connection;
use sqlite_vfs::States;

use self::checkpoint::Checkpointer;
pub use self::copy::{SqliteFill, SqliteSource};
use self::index::Indexer;
use self::versions::Versions;
use self::write::Writer;
use super::history::PrunePlace;
use super::{
    AccountCommit, AccountHead, AccountSummary, Applied, CatchUp, ChangePage, ChangeQuery,
    CommitError, IdempotencyKey, IdempotencyRecord, Listener, Migrates, OperatorKey, Origin, Prune,
    Pruned, Store, StoreError, Verdict,
};

/// A store in one SQLite file.
pub struct SqliteStore {
    file: PathBuf,
    /// Dropped first, as it uses the checkpointer and the writer. None where the store is in
    /// memory, as there are few rows and nobody else puts them there.
    indexer: Option<Indexer>,
    /// Dropped before the writer, so that its connection is gone when that one closes the file.
    checkpointer: Option<Arc<Checkpointer>>,
    /// None where the store is in memory: then the writer reads as well.
    readers: Vec<Mutex<Connection>>,
    writer: Arc<Mutex<Writer>>,
    versions: Arc<Versions>,
    /// How far what is too old was looked for.
    pruned: Mutex<PrunePlace>,
    /// The file itself, for the checkpointer. Closing it would drop the locks that SQLite's
    /// connections in this process hold on it, so it is dropped after them.
    _opened: Option<Arc<File>>,
}

impl SqliteStore {
    /// Opens the file, and makes it where there is none.
    pub fn open(file: &Path, migrates: Migrates) -> Result<Self, StoreError> {
        let (mut writer, _) = open::writer(file, migrates)?;
        let readers = open::readers(file)?.into_iter().map(Mutex::new).collect();
        let opened = File::options().read(true).write(true).open(file).map_err(|error| {
            StoreError::CannotOpen { file: file.to_owned(), reason: error.to_string() }
        })?;
        let opened = Arc::new(opened);
        let checkpointer =
            Checkpointer::start(open::checkpointer(file)?, Arc::clone(&opened), &mut writer)
                .map_err(open::running)?;
        let checkpointer = Arc::new(checkpointer);
        let states = States::of(open::reader(file)?).map_err(open::running)?;
        let versions = Arc::new(Versions::new(states));
        let writer = Arc::new(Mutex::new(Writer::new(writer, Arc::clone(&versions))?));
        let indexer = Indexer::start(Arc::clone(&writer), Arc::clone(&checkpointer));
        indexer.wake();
        Ok(Self {
            file: file.to_owned(),
            indexer: Some(indexer),
            checkpointer: Some(checkpointer),
            readers,
            writer,
            versions,
            pruned: Mutex::new(PrunePlace::START),
            _opened: Some(opened),
        })
    }

    /// Brings the schema of a file up to date and says what that took.
    pub fn migrate(file: &Path) -> Result<Vec<Applied>, StoreError> {
        Ok(open::writer(file, Migrates::Yes)?.1)
    }

    /// A store that keeps nothing.
    pub fn in_memory() -> Result<Self, StoreError> {
        let versions = Arc::new(Versions::new(None));
        let writer = Writer::new(open::memory()?, Arc::clone(&versions))?;
        Ok(Self {
            file: "memory:".into(),
            indexer: None,
            checkpointer: None,
            readers: Vec::new(),
            writer: Arc::new(Mutex::new(writer)),
            versions,
            pruned: Mutex::new(PrunePlace::START),
            _opened: None,
        })
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        // A panic in the middle of a transaction drops it, and the next one begins anew.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes, and sees to what comes after a commit.
    fn write<T, E>(&self, write: impl FnOnce(&mut Writer) -> Result<T, E>) -> Result<T, E> {
        let mut writer = self.writer();
        let written = write(&mut writer)?;
        if let Some(checkpointer) = &self.checkpointer {
            checkpointer.after_commit(&writer.connection);
        }
        if let (Some(indexer), true) = (&self.indexer, writer.is_index_behind) {
            indexer.wake();
        }
        Ok(written)
    }

    /// Reads within one transaction, so all of it is of one moment.
    fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with_reader(|connection| read::transaction(connection, read))
    }

    /// Runs `read` on a connection that is free, or waits for one.
    fn with_reader<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        for reader in &self.readers {
            match reader.try_lock() {
                Ok(connection) => return read(&connection),
                Err(TryLockError::Poisoned(poisoned)) => {
                    return read(&poisoned.into_inner());
                }
                Err(TryLockError::WouldBlock) => {}
            }
        }
        match self.readers.first() {
            Some(reader) => {
                let connection = reader.lock().unwrap_or_else(PoisonError::into_inner);
                read(&connection)
            }
            None => read(&self.writer().connection),
        }
    }
}

impl Store for SqliteStore {
    fn is_local(&self) -> bool {
        true
    }

    fn writers(&self) -> usize {
        1
    }

    fn find_account(&self, user_name: &str) -> Result<Option<AccountHead>, StoreError> {
        self.read(|connection| read::find_account(connection, user_name))
    }

    fn load(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.read(|connection| read::load(connection, id))
    }

    fn versions_of(&self, ids: &[AccountId]) -> Result<Vec<Option<u64>>, StoreError> {
        if let [id] = ids {
            return Ok(vec![self.version_of(*id)?]);
        }
        // All of one moment, and faster than one by one.
        self.read(|connection| ids.iter().map(|id| read::version(connection, *id)).collect())
    }

    fn account_ids(&self) -> Result<Vec<AccountId>, StoreError> {
        self.read(read::account_ids)
    }

    fn accounts(&self, above: &str, rows_max: usize) -> Result<Vec<AccountSummary>, StoreError> {
        self.read(|connection| read::accounts(connection, above, rows_max))
    }

    fn create_account(
        &self,
        profile: &Profile,
        origin: &Origin,
        answer: Option<&IdempotencyRecord>,
        _: Instant,
    ) -> Result<Option<AccountId>, CommitError> {
        self.write(|writer| writer.create_account(profile, origin, answer))
    }

    /// The deadline is that of a lock: [`StoreError::Busy`] after five seconds.
    fn commit(&self, batch: &[AccountCommit], _: Instant) -> Result<Vec<Verdict>, CommitError> {
        if batch.iter().all(AccountCommit::writes_nothing) {
            // Confirming the versions needs no write lock and no fsync.
            return Ok(self.confirm(batch)?);
        }
        self.write(|writer| writer.commit(batch))
    }

    fn catch_up_all(&self, known: &[(AccountId, u64)]) -> Result<Vec<CatchUp>, StoreError> {
        self.read(|connection| {
            known
                .iter()
                .map(|(id, version)| catch_up::catch_up(connection, *id, *version))
                .collect()
        })
    }

    /// SQLite tells nobody; [`stale`](Self::stale) costs next to nothing when nothing has changed.
    fn listen(&self, _: Listener) {}

    fn stale(&self, known: &[(AccountId, u64)]) -> Result<Vec<AccountId>, StoreError> {
        let Some(data_version) = self.writer().changed_elsewhere()? else { return Ok(Vec::new()) };
        let stale = super::stale(self, known)?;
        if stale.is_empty() {
            // Else it is looked at again, in case that bringing them up to date fails.
            self.writer().has_followed(data_version);
        }
        Ok(stale)
    }

    fn idempotency_records(
        &self,
        asked: &[(AccountId, IdempotencyKey)],
        since_us: i64,
    ) -> Result<Vec<Option<IdempotencyRecord>>, StoreError> {
        self.read(|connection| kept::idempotency_records(connection, asked, since_us))
    }

    fn changes(&self, id: AccountId, asked: &ChangeQuery) -> Result<ChangePage, StoreError> {
        let (page, is_behind) = self.read(|connection| {
            Ok((history::changes(connection, id, asked)?, index::is_behind(connection)?))
        })?;
        // What another process has written may have woken nobody.
        if let (Some(indexer), true) = (&self.indexer, is_behind) {
            indexer.wake();
        }
        Ok(page)
    }

    fn note_key_uses(&self, used: &[(AccountId, KeyId, i64)]) -> Result<(), StoreError> {
        if used.is_empty() {
            return Ok(());
        }
        Ok(self.write(|writer| writer.transaction(|c| kept::note_key_uses(c, used)))?)
    }

    fn key_uses(&self, id: AccountId) -> Result<Vec<(KeyId, i64)>, StoreError> {
        self.read(|connection| kept::key_uses(connection, id))
    }

    fn operator_keys(&self) -> Result<Vec<OperatorKey>, StoreError> {
        self.read(kept::operator_keys)
    }

    fn create_operator_key(&self, key: &OperatorKey) -> Result<bool, StoreError> {
        Ok(self.write(|writer| writer.transaction(|c| kept::create_operator_key(c, key)))?)
    }

    fn delete_operator_key(&self, name: &str) -> Result<bool, StoreError> {
        Ok(self.write(|writer| writer.transaction(|c| kept::delete_operator_key(c, name)))?)
    }

    fn prune(&self, prune: &Prune, rows_max: usize) -> Result<Pruned, StoreError> {
        let mut place = self.pruned.lock().unwrap_or_else(PoisonError::into_inner);
        let found = self.read(|connection| prune::find(connection, prune, *place, rows_max))?;
        let pruned = if found.is_empty() {
            Pruned { is_done: found.next.is_none(), ..Pruned::default() }
        } else {
            self.write(|writer| writer.transaction(|c| found.delete(c, prune, rows_max)))?
        };
        *place = found.next.unwrap_or(PrunePlace::START);
        Ok(pruned)
    }

    fn backup(&self, file: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<(), StoreError> {
        self.read(|connection| backup::backup(connection, file, progress))
    }

    fn check_integrity(&self) -> Result<Vec<String>, StoreError> {
        self.read(check::check_integrity)
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").field("file", &self.file).finish_non_exhaustive()
    }
}
