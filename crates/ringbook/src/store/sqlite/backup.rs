//! Backups while others write.

use std::fs::File;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::open::{no_directory, running};
use crate::private;
use crate::store::StoreError;

/// Pages copied between two reports of progress: about 4 MB.
const PAGES_PER_STEP: i32 = 4096;

/// Copies within the caller's read transaction, so from one snapshot: commits of others do not
/// restart it. The copy gets its name only once it is complete.
pub fn backup(
    source: &Connection,
    file: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), StoreError> {
    if file.exists() {
        return Err(StoreError::FileExists(file.to_owned()));
    }
    if let Some(fault) = no_directory(file) {
        return Err(fault);
    }
    let mut partial = file.as_os_str().to_owned();
    partial.push(".partial");
    let partial = Path::new(&partial);
    let result = copy(source, partial, progress).and_then(|()| finish(partial, file));
    if result.is_err() {
        let _ = std::fs::remove_file(partial);
    }
    result
}

fn copy(
    source: &Connection,
    partial: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), StoreError> {
    let cannot = |error: &dyn std::fmt::Display| StoreError::CannotOpen {
        file: partial.to_owned(),
        reason: error.to_string(),
    };
    // A partial file of a backup that was killed.
    match std::fs::remove_file(partial) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(cannot(&error)),
        _ => {}
    }
    let created = private::writing().create_new(true).open(partial);
    created.map_err(|error| cannot(&error))?;
    let mut target = Connection::open(partial).map_err(|error| cannot(&error))?;
    // The first read takes the snapshot.
    source.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(running)?;
    {
        let backup = Backup::new(source, &mut target).map_err(running)?;
        loop {
            let step = backup.step(PAGES_PER_STEP).map_err(running)?;
            let at = backup.progress();
            let total = u64::try_from(at.pagecount).unwrap_or_default();
            progress(total - u64::try_from(at.remaining).unwrap_or_default(), total);
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                _ => return Err(StoreError::Busy),
            }
        }
    }
    target.close().map_err(|(_, error)| running(error))
}

/// Renames a complete file once it is on stable storage.
pub fn finish(partial: &Path, file: &Path) -> Result<(), StoreError> {
    let failed = |error: std::io::Error| StoreError::CannotOpen {
        file: file.to_owned(),
        reason: error.to_string(),
    };
    File::open(partial).and_then(|copy| copy.sync_all()).map_err(failed)?;
    std::fs::rename(partial, file).map_err(failed)?;
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)
}
