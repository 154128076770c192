//! Accounts: made, found, listed, deleted.

use directory::{AccountId, ApiAuthentication, Change, Counters};

use crate::book::{Book, deadline, origin, phone, profile, seen};
use crate::place::Place;

pub fn a_new_account_is_found_under_its_name(place: &Place) {
    let store = place.open();
    assert!(store.find_account("acme").unwrap().is_none());
    assert!(store.account_ids().unwrap().is_empty() && store.accounts("", 9).unwrap().is_empty());

    let mut acme = Book::new(&store, "acme");
    acme.assert_stored();
    assert_eq!(acme.account.counters, Counters::NEW);
    // Names are compared exactly, and no part of one is enough.
    for other in ["ACME", "acm", "acme ", "acme2", "a%", ""] {
        assert!(store.find_account(other).unwrap().is_none(), "{other:?}");
    }
    let again = store.create_account(&profile("acme"), &origin(), None, deadline());
    assert!(again.unwrap().is_none());
    acme.assert_stored();

    let shouting = Book::new(&store, "ACME");
    assert_ne!(shouting.id(), acme.id());
    shouting.assert_stored();
    let mut ids = [acme.id(), shouting.id()];
    ids.sort_unstable();
    assert_eq!(store.account_ids().unwrap(), ids);
    let nobody = AccountId(99);
    assert!(store.load(nobody).unwrap().is_none());
    // In the order in which they are asked for, also twice.
    acme.commit(vec![acme.skill(1, Some("QA"))]);
    let asked = [shouting.id(), nobody, acme.id(), shouting.id()];
    assert_eq!(store.versions_of(&asked).unwrap(), [Some(1), None, Some(2), Some(1)]);
    assert_eq!(store.versions_of(&[]).unwrap(), []);
}

pub fn accounts_are_listed_by_name_with_their_counts(place: &Place) {
    let store = place.open();
    let [mut zeta, acme] = ["zeta", "acme"].map(|name| Book::new(&store, name));
    zeta.commit(vec![
        zeta.skill(1, Some("General")),
        zeta.phone(1, Some(phone("111", "Ravi", &[(1, 1)]))),
        zeta.phone(2, Some(phone("222", "Mira", &[(1, 2)]))),
        zeta.profile(|profile| {
            profile.api_key_sha256 = [8; 32];
            profile.api_authentication = ApiAuthentication::TokenAuth;
            profile.phone_number_limit = 3;
        }),
    ]);
    zeta.assert_stored();
    let listed = store.accounts("", usize::MAX).unwrap();
    let counts: Vec<_> = listed
        .iter()
        .map(|account| {
            let (head, phones) = (&account.head, account.phone_count);
            (head.id, head.profile.clone(), head.counters, phones, account.skill_count)
        })
        .collect();
    let expected = [
        (acme.id(), acme.account.profile, acme.account.counters, 0, 0),
        (zeta.id(), zeta.account.profile, zeta.account.counters, 2, 1),
    ];
    assert_eq!(counts, expected);
    for (above, rows_max, names) in
        [("", 1, &["acme"][..]), ("acme", 9, &["zeta"]), ("b", 1, &["zeta"]), ("zeta", 9, &[])]
    {
        let page = store.accounts(above, rows_max).unwrap();
        let found: Vec<_> = page.iter().map(|one| one.head.profile.user_name.as_str()).collect();
        assert_eq!(found, names, "{rows_max} above {above:?}");
    }
}

pub fn a_deleted_account_is_gone_and_gives_its_id_to_no_other(place: &Place) {
    let store = place.open();
    let [mut acme, mut other] = ["acme", "other"].map(|name| Book::new(&store, name));
    for book in [&mut acme, &mut other] {
        book.commit(vec![
            book.skill(1, Some("General")),
            book.phone(1, Some(phone("111", "Ravi", &[(1, 1)]))),
        ]);
    }
    // The last one made, so that a counter that looks at what is there would give its id again.
    let mut last = Book::new(&store, "last");
    last.commit(vec![Change::AccountDeleted]);
    acme.commit(vec![Change::AccountDeleted]);

    for gone in [&acme, &last] {
        let user_name = gone.account.profile.user_name.as_str();
        assert!(store.find_account(user_name).unwrap().is_none());
        assert!(store.load(gone.id()).unwrap().is_none());
        assert_eq!(store.versions_of(&[gone.id()]).unwrap(), [None]);
    }
    assert_eq!(store.account_ids().unwrap(), [other.id()]);
    let versions = store.versions_of(&[acme.id(), other.id(), last.id()]).unwrap();
    assert_eq!(versions, [None, Some(other.version()), None]);
    other.assert_stored();

    let again = Book::new(&store, "acme");
    assert!(again.id() > last.id(), "{} is not after {}", again.id(), last.id());
    let stored = store.load(again.id()).unwrap().unwrap();
    assert_eq!(seen(&stored), seen(&again.account), "nothing of the one before is left");
    assert_eq!(store.check_integrity().unwrap(), [""; 0]);
}
