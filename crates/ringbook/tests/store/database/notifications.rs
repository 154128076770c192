//! Notifications between nodes about commits.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use directory::AccountId;
use ringbook::store::Store;
use test_postgres::{Server, until};

use super::open;
use crate::book::{Book, nth_phone};
use crate::test_store::{self, TestStore};

/// A second is promised; the rest is for a busy machine.
const NOTIFIED_WITHIN: Duration = Duration::from_secs(30);

/// A handle under a name, and the notifications that it receives.
fn listener(test_store: &TestStore, name: &str) -> (Arc<dyn Store>, Receiver<Vec<AccountId>>) {
    let (sender, received) = channel();
    let name = name_of(test_store, name);
    let store = open(&format!("{}&application_name={name}", test_store.url())).unwrap();
    store.listen(Box::new(move |accounts| sender.send(accounts).unwrap_or_default()));
    until("it listens", || listening(&name).len() == 1);
    (store, received)
}

/// A name that no other test uses.
fn name_of(test_store: &TestStore, name: &str) -> String {
    format!("{}-{name}", test_store.schema())
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
    let test_store = test_store::postgres();
    let ((one, one_received), (other, other_received)) =
        (listener(&test_store, "one"), listener(&test_store, "other"));
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
    let test_store = test_store::postgres();
    let (_store, received) = listener(&test_store, "one");
    let mut acme = Book::new(&test_store.open(), "acme");
    acme.commit(vec![acme.phone(1, Some(nth_phone(1)))]);
    assert_eq!(next(&received), [acme.id()]);
    let name = name_of(&test_store, "one");
    test_store.query(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE application_name = '{name}'"
    ));
    let accounts = received.recv_timeout(NOTIFIED_WITHIN).expect("it connects again");
    assert_eq!(accounts, [], "any may have changed");
}
