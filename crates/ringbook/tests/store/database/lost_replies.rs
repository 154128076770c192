//! Commits whose reply is lost: carried out or not, the caller gets the true outcome.

use std::sync::Arc;
use std::thread;

use directory::Change;
use ringbook::store::{AccountCommit, CommitError, Store, Verdict};
use test_postgres::{Mode, Proxy, Server, Settings, until};

use super::{Session, open};
use crate::answers::{answer, kept};
use crate::book::{Book, deadline, nth_phone, origin, profile};
use crate::place::{self, Place};

type Answer = Result<Vec<Verdict>, CommitError>;

/// A store behind a network, with an account of one phone. Its statements are prepared, so that the
/// next commit is all that goes over the network.
fn store(url: &str) -> Book {
    let mut book = Book::new(&open(url).unwrap(), "acme");
    book.commit(vec![book.phone(1, Some(nth_phone(1)))]);
    book
}

/// A place on the shared server, a network before it, and a store behind that.
fn behind_a_network() -> (Place, Proxy, Book) {
    let place = place::postgres();
    let proxy = Proxy::start(Server::shared().port());
    let book = store(&proxy.route(place.url()));
    (place, proxy, book)
}

fn changes(book: &Book) -> Vec<Change> {
    vec![book.phone(2, Some(nth_phone(2)))]
}

/// Commits while `meanwhile` happens.
fn commit(book: &Book, batch: &[AccountCommit], meanwhile: impl FnOnce()) -> Answer {
    let store = Arc::clone(&book.store);
    thread::scope(|scope| {
        let committed = scope.spawn(move || store.commit(batch, deadline()));
        meanwhile();
        committed.join().unwrap()
    })
}

/// Asserts that it was carried out once: each version has one row.
fn assert_once(book: &Book, versions: &[String]) {
    let expected: Vec<_> = (1..=book.version()).map(|version| version.to_string()).collect();
    assert_eq!(versions, expected);
    book.assert_stored();
}

/// Commits, and loses the reply after the commit was carried out and `meanwhile` has run. Asserts that
/// the outcome is committed all the same.
#[track_caller]
fn lose_the_reply(place: &Place, proxy: &Proxy, book: &mut Book, meanwhile: impl FnOnce()) {
    proxy.set_mode(Mode::HalfClose);
    let answer = commit(book, &[book.prepare(changes(book))], || {
        until("it is carried out", || versions(place).len() == 3);
        meanwhile();
        proxy.set_mode(Mode::Pass);
        proxy.cut();
    });
    assert_committed(book, &answer);
}

#[track_caller]
fn assert_committed(book: &mut Book, answer: &Answer) {
    assert_eq!(*answer.as_ref().unwrap(), [Verdict::Committed]);
    book.apply(changes(book));
}

fn versions(place: &Place) -> Vec<String> {
    place.query("SELECT version FROM change ORDER BY version")
}

#[test]
fn reports_committed_when_the_reply_is_lost() {
    let (place, proxy, mut book) = behind_a_network();
    lose_the_reply(&place, &proxy, &mut book, || {});
    assert_once(&book, &versions(&place));
}

#[test]
fn reports_committed_when_others_have_committed_since() {
    let (place, proxy, mut book) = behind_a_network();
    let id = book.id();
    lose_the_reply(&place, &proxy, &mut book, || {
        let store = place.open();
        let account = store.load(id).unwrap().unwrap();
        let mut other = Book { store, account };
        other.commit(vec![other.phone(2, None)]);
    });
    book.apply(vec![book.phone(2, None)]);
    assert_once(&book, &versions(&place));
}

#[test]
fn retries_a_commit_that_was_not_carried_out() {
    let (place, proxy, mut book) = behind_a_network();
    // These changes take a statement each, and the first reply is lost.
    let several = |book: &Book| vec![book.skill(1, Some("QA")), book.phone(3, Some(nth_phone(3)))];
    for (mode, changes) in [(Mode::BlackHole, changes(&book)), (Mode::HalfClose, several(&book))] {
        proxy.set_mode(mode);
        let answer = commit(&book, &[book.prepare(changes.clone())], || {
            proxy.cut();
            proxy.set_mode(Mode::Pass);
        });
        assert_eq!(answer.unwrap(), [Verdict::Committed], "{mode:?}");
        book.apply(changes);
        assert_once(&book, &versions(&place));
    }
}

#[test]
fn commits_once_when_the_connection_breaks_during_a_lock_wait() {
    let (place, proxy, mut book) = behind_a_network();
    let session = Session::start(place.url());
    // The history can be read, and nothing can be added to it.
    session.execute("BEGIN; LOCK TABLE change IN SHARE MODE");
    let waiting = || {
        let sql = "SELECT pid FROM pg_locks WHERE relation = 'change'::regclass AND NOT granted";
        place.query(sql)
    };
    let answer = commit(&book, &[book.prepare(changes(&book))], || {
        until("it waits", || waiting().len() == 1);
        let first = waiting();
        proxy.cut();
        // PostgreSQL notices that the client is gone; the second attempt may wait already.
        until("the first is given up", || waiting() != first);
        session.execute("COMMIT");
    });
    assert_committed(&mut book, &answer);
    assert_once(&book, &versions(&place));
}

/// The commit is on the disk and waits for the standby: it cannot be rolled back, and is not visible
/// yet.
#[test]
fn reports_committed_when_the_connection_breaks_during_a_standby_wait() {
    let server = Server::start(&Settings::new());
    let proxy = Proxy::start(server.port());
    let mut book = store(&proxy.url(&server));
    let standby = server.standby();
    server.require_standby(&standby);
    standby.freeze();
    let waiting = |event: &str| {
        let sql = "SELECT pid FROM pg_stat_activity WHERE usename = 'ringbook' AND wait_event =";
        server.query(&format!("{sql} '{event}'")).len()
    };
    let answer = commit(&book, &[book.prepare(changes(&book))], || {
        until("it waits for the standby", || waiting("SyncRep") == 1);
        proxy.cut();
        let asking = "SELECT pid FROM pg_stat_activity WHERE usename = 'ringbook' \
                      AND query LIKE '%FROM change WHERE account_id = $1 AND version = $2%'";
        until("the second attempt looks for the first", || server.query(asking).len() == 1);
        standby.thaw();
    });
    assert_committed(&mut book, &answer);
    assert_once(&book, &server.query("SELECT version FROM change ORDER BY version"));
}

/// A commit of an idempotency record without changes.
fn answered(book: &Book, key: u8) -> AccountCommit {
    AccountCommit { answers: vec![answer(key, 10, "refused")], ..book.prepare(vec![]) }
}

/// Another node changes the account.
fn commit_elsewhere(place: &Place, book: &mut Book) {
    let store = place.open();
    let account = store.load(book.id()).unwrap().unwrap();
    let mut other = Book { store, account };
    other.commit(vec![other.phone(9, Some(nth_phone(9)))]);
    book.account = other.account;
}

#[test]
fn reports_committed_for_a_saved_idempotency_record() {
    let (place, proxy, mut book) = behind_a_network();
    // Prepares its statements.
    book.store.commit(&[answered(&book, 1)], deadline()).unwrap();
    let session = Session::start(place.url());
    session.execute("BEGIN; LOCK TABLE idempotency_record IN SHARE MODE");
    let batch = [answered(&book, 2)];
    let store = Arc::clone(&book.store);
    let verdicts = thread::scope(|scope| {
        let committed = scope.spawn(|| store.commit(&batch, deadline()));
        let waiting = "SELECT pid FROM pg_locks \
                       WHERE relation = 'idempotency_record'::regclass AND NOT granted";
        until("it waits", || place.query(waiting).len() == 1);
        proxy.set_mode(Mode::HalfClose);
        session.execute("COMMIT");
        until("it is carried out", || place.query("SELECT 1 FROM idempotency_record").len() == 2);
        commit_elsewhere(&place, &mut book);
        proxy.set_mode(Mode::Pass);
        proxy.cut();
        committed.join().unwrap()
    });
    assert_eq!(verdicts.unwrap(), [Verdict::Committed]);
    assert_eq!(kept(&*store, book.id(), &[2]), [Some(answer(2, 10, "refused"))]);
    book.assert_stored();
}

#[test]
fn reports_stale_when_the_idempotency_record_was_not_saved() {
    let (place, proxy, mut book) = behind_a_network();
    proxy.set_mode(Mode::BlackHole);
    let batch = [answered(&book, 1)];
    let store = Arc::clone(&book.store);
    let verdicts = thread::scope(|scope| {
        let committed = scope.spawn(|| store.commit(&batch, deadline()));
        commit_elsewhere(&place, &mut book);
        proxy.cut();
        proxy.set_mode(Mode::Pass);
        committed.join().unwrap()
    });
    assert_eq!(verdicts.unwrap(), [Verdict::Stale]);
    assert_eq!(kept(&*store, book.id(), &[1]), [None]);
    book.assert_stored();
}

#[test]
fn creates_an_account_once_when_the_reply_is_lost() {
    let place = place::postgres();
    let proxy = Proxy::start(Server::shared().port());
    let store: Arc<dyn Store> = open(&proxy.route(place.url())).unwrap();
    Book::new(&store, "acme");
    proxy.set_mode(Mode::HalfClose);
    let made = thread::scope(|scope| {
        let made =
            scope.spawn(|| store.create_account(&profile("zeta"), &origin(), None, deadline()));
        until("it is carried out", || place.query("SELECT 1 FROM account").len() == 2);
        proxy.set_mode(Mode::Pass);
        proxy.cut();
        made.join().unwrap()
    });
    let made = made.unwrap().expect("the name was free");
    assert_eq!(store.find_account("zeta").unwrap().unwrap().id, made);
    assert_eq!(versions(&place), ["1", "1"]);
}
