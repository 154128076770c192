//! The state of a database's WAL, read from shared memory.

use std::ffi::c_int;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering, fence};

use rusqlite::{Connection, ffi};

/// The size of the [WAL-index header](https://sqlite.org/walformat.html#the_wal_index_header): 48
/// bytes in the memory that all connections to a database share. A copy follows it.
const HEADER_WORDS: usize = 12;

/// The word of the header that counts commits.
const COMMITS: usize = 2;

/// The size of a region of the shared memory, of the same format.
const REGION_BYTES: c_int = 32 * 1024;

/// The state of a WAL. Every commit of any process changes it: SQLite itself compares states to
/// tell whether the cache of a connection is current.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalState([u32; HEADER_WORDS]);

impl WalState {
    /// Whether `after` is this state, or the one after a single commit.
    pub fn leads_to(&self, after: &Self) -> bool {
        self == after || self.0[COMMITS].wrapping_add(1) == after.0[COMMITS]
    }
}

/// The WAL-index of a database: reads the state of its WAL on any thread, without a system call.
pub struct WalIndex {
    header: NonNull<u32>,
    /// Keeps the memory mapped, and is used for nothing else.
    _connection: Connection,
}

// SAFETY: the memory is shared by processes already, and only read here. The connection is not used
// until it is dropped, by one thread.
unsafe impl Send for WalIndex {}
// SAFETY: as above.
unsafe impl Sync for WalIndex {}

impl WalIndex {
    /// Opens the WAL-index of the connection's database; none if that has no WAL.
    pub fn open(connection: Connection) -> rusqlite::Result<Option<Self>> {
        // The first read opens the WAL.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        let mut file: *mut ffi::sqlite3_file = ptr::null_mut();
        // SAFETY: the handle is used only while the connection is open.
        let handle = unsafe { connection.handle() };
        // SAFETY: the connection is open, and this operation stores the pointer of its file.
        let code = unsafe {
            ffi::sqlite3_file_control(
                handle,
                c"main".as_ptr(),
                ffi::SQLITE_FCNTL_FILE_POINTER,
                (&raw mut file).cast(),
            )
        };
        if code != ffi::SQLITE_OK || file.is_null() {
            return Ok(None);
        }
        // SAFETY: the file of an open connection.
        let methods = unsafe { (*file).pMethods };
        if methods.is_null() {
            return Ok(None);
        }
        // SAFETY: the methods of an open file.
        let Some(map) = (unsafe { (*methods).xShmMap }) else { return Ok(None) };
        let mut region = ptr::null_mut();
        // SAFETY: nobody else uses the connection. The WAL is open, so its memory is mapped already
        // in this size, and the call only returns the address.
        let code = unsafe { map(file, 0, REGION_BYTES, 0, &raw mut region) };
        let header = NonNull::new(region.cast::<u32>());
        let header = header.filter(|_| code == ffi::SQLITE_OK);
        Ok(header.map(|header| Self { header, _connection: connection }))
    }

    /// The current state, unless it is changing.
    pub fn state(&self) -> Option<WalState> {
        // A writer changes the copy first, and then the header.
        let header = self.words(0);
        fence(Ordering::Acquire);
        let copy = self.words(HEADER_WORDS);
        (header == copy).then_some(WalState(header))
    }

    fn words(&self, begin: usize) -> [u32; HEADER_WORDS] {
        std::array::from_fn(|word| {
            // SAFETY: both copies are at the start of the region.
            let address = unsafe { self.header.as_ptr().add(begin + word) };
            // SAFETY: the region begins a page of memory, is mapped for as long as the connection
            // is open, and others may write to it at any time.
            let word = unsafe { AtomicU32::from_ptr(address) };
            word.load(Ordering::Relaxed)
        })
    }
}
