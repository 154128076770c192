//! Power cuts after a failed sync, on a strict model of the disk: it has what the last successful sync
//! of each file covered. The kernel counts what a failed one covered as clean, so it is never written
//! unless somebody writes it again.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use ringbook::store::sqlite::SqliteStore;
use ringbook::store::{CommitError, IdempotencyRecord, Migrates, ReadStore, Store, StoreError};
use sqlite_vfs::{FailStop, FileKind, Operation};

use crate::book::{ReadOne as _, assert_sound, deadline, origin, profile};

#[derive(Default, Clone)]
struct DiskFile {
    durable: Vec<u8>,
    /// Not synced yet: bytes and their offset, or none where the file gets that size.
    dirty: Vec<(Option<Vec<u8>>, usize)>,
}

#[derive(Default, Clone)]
struct Disk {
    database: DiskFile,
    wal: DiskFile,
    /// Which sync fails: of this file, after so many others of it.
    failing: Option<(FileKind, usize)>,
}

impl Disk {
    fn file(&mut self, file: FileKind) -> &mut DiskFile {
        if file == FileKind::Wal { &mut self.wal } else { &mut self.database }
    }

    /// Records an operation; returns whether it fails.
    fn record(&mut self, kind: FileKind, operation: Operation<'_>) -> bool {
        let index = |number: i64| usize::try_from(number).unwrap();
        match operation {
            Operation::Write(bytes, offset) => {
                self.file(kind).dirty.push((Some(bytes.to_vec()), index(offset)));
            }
            Operation::Truncate(size) => self.file(kind).dirty.push((None, index(size))),
            Operation::Sync => {
                let dirty = std::mem::take(&mut self.file(kind).dirty);
                match &mut self.failing {
                    Some((failing, 0)) if *failing == kind => {
                        self.failing = None;
                        return true;
                    }
                    Some((failing, others)) if *failing == kind => *others -= 1,
                    _ => {}
                }
                let durable = &mut self.file(kind).durable;
                for (bytes, offset) in dirty {
                    let Some(bytes) = bytes else {
                        durable.resize(offset, 0);
                        continue;
                    };
                    let end = offset + bytes.len();
                    durable.resize(durable.len().max(end), 0);
                    durable[offset..end].copy_from_slice(&bytes);
                }
            }
        }
        false
    }

    /// After a power cut every acknowledged account is there, and the store is sound.
    fn assert_keeps(&self, accounts: &[String], at: &str) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        fs::write(&path, &self.database.durable).unwrap();
        fs::write(wal_of(&path), &self.wal.durable).unwrap();
        let store = SqliteStore::open(&path, Migrates::No).unwrap_or_else(|e| panic!("{at}: {e}"));
        assert_sound(&store);
        for account in accounts {
            assert!(store.find_account(account).unwrap().is_some(), "{at}: {account} is lost");
        }
    }
}

fn open(path: &Path, disk: &Arc<Mutex<Disk>>) -> SqliteStore {
    let disk = Arc::clone(disk);
    let stop = FailStop::default()
        .with_fault(move |file, operation| disk.lock().unwrap().record(file, operation));
    SqliteStore::open_with(path, Migrates::Yes, Arc::new(stop)).unwrap()
}

fn wal_of(path: &Path) -> std::path::PathBuf {
    path.with_extension("db-wal")
}

/// Creates an account, which is one commit. Its answer is so large that the throttle of a checkpoint
/// syncs the database several times.
fn create(store: &SqliteStore, name: &str) -> Result<(), CommitError> {
    let answer = vec![7; 300_000];
    let answer = IdempotencyRecord { key: [2; 32], request_sha256: [3; 32], at_us: 1, answer };
    let created = store.create_account(&profile(name), &origin(), Some(&answer), deadline());
    created.map(|id| assert!(id.is_some()))
}

/// Edits and checkpoints until one fails, and more of both. Returns the acknowledged accounts.
fn edit(store: &SqliteStore) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0..5 {
        let name = format!("account-{number}");
        if create(store, &name).is_ok() {
            acknowledged.push(name);
        }
        if number % 2 == 1 {
            store.checkpoint();
        }
    }
    acknowledged
}

/// After a restart one more account is acknowledged, and then the power is cut.
fn assert_restart_keeps(path: &Path, mut disk: Disk, acknowledged: &[String], at: &str) {
    if !wal_of(path).exists() {
        disk.wal.dirty = vec![(None, 0)];
    }
    let disk = Arc::new(Mutex::new(disk));
    let store = open(path, &disk);
    create(&store, "after").unwrap();
    let disk = disk.lock().unwrap().clone();
    disk.assert_keeps(&[acknowledged, &["after".to_owned()]].concat(), at);
}

/// Fails one sync of the file. Returns whether there were that many.
fn fails_sync(file: FileKind, number: usize) -> bool {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let disk = Arc::new(Mutex::new(Disk::default()));
    let store = open(&path, &disk);
    disk.lock().unwrap().failing = Some((file, number));
    let acknowledged = edit(&store);
    if disk.lock().unwrap().failing.is_some() {
        assert_eq!(acknowledged.len(), 5);
        return false;
    }
    let at = format!("sync {number} of the {file}");
    let cut = disk.lock().unwrap().clone();
    cut.assert_keeps(&acknowledged, &at);

    assert!(matches!(store.is_usable(), Err(StoreError::Stopped(_))), "{at}");
    let late = create(&store, "late");
    assert!(matches!(late, Err(CommitError::NothingChanged(StoreError::Stopped(_)))), "{at}");
    assert!(store.account_ids().unwrap().len() >= acknowledged.len(), "{at}: reads go on");

    // Another process finds what the page cache has: after a kill, and after a stop.
    let elsewhere = tempfile::tempdir().unwrap();
    let killed = elsewhere.path().join("store.db");
    fs::copy(&path, &killed).unwrap();
    fs::copy(wal_of(&path), wal_of(&killed)).unwrap();
    assert_restart_keeps(&killed, cut, &acknowledged, &format!("{at}, killed"));
    drop(store);
    let cut = disk.lock().unwrap().clone();
    assert_restart_keeps(&path, cut, &acknowledged, &format!("{at}, stopped"));
    true
}

#[test]
fn keeps_acknowledged_edits_whichever_sync_fails() {
    for file in [FileKind::Database, FileKind::Wal] {
        let syncs = (0..100).take_while(|number| fails_sync(file, *number)).count();
        assert!(syncs >= 3, "{syncs} of the {file}");
    }
}

#[test]
fn a_panic_in_a_read_ends_its_transaction() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&directory.path().join("store.db"), Migrates::Yes).unwrap();
    let copy = directory.path().join("copy.db");
    let read = || store.backup(&copy, &mut |_, _| panic!("in a read"));
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)).unwrap_err();
    create(&store, "acme").unwrap();
    // The same connection, as the first one is free.
    assert!(store.find_account("acme").unwrap().is_some());
}
