//! Notifications between nodes about commits.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use directory::AccountId;
use ringbook::store::Store;
use test_postgres::{Server, until};

use super::open;
use crate::book::{Book, nth_phone};
use crate::place::{self, Place};

/// A second is promised; the rest is for a busy machine.
const NOTIFIED_WITHIN: Duration = Duration::from_secs(5);

/// A handle under a name, and the notifications that it receives.
fn listener(place: &Place, name: &str) -> (Arc<dyn Store>, Receiver<Vec<AccountId>>) {
    let (sender, received) = channel();
    let name = name_of(place, name);
    let store = open(&format!("{}&application_name={name}", place.url())).unwrap();
    store.listen(Box::new(move |accounts| sender.send(accounts).unwrap_or_default()));
    until("it listens", || listening(&name).len() == 1);
    (store, received)
}

/// A name that no other test uses.
fn name_of(place: &Place, name: &str) -> String {
    format!("{}-{name}", place.schema())
}

/// The backend of the handle, if it listens and is idle.
fn listening(name: &str) -> Vec<String> {
    Server::shared().query(&format!(
        "SELECT pid FROM pg_stat_activity WHERE application_name = '{name}' AND state = 'idle' \
         AND query LIKE 'LISTEN%'"
    ))
}

/// The accounts of the next notification that names any.
fn next(received: &Receiver<Vec<AccountId>>) -> Vec<AccountId> {
    loop {
        let accounts = received.recv_timeout(NOTIFIED_WITHIN).expect("notified in time");
        if !accounts.is_empty() {
            return accounts;
        }
    }
}

#[test]
fn notifies_other_nodes_and_not_the_committing_one() {
    let place = place::postgres();
    let ((one, one_received), (other, other_received)) =
        (listener(&place, "one"), listener(&place, "other"));
    let [mut acme, mut zeta] = ["acme", "zeta"].map(|name| Book::new(&one, name));
    acme.commit(vec![acme.phone(1, Some(nth_phone(1)))]);
    assert_eq!(next(&other_received), [acme.id()]);
    // A commit without changes notifies nobody, and no node gets its own commits.
    acme.commit(vec![]);
    zeta.store = Arc::clone(&other);
    zeta.commit(vec![zeta.phone(1, Some(nth_phone(1)))]);
    assert_eq!(next(&one_received), [zeta.id()]);
    acme.commit(vec![acme.phone(1, None)]);
    assert_eq!(next(&other_received), [acme.id()]);
    for received in [one_received, other_received] {
        assert!(received.try_iter().all(|accounts| accounts.is_empty()));
    }
}

#[test]
fn notifies_of_any_account_after_a_reconnect() {
    let place = place::postgres();
    let (_store, received) = listener(&place, "one");
    let mut acme = Book::new(&place.open(), "acme");
    acme.commit(vec![acme.phone(1, Some(nth_phone(1)))]);
    assert_eq!(next(&received), [acme.id()]);
    let name = name_of(&place, "one");
    place.query(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE application_name = '{name}'"
    ));
    let accounts = received.recv_timeout(NOTIFIED_WITHIN).expect("it connects again");
    assert_eq!(accounts, [], "any may have changed");
}
