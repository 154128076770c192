//! Loading accounts into memory on first use.

use std::sync::Arc;

use directory::Refusal;

use super::cache::CachedAccount;
use super::{Authority, Failure, Service, Tenant};
use crate::store::{AccountHead, StoreError};

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
        let (cache, head, now_us) = (Arc::clone(&self.cache), head.clone(), self.clock.now_us());
        self.query(&self.permits.loads, move |store| -> Result<_, StoreError> {
            let known = cache.get(head.profile.user_name.as_str());
            let cached = match known {
                None => store.load(head.id)?.map(|account| cache.insert(account)),
                known => known,
            };
            Ok(cached.inspect(|cached| cached.touch(now_us)))
        })
        .await
    }
}
