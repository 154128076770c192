//! API keys beside the account's own one: named, with a scope, perhaps for a time.

use crate::limits::KEY_NAME_CHARACTERS_MAX;

/// Names a key of an account for good: the account's version after the change that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub u64);

impl KeyId {
    /// The account's own key, which is among its settings.
    pub const MAIN: Self = Self(0);
}

impl std::fmt::Display for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What a key is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyScope {
    /// Everything, the legacy endpoint included.
    Full,
    /// Reading.
    Read,
    /// Asking which phones ring for a skill.
    Routing,
}

impl KeyScope {
    /// All of them, the widest first.
    pub const ALL: [Self; 3] = [Self::Full, Self::Read, Self::Routing];

    /// Its name, in rows and in the native API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Read => "read",
            Self::Routing => "routing",
        }
    }

    /// The scope of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }

    /// Whether a key of this scope may do what `needed` is asked for.
    pub fn allows(self, needed: Self) -> bool {
        match self {
            Self::Full => true,
            Self::Read => needed != Self::Full,
            Self::Routing => needed == Self::Routing,
        }
    }
}

/// What a key is for, in its owner's words: 1 to 64 characters, no control character, no white
/// space at either end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyName(Box<str>);

/// A text that is no name of a key.
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Which one.
    pub id: KeyId,
    /// What it is for.
    pub name: KeyName,
    /// What it is good for.
    pub scope: KeyScope,
    /// SHA-256 of the key. The key itself is kept nowhere.
    pub sha256: [u8; 32],
    /// When it was made, microseconds UTC.
    pub created_us: i64,
    /// From when on it is no longer valid, microseconds UTC, if ever.
    pub expires_us: Option<i64>,
}

impl ApiKey {
    /// Whether it is valid at that time.
    pub fn is_valid(&self, now_us: i64) -> bool {
        self.expires_us.is_none_or(|expires_us| now_us < expires_us)
    }
}

/// The API keys of an account, beside its own one; sorted by id, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ApiKeys(Vec<ApiKey>);

impl ApiKeys {
    /// The keys, oldest first.
    pub fn iter(&self) -> std::slice::Iter<'_, ApiKey> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key with that id.
    pub fn get(&self, id: KeyId) -> Option<&ApiKey> {
        self.iter().find(|key| key.id == id)
    }

    /// The key with that hash.
    pub fn find(&self, sha256: &[u8; 32]) -> Option<&ApiKey> {
        self.iter().find(|key| key.sha256 == *sha256)
    }

    /// Puts a key in, replaces it, or takes it out.
    pub fn set(&mut self, id: KeyId, key: Option<ApiKey>) {
        self.0.retain(|other| other.id != id);
        self.0.extend(key);
        self.0.sort_by_key(|key| key.id);
    }
}

impl FromIterator<ApiKey> for ApiKeys {
    fn from_iter<I: IntoIterator<Item = ApiKey>>(keys: I) -> Self {
        let mut keys: Vec<_> = keys.into_iter().collect();
        keys.sort_by_key(|key| key.id);
        Self(keys)
    }
}

impl<'k> IntoIterator for &'k ApiKeys {
    type Item = &'k ApiKey;
    type IntoIter = std::slice::Iter<'k, ApiKey>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_allows_what_is_narrower() {
        let allowed = KeyScope::ALL.map(|scope| KeyScope::ALL.map(|needed| scope.allows(needed)));
        assert_eq!(allowed, [[true, true, true], [false, true, true], [false, false, true]]);
        for scope in KeyScope::ALL {
            assert_eq!(KeyScope::parse(scope.as_str()), Some(scope));
        }
        assert_eq!(KeyScope::parse("FULL"), None);
    }

    #[test]
    fn a_name_is_readable() {
        for text in ["k", "Kamailio, rack 2", &"é".repeat(64)] {
            assert!(KeyName::parse(text).is_ok(), "{text}");
        }
        for text in ["", " a", "a ", "a\nb", &"é".repeat(65)] {
            assert!(KeyName::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_key_is_valid_until_it_expires() {
        let name = KeyName::parse("PBX").unwrap();
        let scope = KeyScope::Routing;
        let key = |expires_us| ApiKey {
            id: KeyId(2),
            name: name.clone(),
            scope,
            sha256: [1; 32],
            created_us: 0,
            expires_us,
        };
        assert!(key(None).is_valid(i64::MAX));
        assert!(key(Some(10)).is_valid(9) && !key(Some(10)).is_valid(10));
        let mut keys: ApiKeys = [key(None)].into_iter().collect();
        assert!(keys.find(&[1; 32]).is_some() && keys.find(&[2; 32]).is_none());
        keys.set(KeyId(2), None);
        assert!(keys.is_empty());
    }
}
