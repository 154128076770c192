//! Following what others changed.

use directory::limits::TOKEN_VALID_US;
use directory::{Account, ApiAuthentication, Change};
use ringbook::store::{CatchUp, Store};

use crate::book::{Book, nth_phone, phone, seen, token};
use crate::place::Place;

/// A handle of another process on the same store; the only one, where the store has but one.
fn elsewhere(place: &Place, book: &Book) -> std::sync::Arc<dyn Store> {
    if place.is_kept() { place.open() } else { std::sync::Arc::clone(&book.store) }
}

/// An account with three phones and a skill.
fn book(place: &Place) -> Book {
    let mut book = Book::new(&place.open(), "acme");
    book.commit(vec![
        book.skill(1, Some("General")),
        book.phone(1, Some(phone("111", "Ravi", &[(1, 1)]))),
        book.phone(2, Some(phone("222", "Mira", &[(1, 2)]))),
        book.phone(3, Some(phone("333", "Noor", &[]))),
    ]);
    book
}

/// Brings an account up to date as a process that remembers it does.
#[track_caller]
fn follow(store: &dyn Store, account: &mut Account) -> usize {
    let CatchUp::Rows { head, skills, phones } =
        store.catch_up(account.id, account.counters.version).unwrap()
    else {
        panic!("there are rows");
    };
    assert_eq!(head.id, account.id);
    account.profile = head.profile;
    account.tokens = head.tokens;
    account.counters = head.counters;
    account.follow_skills(skills);
    let count = phones.len();
    for (id, phone) in phones {
        account.set_phone(id, phone);
    }
    count
}

pub fn what_is_current_is_told_so(place: &Place) {
    let mut book = book(place);
    let other = elsewhere(place, &book);
    for _ in 0..2 {
        let told = other.catch_up(book.id(), book.version()).unwrap();
        assert!(matches!(told, CatchUp::Current), "{told:?}");
        book.commit(vec![book.phone(3, None), book.phone(4, Some(nth_phone(4)))]);
    }
}

pub fn rows_lead_to_what_is_stored(place: &Place) {
    let mut book = book(place);
    let mut bystander = Book::new(&book.store, "bystander");
    let other = elsewhere(place, &book);
    let mut remembered = book.account.clone();

    book.commit(vec![book.phone(1, Some(phone("111", "Ravi.K", &[(1, 1)])))]);
    assert_eq!(follow(&*other, &mut remembered), 1);
    assert_eq!(seen(&remembered), seen(&book.account));

    // Phones created, edited twice, deleted, made and deleted at once; skills; settings; a token;
    // and another account's changes in between.
    book.commit(vec![
        book.phone(4, Some(phone("444", "Omar", &[(1, 3)]))),
        book.phone(2, Some(phone("225", "Mira", &[(1, 2)]))),
        book.skill(2, Some("Sales")),
    ]);
    bystander.commit(vec![bystander.phone(1, Some(nth_phone(1)))]);
    book.commit(vec![
        book.phone(2, Some(phone("226", "Mira", &[(2, 1)]))),
        book.phone(3, None),
        book.phone(5, Some(nth_phone(5))),
        book.skill(1, Some("Everything")),
    ]);
    bystander.commit(vec![bystander.phone(1, None)]);
    book.commit(vec![
        book.phone(5, None),
        book.profile(|profile| profile.api_authentication = ApiAuthentication::TokenAuth),
        token(9, TOKEN_VALID_US),
    ]);
    assert_eq!(follow(&*other, &mut remembered), 4);
    assert_eq!(seen(&remembered), seen(&book.account));

    // What touches no phone brings none.
    book.commit(vec![book.skill(3, Some("Night")), book.skill(2, Some("Sell"))]);
    assert_eq!(follow(&*other, &mut remembered), 0);
    assert_eq!(seen(&remembered), seen(&book.account));
    bystander.assert_stored();
}

pub fn a_version_that_is_not_in_the_history_means_reload(place: &Place) {
    let book = book(place);
    let other = elsewhere(place, &book);
    // From before the account, and from a future that a restored backup has undone.
    for version in [book.version() + 1, u64::MAX >> 1] {
        let told = other.catch_up(book.id(), version).unwrap();
        assert!(matches!(told, CatchUp::Reload), "{version}: {told:?}");
    }
}

pub fn too_much_to_follow_means_reload(place: &Place) {
    const MANY: u32 = 30_000;
    let mut book = book(place);
    let other = elsewhere(place, &book);
    let before = book.version();
    let mut remembered = book.account.clone();
    book.commit((4..MANY).map(|id| book.phone(id, Some(nth_phone(id)))).collect());
    let told = other.catch_up(book.id(), before).unwrap();
    assert!(matches!(told, CatchUp::Reload), "{told:?}");

    // A little is followed as before, however much came earlier.
    remembered.clone_from(&book.account);
    book.commit(vec![book.phone(1, None)]);
    assert_eq!(follow(&*other, &mut remembered), 1);

    // Where the history is one for all, it does not matter whose changes lie in between.
    let before = book.version();
    remembered.clone_from(&book.account);
    book.commit(vec![book.phone(2, None)]);
    let mut crowd = Book::new(&book.store, "crowd");
    crowd.commit((1..MANY).map(|id| crowd.phone(id, Some(nth_phone(id)))).collect());
    if place.finds_history_by_account() {
        assert_eq!(follow(&*other, &mut remembered), 1);
    } else {
        let told = other.catch_up(book.id(), before).unwrap();
        assert!(matches!(told, CatchUp::Reload), "{told:?}");
    }
    book.assert_stored_in(&*other);
}

pub fn what_is_deleted_is_gone(place: &Place) {
    let mut book = book(place);
    let other = elsewhere(place, &book);
    let before = book.version();
    book.commit(vec![Change::AccountDeleted]);
    for version in [before, book.version()] {
        let told = other.catch_up(book.id(), version).unwrap();
        assert!(matches!(told, CatchUp::Gone), "{version}: {told:?}");
    }
}
