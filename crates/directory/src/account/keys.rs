//! The API keys of an account.

use crate::value::{ApiKey, KeyId};

/// The API keys of an account except its main key, sorted by id, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ApiKeys(Vec<ApiKey>);

/// The keys, oldest first.
impl std::ops::Deref for ApiKeys {
    type Target = [ApiKey];
    fn deref(&self) -> &[ApiKey] {
        &self.0
    }
}

impl ApiKeys {
    /// The key with that id.
    pub fn get(&self, id: KeyId) -> Option<&ApiKey> {
        self.iter().find(|key| key.id == id)
    }

    /// The key with that hash.
    pub fn find(&self, sha256: &[u8; 32]) -> Option<&ApiKey> {
        self.iter().find(|key| key.sha256 == *sha256)
    }

    /// Inserts, replaces or removes a key.
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
