//! What is too old is deleted, a little at a time.

use directory::{AccountId, Change, KeyId};
use ringbook::store::{CatchUp, ChangeQuery, Direction, HistoryOf, Prune, Store, Verdict};

use crate::answers::{answer, kept};
use crate::book::{Book, deadline, nth_phone, origin};
use crate::place::Place;

/// Commits changes so many microseconds after the accounts were made.
fn commit_at(book: &mut Book, after_us: i64, changes: Vec<Change>) {
    let mut commit = book.prepare(changes.clone());
    commit.changes.iter_mut().for_each(|stamped| stamped.origin.at_us += after_us);
    assert_eq!(book.store.commit(&[commit], deadline()).unwrap(), [Verdict::Committed]);
    book.apply(changes);
}

/// A phone is made or edited.
fn edit_at(book: &mut Book, after_us: i64) {
    let n = u32::try_from(book.version()).unwrap();
    commit_at(book, after_us, vec![book.phone(1, Some(nth_phone(n)))]);
}

/// What is so many microseconds after the accounts were made, and later, is kept.
fn before(after_us: i64) -> Prune {
    Prune { changes_before_us: Some(origin().at_us + after_us), answers_before_us: 0 }
}

/// Prunes until it is done; says how many changes and answers were deleted.
#[track_caller]
fn prune(store: &dyn Store, prune: &Prune, rows_max: usize) -> (usize, usize) {
    let (mut changes, mut answers) = (0, 0);
    loop {
        let pruned = store.prune(prune, rows_max).unwrap();
        assert!(pruned.changes <= rows_max && pruned.answers <= rows_max);
        changes += pruned.changes;
        answers += pruned.answers;
        if pruned.is_done {
            return (changes, answers);
        }
    }
}

/// The versions that are kept of an account, oldest first.
#[track_caller]
fn versions(store: &dyn Store, id: AccountId) -> Vec<u64> {
    let (of, direction) = (HistoryOf::Account, Direction::OldestFirst);
    let asked = ChangeQuery { of, above: 0, below: None, direction, rows_max: 10_000 };
    let page = store.changes(id, &asked).unwrap();
    let versions: Vec<_> = page.rows.iter().map(|row| row.version).collect();
    assert_eq!((page.oldest, page.next), (versions.first().copied(), None));
    versions
}

pub fn changes_are_kept_from_some_time_on(place: &Place) {
    let store = place.open();
    let [mut acme, mut other, mut quiet] =
        ["acme", "other", "quiet"].map(|name| Book::new(&store, name));
    for after_us in [10, 20, 30, 40] {
        edit_at(&mut acme, after_us);
        edit_at(&mut other, after_us + 25);
    }
    edit_at(&mut quiet, 5);
    let never = Prune { changes_before_us: None, answers_before_us: i64::MAX };
    assert_eq!(prune(&*store, &never, 1000), (0, 0));
    assert_eq!(prune(&*store, &before(0), 1000), (0, 0));
    assert_eq!(prune(&*store, &before(30), 1000), (3 + 1 + 1, 0));
    assert_eq!(versions(&*store, acme.id()), [4, 5]);
    assert_eq!(versions(&*store, other.id()), [2, 3, 4, 5]);
    assert_eq!(versions(&*store, quiet.id()), [2], "the newest one");
    assert_eq!(prune(&*store, &before(30), 1000), (0, 0));

    // Whoever is behind what is kept begins anew, others follow.
    let known = |version| store.catch_up(acme.id(), version).unwrap();
    assert!(matches!(known(2), CatchUp::Reload), "{:?}", known(2));
    for version in [3, 4] {
        assert!(matches!(known(version), CatchUp::Rows { .. }), "{:?}", known(version));
    }
    assert!(matches!(known(5), CatchUp::Current));
    assert_eq!(store.check_integrity().unwrap(), [""; 0]);
    edit_at(&mut acme, 100);
    assert_eq!(prune(&*store, &before(90), 1000), (2 + 3, 0));
    assert_eq!(versions(&*store, acme.id()), [6]);
    for book in [acme, other, quiet] {
        book.assert_stored();
    }
}

/// A clock that went back makes a row look younger than those after it: they wait for it.
pub fn what_comes_after_a_kept_change_is_kept(place: &Place) {
    let store = place.open();
    let mut book = Book::new(&store, "acme");
    for after_us in [10, 50, 20, 30] {
        edit_at(&mut book, after_us);
    }
    assert_eq!(prune(&*store, &before(40), 1000), (2, 0));
    assert_eq!(versions(&*store, book.id()), [3, 4, 5]);
    assert_eq!(prune(&*store, &before(51), 1000), (2, 0));
    assert_eq!(versions(&*store, book.id()), [5]);
}

pub fn it_goes_on_in_slices_to_the_end(place: &Place) {
    const EDITS: u32 = 1500;
    let store = place.open();
    let mut accounts = ["acme", "other", "gone"].map(|name| Book::new(&store, name));
    for book in &mut accounts {
        let edits = (1..=EDITS).map(|id| book.phone(id, Some(nth_phone(id))));
        commit_at(book, 10, edits.collect());
    }
    let [acme, mut other, mut gone] = accounts;
    commit_at(&mut gone, 20, vec![Change::AccountDeleted]);
    let last = vec![other.phone(1, None)];
    commit_at(&mut other, 1000, last);
    let each = EDITS as usize + 1;
    // Of an account that exists the newest one is kept, and of one that does not nothing.
    assert_eq!(prune(&*store, &before(100), 100), ((each - 1) + each + (each + 1), 0));
    assert_eq!(versions(&*store, acme.id()), [each as u64]);
    assert_eq!(versions(&*store, other.id()), [each as u64 + 1]);
    assert_eq!(versions(&*store, gone.id()), [0; 0]);
    assert_eq!(prune(&*store, &before(100), 100), (0, 0));
    assert_eq!(store.check_integrity().unwrap(), [""; 0]);

    // What comes next gets a place of its own.
    for mut book in [acme, other] {
        edit_at(&mut book, 2000);
        book.assert_stored();
        let version = book.version();
        assert_eq!(versions(&*store, book.id()), [version - 1, version]);
    }
}

pub fn old_answers_are_deleted_whoever_was_given_them(place: &Place) {
    let store = place.open();
    let [acme, gone] = ["acme", "gone"].map(|name| Book::new(&store, name));
    let keep = |book: &Book, changes, answers: Vec<_>| {
        let mut commit = book.prepare(changes);
        commit.answers = answers;
        assert_eq!(store.commit(&[commit], deadline()).unwrap(), [Verdict::Committed]);
    };
    keep(&acme, vec![], (1..=9).map(|n| answer(n, i64::from(n), "")).collect());
    keep(&acme, vec![], vec![answer(2, 20, "again")]);
    keep(&gone, vec![Change::AccountDeleted], vec![answer(1, 3, ""), answer(2, 8, "")]);
    let older = |answers_before_us| Prune { changes_before_us: None, answers_before_us };
    assert_eq!(prune(&*store, &older(5), 2), (0, 4));
    let left = |id, keys: &[u8]| kept(&*store, id, keys).iter().map(Option::is_some).collect();
    let left: [Vec<bool>; 2] = [left(acme.id(), &[1, 2, 4, 5, 9]), left(gone.id(), &[1, 2])];
    assert_eq!(left, [vec![false, true, false, true, true], vec![false, true]]);
    assert_eq!(prune(&*store, &older(i64::MAX), 1000), (0, 7));
}

/// An older program deletes an account and knows nothing of its keys.
pub fn what_a_deleted_account_has_left_is_deleted(place: &Place) {
    let store = place.open();
    let [mut acme, gone] = ["acme", "gone"].map(|name| Book::new(&store, name));
    store.note_key_uses(&[(acme.id(), KeyId::MAIN, 1), (gone.id(), KeyId::MAIN, 1)]).unwrap();
    place.execute(&format!(
        "INSERT INTO api_key (account_id, id, name, scope, sha256, created_us) \
         SELECT id, 7, 'PBX', 'read', api_key_sha256, 0 FROM account; \
         DELETE FROM account_version WHERE account_id = {0}; DELETE FROM account WHERE id = {0}",
        gone.id()
    ));
    let findings = store.check_integrity().unwrap();
    assert!(
        matches!(&findings[..], [one] if one.contains("API key of an account")),
        "{findings:?}"
    );
    assert_eq!(prune(&*store, &before(0), 1000), (0, 0));
    assert_eq!(store.check_integrity().unwrap(), [""; 0]);
    let rows =
        place.query("SELECT account_id FROM api_key UNION ALL SELECT account_id FROM key_use");
    assert_eq!(rows, [acme.id().to_string(), acme.id().to_string()]);
    edit_at(&mut acme, 1);
}
