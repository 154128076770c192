//! The methods of an open database file: those of the system's VFS, except that a [`FailStop`] can
//! refuse what changes the file, and that a write calls the hook of its thread.

use std::cell::RefCell;
use std::ffi::{CStr, c_int, c_void};
use std::path::Path;
use std::sync::Arc;
use std::{mem, ptr, slice};

use rusqlite::{Connection, OpenFlags, ffi};

use crate::fail_stop::{FailStop, FileKind, Operation};

type Hook = Box<dyn FnMut(usize)>;

thread_local! {
    static HOOK: RefCell<Option<Hook>> = const { RefCell::new(None) };
}

/// Sets the hook of this thread: from now on it is called after each of the thread's writes to a
/// database file that was opened with [`vfs`](crate::vfs), with the number of bytes. It runs within
/// SQLite, so it must neither use a connection nor panic.
pub fn after_writes(hook: impl FnMut(usize) + 'static) {
    HOOK.set(Some(Box::new(hook)));
}

/// Opens a connection with [`vfs`](crate::vfs) whose writes to the database and the WAL `stop` can
/// refuse.
pub fn open(path: &Path, flags: OpenFlags, stop: &Arc<FailStop>) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags_and_vfs(path, flags, crate::vfs()?)?;
    if let Some(file) = file_of(&connection, ffi::SQLITE_FCNTL_FILE_POINTER) {
        // SAFETY: the connection has just opened it, and nobody uses it yet.
        if let Some(database) = unsafe { Database::of(file) } {
            database.stop = Arc::clone(stop);
        }
    }
    Ok(connection)
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

/// What follows the handle of the system's VFS in SQLite's allocation of a database file.
#[repr(C)]
pub struct Database {
    ours: ffi::sqlite3_io_methods,
    system: *const ffi::sqlite3_io_methods,
    pub stop: Arc<FailStop>,
}

impl Database {
    /// Gives a database file our methods.
    ///
    /// # Safety
    ///
    /// The system's VFS has opened the file, and nobody uses it yet. SQLite has made room for a
    /// `Database` after it.
    pub unsafe fn install(file: *mut ffi::sqlite3_file) {
        // SAFETY: the caller's promise.
        let system = unsafe { (*file).pMethods };
        // SAFETY: the methods of an open file are there for as long as the program, and plain data.
        let methods = unsafe { *system };
        let ours = ffi::sqlite3_io_methods {
            xClose: Some(close),
            xWrite: Some(write),
            xTruncate: Some(truncate),
            xSync: Some(sync),
            ..methods
        };
        // SAFETY: the caller's promise.
        let room = unsafe { Self::after(file) };
        // SAFETY: nothing is in the room yet.
        unsafe { ptr::write(room, Self { ours, system, stop: Arc::default() }) };
        // SAFETY: the room stays until the file is closed.
        unsafe { (*file).pMethods = room.cast() };
    }

    /// The room after the system's handle.
    ///
    /// # Safety
    ///
    /// The file was opened with our VFS.
    unsafe fn after(file: *mut ffi::sqlite3_file) -> *mut Self {
        // SAFETY: the caller's promise.
        unsafe { file.byte_add(crate::system_bytes()).cast() }
    }

    /// What `install` has written there; none if the file has other methods.
    ///
    /// # Safety
    ///
    /// The file is open, and nobody else uses it during the lifetime.
    pub unsafe fn of<'f>(file: *mut ffi::sqlite3_file) -> Option<&'f mut Self> {
        // SAFETY: the caller's promise.
        let methods = unsafe { (*file).pMethods };
        // SAFETY: an open file has methods.
        let write_method = unsafe { (*methods).xWrite };
        let is_ours =
            write_method.is_some_and(|method| method as usize == write as *const () as usize);
        // SAFETY: with our methods the file has the room, and `install` has filled it.
        is_ours.then(|| unsafe { &mut *methods.cast_mut().cast::<Self>() })
    }
}

/// Runs a method of the system's VFS if the file's [`FailStop`] allows the operation.
macro_rules! run {
    ($file:expr, $operation:expr, $method:ident ( $($argument:expr),* )) => {{
        // SAFETY: SQLite calls our methods of an open file, by one thread at a time.
        let Some(database) = (unsafe { Database::of($file) }) else { return ffi::SQLITE_IOERR };
        // SAFETY: the system's methods stay.
        let Some(method) = (unsafe { (*database.system).$method }) else { return ffi::SQLITE_IOERR };
        database.stop.run(FileKind::Database, $operation, || {
            // SAFETY: the file is the system's, and the arguments are SQLite's.
            unsafe { method($file $(, $argument)*) }
        })
    }};
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite closes an open file, which nobody uses after this.
    let Some(database) = (unsafe { Database::of(file) }) else { return ffi::SQLITE_IOERR_CLOSE };
    // SAFETY: the system's methods stay.
    let close = unsafe { (*database.system).xClose };
    // SAFETY: as above.
    unsafe { ptr::drop_in_place(database) };
    // SAFETY: the file is the system's.
    close.map_or(ffi::SQLITE_IOERR_CLOSE, |close| unsafe { close(file) })
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    count: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    let size = usize::try_from(count).unwrap_or_default();
    // SAFETY: SQLite passes `count` bytes.
    let content = unsafe { slice::from_raw_parts(bytes.cast::<u8>(), size) };
    let code = run!(file, Operation::Write(content, offset), xWrite(bytes, count, offset));
    if code == ffi::SQLITE_OK {
        HOOK.with_borrow_mut(|hook| {
            if let Some(hook) = hook {
                hook(size);
            }
        });
    }
    code
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: ffi::sqlite3_int64) -> c_int {
    run!(file, Operation::Truncate(size), xTruncate(size))
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    run!(file, Operation::Sync, xSync(flags))
}

/// The room that SQLite must make for a [`Database`].
pub const BYTES: usize = mem::size_of::<Database>();
