//! The store in one SQLite file.
//!
//! One connection writes, in group commits; a few read; one checkpoints on a thread of its own.
//! WAL mode, `synchronous=FULL`: a commit returns after its fsync.

mod backup;
mod checkpoint;
mod open;
mod read;
mod write;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use directory::{Account, AccountId, Profile};
use rusqlite::Connection;

use self::checkpoint::Checkpointer;
use self::write::Writer;
use super::{
    AccountCommit, AccountHead, AccountSummary, CatchUp, CommitError, Origin, Store, StoreError,
    Verdict,
};

/// Connections that read. As many threads as there are cores read at a time, and one more may be
/// loading an account.
fn reader_count() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get) + 1
}

/// A store in one SQLite file.
pub struct SqliteStore {
    file: PathBuf,
    /// Dropped first, so that its connection is gone when the writer's closes the file.
    checkpointer: Option<Checkpointer>,
    /// None where the store is in memory: then the writer reads as well.
    readers: Vec<Mutex<Connection>>,
    writer: Mutex<Writer>,
    /// The file itself, for the checkpointer. Closing it would drop the locks that SQLite's
    /// connections in this process hold on it, so it is dropped after them.
    _opened: Option<Arc<File>>,
}

impl SqliteStore {
    /// Opens the file, and makes it where there is none.
    pub fn open(file: &Path) -> Result<Self, StoreError> {
        let mut writer = open::writer(file)?;
        let readers = (0..reader_count())
            .map(|_| open::reader(file).map(Mutex::new))
            .collect::<Result<_, _>>()?;
        let opened = File::options().read(true).write(true).open(file).map_err(|error| {
            StoreError::CannotOpen { file: file.to_owned(), reason: error.to_string() }
        })?;
        let opened = Arc::new(opened);
        let checkpointer =
            Checkpointer::start(open::checkpointer(file)?, Arc::clone(&opened), &mut writer)
                .map_err(open::running)?;
        Ok(Self {
            file: file.to_owned(),
            checkpointer: Some(checkpointer),
            readers,
            writer: Mutex::new(Writer::new(writer)?),
            _opened: Some(opened),
        })
    }

    /// A store that keeps nothing.
    pub fn in_memory() -> Result<Self, StoreError> {
        let writer = open::memory()?;
        Ok(Self {
            file: "memory:".into(),
            checkpointer: None,
            readers: Vec::new(),
            writer: Mutex::new(Writer::new(writer)?),
            _opened: None,
        })
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        // A panic in the middle of a transaction drops it, and the next one begins anew.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
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
    fn find_account(&self, user_name: &str) -> Result<Option<AccountHead>, StoreError> {
        self.read(|connection| read::find_account(connection, user_name))
    }

    fn load(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.read(|connection| read::load(connection, id))
    }

    fn version(&self, id: AccountId) -> Result<Option<u64>, StoreError> {
        // One statement is of one moment by itself.
        self.with_reader(|connection| read::version(connection, id))
    }

    fn versions(&self) -> Result<Vec<(AccountId, u64)>, StoreError> {
        self.read(read::versions)
    }

    fn accounts(&self) -> Result<Vec<AccountSummary>, StoreError> {
        self.read(read::accounts)
    }

    fn create_account(
        &self,
        profile: &Profile,
        origin: &Origin,
    ) -> Result<Option<AccountId>, CommitError> {
        self.writer().create_account(profile, origin)
    }

    fn commit(&self, batch: &[AccountCommit]) -> Result<Vec<Verdict>, CommitError> {
        if batch.iter().all(|account| account.changes.is_empty()) {
            // Nothing to write: confirming the versions needs no write lock and no fsync.
            return Ok(self.read(|connection| write::confirm(connection, batch))?);
        }
        let mut writer = self.writer();
        let verdicts = writer.commit(batch)?;
        if let Some(checkpointer) = &self.checkpointer {
            checkpointer.after_commit(&writer.connection);
        }
        Ok(verdicts)
    }

    fn catch_up(&self, id: AccountId, version: u64) -> Result<CatchUp, StoreError> {
        self.read(|connection| read::catch_up(connection, id, version))
    }

    fn changed_elsewhere(&self) -> Result<bool, StoreError> {
        self.writer().changed_elsewhere()
    }

    fn backup(&self, file: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<(), StoreError> {
        self.read(|connection| backup::backup(connection, file, progress))
    }

    fn check_integrity(&self) -> Result<Vec<String>, StoreError> {
        self.read(read::check_integrity)
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").field("file", &self.file).finish_non_exhaustive()
    }
}
