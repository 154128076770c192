//! Checkpoints of a file under writes: the log is copied, restarts, and nothing is lost.

use std::sync::{Arc, Mutex};

use ringbook::store::sqlite::SqliteStore;
use ringbook::store::{IdempotencyKey, IdempotencyRecord, Migrates, ReadStore as _, Store};
use sqlite_vfs::{FailStop, FileKind, Operation};
use tempfile::TempDir;
use test_postgres::until;

use crate::book::{self, Book, assert_sound};

/// The log at which no pauses are made, and the checkpoint must keep up: 120,000 pages.
const URGENT_BYTES: usize = 120_000 * (24 + 1024);

/// Answers of a commit, of a hundred pages each, and of all commits.
const ANSWERS: u8 = 10;
const ANSWERS_ALL: u8 = 50;

/// What was done to the files.
#[derive(Default)]
struct Seen {
    /// How often the log has begun, and where the last write to it ended.
    logs: usize,
    log_bytes: usize,
    /// The thread that was the first to write to the database.
    copied_by: Option<String>,
    /// Syncs of the database since the last write to it.
    syncs: usize,
}

impl Seen {
    fn record(&mut self, file: FileKind, operation: Operation<'_>) {
        match (file, operation) {
            (FileKind::Wal, Operation::Write(bytes, offset)) => {
                self.logs += usize::from(offset == 0);
                self.log_bytes = usize::try_from(offset).unwrap() + bytes.len();
            }
            (FileKind::Database, Operation::Write(..)) => {
                let thread = || std::thread::current().name().unwrap_or_default().to_owned();
                self.copied_by.get_or_insert_with(thread);
                self.syncs = 0;
            }
            (FileKind::Database, Operation::Sync) => self.syncs += 1,
            _ => {}
        }
    }
}

/// What the answers of a commit consist of. The places of the answers come round in as many commits.
fn mark(commits: u32) -> u8 {
    u8::try_from(commits % u32::from(ANSWERS_ALL)).unwrap()
}

struct Written {
    directory: TempDir,
    book: Book,
    seen: Arc<Mutex<Seen>>,
    commits: u32,
}

impl Written {
    fn new() -> Self {
        let (directory, seen) = (tempfile::tempdir().unwrap(), Arc::<Mutex<Seen>>::default());
        let recorded = Arc::clone(&seen);
        let stop = FailStop::default().with_fault(move |file, operation| {
            recorded.lock().unwrap().record(file, operation);
            false
        });
        let file = directory.path().join("store.db");
        let store = SqliteStore::open_with(&file, Migrates::Yes, Arc::new(stop)).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let book = Book::new(&store, "acme");
        *seen.lock().unwrap() = Seen::default();
        Self { directory, book, seen, commits: 0 }
    }

    /// Commits the next of some scattered answers: a thousand pages.
    fn commit(&mut self) {
        self.commits += 1;
        let first = mark(self.commits) % (ANSWERS_ALL / ANSWERS) * ANSWERS;
        let answers = (first..first + ANSWERS).map(|key| IdempotencyRecord {
            key: [key; 32],
            request_sha256: [0; 32],
            at_us: 1,
            answer: vec![mark(self.commits); 100_000],
        });
        let commit = self.book.prepare_with(Vec::new(), answers);
        book::commit(&*self.book.store, &[commit]);
    }

    fn seen<T>(&self, what: impl FnOnce(&mut Seen) -> T) -> T {
        what(&mut self.seen.lock().unwrap())
    }
}

#[test]
fn the_log_restarts_under_a_writer_at_full_speed() {
    let mut written = Written::new();
    while written.seen(|seen| seen.logs) < 3 {
        written.commit();
        let log_bytes = written.seen(|seen| seen.log_bytes);
        assert!(log_bytes < 4 * URGENT_BYTES, "the log has {log_bytes} bytes");
    }
    let Written { directory, book, commits, .. } = written;
    let id = book.id();
    drop(book);
    let store = SqliteStore::open(&directory.path().join("store.db"), Migrates::No).unwrap();
    assert_sound(&store);
    let keys: Vec<(_, IdempotencyKey)> = (0..ANSWERS_ALL).map(|key| (id, [key; 32])).collect();
    let mut found: Vec<_> = store
        .idempotency_records(&keys, 0)
        .unwrap()
        .into_iter()
        .map(|record| {
            let answer = record.unwrap().answer;
            assert!(answer.len() == 100_000 && answer.iter().all(|byte| *byte == answer[0]));
            answer[0]
        })
        .collect();
    found.sort_unstable();
    let last = (0..u32::from(ANSWERS_ALL / ANSWERS)).map(|age| mark(commits - age));
    let mut last: Vec<_> = last.flat_map(|mark| [mark; ANSWERS as usize]).collect();
    last.sort_unstable();
    assert_eq!(found, last);
}

/// Otherwise the next checkpoint would be the writer's alone, which would copy the whole log.
#[test]
fn a_log_that_restarts_by_itself_ends_the_checkpoint() {
    let mut written = Written::new();
    while written.seen(|seen| seen.copied_by.is_none()) {
        written.commit();
    }
    // All is copied in one pass, which ends with a sync, and after the last pass comes another one.
    until("all is copied", || written.seen(|seen| seen.syncs >= 2));
    let logs = written.seen(|seen| seen.logs);
    written.commit();
    let restarted = written.seen(std::mem::take);
    assert_eq!((restarted.logs, restarted.copied_by.as_deref()), (logs + 1, Some("checkpoint")));
    while written.seen(|seen| seen.copied_by.is_none()) {
        written.commit();
    }
    assert_eq!(written.seen(|seen| seen.copied_by.take()).as_deref(), Some("checkpoint"));
}
