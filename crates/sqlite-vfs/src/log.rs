//! When to write what has been gathered.

use std::ffi::c_int;
use std::mem;

use rusqlite::ffi;

use crate::system::System;

/// The header of a frame, of SQLite's file format: the page's number, and in the frame that ends a
/// commit the size of the database, each in four bytes.
const FRAME_HEADER_BYTES: usize = 24;
const COMMIT_MARK: std::ops::Range<usize> = 4..8;

/// What is written at once: SQLite's own VFS takes no more, and the rest of a larger write is lost.
/// It is a commit of some hundred pages of 1 KiB; a larger one is written in parts.
const WRITE_BYTES_MAX: usize = 0x1_ffff;

/// An open log.
///
/// Whatever is asked of the file is asked after the gathered bytes were written, so nobody can tell
/// that they were not there. Codes are SQLite's.
pub struct Log {
    pub file: System,
    gathered: Vec<u8>,
    /// Where in the file they belong.
    begin: i64,
    /// Whether the page that comes next completes a commit.
    ends_commit: bool,
}

impl Log {
    pub fn new(file: System) -> Self {
        Self { file, gathered: Vec::new(), begin: 0, ends_commit: false }
    }

    pub fn write(&mut self, bytes: &[u8], offset: i64) -> c_int {
        if !self.is_next(bytes, offset) {
            let code = self.flush();
            if code != ffi::SQLITE_OK {
                return code;
            }
            self.begin = offset;
        }
        self.gathered.extend_from_slice(bytes);
        if bytes.len() == FRAME_HEADER_BYTES {
            self.ends_commit = bytes[COMMIT_MARK].iter().any(|byte| *byte != 0);
            return ffi::SQLITE_OK;
        }
        // Also without a synchronization: from here on SQLite shows the commit to others.
        if mem::take(&mut self.ends_commit) { self.flush() } else { ffi::SQLITE_OK }
    }

    /// Whether this can be gathered with what there is.
    fn is_next(&self, bytes: &[u8], offset: i64) -> bool {
        let end = i64::try_from(self.gathered.len()).ok().and_then(|n| self.begin.checked_add(n));
        !self.gathered.is_empty()
            && end == Some(offset)
            && self.gathered.len() + bytes.len() <= WRITE_BYTES_MAX
    }

    /// Writes what was gathered. After a failure it is forgotten: SQLite takes the transaction
    /// back, and writes the next one to the same place.
    pub fn flush(&mut self) -> c_int {
        if self.gathered.is_empty() {
            return ffi::SQLITE_OK;
        }
        let code = self.file.write(&self.gathered, self.begin);
        self.gathered.clear();
        code
    }

    /// Asks the file for something, with all in it that was written.
    pub fn flushed(&mut self, ask: impl FnOnce(&mut System) -> c_int) -> c_int {
        match self.flush() {
            ffi::SQLITE_OK => ask(&mut self.file),
            code => code,
        }
    }

    /// Closes the file, whether or not the last bytes can be written.
    pub fn close(&mut self) -> c_int {
        let flushed = self.flush();
        let closed = self.file.close();
        if flushed == ffi::SQLITE_OK { closed } else { flushed }
    }
}
