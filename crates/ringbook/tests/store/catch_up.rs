//! Catching up with the commits of other processes.

use std::time::Duration;

use directory::{Account, AccountId, PhoneId};
use ringbook::store::{CatchUp, Store};
use test_postgres::within;

use crate::book::{Book, ReadOne as _, open};
use crate::test_store::TestStore;

/// Catches up. On a busy machine many rows may not be read in time.
fn catch_up(store: &dyn Store, id: AccountId, version: u64) -> CatchUp {
    within(Duration::from_mins(1), "the history is read", || store.catch_up(id, version).ok())
}

/// Brings an account up to date as a process that remembers it does; returns the changed phones.
#[track_caller]
pub fn follow(store: &dyn Store, account: &mut Account) -> Vec<PhoneId> {
    let CatchUp::Rows { head, skills, routing, phones, .. } =
        catch_up(store, account.id, account.counters.version)
    else {
        panic!("there are rows");
    };
    assert_eq!(head.id, account.id);
    account.profile = head.profile;
    account.tokens = head.tokens;
    account.keys = head.keys;
    account.counters = head.counters;
    account.follow_skills(skills);
    account.routing = routing.unwrap_or_else(|| account.routing.clone());
    let mut changed = Vec::new();
    for (id, phone) in phones {
        account.set_phone(id, phone);
        changed.push(id);
    }
    changed.sort_unstable();
    changed
}

on!(memory sqlite postgres: returns_reload_for_too_many_changes);
fn returns_reload_for_too_many_changes(test_store: &TestStore) {
    const MANY: u32 = 30_000;
    let (store, [mut book]) = open(test_store, ["acme"]);
    let other = if test_store.is_kept() { test_store.open() } else { store };
    book.commit(book.nth_phones(1..4, 0));
    let before = book.version();
    let mut remembered = book.account.clone();
    book.commit(book.nth_phones(4..MANY, 0));
    let answer = catch_up(&*other, book.id(), before);
    assert!(matches!(answer, CatchUp::Reload), "{answer:?}");

    // A little is followed as before, however much came earlier.
    remembered.clone_from(&book.account);
    book.commit(vec![book.phone(1, None)]);
    assert_eq!(follow(&*other, &mut remembered).len(), 1);

    // Where the history is one for all, it does not matter whose changes lie in between.
    let before = book.version();
    remembered.clone_from(&book.account);
    book.commit(vec![book.phone(2, None)]);
    let mut crowd = Book::new(&book.store, "crowd");
    crowd.commit(crowd.nth_phones(1..MANY, 0));
    if test_store.finds_history_by_account() {
        assert_eq!(follow(&*other, &mut remembered).len(), 1);
    } else {
        let answer = catch_up(&*other, book.id(), before);
        assert!(matches!(answer, CatchUp::Reload), "{answer:?}");
    }
    book.assert_stored_in(&*other);
}
