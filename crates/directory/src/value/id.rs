//! Ids: numbers here, and a letter with the number wherever people and other programs see them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Declares ids that read and write themselves as their letter and their number.
macro_rules! ids {
    ($($(#[doc = $doc:literal])+ $id:ident($number:ty) = $letter:literal, $what:literal;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[derive(Serialize, Deserialize)]
        pub struct $id(pub $number);

        impl $id {
            /// The first character of its text.
            pub const LETTER: char = $letter;
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", Self::LETTER, self.0)
            }
        }

        impl FromStr for $id {
            type Err = &'static str;

            /// Reads what `Display` writes. The fault continues a sentence.
            fn from_str(text: &str) -> Result<Self, &'static str> {
                let digits = text.strip_prefix(Self::LETTER).filter(|digits| is_number(digits));
                let number = digits.and_then(|digits| digits.parse().ok());
                number.map(Self).ok_or(concat!("must be the id of ", $what, ", like ", $letter, "17"))
            }
        }
    )+};
}

ids! {
    /// The id of a phone within its account, which is never reused.
    PhoneId(u32) = 'p', "a phone";
    /// The id of a skill within its account, which is never reused.
    SkillId(u32) = 's', "a skill";
    /// The id of a key within its account: the account's version after the creation of the key.
    KeyId(u64) = 'k', "an API key";
    /// The id of a change within its account: the account's version after it.
    ChangeId(u64) = 'c', "a change";
}

/// Whether a text is a number as it is written: with digits alone, and none too many.
fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'))
}

impl PhoneId {
    /// Names no phone.
    pub const NONE: Self = Self(0);
}

impl SkillId {
    /// Names no skill.
    pub const NONE: Self = Self(0);
}

impl KeyId {
    /// The account's own key, which is part of the settings.
    pub const MAIN: Self = Self(0);

    /// Names no key: the first change of an account made the account.
    pub const NONE: Self = Self(1);
}
