//! Opening a file: pragmas, and the schema.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use sqlite_vfs::FailStop;

use crate::private;
use crate::store::migrations::{SCHEMA, missing};
use crate::store::{Applied, Migrates, StoreError};

/// Marks a file as a store of ours: the letters `RngB`.
const APPLICATION_ID: i32 = 0x526e_6742;

/// Small pages: an edit of a scattered phone writes one to the WAL. That is a quarter of the bytes
/// that it takes with 4 KiB pages.
const PAGE_BYTES: u32 = 1024;

/// How long a writer waits for another process's transaction before it says "busy". An import of
/// a million rows by the command line holds the lock for about that long.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait before asking again where SQLite does not wait by itself.
const BUSY_PAUSE: Duration = Duration::from_millis(5);

/// The writer's page cache, in KiB. A search by key then reads no page from the file, or one if the
/// store is larger. A larger cache makes commits slower: one that splits a page walks through the
/// whole cache.
const WRITER_CACHE_KIB: i64 = 32 * 1024;

/// What is deleted is overwritten within its page. Pages that become free are left as they are, as to
/// write them costs as much as an edit; an erasure does so.
pub const SECURE_DELETE: &str = "FAST";

/// Connections that read: more than the four slow reads that the service lets run at a time, two
/// pages of rows, an earlier state and the load of an account. So the short ones find one free.
const READERS: usize = 8;

/// Statements that a connection keeps prepared: all that it has.
const STATEMENTS: usize = 96;

/// The connection that writes. Makes the file and brings its schema up to date, or refuses one
/// that is not; says what that took.
pub fn writer(
    file: &Path,
    migrates: Migrates,
    stop: &Arc<FailStop>,
) -> Result<(Connection, Vec<Applied>), StoreError> {
    if let Some(fault) = no_directory(file) {
        return Err(fault);
    }
    create(file)?;
    let mut connection = connect(file, OpenFlags::SQLITE_OPEN_CREATE, stop)?;
    // Before anything is set: what is not ours is left as it is, to the byte.
    match migrates {
        Migrates::No => require_schema(&connection, file)?,
        Migrates::Yes => drop(missing(file.display(), schema(&connection, file)?)?),
    }
    prepare_writer(&mut connection).map_err(|error| opening(file, error))?;
    let applied = migrate(&mut connection, file)?;
    Ok((connection, applied))
}

/// Says so where the directory of a file does not exist.
pub fn no_directory(file: &Path) -> Option<StoreError> {
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty())?;
    let (is_there, directory) = (directory.is_dir(), directory.to_owned());
    (!is_there).then(|| StoreError::NoDirectory { file: file.to_owned(), directory })
}

/// Refuses a file that is missing or empty: SQLite would remove the WAL of an empty one. A process that
/// ends while it makes a store may leave an empty file, so whoever may make a store takes it.
pub fn require_content(file: &Path) -> Result<(), StoreError> {
    let name = file.display();
    match file.metadata() {
        Err(_) => Err(StoreError::NoStore(name.to_string())),
        Ok(found) if found.is_file() && found.len() == 0 => {
            Err(StoreError::NoStore(format!("{name}, which is an empty file")))
        }
        Ok(_) => Ok(()),
    }
}

/// Makes the file, empty, unless it is there. SQLite gives its log the permissions of the file, and
/// would have let everybody read both.
fn create(file: &Path) -> Result<(), StoreError> {
    match private::writing().create_new(true).open(file) {
        Err(error) if !file.exists() => {
            Err(StoreError::CannotOpen { file: file.to_owned(), reason: error.to_string() })
        }
        // Where it is there, SQLite says what is wrong with it.
        _ => Ok(()),
    }
}

/// A connection that reads.
pub fn reader(file: &Path, stop: &Arc<FailStop>) -> Result<Connection, StoreError> {
    prepare_reader(connect(file, OpenFlags::empty(), stop)?).map_err(|error| opening(file, error))
}

/// Has a connection refuse to write.
pub fn prepare_reader(connection: Connection) -> rusqlite::Result<Connection> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Connections that read.
pub fn readers(file: &Path, stop: &Arc<FailStop>) -> Result<Vec<Connection>, StoreError> {
    (0..READERS).map(|_| reader(file, stop)).collect()
}

/// The connection for checkpoints, whose writes to the file call the hook of their thread.
pub fn checkpointer(file: &Path, stop: &Arc<FailStop>) -> Result<Connection, StoreError> {
    let connection = connect(file, OpenFlags::empty(), stop)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(|error| opening(file, error))?;
    Ok(connection)
}

/// A connection to a new file that nobody else uses, and that is worth nothing until it is complete: no
/// locks, no journal, and no syncs.
pub fn filler(file: &Path) -> Result<Connection, StoreError> {
    let failed = |error| opening(file, error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | ALONE;
    let connection = Connection::open_with_flags_and_vfs(file, flags, c"unix-none");
    let connection = connection.map_err(failed)?;
    connection.pragma_update(None, "page_size", PAGE_BYTES).map_err(failed)?;
    connection.pragma_update(None, "journal_mode", "OFF").map_err(failed)?;
    connection.pragma_update(None, "synchronous", "OFF").map_err(failed)?;
    Ok(connection)
}

/// A connection to a database of its own in memory.
pub fn memory() -> Result<Connection, StoreError> {
    let file = Path::new("memory:");
    let mut connection = Connection::open_in_memory().map_err(|error| opening(file, error))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    migrate(&mut connection, file)?;
    Ok(connection)
}

/// A connection is used by a thread at a time, without a lock of SQLite's.
pub const ALONE: OpenFlags = OpenFlags::SQLITE_OPEN_NO_MUTEX;

/// Connects with our VFS. Those that only read do so too: the last one to close the file makes a
/// checkpoint, which `stop` must be able to refuse.
fn connect(file: &Path, more: OpenFlags, stop: &Arc<FailStop>) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | ALONE | more;
    let opened = sqlite_vfs::open(file, flags, stop);
    let connection = opened.map_err(|error| opening(file, error))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.busy_timeout(BUSY_TIMEOUT).map_err(|error| opening(file, error))?;
    Ok(connection)
}

fn prepare_writer(connection: &mut Connection) -> rusqlite::Result<()> {
    // The page size counts only while the file is empty, and must come before the journal mode.
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    enter_wal_mode(connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    connection.pragma_update(None, "secure_delete", SECURE_DELETE)?;
    connection.pragma_update(None, "temp_store", "MEMORY")
}

/// Sets what is overwritten when it is deleted.
pub fn set_secure_delete(connection: &Connection, mode: &str) -> Result<(), StoreError> {
    connection.pragma_update(None, "secure_delete", mode).map_err(running)
}

/// Switches a new file to a log. Where several processes open it for the first time at once,
/// SQLite refuses all but one of them without waiting, so the waiting is done here.
fn enter_wal_mode(connection: &Connection) -> rusqlite::Result<()> {
    let begun = Instant::now();
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && begun.elapsed() < BUSY_TIMEOUT =>
            {
                std::thread::sleep(BUSY_PAUSE);
            }
            result => return result,
        }
    }
}

/// Applies what is missing, under the write lock: whoever comes second finds it done.
pub fn migrate(connection: &mut Connection, file: &Path) -> Result<Vec<Applied>, StoreError> {
    let failed = |error| opening(file, error);
    connection.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
    // The process before may have ended after a failed sync, and then part of the WAL is in the page
    // cache alone. A commit behind it would be lost with it in a power cut.
    sqlite_vfs::rewrite_recovered_wal(connection).map_err(failed)?;
    let found = schema(connection, file)?;
    let mut applied = Vec::new();
    for migration in missing(file.display(), found)? {
        connection.execute_batch(migration.sqlite).map_err(failed)?;
        applied.push(migration);
    }
    if !applied.is_empty() {
        connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
        connection.pragma_update(None, "user_version", SCHEMA).map_err(failed)?;
    }
    connection.execute_batch("COMMIT").map_err(failed)?;
    Ok(applied)
}

/// Refuses a file whose schema is not ours.
pub fn require_schema(connection: &Connection, file: &Path) -> Result<(), StoreError> {
    let (found, store) = (schema(connection, file)?, file.display().to_string());
    if missing(&store, found)?.is_empty() {
        return Ok(());
    }
    Err(StoreError::OlderSchema { store, found, known: SCHEMA })
}

/// The schema that the file has; 0 if it is empty. Refuses what is not ours.
fn schema(connection: &Connection, file: &Path) -> Result<u32, StoreError> {
    let failed = |error| opening(file, error);
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(failed);
    // This one first: another process may make the store between any two of them.
    let is_empty = number("SELECT count(*) FROM sqlite_schema")? == 0;
    if number("PRAGMA application_id")? != i64::from(APPLICATION_ID) && !is_empty {
        return Err(StoreError::NotAStore(file.display().to_string()));
    }
    Ok(u32::try_from(number("PRAGMA user_version")?).unwrap_or(u32::MAX))
}

/// What an error while opening means.
pub fn opening(file: &Path, error: rusqlite::Error) -> StoreError {
    let file = file.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => StoreError::NotAStore(file.display().to_string()),
        Some(ErrorCode::ReadOnly) => StoreError::ReadOnly(file),
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            // SQLite says "unable to open database file"; the system knows why.
            let open = |writes| File::options().read(true).write(writes).open(&file);
            let reason = match open(false).and_then(|_| open(true)) {
                Err(reason) => reason.to_string(),
                Ok(_) => error.to_string(),
            };
            StoreError::CannotOpen { file, reason }
        }
        _ => running(error),
    }
}

/// What an error while running means. Takes the error whole, as `map_err` gives it.
#[allow(clippy::needless_pass_by_value)]
pub fn running(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy,
        Some(ErrorCode::DiskFull) => StoreError::Full,
        Some(ErrorCode::ReadOnly) => StoreError::ReadOnly("the store".into()),
        Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged(error.to_string()),
        // Values of another type or size than the columns have.
        None if !matches!(error, rusqlite::Error::QueryReturnedNoRows) => {
            StoreError::Damaged(error.to_string())
        }
        _ => StoreError::Engine(error.to_string()),
    }
}
