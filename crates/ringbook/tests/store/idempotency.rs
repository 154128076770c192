//! Answers that are kept with what they tell of, in one transaction.

use directory::{AccountId, Change};
use ringbook::store::{AccountCommit, IdempotencyKey, IdempotencyRecord, Store, Verdict};

use crate::book::{Book, deadline, nth_phone, origin, profile};
use crate::place::Place;

/// An answer that names itself.
pub fn answer(key: u8, at_us: i64, text: &str) -> IdempotencyRecord {
    let answer = [text.as_bytes(), &[0, 0xff]].concat();
    IdempotencyRecord { key: [key; 32], request_sha256: [key ^ 0xff; 32], at_us, answer }
}

/// All that is kept under these keys of an account.
pub fn kept(store: &dyn Store, account: AccountId, keys: &[u8]) -> Vec<Option<IdempotencyRecord>> {
    let asked: Vec<(AccountId, IdempotencyKey)> =
        keys.iter().map(|key| (account, [*key; 32])).collect();
    store.idempotency_records(&asked, i64::MIN).unwrap()
}

fn with(answers: &[&IdempotencyRecord], commit: AccountCommit) -> AccountCommit {
    AccountCommit { answers: answers.iter().map(|one| (*one).clone()).collect(), ..commit }
}

pub fn answers_are_kept_with_what_is_committed(place: &Place) {
    let store = place.open();
    let [mut acme, mut other] = ["acme", "other"].map(|name| Book::new(&store, name));
    let edit = |book: &Book| vec![book.phone(1, Some(nth_phone(1)))];
    let [first, second, third] = [1, 2, 3].map(|key| answer(key, 10, &format!("answer {key}")));
    let batch = [
        with(&[&first, &second], acme.prepare(edit(&acme))),
        with(&[&third], other.prepare(vec![other.skill(1, Some("QA"))])),
    ];
    assert_eq!(store.commit(&batch, deadline()).unwrap(), [Verdict::Committed; 2]);
    acme.apply(edit(&acme));
    other.apply(vec![other.skill(1, Some("QA"))]);
    for book in [&acme, &other] {
        book.assert_stored();
    }
    let (a, b) = (acme.id(), other.id());
    assert_eq!(kept(&*store, a, &[1, 2, 3]), [Some(first.clone()), Some(second), None]);
    // In the order in which they are asked for, also twice.
    let asked = [(b, [3; 32]), (b, [1; 32]), (a, [1; 32]), (b, [3; 32])];
    let found = store.idempotency_records(&asked, 10).unwrap();
    assert_eq!(found, [Some(third.clone()), None, Some(first), Some(third)]);
    assert_eq!(store.idempotency_records(&asked, 11).unwrap(), [const { None }; 4]);
    assert_eq!(store.idempotency_records(&[], 0).unwrap(), []);
}

pub fn answers_of_what_is_stale_are_not_kept(place: &Place) {
    let store = place.open();
    let [mut acme, mut other] = ["acme", "other"].map(|name| Book::new(&store, name));
    let late = |key, changes| {
        let one = answer(key, 10, "late");
        with(&[&one], acme.prepare(changes))
    };
    let late = [late(1, vec![acme.phone(1, Some(nth_phone(1)))]), late(2, vec![])];
    acme.commit(vec![acme.skill(1, Some("QA"))]);
    for late in late {
        // By itself, and beside one that is committed.
        let verdicts = store.commit(std::slice::from_ref(&late), deadline()).unwrap();
        assert_eq!(verdicts, [Verdict::Stale]);
        let changes = vec![other.phone(1, Some(nth_phone(7)))];
        let changes = if other.version() == 1 { changes } else { vec![other.phone(1, None)] };
        let good = with(&[&answer(3, 10, "good")], other.prepare(changes.clone()));
        let verdicts = store.commit(&[late, good], deadline()).unwrap();
        assert_eq!(verdicts, [Verdict::Stale, Verdict::Committed]);
        other.apply(changes);
    }
    assert_eq!(kept(&*store, acme.id(), &[1, 2]), [None, None]);
    assert!(kept(&*store, other.id(), &[3])[0].is_some());
    acme.assert_stored();
    other.assert_stored();
}

pub fn answers_without_changes_are_kept_and_raise_no_version(place: &Place) {
    let store = place.open();
    let [acme, other] = ["acme", "other"].map(|name| Book::new(&store, name));
    let (refused, nobody) = (answer(1, 10, "refused"), AccountId(99));
    let batch = [
        with(&[&refused], acme.prepare(vec![])),
        other.prepare(vec![]),
        AccountCommit { id: nobody, ..with(&[&refused], acme.prepare(vec![])) },
    ];
    let expected = [Verdict::Committed, Verdict::Committed, Verdict::Stale];
    assert_eq!(store.commit(&batch, deadline()).unwrap(), expected);
    acme.assert_stored();
    assert_eq!(kept(&*store, acme.id(), &[1]), [Some(refused)]);
    assert_eq!(kept(&*store, nobody, &[1]), [None]);

    // A later one takes the place of an older one; so does the last of a batch.
    let newer = answer(1, 20, "newer");
    let batch = [with(&[&answer(1, 15, "older"), &newer], acme.prepare(vec![]))];
    assert_eq!(store.commit(&batch, deadline()).unwrap(), [Verdict::Committed]);
    assert_eq!(kept(&*store, acme.id(), &[1]), [Some(newer)]);
}

pub fn answers_outlive_their_account(place: &Place) {
    let store = place.open();
    let acme = Book::new(&store, "acme");
    let gone = answer(1, 10, "it is gone");
    let batch = [with(&[&gone], acme.prepare(vec![Change::AccountDeleted]))];
    assert_eq!(store.commit(&batch, deadline()).unwrap(), [Verdict::Committed]);
    assert!(store.load(acme.id()).unwrap().is_none());
    assert_eq!(kept(&*store, acme.id(), &[1]), [Some(gone)]);
    assert_eq!(store.check_integrity().unwrap(), [""; 0]);
}

pub fn a_new_account_comes_with_its_answer(place: &Place) {
    let store = place.open();
    let make = |key| {
        let one = answer(key, 10, "made");
        store.create_account(&profile("acme"), &origin(), Some(&one), deadline()).unwrap()
    };
    let id = make(1).expect("the name is free");
    assert_eq!(kept(&*store, id, &[1]), [Some(answer(1, 10, "made"))]);
    assert_eq!(make(2), None);
    assert_eq!(kept(&*store, id, &[1, 2])[1], None, "the name is taken");
    assert_eq!(store.versions_of(&[id]).unwrap(), [Some(1)]);
}
