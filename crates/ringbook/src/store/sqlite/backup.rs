//! Backups while others write.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::open::{self, no_directory, running};
use crate::private::NewFile;
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
    let new = create(file)?;
    let mut target = open::filler(new.path())?;
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
    target.close().map_err(|(_, error)| running(error))?;
    finish(new, file)
}

/// Creates a file for a copy, which must not exist.
pub fn create(file: &Path) -> Result<NewFile, StoreError> {
    if file.symlink_metadata().is_ok() {
        return Err(StoreError::FileExists(file.to_owned()));
    }
    if let Some(fault) = no_directory(file) {
        return Err(fault);
    }
    NewFile::create(file).map_err(|error| cannot_write(file, &error))
}

/// Gives a complete copy its name.
pub fn finish(new: NewFile, file: &Path) -> Result<(), StoreError> {
    if file.symlink_metadata().is_ok() {
        return Err(StoreError::FileExists(file.to_owned()));
    }
    new.finish().map_err(|error| cannot_write(file, &error))
}

fn cannot_write(file: &Path, error: &std::io::Error) -> StoreError {
    StoreError::CannotOpen { file: file.to_owned(), reason: error.to_string() }
}
