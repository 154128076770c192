//! Callers within this process.

use std::sync::Arc;

use directory::{KeyId, KeyScope};

use crate::service::{Access, Principal, Tenant};

/// Who calls from within this process, and needs no credentials: an extension of a request that came
/// over no connection. Whoever inserts it has authenticated the caller, or needs not.
#[derive(Clone)]
pub struct LocalCaller(pub Principal);

impl LocalCaller {
    /// Whoever may open the store, as the history names them.
    pub fn of_store(tenant: Tenant, source: Arc<str>) -> Self {
        let (key, scope) = (KeyId::MAIN, KeyScope::Full);
        Self(Principal::Account(Access { tenant, key, scope, source }))
    }
}
