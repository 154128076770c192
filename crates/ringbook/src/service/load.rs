//! Loading accounts into memory on first use.

use std::sync::Arc;

use super::accounts::Cell;
use super::{Failure, Service};
use crate::store::AccountHead;

impl Service {
    /// The account of that name, loaded if need be.
    pub(super) async fn cell(&self, user_name: &str) -> Result<Option<Arc<Cell>>, Failure> {
        if let Some(cell) = self.remembered_cell(user_name) {
            return Ok(Some(cell));
        }
        let name = user_name.to_owned();
        match self.ask(move |store| store.find_account(&name)).await? {
            Some(head) => self.load(head).await,
            None => Ok(None),
        }
    }

    /// The account of that name, if it is in memory.
    pub(super) fn remembered_cell(&self, user_name: &str) -> Option<Arc<Cell>> {
        let cell = self.accounts.get(user_name)?;
        cell.touch(self.clock.now_us());
        Some(cell)
    }

    /// Loads an account off the threads that serve, as a large one takes a while. Of callers at
    /// the same time, one loads and the others wait.
    pub(super) async fn load(&self, head: AccountHead) -> Result<Option<Arc<Cell>>, Failure> {
        let (store, accounts) = (Arc::clone(&self.store), Arc::clone(&self.accounts));
        let now_us = self.clock.now_us();
        let _turn = self.loading.lock().await;
        if let Some(cell) = accounts.get(head.profile.user_name.as_str()) {
            return Ok(Some(cell));
        }
        let load = move || -> Result<Option<Arc<Cell>>, Failure> {
            let Some(account) = store.load(head.id)? else { return Ok(None) };
            let cell = accounts.insert(account);
            cell.touch(now_us);
            Ok(Some(cell))
        };
        let loaded = tokio::task::spawn_blocking(load).await;
        loaded.map_err(|_| Failure::Unavailable("loading the account failed".into()))?
    }
}
