//! Unique constraints, missing rows and locked rows.

use std::time::{Duration, Instant};

use directory::{Change, PhoneId};
use ringbook::store::{CommitError, StoreError, Verdict};

use super::Session;
use crate::book::{Book, assert_sound, deadline, nth_phone, open, phone};
use crate::test_store;

/// Does some work, and returns what the current thread has logged meanwhile.
fn logged<T>(work: impl FnOnce() -> T) -> (T, String) {
    let log = tempfile::NamedTempFile::new().unwrap();
    let subscriber = tracing_subscriber::fmt().with_writer(log.reopen().unwrap()).finish();
    let done = tracing::subscriber::with_default(subscriber, work);
    (done, std::fs::read_to_string(log.path()).unwrap())
}

#[test]
fn rejects_a_batch_with_a_duplicate_number_or_name() {
    let test_store = test_store::postgres();
    let (store, [mut acme, mut other]) = open(&test_store, ["acme", "other"]);
    acme.commit(vec![
        acme.phone(1, Some(phone("111", "Ravi", &[]))),
        acme.phone(2, Some(phone("222", "Mira", &[]))),
    ]);
    let good = |other: &Book| vec![other.phone(1, Some(phone("111", "Ravi", &[])))];
    for (id, number, name, constraint) in [
        (2, "111", "Mira", "phone_number"),
        (3, "111", "Noor", "phone_number"),
        (2, "222", "RAVI", "phone_name"),
        (3, "333", "rAVI", "phone_name"),
    ] {
        let bad = acme.prepare(vec![acme.phone(id, Some(phone(number, name, &[])))]);
        let batch = [other.prepare(good(&other)), bad];
        let (answer, log) = logged(|| store.commit(&batch, deadline()));
        let is_refused = matches!(&answer,
            Err(CommitError::NothingChanged(StoreError::Damaged(what))) if what.contains(constraint));
        assert!(is_refused, "{answer:?}");
        assert!(log.contains("a bug") && log.contains(constraint), "{log:?}");
        acme.assert_stored();
        other.assert_stored();
    }
    // Another account may have the same number and name.
    other.commit(good(&other));
    other.assert_stored();
    assert_sound(&*store);
}

#[test]
fn rolls_back_a_batch_that_edits_a_missing_phone() {
    let test_store = test_store::postgres();
    let (store, [mut acme, other]) = open(&test_store, ["acme", "other"]);
    acme.commit(acme.nth_phones(1..=3, 0));
    test_store.execute("DELETE FROM phone WHERE id = 2");
    let good = || other.prepare(vec![other.phone(1, Some(nth_phone(1)))]);
    let skill = acme.skill(1, Some("QA"));
    let edit = acme.phone(2, Some(nth_phone(7)));
    for changes in [
        vec![edit.clone()],
        vec![acme.phone(2, None)],
        // Beside a phone that exists, and in a transaction of several statements.
        vec![acme.phone(1, None), acme.phone(2, None)],
        vec![skill, edit],
    ] {
        let answer = store.commit(&[good(), acme.prepare(changes)], deadline());
        let is_refused =
            matches!(&answer, Err(CommitError::NothingChanged(StoreError::Damaged(_))));
        assert!(is_refused, "{answer:?}");
        other.assert_stored();
        let versions = store.versions_of(&[acme.id()]).unwrap();
        assert_eq!(versions, [Some(acme.version())]);
    }
    let phones = test_store.query("SELECT id FROM phone WHERE account_id = 1 ORDER BY id");
    assert_eq!(phones, ["1", "3"]);
    assert_eq!(store.commit(&[good()], deadline()).unwrap(), [Verdict::Committed]);
}

#[test]
fn skips_a_locked_account_without_waiting() {
    let test_store = test_store::postgres();
    let (store, [mut held, mut free]) = open(&test_store, ["held", "free"]);
    let session = Session::start(test_store.url());
    let id = held.id();
    session.execute(&format!(
        "BEGIN; SELECT * FROM account_version WHERE account_id = {id} FOR UPDATE"
    ));
    let changes = |book: &Book, id| -> Vec<Change> { vec![book.phone(id, Some(nth_phone(id)))] };
    for round in 1..=3 {
        let begun = Instant::now();
        let batch = [held.prepare(changes(&held, 1)), free.prepare(changes(&free, round))];
        let verdicts = store.commit(&batch, deadline()).unwrap();
        assert_eq!(verdicts, [Verdict::Stale, Verdict::Committed]);
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
        free.apply(changes(&free, round));
        free.assert_stored();
        held.assert_stored();
    }
    session.execute("ROLLBACK");
    held.commit(changes(&held, 1));
    assert!(held.account.phones.get(PhoneId(1)).is_some());
    held.assert_stored();
}
