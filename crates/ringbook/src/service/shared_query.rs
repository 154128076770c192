//! Queries that share a round trip: all that wait while one runs are answered by the next one. So
//! however many wait, each is answered within two of them. This module must not know what they are
//! about.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Semaphore, oneshot};

use super::Failure;
use crate::store::{ReadStore, Store, StoreError};

/// Queries of one kind, each by a key, of which one runs at a time.
pub struct SharedQuery<K, V> {
    waiting: Mutex<Vec<Waiting<K, V>>>,
    turn: Arc<Semaphore>,
}

type Waiting<K, V> = (K, oneshot::Sender<Result<V, Failure>>);

impl<K, V> Default for SharedQuery<K, V> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), turn: Arc::new(Semaphore::new(1)) }
    }
}

impl<K: Send + 'static, V: Send + 'static> SharedQuery<K, V> {
    /// What the store has for `key` when this is called, or later. `query` gets the keys of all
    /// that wait, and returns a value for each.
    pub async fn get(
        &self,
        store: &Arc<dyn Store>,
        key: K,
        query: impl FnOnce(&dyn ReadStore, &[K]) -> Result<Vec<V>, StoreError> + Send + 'static,
    ) -> Result<V, Failure> {
        let (reply, mut value) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push((key, reply));
        let failed = |_| Err(Failure::Unavailable("asking the store failed".into()));
        let turn = tokio::select! {
            biased;
            value = &mut value => return value.unwrap_or_else(failed),
            turn = Arc::clone(&self.turn).acquire_owned() => turn,
        };
        let waiting =
            std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let store = Arc::clone(store);
        tokio::task::spawn_blocking(move || {
            // Held while the query runs, even if whoever began it has gone.
            let _turn = turn;
            let (keys, replies): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
            let mut values = query(&*store, &keys).map(Vec::into_iter).map_err(Failure::from);
            for reply in replies {
                let value = values.as_mut().map(|values| values.next().expect("one for each key"));
                // Who has gone away needs none.
                let _ = reply.send(value.map_err(|failure| failure.clone()));
            }
        });
        value.await.unwrap_or_else(failed)
    }
}
