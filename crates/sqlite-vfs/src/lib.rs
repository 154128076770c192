//! Four things that SQLite's API does not offer: a VFS that writes a commit to the write-ahead log
//! (WAL) in one call, an end to all writes after a failed sync, a hook for writes to the database
//! file, and the state of the WAL.
//!
//! **Gathered writes.** SQLite writes each page of a commit to the WAL in two calls, one for the
//! frame header and one for the page. A commit of fifty rows makes some 130 calls, which take as
//! long as all its statements. This VFS gathers them, and writes them when the frame that ends the
//! commit is complete: before SQLite synchronizes the WAL, and before anybody else sees the commit.
//!
//! **Fail-stop.** After a failed sync SQLite would try again, and succeed without the lost pages on
//! the disk. [`FailStop`] refuses all later writes.
//!
//! **Write hook.** A checkpoint writes the pages of many commits to the database file without
//! reporting its progress. [`after_writes`] does, so that it can be throttled.
//!
//! **WAL state.** A cache of rows is valid until the next commit of any process. To ask SQLite for
//! that takes a dozen system calls; [`WalIndex`] reads it from shared memory.
//!
//! The system's VFS does everything else. It opens every other file, so locks and shared memory
//! are the same for connections with this VFS and without it, in this process and in others. The
//! content of the files is the same too, byte for byte: only the number of calls differs.
//!
//! This is the only crate of the workspace with `unsafe` code, as SQLite calls a VFS through C
//! functions. `wal` decides when to write and is safe code. The FFI is in `methods`, which SQLite
//! calls, in `system_file`, which calls the system's VFS, in `connection`, and in `wal_index` for the
//! shared memory.

mod connection;
mod fail_stop;
mod methods;
mod system_file;
mod wal;
mod wal_index;

use std::ffi::{CStr, c_int};
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, OnceLock};

use rusqlite::ffi;

pub use self::connection::{open, rewrite_recovered_wal};
pub use self::fail_stop::{FailStop, FileKind, Operation};
use self::methods::Opened;
pub use self::methods::after_writes;
pub use self::wal_index::{WalIndex, WalState};

const NAME: &CStr = c"ringbook";

/// SQLite's default VFS, which does the work.
static SYSTEM: AtomicPtr<ffi::sqlite3_vfs> = AtomicPtr::new(ptr::null_mut());

/// The name of the VFS, for `Connection::open_with_flags_and_vfs`. The first call registers it.
pub fn vfs() -> rusqlite::Result<&'static CStr> {
    static REGISTERED: OnceLock<c_int> = OnceLock::new();
    match *REGISTERED.get_or_init(register) {
        ffi::SQLITE_OK => Ok(NAME),
        code => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)),
    }
}

fn register() -> c_int {
    // SAFETY: the function takes null, which means the default one.
    let system = unsafe { ffi::sqlite3_vfs_find(ptr::null()) };
    if system.is_null() {
        return ffi::SQLITE_ERROR;
    }
    SYSTEM.store(system, Ordering::Release);
    // SAFETY: a VFS that is registered stays as it is; the structure is plain data.
    let mut ours = unsafe { ptr::read(system) };
    let bytes = system_bytes() + mem::size_of::<Opened>();
    let Ok(bytes) = c_int::try_from(bytes) else { return ffi::SQLITE_ERROR };
    ours.szOsFile = bytes;
    ours.zName = NAME.as_ptr();
    ours.xOpen = Some(open_file);
    ours.pNext = ptr::null_mut();
    // SAFETY: it is leaked, so it is there for as long as SQLite knows of it.
    unsafe { ffi::sqlite3_vfs_register(Box::leak(Box::new(ours)), 0) }
}

/// The room for a file of the system's VFS, so that what follows it is aligned.
fn system_bytes() -> usize {
    let vfs = SYSTEM.load(Ordering::Acquire);
    // SAFETY: `register` has stored a VFS that stays.
    let bytes = unsafe { (*vfs).szOsFile };
    usize::try_from(bytes).unwrap_or_default().next_multiple_of(mem::align_of::<Opened>())
}

/// Opens a file: a database and a WAL with our methods, and any other file as the system's VFS does.
unsafe extern "C" fn open_file(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    let vfs = SYSTEM.load(Ordering::Acquire);
    // SAFETY: `register` has stored a VFS that stays.
    let Some(open) = (unsafe { (*vfs).xOpen }) else { return ffi::SQLITE_CANTOPEN };
    // SAFETY: the arguments are SQLite's, and there is more room than this VFS asks for.
    let code = unsafe { open(vfs, name, file, flags, flags_out) };
    if code != ffi::SQLITE_OK {
        return code;
    }
    let (kind, stop) = if flags & ffi::SQLITE_OPEN_WAL != 0 {
        // SAFETY: this name is the one of an open database's WAL.
        let database = unsafe { ffi::sqlite3_database_file_object(name) };
        // SAFETY: this thread uses the connection, so nobody else uses the file.
        let database = unsafe { Opened::of(database) };
        let stop = database.map(|database| Arc::clone(&database.wal.file.stop));
        (FileKind::Wal, stop.unwrap_or_default())
    } else if flags & ffi::SQLITE_OPEN_MAIN_DB != 0 {
        (FileKind::Database, Arc::default())
    } else {
        return code;
    };
    // SAFETY: it is open, and SQLite gets it only after this.
    unsafe { Opened::install(file, kind, stop) };
    code
}
