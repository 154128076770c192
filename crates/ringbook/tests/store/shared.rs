//! A store that outlives its process and is shared by several.

use std::sync::Arc;

use directory::{Change, PhoneId};
use ringbook::store::{Store, Verdict};

use crate::book::{Book, deadline, nth_phone, origin, phone, token};
use crate::place::Place;

pub fn all_is_there_again_after_reopening(place: &Place) {
    let store = place.open();
    let [mut acme, mut other] = ["acme", "other"].map(|name| Book::new(&store, name));
    acme.commit(vec![
        acme.skill(1, Some("General")),
        acme.phone(1, Some(phone("+111", "Ravi", &[(1, 7)]))),
        acme.phone(2, Some(phone("222", "Mira", &[]))),
        token(3, 1_000_000),
    ]);
    acme.commit(vec![acme.phone(1, None)]);
    other.commit(vec![other.phone(1, Some(nth_phone(1)))]);
    drop(store);
    for _ in 0..2 {
        let store = place.open();
        for book in [&mut acme, &mut other] {
            book.store = Arc::clone(&store);
            book.assert_stored();
            let id = book.account.counters.next_phone_id;
            book.commit(vec![book.phone(id, Some(nth_phone(id)))]);
            book.assert_stored();
        }
        assert_eq!(store.check_integrity().unwrap(), [""; 0]);
        drop(store);
    }
}

pub fn what_one_commits_the_other_sees(place: &Place) {
    let [one, other] = [place.open(), place.open()];
    let mut book = Book::new(&one, "acme");
    for round in 1..=20 {
        book.assert_stored_in(&*other);
        book.commit(vec![book.phone(round, Some(nth_phone(round)))]);
        // Each in turn.
        book.store = Arc::clone(if round % 2 == 0 { &one } else { &other });
        book.assert_stored_in(&*one);
    }
    let again = other.create_account(&book.account.profile, &origin(), None, deadline());
    assert!(again.unwrap().is_none());
}

/// A handle is told what others have committed until it has followed, and nothing that it knows.
pub fn what_others_commit_makes_stale(place: &Place) {
    let [one, other] = [place.open(), place.open()];
    let mut book = Book::new(&one, "acme");
    let (id, bystander) = (book.id(), Book::new(&one, "bystander").id());
    let stale =
        |store: &Arc<dyn Store>, version| store.stale(&[(id, version), (bystander, 1)]).unwrap();
    for store in [&one, &other] {
        assert_eq!((stale(store, 1), store.stale(&[]).unwrap()), (vec![], vec![]));
    }
    book.commit(vec![book.phone(1, Some(nth_phone(1)))]);
    book.commit(vec![book.phone(2, Some(nth_phone(2)))]);
    assert_eq!(stale(&one, 3), []);
    assert_eq!([stale(&other, 1), stale(&other, 2)], [[id], [id]], "until it has followed");
    assert_eq!([stale(&other, 3), stale(&other, 3)], [[], []]);
    book.store = Arc::clone(&other);
    book.commit(vec![book.phone(1, None)]);
    assert_eq!([stale(&other, 4), stale(&one, 4)], [[], []]);

    // Reading is no change, and neither is a batch that changes nothing or was too late.
    book.assert_stored_in(&*one);
    let mut late = book.prepare(vec![book.phone(2, None)]);
    late.expected_version -= 1;
    assert_eq!(one.commit(&[late], deadline()).unwrap(), [Verdict::Stale]);
    assert_eq!(one.commit(&[book.prepare(vec![])], deadline()).unwrap(), [Verdict::Committed]);
    assert_eq!([stale(&one, 4), stale(&other, 4)], [[], []]);

    book.commit(vec![Change::AccountDeleted]);
    assert_eq!([stale(&one, 4), stale(&one, 5)], [[id], [id]], "it is gone");
}

/// Services are often started together, and the first time is no other.
pub fn a_new_store_can_be_opened_by_many_at_once(place: &Place) {
    const OPENERS: usize = 8;
    for round in 0..10 {
        let place = place.another();
        let barrier = std::sync::Barrier::new(OPENERS);
        std::thread::scope(|scope| {
            for opener in 0..OPENERS {
                let (place, barrier) = (&place, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    Book::new(&place.open(), &format!("account-{opener}")).assert_stored();
                });
            }
        });
        assert_eq!(place.open().accounts("", usize::MAX).unwrap().len(), OPENERS, "round {round}");
    }
}

/// Commands of the command line open the store, do one thing and close it, several at once.
pub fn a_store_can_be_opened_and_closed_by_many_at_once(place: &Place) {
    const OPENERS: usize = 4;
    const ROUNDS: usize = 25;
    std::thread::scope(|scope| {
        for opener in 0..OPENERS {
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    Book::new(&place.open(), &format!("account-{opener}.{round}")).assert_stored();
                }
            });
        }
    });
    let store = place.open();
    assert_eq!(store.accounts("", usize::MAX).unwrap().len(), OPENERS * ROUNDS);
    assert_eq!(store.check_integrity().unwrap(), [""; 0]);
}

/// Each writer renames its own phone again and again. Every rename is decided against the
/// newest version or is refused as stale, and none is lost.
pub fn writers_at_once_lose_nothing(place: &Place) {
    const WRITERS: u32 = 4;
    const RENAMES: u32 = 50;
    let store = place.open();
    let mut book = Book::new(&store, "acme");
    book.commit((1..=WRITERS).map(|id| book.phone(id, Some(nth_phone(id)))).collect());
    std::thread::scope(|scope| {
        for writer in 1..=WRITERS {
            let (store, account) = (place.open(), book.account.clone());
            scope.spawn(move || rename(Book { store, account }, writer, RENAMES));
        }
    });
    let stored = store.load(book.id()).unwrap().unwrap();
    assert_eq!(stored.counters.version, book.version() + u64::from(WRITERS * RENAMES));
    for writer in 1..=WRITERS {
        let phone = stored.phones.get(PhoneId(writer)).unwrap();
        assert_eq!(phone.name.as_str(), format!("Writer-{writer}.{RENAMES}"));
    }
    let versions = place.query("SELECT version FROM change ORDER BY version");
    let expected: Vec<_> =
        (1..=stored.counters.version).map(|version| version.to_string()).collect();
    assert_eq!(versions, expected, "the history has no gap and nothing twice");
}

fn rename(mut book: Book, writer: u32, renames: u32) {
    for round in 1..=renames {
        let number = format!("+91{writer:06}");
        let after = phone(&number, &format!("Writer-{writer}.{round}"), &[]);
        loop {
            let changes = vec![book.phone(writer, Some(after.clone()))];
            let verdicts = book.store.commit(&[book.prepare(changes.clone())], deadline()).unwrap();
            if verdicts == [Verdict::Committed] {
                book.apply(changes);
                break;
            }
            book.account = book.store.load(book.id()).unwrap().unwrap();
        }
    }
}
