//! The cache of account versions in front of a file.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};

use directory::KeyId;
use ringbook::store::sqlite::SqliteStore;
use ringbook::store::{Migrates, Store};
use sqlite_vfs::FailStop;

use crate::book::{Book, nth_phone, open};
use crate::test_store;

/// A commit of the store to the account.
fn commit(store: &Arc<dyn Store>, book: &mut Book) {
    book.store = Arc::clone(store);
    let id = u32::try_from(book.version()).unwrap();
    book.commit(vec![book.phone(id, Some(nth_phone(id)))]);
}

#[test]
fn a_version_is_cached_until_another_process_commits() {
    let test_store = test_store::sqlite();
    let (store, [mut one, mut other]) = open(&test_store, ["one", "other"]);
    let ids = [one.id(), other.id()];
    let cached = || ids.map(|id| store.known_version(id));
    assert_eq!(store.versions_of(&ids).unwrap(), [Some(1); 2]);

    // Our own commits update the accounts that they change.
    assert_eq!(cached(), [Some(1); 2]);
    for version in 2..5 {
        commit(&store, &mut one);
        assert_eq!(cached(), [Some(version), Some(1)]);
    }
    store.note_key_uses(&[(one.id(), KeyId(1), 1)]).unwrap();
    assert_eq!(cached(), [Some(4), Some(1)]);

    // A commit of another process invalidates the cache; what is read afterwards is cached again.
    let process = test_store.open();
    commit(&process, &mut other);
    assert_eq!(cached(), [None; 2]);
    assert_eq!(store.versions_of(&[other.id()]).unwrap(), [Some(2)]);
    assert_eq!(cached(), [None, Some(2)]);

    // A commit of the other process, and then one of ours.
    commit(&process, &mut one);
    commit(&store, &mut other);
    assert_eq!(cached(), [None; 2]);
    assert_eq!(store.versions_of(&[other.id()]).unwrap(), [Some(3)]);
}

/// Our own commits make nothing stale, and those of others are found while our writer waits.
#[test]
fn stale_accounts_are_found_while_the_writer_is_locked() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let (waits, barrier) = (Arc::new(AtomicBool::new(false)), Arc::new(Barrier::new(2)));
    let (waiting, turns) = (Arc::clone(&waits), Arc::clone(&barrier));
    let stop = FailStop::default().with_fault(move |_, _| {
        if waiting.swap(false, Ordering::Relaxed) {
            turns.wait();
            turns.wait();
        }
        false
    });
    let ours = SqliteStore::open_with(&file, Migrates::Yes, Arc::new(stop)).unwrap();
    let store: Arc<dyn Store> = Arc::new(ours);
    let mut books = ["one", "other"].map(|name| Book::new(&store, name));
    let [one, other] = &mut books;
    let ids = [one.id(), other.id()];
    let stale = |one, other| store.stale(&[(ids[0], one), (ids[1], other)]).unwrap();
    assert_eq!(stale(1, 1), []);
    commit(&store, one);
    assert_eq!(stale(1, 1), [], "the writer applies our own commits");
    let process: Arc<dyn Store> = Arc::new(SqliteStore::open(&file, Migrates::Yes).unwrap());
    commit(&process, other);

    waits.store(true, Ordering::Relaxed);
    std::thread::scope(|scope| {
        scope.spawn(|| store.note_key_uses(&[(ids[0], KeyId(1), 1)]).unwrap());
        barrier.wait();
        for _ in 0..2 {
            assert_eq!(stale(2, 1), [ids[1]], "the caller has not caught up");
        }
        assert_eq!(stale(2, 2), []);
        barrier.wait();
    });
    assert_eq!(stale(2, 2), []);
    commit(&store, one);
    commit(&process, other);
    commit(&store, one);
    assert_eq!(stale(4, 2), [ids[1]]);
    assert_eq!(stale(4, 3), []);
}

#[test]
fn a_store_in_memory_caches_nothing() {
    let (store, [mut book]) = open(&test_store::memory(), ["one"]);
    book.commit(vec![book.phone(1, Some(nth_phone(1)))]);
    assert_eq!(store.versions_of(&[book.id()]).unwrap(), [Some(2)]);
    assert_eq!(store.known_version(book.id()), None);
}
