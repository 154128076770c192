//! The keys of accounts and of the operator, and when they were used.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use directory::{ApiKey, KeyId};

use super::credentials::find_operator_key;
use super::{Authority, CredentialsFault, Denied, Failure, Service, Tenant};
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

    /// The key's id.
    pub fn id(&self) -> KeyId {
        self.key.as_ref().map_or(KeyId::MAIN, |key| key.id)
    }
}

/// The operator's keys when the store was read last.
pub type OperatorKeyCache = RwLock<Arc<[OperatorKey]>>;

/// The operator, and the key that they called with.
#[derive(Clone)]
pub struct OperatorAccess {
    /// Who, as the history names them.
    pub source: Arc<str>,
    /// Their key.
    pub authority: Authority,
}

impl Service {
    /// The keys of an account: its own one, then the others, oldest first.
    pub async fn keys(&self, tenant: &Tenant) -> Result<Vec<KeyUse>, Failure> {
        self.refresh(tenant).await?;
        let id = tenant.id();
        let uses = self.query(&self.permits.short, move |store| store.key_uses(id)).await?;
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

    /// Authenticates the operator by one of their keys. It is always compared with the store.
    pub async fn authenticate_operator(
        &self,
        key: &str,
        source: Option<IpAddr>,
    ) -> Result<OperatorAccess, Denied> {
        let sha256 = sha256(key);
        let known = self.operator_keys.read().unwrap_or_else(PoisonError::into_inner).clone();
        // A key that was right at the last read is no guess, whoever else calls from there.
        if find_operator_key(&known, &sha256, self.core.clock.now_us()).is_none() {
            self.throttle.pace(source).await;
        }
        let keys = self.current_operator_keys().await?;
        *self.operator_keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&keys);
        let key = find_operator_key(&keys, &sha256, self.core.clock.now_us());
        let denied = || self.throttle.denied(source, CredentialsFault::OperatorKey.into());
        let key = key.ok_or_else(denied)?;
        let source = format!("operator:{}", key.name).into();
        Ok(OperatorAccess { source, authority: Authority::Operator(sha256) })
    }

    /// Refuses an operator whose key was deleted, or has expired, since the request was
    /// authenticated.
    pub(super) async fn verify_operator(&self, authority: &Authority) -> Result<(), Failure> {
        if !matches!(authority, Authority::Operator(_)) {
            return Ok(());
        }
        let keys = self.current_operator_keys().await?;
        Ok(authority.verify_operator(&keys, self.core.clock.now_us())?)
    }

    /// The operator's keys, sorted by name.
    pub async fn operator_keys(&self) -> Result<Vec<OperatorKey>, Failure> {
        self.query(&self.permits.short, |store| store.operator_keys()).await
    }

    /// Creates an operator's key of this name. Returns whether the name was free.
    pub async fn create_operator_key(
        &self,
        name: String,
        sha256: [u8; 32],
        expires_us: Option<i64>,
    ) -> Result<bool, Failure> {
        let key = OperatorKey { name, sha256, created_us: self.core.clock.now_us(), expires_us };
        self.queue.write(move |store, _| store.create_operator_key(&key)).await
    }

    /// Deletes an operator's key. Returns whether there was one.
    pub async fn delete_operator_key(&self, name: String) -> Result<bool, Failure> {
        self.queue.write(move |store, _| store.delete_operator_key(&name)).await
    }
}
