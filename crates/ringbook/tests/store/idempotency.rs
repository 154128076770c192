//! Idempotency records, saved in the transaction of the commit that they are about.

use directory::AccountId;
use ringbook::store::{IdempotencyKey, IdempotencyRecord, Store};

use crate::book::{commit, deadline, open, origin, profile};
use crate::test_store::TestStore;

/// A record with a text, and bytes that are no text.
pub fn answer(key: u8, at_us: i64, text: &str) -> IdempotencyRecord {
    let answer = [text.as_bytes(), &[0, 0xff]].concat();
    IdempotencyRecord { key: [key; 32], request_sha256: [key ^ 0xff; 32], at_us, answer }
}

/// The records of these keys of an account.
pub fn kept(store: &dyn Store, account: AccountId, keys: &[u8]) -> Vec<Option<IdempotencyRecord>> {
    let asked: Vec<(AccountId, IdempotencyKey)> =
        keys.iter().map(|key| (account, [*key; 32])).collect();
    store.idempotency_records(&asked, i64::MIN).unwrap()
}

on!(memory sqlite postgres: returns_records_of_the_requested_keys_since_a_time);
fn returns_records_of_the_requested_keys_since_a_time(test_store: &TestStore) {
    let (store, [a, b]) = open(test_store, ["acme", "other"]);
    let [first, second] = [1, 2].map(|key| answer(key, 10, &format!("answer {key}")));
    let batch = [a.prepare_with(vec![], [first.clone()]), b.prepare_with(vec![], [second.clone()])];
    commit(&*store, &batch);
    let (a_id, b_id) = (a.id(), b.id());
    let keys = [(b_id, [2; 32]), (b_id, [1; 32]), (a_id, [1; 32]), (b_id, [2; 32])];
    let found = store.idempotency_records(&keys, 10).unwrap();
    assert_eq!(found, [Some(second.clone()), None, Some(first), Some(second)]);
    assert_eq!(store.idempotency_records(&keys, 11).unwrap(), [const { None }; 4]);
    assert_eq!(store.idempotency_records(&[], 0).unwrap(), []);

    // Without changes the version stays. The last record of a key replaces the others.
    let newer = answer(1, 20, "newer");
    commit(&*store, &[a.prepare_with(vec![], [answer(1, 15, "older"), newer.clone()])]);
    assert_eq!(kept(&*store, a_id, &[1]), [Some(newer)]);
    a.assert_stored();
}

on!(memory sqlite postgres: saves_a_record_with_a_new_account);
fn saves_a_record_with_a_new_account(test_store: &TestStore) {
    let store = test_store.open();
    let create = |key| {
        let record = answer(key, 10, "created");
        store.create_account(&profile("acme"), &origin(), Some(&record), deadline()).unwrap()
    };
    let id = create(1).expect("the name is free");
    assert_eq!(kept(&*store, id, &[1]), [Some(answer(1, 10, "created"))]);
    assert_eq!(create(2), None);
    assert_eq!(kept(&*store, id, &[1, 2])[1], None, "the name is taken");
    assert_eq!(store.versions_of(&[id]).unwrap(), [Some(1)]);
}
