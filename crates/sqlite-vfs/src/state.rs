//! What the log of a database is like, without asking the database.

use std::ffi::c_int;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering, fence};

use rusqlite::{Connection, ffi};

/// The header of the memory that all connections to a database share, of SQLite's
/// [file format](https://sqlite.org/walformat.html#the_wal_index_header): 48 bytes, and a copy.
const HEADER_WORDS: usize = 12;

/// The word of it that counts commits.
const COMMITS: usize = 2;

/// What is mapped at a time, of the same format.
const REGION_BYTES: c_int = 32 * 1024;

/// The state of a log. Every commit, of whatever process, leads to another one: SQLite itself
/// compares them to tell whether what a connection remembers is current.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State([u32; HEADER_WORDS]);

impl State {
    /// Whether there is no commit between this state and `after`, or only one.
    pub fn leads_to(&self, after: &Self) -> bool {
        self == after || self.0[COMMITS].wrapping_add(1) == after.0[COMMITS]
    }
}

/// Tells the state of a log, in any thread, without a call of the system.
pub struct States {
    header: NonNull<u32>,
    /// Keeps the memory mapped, and is used for nothing else.
    _connection: Connection,
}

// SAFETY: the memory is shared by processes already, and only read here. The connection is not used
// until it is dropped, by one thread.
unsafe impl Send for States {}
// SAFETY: as above.
unsafe impl Sync for States {}

impl States {
    /// Of the log of the database that the connection has open; none where it has no log.
    pub fn of(connection: Connection) -> rusqlite::Result<Option<Self>> {
        // The first read opens the log.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        let mut file: *mut ffi::sqlite3_file = ptr::null_mut();
        // SAFETY: only asked for, and used while the connection is open.
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
        // SAFETY: nobody else uses the connection. The log is open, so its memory is mapped already
        // in this size, and the call only tells where.
        let code = unsafe { map(file, 0, REGION_BYTES, 0, &raw mut region) };
        let header = NonNull::new(region.cast::<u32>());
        let header = header.filter(|_| code == ffi::SQLITE_OK);
        Ok(header.map(|header| Self { header, _connection: connection }))
    }

    /// The state now, unless it is changing.
    pub fn now(&self) -> Option<State> {
        // A writer changes the copy first, and then what it is a copy of.
        let header = self.words(0);
        fence(Ordering::Acquire);
        let copy = self.words(HEADER_WORDS);
        (header == copy).then_some(State(header))
    }

    fn words(&self, begin: usize) -> [u32; HEADER_WORDS] {
        std::array::from_fn(|word| {
            // SAFETY: both copies are at the begin of the region.
            let address = unsafe { self.header.as_ptr().add(begin + word) };
            // SAFETY: the region begins a page of memory, is mapped for as long as the connection
            // is open, and others may write to it at any time.
            let word = unsafe { AtomicU32::from_ptr(address) };
            word.load(Ordering::Relaxed)
        })
    }
}
