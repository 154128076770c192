//! The credentials of accounts that are not in memory, and the operator's keys. Anybody can ask for
//! them, so they are read at little cost: once for each account that exists, and by one query at a
//! time, whoever asks. This module must not know what right credentials are.

use std::collections::HashMap;
use std::sync::{Arc, MutexGuard, PoisonError};

use directory::UserName;

use super::{Failure, Service};
use crate::store::{AccountHead, OperatorKey, ReadStore};

/// Keys of the remembered accounts, the accounts' own ones included: some 20 MB.
const KEYS_MAX: usize = 50_000;

/// The credentials of accounts without their phones, by `userName`. When there are too many, all are
/// forgotten: one query each brings back those in use.
#[derive(Default)]
pub struct HeadCache {
    heads: HashMap<String, Arc<AccountHead>>,
    keys: usize,
}

impl HeadCache {
    fn insert(&mut self, head: &Arc<AccountHead>) {
        let keys = 1 + head.keys.len();
        if self.keys + keys > KEYS_MAX {
            *self = Self::default();
        }
        self.keys += keys;
        self.heads.insert(head.profile.user_name.to_string(), Arc::clone(head));
    }
}

impl Service {
    /// The account of that name as it is now, without its phones.
    pub(super) async fn current_head(
        &self,
        user_name: &str,
    ) -> Result<Option<Arc<AccountHead>>, Failure> {
        let known = self.heads().heads.get(user_name).cloned();
        if let Some(head) = known
            && self.current_version(head.id).await? == Some(head.counters.version)
        {
            return Ok(Some(head));
        }
        let head = self.find_account(user_name).await?.map(Arc::new);
        if let Some(head) = &head {
            self.heads().insert(head);
        }
        Ok(head)
    }

    /// The same from the store, whatever is remembered.
    pub(super) async fn find_account(
        &self,
        user_name: &str,
    ) -> Result<Option<AccountHead>, Failure> {
        // No other names exist, and PostgreSQL refuses some of them.
        let Ok(name) = UserName::parse(user_name) else { return Ok(None) };
        let find = |store: &dyn ReadStore, names: &[String]| {
            let found = store.find_accounts(names)?.into_iter();
            Ok(found.map(|found| found.map_err(Failure::from)).collect())
        };
        self.head_query.get(&self.core.store, name.to_string(), find).await?
    }

    /// The operator's keys, as they are now.
    pub(super) async fn current_operator_keys(&self) -> Result<Arc<[OperatorKey]>, Failure> {
        let read = |store: &dyn ReadStore, _: &[()]| Ok(vec![store.operator_keys()?.into()]);
        self.operator_key_query.get(&self.core.store, (), read).await
    }

    fn heads(&self) -> MutexGuard<'_, HeadCache> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
