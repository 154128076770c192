//! The WAL under writes: it is copied, restarts, and nothing is lost.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rusqlite::params;

use super::super::open;
use super::*;
use crate::store::Migrates;

const ROWS: i64 = 20_000;

struct Written {
    directory: tempfile::TempDir,
    path: PathBuf,
    writer: Connection,
    checkpointer: Checkpointer,
    _file: Arc<File>,
}

impl Written {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        let (mut writer, _) = open::writer(&path, Migrates::Yes, &Arc::default()).unwrap();
        let file = Arc::new(File::options().read(true).write(true).open(&path).unwrap());
        let connection = open::checkpointer(&path, &Arc::default()).unwrap();
        let checkpointer =
            Checkpointer::start(connection, Arc::clone(&file), Arc::default(), &mut writer)
                .unwrap();
        writer
            .execute_batch(&format!(
                "CREATE TABLE row (id INTEGER PRIMARY KEY, number INTEGER, text TEXT); \
                 INSERT INTO row WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
                 WHERE i < {ROWS}) SELECT i, 0, hex(zeroblob(300)) FROM n"
            ))
            .unwrap();
        Self { directory, path, writer, checkpointer, _file: file }
    }

    /// Commits a change of a thousand scattered rows; returns the pages in the WAL then.
    fn commit(&self, number: i64) -> i32 {
        let sql = "UPDATE row SET number = ?1 WHERE id % 20 = ?2";
        self.writer.execute(sql, params![number, number % 20]).unwrap();
        let pages = self.checkpointer.shared.pages.load(Ordering::Relaxed);
        self.checkpointer.after_commit(&self.writer);
        pages
    }

    fn turn(&self) -> u8 {
        self.checkpointer.shared.turn.load(Ordering::Acquire)
    }

    fn wait_for_turn(&self, turn: u8) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while self.turn() != turn {
            assert!(Instant::now() < deadline, "it is the turn of {}", self.turn());
            std::thread::yield_now();
        }
    }
}

#[test]
fn the_wal_restarts_under_a_writer_at_full_speed() {
    let written = Written::new();
    let (mut pages, mut rounds, mut commits) = (0, 0, 0);
    while rounds < 3 {
        commits += 1;
        let now = written.commit(commits);
        rounds += i32::from(now < pages);
        pages = now;
        assert!(pages < 4 * WAL_PAGES_URGENT, "the WAL has {pages} pages");
    }
    let last = |sql: &str| -> i64 {
        let reader = open::reader(&written.path, &Arc::default()).unwrap();
        reader.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(last("SELECT max(number) FROM row"), commits);
    assert_eq!(last("SELECT count(DISTINCT number) FROM row"), 20);
    let Written { directory, path, writer, checkpointer, .. } = written;
    drop((checkpointer, writer));
    let reader = open::reader(&path, &Arc::default()).unwrap();
    let findings: String =
        reader.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(findings, "ok");
    drop(directory);
}

/// Otherwise the next checkpoint would be the writer's alone, which would copy the whole WAL.
#[test]
fn a_wal_that_restarts_by_itself_ends_the_checkpoint() {
    let written = Written::new();
    let mut commits = 0;
    while written.turn() == NOBODY {
        commits += 1;
        written.commit(commits);
    }
    written.wait_for_turn(WRITER);
    assert!(written.commit(commits + 1) < WAL_PAGES, "the WAL has not restarted");
    assert_eq!(written.turn(), NOBODY);
}
