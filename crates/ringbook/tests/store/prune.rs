//! Deleting old changes and idempotency records, a limited number at a time.

use directory::{Change, KeyId};
use ringbook::store::{CatchUp, Prune, Store};

use crate::book::{Book, assert_sound, nth_phone, open, origin, versions};
use crate::idempotency::{answer, kept};
use crate::test_store::TestStore;

/// Commits changes, stamped with a time: microseconds after the accounts were created.
pub fn commit_at(book: &mut Book, after_us: i64, changes: Vec<Change>) {
    let mut commit = book.prepare(changes.clone());
    commit.changes.iter_mut().for_each(|stamped| stamped.origin.at_us += after_us);
    crate::book::commit(&*book.store, &[commit]);
    book.apply(changes);
}

/// Creates or edits a phone.
fn edit_at(book: &mut Book, after_us: i64) {
    let n = u32::try_from(book.version()).unwrap();
    commit_at(book, after_us, vec![book.phone(1, Some(nth_phone(n)))]);
}

/// Deletes changes before a time: microseconds after the accounts were created.
pub fn before(after_us: i64) -> Prune {
    Prune { changes_before_us: Some(origin().at_us + after_us), answers_before_us: 0 }
}

/// Prunes until it is done; returns how many changes and idempotency records were deleted.
#[track_caller]
pub fn prune(store: &dyn Store, prune: &Prune, rows_max: usize) -> (usize, usize) {
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

on!(memory sqlite postgres: deletes_changes_before_a_time_but_the_newest_of_an_account);
fn deletes_changes_before_a_time_but_the_newest_of_an_account(test_store: &TestStore) {
    let (store, [mut acme, mut other, mut quiet]) = open(test_store, ["acme", "other", "quiet"]);
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

    // A process that is behind the oldest change reloads, others catch up.
    let known = |version| store.catch_up(acme.id(), version).unwrap();
    assert!(matches!(known(2), CatchUp::Reload), "{:?}", known(2));
    for version in [3, 4] {
        assert!(matches!(known(version), CatchUp::Rows { .. }), "{:?}", known(version));
    }
    assert!(matches!(known(5), CatchUp::Current));
    assert_sound(&*store);
    edit_at(&mut acme, 100);
    assert_eq!(prune(&*store, &before(90), 1000), (2 + 3, 0));
    assert_eq!(versions(&*store, acme.id()), [6]);
    for book in [acme, other, quiet] {
        book.assert_stored();
    }
}

on!(memory sqlite postgres: keeps_old_changes_after_a_newer_one);
/// A clock that went back makes a change newer than those after it: they are kept with it.
fn keeps_old_changes_after_a_newer_one(test_store: &TestStore) {
    let store = test_store.open();
    let mut book = Book::new(&store, "acme");
    for after_us in [10, 50, 20, 30] {
        edit_at(&mut book, after_us);
    }
    assert_eq!(prune(&*store, &before(40), 1000), (2, 0));
    assert_eq!(versions(&*store, book.id()), [3, 4, 5]);
    assert_eq!(prune(&*store, &before(51), 1000), (2, 0));
    assert_eq!(versions(&*store, book.id()), [5]);
}

on!(memory sqlite postgres: deletes_at_most_rows_max_at_a_time);
fn deletes_at_most_rows_max_at_a_time(test_store: &TestStore) {
    const EDITS: u32 = 1500;
    let store = test_store.open();
    let mut accounts = ["acme", "other", "gone"].map(|name| Book::new(&store, name));
    for book in &mut accounts {
        commit_at(book, 10, book.nth_phones(1..=EDITS, 0));
    }
    let [acme, mut other, mut gone] = accounts;
    commit_at(&mut gone, 20, vec![Change::AccountDeleted]);
    let last = vec![other.phone(1, None)];
    commit_at(&mut other, 1000, last);
    let each = EDITS as usize + 1;
    // Keeps the newest change of an account, and nothing of a deleted one.
    assert_eq!(prune(&*store, &before(100), 100), ((each - 1) + each + (each + 1), 0));
    assert_eq!(versions(&*store, acme.id()), [each as u64]);
    assert_eq!(versions(&*store, other.id()), [each as u64 + 1]);
    assert_eq!(versions(&*store, gone.id()), [0; 0]);
    assert_eq!(prune(&*store, &before(100), 100), (0, 0));
    assert_sound(&*store);

    // New changes are added after those that were kept.
    for mut book in [acme, other] {
        edit_at(&mut book, 2000);
        book.assert_stored();
        let version = book.version();
        assert_eq!(versions(&*store, book.id()), [version - 1, version]);
    }
}

on!(memory sqlite postgres: deletes_old_idempotency_records_of_any_account);
fn deletes_old_idempotency_records_of_any_account(test_store: &TestStore) {
    let (store, [acme, gone]) = open(test_store, ["acme", "gone"]);
    let keep = |book: &Book, changes, answers: Vec<_>| {
        crate::book::commit(&*store, &[book.prepare_with(changes, answers)]);
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

on!(sqlite postgres: deletes_keys_of_a_deleted_account);
/// An account is deleted by hand, without its keys.
fn deletes_keys_of_a_deleted_account(test_store: &TestStore) {
    let (store, [mut acme, gone]) = open(test_store, ["acme", "gone"]);
    store.note_key_uses(&[(acme.id(), KeyId::MAIN, 1), (gone.id(), KeyId::MAIN, 1)]).unwrap();
    test_store.execute(&format!(
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
    assert_sound(&*store);
    let rows =
        test_store.query("SELECT account_id FROM api_key UNION ALL SELECT account_id FROM key_use");
    assert_eq!(rows, [acme.id().to_string(), acme.id().to_string()]);
    edit_at(&mut acme, 1);
}
