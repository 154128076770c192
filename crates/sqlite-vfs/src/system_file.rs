//! An open file, by the methods of the system's VFS.

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use rusqlite::ffi;

use crate::fail_stop::{FailStop, FileKind, Operation};

/// Calls a method of the file. One that is missing is an error of SQLite's, and does not happen.
macro_rules! call {
    ($file:expr, $method:ident ( $($argument:expr),* )) => {{
        // SAFETY: `new` was given the methods of the file, which stay.
        let method = unsafe { (*$file.methods).$method };
        match method {
            // SAFETY: as above; the arguments are valid for the call.
            Some(method) => unsafe { method($file.file $(, $argument)*) },
            None => ffi::SQLITE_IOERR,
        }
    }};
}

/// An open database or WAL.
pub struct SystemFile {
    file: *mut ffi::sqlite3_file,
    methods: *const ffi::sqlite3_io_methods,
    pub kind: FileKind,
    pub stop: Arc<FailStop>,
}

impl SystemFile {
    /// # Safety
    ///
    /// The file is open, the methods are the system's, and both stay where they are. Nobody else uses
    /// the file until `close`, which is the last call.
    pub unsafe fn new(
        file: *mut ffi::sqlite3_file,
        methods: *const ffi::sqlite3_io_methods,
        kind: FileKind,
        stop: Arc<FailStop>,
    ) -> Self {
        Self { file, methods, kind, stop }
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
        self.stop.run(self.kind, operation, || call!(self, xWrite(bytes, count, offset)))
    }

    pub fn truncate(&mut self, size: i64) -> c_int {
        self.stop.run(self.kind, Operation::Truncate(size), || call!(self, xTruncate(size)))
    }

    pub fn sync(&mut self, flags: c_int) -> c_int {
        self.stop.run(self.kind, Operation::Sync, || call!(self, xSync(flags)))
    }

    pub fn size(&mut self, size: &mut i64) -> c_int {
        call!(self, xFileSize(size))
    }

    /// # Safety
    ///
    /// The argument is what SQLite documents for the operation.
    pub unsafe fn control(&mut self, operation: c_int, argument: *mut c_void) -> c_int {
        call!(self, xFileControl(operation, argument))
    }
}
