//! The state of a database's WAL, read from shared memory.

use std::ffi::c_int;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering, fence};

use rusqlite::{Connection, ffi};

use crate::connection::file_of;

/// The size of the [WAL-index header](https://sqlite.org/walformat.html#the_wal_index_header): 48
/// bytes in the memory that all connections to a database share. A copy follows it.
const HEADER_WORDS: usize = 12;

/// The word of the header that counts commits.
const COMMITS: usize = 2;

/// The word with the page size and the byte order, then the number of frames, then of pages.
const PAGE_SIZE: usize = 3;
const FRAMES: usize = 4;
const PAGES: usize = 5;

/// After the two headers: how many frames a checkpoint has copied, and how many it may have.
const BACKFILLED: usize = 24;
const BACKFILL_ATTEMPTED: usize = 32;

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

    /// The least size of the WAL in this state.
    pub fn wal_bytes(&self) -> u64 {
        match u64::from(self.0[FRAMES]) {
            0 => 0,
            frames => 32 + frames * (24 + self.page_bytes()),
        }
    }

    /// The size of the database once all frames are copied.
    pub fn database_bytes(&self) -> u64 {
        u64::from(self.0[PAGES]) * self.page_bytes()
    }

    fn page_bytes(&self) -> u64 {
        // Two bytes of flags, then the size. SQLite stores 65,536 as 1.
        let [.., low, high] = self.0[PAGE_SIZE].to_ne_bytes();
        let size = u64::from(u16::from_ne_bytes([low, high]));
        if size == 1 { 65_536 } else { size }
    }
}

/// The address of the header in shared memory; none if the WAL is not open.
fn header(connection: &Connection) -> Option<NonNull<u32>> {
    let file = file_of(connection, ffi::SQLITE_FCNTL_FILE_POINTER)?;
    // SAFETY: the file of an open connection.
    let methods = unsafe { (*file).pMethods };
    // SAFETY: the methods of an open file.
    let map = unsafe { (*methods).xShmMap }?;
    let mut region = ptr::null_mut();
    // SAFETY: this thread alone uses the connection. The WAL is open, so its memory is mapped already
    // in this size, and the call only returns the address.
    let code = unsafe { map(file, 0, REGION_BYTES, 0, &raw mut region) };
    NonNull::new(region.cast::<u32>()).filter(|_| code == ffi::SQLITE_OK)
}

/// Whether the WAL has frames and is as a recovery left it: no checkpoint has been tried since the
/// first process opened it, and nothing was committed. The connection must have read.
pub(crate) fn is_recovered(connection: &Connection) -> bool {
    header(connection).is_some_and(|header| {
        let [frames, backfilled, attempted] =
            [FRAMES, BACKFILLED, BACKFILL_ATTEMPTED].map(|word| load(header, word));
        frames > 0 && backfilled == 0 && attempted == frames
    })
}

/// Reads a word of the shared memory, which is mapped.
fn load(header: NonNull<u32>, word: usize) -> u32 {
    // SAFETY: all words that are read are at the start of the region.
    let address = unsafe { header.as_ptr().add(word) };
    // SAFETY: the region begins a page of memory, is mapped for as long as the connection is open,
    // and others may write to it at any time.
    let word = unsafe { AtomicU32::from_ptr(address) };
    word.load(Ordering::Relaxed)
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
        let header = header(&connection);
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
        std::array::from_fn(|word| load(self.header, begin + word))
    }
}
