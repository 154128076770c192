//! Loading accounts into memory on first use.

use std::sync::Arc;

use directory::Refusal;

use super::cache::CachedAccount;
use super::{Authority, Failure, Service, Tenant};
use crate::store::AccountHead;

impl Service {
    /// The account of that name, for the operator: no credentials are checked.
    pub async fn tenant(&self, user_name: &str) -> Result<Tenant, Failure> {
        if let Some(cached) = self.cached_account(user_name) {
            return Ok(Tenant(cached, Authority::Store));
        }
        let loaded = match self.find_account(user_name).await? {
            Some(head) => self.load(&head).await?,
            None => None,
        };
        let cached = loaded.ok_or(Refusal::NoSuchAccount)?;
        Ok(Tenant(cached, Authority::Store))
    }

    /// The account of that name, if it is in memory.
    pub(super) fn cached_account(&self, user_name: &str) -> Option<Arc<CachedAccount>> {
        let cached = self.cache.get(user_name)?;
        cached.touch(self.clock.now_us());
        Some(cached)
    }

    /// Loads an account off the threads that serve, as a large one takes a while. Of concurrent
    /// callers, one loads and the others wait.
    pub(super) async fn load(
        &self,
        head: &AccountHead,
    ) -> Result<Option<Arc<CachedAccount>>, Failure> {
        let (store, cache) = (Arc::clone(&self.store), Arc::clone(&self.cache));
        let now_us = self.clock.now_us();
        let _loading = self.loading.lock().await;
        if let Some(cached) = cache.get(head.profile.user_name.as_str()) {
            return Ok(Some(cached));
        }
        let id = head.id;
        let load = move || -> Result<Option<Arc<CachedAccount>>, Failure> {
            let Some(account) = store.load(id)? else { return Ok(None) };
            let cached = cache.insert(account);
            cached.touch(now_us);
            Ok(Some(cached))
        };
        let loaded = tokio::task::spawn_blocking(load).await;
        loaded.map_err(|_| Failure::Unavailable("loading the account failed".into()))?
    }
}
