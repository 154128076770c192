//! When API keys were used, the operator's keys, and when tokens were issued.

use directory::{ApiKey, Change, KeyId, KeyName, KeyScope};
use ringbook::store::OperatorKey;

use crate::book::{Book, open, token};
use crate::test_store::TestStore;

/// A key that is created by the next change, or `later` changes after it.
pub fn key(
    book: &Book,
    later: u64,
    name: &str,
    scope: KeyScope,
    expires_us: Option<i64>,
) -> ApiKey {
    let id = KeyId(book.version() + 1 + later);
    let sha256 = [u8::try_from(id.0).unwrap(); 32];
    ApiKey { id, name: KeyName::parse(name).unwrap(), scope, sha256, created_us: 5, expires_us }
}

pub fn set(before: Option<&ApiKey>, after: Option<&ApiKey>) -> Change {
    let id = before.or(after).unwrap().id;
    Change::Key { id, before: before.cloned(), after: after.cloned() }
}

on!(memory sqlite postgres: keeps_the_last_use_of_a_key);
fn keeps_the_last_use_of_a_key(test_store: &TestStore) {
    let (store, [mut acme, other]) = open(test_store, ["acme", "other"]);
    let pbx = key(&acme, 0, "PBX", KeyScope::Routing, None);
    acme.commit(vec![set(None, Some(&pbx))]);
    let (a, b) = (acme.id(), other.id());
    let nobody = directory::AccountId(99);
    store.note_key_uses(&[]).unwrap();
    let used = [(a, pbx.id, 7), (b, KeyId::MAIN, 3), (a, pbx.id, 5), (nobody, KeyId::MAIN, 1)];
    store.note_key_uses(&used).unwrap();
    store.note_key_uses(&[(a, KeyId::MAIN, 2), (a, pbx.id, 6), (b, KeyId::MAIN, 4)]).unwrap();
    assert_eq!(store.key_uses(a).unwrap(), [(KeyId::MAIN, 2), (pbx.id, 7)]);
    assert_eq!(store.key_uses(b).unwrap(), [(KeyId::MAIN, 4)]);
    // The clock was set forward, and back again.
    store.note_key_uses(&[(b, KeyId::MAIN, 1 << 50)]).unwrap();
    store.note_key_uses(&[(b, KeyId::MAIN, 4)]).unwrap();
    assert_eq!(store.key_uses(b).unwrap(), [(KeyId::MAIN, 4)]);
    assert_eq!(store.key_uses(nobody).unwrap(), []);
    // It raises no version.
    acme.assert_stored();
    acme.commit(vec![set(Some(&pbx), None)]);
    assert_eq!(store.key_uses(a).unwrap(), [(KeyId::MAIN, 2)]);
    acme.commit(vec![acme.deletion()]);
    assert_eq!(store.key_uses(a).unwrap(), []);
    assert_eq!(store.key_uses(b).unwrap(), [(KeyId::MAIN, 4)]);
}

on!(memory sqlite postgres: creates_and_deletes_operator_keys_by_name);
fn creates_and_deletes_operator_keys_by_name(test_store: &TestStore) {
    let store = test_store.open();
    let key = |name: &str, byte, expires_us| OperatorKey {
        name: name.to_owned(),
        sha256: [byte; 32],
        created_us: 5,
        expires_us,
    };
    let (terraform, ansible) = (key("terraform", 1, None), key("Ansible", 2, Some(9)));
    assert_eq!(store.operator_keys().unwrap(), []);
    assert!(store.create_operator_key(&terraform).unwrap());
    assert!(store.create_operator_key(&ansible).unwrap());
    assert!(!store.create_operator_key(&key("terraform", 3, Some(1))).unwrap());
    assert!(!store.create_operator_key(&terraform).unwrap());
    // Sorted bytewise.
    assert_eq!(store.operator_keys().unwrap(), [ansible, terraform.clone()]);
    assert!(!store.delete_operator_key("ansible").unwrap());
    assert!(store.delete_operator_key("Ansible").unwrap());
    assert!(!store.delete_operator_key("Ansible").unwrap());
    assert_eq!(store.operator_keys().unwrap(), [terraform]);
}

on!(memory sqlite postgres: forgets_issues_of_more_than_an_hour_ago);
fn forgets_issues_of_more_than_an_hour_ago(test_store: &TestStore) {
    let mut book = Book::new(&test_store.open(), "acme");
    for minute in [0, 10, 59, 60, 70, 200] {
        book.commit(vec![token(minute.try_into().unwrap(), minute * 60_000_000)]);
        book.assert_stored();
    }
    assert_eq!(book.account.tokens.issued_us, [200 * 60_000_000]);
}
