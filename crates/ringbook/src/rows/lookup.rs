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
    id(text).map_or_else(|_| PhoneLookup::by_number(text), PhoneLookup::by_id)
}

/// Parses the id of a phone, or says what one is.
pub fn id(text: &str) -> Result<PhoneId, String> {
    let id = text.strip_prefix(IdText::LETTER).and_then(|digits| digits.parse().ok());
    id.map(PhoneId).ok_or_else(|| "an id is like p17".to_owned())
}
