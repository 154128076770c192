//! Groups of changes in SQLite's file, and what pruning leaves of them.

use crate::book::{self, Book, assert_sound, nth_phone, versions};
use crate::prune::{before, mark, prune};
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

    /// Commits an edit of the phone of each of these accounts, all at once, and marks a time of the
    /// store's clock.
    fn commit(&mut self, after_us: i64, accounts: impl IntoIterator<Item = usize>) {
        let mut batch = Vec::new();
        for account in accounts {
            let book = &mut self.books[account];
            let n = u32::try_from(book.version()).unwrap() + 100 * book.id().0;
            let edit = book.phone(1, Some(nth_phone(n)));
            batch.push(book.prepare(vec![edit.clone()]));
            book.apply(vec![edit]);
        }
        let store = self.test_store.open();
        book::commit(&*store, &batch);
        mark(&*store, after_us);
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
    pair.commit(1, [0, 1]);
    pair.commit(20, [0, 1]);
    pair.prune(10);
    assert_eq!(pair.listed(), [[3], [3]]);
    assert_eq!(pair.stored(), ["1 3", "2 3"]);
}

#[test]
fn pruning_some_changes_of_a_group_keeps_the_others() {
    let mut pair = Pair::new();
    pair.commit(1, [0, 1]);
    pair.commit(60, [0]);
    pair.prune(10);
    assert_eq!(pair.listed(), [[3], [2]]);
    assert_eq!(pair.stored(), ["2 2", "1 3"]);
    pair.commit(70, [1]);
    pair.prune(65);
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
    pair.commit(1, [0, 1]);
    pair.commit(20, [0]);
    pair.prune(5);
    assert_eq!(pair.listed(), [[3], [2]]);
    pair.test_store.execute("DELETE FROM change_run; UPDATE change_indexed SET change_id = 0");
    assert_eq!(pair.listed(), [[3], [2]], "not indexed yet");
    pair.prune(6);
    assert_eq!(pair.test_store.query("SELECT change_id FROM change_indexed"), ["5"]);
    assert_eq!(pair.listed(), [[3], [2]]);
}

#[test]
fn a_commit_of_100_changes_is_written_in_groups_of_16() {
    let test_store = test_store::sqlite();
    let mut book = Book::new(&test_store.open(), "acme");
    book.commit(book.nth_phones(1..=100, 0));
    book.commit(vec![book.deletion()]);
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

/// A line that cannot be read is damage, and `null` in place of one is a change that was deleted.
#[test]
fn check_finds_a_line_that_cannot_be_read() {
    for (line, is_damaged) in [
        ("null", false),
        ("", true),
        ("{}", true),
        ("[1,2]", true),
        (r#"[1,2,3,4,"a","phone.edit",5,{]"#, true),
        (r#"[1,2,3,4,"a","phone.edit",5"#, true),
    ] {
        let test_store = test_store::sqlite();
        let mut book = Book::new(&test_store.open(), "acme");
        book.commit(book.nth_phones(1..=3, 0));
        test_store.execute(&format!(
            "UPDATE change_group SET changes = (SELECT group_concat( \
             CASE WHEN key = 1 THEN '{line}' ELSE value END, ',' || char(10)) \
             FROM json_each(changes)) WHERE id = 4; \
             UPDATE change_group SET changes = '[' || changes || ']' WHERE id = 4"
        ));
        let findings = book.store.check_integrity().unwrap();
        let found: Vec<_> = findings.iter().map(String::as_str).collect();
        let expected = if is_damaged { &["change without a readable delta: 3"][..] } else { &[] };
        assert_eq!(found, expected, "{line}");
    }
}
