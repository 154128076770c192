//! A database that is away: callers get an error in time, and the store recovers by itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ringbook::store::{CommitError, StoreError};
use test_postgres::{Mode, until};

use super::behind_a_proxy;
use crate::book::{Book, ReadOne as _, content, deadline, nth_phone, origin, profile};

/// What a busy machine adds.
const BUSY: Duration = Duration::from_secs(10);

const SECOND: Duration = Duration::from_secs(1);

/// A read whose result does not matter.
type Read = fn(&Book) -> Result<(), StoreError>;

/// Asserts that `work` takes at most `limit`.
#[track_caller]
fn in_time<T>(limit: Duration, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = work();
    let took = begun.elapsed();
    assert!(took < limit + BUSY, "it took {took:?}");
    done
}

#[test]
fn fails_within_the_deadline_when_packets_are_dropped() {
    let (test_store, proxy, mut book) = behind_a_proxy();
    let store = Arc::clone(&book.store);
    for round in 2..=3 {
        proxy.set_mode(Mode::BlackHole);
        let changes = vec![book.phone(round, Some(nth_phone(round)))];
        let batch = [book.prepare(changes.clone())];
        let limit = Duration::from_millis(1200);
        let answer = in_time(limit, || store.commit(&batch, Instant::now() + limit));
        assert!(matches!(answer, Err(CommitError::OutcomeUnknown(_))), "{answer:?}");
        // Soon the outage is known, and nothing waits until its deadline.
        until("nothing waits", || {
            let begun = Instant::now();
            let committed = store.commit(&batch, begun + limit).map(drop);
            let created = store.create_account(&profile("zeta"), &origin(), None, begun + limit);
            for answer in [committed, created.map(drop)] {
                assert!(matches!(answer, Err(CommitError::NothingChanged(StoreError::Away(_)))));
            }
            let read = store.versions_of(&[book.id()]);
            assert!(matches!(read, Err(StoreError::Away(_))), "{read:?}");
            begun.elapsed() < limit / 4
        });

        proxy.set_mode(Mode::Pass);
        until("it is back", || store.versions_of(&[book.id()]).is_ok());
        // A packet held back may arrive only now. The commit is carried out once or never.
        let _ = store.commit(&batch, deadline()).unwrap();
        book.apply(changes);
        book.assert_stored();
    }
    let versions = test_store.query("SELECT version FROM change ORDER BY version");
    assert_eq!(versions, ["1", "2", "3", "4"]);
}

#[test]
fn reads_fail_within_a_second_and_recover() {
    let (_place, proxy, book) = behind_a_proxy();
    book.assert_stored();
    let reads: [Read; 5] = [
        |book| book.store.versions_of(&[book.id()]).map(drop),
        |book| book.store.find_account("acme").map(drop),
        |book| book.store.catch_up(book.id(), 1).map(drop),
        |book| book.store.stale(&[(book.id(), 1)]).map(drop),
        |book| book.store.find_account("nobody").map(drop),
    ];
    for read in reads {
        for mode in [Mode::BlackHole, Mode::Refuse, Mode::HalfClose] {
            proxy.set_mode(mode);
            let answer = in_time(SECOND, || read(&book));
            assert!(matches!(answer, Err(StoreError::Away(_))), "{mode:?}: {answer:?}");
            proxy.set_mode(Mode::Pass);
            until("it is back", || read(&book).is_ok());
        }
    }
    book.assert_stored();
}

/// Callers notice nothing.
#[test]
fn replaces_a_connection_that_broke_while_idle() {
    for id in 2..=6 {
        // Each commit has a pool of its own: a cut could break the probe that follows an earlier one,
        // which is a short outage.
        let (_place, proxy, mut book) = behind_a_proxy();
        proxy.cut();
        book.commit(vec![book.phone(id, Some(nth_phone(id)))]);
        proxy.cut();
        until("it is read", || {
            let stored = book.store.load(book.id()).ok().flatten();
            stored.is_some_and(|stored| content(&stored) == content(&book.account))
        });
    }
}
