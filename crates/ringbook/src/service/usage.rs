//! How much the service holds and how old its memory may be, for metrics.

use std::time::Duration;

use super::Service;

/// What the service holds at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Accounts in memory.
    pub accounts: usize,
    /// The memory that they took when they were loaded; eviction goes by it.
    pub account_bytes: usize,
    /// Messages that wait for the threads that write.
    pub queued: usize,
    /// How many may wait.
    pub queued_max: usize,
    /// How long ago all accounts in memory were last known to be current.
    pub view_age: Duration,
    /// Whether the housekeeping thread runs.
    pub is_tidied: bool,
}

impl Service {
    /// What the service holds now.
    pub fn usage(&self) -> Usage {
        let (accounts, account_bytes) = self.cache.usage();
        let (queued, queued_max) = self.queue.length();
        let (view_age, is_tidied) = (self.follower.age(), self.housekeeper.is_running());
        Usage { accounts, account_bytes, queued, queued_max, view_age, is_tidied }
    }
}
