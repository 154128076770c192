//! Keys and tokens as they are made.

use ringbook::secret::{ApiKey, Token};

#[test]
fn debug_hides_a_key() {
    let key = ApiKey::make();
    assert!(!format!("{key:?}").contains(&key.reveal()[2..]));
}

#[test]
fn two_tokens_of_the_same_second_differ() {
    let [a, b] = [0, 0].map(|at| Token::make("demo", at, at + 1));
    assert_ne!(a.reveal(), b.reveal());
}
