//! Errors after which a commit may or may not have been carried out: the caller gets the truth.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use ringbook::store::{CommitError, Verdict};

use super::behind_a_proxy;
use crate::book::{Book, ReadOne as _, deadline, nth_phone, origin, profile};

/// Errors that a distributed database, a pooler or a failing disk may report after a commit.
const IN_DOUBT: [(&str, &str); 10] = [
    ("ERROR", "08000"),
    ("ERROR", "08006"),
    ("ERROR", "08007"),
    ("ERROR", "40003"),
    ("ERROR", "57P02"),
    ("ERROR", "58030"),
    ("ERROR", "XX000"),
    ("ERROR", "XX001"),
    ("FATAL", "57P01"),
    ("PANIC", "53100"),
];

/// What only a commit sends: the source of a change.
const COMMIT: &str = "cli:asha";

#[test]
fn reports_committed_when_an_error_takes_the_place_of_the_reply() {
    let (test_store, proxy, mut acme) = behind_a_proxy();
    let mut other = Book::new(&acme.store, "other");
    for (n, (severity, sqlstate)) in (2..).zip(IN_DOUBT) {
        let [mine, others] = [&acme, &other].map(|book| vec![book.phone(n, Some(nth_phone(n)))]);
        let mut late = other.prepare(others);
        late.changes[0].origin.at_us += 1;
        // Another node is first.
        let mut elsewhere = other.load_in(&test_store);
        elsewhere.commit(elsewhere.nth_phones([n], 100));
        other.account = elsewhere.account;
        proxy.fail_reply(COMMIT, severity, sqlstate);
        let answer = acme.store.commit(&[acme.prepare(mine.clone()), late], deadline());
        assert_eq!(answer.unwrap(), [Verdict::Committed, Verdict::Stale], "{severity} {sqlstate}");
        acme.apply(mine);
        acme.assert_stored();
        other.assert_stored();
    }
}

#[test]
fn reports_nothing_changed_when_a_commit_was_refused() {
    let (test_store, _proxy, mut book) = behind_a_proxy();
    let certain = ["0A000", "22000", "23514", "40001", "53100", "53200", "54000", "P0001"];
    let in_doubt = IN_DOUBT.iter().map(|(_, sqlstate)| *sqlstate);
    for sqlstate in in_doubt.chain(certain) {
        test_store.execute(&format!(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             RAISE 'at the commit' USING ERRCODE = '{sqlstate}'; END $$; \
             CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON change \
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail()"
        ));
        // In one statement, and in a transaction of several.
        for changes in [vec![book.phone(2, Some(nth_phone(2)))], vec![book.skill(1, Some("QA"))]] {
            let answer = book.store.commit(&[book.prepare(changes)], deadline());
            let is_refused = matches!(answer, Err(CommitError::NothingChanged(_)));
            assert!(is_refused, "{sqlstate}: {answer:?}");
        }
        test_store.execute("DROP FUNCTION fail CASCADE");
    }
    book.commit(vec![book.phone(2, Some(nth_phone(2)))]);
    book.assert_stored();
}

#[test]
fn reports_an_unknown_outcome_when_the_history_cannot_be_read() {
    let (test_store, proxy, book) = behind_a_proxy();
    // Nobody listens there any more.
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    proxy.set_target(nowhere);
    proxy.fail_reply(COMMIT, "ERROR", "XX000");
    let changes = vec![book.phone(2, Some(nth_phone(2)))];
    let soon = Instant::now() + Duration::from_secs(1);
    let answer = book.store.commit(&[book.prepare(changes)], soon);
    assert!(matches!(answer, Err(CommitError::OutcomeUnknown(_))), "{answer:?}");
    assert_eq!(test_store.query("SELECT count(*) FROM change"), ["3"]);
}

#[test]
fn creates_an_account_once_when_an_error_takes_the_place_of_the_reply() {
    let (test_store, proxy, Book { store, .. }) = behind_a_proxy();
    // Prepares its statement.
    store.create_account(&profile("first"), &origin(), None, deadline()).unwrap();
    proxy.fail_reply(COMMIT, "ERROR", "08006");
    let created = store.create_account(&profile("zeta"), &origin(), None, deadline()).unwrap();
    let found = store.find_account("zeta").unwrap().map(|head| head.id);
    assert!(created.is_some() && created == found, "{created:?} {found:?}");
    assert_eq!(test_store.query("SELECT count(*) FROM account"), ["3"]);
}
