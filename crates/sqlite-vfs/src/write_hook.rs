//! A hook of a thread for its writes to database files.
//!
//! The file keeps the methods of the system's VFS except for `xWrite`, which calls the system's
//! and then the thread's hook.

use std::cell::RefCell;
use std::ffi::{c_int, c_void};
use std::sync::OnceLock;

use rusqlite::ffi;

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

/// The methods of the system's database files, and ours.
struct Methods {
    system: ffi::sqlite3_io_methods,
    ours: ffi::sqlite3_io_methods,
}

static METHODS: OnceLock<Methods> = OnceLock::new();

/// Gives a database file our methods. If its file system needs other methods than the first
/// file's, the file keeps them: it then calls no hook, and works all the same.
///
/// # Safety
///
/// The system's VFS has opened the file, and nobody uses it yet.
pub unsafe fn install(file: *mut ffi::sqlite3_file) {
    // SAFETY: the caller's promise.
    let system = unsafe { (*file).pMethods };
    // SAFETY: the methods of an open file are there for as long as the program, and plain data.
    let system = unsafe { *system };
    let methods = METHODS.get_or_init(|| {
        let ours = ffi::sqlite3_io_methods { xWrite: Some(write), ..system };
        Methods { system, ours }
    });
    if is_same(&methods.system, &system) {
        // SAFETY: the caller's promise.
        unsafe { (*file).pMethods = &raw const methods.ours };
    }
}

/// Whether two tables are of the same kind of file: kinds differ in how they lock.
fn is_same(one: &ffi::sqlite3_io_methods, other: &ffi::sqlite3_io_methods) -> bool {
    let address = |methods: &ffi::sqlite3_io_methods| {
        (
            methods.iVersion,
            methods.xClose.map(|method| method as usize),
            methods.xWrite.map(|method| method as usize),
            methods.xLock.map(|method| method as usize),
            methods.xShmMap.map(|method| method as usize),
        )
    };
    address(one) == address(other)
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    count: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    let Some(write) = METHODS.get().and_then(|methods| methods.system.xWrite) else {
        return ffi::SQLITE_IOERR_WRITE;
    };
    // SAFETY: the file is the system's, and the arguments are SQLite's.
    let code = unsafe { write(file, bytes, count, offset) };
    if code == ffi::SQLITE_OK {
        HOOK.with_borrow_mut(|hook| {
            if let Some(hook) = hook {
                hook(usize::try_from(count).unwrap_or_default());
            }
        });
    }
    code
}
