//! An API key beside the account's own one: named, with a scope, and perhaps an expiry.

use serde::{Deserialize, Serialize};

use crate::limits::KEY_NAME_CHARACTERS_MAX;
use crate::value::KeyId;

named! {
    /// What a key is allowed to do, the widest first.
    pub enum KeyScope {
        /// Everything, the legacy endpoint included.
        Full = "full",
        /// Reading.
        Read = "read",
        /// Queries of ring orders.
        Routing = "routing",
    }
}

impl KeyScope {
    /// Whether this scope includes `needed`.
    pub fn allows(self, needed: Self) -> bool {
        match self {
            Self::Full => true,
            Self::Read => needed != Self::Full,
            Self::Routing => needed == Self::Routing,
        }
    }
}

/// The name of a key: 1 to 64 characters, no control character, no white space at either end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyName(Box<str>);

/// A text that is not a valid name of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a key's name has 1 to 64 characters, no control character and no white space at either end"
)]
pub struct KeyNameFault;

impl KeyName {
    /// Parses a name.
    pub fn parse(text: &str) -> Result<Self, KeyNameFault> {
        let is_name = !text.is_empty()
            && text.trim() == text
            && text.chars().count() <= KEY_NAME_CHARACTERS_MAX
            && !text.chars().any(char::is_control);
        if is_name { Ok(Self(text.into())) } else { Err(KeyNameFault) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An API key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Which one.
    pub id: KeyId,
    /// What it is for.
    pub name: KeyName,
    /// What it is allowed to do.
    pub scope: KeyScope,
    /// SHA-256 of the key. The key itself is not stored.
    pub sha256: [u8; 32],
    /// When it was created, microseconds UTC.
    pub created_us: i64,
    /// When it expires, microseconds UTC, if ever.
    pub expires_us: Option<i64>,
}

impl ApiKey {
    /// Whether it is valid at that time.
    pub fn is_valid(&self, now_us: i64) -> bool {
        self.expires_us.is_none_or(|expires_us| now_us < expires_us)
    }
}
