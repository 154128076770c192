//! A store that outlives its process and is shared by several.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread::ScopedJoinHandle;

use directory::PhoneId;
use ringbook::store::{Store, Verdict};

use crate::book::{
    Book, assert_sound, deadline, nth_phone, open, origin, phone, profile, versions,
};
use crate::test_store::TestStore;

on!(sqlite postgres: each_process_sees_the_commits_of_the_other);
fn each_process_sees_the_commits_of_the_other(test_store: &TestStore) {
    let stores = [test_store.open(), test_store.open()];
    let mut books = ["acme", "zeta"].map(|name| Book::new(&stores[0], name));
    let assert_seen = |book: &Book| {
        for store in &stores {
            for _ in 0..2 {
                assert_eq!(store.versions_of(&[book.id()]).unwrap(), [Some(book.version())]);
            }
            book.assert_stored_in(&**store);
        }
    };
    for round in 1..=20 {
        // Both processes cache both accounts, and each commits to both in turn.
        for book in &mut books {
            book.commit(vec![book.phone(1, Some(nth_phone(round)))]);
            assert_seen(book);
        }
        // A commit that writes nothing and a stale one change no version.
        let book = &mut books[0];
        let stale = book.prepare(vec![book.phone(2, Some(nth_phone(100)))]);
        book.commit(Vec::new());
        book.commit(vec![book.phone(1, None)]);
        assert_eq!(stores[1].commit(&[stale], deadline()).unwrap(), [Verdict::Stale]);
        assert_seen(book);
        books.swap(0, 1);
        books[0].store = Arc::clone(&stores[round as usize % 2]);
    }
    let again = stores[1].create_account(&profile("acme"), &origin(), None, deadline());
    assert!(again.unwrap().is_none());
}

on!(sqlite postgres: commits_of_others_make_an_account_stale);
/// A handle reports what others have committed until it has caught up, and nothing that it knows.
fn commits_of_others_make_an_account_stale(test_store: &TestStore) {
    let [one, other] = [test_store.open(), test_store.open()];
    let mut book = Book::new(&one, "acme");
    let (id, bystander) = (book.id(), Book::new(&one, "bystander").id());
    let stale =
        |store: &Arc<dyn Store>, version| store.stale(&[(id, version), (bystander, 1)]).unwrap();
    for store in [&one, &other] {
        assert_eq!((stale(store, 1), store.stale(&[]).unwrap()), (vec![], vec![]));
    }
    book.commit(vec![book.phone(1, Some(nth_phone(1)))]);
    book.commit(vec![book.phone(2, Some(nth_phone(2)))]);
    assert_eq!(stale(&one, 3), []);
    assert_eq!([stale(&other, 1), stale(&other, 2)], [[id], [id]], "until it has followed");
    assert_eq!([stale(&other, 3), stale(&other, 3)], [[], []]);
    book.store = Arc::clone(&other);
    book.commit(vec![book.phone(1, None)]);
    assert_eq!([stale(&other, 4), stale(&one, 4)], [[], []]);

    // Reading is no change, and neither is a batch that changes nothing or was too late.
    book.assert_stored_in(&*one);
    let mut late = book.prepare(vec![book.phone(2, None)]);
    late.expected_version -= 1;
    assert_eq!(one.commit(&[late], deadline()).unwrap(), [Verdict::Stale]);
    assert_eq!(one.commit(&[book.prepare(vec![])], deadline()).unwrap(), [Verdict::Committed]);
    assert_eq!([stale(&one, 4), stale(&other, 4)], [[], []]);

    book.commit(vec![book.deletion()]);
    assert_eq!([stale(&one, 4), stale(&one, 5)], [[id], [id]], "it is gone");
}

/// Opens a store at once on several threads. Each creates accounts, and opens and closes the store for
/// each.
fn open_at_once(test_store: &TestStore, openers: usize, rounds: usize) {
    let barrier = Barrier::new(openers);
    std::thread::scope(|scope| {
        for opener in 0..openers {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                for round in 0..rounds {
                    Book::new(&test_store.open(), &format!("account-{opener}.{round}"))
                        .assert_stored();
                }
            });
        }
    });
    let store = test_store.open();
    assert_eq!(store.accounts("", usize::MAX).unwrap().len(), openers * rounds);
    assert_sound(&*store);
}

on!(sqlite postgres: many_processes_create_one_store);
/// Services are often started together, also the first time.
fn many_processes_create_one_store(test_store: &TestStore) {
    for _ in 0..10 {
        open_at_once(&test_store.another(), 8, 1);
    }
}

on!(sqlite postgres: many_processes_open_and_close_a_store);
/// Commands of the command line open the store, do one thing and close it.
fn many_processes_open_and_close_a_store(test_store: &TestStore) {
    open_at_once(test_store, 4, 25);
}

on!(sqlite postgres: concurrent_writers_lose_no_change);
/// Each writer renames its own phone again and again. Every rename is decided against the
/// newest version or is refused as stale, and none is lost.
fn concurrent_writers_lose_no_change(test_store: &TestStore) {
    const WRITERS: u32 = 4;
    const RENAMES: u32 = 50;
    let (store, [mut book]) = open(test_store, ["acme"]);
    book.commit(book.nth_phones(1..=WRITERS, 0));
    std::thread::scope(|scope| {
        for writer in 1..=WRITERS {
            let (store, account) = (test_store.open(), book.account.clone());
            scope.spawn(move || rename(Book { store, account }, writer, RENAMES));
        }
    });
    let stored = store.load(book.id()).unwrap().unwrap();
    assert_eq!(stored.counters.version, book.version() + u64::from(WRITERS * RENAMES));
    for writer in 1..=WRITERS {
        let phone = stored.phones.get(PhoneId(writer)).unwrap();
        assert_eq!(phone.name.as_str(), format!("Writer-{writer}.{RENAMES}"));
    }
    assert_eq!(versions(&*store, book.id()), (1..=stored.counters.version).collect::<Vec<_>>());
}

fn rename(mut book: Book, writer: u32, renames: u32) {
    for round in 1..=renames {
        let number = format!("+91{writer:06}");
        let after = phone(&number, &format!("Writer-{writer}.{round}"), &[]);
        loop {
            let changes = vec![book.phone(writer, Some(after.clone()))];
            let verdicts = book.store.commit(&[book.prepare(changes.clone())], deadline()).unwrap();
            if verdicts == [Verdict::Committed] {
                book.apply(changes);
                break;
            }
            book.account = book.store.load(book.id()).unwrap().unwrap();
        }
    }
}

on!(sqlite postgres: never_returns_a_version_older_than_a_finished_commit);
fn never_returns_a_version_older_than_a_finished_commit(test_store: &TestStore) {
    let mut books = ["ours", "theirs"].map(|name| Book::new(&test_store.open(), name));
    let stores = books.each_ref().map(|book| Arc::clone(&book.store));
    let ids = books.each_ref().map(Book::id);
    // The last committed version of each account.
    let committed = books.each_ref().map(|book| AtomicU64::new(book.version()));
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (committed, is_over) = (&committed, &is_over);
        for store in &stores {
            scope.spawn(move || {
                while !is_over.load(Ordering::SeqCst) {
                    for (id, committed) in ids.iter().zip(committed) {
                        let at_least = committed.load(Ordering::SeqCst);
                        let found = store.versions_of(&[*id]).unwrap()[0];
                        assert!(found >= Some(at_least), "{found:?} after {at_least}");
                    }
                }
            });
        }
        let writers = books.each_mut();
        let writers = writers.into_iter().zip(committed).map(|(book, committed)| {
            scope.spawn(move || {
                for n in 1..=300 {
                    book.commit(vec![book.phone(1, Some(nth_phone(n)))]);
                    committed.store(book.version(), Ordering::SeqCst);
                }
            })
        });
        let outcomes: Vec<_> =
            writers.collect::<Vec<_>>().into_iter().map(ScopedJoinHandle::join).collect();
        is_over.store(true, Ordering::SeqCst);
        assert!(outcomes.iter().all(Result::is_ok));
    });
    for (book, store) in books.iter().zip(&stores) {
        book.assert_stored_in(&**store);
    }
}
