//! Whether a store may still be written: no sync has failed, and its files are still there.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlite_vfs::FailStop;

use super::versions::Versions;
use crate::store::StoreError;

/// The state that stops all writes, which logs once why.
pub fn fail_stop() -> FailStop {
    FailStop::new(|reason| tracing::error!("{}", StoreError::Stopped(reason.to_owned())))
}

/// The health of a store.
pub struct Health {
    stop: Arc<FailStop>,
    /// None for a store in memory.
    files: Option<Files>,
    versions: Arc<Versions>,
}

impl Health {
    pub fn new(stop: Arc<FailStop>, files: Option<Files>, versions: Arc<Versions>) -> Self {
        Self { stop, files, versions }
    }

    /// Fails if nothing may be written any more.
    pub fn check(&self) -> Result<(), StoreError> {
        self.stop.reason().map_or(Ok(()), |reason| Err(StoreError::Stopped(reason.to_owned())))
    }

    /// The same, and looks at the files first. Call it before reporting a success: what was written
    /// to a file that has lost its name is lost.
    pub fn check_files(&self) -> Result<(), StoreError> {
        if let Some(fault) = self.files.as_ref().and_then(|files| files.fault(&self.versions)) {
            self.stop.fail(fault);
        }
        self.check()
    }
}

/// The database, its WAL and its WAL-index, as they were when they were opened. While a process
/// has connections, SQLite neither removes nor replaces any of them. They are looked at by name, as
/// to open and close one would drop SQLite's locks on it.
pub struct Files {
    files: [(PathBuf, (u64, u64)); 3],
    /// The size of the database when it was last looked at.
    database_bytes: AtomicU64,
}

impl Files {
    /// Call it once the WAL is open.
    pub fn of(database: &Path) -> io::Result<Self> {
        // SQLite puts the others beside the file that a symbolic link leads to.
        let beside = |suffix: &str| {
            let mut path = database.canonicalize()?.into_os_string();
            path.push(suffix);
            Ok::<_, io::Error>(PathBuf::from(path))
        };
        let opened = |path: PathBuf| {
            let found = fs::metadata(&path)?;
            Ok::<_, io::Error>((path, (found.dev(), found.ino())))
        };
        let files = [database.to_owned(), beside("-wal")?, beside("-shm")?];
        let [database, wal, index] = files.map(opened);
        Ok(Self { files: [database?, wal?, index?], database_bytes: AtomicU64::new(0) })
    }

    /// What has happened to a file, if anything.
    fn fault(&self, versions: &Versions) -> Option<String> {
        let (known, state) = (self.database_bytes.load(Ordering::Relaxed), versions.state());
        let mut sizes = [0; 3];
        for ((path, identity), size) in self.files.iter().zip(&mut sizes) {
            let found = fs::metadata(path);
            let path = path.display();
            match found {
                Ok(found) if (found.dev(), found.ino()) == *identity => *size = found.len(),
                Ok(_) => return Some(format!("{path} was replaced by another file")),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Some(format!("{path} was removed or renamed"));
                }
                // Such as a directory that must not be read: this says nothing about the file.
                Err(_) => return None,
            }
        }
        // If the state has changed meanwhile, the sizes are of no known state.
        let state = state.filter(|state| versions.state() == Some(*state))?;
        let [database, wal, _] = sizes;
        // After a VACUUM, a checkpoint makes the file as small as the database. No WAL has been
        // written yet if that is zero.
        let least = match state.database_bytes() {
            0 => known,
            bytes => bytes.min(known),
        };
        let files = [(database, least), (wal, state.wal_bytes())];
        let short = files.iter().zip(&self.files).find(|((size, least), _)| size < least);
        self.database_bytes.store(database, Ordering::Relaxed);
        short.map(|(_, (path, _))| format!("{} was truncated", path.display()))
    }
}
