//! Commits: what they write, and what they must not.

use directory::{AccountId, Change, PhoneId};
use ringbook::store::{AccountCommit, CommitError, StoreError, Verdict};

use crate::book::{Book, deadline, nth_phone, phone};
use crate::place::Place;

pub fn a_commit_writes_what_changed_and_raises_the_version(place: &Place) {
    let mut book = Book::new(&place.open(), "acme");
    book.commit(vec![
        book.skill(1, Some("General")),
        book.skill(2, Some("Nacht-Schicht \"Süd\" 🌙 'x'")),
        book.phone(1, Some(phone("+919876543210", "Ravi", &[(2, 5), (1, 9_999_999_999)]))),
        book.phone(2, Some(phone("0000000000000000", "Mira.K@x-1_2", &[]))),
    ]);
    assert_eq!(book.version(), 5);
    book.assert_stored();

    // A number and a name that change hands within one commit.
    let [ravi, mira] = [1, 2].map(|id| book.account.phones.get(PhoneId(id)).cloned());
    book.commit(vec![
        book.phone(1, Some(phone("111", "Noor", &[(1, 1)]))),
        book.phone(2, ravi),
        book.phone(3, mira),
        book.skill(2, Some("Night")),
        book.profile(|profile| profile.phone_number_limit = 0),
    ]);
    assert_eq!((book.version(), book.account.phones.len()), (10, 3));
    book.assert_stored();

    book.commit(vec![book.phone(2, None), book.phone(3, None), book.skill(1, None)]);
    assert_eq!((book.version(), book.account.counters.next_phone_id), (13, 4));
    book.assert_stored();
    assert_eq!(book.store.check_integrity().unwrap(), [""; 0]);
}

pub fn a_stale_account_is_left_out_and_the_others_are_committed(place: &Place) {
    let store = place.open();
    let [mut first, mut stale, mut last] =
        ["first", "stale", "last"].map(|name| Book::new(&store, name));
    let decided_too_early =
        stale.prepare(vec![stale.skill(1, Some("QA")), stale.phone(1, Some(nth_phone(1)))]);
    stale.commit(vec![stale.phone(1, Some(nth_phone(2)))]);

    let changes = |book: &Book| vec![book.phone(1, Some(nth_phone(3)))];
    let nobody = AccountCommit { id: AccountId(99), ..first.prepare(changes(&first)) };
    let batch =
        [first.prepare(changes(&first)), decided_too_early, nobody, last.prepare(changes(&last))];
    let verdicts = store.commit(&batch, deadline()).unwrap();
    let expected = [Verdict::Committed, Verdict::Stale, Verdict::Stale, Verdict::Committed];
    assert_eq!(verdicts, expected);
    for book in [&mut first, &mut last] {
        book.apply(changes(book));
    }
    for book in [first, stale, last] {
        book.assert_stored();
    }
    assert!(store.load(AccountId(99)).unwrap().is_none());
    assert_eq!(store.check_integrity().unwrap(), [""; 0]);
}

pub fn a_batch_without_changes_confirms_the_versions(place: &Place) {
    let store = place.open();
    let [mut acme, mut other] = ["acme", "other"].map(|name| Book::new(&store, name));
    acme.commit(vec![acme.skill(1, Some("QA"))]);
    let now = || acme.prepare(vec![]);
    let too_early = AccountCommit { expected_version: 1, ..now() };
    let nobody = AccountCommit { id: AccountId(99), ..now() };
    let verdicts =
        store.commit(&[now(), too_early, nobody, other.prepare(vec![])], deadline()).unwrap();
    let expected = [Verdict::Committed, Verdict::Stale, Verdict::Stale, Verdict::Committed];
    assert_eq!(verdicts, expected);
    // Beside an account that changes, the others are confirmed as well.
    let too_early = AccountCommit { expected_version: 1, ..now() };
    let changes = vec![other.skill(1, Some("QA"))];
    let verdicts =
        store.commit(&[now(), too_early, other.prepare(changes.clone())], deadline()).unwrap();
    assert_eq!(verdicts, [Verdict::Committed, Verdict::Stale, Verdict::Committed]);
    other.apply(changes);
    acme.assert_stored();
    other.assert_stored();
    assert_eq!(store.commit(&[], deadline()).unwrap(), []);
}

pub fn a_large_batch_is_committed_as_one(place: &Place) {
    let mut book = Book::new(&place.open(), "acme");
    book.commit((1..=5000).map(|id| book.phone(id, Some(nth_phone(id)))).collect());
    book.commit((1..=5000).map(|id| book.phone(id, Some(nth_phone(id + 1)))).collect());
    assert_eq!(book.version(), 10_001);
    book.assert_stored();
    book.commit((1..=5000).map(|id| book.phone(id, None)).collect());
    assert!(book.account.phones.is_empty());
    book.assert_stored();
}

pub fn a_commit_that_fails_leaves_nothing(place: &Place) {
    let store = place.open();
    let [mut acme, other] = ["acme", "other"].map(|name| Book::new(&store, name));
    acme.commit(vec![acme.skill(1, Some("QA")), acme.phone(1, Some(nth_phone(1)))]);
    let good = || other.prepare(vec![other.phone(1, Some(nth_phone(1)))]);

    // An edit of a phone that has no row: the memory that decided it and the store have parted.
    let edit =
        Change::Phone { id: PhoneId(7), before: Some(nth_phone(7)), after: Some(nth_phone(8)) };
    // A phone that is made where there is one.
    let make = Change::Phone { id: PhoneId(1), before: None, after: Some(nth_phone(8)) };
    for bad in [edit, make] {
        let changes = vec![acme.skill(2, Some("Sales")), bad];
        match store.commit(&[good(), acme.prepare(changes)], deadline()) {
            Err(CommitError::NothingChanged(StoreError::Damaged(_) | StoreError::Engine(_))) => {}
            answer => panic!("{answer:?}"),
        }
        acme.assert_stored();
        other.assert_stored();
    }
    assert_eq!(store.commit(&[good()], deadline()).unwrap(), [Verdict::Committed]);
    assert_eq!(store.check_integrity().unwrap(), [""; 0]);
}
