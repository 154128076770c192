//! The keys of accounts and of the operator: what they are, and when they were used.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use directory::{ApiKey, KeyId};

use super::housekeeping::note_key_uses;
use super::{Denied, Failure, Service, Tenant};
use crate::secret::sha256;
use crate::store::OperatorKey;

/// The API keys of an account.
#[derive(Debug, Clone)]
pub struct KeyUse {
    /// The key; none is the account's own one, which is good for everything and never expires.
    pub key: Option<ApiKey>,
    /// When it was used last, microseconds UTC, as far as it was noted: within a minute.
    pub used_us: Option<i64>,
}

impl KeyUse {
    /// What the account's own key is called.
    pub const MAIN_NAME: &str = "main";
}

/// Who operates the place, by one of the operator's keys.
#[derive(Debug, Clone)]
pub struct Operator {
    /// As the history names them.
    pub source: Arc<str>,
}

/// The operator's keys as they were when the store was asked last.
#[derive(Default)]
pub struct Operators(Mutex<HashSet<[u8; 32]>>);

impl Operators {
    fn knows(&self, sha256: &[u8; 32]) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(sha256)
    }

    fn remember(&self, keys: &[OperatorKey]) {
        let known = keys.iter().map(|key| key.sha256).collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }
}

impl Service {
    /// The keys of an account: its own one, then the others, oldest first.
    pub async fn keys(&self, tenant: &Tenant) -> Result<Vec<KeyUse>, Failure> {
        self.current(tenant).await?;
        self.note_key_uses().await?;
        let id = tenant.id();
        let uses = self.ask(move |store| store.key_uses(id)).await?;
        let uses: HashMap<KeyId, i64> = uses.into_iter().collect();
        let account = tenant.0.account();
        let own = KeyUse { key: None, used_us: uses.get(&KeyId::MAIN).copied() };
        let others = account
            .keys
            .iter()
            .map(|key| KeyUse { key: Some(key.clone()), used_us: uses.get(&key.id).copied() });
        Ok([own].into_iter().chain(others).collect())
    }

    /// Notes in the store when keys were used.
    pub(super) async fn note_key_uses(&self) -> Result<(), Failure> {
        let accounts = Arc::clone(&self.accounts);
        Ok(self.ask(move |store| note_key_uses(&accounts, store)).await?)
    }

    /// The operator, if the key is one of theirs.
    pub async fn authenticate_operator(
        &self,
        key: &str,
        source: Option<IpAddr>,
    ) -> Result<Operator, Denied> {
        let shown = sha256(key);
        // A key that was right a moment ago is no guess, whoever else calls from there.
        if let Some(source) = source.filter(|_| !self.operators.knows(&shown)) {
            self.throttle.check_source(source).map_err(Denied::Throttled)?;
        }
        let keys = self.ask(|store| store.operator_keys()).await;
        let keys = keys.map_err(|error| Denied::Failed(error.into()))?;
        let now_us = self.clock.now_us();
        let is_valid = |key: &&OperatorKey| {
            key.sha256 == shown && key.expires_us.is_none_or(|expires_us| now_us < expires_us)
        };
        let found = keys.iter().find(is_valid).map(|key| format!("operator:{}", key.name).into());
        self.operators.remember(&keys);
        match (found, source) {
            (Some(source), _) => Ok(Operator { source }),
            (None, source) => {
                if let Some(source) = source {
                    self.throttle.count_wrong_credentials(source);
                }
                Err(Denied::UserNameOrApiKey)
            }
        }
    }

    /// The operator's keys, sorted by name.
    pub async fn operator_keys(&self) -> Result<Vec<OperatorKey>, Failure> {
        Ok(self.ask(|store| store.operator_keys()).await?)
    }

    /// Makes an operator's key of this name; says whether the name was free.
    pub async fn create_operator_key(
        &self,
        name: String,
        sha256: [u8; 32],
        expires_us: Option<i64>,
    ) -> Result<bool, Failure> {
        let key = OperatorKey { name, sha256, created_us: self.clock.now_us(), expires_us };
        Ok(self.ask(move |store| store.create_operator_key(&key)).await?)
    }

    /// Deletes an operator's key; says whether there was one.
    pub async fn delete_operator_key(&self, name: String) -> Result<bool, Failure> {
        Ok(self.ask(move |store| store.delete_operator_key(&name)).await?)
    }
}
