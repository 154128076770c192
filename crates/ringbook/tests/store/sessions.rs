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

on!(memory sqlite postgres: opens_prolongs_and_ends_sessions);
fn opens_prolongs_and_ends_sessions(test_store: &TestStore) {
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

    let prolong = SessionChange::Prolong { sha256: own.sha256, expires_us: 5000 };
    assert_eq!(store.change_sessions(&prolong).unwrap(), 1);
    let prolonged = Session { expires_us: 5000, ..own.clone() };
    assert!(!store.has_expired_sessions(1002).unwrap());
    assert!(store.has_expired_sessions(1003).unwrap());
    assert_eq!(store.change_sessions(&SessionChange::EndExpired(1004)).unwrap(), 2);
    assert_eq!(store.sessions(Some(acme.id())).unwrap(), std::slice::from_ref(&prolonged));

    store.change_sessions(&SessionChange::Open(of_acme(4))).unwrap();
    let others = SessionChange::EndAll { account: Some(acme.id()), but: Some(own.sha256) };
    assert_eq!(store.change_sessions(&others).unwrap(), 1);
    assert_eq!(store.sessions(Some(acme.id())).unwrap(), [prolonged]);
    let end = SessionChange::End(operator.sha256);
    assert_eq!([1, 0].map(|_| store.change_sessions(&end).unwrap()), [1, 0]);
    assert_eq!(store.sessions(None).unwrap(), []);

    acme.commit(vec![acme.deletion()]);
    assert_eq!(store.session(&own.sha256).unwrap(), None);
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
    assert_eq!(store.change_sessions(&SessionChange::Bound(Some(acme.id()))).unwrap(), 2);
    assert_eq!(store.change_sessions(&SessionChange::Bound(None)).unwrap(), 0);
    let left = store.sessions(Some(acme.id())).unwrap();
    let numbers = left.iter().map(|session| session.created_us);
    assert!(numbers.eq((3..=i64::from(count)).rev()));
}
