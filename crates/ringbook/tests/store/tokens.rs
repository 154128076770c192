//! Tokens: only their hashes are kept.

use crate::book::{Book, phone, token};
use crate::place::Place;

const MINUTE_US: i64 = 60_000_000;

pub fn a_token_is_kept_until_the_next_one(place: &Place) {
    let store = place.open();
    let [mut acme, other] = ["acme", "other"].map(|name| Book::new(&store, name));
    acme.assert_stored();
    acme.commit(vec![token(1, MINUTE_US)]);
    acme.assert_stored();
    let head = store.find_account("acme").unwrap().unwrap();
    let newest = head.tokens.newest.unwrap();
    assert_eq!((newest.sha256, newest.issued_us), ([1; 32], MINUTE_US));
    assert_eq!(newest.expires_us, 61 * MINUTE_US);

    // Two within one commit, and something else between them.
    let ravi = acme.phone(1, Some(phone("111", "Ravi", &[])));
    acme.commit(vec![token(2, 2 * MINUTE_US), ravi, token(3, 3 * MINUTE_US)]);
    assert_eq!(acme.account.tokens.issued_us.len(), 3);
    acme.assert_stored();
    other.assert_stored();
}

pub fn issues_of_more_than_an_hour_ago_are_forgotten(place: &Place) {
    let mut book = Book::new(&place.open(), "acme");
    for minute in [0, 10, 59, 60, 70, 200] {
        book.commit(vec![token(minute.try_into().unwrap(), minute * MINUTE_US)]);
        book.assert_stored();
    }
    assert_eq!(book.account.tokens.issued_us, [200 * MINUTE_US]);
}
