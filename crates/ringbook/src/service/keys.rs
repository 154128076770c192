//! The keys of accounts and of the operator, and when they were used.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use directory::{ApiKey, KeyId};

use super::{Denied, Failure, Service, Tenant};
use crate::secret::sha256;
use crate::store::OperatorKey;

/// An API key of an account and its last use.
#[derive(Debug, Clone)]
pub struct KeyUse {
    /// The key; none for the account's own one, which has full scope and never expires.
    pub key: Option<ApiKey>,
    /// When it was used last, microseconds UTC, within a minute.
    pub used_us: Option<i64>,
}

impl KeyUse {
    /// The name of the account's own key.
    pub const MAIN_NAME: &str = "main";
}

/// The hashes of the operator's keys when the store was read last.
pub type OperatorKeyCache = Mutex<HashSet<[u8; 32]>>;

impl Service {
    /// The keys of an account: its own one, then the others, oldest first.
    pub async fn keys(&self, tenant: &Tenant) -> Result<Vec<KeyUse>, Failure> {
        self.refresh(tenant).await?;
        let id = tenant.id();
        let uses = self.query(&self.short_reads, move |store| store.key_uses(id)).await?;
        // Those in memory are stored within a minute.
        let uses: HashMap<KeyId, i64> = uses.into_iter().chain(tenant.0.key_uses()).collect();
        let account = tenant.0.read();
        let own = KeyUse { key: None, used_us: uses.get(&KeyId::MAIN).copied() };
        let others = account
            .keys
            .iter()
            .map(|key| KeyUse { key: Some(key.clone()), used_us: uses.get(&key.id).copied() });
        Ok([own].into_iter().chain(others).collect())
    }

    /// The operator, as the history names them, if the key is one of theirs.
    pub async fn authenticate_operator(
        &self,
        key: &str,
        source: Option<IpAddr>,
    ) -> Result<Arc<str>, Denied> {
        let presented = sha256(key);
        // A key that was right at the last read is no guess, whoever else calls from there.
        if let Some(source) = source.filter(|_| !self.cached_operator_keys().contains(&presented)) {
            self.throttle.check_source(source).map_err(Denied::Throttled)?;
        }
        let keys = self.query(&self.short_reads, |store| store.operator_keys()).await;
        let keys = keys.map_err(Failure::from)?;
        let now_us = self.clock.now_us();
        let is_valid = |key: &&OperatorKey| {
            key.sha256 == presented && key.expires_us.is_none_or(|expires_us| now_us < expires_us)
        };
        let found = keys.iter().find(is_valid).map(|key| format!("operator:{}", key.name).into());
        *self.cached_operator_keys() = keys.iter().map(|key| key.sha256).collect();
        if let (None, Some(source)) = (&found, source) {
            self.throttle.count_wrong_credentials(source);
        }
        found.ok_or(Denied::UserNameOrApiKey)
    }

    fn cached_operator_keys(&self) -> MutexGuard<'_, HashSet<[u8; 32]>> {
        self.operator_keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The operator's keys, sorted by name.
    pub async fn operator_keys(&self) -> Result<Vec<OperatorKey>, Failure> {
        Ok(self.query(&self.short_reads, |store| store.operator_keys()).await?)
    }

    /// Creates an operator's key of this name. Returns whether the name was free.
    pub async fn create_operator_key(
        &self,
        name: String,
        sha256: [u8; 32],
        expires_us: Option<i64>,
    ) -> Result<bool, Failure> {
        let key = OperatorKey { name, sha256, created_us: self.clock.now_us(), expires_us };
        self.queue.write(move |store, _| store.create_operator_key(&key)).await
    }

    /// Deletes an operator's key. Returns whether there was one.
    pub async fn delete_operator_key(&self, name: String) -> Result<bool, Failure> {
        self.queue.write(move |store, _| store.delete_operator_key(&name)).await
    }
}
