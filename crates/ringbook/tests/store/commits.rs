//! Commits: what they write, what others see of them, and what they must not write.

use std::collections::BTreeSet;
use std::sync::Arc;

use directory::{
    Account, AccountId, ApiAuthentication, ApiKey, Change, KeyName, KeyScope, PhoneId,
};
use ringbook::store::{AccountCommit, CatchUp, CommitError, StoreError, Verdict};

use crate::book::{
    Book, ReadOne as _, assert_sound, commit, content, deadline, nth_phone, open, phone, token,
};
use crate::catch_up::follow;
use crate::idempotency::{answer, kept};
use crate::keys::{key, set};
use crate::test_store::TestStore;

const MINUTE_US: i64 = 60_000_000;

/// The changes of one commit after the other.
const STEPS: [fn(&Book) -> Vec<Change>; 10] = [
    |book| {
        vec![
            book.skill(1, Some("General")),
            book.skill(2, Some("Nacht-Schicht \"Süd\" 🌙 'x'")),
            book.phone(1, Some(phone("+919876543210", "Ravi", &[(2, 5), (1, 9_999_999_999)]))),
            book.phone(2, Some(phone("0000000000000000", "Mira.K@x-1_2", &[]))),
        ]
    },
    // A number and a name change hands.
    |book| {
        let [ravi, mira] = [1, 2].map(|id| book.account.phones.get(PhoneId(id)).cloned());
        vec![
            book.phone(1, Some(phone("111", "Noor", &[(1, 1)]))),
            book.phone(2, ravi),
            book.phone(3, mira),
            book.skill(2, Some("Night")),
            book.profile(|profile| profile.phone_number_limit = 0),
        ]
    },
    |book| vec![book.skill(3, Some("QA")), book.skill(2, Some("Sell"))],
    |book| {
        vec![
            book.phone(4, Some(phone("444", "Omar", &[(1, 3)]))),
            book.phone(2, Some(phone("225", "Mira", &[(1, 2)]))),
        ]
    },
    |book| {
        vec![
            book.phone(2, Some(phone("226", "Mira", &[(2, 1)]))),
            book.phone(3, None),
            book.phone(5, Some(nth_phone(5))),
            book.skill(1, Some("Everything")),
        ]
    },
    |book| {
        let after = ApiAuthentication::TokenAuth;
        vec![book.phone(5, None), book.profile(|profile| profile.api_authentication = after)]
    },
    |book| {
        let edit = book.phone(1, Some(phone("112", "Noor", &[])));
        vec![token(1, MINUTE_US), token(2, 2 * MINUTE_US), edit, token(3, 3 * MINUTE_US)]
    },
    |book| {
        let name = "PBX \"Süd\" \\ 🌙 [x], 'y'";
        let pbx = key(book, 0, name, KeyScope::Routing, Some(i64::MAX));
        let full = key(book, 2, "k", KeyScope::Full, None);
        vec![set(None, Some(&pbx)), book.phone(6, Some(nth_phone(6))), set(None, Some(&full))]
    },
    |book| {
        let keys: Vec<_> = book.account.keys.iter().cloned().collect();
        let [pbx, full] = &keys[..] else { panic!("there are two keys") };
        let name = KeyName::parse("K").unwrap();
        let renamed = ApiKey { name, expires_us: Some(9), ..full.clone() };
        vec![set(Some(full), Some(&renamed)), set(Some(pbx), None)]
    },
    |book| {
        [1, 2, 4, 6]
            .map(|id| book.phone(id, None))
            .into_iter()
            .chain([book.skill(1, None)])
            .collect()
    },
];

on!(memory sqlite postgres: saves_each_kind_of_change_and_skips_stale_accounts);
/// Two accounts have the same phones, skills and keys. Before each commit the same commit is tried
/// with an old version; after it, whoever remembers an earlier version catches up.
fn saves_each_kind_of_change_and_skips_stale_accounts(test_store: &TestStore) {
    let (store, [mut other, mut acme]) = open(test_store, ["other", "acme"]);
    let elsewhere = if test_store.is_kept() { test_store.open() } else { Arc::clone(&store) };
    let nobody = AccountId(99);
    // The account before each commit, and the phones that have changed since.
    let mut past: Vec<(Account, BTreeSet<PhoneId>)> = Vec::new();
    for (step, n) in STEPS.into_iter().zip(1_u8..) {
        let (changes, others) = (step(&acme), step(&other));
        let [first, second] = [n, 100 + n].map(|key| answer(key, 10, "saved"));
        let stale = |changes| {
            let stale = acme.prepare_with(changes, [first.clone()]);
            AccountCommit { expected_version: acme.version() - 1, ..stale }
        };
        let missing = |changes| AccountCommit { id: nobody, ..acme.prepare_with(changes, []) };
        let (now, is_stale) = (acme.prepare(vec![]), Verdict::Stale);
        let batch = [now, stale(vec![]), missing(vec![]), other.prepare(vec![])];
        let verdicts = store.commit(&batch, deadline()).unwrap();
        assert_eq!(verdicts, [Verdict::Committed, is_stale, is_stale, Verdict::Committed]);
        let batch =
            [stale(changes.clone()), missing(changes.clone()), other.prepare(others.clone())];
        let verdicts = store.commit(&batch, deadline()).unwrap();
        assert_eq!(verdicts, [is_stale, is_stale, Verdict::Committed]);
        other.apply(others);
        acme.assert_stored();
        assert_eq!(kept(&*store, acme.id(), &[n]), [None]);

        past.push((acme.account.clone(), BTreeSet::new()));
        let records = [first.clone(), second.clone()];
        let batch = [acme.prepare_with(changes.clone(), records), other.prepare(vec![])];
        commit(&*store, &batch);
        let phones = changes.iter().filter_map(|change| match change {
            Change::Phone { id, .. } => Some(*id),
            _ => None,
        });
        for (_, touched) in &mut past {
            touched.extend(phones.clone());
        }
        acme.apply(changes);
        for book in [&acme, &other] {
            book.assert_stored_in(&*store);
            book.assert_stored_in(&*elsewhere);
        }
        assert_eq!(kept(&*store, acme.id(), &[n, 100 + n]), [Some(first), Some(second)]);
        assert_eq!([other.id(), nobody].map(|id| kept(&*store, id, &[n])), [[None], [None]]);
        for (known, touched) in &past {
            let mut remembered = known.clone();
            assert!(follow(&*elsewhere, &mut remembered).into_iter().eq(touched.iter().copied()));
            assert_eq!(content(&remembered), content(&acme.account));
        }
        let current = elsewhere.catch_up(acme.id(), acme.version()).unwrap();
        assert!(matches!(current, CatchUp::Current), "{current:?}");
    }
    assert_eq!((acme.version(), acme.account.counters.next_phone_id), (34, 7));
    assert_eq!(store.commit(&[], deadline()).unwrap(), []);
    // From a future that a restored backup has undone.
    for version in [acme.version() + 1, u64::MAX >> 1] {
        let answer = elsewhere.catch_up(acme.id(), version).unwrap();
        assert!(matches!(answer, CatchUp::Reload), "{version}: {answer:?}");
    }

    let last = answer(0, 10, "deleted");
    let deletion = acme.prepare_with(vec![acme.deletion()], [last.clone()]);
    commit(&*store, &[deletion]);
    for store in [&store, &elsewhere] {
        assert!(store.find_account("acme").unwrap().is_none());
        assert!([acme.id(), nobody].iter().all(|id| store.load(*id).unwrap().is_none()));
        let versions = store.versions_of(&[acme.id(), other.id()]).unwrap();
        assert_eq!(versions, [None, Some(other.version())]);
        assert_eq!(store.account_ids().unwrap(), [other.id()]);
        for version in [1, acme.version(), acme.version() + 1] {
            let answer = store.catch_up(acme.id(), version).unwrap();
            assert!(matches!(answer, CatchUp::Gone), "{version}: {answer:?}");
        }
    }
    assert_eq!(kept(&*store, acme.id(), &[0]), [Some(last)]);
    other.assert_stored();
    // The deleted account had the highest id, which is not given again.
    let again = Book::new(&store, "acme");
    assert!(again.id() > acme.id(), "{} is not after {}", again.id(), acme.id());
    again.assert_stored();
    assert_sound(&*store);
    if test_store.is_kept() {
        let account = other.account.clone();
        drop((store, elsewhere, acme, other, again));
        let mut reopened = Book { store: test_store.open(), account };
        reopened.assert_stored();
        reopened.commit(vec![reopened.phone(7, Some(nth_phone(7)))]);
        reopened.assert_stored();
    }
}

on!(memory sqlite postgres: commits_5000_changes_at_once);
fn commits_5000_changes_at_once(test_store: &TestStore) {
    let mut book = Book::new(&test_store.open(), "acme");
    book.commit(book.nth_phones(1..=5000, 0));
    book.commit(book.nth_phones(1..=5000, 1));
    assert_eq!(book.version(), 10_001);
    book.assert_stored();
    book.commit((1..=5000).map(|id| book.phone(id, None)).collect());
    assert!(book.account.phones.is_empty());
    book.assert_stored();
}

on!(memory sqlite postgres: leaves_nothing_of_a_failed_commit);
fn leaves_nothing_of_a_failed_commit(test_store: &TestStore) {
    let (store, [mut acme, other]) = open(test_store, ["acme", "other"]);
    acme.commit(vec![acme.skill(1, Some("QA")), acme.phone(1, Some(nth_phone(1)))]);
    let good = || other.prepare(vec![other.phone(1, Some(nth_phone(1)))]);

    // The memory that made the decision is not as the store: an edit of a phone without a row.
    let edit =
        Change::Phone { id: PhoneId(7), before: Some(nth_phone(7)), after: Some(nth_phone(8)) };
    // A phone is created where there is one.
    let create = Change::Phone { id: PhoneId(1), before: None, after: Some(nth_phone(8)) };
    for bad in [edit, create] {
        let changes = vec![acme.skill(2, Some("Sales")), bad];
        match store.commit(&[good(), acme.prepare(changes)], deadline()) {
            Err(CommitError::NothingChanged(StoreError::Damaged(_) | StoreError::Engine(_))) => {}
            answer => panic!("{answer:?}"),
        }
        acme.assert_stored();
        other.assert_stored();
    }
    commit(&*store, &[good()]);
    assert_sound(&*store);
}
