//! How much the service holds, and how far behind it may be: for whoever watches over it.

use std::time::Duration;

use super::Service;

/// What the service holds at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Accounts in memory.
    pub accounts: usize,
    /// The memory that they took when they were loaded, by which they are dropped.
    pub account_bytes: usize,
    /// What waits for the threads that write.
    pub queued: usize,
    /// How much may wait.
    pub queued_max: usize,
    /// How long ago all that is in memory was last known to be what the store has.
    pub view_age: Duration,
    /// Whether the thread runs that deletes what is too old.
    pub is_tidied: bool,
}

impl Service {
    /// What the service holds now.
    pub fn usage(&self) -> Usage {
        let (accounts, account_bytes) = self.accounts.usage();
        let (queued, queued_max) = self.queue.length();
        let (view_age, is_tidied) = (self.follower.age(), self.housekeeper.is_running());
        Usage { accounts, account_bytes, queued, queued_max, view_age, is_tidied }
    }
}
