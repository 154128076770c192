//! Reads that look at many phones of an account. This module must not know what they look for.

use std::sync::Arc;
use std::time::Duration;

use directory::Account;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::{Failure, Service, Tenant};

/// Phones that a read may look at under the account's lock, on a thread that serves: they take less
/// than a millisecond, and less than a turn of another thread would.
pub const PHONES_LOCKED_MAX: usize = 2_000;

/// How long a walk may wait for the ones before it.
const WALK_WITHIN: Duration = Duration::from_secs(2);

/// The permits of walks: half of the cores, so that others are left to serve.
pub struct Walks(Arc<Semaphore>);

impl Default for Walks {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new(Semaphore::new((cores / 2).max(1))))
    }
}

impl Service {
    /// Reads a snapshot of an account off the threads that serve, a few at a time. No lock is held,
    /// so neither changes nor other reads wait, and what is read is of one version.
    pub(super) async fn walk<T: Send + 'static>(
        &self,
        tenant: &Tenant,
        read: impl FnOnce(&Account) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let permit = timeout(WALK_WITHIN, Arc::clone(&self.walks.0).acquire_owned()).await;
        let Ok(permit) = permit else {
            return Err(Failure::Unavailable("too many look at all phones already".into()));
        };
        let cached = Arc::clone(&tenant.0);
        let walked = tokio::task::spawn_blocking(move || {
            // Held until the walk ends, even if nobody waits for its result any more.
            let _permit = permit;
            read(&cached.snapshot())
        });
        walked.await.map_err(|_| Failure::Unavailable("looking at all phones failed".into()))
    }
}
