//! Connections with our VFS, and the open files of a connection.

use std::ffi::{CStr, c_int};
use std::path::Path;
use std::ptr;
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags, ffi};

use crate::fail_stop::FailStop;
use crate::methods::Opened;
use crate::wal_index;

/// Opens a connection with [`vfs`](crate::vfs) whose writes to the database and the WAL `stop` can
/// refuse.
pub fn open(path: &Path, flags: OpenFlags, stop: &Arc<FailStop>) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags_and_vfs(path, flags, crate::vfs()?)?;
    if let Some(file) = file_of(&connection, ffi::SQLITE_FCNTL_FILE_POINTER) {
        // SAFETY: the connection has just opened it, and nobody uses it yet.
        if let Some(database) = unsafe { Opened::of(file) } {
            database.wal.file.stop = Arc::clone(stop);
        }
    }
    Ok(connection)
}

/// Writes the WAL again, as it is, and syncs it, if a recovery has just found it. Afterwards it is on
/// stable storage, even if the process before could not sync it. The connection must have been opened
/// with our VFS and hold the write lock.
pub fn rewrite_recovered_wal(connection: &Connection) -> rusqlite::Result<()> {
    if !wal_index::is_recovered(connection) {
        return Ok(());
    }
    let Some(file) = file_of(connection, ffi::SQLITE_FCNTL_JOURNAL_POINTER) else { return Ok(()) };
    // SAFETY: it is open, and this thread alone uses the connection.
    match unsafe { Opened::of(file) }.map_or(ffi::SQLITE_OK, |opened| opened.wal.rewrite()) {
        ffi::SQLITE_OK => Ok(()),
        code => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)),
    }
}

/// An open file of the connection, by the operation of `sqlite3_file_control` that returns it; none if
/// the database is in memory.
pub fn file_of(connection: &Connection, operation: c_int) -> Option<*mut ffi::sqlite3_file> {
    const MAIN: &CStr = c"main";
    let mut file: *mut ffi::sqlite3_file = ptr::null_mut();
    let argument = (&raw mut file).cast();
    // SAFETY: the handle is used only while the connection is open.
    let handle = unsafe { connection.handle() };
    // SAFETY: the connection is open, and this operation stores the pointer of its file.
    let code = unsafe { ffi::sqlite3_file_control(handle, MAIN.as_ptr(), operation, argument) };
    if code != ffi::SQLITE_OK || file.is_null() {
        return None;
    }
    // SAFETY: the file of an open connection.
    let methods = unsafe { (*file).pMethods };
    (!methods.is_null()).then_some(file)
}
