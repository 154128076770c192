//! Reads of the store from async tasks, on the runtime's blocking pool, a few of each kind at a time.
//! This module must not know what they are about.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::Service;
use crate::store::{ReadStore, StoreError};

/// The permits of one kind of read. Reads of one kind delay none of another.
pub struct QueryPermits {
    permits: Arc<Semaphore>,
    /// How long a read may wait for its permit.
    within: Duration,
}

impl QueryPermits {
    /// For reads of a few rows by an index. Anybody can ask whether an account of some name exists,
    /// so these leave most of a node's connections to those whose credentials were right.
    pub fn of_short_reads() -> Self {
        Self::new(2, Duration::from_millis(300))
    }

    /// For pages of the history and of accounts, which may go through many rows.
    pub fn of_pages() -> Self {
        Self::new(2, Duration::from_secs(2))
    }

    /// For reads that take up to a second, one at a time. With the time that it takes itself, the
    /// caller is answered within a few seconds.
    pub fn of_long_reads() -> Self {
        Self::new(1, Duration::from_secs(2))
    }

    fn new(permits: usize, within: Duration) -> Self {
        Self { permits: Arc::new(Semaphore::new(permits)), within }
    }
}

impl Service {
    /// Reads from the store off the threads that serve, once there is a permit.
    pub(super) async fn query<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        permits: &QueryPermits,
        query: impl FnOnce(&dyn ReadStore) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let permit = Arc::clone(&permits.permits).acquire_owned();
        let Ok(permit) = timeout(permits.within, permit).await else {
            return Err(StoreError::Away("too many are asking it already".into()).into());
        };
        let store = Arc::clone(&self.store);
        let result = tokio::task::spawn_blocking(move || {
            // Held while the query runs, even if nobody waits for its result any more.
            let _permit = permit;
            query(&*store)
        });
        let result = result.await;
        result.unwrap_or_else(|_| Err(StoreError::Engine("asking it failed".into()).into()))
    }
}
