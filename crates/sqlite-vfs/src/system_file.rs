//! A file of the system's VFS.

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use rusqlite::ffi;

use crate::fail_stop::{FailStop, FileKind, Operation};

/// Calls a method of the file. One that is missing is an error of SQLite's, and does not happen.
macro_rules! call {
    ($file:expr, $method:ident ( $($argument:expr),* )) => {{
        // SAFETY: `new` was given an open file, whose methods stay.
        let method = unsafe { (*(*$file.file).pMethods).$method };
        match method {
            // SAFETY: as above; the arguments are valid for the call.
            Some(method) => unsafe { method($file.file $(, $argument)*) },
            None => ffi::SQLITE_IOERR,
        }
    }};
}

/// An open WAL.
pub struct SystemFile {
    file: *mut ffi::sqlite3_file,
    stop: Arc<FailStop>,
}

impl SystemFile {
    /// # Safety
    ///
    /// The file is open, stays where it is, and is used by nobody else until `close`, which is the
    /// last call.
    pub unsafe fn new(file: *mut ffi::sqlite3_file, stop: Arc<FailStop>) -> Self {
        Self { file, stop }
    }

    pub fn close(&mut self) -> c_int {
        call!(self, xClose())
    }

    pub fn read(&mut self, bytes: &mut [u8], offset: i64) -> c_int {
        let Ok(count) = c_int::try_from(bytes.len()) else { return ffi::SQLITE_IOERR_READ };
        call!(self, xRead(bytes.as_mut_ptr().cast::<c_void>(), count, offset))
    }

    pub fn write(&mut self, bytes: &[u8], offset: i64) -> c_int {
        let Ok(count) = c_int::try_from(bytes.len()) else { return ffi::SQLITE_IOERR_WRITE };
        let operation = Operation::Write(bytes, offset);
        let bytes = bytes.as_ptr().cast::<c_void>();
        self.stop.run(FileKind::Wal, operation, || call!(self, xWrite(bytes, count, offset)))
    }

    pub fn truncate(&mut self, size: i64) -> c_int {
        let operation = Operation::Truncate(size);
        self.stop.run(FileKind::Wal, operation, || call!(self, xTruncate(size)))
    }

    pub fn sync(&mut self, flags: c_int) -> c_int {
        self.stop.run(FileKind::Wal, Operation::Sync, || call!(self, xSync(flags)))
    }

    pub fn size(&mut self, size: &mut i64) -> c_int {
        call!(self, xFileSize(size))
    }

    pub fn lock(&mut self, level: c_int) -> c_int {
        call!(self, xLock(level))
    }

    pub fn unlock(&mut self, level: c_int) -> c_int {
        call!(self, xUnlock(level))
    }

    pub fn check_reserved_lock(&mut self, is_reserved: &mut c_int) -> c_int {
        call!(self, xCheckReservedLock(is_reserved))
    }

    /// # Safety
    ///
    /// The argument is what SQLite documents for the operation.
    pub unsafe fn control(&mut self, operation: c_int, argument: *mut c_void) -> c_int {
        call!(self, xFileControl(operation, argument))
    }

    pub fn sector_bytes(&mut self) -> c_int {
        call!(self, xSectorSize())
    }

    pub fn device_characteristics(&mut self) -> c_int {
        call!(self, xDeviceCharacteristics())
    }
}
