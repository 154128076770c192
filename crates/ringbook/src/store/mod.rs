//! Stores: rows and transactions, and no rule.
//!
//! Several processes may share a store. What one of them decided in memory is committed only if the
//! account is still at the version that it was decided against.

mod account;
mod codec;
mod copy;
mod decorator;
mod erasure;
mod error;
mod history;
mod import;
mod location;
mod migrations;
pub mod postgres;
mod queries;
mod session;
pub mod sqlite;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use directory::{Account, AccountId, Change, Counters, KeyId, Profile, SkillNames, UserName};

pub use account::{
    AccountHead, AccountSummary, CatchUp, DamagedAccount, FoundAccount, ListedAccount,
};
pub use codec::{ImportId, RequestId, Statement, delta, past};
pub use copy::tables::Row;
pub use copy::{CopyError, Tally, copy};
pub use decorator::Decorator;
pub use erasure::{Erased, Erasure, KEPT_TEXTS, KeptText, tells_reason};
pub use error::{CommitError, StoreError};
pub use history::{
    ChangeFilter, ChangePage, ChangeQuery, ClockMark, Direction, HistoryOf, HistoryRow, Prune,
    Pruned,
};
pub use import::{Import, ImportProgress, ImportState, ImportWrite};
pub use location::{
    Creates, Location, LocationFault, Migrates, migrate, open, open_later, open_read_only,
};
pub use migrations::{Applied, SCHEMA};
pub use session::{SESSIONS_MAX, Session, SessionChange};

/// Who changed something, when, in which request, and in which import.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Microseconds UTC.
    pub at_us: i64,
    /// The request, as in the header `Ringbook-Request-Id`.
    pub request_id: RequestId,
    /// Who: `api` for an account's API key, `cli:NAME` for a user of the command line.
    pub source: Arc<str>,
    /// The import that it belongs to, if it is a part of one.
    pub import: Option<ImportId>,
}

/// A change with its origin: one row of the history.
#[derive(Debug)]
pub struct StampedChange {
    /// What changed.
    pub change: Change,
    /// The names that the skills of its phone have at this time.
    pub skill_names: SkillNames,
    /// Who, when, in which request.
    pub origin: Origin,
}

/// What a batch changes in one account.
#[derive(Debug)]
pub struct AccountCommit {
    /// Which account.
    pub id: AccountId,
    /// The version that the decisions were made against.
    pub expected_version: u64,
    /// The counters afterwards.
    pub counters: Counters,
    /// The changes; none to confirm that the account is still at the expected version.
    pub changes: Vec<StampedChange>,
    /// Idempotency records, of commands with changes and without. They are saved in the same
    /// transaction, if the account is committed or confirmed.
    pub answers: Vec<IdempotencyRecord>,
    /// What is written of imports, in the same transaction and on the same condition.
    pub imports: Vec<ImportWrite>,
}

impl AccountCommit {
    /// Whether only the version is to be confirmed.
    fn writes_nothing(&self) -> bool {
        self.changes.is_empty() && self.answers.is_empty() && self.imports.is_empty()
    }

    /// [`Verdict::Committed`] if this was decided against that version.
    fn confirmed(&self, version: Option<u64>) -> Verdict {
        let is_current = version == Some(self.expected_version);
        if is_current { Verdict::Committed } else { Verdict::Stale }
    }
}

/// SHA-256 of an `Idempotency-Key`.
pub type IdempotencyKey = [u8; 32];

/// The answer to a request with an `Idempotency-Key`: a retried request gets it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// The hash of the key.
    pub key: IdempotencyKey,
    /// SHA-256 of the request, to detect another request with the same key.
    pub request_sha256: [u8; 32],
    /// When it was answered, by the store's clock, microseconds.
    pub at_us: i64,
    /// The answer, in the format of the front end that gave it. It contains no secret.
    pub answer: Vec<u8>,
}

/// The outcome of an [`AccountCommit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is on stable storage, or confirmed.
    Committed,
    /// Another process changed the account first: nothing of it was written.
    Stale,
}

/// A key of the operator, who may create and delete accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorKey {
    /// Its unique name, which says what it is for.
    pub name: String,
    /// SHA-256 of the key. The key itself is not stored.
    pub sha256: [u8; 32],
    /// When it was created, microseconds UTC.
    pub created_us: i64,
    /// When it expires, microseconds UTC; none for never.
    pub expires_us: Option<i64>,
}

/// Gets the accounts that other processes have changed; an empty list means that any may have.
pub type Listener = Box<dyn Fn(Vec<AccountId>) + Send + Sync>;

/// What is read from a store. All methods block: they wait for a connection, the disk or the
/// database, so no thread that serves others calls them.
///
/// None waits without a limit for an engine that is away: reads fail within a second.
pub trait ReadStore: Send + Sync {
    /// Runs a query of a few rows that every engine understands, for the methods that are no more
    /// than one.
    fn rows(&self, query: Statement) -> Result<Vec<Row>, StoreError>;

    /// The accounts of these `userName`s, in their order. A damaged one hides no other.
    fn find_accounts(&self, user_names: &[String]) -> Result<Vec<FoundAccount>, StoreError>;

    /// The whole account as committed now.
    fn load(&self, id: AccountId) -> Result<Option<Account>, StoreError>;

    /// The versions of these accounts as committed now, in their order; none for an account that
    /// does not exist.
    fn versions_of(&self, ids: &[AccountId]) -> Result<Vec<Option<u64>>, StoreError>;

    /// The ids of all accounts, sorted, without those that [`check_integrity`](Self::check_integrity)
    /// reports.
    fn account_ids(&self) -> Result<Vec<AccountId>, StoreError>;

    /// The accounts above a `userName`, sorted by it, at most `rows_max`.
    fn accounts(&self, above: &str, rows_max: usize) -> Result<Vec<ListedAccount>, StoreError>;

    /// What other processes changed in these accounts since these versions, in their order. Each
    /// account is named once.
    fn catch_up_all(&self, known: &[(AccountId, u64)]) -> Result<Vec<CatchUp>, StoreError>;

    /// Of these accounts, those that are no longer at these versions, or deleted.
    fn stale(&self, known: &[(AccountId, u64)]) -> Result<Vec<AccountId>, StoreError> {
        stale(self, known)
    }

    /// The idempotency records of these keys, in their order; none where there is no record since
    /// `since_us`.
    fn idempotency_records(
        &self,
        wanted: &[(AccountId, IdempotencyKey)],
        since_us: i64,
    ) -> Result<Vec<Option<IdempotencyRecord>>, StoreError>;

    /// A page of the history of an account, which may be deleted.
    fn changes(&self, id: AccountId, wanted: &ChangeQuery) -> Result<ChangePage, StoreError>;

    /// The newest imports of an account whose id is below this one, at most `rows_max`.
    fn imports(
        &self,
        id: AccountId,
        below: ImportId,
        rows_max: usize,
    ) -> Result<Vec<Import>, StoreError> {
        import::read(id, self.rows(import::wanted(id, below, rows_max))?)
    }

    /// The deleted accounts that had this `userName`, as far as their history is kept.
    fn deleted_accounts(&self, user_name: &UserName) -> Result<Vec<AccountId>, StoreError>;

    /// When the keys of an account were last used, microseconds UTC, as far as it was recorded.
    fn key_uses(&self, id: AccountId) -> Result<Vec<(KeyId, i64)>, StoreError> {
        queries::key_uses(self, id)
    }

    /// The operator's keys, sorted by name.
    fn operator_keys(&self) -> Result<Vec<OperatorKey>, StoreError> {
        queries::operator_keys(self)
    }

    /// The session of this SHA-256 of a token.
    fn session(&self, sha256: &[u8; 32]) -> Result<Option<Session>, StoreError> {
        Ok(session::read(self, session::by_token(sha256))?.pop())
    }

    /// The sessions of an account, or of the operator, newest first.
    fn sessions(&self, account: Option<AccountId>) -> Result<Vec<Session>, StoreError> {
        session::read(self, session::of(account))
    }

    /// The newest mark of the store's clock. Without one, the time of the newest idempotency record,
    /// which a copied store has; none if it has nothing either.
    fn clock(&self) -> Result<Option<ClockMark>, StoreError> {
        queries::clock(self)
    }

    /// How many bytes the store has on the disk, without what is being written.
    fn bytes(&self) -> Result<u64, StoreError>;

    /// What the engine knows of who is connected and what is archived: names and values for people.
    fn facts(&self) -> Result<Vec<(String, String)>, StoreError> {
        Ok(Vec::new())
    }

    /// Writes a copy of the store, as of now, to a new file, while others write. `progress` gets the
    /// pages done and the pages in all.
    fn backup(&self, file: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<(), StoreError>;

    /// What the engine finds wrong in its own files; one sentence each.
    fn check_integrity(&self) -> Result<Vec<String>, StoreError>;
}

/// A store. The first four methods return at once, on any thread. The others write: they block as
/// reads do, and also wait for the write lock and an fsync. They fail by their deadline.
pub trait Store: ReadStore {
    /// How many batches may be committed at a time. Each account belongs to one writer.
    fn writers(&self) -> usize;

    /// Fails if this process must not write to the store any more.
    fn is_usable(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// The version of an account as committed now, if that is known without any IO.
    fn known_version(&self, _: AccountId) -> Option<u64> {
        None
    }

    /// Notifies `listener` of commits of other processes, where the engine can. Some may be missed:
    /// [`stale`](ReadStore::stale) finds them.
    fn listen(&self, listener: Listener);

    /// Creates an account, and saves the answer as an idempotency record of the new account. None if
    /// the `userName` is taken.
    fn create_account(
        &self,
        profile: &Profile,
        origin: &Origin,
        answer: Option<&IdempotencyRecord>,
        deadline: Instant,
    ) -> Result<Option<AccountId>, CommitError>;

    /// Commits a batch in one transaction, and returns after it is on stable storage, or fails by
    /// `deadline`. Accounts that another process has changed are left out as stale.
    fn commit(
        &self,
        batch: &[AccountCommit],
        deadline: Instant,
    ) -> Result<Vec<Verdict>, CommitError>;

    /// Records when keys were last used, microseconds UTC. No version is raised.
    fn note_key_uses(&self, used: &[(AccountId, KeyId, i64)]) -> Result<(), StoreError>;

    /// Creates an operator's key; false if the name is taken.
    fn create_operator_key(&self, key: &OperatorKey) -> Result<bool, CommitError>;

    /// Deletes an operator's key; false if there was none.
    fn delete_operator_key(&self, name: &str) -> Result<bool, CommitError>;

    /// Opens or ends sessions.
    fn change_sessions(&self, change: &SessionChange) -> Result<(), CommitError>;

    /// Saves a mark of the store's clock, unless there is one within `interval_us` before it or a later
    /// one. Returns the newest time.
    fn mark_clock(&self, mark: ClockMark, interval_us: i64) -> Result<i64, StoreError>;

    /// Deletes at most about `rows_max` old rows, so briefly that no commit waits for it. Call it
    /// again until it is done.
    fn prune(&self, prune: &Prune, rows_max: usize) -> Result<Pruned, StoreError>;

    /// Erases values from all that is kept, and notes that as a change of the account, in one
    /// transaction. Others wait for it as long as it takes. [`StoreError::Busy`] if the phone or the
    /// account is there again.
    fn erase(&self, erasure: &Erasure, origin: &Origin) -> Result<Erased, StoreError>;

    /// Frees what earlier transactions have left of rows that were deleted or edited: in the write-ahead
    /// log and where the engine keeps it until it is overwritten. `rewrites` writes the whole store
    /// anew, so that nothing is left anywhere in its files.
    fn purge(&self, rewrites: bool) -> Result<(), StoreError>;
}

/// [`ReadStore::stale`] by reading every version.
fn stale(
    store: &(impl ReadStore + ?Sized),
    known: &[(AccountId, u64)],
) -> Result<Vec<AccountId>, StoreError> {
    let ids: Vec<_> = known.iter().map(|(id, _)| *id).collect();
    let versions = store.versions_of(&ids)?;
    let other = known.iter().zip(versions).filter(|((_, known), now)| *now != Some(*known));
    Ok(other.map(|((id, _), _)| *id).collect())
}
