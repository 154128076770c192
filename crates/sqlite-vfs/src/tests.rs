//! A gathering WAL against a plain file.

use std::ffi::{CString, c_int};
use std::fs;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::Arc;

use proptest::prelude::*;
use rusqlite::ffi;

use crate::system_file::SystemFile;
use crate::wal::Wal;

/// A WAL on a file that the system's VFS has opened, without our C methods in between.
struct Opened {
    wal: Wal,
    _room: Vec<u64>,
    _name: CString,
}

impl Opened {
    fn new(path: &Path) -> Self {
        let name = CString::new(path.to_str().unwrap()).unwrap();
        // SAFETY: null asks for the default VFS.
        let vfs = unsafe { ffi::sqlite3_vfs_find(ptr::null()) };
        // SAFETY: it stays.
        let vfs = unsafe { &mut *vfs };
        let mut room = vec![0u64; usize::try_from(vfs.szOsFile).unwrap().div_ceil(8)];
        let inside = room.as_mut_ptr().cast::<ffi::sqlite3_file>();
        let flags = ffi::SQLITE_OPEN_WAL | ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_CREATE;
        let open = vfs.xOpen.unwrap();
        // SAFETY: there is as much room as the VFS asks for, and the name lives as long.
        let code = unsafe { open(vfs, name.as_ptr(), inside, flags, ptr::null_mut()) };
        assert_eq!(code, ffi::SQLITE_OK);
        // SAFETY: it is open, the room is on the heap, and `drop` closes it.
        let system = unsafe { SystemFile::new(inside, Arc::default()) };
        Self { wal: Wal::new(system), _room: room, _name: name }
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.wal.close();
    }
}

/// The path of the WAL of a database that exists.
fn path() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("store.db"), "").unwrap();
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
    let mut opened = Opened::new(&path);
    let mut offset = 0;
    let mut write = |bytes: &[u8]| {
        assert_eq!(opened.wal.write(bytes, offset), OK);
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
    let mut opened = Opened::new(&path);
    assert_eq!(opened.wal.write(&[1; 100], 0), OK);
    assert_eq!(fs::metadata(&path).unwrap().len(), 0);
    assert_eq!(opened.wal.flushed(|file| file.sync(ffi::SQLITE_SYNC_NORMAL)), OK);
    assert_eq!(fs::metadata(&path).unwrap().len(), 100);
    assert_eq!(opened.wal.write(&[2; 100], 100), OK);
    drop(opened);
    assert_eq!(fs::metadata(&path).unwrap().len(), 200);
}

#[test]
fn writes_a_large_transaction_in_parts() {
    let (_directory, path) = path();
    let mut opened = Opened::new(&path);
    let page = vec![5; 65_536];
    for n in 0..100 {
        assert_eq!(opened.wal.write(&page, n * 65_536), OK);
    }
    assert!(fs::metadata(&path).unwrap().len() >= 98 * 65_536);
}

/// Every write to `/dev/full` fails with `ENOSPC`.
#[cfg(target_os = "linux")]
#[test]
fn a_failed_write_returns_full_once_and_discards_the_bytes() {
    let mut opened = Opened::new(Path::new("/dev/full"));
    assert_eq!(
        [opened.wal.write(&header(9), 0), opened.wal.write(&[1; 1024], 24)],
        [OK, ffi::SQLITE_FULL]
    );
    assert_eq!(opened.wal.flush(), OK);
    assert_eq!(opened.wal.write(&[1; 1024], 24), OK);
    assert_eq!(opened.wal.write(&[1; 1024], 9000), ffi::SQLITE_FULL);
    assert_eq!(opened.wal.flushed(|_| ffi::SQLITE_NOTFOUND), ffi::SQLITE_NOTFOUND);
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
    #[test]
    fn behaves_like_a_plain_file(calls in proptest::collection::vec(call(), 1..60)) {
        let (_directory, path) = path();
        let mut opened = Opened::new(&path);
        let wal = &mut opened.wal;
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
                    let code = wal.flushed(|file| file.read(&mut bytes, offset.into()));
                    let held: Vec<u8> =
                        model.iter().skip(offset.into()).take(count.into()).copied().collect();
                    let is_short = held.len() < bytes.len();
                    prop_assert_eq!(code, if is_short { ffi::SQLITE_IOERR_SHORT_READ } else { OK });
                    prop_assert_eq!(&bytes[..held.len()], &held[..]);
                }
                Call::Truncate(size) => {
                    model.truncate(size.into());
                    let size = i64::try_from(model.len()).unwrap();
                    prop_assert_eq!(wal.flushed(|file| file.truncate(size)), OK);
                }
                Call::Size => {
                    let mut size = 0;
                    prop_assert_eq!(wal.flushed(|file| file.size(&mut size)), OK);
                    prop_assert_eq!(usize::try_from(size).unwrap(), model.len());
                }
                Call::Sync => {
                    prop_assert_eq!(wal.flushed(|file| file.sync(ffi::SQLITE_SYNC_NORMAL)), OK);
                    prop_assert_eq!(&fs::read(&path).unwrap(), &model);
                }
            }
        }
        drop(opened);
        prop_assert_eq!(&fs::read(&path).unwrap(), &model);
    }
}
