//! Opening a file that is only read: not a byte of it is changed, and no write lock is needed.
//!
//! SQLite reads a WAL by an index in shared memory, the file `-shm`. It creates `-wal` and `-shm` where
//! they are missing, and removes them when the last connection closes. Where it can create none, as on a
//! read-only medium, no process writes, and the files are read without locks.

use std::fs;
use std::io::ErrorKind::NotFound;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use rusqlite::{Connection, OpenFlags};
use rustix::fs::{Access, access};
use sqlite_vfs::FailStop;

use super::open::{ALONE, opening, prepare_reader, reader, require_content, require_schema};
use crate::store::StoreError;

/// Opens a store that exists. Returns the files as well, if they are read without locks.
pub fn open(file: &Path) -> Result<(Connection, Option<Unlocked>), StoreError> {
    require_content(file)?;
    let cannot = |reason| StoreError::CannotOpen { file: file.to_owned(), reason };
    let found = fs::metadata(file).map_err(|error| match error.kind() {
        NotFound => StoreError::NoStore(file.display().to_string()),
        _ => cannot(error.to_string()),
    })?;
    if !found.is_file() {
        return Err(cannot("it is a directory or a device".into()));
    }
    // Who has no right to write the file must not create the others, which would have its permissions.
    if access(file, Access::WRITE_OK).is_ok() || wal_of(file).exists() {
        match with_locks(file) {
            Err(StoreError::CannotOpen { .. } | StoreError::ReadOnly(_)) => {}
            opened => return Ok((opened?, None)),
        }
    }
    let unlocked = Unlocked::of(file);
    let connection = without_locks(file).map_err(|error| opening(file, error))?;
    require_schema(&connection, file)?;
    Ok((connection, Some(unlocked)))
}

fn with_locks(file: &Path) -> Result<Connection, StoreError> {
    let stop = FailStop::default();
    // So the last connection to close the file makes no checkpoint.
    stop.fail("the store is only read".into());
    let connection = reader(file, &Arc::new(stop))?;
    require_schema(&connection, file)?;
    Ok(connection)
}

fn without_locks(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | ALONE;
    if wal_of(file).exists() {
        let connection = Connection::open_with_flags_and_vfs(file, flags, c"unix-none")?;
        // Keeps the index of the WAL in the memory of this process.
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        return prepare_reader(connection);
    }
    // Without a WAL to look for.
    let path = percent_encode(file.as_os_str().as_bytes(), NON_ALPHANUMERIC);
    let uri = format!("file:{path}?immutable=1");
    prepare_reader(Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)?)
}

fn wal_of(file: &Path) -> PathBuf {
    let mut wal = file.as_os_str().to_owned();
    wal.push("-wal");
    wal.into()
}

/// The database and its WAL as they were found. A process with more rights may begin to write them.
#[derive(PartialEq, Eq)]
pub struct Unlocked {
    file: PathBuf,
    found: [Option<(u64, u64, i64, i64)>; 2],
}

impl Unlocked {
    fn of(file: &Path) -> Self {
        let found = [file.to_owned(), wal_of(file)].map(|path| {
            let found = fs::metadata(path).ok()?;
            Some((found.ino(), found.len(), found.mtime(), found.mtime_nsec()))
        });
        Self { file: file.to_owned(), found }
    }

    /// Fails if what was read since may be of several moments.
    pub fn check(&self) -> Result<(), StoreError> {
        if Self::of(&self.file) == *self { Ok(()) } else { Err(StoreError::Busy) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::SqliteStore;

    #[test]
    fn fails_a_read_without_locks_once_another_process_writes() {
        let directory = tempfile::tempdir().unwrap();
        // Characters that mean something else in a URI.
        let file = directory.path().join("a?b#c%20 d.db");
        let open = || SqliteStore::open(&file, crate::store::Migrates::Yes).unwrap();
        drop(open());
        let unlocked = Unlocked::of(&file);
        require_schema(&without_locks(&file).unwrap(), &file).unwrap();
        unlocked.check().unwrap();
        let _writer = open();
        assert!(matches!(unlocked.check(), Err(StoreError::Busy)));
    }
}
