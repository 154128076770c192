//! Where accounts are kept: rows and transactions, and no rule.
//!
//! A store may be shared by several processes. What one of them decided in memory is committed
//! only if the account is still at the version that it was decided against.

mod codec;
mod copy;
mod error;
mod history;
mod idempotency;
mod location;
mod migrations;
mod operator;
pub mod postgres;
pub mod sqlite;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use directory::{
    Account, AccountId, ApiKeys, Change, Counters, KeyId, Phone, PhoneId, Profile, Skills, Tokens,
};

pub use codec::{RequestId, delta, past};
pub use copy::{CopyError, Tally, copy};
pub use error::{CommitError, StoreError};
pub use history::{ChangePage, ChangeQuery, Direction, HistoryOf, HistoryRow, Prune, Pruned};
pub use idempotency::{IdempotencyKey, IdempotencyRecord};
pub use location::{Creates, Location, LocationFault, Migrates, migrate, open};
pub use operator::OperatorKey;

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
    pub counters: Counters,
    /// What changes; nothing where decisions that change nothing are only to be confirmed.
    pub changes: Vec<StampedChange>,
    /// Answers to be kept, of commands that change something and of others. They are kept if
    /// the account is committed or confirmed, in the same transaction.
    pub answers: Vec<IdempotencyRecord>,
}

impl AccountCommit {
    /// Whether it is only to be confirmed.
    fn writes_nothing(&self) -> bool {
        self.changes.is_empty() && self.answers.is_empty()
    }
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
    /// Its API keys beside the one among the settings.
    pub keys: ApiKeys,
    /// Its counters.
    pub counters: Counters,
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

/// A migration that was applied just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The schema that it leads to.
    pub number: u32,
    /// What it brings.
    pub name: &'static str,
}

/// Is told which accounts other processes have changed; none named means that any may be.
pub type Listener = Box<dyn Fn(Vec<AccountId>) + Send + Sync>;

/// A store. All methods block; they are called from threads that may.
///
/// None waits without a limit for an engine that is away: reads give up within a second, and
/// commits by their deadline.
pub trait Store: Send + Sync {
    /// Whether a short read is answered so soon that a thread that serves may wait for it: from
    /// a file, and not over a network.
    fn is_local(&self) -> bool;

    /// How many batches may be committed at a time; accounts are divided among them.
    fn writers(&self) -> usize;

    /// The account of a `userName`.
    fn find_account(&self, user_name: &str) -> Result<Option<AccountHead>, StoreError>;

    /// The whole account as committed now.
    fn load(&self, id: AccountId) -> Result<Option<Account>, StoreError>;

    /// The versions of these accounts as committed now, in their order; none where there is no
    /// such account.
    fn versions_of(&self, ids: &[AccountId]) -> Result<Vec<Option<u64>>, StoreError>;

    /// The ids of all accounts, sorted.
    fn account_ids(&self) -> Result<Vec<AccountId>, StoreError>;

    /// Accounts, sorted by `userName`: those above that name, so many at most.
    fn accounts(&self, above: &str, rows_max: usize) -> Result<Vec<AccountSummary>, StoreError>;

    /// Makes an account, and keeps the answer that tells of it, as one of the new account; nothing
    /// if the `userName` is taken.
    fn create_account(
        &self,
        profile: &Profile,
        origin: &Origin,
        answer: Option<&IdempotencyRecord>,
        deadline: Instant,
    ) -> Result<Option<AccountId>, CommitError>;

    /// Commits a batch in one transaction and returns after it is on stable storage.
    /// Accounts that another process changed are left out and told; the others are committed.
    /// Where the engine is away, it is given up at `deadline`.
    fn commit(
        &self,
        batch: &[AccountCommit],
        deadline: Instant,
    ) -> Result<Vec<Verdict>, CommitError>;

    /// What other processes changed in these accounts since these versions, in their order. No
    /// account is named twice.
    fn catch_up_all(&self, known: &[(AccountId, u64)]) -> Result<Vec<CatchUp>, StoreError>;

    /// What other processes changed in the account since `version`.
    fn catch_up(&self, id: AccountId, version: u64) -> Result<CatchUp, StoreError> {
        Ok(self.catch_up_all(&[(id, version)])?.pop().expect("one for each"))
    }

    /// Has `listener` told as soon as other processes commit, where the engine can tell. It may
    /// miss some: [`stale`](Self::stale) finds them.
    fn listen(&self, listener: Listener);

    /// Of accounts known at these versions, those that are at another one now, or gone.
    fn stale(&self, known: &[(AccountId, u64)]) -> Result<Vec<AccountId>, StoreError> {
        stale(self, known)
    }

    /// Answers that were kept, in the order in which they are asked for; none where there is no
    /// such one, or where it is older than `since_us`.
    fn idempotency_records(
        &self,
        asked: &[(AccountId, IdempotencyKey)],
        since_us: i64,
    ) -> Result<Vec<Option<IdempotencyRecord>>, StoreError>;

    /// A page of the history of an account, which need not exist any more.
    fn changes(&self, id: AccountId, asked: &ChangeQuery) -> Result<ChangePage, StoreError>;

    /// Notes when keys were used last. No version is raised, as nothing is decided by it.
    fn note_key_uses(&self, used: &[(AccountId, KeyId, i64)]) -> Result<(), StoreError>;

    /// When the keys of an account were used last, microseconds UTC, as far as it was noted.
    fn key_uses(&self, id: AccountId) -> Result<Vec<(KeyId, i64)>, StoreError>;

    /// The operator's keys, sorted by name.
    fn operator_keys(&self) -> Result<Vec<OperatorKey>, StoreError>;

    /// Makes an operator's key; says whether the name was free.
    fn create_operator_key(&self, key: &OperatorKey) -> Result<bool, StoreError>;

    /// Deletes an operator's key; says whether there was one.
    fn delete_operator_key(&self, name: &str) -> Result<bool, StoreError>;

    /// Deletes what is too old to be kept, at most about `rows_max` rows of it, so briefly that
    /// no commit waits for it. To be called again until it is done.
    fn prune(&self, prune: &Prune, rows_max: usize) -> Result<Pruned, StoreError>;

    /// Writes a copy of the store, as of now, to a new file, while others go on writing.
    /// `progress` is told pages done and pages in all.
    fn backup(&self, file: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<(), StoreError>;

    /// What the engine finds wrong in its own files; one sentence each.
    fn check_integrity(&self) -> Result<Vec<String>, StoreError>;
}

/// What [`Store::stale`] finds by looking at every version.
fn stale(
    store: &(impl Store + ?Sized),
    known: &[(AccountId, u64)],
) -> Result<Vec<AccountId>, StoreError> {
    let ids: Vec<_> = known.iter().map(|(id, _)| *id).collect();
    let versions = store.versions_of(&ids)?;
    let other = known.iter().zip(versions).filter(|((_, known), now)| *now != Some(*known));
    Ok(other.map(|((id, _), _)| *id).collect())
}
