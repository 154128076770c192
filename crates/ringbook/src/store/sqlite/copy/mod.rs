//! All rows of a file, and a file made of rows.

mod read;
mod write;

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use self::read::page;
use self::write::insert;
use super::open::{self, running};
use super::read::execute;
use crate::store::copy::{COUNT, Key, Rows, Source, Table, Target};
use crate::store::{Migrates, StoreError};

/// A file as it is now.
pub struct SqliteSource(Connection);

impl SqliteSource {
    /// Opens it and fixes the moment.
    pub fn open(file: &Path, migrates: Migrates) -> Result<Self, StoreError> {
        if !file.exists() {
            return Err(StoreError::NoStore(file.display().to_string()));
        }
        let (connection, _) = open::writer(file, migrates)?;
        execute(&connection, "BEGIN")?;
        Ok(Self(connection))
    }
}

impl Source for SqliteSource {
    fn count(&mut self) -> Result<u64, StoreError> {
        count(&self.0)
    }

    fn page(&mut self, table: Table, after: &Key) -> Result<(Rows, Option<Key>), StoreError> {
        page(&self.0, table, after)
    }
}

fn count(connection: &Connection) -> Result<u64, StoreError> {
    connection.query_row(COUNT, [], |row| row.get::<_, u32>(0)).map(u64::from).map_err(running)
}

/// A new file that is being filled, under another name until it is whole.
pub struct SqliteFill {
    file: PathBuf,
    partial: PathBuf,
    /// None only while it is dropped.
    connection: Option<Connection>,
}

impl SqliteFill {
    /// Makes the file.
    pub fn create(file: &Path) -> Result<Self, StoreError> {
        if file.exists() {
            return Err(StoreError::FileExists(file.to_owned()));
        }
        let mut partial = file.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        // What a copy has left that was killed.
        remove(&partial);
        let (connection, _) = open::writer(&partial, Migrates::Yes)?;
        // Nobody else uses it, and a crash leaves nothing to recover: it is synchronized once.
        for (pragma, value) in [("synchronous", 0), ("wal_autocheckpoint", 10_000)] {
            connection.pragma_update(None, pragma, value).map_err(running)?;
        }
        Ok(Self { file: file.to_owned(), partial, connection: Some(connection) })
    }

    fn connection(&self) -> &Connection {
        self.connection.as_ref().expect("there until it is dropped")
    }
}

impl Source for SqliteFill {
    fn count(&mut self) -> Result<u64, StoreError> {
        count(self.connection())
    }

    fn page(&mut self, table: Table, after: &Key) -> Result<(Rows, Option<Key>), StoreError> {
        page(self.connection(), table, after)
    }
}

impl Target for SqliteFill {
    fn write(&mut self, rows: &Rows) -> Result<(), StoreError> {
        let connection = self.connection();
        execute(connection, "BEGIN IMMEDIATE")?;
        insert(connection, rows).map_err(running)?;
        execute(connection, "COMMIT")
    }

    fn finish(mut self: Box<Self>) -> Result<(), StoreError> {
        let connection = self.connection.take().expect("there until it is dropped");
        // No account gets the id of one that was deleted: the history still speaks of that one.
        connection
            .execute_batch(
                "DELETE FROM sqlite_sequence WHERE name = 'account'; \
                 INSERT INTO sqlite_sequence (name, seq) \
                 SELECT 'account', coalesce(max(account_id), 0) FROM \
                 (SELECT account_id FROM change UNION ALL SELECT account_id FROM idempotency_record); \
                 PRAGMA wal_checkpoint(TRUNCATE);",
            )
            .map_err(running)?;
        connection.close().map_err(|(_, error)| running(error))?;
        super::backup::finish(&self.partial, &self.file)
    }
}

impl Drop for SqliteFill {
    fn drop(&mut self) {
        drop(self.connection.take());
        // Gone already if it was finished.
        remove(&self.partial);
    }
}

fn remove(partial: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut file = partial.as_os_str().to_owned();
        file.push(suffix);
        let _ = std::fs::remove_file(file);
    }
}
