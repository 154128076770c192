//! Commits whose reply is lost: the caller gets the true outcome, whatever it is.

use std::thread;

use directory::Change;
use ringbook::store::{AccountCommit, CommitError, Store, Verdict};
use test_postgres::{Mode, Proxy, Server, Settings, until};

use super::{Session, behind_a_proxy, open_with_a_phone};
use crate::book::{Book, ReadOne as _, deadline, nth_phone, origin, profile};
use crate::idempotency::{answer, kept};
use crate::test_store::TestStore;

type Answer = Result<Vec<Verdict>, CommitError>;

/// Calls the store on another thread while `meanwhile` happens.
fn call<T: Send>(work: impl FnOnce() -> T + Send, meanwhile: impl FnOnce()) -> T {
    thread::scope(|scope| {
        let called = scope.spawn(work);
        meanwhile();
        called.join().unwrap()
    })
}

/// Commits while `meanwhile` happens.
fn commit(store: &dyn Store, batch: &[AccountCommit], meanwhile: impl FnOnce()) -> Answer {
    call(|| store.commit(batch, deadline()), meanwhile)
}

fn changes(book: &Book) -> Vec<Change> {
    vec![book.phone(2, Some(nth_phone(2)))]
}

/// The outcome of committing [`changes`] is committed.
#[track_caller]
fn assert_committed(book: &mut Book, answer: &Answer) {
    assert_eq!(*answer.as_ref().unwrap(), [Verdict::Committed]);
    book.apply(changes(book));
}

/// Asserts that it was carried out once: each version has one row.
#[track_caller]
fn assert_once(book: &Book, versions: &[String]) {
    let expected: Vec<_> = (1..=book.version()).map(|version| version.to_string()).collect();
    assert_eq!(versions, expected);
    book.assert_stored();
}

fn versions(test_store: &TestStore) -> Vec<String> {
    test_store.query("SELECT version FROM change ORDER BY version")
}

#[test]
fn reports_committed_when_the_reply_is_lost() {
    for commits_elsewhere in [false, true] {
        let (test_store, proxy, mut book) = behind_a_proxy();
        proxy.set_mode(Mode::HalfClose);
        let answer = commit(&*book.store, &[book.prepare(changes(&book))], || {
            until("it is carried out", || versions(&test_store).len() == 3);
            if commits_elsewhere {
                let mut other = book.load_in(&test_store);
                other.commit(vec![other.phone(2, None)]);
            }
            proxy.set_mode(Mode::Pass);
            proxy.cut();
        });
        assert_committed(&mut book, &answer);
        if commits_elsewhere {
            book.apply(vec![book.phone(2, None)]);
        }
        assert_once(&book, &versions(&test_store));
    }
}

#[test]
fn retries_a_commit_that_was_not_carried_out() {
    let (test_store, proxy, mut book) = behind_a_proxy();
    // These changes take a statement each, and the first reply is lost.
    let several = |book: &Book| vec![book.skill(1, Some("QA")), book.phone(3, Some(nth_phone(3)))];
    for (mode, changes) in [(Mode::BlackHole, changes(&book)), (Mode::HalfClose, several(&book))] {
        proxy.set_mode(mode);
        let answer = commit(&*book.store, &[book.prepare(changes.clone())], || {
            proxy.cut();
            proxy.set_mode(Mode::Pass);
        });
        assert_eq!(answer.unwrap(), [Verdict::Committed], "{mode:?}");
        book.apply(changes);
        assert_once(&book, &versions(&test_store));
    }
}

#[test]
fn commits_once_when_the_connection_breaks_during_a_lock_wait() {
    let (test_store, proxy, mut book) = behind_a_proxy();
    let session = Session::start(test_store.url());
    // The history can be read, and nothing can be added to it.
    session.execute("BEGIN; LOCK TABLE change IN SHARE MODE");
    let waiting = || waiting_for(&test_store, "change");
    let answer = commit(&*book.store, &[book.prepare(changes(&book))], || {
        until("it waits", || waiting().len() == 1);
        let first = waiting();
        proxy.cut();
        // PostgreSQL notices that the client is gone; the second attempt may wait already.
        until("the first is given up", || waiting() != first);
        session.execute("COMMIT");
    });
    assert_committed(&mut book, &answer);
    assert_once(&book, &versions(&test_store));
}

/// The backends that wait for a lock on a table.
fn waiting_for(test_store: &TestStore, table: &str) -> Vec<String> {
    test_store.query(&format!(
        "SELECT pid FROM pg_locks WHERE relation = '{table}'::regclass AND NOT granted"
    ))
}

/// The commit is on the disk and waits for the standby: it cannot be rolled back, and is not visible
/// yet.
#[test]
fn reports_committed_when_the_connection_breaks_during_a_standby_wait() {
    let server = Server::start(&Settings::new());
    let proxy = Proxy::start(server.port());
    let mut book = open_with_a_phone(&proxy.url(&server));
    let standby = server.standby();
    server.require_standby(&standby);
    standby.freeze();
    let is_there = |condition: &str| {
        let sql = "SELECT pid FROM pg_stat_activity WHERE usename = 'ringbook' AND";
        server.query(&format!("{sql} {condition}")).len() == 1
    };
    let answer = commit(&*book.store, &[book.prepare(changes(&book))], || {
        until("it waits for the standby", || is_there("wait_event = 'SyncRep'"));
        proxy.cut();
        until("the second attempt waits for the first", || is_there("wait_event_type = 'Lock'"));
        standby.thaw();
    });
    assert_committed(&mut book, &answer);
    assert_once(&book, &server.query("SELECT version FROM change ORDER BY version"));
}

/// A commit of an idempotency record without changes.
fn answered(book: &Book, key: u8) -> AccountCommit {
    book.prepare_with(vec![], [answer(key, 10, "refused")])
}

/// Another node changes the account.
fn commit_elsewhere(test_store: &TestStore, book: &mut Book) {
    let mut other = book.load_in(test_store);
    other.commit(vec![other.phone(9, Some(nth_phone(9)))]);
    book.account = other.account;
}

#[test]
fn reports_committed_for_a_saved_idempotency_record() {
    let (test_store, proxy, mut book) = behind_a_proxy();
    // Prepares its statements.
    book.store.commit(&[answered(&book, 1)], deadline()).unwrap();
    let session = Session::start(test_store.url());
    session.execute("BEGIN; LOCK TABLE idempotency_record IN SHARE MODE");
    let store = book.store.clone();
    let verdicts = commit(&*store, &[answered(&book, 2)], || {
        until("it waits", || waiting_for(&test_store, "idempotency_record").len() == 1);
        proxy.set_mode(Mode::HalfClose);
        session.execute("COMMIT");
        until("it is carried out", || {
            test_store.query("SELECT 1 FROM idempotency_record").len() == 2
        });
        commit_elsewhere(&test_store, &mut book);
        proxy.set_mode(Mode::Pass);
        proxy.cut();
    });
    assert_eq!(verdicts.unwrap(), [Verdict::Committed]);
    assert_eq!(kept(&*store, book.id(), &[2]), [Some(answer(2, 10, "refused"))]);
    book.assert_stored();
}

#[test]
fn reports_stale_when_the_idempotency_record_was_not_saved() {
    let (test_store, proxy, mut book) = behind_a_proxy();
    proxy.set_mode(Mode::BlackHole);
    let store = book.store.clone();
    let verdicts = commit(&*store, &[answered(&book, 1)], || {
        commit_elsewhere(&test_store, &mut book);
        proxy.cut();
        proxy.set_mode(Mode::Pass);
    });
    assert_eq!(verdicts.unwrap(), [Verdict::Stale]);
    assert_eq!(kept(&*store, book.id(), &[1]), [None]);
    book.assert_stored();
}

#[test]
fn creates_an_account_once_when_the_reply_is_lost() {
    let (test_store, proxy, Book { store, .. }) = behind_a_proxy();
    proxy.set_mode(Mode::HalfClose);
    let (profile, origin) = (profile("zeta"), origin());
    let created = call(
        || store.create_account(&profile, &origin, None, deadline()),
        || {
            until("it is carried out", || test_store.query("SELECT 1 FROM account").len() == 2);
            proxy.set_mode(Mode::Pass);
            proxy.cut();
        },
    );
    let created = created.unwrap().expect("the name was free");
    assert_eq!(store.find_account("zeta").unwrap().unwrap().id, created);
    assert_eq!(versions(&test_store), ["1", "1", "2"]);
}
