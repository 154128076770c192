//! How a phone is named: by its id or by its number.

use directory::{PhoneId, PhoneLookup};

/// A phone's id as text. It begins with a letter, so that no number can be taken for one.
pub fn id_text(id: PhoneId) -> String {
    format!("p{}", id.0)
}

/// The phone that a text names: by its id or by its number.
pub fn lookup(text: &str) -> PhoneLookup {
    let id = text.strip_prefix('p').and_then(|digits| digits.parse().ok());
    match id {
        Some(id) => PhoneLookup::by_id(PhoneId(id)),
        None => PhoneLookup::by_number(text),
    }
}
