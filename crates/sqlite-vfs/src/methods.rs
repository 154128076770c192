//! The methods of an open WAL, which SQLite calls.

use std::ffi::{c_int, c_void};
use std::{ptr, slice};

use rusqlite::{Connection, ffi};

use crate::database::file_of;
use crate::system_file::SystemFile;
use crate::wal::Wal;
use crate::wal_index;

/// SQLite's handle of an open WAL. The handle of the system's VFS follows it in the same allocation.
#[repr(C)]
pub struct WalHandle {
    base: ffi::sqlite3_file,
    wal: Wal,
}

/// Version 1: no shared memory and no memory map, which SQLite uses for the database file alone.
static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 1,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(control),
    xSectorSize: Some(sector_bytes),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: None,
    xShmLock: None,
    xShmBarrier: None,
    xShmUnmap: None,
    xFetch: None,
    xUnfetch: None,
};

impl WalHandle {
    /// The room after this handle, for the one of the system's VFS.
    ///
    /// # Safety
    ///
    /// There is room for a `WalHandle` at the pointer, and more after it.
    pub unsafe fn after(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
        // SAFETY: the caller's promise. The size of a structure is a multiple of its alignment,
        // which is no less than that of the system's.
        unsafe { file.cast::<Self>().add(1).cast() }
    }

    /// Initializes the room at the pointer as an open WAL.
    ///
    /// # Safety
    ///
    /// There is room for a `WalHandle` at the pointer, and nothing in it.
    pub unsafe fn init(file: *mut ffi::sqlite3_file, system: SystemFile) {
        let base = ffi::sqlite3_file { pMethods: &raw const METHODS };
        // SAFETY: the caller's promise.
        unsafe { ptr::write(file.cast::<Self>(), Self { base, wal: Wal::new(system) }) };
    }
}

/// The WAL that `init` has written there.
///
/// # Safety
///
/// The file is one with `METHODS`, open, and this call is the only one that uses it: SQLite has
/// one thread at a time in a connection.
unsafe fn wal<'f>(file: *mut ffi::sqlite3_file) -> &'f mut Wal {
    // SAFETY: the caller's promise.
    unsafe { &mut (*file.cast::<WalHandle>()).wal }
}

/// Writes the WAL again, as it is, and syncs it, if a recovery has just found it. Afterwards it is on
/// stable storage, even if the process before could not sync it. The connection must have been opened
/// with our VFS and hold the write lock.
pub fn rewrite_recovered_wal(connection: &Connection) -> rusqlite::Result<()> {
    if !wal_index::is_recovered(connection) {
        return Ok(());
    }
    let Some(file) = file_of(connection, ffi::SQLITE_FCNTL_JOURNAL_POINTER) else { return Ok(()) };
    // SAFETY: the file of an open connection.
    let methods = unsafe { (*file).pMethods };
    if !ptr::eq(methods, &raw const METHODS) {
        return Ok(());
    }
    // SAFETY: it is open, and this thread alone uses the connection.
    match unsafe { wal(file) }.rewrite() {
        ffi::SQLITE_OK => Ok(()),
        code => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)),
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite calls the methods of an open file.
    let code = unsafe { wal(file) }.close();
    // SAFETY: nobody uses it after this call.
    unsafe { ptr::drop_in_place(file.cast::<WalHandle>()) };
    code
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    bytes: *mut c_void,
    count: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    let Ok(count) = usize::try_from(count) else { return ffi::SQLITE_IOERR_READ };
    // SAFETY: SQLite passes a buffer of `count` bytes.
    let bytes = unsafe { slice::from_raw_parts_mut(bytes.cast::<u8>(), count) };
    // SAFETY: SQLite calls the methods of an open file.
    unsafe { wal(file) }.flushed(|system| system.read(bytes, offset))
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    count: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    let Ok(count) = usize::try_from(count) else { return ffi::SQLITE_IOERR_WRITE };
    // SAFETY: SQLite passes `count` bytes.
    let bytes = unsafe { slice::from_raw_parts(bytes.cast::<u8>(), count) };
    // SAFETY: SQLite calls the methods of an open file.
    unsafe { wal(file) }.write(bytes, offset)
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: ffi::sqlite3_int64) -> c_int {
    // SAFETY: SQLite calls the methods of an open file.
    unsafe { wal(file) }.flushed(|system| system.truncate(size))
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: SQLite calls the methods of an open file.
    unsafe { wal(file) }.flushed(|system| system.sync(flags))
}

unsafe extern "C" fn size(file: *mut ffi::sqlite3_file, size: *mut ffi::sqlite3_int64) -> c_int {
    // SAFETY: SQLite passes where the number goes.
    let size = unsafe { &mut *size };
    // SAFETY: SQLite calls the methods of an open file.
    unsafe { wal(file) }.flushed(|system| system.size(size))
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite calls the methods of an open file.
    unsafe { wal(file) }.file.lock(level)
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite calls the methods of an open file.
    unsafe { wal(file) }.file.unlock(level)
}

unsafe extern "C" fn check_reserved_lock(
    file: *mut ffi::sqlite3_file,
    is_reserved: *mut c_int,
) -> c_int {
    // SAFETY: SQLite passes where the answer goes.
    let is_reserved = unsafe { &mut *is_reserved };
    // SAFETY: SQLite calls the methods of an open file.
    unsafe { wal(file) }.file.check_reserved_lock(is_reserved)
}

unsafe extern "C" fn control(
    file: *mut ffi::sqlite3_file,
    operation: c_int,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: SQLite calls the methods of an open file.
    let wal = unsafe { wal(file) };
    // SAFETY: the argument is SQLite's for this operation.
    wal.flushed(|system| unsafe { system.control(operation, argument) })
}

unsafe extern "C" fn sector_bytes(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite calls the methods of an open file.
    unsafe { wal(file) }.file.sector_bytes()
}

unsafe extern "C" fn device_characteristics(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite calls the methods of an open file.
    unsafe { wal(file) }.file.device_characteristics()
}
