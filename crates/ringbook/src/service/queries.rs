//! Queries of the store from async tasks, a few at a time. This module must not know what they
//! are about.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::Service;
use crate::store::{Store, StoreError};

/// Queries at a time. Anybody can ask whether an account of some name exists, so these leave most
/// of a node's connections to those whose credentials were right.
const QUERIES_MAX: usize = 2;

/// How long a query may wait for its permit.
const PERMIT_WITHIN: Duration = Duration::from_millis(300);

/// The same for a long query. With the time that it takes itself, the caller is answered within a
/// few seconds.
const LONG_PERMIT_WITHIN: Duration = Duration::from_secs(2);

/// The permits of queries and of long queries.
pub struct QueryPermits {
    query: Arc<Semaphore>,
    long_query: Arc<Semaphore>,
}

impl Default for QueryPermits {
    fn default() -> Self {
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        Self { query: semaphore(QUERIES_MAX), long_query: semaphore(1) }
    }
}

impl Service {
    /// Queries the store: off the threads that serve, unless the store is local and answers at
    /// once.
    pub(super) async fn query<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        query: impl FnOnce(&dyn Store) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        if self.store.is_local() {
            return query(&*self.store);
        }
        self.query_with_permit(&self.query_permits.query, PERMIT_WITHIN, query).await
    }

    /// A query that takes up to a second: always off the threads that serve, and one at a time, so
    /// that such queries delay only one another.
    pub(super) async fn long_query<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        query: impl FnOnce(&dyn Store) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        self.query_with_permit(&self.query_permits.long_query, LONG_PERMIT_WITHIN, query).await
    }

    async fn query_with_permit<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        permits: &Arc<Semaphore>,
        within: Duration,
        query: impl FnOnce(&dyn Store) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let permit = timeout(within, Arc::clone(permits).acquire_owned()).await;
        let Ok(permit) = permit else {
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
