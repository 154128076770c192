//! Groups of changes in SQLite's file, and what pruning leaves of them.

use directory::Change;

use crate::book::{self, Book, assert_sound, nth_phone, versions};
use crate::prune::{before, prune};
use crate::test_store::{self, TestStore};

/// Two accounts with a phone each.
struct Pair {
    test_store: TestStore,
    books: [Book; 2],
}

impl Pair {
    fn new() -> Self {
        let test_store = test_store::sqlite();
        let books = ["acme", "zeta"].map(|name| Book::new(&test_store.open(), name));
        Self { test_store, books }
    }

    /// Commits an edit of the phone of each account that has a time, all at once. The time is in
    /// microseconds after the accounts were created.
    fn commit(&mut self, after_us: [Option<i64>; 2]) {
        let mut batch = Vec::new();
        for (book, after_us) in self.books.iter_mut().zip(after_us) {
            let Some(after_us) = after_us else { continue };
            let n = u32::try_from(book.version()).unwrap() + 100 * book.id().0;
            let edit = book.phone(1, Some(nth_phone(n)));
            let mut commit = book.prepare(vec![edit.clone()]);
            commit.changes[0].origin.at_us += after_us;
            batch.push(commit);
            book.apply(vec![edit]);
        }
        book::commit(&*self.test_store.open(), &batch);
    }

    fn prune(&self, before_us: i64) {
        let store = self.test_store.open();
        prune(&*store, &before(before_us), 1000);
        assert_sound(&*store);
    }

    /// The versions in the history of each account.
    fn listed(&self) -> [Vec<u64>; 2] {
        let store = self.test_store.open();
        self.books.each_ref().map(|book| versions(&*store, book.id()))
    }

    /// The changes that are in the file, as `account version`.
    fn stored(&self) -> Vec<String> {
        self.test_store.query("SELECT account_id || ' ' || version FROM change ORDER BY id")
    }
}

#[test]
fn pruning_all_changes_of_a_group_deletes_it() {
    let mut pair = Pair::new();
    pair.commit([Some(1), Some(2)]);
    pair.commit([Some(20), Some(30)]);
    pair.prune(10);
    assert_eq!(pair.listed(), [[3], [3]]);
    assert_eq!(pair.stored(), ["1 3", "2 3"]);
}

#[test]
fn pruning_some_changes_of_a_group_keeps_the_others() {
    let mut pair = Pair::new();
    pair.commit([Some(1), Some(50)]);
    pair.commit([Some(60), Some(60)]);
    pair.prune(10);
    assert_eq!(pair.listed(), [&[3][..], &[2, 3][..]]);
    assert_eq!(pair.stored(), ["2 2", "1 3", "2 3"]);
    pair.prune(55);
    assert_eq!(pair.listed(), [[3], [3]]);
    assert_eq!(pair.stored(), ["1 3", "2 3"]);
    for book in &pair.books {
        book.assert_stored();
    }
}

/// An index that is rebuilt finds gaps where changes were deleted.
#[test]
fn a_group_with_deleted_changes_is_indexed() {
    let mut pair = Pair::new();
    for after_us in 1..=3 {
        pair.commit([Some(after_us), Some(after_us + 10)]);
    }
    pair.prune(5);
    let left = [&[4][..], &[2, 3, 4][..]];
    assert_eq!(pair.listed(), left);
    pair.test_store.execute("DELETE FROM change_run; UPDATE change_indexed SET change_id = 0");
    assert_eq!(pair.listed(), left, "not indexed yet");
    pair.prune(12);
    assert_eq!(pair.test_store.query("SELECT change_id FROM change_indexed"), ["8"]);
    assert_eq!(pair.listed(), [&[4][..], &[3, 4][..]]);
}

#[test]
fn a_commit_of_100_changes_is_written_in_groups_of_16() {
    let test_store = test_store::sqlite();
    let mut book = Book::new(&test_store.open(), "acme");
    book.commit(book.nth_phones(1..=100, 0));
    book.commit(vec![Change::AccountDeleted]);
    let groups =
        test_store.query("SELECT id || ': ' || json_array_length(changes) FROM change_group");
    assert_eq!(
        groups,
        ["1: 1", "17: 16", "33: 16", "49: 16", "65: 16", "81: 16", "97: 16", "101: 4", "102: 1"]
    );
    assert_eq!(
        test_store.query("SELECT count(*), min(id), max(id) FROM change"),
        ["102 | 1 | 102"]
    );
}
