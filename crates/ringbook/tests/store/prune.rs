//! Deleting old changes and idempotency records, a limited number at a time.

use std::sync::Arc;
use std::time::Duration;

use directory::{Change, KeyId};
use ringbook::service::clock::{Clock, SystemClock};
use ringbook::service::{Service, ServiceOptions};
use ringbook::store::{CatchUp, ClockMark, Prune, Store};
use test_postgres::until;

use crate::book::{Book, ReadOne as _, assert_sound, nth_phone, open, origin, versions};
use crate::idempotency::{answer, kept};
use crate::test_store::TestStore;

/// Commits changes, and marks the time of the store's clock after it: microseconds after a fixed time.
pub fn commit_at(book: &mut Book, after_us: i64, changes: Vec<Change>) {
    book.commit(changes);
    mark(&*book.store, after_us);
}

/// Marks a time of the store's clock.
pub fn mark(store: &dyn Store, after_us: i64) {
    let clock_us = origin().at_us + after_us;
    assert_eq!(store.mark_clock(ClockMark { clock_us, at_us: 0 }, 1).unwrap(), clock_us);
}

/// Creates or edits a phone.
fn edit_at(book: &mut Book, after_us: i64) {
    let n = u32::try_from(book.version()).unwrap();
    commit_at(book, after_us, vec![book.phone(1, Some(nth_phone(n)))]);
}

/// Deletes changes before a time of the store's clock: microseconds after a fixed time.
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
    edit_at(&mut quiet, 5);
    for (after_us, is_acme) in [
        (10, true),
        (20, true),
        (30, true),
        (35, false),
        (40, true),
        (45, false),
        (55, false),
        (65, false),
    ] {
        edit_at(if is_acme { &mut acme } else { &mut other }, after_us);
    }
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

on!(memory sqlite postgres: deletes_by_commit_order_whatever_the_times_of_changes);
/// The machine's clock may have been anything.
fn deletes_by_commit_order_whatever_the_times_of_changes(test_store: &TestStore) {
    let store = test_store.open();
    let mut book = Book::new(&store, "acme");
    for (after_us, at_us) in [(10, i64::MAX), (20, 0), (30, i64::MIN), (40, origin().at_us)] {
        let changes = vec![book.phone(1, Some(nth_phone(u32::try_from(after_us).unwrap())))];
        let mut commit = book.prepare(changes.clone());
        commit.changes[0].origin.at_us = at_us;
        crate::book::commit(&*store, &[commit]);
        book.apply(changes);
        mark(&*store, after_us);
    }
    assert_eq!(prune(&*store, &before(10), 1000), (0, 0));
    assert_eq!(prune(&*store, &before(25), 1000), (3, 0));
    assert_eq!(versions(&*store, book.id()), [4, 5]);
    assert_eq!(prune(&*store, &before(1000), 1000), (1, 0));
    assert_eq!(versions(&*store, book.id()), [5]);
}

on!(memory sqlite postgres: deletes_at_most_rows_max_at_a_time);
fn deletes_at_most_rows_max_at_a_time(test_store: &TestStore) {
    const EDITS: u32 = 1500;
    let store = test_store.open();
    let mut accounts = ["acme", "other", "gone"].map(|name| Book::new(&store, name));
    for (after_us, book) in (10..).zip(&mut accounts) {
        commit_at(book, after_us, book.nth_phones(1..=EDITS, 0));
    }
    let [acme, mut other, mut gone] = accounts;
    let deletion = gone.deletion();
    commit_at(&mut gone, 20, vec![deletion]);
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
    for (after_us, mut book) in (2000..).zip([acme, other]) {
        edit_at(&mut book, after_us);
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
    keep(&gone, vec![gone.deletion()], vec![answer(1, 3, ""), answer(2, 8, "")]);
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
        "INSERT INTO import SELECT id, 2, 0, 0, 'api', 'keep_going', 'done', 1, 1, 0, 0, NULL \
         FROM account; INSERT INTO api_key (account_id, id, name, scope, sha256, created_us) \
         SELECT id, 7, 'PBX', 'read', api_key_sha256, 0 FROM account; \
         DELETE FROM account_version WHERE account_id = {0}; DELETE FROM account WHERE id = {0}",
        gone.id()
    ));
    let findings = store.check_integrity().unwrap();
    assert!(
        matches!(&findings[..], [import, key] if import.contains("import of an account")
            && key.contains("API key of an account")),
        "{findings:?}"
    );
    assert_eq!(prune(&*store, &before(0), 1000), (0, 0));
    assert_sound(&*store);
    let rows = test_store.query(
        "SELECT account_id FROM api_key UNION ALL SELECT account_id FROM key_use \
         UNION ALL SELECT account_id FROM import",
    );
    assert_eq!(rows, [(); 3].map(|()| acme.id().to_string()));
    edit_at(&mut acme, 1);
}

/// A clock that fails the thread which prunes.
struct FailsHousekeeper;

impl Clock for FailsHousekeeper {
    fn now_us(&self) -> i64 {
        0
    }

    fn elapsed(&self) -> Duration {
        assert_ne!(std::thread::current().name(), Some("housekeeper"), "the clock has stopped");
        Duration::ZERO
    }
}

on!(memory: reports_a_housekeeper_that_panicked);
fn reports_a_housekeeper_that_panicked(test_store: &TestStore) {
    let options = ServiceOptions { history_days: Some(1), ..ServiceOptions::default() };
    let start = |clock: Arc<dyn Clock>| Service::with_options(test_store.open(), clock, &options);
    let (sound, faulty) = (start(Arc::new(SystemClock)), start(Arc::new(FailsHousekeeper)));
    until("it has stopped", || !faulty.usage().is_tidied);
    assert!(sound.usage().is_tidied);
}
