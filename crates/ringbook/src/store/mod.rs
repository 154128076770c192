//! Where accounts are kept: rows and transactions, and no rule.
//!
//! A store may be shared by several processes. What one of them decided in memory is committed
//! only if the account is still at the version that it was decided against.

mod codec;
mod error;
mod location;
pub mod sqlite;

use std::path::Path;
use std::sync::Arc;

use directory::{Account, AccountId, Change, Heads, Phone, PhoneId, Profile, Skills, Tokens};

pub use codec::{RequestId, delta};
pub use error::{CommitError, StoreError};
pub use location::{Creates, Location, LocationFault, open};

/// Who changed something, when, and in which request.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Microseconds UTC.
    pub at_us: i64,
    /// The request that asked for it, as in the header `Ringbook-Request-Id`.
    pub request_id: RequestId,
    /// Who: `api` for an account's API key, `cli:NAME` for a user of the command line.
    pub source: Arc<str>,
}

/// A change with its origin: one row of the history.
#[derive(Debug)]
pub struct StampedChange {
    /// What changed.
    pub change: Change,
    /// Who, when, in which request.
    pub origin: Origin,
}

/// What a batch has decided for one account.
#[derive(Debug)]
pub struct AccountCommit {
    /// Which account.
    pub id: AccountId,
    /// The version that the decisions were made against.
    pub expected_version: u64,
    /// The counters afterwards.
    pub heads: Heads,
    /// What changes; nothing where decisions that change nothing are only to be confirmed.
    pub changes: Vec<StampedChange>,
}

/// What became of an [`AccountCommit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is on stable storage, or confirmed.
    Committed,
    /// Another process changed the account first: nothing of it was written.
    Stale,
}

/// An account without its skills and phones.
#[derive(Debug, Clone)]
pub struct AccountHead {
    /// Which account.
    pub id: AccountId,
    /// Its settings.
    pub profile: Profile,
    /// Its tokens.
    pub tokens: Tokens,
    /// Its counters.
    pub heads: Heads,
}

/// What other processes changed in an account since a version.
#[derive(Debug)]
pub enum CatchUp {
    /// Nothing.
    Current,
    /// These phones, and perhaps the settings and skills.
    Rows {
        /// The settings, tokens and counters now.
        head: Box<AccountHead>,
        /// The skills now.
        skills: Skills,
        /// The phones that were touched, as they are now.
        phones: Vec<(PhoneId, Option<Phone>)>,
    },
    /// Too much to follow, or too long ago: load the account anew.
    Reload,
    /// The account was deleted.
    Gone,
}

/// An account in a list.
#[derive(Debug, Clone)]
pub struct AccountSummary {
    /// Its settings and counters.
    pub head: AccountHead,
    /// How many phones it has.
    pub phone_count: u64,
    /// How many skills it has.
    pub skill_count: u64,
}

/// A store. All methods block; they are called from threads that may.
pub trait Store: Send + Sync {
    /// The account of a `userName`.
    fn find_account(&self, user_name: &str) -> Result<Option<AccountHead>, StoreError>;

    /// The whole account as committed now.
    fn load(&self, id: AccountId) -> Result<Option<Account>, StoreError>;

    /// The version of an account as committed now.
    fn version(&self, id: AccountId) -> Result<Option<u64>, StoreError>;

    /// The versions of all accounts as committed now.
    fn versions(&self) -> Result<Vec<(AccountId, u64)>, StoreError>;

    /// All accounts, sorted by `userName`.
    fn accounts(&self) -> Result<Vec<AccountSummary>, StoreError>;

    /// Makes an account; nothing if the `userName` is taken.
    fn create_account(
        &self,
        profile: &Profile,
        origin: &Origin,
    ) -> Result<Option<AccountId>, CommitError>;

    /// Commits a batch in one transaction and returns after it is on stable storage.
    /// Accounts that another process changed are left out and told; the others are committed.
    fn commit(&self, batch: &[AccountCommit]) -> Result<Vec<Verdict>, CommitError>;

    /// What other processes changed in the account since `version`.
    fn catch_up(&self, id: AccountId, version: u64) -> Result<CatchUp, StoreError>;

    /// Whether another process has committed anything since this was last asked.
    fn changed_elsewhere(&self) -> Result<bool, StoreError>;

    /// Writes a copy of the store, as of now, to a new file, while others go on writing.
    /// `progress` is told pages done and pages in all.
    fn backup(&self, file: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<(), StoreError>;

    /// What the engine finds wrong in its own files; one sentence each.
    fn check_integrity(&self) -> Result<Vec<String>, StoreError>;
}
