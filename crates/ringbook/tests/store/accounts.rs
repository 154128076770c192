//! Creating, finding and listing accounts.

use directory::{AccountId, ApiAuthentication, Counters, KeyScope};

use crate::book::{Book, ReadOne as _, deadline, open, origin, phone, profile};
use crate::keys::{key, set};
use crate::test_store::TestStore;

on!(memory sqlite postgres: finds_an_account_by_its_exact_name);
fn finds_an_account_by_its_exact_name(test_store: &TestStore) {
    let store = test_store.open();
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

on!(memory sqlite postgres: lists_accounts_by_name_with_their_counts);
fn lists_accounts_by_name_with_their_counts(test_store: &TestStore) {
    let (store, [mut zeta, acme]) = open(test_store, ["zeta", "acme"]);
    zeta.commit(vec![
        zeta.skill(1, Some("General")),
        zeta.phone(1, Some(phone("111", "Ravi", &[(1, 1)]))),
        zeta.phone(2, Some(phone("222", "Mira", &[(1, 2)]))),
        set(None, Some(&key(&zeta, 3, "PBX", KeyScope::Read, None))),
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
        .map(|account| account.as_ref().unwrap())
        .map(|account| {
            let (head, phones) = (&account.head, account.phone_count);
            (
                (head.id, head.profile.clone(), head.counters, head.keys.clone()),
                phones,
                account.skill_count,
            )
        })
        .collect();
    let expected = [
        ((acme.id(), acme.account.profile, acme.account.counters, acme.account.keys), 0, 0),
        ((zeta.id(), zeta.account.profile, zeta.account.counters, zeta.account.keys), 2, 1),
    ];
    assert_eq!(counts, expected);
    for (above, rows_max, names) in
        [("", 1, &["acme"][..]), ("acme", 9, &["zeta"]), ("b", 1, &["zeta"]), ("zeta", 9, &[])]
    {
        let page = store.accounts(above, rows_max).unwrap();
        let found: Vec<_> =
            page.iter().flatten().map(|one| one.head.profile.user_name.as_str()).collect();
        assert_eq!(found, names, "{rows_max} above {above:?}");
    }
}
