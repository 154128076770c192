//! The methods of an open database or WAL, which SQLite calls: those of the system's VFS, except that
//! writes to the WAL are gathered, that a [`FailStop`] can refuse what changes a file, and that a write
//! to the database calls the hook of its thread.

use std::cell::RefCell;
use std::ffi::{c_int, c_void};
use std::sync::Arc;
use std::{ptr, slice};

use rusqlite::ffi;

use crate::fail_stop::{FailStop, FileKind};
use crate::system_file::SystemFile;
use crate::wal::Wal;

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

/// What follows the handle of the system's VFS in SQLite's allocation of a database or a WAL.
#[repr(C)]
pub struct Opened {
    ours: ffi::sqlite3_io_methods,
    /// The file. Nothing is gathered of a database.
    pub wal: Wal,
}

impl Opened {
    /// Gives a file our methods.
    ///
    /// # Safety
    ///
    /// The system's VFS has opened the file, and nobody uses it yet. SQLite has made room for an
    /// `Opened` after it.
    pub unsafe fn install(file: *mut ffi::sqlite3_file, kind: FileKind, stop: Arc<FailStop>) {
        // SAFETY: the caller's promise.
        let system = unsafe { (*file).pMethods };
        // SAFETY: the methods of an open file are there for as long as the program, and plain data.
        let methods = unsafe { *system };
        let ours = ffi::sqlite3_io_methods {
            xClose: Some(close),
            xRead: Some(read),
            xWrite: Some(write),
            xTruncate: Some(truncate),
            xSync: Some(sync),
            xFileSize: Some(size),
            xFileControl: Some(control),
            ..methods
        };
        // SAFETY: it is open and stays there, and from here on only our methods use it.
        let system = unsafe { SystemFile::new(file, system, kind, stop) };
        // SAFETY: the room is after the system's handle.
        let room = unsafe { file.byte_add(crate::system_bytes()) }.cast();
        // SAFETY: nothing is in the room yet.
        unsafe { ptr::write(room, Self { ours, wal: Wal::new(system) }) };
        // SAFETY: the room stays until the file is closed.
        unsafe { (*file).pMethods = room.cast() };
    }

    /// What `install` has written; none if the file has other methods.
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
        // SAFETY: our methods begin the room, which `install` has filled.
        is_ours.then(|| unsafe { &mut *methods.cast_mut().cast::<Self>() })
    }
}

/// The file of a call by SQLite.
///
/// # Safety
///
/// The file is open and has our methods, and this call is the only one that uses it: SQLite has one
/// thread at a time in a connection.
unsafe fn wal<'f>(file: *mut ffi::sqlite3_file) -> &'f mut Wal {
    // SAFETY: the caller's promise.
    let methods = unsafe { (*file).pMethods };
    // SAFETY: our methods begin the room, which `install` has filled.
    let opened = unsafe { &mut *methods.cast_mut().cast::<Opened>() };
    &mut opened.wal
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite calls the methods of an open file.
    let methods = unsafe { (*file).pMethods };
    // SAFETY: as above.
    let code = unsafe { wal(file) }.close();
    // SAFETY: nobody uses the room after this call.
    unsafe { ptr::drop_in_place(methods.cast_mut().cast::<Opened>()) };
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
    let wal = unsafe { wal(file) };
    if wal.file.kind == FileKind::Wal {
        return wal.write(bytes, offset);
    }
    let code = wal.file.write(bytes, offset);
    if code == ffi::SQLITE_OK {
        HOOK.with_borrow_mut(|hook| {
            if let Some(hook) = hook {
                hook(count);
            }
        });
    }
    code
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
