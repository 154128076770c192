//! The index of the history in SQLite's store: filled by the slice, by whoever comes.

use directory::Change;
use ringbook::store::{ChangeQuery, Direction, HistoryOf, Prune, Store};
use test_postgres::until;

use crate::book::{Book, nth_phone, origin};
use crate::place::{self, Place};

/// Rows that are put in at a time.
const SLICE: u32 = 4000;

/// Commits so many changes, a hundred at a time.
fn commit_many(book: &mut Book, changes: u32) {
    for _ in 0..changes / 100 {
        let n = u32::try_from(book.version()).unwrap();
        let edits = (1..=100).map(|id| book.phone(id, Some(nth_phone(n + id))));
        book.commit(edits.collect());
    }
}

/// How far the index has come, and how many rows it has.
fn indexed(place: &Place) -> [u32; 2] {
    let number = |sql| place.query(sql).remove(0).parse().unwrap();
    [
        "SELECT change_id FROM change_indexed",
        "SELECT coalesce(sum(json_array_length(change_ids)), 0) FROM change_run",
    ]
    .map(number)
}

fn count(store: &dyn Store, book: &Book) -> usize {
    let (of, direction) = (HistoryOf::Account, Direction::NewestFirst);
    let asked = ChangeQuery { of, above: 0, below: None, direction, rows_max: 100_000 };
    store.changes(book.id(), &asked).unwrap().rows.len()
}

#[test]
fn the_commit_that_completes_a_slice_puts_it_in() {
    let place = place::sqlite();
    let mut book = Book::new(&place.open(), "acme");
    commit_many(&mut book, SLICE - 100);
    assert_eq!(indexed(&place), [0, 0]);
    commit_many(&mut book, 100);
    assert_eq!(indexed(&place), [SLICE; 2]);
    commit_many(&mut book, 2 * SLICE - 100);
    assert_eq!(indexed(&place), [2 * SLICE; 2]);
}

/// Rows of an older program, of an import, or from before the migration.
#[test]
fn what_is_missing_is_put_in_while_nobody_writes() {
    let place = place::sqlite();
    let mut book = Book::new(&place.open(), "acme");
    let unindexed = "UPDATE change_indexed SET change_id = 0; DELETE FROM change_run";
    commit_many(&mut book, 5 * SLICE);
    drop(std::mem::replace(&mut book.store, place::memory().open()));
    place.execute(unindexed);
    let store = place.open();
    until("it is indexed", || indexed(&place) == [5 * SLICE; 2]);
    // Whoever asks finds the rows meanwhile, and sets it going.
    place.execute(unindexed);
    assert_eq!(count(&*store, &book), 5 * SLICE as usize + 1);
    until("it is indexed again", || indexed(&place) == [5 * SLICE; 2]);
    assert_eq!(store.check_integrity().unwrap(), [""; 0]);
}

#[test]
fn what_does_not_agree_with_the_history_is_found() {
    for (sql, words) in [
        (
            "UPDATE change_run SET phone_ids = json_replace(phone_ids, '$[9]', 7777) \
             WHERE first_version = 128",
            "does not agree",
        ),
        (
            "UPDATE change_run SET change_ids = json_replace(change_ids, '$[9]', 999999) \
             WHERE first_version = 128",
            "does not agree",
        ),
        (
            "UPDATE change_run SET change_ids = json_remove(change_ids, '$[#-1]') \
             WHERE first_version = 128",
            "is missing in the index",
        ),
        ("DELETE FROM change WHERE version = 9", "not in it: 1"),
    ] {
        let place = place::sqlite();
        let mut book = Book::new(&place.open(), "acme");
        commit_many(&mut book, SLICE);
        assert_eq!(book.store.check_integrity().unwrap(), [""; 0]);
        place.execute(sql);
        let findings = book.store.check_integrity().unwrap();
        assert!(matches!(&findings[..], [one] if one.contains(words)), "{sql}: {findings:?}");
    }
}

/// The index goes by ids that only rise.
#[test]
fn no_id_is_given_again() {
    let place = place::sqlite();
    let store = place.open();
    let mut gone = Book::new(&store, "gone");
    gone.commit(vec![Change::AccountDeleted]);
    let changes_before_us = Some(origin().at_us + 1);
    let prune = Prune { changes_before_us, answers_before_us: 0 };
    while !store.prune(&prune, 1000).unwrap().is_done {}
    assert_eq!(place.query("SELECT id, kind FROM change"), ["2 | account.delete"]);
    let mut book = Book::new(&store, "acme");
    book.commit(vec![book.phone(1, Some(nth_phone(1)))]);
    assert_eq!(count(&*store, &book), 2);
    while !store.prune(&prune, 1000).unwrap().is_done {}
    assert_eq!(place.query("SELECT id, kind FROM change"), ["4 | create"]);
    assert_eq!((count(&*store, &book), count(&*store, &gone)), (1, 0));
    assert_eq!(store.check_integrity().unwrap(), [""; 0]);
}
