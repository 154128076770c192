//! Connections with the VFS and without it, on one database.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rusqlite::{Connection, OpenFlags};
use sqlite_vfs::WalIndex;

fn gathering(file: &Path, synchronous: &str) -> Connection {
    let vfs = sqlite_vfs::vfs().unwrap();
    let connection = Connection::open_with_flags_and_vfs(file, OpenFlags::default(), vfs).unwrap();
    prepare(connection, synchronous)
}

fn plain(file: &Path) -> Connection {
    prepare(Connection::open(file).unwrap(), "FULL")
}

fn prepare(connection: Connection, synchronous: &str) -> Connection {
    connection.pragma_update(None, "page_size", 1024).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.pragma_update(None, "synchronous", synchronous).unwrap();
    connection.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    connection
}

fn file(directory: &tempfile::TempDir) -> PathBuf {
    directory.path().join("store.db")
}

const TABLE: &str = "CREATE TABLE row (id INTEGER PRIMARY KEY, text TEXT)";
const THOUSAND: &str = "INSERT INTO row (text) WITH RECURSIVE n (i) AS \
    (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT hex(randomblob(200)) FROM n";

fn count(connection: &Connection) -> i64 {
    connection.query_row("SELECT count(*) FROM row", [], |row| row.get(0)).unwrap()
}

fn findings(connection: &Connection) -> String {
    connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
}

/// Write calls of this thread.
#[cfg(target_os = "linux")]
fn writes() -> u64 {
    let io = std::fs::read_to_string("/proc/thread-self/io").unwrap();
    let line = io.lines().find_map(|line| line.strip_prefix("syscw: ")).unwrap();
    line.parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn writes_a_commit_in_one_call() {
    let directory = tempfile::tempdir().unwrap();
    let counted = |connection: &Connection| {
        connection.execute(THOUSAND, []).unwrap();
        let before = writes();
        connection.execute("UPDATE row SET text = id WHERE id % 20 = 0", []).unwrap();
        writes() - before
    };
    let with = gathering(&file(&directory), "FULL");
    with.execute(TABLE, []).unwrap();
    assert_eq!(counted(&with), 1);
    let without = plain(&file(&directory));
    assert!(counted(&without) >= 100);
}

#[test]
fn plain_connections_see_a_commit_at_once() {
    for synchronous in ["FULL", "NORMAL", "OFF"] {
        let directory = tempfile::tempdir().unwrap();
        let writer = gathering(&file(&directory), synchronous);
        writer.execute(TABLE, []).unwrap();
        let reader = plain(&file(&directory));
        for thousands in 1..20 {
            writer.execute(THOUSAND, []).unwrap();
            assert_eq!(count(&reader), thousands * 1000, "synchronous={synchronous}");
        }
        assert_eq!(findings(&reader), "ok");
    }
}

#[test]
fn both_kinds_write_in_turns_across_wal_restarts() {
    let directory = tempfile::tempdir().unwrap();
    let connections = [gathering(&file(&directory), "FULL"), plain(&file(&directory))];
    connections[0].execute(TABLE, []).unwrap();
    for turn in 0..30 {
        connections[turn % 2].execute(THOUSAND, []).unwrap();
        if turn % 5 == 0 {
            let checkpoint = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
            let sql = "PRAGMA wal_checkpoint(RESTART)";
            assert_eq!(connections[turn / 5 % 2].query_row(sql, [], checkpoint).unwrap(), 0);
        }
    }
    for connection in &connections {
        assert_eq!(count(connection), 30_000);
        assert_eq!(findings(connection), "ok");
    }
}

#[test]
fn a_transaction_larger_than_its_cache_reads_its_own_writes() {
    let directory = tempfile::tempdir().unwrap();
    let writer = gathering(&file(&directory), "FULL");
    writer.execute(TABLE, []).unwrap();
    writer.pragma_update(None, "cache_size", 10).unwrap();
    writer.execute("BEGIN", []).unwrap();
    for thousands in 1..=5 {
        writer.execute(THOUSAND, []).unwrap();
        assert_eq!(count(&writer), thousands * 1000);
        writer.execute("UPDATE row SET text = text || 'x' WHERE id % 3 = 0", []).unwrap();
    }
    assert_eq!(findings(&writer), "ok");
    writer.execute("ROLLBACK", []).unwrap();
    assert_eq!(count(&writer), 0);
    writer.execute(THOUSAND, []).unwrap();
    drop(writer);
    let reader = plain(&file(&directory));
    assert_eq!(count(&reader), 1000);
    assert_eq!(findings(&reader), "ok");
}

#[test]
fn a_checkpoint_calls_the_hook_of_its_thread() {
    let directory = tempfile::tempdir().unwrap();
    let file = file(&directory);
    let writer = gathering(&file, "FULL");
    writer.execute(TABLE, []).unwrap();
    writer.execute(THOUSAND, []).unwrap();
    let checkpoint = |connection: &Connection| -> i64 {
        let sql = "PRAGMA wal_checkpoint(PASSIVE)";
        connection.query_row(sql, [], |row| row.get(2)).unwrap()
    };
    let written = Rc::new(Cell::new(0));
    let count = Rc::clone(&written);
    sqlite_vfs::after_writes(move |bytes| count.set(count.get() + bytes));
    writer.execute(THOUSAND, []).unwrap();
    assert_eq!(written.get(), 0, "a commit writes to the WAL alone");

    // Not for another thread's writes, nor for those of a connection without the VFS.
    std::thread::scope(|scope| {
        scope.spawn(|| checkpoint(&gathering(&file, "FULL")));
    });
    writer.execute(THOUSAND, []).unwrap();
    checkpoint(&plain(&file));
    assert_eq!(written.get(), 0);

    writer.execute("UPDATE row SET text = 'x' WHERE id % 7 = 0", []).unwrap();
    let pages = checkpoint(&gathering(&file, "FULL"));
    assert!(pages > 100, "{pages} pages");
    assert_eq!(written.get() % 1024, 0);
    assert!((100 * 1024..=usize::try_from(pages).unwrap() * 1024).contains(&written.get()));
    assert_eq!(findings(&plain(&file)), "ok");
}

/// The files are as a process leaves them that is killed after a commit: the WAL is not closed.
#[test]
fn recovery_finds_committed_rows_alone() {
    let directory = tempfile::tempdir().unwrap();
    let writer = gathering(&file(&directory), "FULL");
    writer.execute(TABLE, []).unwrap();
    writer.execute(THOUSAND, []).unwrap();
    writer.execute("BEGIN", []).unwrap();
    writer.execute(THOUSAND, []).unwrap();
    let left = tempfile::tempdir().unwrap();
    for name in ["store.db", "store.db-wal"] {
        std::fs::copy(directory.path().join(name), left.path().join(name)).unwrap();
    }
    let recovered = plain(&file(&left));
    assert_eq!(count(&recovered), 1000);
    assert_eq!(findings(&recovered), "ok");
}

#[test]
fn the_wal_state_differs_after_each_commit() {
    let directory = tempfile::tempdir().unwrap();
    let file = file(&directory);
    let connections = [gathering(&file, "FULL"), plain(&file)];
    connections[0].execute(TABLE, []).unwrap();
    let wal_index = WalIndex::open(plain(&file)).unwrap().expect("there is a WAL");
    let now = || wal_index.state().expect("nobody commits");
    let mut seen = vec![now()];
    for turn in 0..40 {
        let connection = &connections[turn % 2];
        let before = now();
        connection.execute("BEGIN IMMEDIATE", []).unwrap();
        connection.execute("INSERT INTO row (text) VALUES ('x')", []).unwrap();
        assert_eq!(now(), before);
        if turn % 5 == 4 {
            connection.execute("ROLLBACK", []).unwrap();
            assert_eq!(now(), before);
            continue;
        }
        connection.execute("COMMIT", []).unwrap();
        let after = now();
        assert!(!seen.contains(&after), "no state repeats");
        assert!(before.leads_to(&after) && before.leads_to(&before));
        assert!(seen.len() < 2 || !seen[seen.len() - 2].leads_to(&after));
        seen.push(after);
        if turn % 7 == 0 {
            // The next commit restarts the WAL, and the count of commits goes on.
            let sql = "PRAGMA wal_checkpoint(PASSIVE)";
            connection.query_row(sql, [], |_| Ok(())).unwrap();
            assert_eq!(now(), after);
        }
    }
    let memory = Connection::open_in_memory().unwrap();
    assert!(WalIndex::open(memory).unwrap().is_none());
    let rollback = Connection::open(directory.path().join("no-wal.db")).unwrap();
    rollback.execute(TABLE, []).unwrap();
    assert!(WalIndex::open(rollback).unwrap().is_none());
}
