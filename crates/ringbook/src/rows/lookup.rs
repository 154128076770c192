//! The text that names a phone: its id or its number.

use directory::PhoneLookup;

/// Parses the id or the number of a phone. Any text that is not an id counts as a number.
pub fn lookup(text: &str) -> PhoneLookup {
    match text.parse() {
        Ok(id) => PhoneLookup::by_id(id),
        Err(_) => PhoneLookup::by_number(text),
    }
}
