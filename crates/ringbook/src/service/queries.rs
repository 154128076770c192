//! Reads off the threads that serve, on the runtime's blocking pool, a few of each kind at a time.
//! This module must not know what they are about.

use std::sync::Arc;
use std::time::Duration;

use directory::Account;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::{Failure, Service, Tenant};
use crate::store::ReadStore;

/// Phones that a read may look at under the account's lock, on a thread that serves: they take less
/// than a millisecond, and less than a turn of another thread would.
pub const PHONES_LOCKED_MAX: usize = 2_000;

/// The permits of all kinds of reads.
pub struct Permits {
    /// For reads of a few rows by an index. Anybody can ask whether an account of some name exists,
    /// so these leave most of a node's connections to those whose credentials were right.
    pub short: QueryPermits,
    /// For pages of the history and of accounts, which may go through many rows.
    pub pages: QueryPermits,
    /// For reads that take up to a second, one at a time. With the time that it takes itself, the
    /// caller is answered within a few seconds.
    pub long: QueryPermits,
    /// For looks at many phones in memory: half of the cores, so that others are left to serve.
    walks: QueryPermits,
    /// For loading accounts: one at a time, as each may take much memory.
    pub loads: QueryPermits,
    /// For loading accounts to which calls come. Whoever does not get in tries again with the next call.
    pub loads_for_calls: QueryPermits,
}

impl Default for Permits {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            short: QueryPermits::new(2, Duration::from_millis(300)),
            pages: QueryPermits::new(2, Duration::from_secs(2)),
            long: QueryPermits::new(1, Duration::from_secs(2)),
            walks: QueryPermits::new((cores / 2).max(1), Duration::from_secs(2)),
            loads: QueryPermits::new(1, Duration::from_secs(30)),
            loads_for_calls: QueryPermits::new(1, Duration::from_secs(1)),
        }
    }
}

/// The permits of one kind of read. Reads of one kind delay none of another. Clones share them.
#[derive(Clone)]
pub struct QueryPermits {
    permits: Arc<Semaphore>,
    /// How long a read may wait for its permit.
    within: Duration,
}

impl QueryPermits {
    fn new(permits: usize, within: Duration) -> Self {
        Self { permits: Arc::new(Semaphore::new(permits)), within }
    }

    /// Reads off the threads that serve, once there is a permit.
    pub async fn run<T: Send + 'static, E>(
        &self,
        read: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<T, Failure>
    where
        E: Send + 'static,
        Failure: From<E>,
    {
        let permit = Arc::clone(&self.permits).acquire_owned();
        let Ok(permit) = timeout(self.within, permit).await else {
            let why = "too many reads of this kind are waiting already: try again in a moment";
            return Err(Failure::Unavailable(why.into()));
        };
        let done = spawn_blocking(move || {
            // Held until the read ends, even if nobody waits for its result any more.
            let _permit = permit;
            read()
        });
        let failed = |_| Failure::Unavailable("the read failed".into());
        Ok(done.await.map_err(failed)??)
    }
}

impl Service {
    /// Reads from the store.
    pub(super) async fn query<T: Send + 'static, E>(
        &self,
        permits: &QueryPermits,
        query: impl FnOnce(&dyn ReadStore) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Failure>
    where
        E: Send + 'static,
        Failure: From<E>,
    {
        let store = Arc::clone(&self.core.store);
        permits.run(move || query(&*store)).await
    }

    /// Reads a snapshot of an account. No lock is held, so neither changes nor other reads wait, and
    /// what is read is of one version.
    pub(super) async fn walk<T: Send + 'static>(
        &self,
        tenant: &Tenant,
        read: impl FnOnce(&Account) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let cached = Arc::clone(&tenant.0);
        self.permits.walks.run(move || read(&cached.snapshot())).await
    }
}
