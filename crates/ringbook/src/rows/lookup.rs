//! How a phone is named: by its id or by its number.

use std::fmt::{self, Write as _};

use directory::{PhoneId, PhoneLookup};

/// A phone's id as text. It begins with a letter, so that no number can be taken for one.
pub struct IdText(pub PhoneId);

impl IdText {
    /// What it begins with.
    pub const LETTER: char = 'p';
}

impl fmt::Display for IdText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char(Self::LETTER)?;
        self.0.0.fmt(f)
    }
}

/// The phone that a text names: by its id or by its number.
pub fn lookup(text: &str) -> PhoneLookup {
    let id = text.strip_prefix(IdText::LETTER).and_then(|digits| digits.parse().ok());
    match id {
        Some(id) => PhoneLookup::by_id(PhoneId(id)),
        None => PhoneLookup::by_number(text),
    }
}
