//! The index of the history in SQLite's store, which a thread fills in slices.

use test_postgres::until;

use crate::book::{Book, assert_sound, nth_phone, open, versions};
use crate::prune::{before, mark, prune};
use crate::test_store::{self, TestStore};

/// Changes that are indexed at a time.
const SLICE: u32 = 4000;

/// Commits changes, a hundred at a time.
fn commit_many(book: &mut Book, changes: u32) {
    for _ in 0..changes / 100 {
        let n = u32::try_from(book.version()).unwrap();
        book.commit(book.nth_phones(1..=100, n));
    }
}

/// The newest change that is indexed, and how many are.
fn indexed(test_store: &TestStore) -> [u32; 2] {
    let number = |sql| test_store.query(sql).remove(0).parse().unwrap();
    [
        "SELECT change_id FROM change_indexed",
        "SELECT coalesce(sum(json_array_length(change_ids)), 0) FROM change_run",
    ]
    .map(number)
}

fn wait_until_indexed(test_store: &TestStore, changes: u32) {
    until("it is indexed", || indexed(test_store) == [changes; 2]);
}

#[test]
fn commits_that_complete_a_slice_have_it_indexed() {
    let test_store = test_store::sqlite();
    let mut book = Book::new(&test_store.open(), "acme");
    commit_many(&mut book, SLICE - 100);
    assert_eq!(indexed(&test_store), [0, 0]);
    commit_many(&mut book, 100);
    wait_until_indexed(&test_store, SLICE);
    commit_many(&mut book, 2 * SLICE - 100);
    wait_until_indexed(&test_store, 2 * SLICE);
    assert_eq!(versions(&*book.store, book.id()).len(), 3 * SLICE as usize - 99);
}

/// As after the import of a process that has exited.
#[test]
fn missing_slices_are_indexed_after_opening_and_after_a_read() {
    let test_store = test_store::sqlite();
    let mut book = Book::new(&test_store.open(), "acme");
    let unindexed = "DELETE FROM change_run; UPDATE change_indexed SET change_id = 0";
    commit_many(&mut book, 5 * SLICE);
    drop(std::mem::replace(&mut book.store, test_store::memory().open()));
    test_store.execute(unindexed);
    let store = test_store.open();
    wait_until_indexed(&test_store, 5 * SLICE);
    // A read finds the changes meanwhile, and wakes the thread.
    test_store.execute(unindexed);
    assert_eq!(versions(&*store, book.id()).len(), 5 * SLICE as usize + 1);
    wait_until_indexed(&test_store, 5 * SLICE);
    assert_sound(&*store);
}

#[test]
fn check_finds_an_index_that_differs_from_the_history() {
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
        let test_store = test_store::sqlite();
        let mut book = Book::new(&test_store.open(), "acme");
        commit_many(&mut book, SLICE);
        wait_until_indexed(&test_store, SLICE);
        assert_sound(&*book.store);
        test_store.execute(sql);
        let findings = book.store.check_integrity().unwrap();
        assert!(matches!(&findings[..], [one] if one.contains(words)), "{sql}: {findings:?}");
    }
}

#[test]
fn a_damaged_index_of_an_account_stops_no_pruning_of_others() {
    for damage in [
        "UPDATE change_run SET change_ids = '[' WHERE account_id = 1",
        "UPDATE change_group SET changes = replace(changes, '[1,', '[x,') WHERE id = 1",
    ] {
        let test_store = test_store::sqlite();
        let (store, mut books) = open(&test_store, ["bad", "good"]);
        mark(&*store, 0);
        prune(&*store, &before(1), 1000);
        test_store.execute(damage);
        for book in &mut books {
            book.commit(vec![book.phone(1, Some(nth_phone(1)))]);
        }
        mark(&*store, 10);
        assert_eq!(prune(&*store, &before(11), 1000).0, 1, "{damage}");
        assert_eq!(versions(&*store, books[1].id()), [2]);
    }
}

/// The index relies on ids that only rise.
#[test]
fn a_pruned_change_id_is_not_reused() {
    let test_store = test_store::sqlite();
    let (store, [mut gone]) = open(&test_store, ["gone"]);
    gone.commit(vec![gone.deletion()]);
    mark(&*store, -1);
    prune(&*store, &before(1), 1000);
    assert_eq!(test_store.query("SELECT id, kind FROM change"), ["2 | account.delete"]);
    let mut book = Book::new(&store, "acme");
    book.commit(vec![book.phone(1, Some(nth_phone(1)))]);
    assert_eq!(versions(&*store, book.id()), [1, 2]);
    mark(&*store, 0);
    prune(&*store, &before(1), 1000);
    assert_eq!(test_store.query("SELECT id, kind FROM change"), ["4 | phone.create"]);
    assert_eq!([&book, &gone].map(|book| versions(&*store, book.id())), [vec![2], vec![]]);
    assert_sound(&*store);
}
