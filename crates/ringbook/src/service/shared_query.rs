//! Queries that share a round trip: all that wait while one runs are answered by the next one. So
//! however many wait, each is answered within two of them. This module must not know what they are
//! about.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Semaphore, oneshot};
use tokio::task::spawn_blocking;

use super::Failure;
use crate::store::{ReadStore, Store, StoreError};

/// Queries of one kind, each by a key, of which one runs at a time.
pub struct SharedQuery<K, V> {
    waiting: Mutex<Waiting<K, V>>,
    turn: Arc<Semaphore>,
}

/// Where to reply, by key.
type Waiting<K, V> = HashMap<K, Vec<oneshot::Sender<Result<V, Failure>>>>;

impl<K, V> Default for SharedQuery<K, V> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), turn: Arc::new(Semaphore::new(1)) }
    }
}

impl<K: Hash + Eq + Send + 'static, V: Clone + Send + 'static> SharedQuery<K, V> {
    /// What the store has for `key` when this is called, or later. `query` gets the distinct keys of
    /// all that wait, and returns a value for each.
    pub async fn get(
        &self,
        store: &Arc<dyn Store>,
        key: K,
        query: impl FnOnce(&dyn ReadStore, &[K]) -> Result<Vec<V>, StoreError> + Send + 'static,
    ) -> Result<V, Failure> {
        let (reply, mut value) = oneshot::channel();
        let waiting = || self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting().entry(key).or_default().push(reply);
        let failed = |_| Err(Failure::Unavailable("asking the store failed".into()));
        let turn = tokio::select! {
            biased;
            value = &mut value => return value.unwrap_or_else(failed),
            turn = Arc::clone(&self.turn).acquire_owned() => turn,
        };
        let (keys, replies): (Vec<_>, Vec<_>) = std::mem::take(&mut *waiting()).into_iter().unzip();
        let store = Arc::clone(store);
        // A task of its own, which goes on if whoever began it has gone. It replies on a thread of
        // the runtime, from which it costs no system call to wake another task.
        tokio::spawn(async move {
            let found = spawn_blocking(move || query(&*store, &keys)).await;
            drop(turn);
            let Ok(found) = found else { return };
            let mut values = found.map(Vec::into_iter).map_err(Failure::from);
            for replies in replies {
                let value = values.as_mut().map(|values| values.next().expect("one for each key"));
                let value = value.map_err(|failure| failure.clone());
                for reply in replies {
                    // Who has gone away needs none.
                    let _ = reply.send(value.clone());
                }
            }
        });
        value.await.unwrap_or_else(failed)
    }
}
