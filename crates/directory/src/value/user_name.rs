//! The `userName` of an account.

use crate::limits::USER_NAME_CHARACTERS_MAX;

/// A `userName`: 1 to 64 of ASCII letters, digits, `.` `_` `-` `@`; compared exactly
/// (contract, "The state behind it").
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserName(Box<str>);

/// A text that is not a valid `userName`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a userName has 1 to 64 of the letters a to z, digits and . _ - @")]
pub struct UserNameFault;

impl UserName {
    /// Parses a `userName`.
    pub fn parse(text: &str) -> Result<Self, UserNameFault> {
        let allowed =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'@');
        if text.is_empty() || text.len() > USER_NAME_CHARACTERS_MAX || !text.bytes().all(allowed) {
            return Err(UserNameFault);
        }
        Ok(Self(text.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

display_as_text!(UserName);

impl std::str::FromStr for UserName {
    type Err = UserNameFault;
    fn from_str(text: &str) -> Result<Self, UserNameFault> {
        Self::parse(text)
    }
}
