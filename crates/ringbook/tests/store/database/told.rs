//! Nodes tell one another what they have committed.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use directory::AccountId;
use ringbook::store::Store;
use test_postgres::until;

use crate::book::{Book, nth_phone};
use crate::place::{self, Place};

/// A second is promised; the rest is for a machine that is busy with other tests.
const TOLD_WITHIN: Duration = Duration::from_secs(5);

/// A handle and what it hears, from the moment on at which it has told that anything may have
/// changed.
fn listener(place: &Place) -> (Arc<dyn Store>, Receiver<Vec<AccountId>>) {
    let (sender, heard) = channel();
    let before = listening(place).len();
    let store = place.open();
    store.listen(Box::new(move |accounts| sender.send(accounts).unwrap_or_default()));
    until("it listens", || listening(place).len() > before);
    (store, heard)
}

/// The backends that have asked to be told, and were not used since.
fn listening(place: &Place) -> Vec<String> {
    place.query(&format!(
        "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%{}\"' AND state = 'idle'",
        place.schema()
    ))
}

/// The next accounts that are named.
fn next(heard: &Receiver<Vec<AccountId>>) -> Vec<AccountId> {
    loop {
        let accounts = heard.recv_timeout(TOLD_WITHIN).expect("it is told in time");
        if !accounts.is_empty() {
            return accounts;
        }
    }
}

#[test]
fn a_listener_hears_of_others_commits_and_of_none_of_its_own() {
    let place = place::postgres();
    let ((one, one_hears), (other, other_hears)) = (listener(&place), listener(&place));
    let [mut acme, mut zeta] = ["acme", "zeta"].map(|name| Book::new(&one, name));
    acme.commit(vec![acme.phone(1, Some(nth_phone(1)))]);
    assert_eq!(next(&other_hears), [acme.id()]);
    // What changes nothing is nothing to tell; and what is one's own is told to others only.
    acme.commit(vec![]);
    zeta.store = Arc::clone(&other);
    zeta.commit(vec![zeta.phone(1, Some(nth_phone(1)))]);
    assert_eq!(next(&one_hears), [zeta.id()]);
    acme.commit(vec![acme.phone(1, None)]);
    assert_eq!(next(&other_hears), [acme.id()]);
    for heard in [one_hears, other_hears] {
        assert!(heard.try_iter().all(|accounts| accounts.is_empty()));
    }
}

#[test]
fn what_may_have_been_missed_is_looked_for() {
    let place = place::postgres();
    let (_store, heard) = listener(&place);
    heard.try_iter().for_each(drop);
    let backends = listening(&place);
    assert_eq!(backends.len(), 1);
    place.query(&format!("SELECT pg_terminate_backend({})", backends[0]));
    let told = heard.recv_timeout(TOLD_WITHIN).expect("it connects again");
    assert_eq!(told, [], "any may have changed");
}
