//! The text that names a phone: its id or its number.

use std::fmt::{self, Write as _};

use directory::{PhoneId, PhoneLookup};

/// A phone's id as text, such as `p17`. The letter distinguishes it from a number.
pub struct IdText(pub PhoneId);

impl IdText {
    /// The first character.
    pub const LETTER: char = 'p';
}

impl fmt::Display for IdText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char(Self::LETTER)?;
        self.0.0.fmt(f)
    }
}

/// Parses the id or the number of a phone. Any text that is not an id counts as a number.
pub fn lookup(text: &str) -> PhoneLookup {
    let id = text.strip_prefix(IdText::LETTER).and_then(|digits| digits.parse().ok());
    match id {
        Some(id) => PhoneLookup::by_id(PhoneId(id)),
        None => PhoneLookup::by_number(text),
    }
}
