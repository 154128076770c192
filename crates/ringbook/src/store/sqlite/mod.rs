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
mod erase;
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
mod sql;
mod statements;
mod store;
mod versions;
mod write;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use rusqlite::Connection;
use sqlite_vfs::{FailStop, WalIndex};

use self::checkpoint::Checkpointer;
pub use self::copy::SqliteCopy;
use self::health::{Files, Health};
use self::index::Indexer;
pub use self::open::require_content;
use self::read_only::Unlocked;
use self::readers::Readers;
use self::versions::Versions;
use self::write::Writer;
use super::history::PruneCursor;
use super::{Applied, CommitError, Migrates, StoreError};

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
        let (mut connection, _) = open::writer(file, migrates, &stop)?;
        let readers = Some(Readers::new(open::readers(file, &stop)?));
        let opened = File::options().read(true).write(true).open(file).map_err(cannot)?;
        let opened = Arc::new(opened);
        let checkpointer = Checkpointer::start(
            open::checkpointer(file, &stop)?,
            Arc::clone(&opened),
            Arc::clone(&stop),
            &mut connection,
        )
        .map_err(open::running)?;
        let wal_index = WalIndex::open(open::reader(file, &stop)?).map_err(open::running)?;
        let versions = Arc::new(Versions::new(wal_index));
        let index_reader = open::reader(file, &stop)?;
        let files = Files::of(file).map_err(cannot)?;
        let health = Arc::new(Health::new(stop, Some(files), Arc::clone(&versions)));
        let writer = Writer { checkpointer: Some(checkpointer), connection, versions, health };
        let store = Self::around(file, writer, Some(index_reader));
        store.indexer.wake();
        Ok(Self { readers, _opened: Some(opened), ..store })
    }

    /// Brings the schema of a file up to date; returns the migrations that it applied.
    pub fn migrate(file: &Path) -> Result<Vec<Applied>, StoreError> {
        Ok(open::writer(file, Migrates::Yes, &Arc::new(health::fail_stop()))?.1)
    }

    /// A new store in memory.
    pub fn in_memory() -> Result<Self, StoreError> {
        Ok(Self::around(Path::new("memory:"), Writer::alone(open::memory()?), None))
    }

    /// Opens a file that exists, and fails to write to it.
    pub fn open_read_only(file: &Path) -> Result<Self, StoreError> {
        let (connection, unlocked) = read_only::open(file)?;
        Ok(Self { unlocked, ..Self::around(file, Writer::alone(connection), None) })
    }

    /// A store that reads with the writer's connection.
    fn around(file: &Path, writer: Writer, index_reader: Option<Connection>) -> Self {
        let (versions, health) = (Arc::clone(&writer.versions), Arc::clone(&writer.health));
        let writer = Arc::new(Mutex::new(writer));
        Self {
            file: file.to_owned(),
            indexer: Indexer::start(index_reader, Arc::clone(&writer)),
            readers: None,
            writer,
            versions,
            health,
            unlocked: None,
            pruned: Mutex::new(PruneCursor::START),
            _opened: None,
        }
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
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").field("file", &self.file).finish_non_exhaustive()
    }
}
