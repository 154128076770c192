//! Names of phones.

use std::fmt;

use smol_str::{SmolStr, StrExt as _};

use crate::limits::{PHONE_NAME_CHARACTERS_MAX, PHONE_NAME_CHARACTERS_MIN};

/// A phone's name: 2 to 50 of ASCII letters, digits and `.` `@` `_` `-`, an optional leading `+`;
/// apart from that `+` it starts and ends with a letter or digit (contract, "Values").
///
/// Names keep the case they were given and are compared without regard to it. Up to 23 characters
/// lie within the 24 bytes of the value, longer names on the heap.
#[derive(Clone)]
pub struct PhoneName(SmolStr);

/// Why a text is no name of a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// There is nothing.
    #[error("empty")]
    Empty,
    /// Too few or too many characters.
    #[error("has {characters} character{}, allowed are 2 to 50", if *characters == 1 { "" } else { "s" })]
    Length {
        /// How many characters there were.
        characters: usize,
    },
    /// A character that no name may have.
    #[error("\"{}\" at character {at} is not allowed", character.escape_default())]
    Character {
        /// The character.
        character: char,
        /// Where it stands, counted from 1.
        at: usize,
    },
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

    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the name that somebody asks for, without regard to case.
    pub fn matches(&self, text: &str) -> bool {
        self.0.eq_ignore_ascii_case(text)
    }

    /// The name in lower case: the form in which two names are the same.
    pub fn folded(&self) -> SmolStr {
        self.0.to_ascii_lowercase_smolstr()
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        if self.0.is_heap_allocated() { self.0.len() } else { 0 }
    }
}

/// Equal as they are written. For "the same name" see [`PhoneName::matches`].
impl PartialEq for PhoneName {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl Eq for PhoneName {}

impl fmt::Display for PhoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for PhoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parses_what_the_contract_allows() {
        let longest = "a".repeat(50);
        for text in ["ab", "+a", "a.b@c_d-e", "A1", "42", "+Ravi.K", longest.as_str()] {
            assert_eq!(PhoneName::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn refuses_what_it_does_not() {
        for (text, fault) in [
            ("", NameFault::Empty),
            ("a", NameFault::Length { characters: 1 }),
            ("+", NameFault::Length { characters: 1 }),
            ("é", NameFault::Length { characters: 1 }),
            ("a b", NameFault::Character { character: ' ', at: 2 }),
            ("a+b", NameFault::Character { character: '+', at: 2 }),
            ("aé", NameFault::Character { character: 'é', at: 2 }),
            (".ab", NameFault::Start('.')),
            ("+.a", NameFault::Start('.')),
            ("ab-", NameFault::End('-')),
            ("ab\n", NameFault::Character { character: '\n', at: 3 }),
        ] {
            assert_eq!(PhoneName::parse(text), Err(fault), "{text:?}");
        }
        assert!(PhoneName::parse(&"a".repeat(51)).is_err());
    }

    #[test]
    fn names_are_compared_without_regard_to_case() {
        assert!(PhoneName::parse("Ravi.K").unwrap().matches("rAVI.k"));
        assert!(!PhoneName::parse("Ravi").unwrap().matches("+Ravi"));
    }

    proptest! {
        #[test]
        fn whatever_parses_keeps_its_text(text in ".{0,60}") {
            if let Ok(name) = PhoneName::parse(&text) {
                prop_assert_eq!(name.as_str(), text);
            }
        }
    }
}
