//! Gathers the writes of a commit to the WAL, and decides when to write them.

use std::ffi::c_int;
use std::mem;

use rusqlite::ffi;

use crate::system_file::SystemFile;

/// A frame header of SQLite's file format: four bytes with the page number, then four with the size
/// of the database in the frame that ends a commit, and zero in the others.
const FRAME_HEADER_BYTES: usize = 24;
const COMMIT_MARK: std::ops::Range<usize> = 4..8;

/// Bytes written at once at most: SQLite's own VFS loses the rest of a larger write. A commit of more
/// than some hundred pages of 1 KiB is written in parts.
const WRITE_BYTES_MAX: usize = 0x1_ffff;

/// An open WAL, or a database, of which nothing is gathered. Every other operation on the file first
/// writes the gathered bytes, so nobody can tell that they were not there. Codes are SQLite's.
pub struct Wal {
    pub file: SystemFile,
    gathered: Vec<u8>,
    /// Their offset in the file.
    begin: i64,
    /// Whether the next page completes a commit.
    ends_commit: bool,
}

impl Wal {
    pub fn new(file: SystemFile) -> Self {
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
        // Even if SQLite does not synchronize: next, it makes the commit visible to others.
        if mem::take(&mut self.ends_commit) { self.flush() } else { ffi::SQLITE_OK }
    }

    /// Whether the bytes continue the gathered ones.
    fn is_next(&self, bytes: &[u8], offset: i64) -> bool {
        let end = i64::try_from(self.gathered.len()).ok().and_then(|n| self.begin.checked_add(n));
        !self.gathered.is_empty()
            && end == Some(offset)
            && self.gathered.len() + bytes.len() <= WRITE_BYTES_MAX
    }

    /// Writes the gathered bytes. After a failure they are discarded: SQLite rolls the transaction
    /// back, and writes the next one to the same offset.
    pub fn flush(&mut self) -> c_int {
        if self.gathered.is_empty() {
            return ffi::SQLITE_OK;
        }
        let code = self.file.write(&self.gathered, self.begin);
        self.gathered.clear();
        code
    }

    /// Runs an operation on the file after writing the gathered bytes.
    pub fn flushed(&mut self, operation: impl FnOnce(&mut SystemFile) -> c_int) -> c_int {
        match self.flush() {
            ffi::SQLITE_OK => operation(&mut self.file),
            code => code,
        }
    }

    /// Writes the whole file again, as it is, and syncs it.
    pub fn rewrite(&mut self) -> c_int {
        let mut size = 0;
        let mut code = self.flushed(|file| file.size(&mut size));
        let mut size = usize::try_from(size).unwrap_or_default();
        let (mut offset, mut buffer) = (0, vec![0; WRITE_BYTES_MAX]);
        while code == ffi::SQLITE_OK && size > 0 {
            let part = &mut buffer[..size.min(WRITE_BYTES_MAX)];
            code = self.file.read(part, offset);
            if code == ffi::SQLITE_OK {
                code = self.file.write(part, offset);
            }
            size -= part.len();
            offset += i64::try_from(part.len()).unwrap_or_default();
        }
        if code == ffi::SQLITE_OK { self.file.sync(ffi::SQLITE_SYNC_NORMAL) } else { code }
    }

    /// Closes the file, even if the gathered bytes cannot be written.
    pub fn close(&mut self) -> c_int {
        let flushed = self.flush();
        let closed = self.file.close();
        if flushed == ffi::SQLITE_OK { closed } else { flushed }
    }
}
