//! Nodes tell one another what they have committed.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use directory::AccountId;
use ringbook::store::Store;
use test_postgres::{Server, until};

use super::open;
use crate::book::{Book, nth_phone};
use crate::place::{self, Place};

/// A second is promised; the rest is for a machine that is busy with other tests.
const TOLD_WITHIN: Duration = Duration::from_secs(5);

/// A handle under a name, and what it hears.
fn listener(place: &Place, name: &str) -> (Arc<dyn Store>, Receiver<Vec<AccountId>>) {
    let (sender, heard) = channel();
    let name = name_of(place, name);
    let store = open(&format!("{}&application_name={name}", place.url())).unwrap();
    store.listen(Box::new(move |accounts| sender.send(accounts).unwrap_or_default()));
    until("it listens", || listening(&name).len() == 1);
    (store, heard)
}

/// A name that no other test has.
fn name_of(place: &Place, name: &str) -> String {
    format!("{}-{name}", place.schema())
}

/// The backend of the handle that has asked to be told, and nothing since.
fn listening(name: &str) -> Vec<String> {
    Server::shared().query(&format!(
        "SELECT pid FROM pg_stat_activity WHERE application_name = '{name}' AND state = 'idle' \
         AND query LIKE 'LISTEN%'"
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
    let ((one, one_hears), (other, other_hears)) =
        (listener(&place, "one"), listener(&place, "other"));
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
    let (_store, heard) = listener(&place, "one");
    let mut acme = Book::new(&place.open(), "acme");
    acme.commit(vec![acme.phone(1, Some(nth_phone(1)))]);
    assert_eq!(next(&heard), [acme.id()]);
    let name = name_of(&place, "one");
    place.query(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE application_name = '{name}'"
    ));
    let told = heard.recv_timeout(TOLD_WITHIN).expect("it connects again");
    assert_eq!(told, [], "any may have changed");
}
