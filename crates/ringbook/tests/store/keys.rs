//! API keys, when they were used, and the operator's keys.

use directory::{ApiKey, Change, KeyId, KeyName, KeyScope};
use ringbook::store::{CatchUp, OperatorKey};

use crate::book::{Book, nth_phone};
use crate::place::Place;

/// A key that is made by the next change but `later`.
fn key(book: &Book, later: u64, name: &str, scope: KeyScope, expires_us: Option<i64>) -> ApiKey {
    let id = KeyId(book.version() + 1 + later);
    let sha256 = [u8::try_from(id.0).unwrap(); 32];
    ApiKey { id, name: KeyName::parse(name).unwrap(), scope, sha256, created_us: 5, expires_us }
}

fn set(before: Option<&ApiKey>, after: Option<&ApiKey>) -> Change {
    let id = before.or(after).unwrap().id;
    Change::Key { id, before: before.cloned(), after: after.cloned() }
}

pub fn keys_are_kept_until_they_are_deleted(place: &Place) {
    let store = place.open();
    let [mut acme, mut other] = ["acme", "other"].map(|name| Book::new(&store, name));
    let pbx = key(&acme, 0, "PBX \"Süd\" \\ 🌙 [x], 'y'", KeyScope::Routing, Some(i64::MAX));
    let full = key(&acme, 2, "k", KeyScope::Full, None);
    acme.commit(vec![
        set(None, Some(&pbx)),
        acme.phone(1, Some(nth_phone(1))),
        set(None, Some(&full)),
    ]);
    // Another account's keys may have the same ids.
    let read = key(&other, 0, "k", KeyScope::Read, Some(-1));
    other.commit(vec![set(None, Some(&read))]);
    for book in [&acme, &other] {
        book.assert_stored();
    }
    let listed = store.accounts("", usize::MAX).unwrap();
    let counts: Vec<_> = listed.iter().map(|one| (one.head.keys.len(), one.phone_count)).collect();
    assert_eq!(counts, [(2, 1), (1, 0)]);

    let renamed =
        ApiKey { name: KeyName::parse("K").unwrap(), expires_us: Some(9), ..full.clone() };
    acme.commit(vec![set(Some(&full), Some(&renamed)), set(Some(&pbx), None)]);
    acme.assert_stored();
    other.assert_stored();
    assert_eq!(acme.account.keys.iter().collect::<Vec<_>>(), [&renamed]);

    other.commit(vec![Change::AccountDeleted]);
    let again = Book::new(&store, "other");
    again.assert_stored();
    assert_eq!(store.check_integrity().unwrap(), [""; 0]);
}

pub fn keys_are_followed(place: &Place) {
    let store = place.open();
    let mut book = Book::new(&store, "acme");
    let pbx = key(&book, 0, "PBX", KeyScope::Routing, None);
    book.commit(vec![set(None, Some(&pbx))]);
    for change in [set(Some(&pbx), None), set(None, Some(&pbx))] {
        let known = book.version();
        book.commit(vec![change]);
        match store.catch_up(book.id(), known).unwrap() {
            CatchUp::Rows { head, phones, .. } => {
                assert_eq!((head.keys, phones.len()), (book.account.keys.clone(), 0));
            }
            answer => panic!("{answer:?}"),
        }
    }
}

pub fn the_last_use_of_a_key_is_kept(place: &Place) {
    let store = place.open();
    let [mut acme, other] = ["acme", "other"].map(|name| Book::new(&store, name));
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
    assert_eq!(store.key_uses(nobody).unwrap(), []);
    // No version counts it.
    acme.assert_stored();
    acme.commit(vec![set(Some(&pbx), None)]);
    assert_eq!(store.key_uses(a).unwrap(), [(KeyId::MAIN, 2)]);
    acme.commit(vec![Change::AccountDeleted]);
    assert_eq!(store.key_uses(a).unwrap(), []);
    assert_eq!(store.key_uses(b).unwrap(), [(KeyId::MAIN, 4)]);
}

pub fn the_operators_keys_have_names(place: &Place) {
    let store = place.open();
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
