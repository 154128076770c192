//! Names of phones.

use std::cmp::Ordering;

use smol_str::{SmolStr, StrExt as _};

use super::PhoneId;
use crate::limits::{PHONE_NAME_CHARACTERS_MAX, PHONE_NAME_CHARACTERS_MIN};

/// A phone's name: 2 to 50 of ASCII letters, digits and `.` `@` `_` `-`, an optional leading `+`;
/// apart from that `+` it starts and ends with a letter or digit (contract, "Values").
///
/// Names keep the case they were given. They are equal as they are written, and compared without regard
/// to case as [`AnyCase`]. Up to 23 characters lie within the 24 bytes of the value, longer names on the
/// heap.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneName(SmolStr);

/// Why a text is not a valid name of a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the sentence of a fault says what its values are")]
pub enum NameFault {
    /// The text is empty.
    #[error("empty")]
    Empty,
    /// Too few or too many characters.
    #[error("has {characters} character{}, allowed are 2 to 50", if *characters == 1 { "" } else { "s" })]
    Length { characters: usize },
    /// A character that no name may have, and its position, counted from 1.
    #[error("\"{}\" at character {at} is not allowed", character.escape_default())]
    Character { character: char, at: usize },
    /// The first character after an optional `+` is no letter or digit.
    #[error("starts with \"{0}\", a letter or digit is required")]
    Start(char),
    /// The last character is no letter or digit.
    #[error("ends with \"{0}\", a letter or digit is required")]
    End(char),
}

impl PhoneName {
    /// Parses a name.
    pub fn parse(text: &str) -> Result<Self, NameFault> {
        if text.is_empty() {
            return Err(NameFault::Empty);
        }
        let characters = text.chars().count();
        if !(PHONE_NAME_CHARACTERS_MIN..=PHONE_NAME_CHARACTERS_MAX).contains(&characters) {
            return Err(NameFault::Length { characters });
        }
        for (index, character) in text.chars().enumerate() {
            let allowed = character.is_ascii_alphanumeric()
                || matches!(character, '.' | '@' | '_' | '-')
                || (character == '+' && index == 0);
            if !allowed {
                return Err(NameFault::Character { character, at: index + 1 });
            }
        }
        let body = text.strip_prefix('+').unwrap_or(text);
        for (end, fault) in [
            (body.chars().next(), NameFault::Start as fn(char) -> NameFault),
            (body.chars().next_back(), NameFault::End),
        ] {
            if let Some(character) = end.filter(|character| !character.is_ascii_alphanumeric()) {
                return Err(fault(character));
            }
        }
        Ok(Self(text.into()))
    }

    /// The mark in place of the names of a phone whose values were erased, like `erased p17`. No text
    /// parses as it, and each phone has its own, as names are unique.
    pub fn erased(id: PhoneId) -> Self {
        Self(smol_str::format_smolstr!("erased {id}"))
    }

    /// Whether it is such a mark: a name with a space.
    pub fn is_erased(&self) -> bool {
        self.0.contains(' ')
    }

    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `text` is this name in any case.
    pub fn matches(&self, text: &str) -> bool {
        AnyCase(&self.0) == AnyCase(text)
    }

    /// See [`AnyCase::folded`].
    pub fn folded(&self) -> SmolStr {
        AnyCase(&self.0).folded()
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        if self.0.is_heap_allocated() { self.0.len() } else { 0 }
    }
}

/// A name of a phone, or any other text, as names are compared and sorted: bytewise, with ASCII
/// letters in lower case.
#[derive(Debug, Clone, Copy)]
pub struct AnyCase<'t>(pub &'t str);

impl AnyCase<'_> {
    /// The text in lower case, which is the same for all equal texts.
    pub fn folded(self) -> SmolStr {
        self.0.to_ascii_lowercase_smolstr()
    }

    /// Writes the text in lower case into a hasher.
    pub(crate) fn write_to(self, hasher: &mut impl std::hash::Hasher) {
        let mut folded = [0; PHONE_NAME_CHARACTERS_MAX];
        for part in self.0.as_bytes().chunks(folded.len()) {
            let folded = &mut folded[..part.len()];
            folded.copy_from_slice(part);
            folded.make_ascii_lowercase();
            hasher.write(folded);
        }
    }

    /// Orders names as [`Ord`] does, but for those that have the first eleven characters in common.
    /// A text that is no name has some key too.
    pub(crate) fn sort_key(self) -> u64 {
        const CHARACTERS: usize = 11;
        const DIGITS: u64 = 42;
        let mut bytes = self.0.bytes();
        (0..CHARACTERS).fold(0, |key, _| key * DIGITS + bytes.next().map_or(0, sort_digit))
    }
}

/// The place of a character among the 41 that names can have, counted from 1.
fn sort_digit(byte: u8) -> u64 {
    match byte.to_ascii_lowercase() {
        b'-' => 2,
        b'.' => 3,
        digit @ b'0'..=b'9' => 4 + u64::from(digit - b'0'),
        b'@' => 14,
        b'_' => 15,
        letter @ b'a'..=b'z' => 16 + u64::from(letter - b'a'),
        _ => 1,
    }
}

impl PartialEq for AnyCase<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}
impl Eq for AnyCase<'_> {}

impl Ord for AnyCase<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let folded = |text: &Self| text.0.bytes().map(|byte| byte.to_ascii_lowercase());
        folded(self).cmp(folded(other))
    }
}

impl PartialOrd for AnyCase<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

display_as_text!(PhoneName);
