//! Versions that are read while others commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::ScopedJoinHandle;

use ringbook::store::Store;

use crate::book::{Book, nth_phone};
use crate::place::Place;

const COMMITS: u32 = 300;

fn version(store: &dyn Store, book: &Book) -> u64 {
    let found = store.versions_of(&[book.id()]).unwrap();
    found[0].expect("the account is there")
}

pub fn returns_the_version_of_the_last_commit_of_any_process(place: &Place) {
    let mut ours = Book::new(&place.open(), "ours");
    let mut theirs = Book::new(&place.open(), "theirs");
    let (us, them) = (Arc::clone(&ours.store), Arc::clone(&theirs.store));
    for n in 1..20 {
        // Both processes cache both accounts, and each commits.
        for book in [&mut ours, &mut theirs] {
            book.commit(vec![book.phone(1, Some(nth_phone(n)))]);
            for store in [&us, &them] {
                assert_eq!(version(&**store, book), book.version());
                assert_eq!(version(&**store, book), book.version());
            }
        }
        // A commit that writes nothing and a stale one change no version.
        let stale = ours.prepare(vec![ours.phone(2, Some(nth_phone(n)))]);
        ours.commit(Vec::new());
        ours.commit(vec![ours.phone(1, None)]);
        us.commit(&[stale], crate::book::deadline()).unwrap();
        assert_eq!(version(&*us, &ours), ours.version());
        assert_eq!(version(&*them, &theirs), theirs.version());
    }
}

pub fn never_returns_a_version_older_than_a_finished_commit(place: &Place) {
    let mut books = ["ours", "theirs"].map(|name| Book::new(&place.open(), name));
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
                for n in 1..=COMMITS {
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
        assert_eq!(version(&**store, book), book.version());
    }
}
