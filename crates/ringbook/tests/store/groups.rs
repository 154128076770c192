//! The history in SQLite's file: the changes of a commit in groups, and what is left of a group
//! when some of them are too old.

use directory::Change;
use ringbook::store::{ChangeQuery, Direction, HistoryOf, Prune, Verdict};

use crate::book::{Book, deadline, nth_phone, origin};
use crate::place::{self, Place};

/// Two accounts with a phone each.
struct Pair {
    place: Place,
    books: [Book; 2],
}

impl Pair {
    fn new() -> Self {
        let place = place::sqlite();
        let books = ["acme", "zeta"].map(|name| Book::new(&place.open(), name));
        Self { place, books }
    }

    /// Commits an edit of the phone of each account that has a time, all at once: so many
    /// microseconds after the accounts were made.
    fn commit(&mut self, after_us: [Option<i64>; 2]) {
        let mut batch = Vec::new();
        let mut edits = Vec::new();
        for (book, after_us) in self.books.iter().zip(after_us) {
            let Some(after_us) = after_us else { continue };
            let n = u32::try_from(book.version()).unwrap() + 100 * book.id().0;
            let edit = book.phone(1, Some(nth_phone(n)));
            let mut commit = book.prepare(vec![edit.clone()]);
            commit.changes[0].origin.at_us += after_us;
            batch.push(commit);
            edits.push((book.id(), edit));
        }
        let store = self.place.open();
        let verdicts = store.commit(&batch, deadline()).unwrap();
        assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Committed));
        for (id, edit) in edits {
            self.books.iter_mut().find(|book| book.id() == id).unwrap().apply(vec![edit]);
        }
    }

    fn prune(&self, before_us: i64) {
        let store = self.place.open();
        let prune =
            Prune { changes_before_us: Some(origin().at_us + before_us), answers_before_us: 0 };
        while !store.prune(&prune, 1000).unwrap().is_done {}
        assert_eq!(store.check_integrity().unwrap(), [""; 0]);
    }

    /// The versions of each account that are told.
    fn told(&self) -> [Vec<u64>; 2] {
        let (of, direction) = (HistoryOf::Account, Direction::OldestFirst);
        let asked = ChangeQuery { of, above: 0, below: None, direction, rows_max: 1000 };
        self.books.each_ref().map(|book| {
            let page = self.place.open().changes(book.id(), &asked).unwrap();
            page.rows.iter().map(|row| row.version).collect()
        })
    }

    /// The changes that are in the file, as `account version`.
    fn stored(&self) -> Vec<String> {
        self.place.query("SELECT account_id || ' ' || version FROM change ORDER BY id")
    }
}

#[test]
fn a_group_goes_with_its_last_change() {
    let mut pair = Pair::new();
    pair.commit([Some(1), Some(2)]);
    pair.commit([Some(20), Some(30)]);
    pair.prune(10);
    assert_eq!(pair.told(), [[3], [3]]);
    assert_eq!(pair.stored(), ["1 3", "2 3"]);
}

#[test]
fn what_is_too_old_of_a_group_is_deleted_and_the_rest_stays() {
    let mut pair = Pair::new();
    pair.commit([Some(1), Some(50)]);
    pair.commit([Some(60), Some(60)]);
    pair.prune(10);
    assert_eq!(pair.told(), [&[3][..], &[2, 3][..]]);
    assert_eq!(pair.stored(), ["2 2", "1 3", "2 3"]);
    pair.prune(55);
    assert_eq!(pair.told(), [[3], [3]]);
    assert_eq!(pair.stored(), ["1 3", "2 3"]);
    for book in &pair.books {
        book.assert_stored();
    }
}

/// An index that is made anew finds gaps where changes were deleted.
#[test]
fn a_group_with_gaps_is_indexed() {
    let mut pair = Pair::new();
    for after_us in 1..=3 {
        pair.commit([Some(after_us), Some(after_us + 10)]);
    }
    pair.prune(5);
    let left = [&[4][..], &[2, 3, 4][..]];
    assert_eq!(pair.told(), left);
    pair.place.execute("DELETE FROM change_run; UPDATE change_indexed SET change_id = 0");
    assert_eq!(pair.told(), left, "behind the index");
    pair.prune(12);
    assert_eq!(pair.place.query("SELECT change_id FROM change_indexed"), ["8"]);
    assert_eq!(pair.told(), [&[4][..], &[3, 4][..]]);
}

#[test]
fn a_large_commit_has_many_groups() {
    let place = place::sqlite();
    let mut book = Book::new(&place.open(), "acme");
    book.commit((1..=100).map(|id| book.phone(id, Some(nth_phone(id)))).collect());
    book.commit(vec![Change::AccountDeleted]);
    let groups = place.query("SELECT id || ': ' || json_array_length(changes) FROM change_group");
    assert_eq!(
        groups,
        ["1: 1", "17: 16", "33: 16", "49: 16", "65: 16", "81: 16", "97: 16", "101: 4", "102: 1"]
    );
    assert_eq!(place.query("SELECT count(*), min(id), max(id) FROM change"), ["102 | 1 | 102"]);
}
