//! The WAL of a connection, by the methods that SQLite calls, against a plain file.

use std::ffi::{CStr, c_int, c_void};
use std::fs;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, ffi};
use sqlite_vfs::{FailStop, FileKind, Operation};

/// The open WAL of a connection, which does nothing by itself.
struct Wal {
    file: *mut ffi::sqlite3_file,
    /// Keeps the file open.
    _connection: Connection,
}

/// Calls a method of the file.
macro_rules! call {
    ($wal:expr, $method:ident ( $($argument:expr),* )) => {{
        // SAFETY: the connection keeps the file open.
        let method = unsafe { (*(*$wal.file).pMethods).$method }.unwrap();
        // SAFETY: as above; this thread alone uses it, and the arguments are valid for the call.
        unsafe { method($wal.file $(, $argument)*) }
    }};
}

impl Wal {
    /// Opens the WAL, which is empty.
    fn open(wal: &Path) -> Self {
        Self::open_with(wal, FailStop::default())
    }

    fn open_with(wal: &Path, stop: FailStop) -> Self {
        let database = wal.with_extension("db");
        let connection =
            sqlite_vfs::open(&database, OpenFlags::default(), &Arc::new(stop)).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        // The first read opens it.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).unwrap();
        // It leaves the file as it is when it closes it.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
        let mut file: *mut ffi::sqlite3_file = ptr::null_mut();
        let (main, operation): (&CStr, _) = (c"main", ffi::SQLITE_FCNTL_JOURNAL_POINTER);
        // SAFETY: the handle is used only while the connection is open.
        let handle = unsafe { connection.handle() };
        let argument = (&raw mut file).cast();
        // SAFETY: the connection is open, and this operation stores the pointer of its WAL.
        let code = unsafe { ffi::sqlite3_file_control(handle, main.as_ptr(), operation, argument) };
        assert!(code == OK && !file.is_null());
        Self { file, _connection: connection }
    }

    fn write(&mut self, bytes: &[u8], offset: i64) -> c_int {
        let count = c_int::try_from(bytes.len()).unwrap();
        call!(self, xWrite(bytes.as_ptr().cast::<c_void>(), count, offset))
    }

    fn read(&mut self, bytes: &mut [u8], offset: i64) -> c_int {
        let count = c_int::try_from(bytes.len()).unwrap();
        call!(self, xRead(bytes.as_mut_ptr().cast::<c_void>(), count, offset))
    }

    fn truncate(&mut self, size: i64) -> c_int {
        call!(self, xTruncate(size))
    }

    fn sync(&mut self) -> c_int {
        call!(self, xSync(ffi::SQLITE_SYNC_NORMAL))
    }

    fn size(&mut self) -> (c_int, i64) {
        let mut size = 0;
        (call!(self, xFileSize(&raw mut size)), size)
    }

    /// An operation that no file has.
    fn control(&mut self) -> c_int {
        call!(self, xFileControl(-1, ptr::null_mut()))
    }
}

/// A path for a WAL, in a directory of its own.
fn path() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db-wal");
    (directory, path)
}

/// The header of a frame, with the size of the database in the one that ends a commit.
fn header(database_pages: u8) -> [u8; 24] {
    let mut header = [7; 24];
    header[4..8].copy_from_slice(&[0, 0, 0, database_pages]);
    header
}

const OK: c_int = ffi::SQLITE_OK;

#[test]
fn writes_frames_when_the_commit_is_complete() {
    let (_directory, path) = path();
    let mut wal = Wal::open(&path);
    let mut offset = 0;
    let mut write = |bytes: &[u8]| {
        assert_eq!(wal.write(bytes, offset), OK);
        offset += i64::try_from(bytes.len()).unwrap();
        fs::metadata(&path).unwrap().len()
    };
    assert_eq!(write(&[1; 32]), 0);
    assert_eq!([write(&header(0)), write(&[2; 1024])], [0, 0]);
    assert_eq!([write(&header(9)), write(&[3; 1024])], [0, 32 + 2 * (24 + 1024)]);
    assert_eq!(write(&header(0)), 32 + 2 * (24 + 1024));
    let mut expected = vec![1; 32];
    for (database_pages, page) in [(0, 2), (9, 3)] {
        expected.extend(header(database_pages));
        expected.extend([page; 1024]);
    }
    assert_eq!(fs::read(&path).unwrap(), expected);
}

#[test]
fn writes_gathered_bytes_before_sync_and_close() {
    let (_directory, path) = path();
    let mut wal = Wal::open(&path);
    assert_eq!(wal.write(&[1; 100], 0), OK);
    assert_eq!(fs::metadata(&path).unwrap().len(), 0);
    assert_eq!(wal.sync(), OK);
    assert_eq!(fs::metadata(&path).unwrap().len(), 100);
    assert_eq!(wal.write(&[2; 100], 100), OK);
    drop(wal);
    assert_eq!(fs::metadata(&path).unwrap().len(), 200);
}

#[test]
fn writes_a_large_transaction_in_parts() {
    let (_directory, path) = path();
    let mut wal = Wal::open(&path);
    let page = vec![5; 65_536];
    for n in 0..100 {
        assert_eq!(wal.write(&page, n * 65_536), OK);
    }
    assert!(fs::metadata(&path).unwrap().len() >= 98 * 65_536);
}

#[test]
fn a_failed_write_is_reported_once_and_discards_the_bytes() {
    let (_directory, path) = path();
    let is_failing = Arc::new(AtomicBool::new(false));
    let fails = Arc::clone(&is_failing);
    let stop = FailStop::default().with_fault(move |file, operation| {
        let is_write = matches!((file, operation), (FileKind::Wal, Operation::Write(..)));
        is_write && fails.load(Ordering::Relaxed)
    });
    let mut wal = Wal::open_with(&path, stop);
    is_failing.store(true, Ordering::Relaxed);
    assert_eq!([wal.write(&header(9), 0), wal.write(&[1; 1024], 24)], [OK, ffi::SQLITE_IOERR]);
    assert_eq!(wal.size(), (OK, 0));
    assert_eq!(wal.write(&[1; 1024], 24), OK);
    assert_eq!(wal.write(&[1; 1024], 9000), ffi::SQLITE_IOERR);
    assert_eq!(wal.control(), ffi::SQLITE_NOTFOUND);
    is_failing.store(false, Ordering::Relaxed);
    assert_eq!(wal.write(&[2; 100], 0), OK);
    drop(wal);
    assert_eq!(fs::read(&path).unwrap(), [2; 100]);
}

/// No call leaves a file of one byte: SQLite reports that size as zero.
#[derive(Debug, Clone)]
enum Call {
    /// `skip` bytes after the end of the last write.
    Write {
        bytes: Vec<u8>,
        skip: i64,
    },
    Read {
        offset: u16,
        count: u16,
    },
    Truncate(u16),
    Size,
    Sync,
}

fn call() -> impl Strategy<Value = Call> {
    let bytes = prop_oneof![
        3 => any::<[u8; 24]>().prop_map(|bytes| bytes.to_vec()),
        1 => any::<u8>().prop_map(|size| header(size % 2).to_vec()),
        4 => proptest::collection::vec(any::<u8>(), 2..600),
        1 => (any::<u8>(), 30_000..70_000usize).prop_map(|(byte, count)| vec![byte; count]),
    ];
    let skip = prop_oneof![8 => Just(0), 1 => -700..700i64];
    prop_oneof![
        12 => (bytes, skip).prop_map(|(bytes, skip)| Call::Write { bytes, skip }),
        2 => (0..4000u16, 1..600u16).prop_map(|(offset, count)| Call::Read { offset, count }),
        1 => (2..4000u16).prop_map(Call::Truncate),
        1 => Just(Call::Size),
        1 => Just(Call::Sync),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("failures"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn behaves_like_a_plain_file(calls in proptest::collection::vec(call(), 1..60)) {
        let (_directory, path) = path();
        let mut wal = Wal::open(&path);
        let mut model: Vec<u8> = Vec::new();
        let mut end = 0;
        for call in calls {
            match call {
                Call::Write { bytes, skip } => {
                    let at = (end + skip).max(0);
                    end = at + i64::try_from(bytes.len()).unwrap();
                    let (first, last) = (usize::try_from(at).unwrap(), usize::try_from(end).unwrap());
                    model.resize(model.len().max(last), 0);
                    model[first..last].copy_from_slice(&bytes);
                    prop_assert_eq!(wal.write(&bytes, at), OK);
                }
                Call::Read { offset, count } => {
                    let mut bytes = vec![0; usize::from(count)];
                    let code = wal.read(&mut bytes, offset.into());
                    let held: Vec<u8> =
                        model.iter().skip(offset.into()).take(count.into()).copied().collect();
                    let is_short = held.len() < bytes.len();
                    prop_assert_eq!(code, if is_short { ffi::SQLITE_IOERR_SHORT_READ } else { OK });
                    prop_assert_eq!(&bytes[..held.len()], &held[..]);
                }
                Call::Truncate(size) => {
                    model.truncate(size.into());
                    let size = i64::try_from(model.len()).unwrap();
                    prop_assert_eq!(wal.truncate(size), OK);
                }
                Call::Size => {
                    prop_assert_eq!(wal.size(), (OK, i64::try_from(model.len()).unwrap()));
                }
                Call::Sync => {
                    prop_assert_eq!(wal.sync(), OK);
                    prop_assert_eq!(&fs::read(&path).unwrap(), &model);
                }
            }
        }
        drop(wal);
        prop_assert_eq!(&fs::read(&path).unwrap(), &model);
    }
}
