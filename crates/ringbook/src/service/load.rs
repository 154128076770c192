//! Loading accounts into memory on first use.

use std::sync::Arc;

use directory::Refusal;
use tokio::task::JoinHandle;

use super::cache::CachedAccount;
use super::queries::QueryPermits;
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
        let cached = self.core.cache.get(user_name)?;
        cached.touch(self.core.clock.now_us());
        Some(cached)
    }

    /// Loads an account off the threads that serve, as a large one takes a while. Of concurrent
    /// callers, one loads and the others wait.
    pub(super) async fn load(
        &self,
        head: &AccountHead,
    ) -> Result<Option<Arc<CachedAccount>>, Failure> {
        self.load_by(&self.permits.loads, head).await
    }

    /// The same for a call: it goes on whoever waits for it.
    pub(super) fn load_for_call(
        &self,
        head: &AccountHead,
    ) -> JoinHandle<Result<Option<Arc<CachedAccount>>, Failure>> {
        tokio::spawn(self.load_by(&self.permits.loads_for_calls, head))
    }

    fn load_by(
        &self,
        loads: &QueryPermits,
        head: &AccountHead,
    ) -> impl Future<Output = Result<Option<Arc<CachedAccount>>, Failure>> + Send + use<> {
        let (core, loads, head) = (Arc::clone(&self.core), loads.clone(), head.clone());
        let load = move || -> Result<_, StoreError> {
            let user_name = head.profile.user_name.as_str();
            let cached = match core.cache.get(user_name) {
                None => core.store.load(head.id)?.map(|account| core.cache.insert(account)),
                known => known,
            };
            let Some(cached) = cached else { return Ok(None) };
            cached.touch(core.clock.now_us());
            if core.board.get(user_name).is_some() {
                // What is remembered is brought up to date, and kept so.
                cached.rings_on(&core.board);
            }
            Ok(Some(cached))
        };
        async move { loads.run(load).await }
    }
}
