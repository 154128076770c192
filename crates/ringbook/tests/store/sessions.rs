//! Sessions of the console.

use directory::AccountId;
use ringbook::store::{SESSIONS_MAX, Session, SessionChange};

use crate::book::open;
use crate::test_store::TestStore;

pub fn session(number: u16, account: Option<AccountId>, user_name: Option<&str>) -> Session {
    let mut sha256 = [0; 32];
    sha256[..2].copy_from_slice(&number.to_be_bytes());
    Session {
        sha256,
        account,
        user_name: user_name.map(str::to_owned),
        key_name: "main".to_owned(),
        key_sha256: [7; 32],
        created_us: number.into(),
        expires_us: 1000 + i64::from(number),
        source: "127.0.0.1".to_owned(),
        user_agent: "Browser \u{202e}<b>".to_owned(),
    }
}

on!(memory sqlite postgres: opens_and_ends_sessions);
fn opens_and_ends_sessions(test_store: &TestStore) {
    let (store, [mut acme, other]) = open(test_store, ["acme", "other"]);
    let of_acme = |number| session(number, Some(acme.id()), Some("acme"));
    let operator = session(9, None, None);
    let (own, foreign) = (of_acme(1), session(2, Some(other.id()), Some("other")));
    for session in [&own, &of_acme(3), &foreign, &operator, &own] {
        store.change_sessions(&SessionChange::Open(session.clone())).unwrap();
    }
    assert_eq!(store.session(&own.sha256).unwrap(), Some(own.clone()));
    assert_eq!(store.session(&[5; 32]).unwrap(), None);
    assert_eq!(store.sessions(Some(acme.id())).unwrap(), [of_acme(3), own.clone()]);
    assert_eq!(store.sessions(None).unwrap(), std::slice::from_ref(&operator));

    store.change_sessions(&SessionChange::EndExpired(1002)).unwrap();
    assert_eq!(store.session(&own.sha256).unwrap(), None);
    assert_eq!(store.session(&foreign.sha256).unwrap(), Some(foreign.clone()));

    let last = of_acme(4);
    store.change_sessions(&SessionChange::Open(last.clone())).unwrap();
    let others = SessionChange::EndOthers { account: Some(acme.id()), but: last.sha256 };
    store.change_sessions(&others).unwrap();
    assert_eq!(store.sessions(Some(acme.id())).unwrap(), std::slice::from_ref(&last));
    assert_eq!(store.sessions(Some(other.id())).unwrap(), [foreign]);
    for _ in 0..2 {
        store.change_sessions(&SessionChange::End(operator.sha256)).unwrap();
        assert_eq!(store.sessions(None).unwrap(), []);
    }

    acme.commit(vec![acme.deletion()]);
    assert_eq!(store.session(&last.sha256).unwrap(), None);
}

on!(memory sqlite postgres: bounds_the_sessions_of_an_account);
fn bounds_the_sessions_of_an_account(test_store: &TestStore) {
    let (store, [acme]) = open(test_store, ["acme"]);
    let count = u16::try_from(SESSIONS_MAX).unwrap() + 2;
    for number in 1..=count {
        store
            .change_sessions(&SessionChange::Open(session(number, Some(acme.id()), None)))
            .unwrap();
    }
    store.change_sessions(&SessionChange::Open(session(1000, None, None))).unwrap();
    for account in [None, Some(acme.id())] {
        store.change_sessions(&SessionChange::Bound(account)).unwrap();
        assert_eq!(store.sessions(None).unwrap().len(), 1);
    }
    let left = store.sessions(Some(acme.id())).unwrap();
    let numbers = left.iter().map(|session| session.created_us);
    assert!(numbers.eq((3..=i64::from(count)).rev()));
}
