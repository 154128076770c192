//! What SQLite knows and does not tell: a VFS that hands a commit to the system in one write and
//! tells a thread how much it writes to the database, and the state of a log.
//!
//! SQLite writes each page of a commit to its log (the WAL) in two calls, one for the frame's
//! header and one for the page. A commit of fifty rows makes some 130 calls, which take as long as
//! all its statements. Here they are gathered, and written when the frame that ends the commit is
//! complete: before SQLite synchronizes the log, and before anybody else sees the commit.
//!
//! A checkpoint writes the pages of many commits to the database, and nothing within SQLite tells
//! whoever asked for it how far it is, so that it could give way to others: [`after_writes`] does.
//!
//! And whoever keeps in memory what a database has needs to know whether that is current, for which
//! a query takes a dozen calls of the system: [`States`] reads it from the memory that SQLite
//! shares.
//!
//! The system's own VFS does all the rest. Every other file, the database above all, is opened by
//! it and is its own, so locks and shared memory are the same for connections with this VFS and
//! without it, in this process and in others. What is in the files is the same as well, byte for
//! byte: only the number of the calls differs.
//!
//! This is the only crate of ours with `unsafe` in it, as SQLite calls a VFS through C functions.
//! `log` decides when to write and is safe code; `system` and `methods` cross the border for the
//! log, `watched` for the database, and `state` for the memory.

mod log;
mod methods;
mod state;
mod system;
#[cfg(test)]
mod tests;
mod watched;

use std::ffi::{CStr, c_int};
use std::mem;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

use rusqlite::ffi;

use self::methods::LogFile;
pub use self::state::{State, States};
use self::system::System;
pub use self::watched::after_writes;

const NAME: &CStr = c"ringbook";

/// The VFS that is SQLite's default, which does the work.
static SYSTEM: AtomicPtr<ffi::sqlite3_vfs> = AtomicPtr::new(ptr::null_mut());

/// The VFS's name, for `Connection::open_with_flags_and_vfs`. The first call registers it.
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
    let Ok(our_bytes) = c_int::try_from(mem::size_of::<LogFile>()) else {
        return ffi::SQLITE_ERROR;
    };
    ours.szOsFile += our_bytes;
    ours.zName = NAME.as_ptr();
    ours.xOpen = Some(open);
    ours.pNext = ptr::null_mut();
    // SAFETY: it is leaked, so it is there for as long as SQLite knows of it.
    unsafe { ffi::sqlite3_vfs_register(Box::leak(Box::new(ours)), 0) }
}

/// Opens a file: a log is ours, any other one the system's, and a database is watched.
unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    let vfs = SYSTEM.load(Ordering::Acquire);
    // SAFETY: `register` has stored a VFS that stays.
    let Some(open) = (unsafe { (*vfs).xOpen }) else { return ffi::SQLITE_CANTOPEN };
    if flags & ffi::SQLITE_OPEN_WAL == 0 {
        // SAFETY: the arguments are SQLite's, and there is more room than this VFS asks for.
        let code = unsafe { open(vfs, name, file, flags, flags_out) };
        if code == ffi::SQLITE_OK && flags & ffi::SQLITE_OPEN_MAIN_DB != 0 {
            // SAFETY: it is open, and SQLite gets it only after this.
            unsafe { watched::watch(file) };
        }
        return code;
    }
    // SAFETY: SQLite has made room for `szOsFile` bytes, which are ours and then the system's.
    let behind = unsafe { LogFile::behind(file) };
    // SAFETY: as above; the name lives until the file is closed.
    let code = unsafe { open(vfs, name, behind, flags, flags_out) };
    if code == ffi::SQLITE_OK {
        // SAFETY: it is open and stays there, and from here on only the log uses it.
        let system = unsafe { System::new(behind) };
        // SAFETY: the room before it is ours, and nothing is in it yet.
        unsafe { LogFile::begin(file, system) };
    } else {
        // Without methods SQLite does not close it.
        // SAFETY: the room is ours.
        unsafe { (*file).pMethods = ptr::null() };
    }
    code
}
