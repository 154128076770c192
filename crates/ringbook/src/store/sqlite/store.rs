//! What a store does: each operation in one transaction of the right connection.

use std::path::Path;
use std::sync::PoisonError;
use std::time::Instant;

use directory::{Account, AccountId, KeyId, Profile, UserName};
use rusqlite::Connection;

use super::{
    SqliteStore, backup, catch_up, check, erase, history, idempotency, index, keys, prune, read,
    sql,
};
use crate::store::history::PruneCursor;
use crate::store::queries;
use crate::store::{
    self, AccountCommit, CatchUp, ChangePage, ChangeQuery, ClockMark, CommitError, Erased, Erasure,
    FoundAccount, IdempotencyKey, IdempotencyRecord, ListedAccount, Listener, OperatorKey, Origin,
    Prune, Pruned, ReadStore, Row, SessionChange, Statement, Store, StoreError, Verdict,
};

impl SqliteStore {
    /// Whether each account is still at the version it was decided against.
    fn confirm(&self, batch: &[AccountCommit]) -> Result<Vec<Verdict>, StoreError> {
        let confirm = |account: &AccountCommit| {
            let known = self.known_version(account.id);
            let version = match known {
                Some(_) => known,
                None => self.versions_of(&[account.id])?[0],
            };
            Ok(account.confirmed(version))
        };
        batch.iter().map(confirm).collect()
    }
}

/// Writes methods that are a function of a connection.
macro_rules! reads {
    ($($name:ident($($argument:ident: $type:ty),*) -> $value:ty = $read:path;)+) => {
        $(fn $name(&self, $($argument: $type),*) -> Result<$value, StoreError> {
            self.read(|connection| $read(connection, $($argument),*))
        })+
    };
}

impl ReadStore for SqliteStore {
    reads! {
        rows(query: Statement) -> Vec<Row> = sql::run;
        load(id: AccountId) -> Option<Account> = read::load;
        account_ids() -> Vec<AccountId> = read::account_ids;
        accounts(above: &str, rows_max: usize) -> Vec<ListedAccount> = read::accounts;
        idempotency_records(
            wanted: &[(AccountId, IdempotencyKey)],
            since_us: i64
        ) -> Vec<Option<IdempotencyRecord>> = idempotency::find;
        deleted_accounts(user_name: &UserName) -> Vec<AccountId> = erase::deleted_accounts;
        check_integrity() -> Vec<String> = check::check_integrity;
    }

    fn find_accounts(&self, user_names: &[String]) -> Result<Vec<FoundAccount>, StoreError> {
        self.read(|connection| {
            Ok(user_names.iter().map(|name| read::find_account(connection, name)).collect())
        })
    }

    /// Caches the versions, so that they are [known](Store::known_version).
    fn versions_of(&self, ids: &[AccountId]) -> Result<Vec<Option<u64>>, StoreError> {
        let state = self.versions.state();
        let version = |connection: &Connection| {
            ids.iter().map(|id| read::version(connection, *id)).collect::<Result<Vec<_>, _>>()
        };
        let versions = self.read(version)?;
        if let Some(state) = state {
            let writer = self.writer.try_lock();
            for (id, version) in ids.iter().zip(&versions) {
                if let Some(version) = version {
                    self.versions.insert(state, *id, *version, writer.is_ok());
                }
            }
        }
        Ok(versions)
    }

    fn catch_up_all(&self, known: &[(AccountId, u64)]) -> Result<Vec<CatchUp>, StoreError> {
        self.read(|connection| {
            known
                .iter()
                .map(|(id, version)| match catch_up::catch_up(connection, *id, *version) {
                    // Loading it reports the damage, and the others catch up.
                    Err(StoreError::Damaged(_)) => Ok(CatchUp::Reload),
                    caught_up => caught_up,
                })
                .collect()
        })
    }

    fn stale(&self, known: &[(AccountId, u64)]) -> Result<Vec<AccountId>, StoreError> {
        // Logs what it finds, and reads go on.
        let _ = self.health.check_files();
        let generation = self.versions.generation();
        if known.is_empty() || self.versions.is_followed(generation) {
            return Ok(Vec::new());
        }
        let stale = store::stale(self, known)?;
        if stale.is_empty() {
            // Otherwise the next call checks again, in case the caller fails to catch up.
            self.versions.follow(generation);
        }
        Ok(stale)
    }

    fn changes(&self, id: AccountId, wanted: &ChangeQuery) -> Result<ChangePage, StoreError> {
        let (page, is_behind) = self.read(|connection| {
            Ok((history::changes(connection, id, wanted)?, index::is_behind(connection)?))
        })?;
        // The changes may be another process's, which did not wake our thread.
        if is_behind {
            self.indexer.wake();
        }
        Ok(page)
    }

    fn bytes(&self) -> Result<u64, StoreError> {
        queries::bytes(
            self,
            "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        )
    }

    fn backup(&self, file: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<(), StoreError> {
        self.read(|connection| backup::backup(connection, file, progress))
    }
}

impl Store for SqliteStore {
    fn writers(&self) -> usize {
        1
    }

    fn is_usable(&self) -> Result<(), StoreError> {
        self.health.check()
    }

    /// The state of the WAL is read from mapped memory, and the lock of the cache is never held
    /// across IO.
    fn known_version(&self, id: AccountId) -> Option<u64> {
        self.versions.get(&self.versions.state()?, id)
    }

    /// SQLite has no notifications; [`stale`](ReadStore::stale) is almost free while nothing has changed.
    fn listen(&self, _: Listener) {}

    fn create_account(
        &self,
        profile: &Profile,
        origin: &Origin,
        answer: Option<&IdempotencyRecord>,
        _: Instant,
    ) -> Result<Option<AccountId>, CommitError> {
        let id = self.writer().create_account(profile, origin, answer)?;
        self.indexer.count_changes(1);
        Ok(id)
    }

    /// Ignores the deadline: the timeout of the write lock is five seconds ([`StoreError::Busy`]).
    fn commit(&self, batch: &[AccountCommit], _: Instant) -> Result<Vec<Verdict>, CommitError> {
        if batch.iter().all(AccountCommit::writes_nothing) {
            // To confirm versions needs no write lock and no fsync.
            return Ok(self.confirm(batch)?);
        }
        let verdicts = self.writer().commit(batch)?;
        self.indexer.count_changes(batch.iter().map(|account| account.changes.len()).sum());
        Ok(verdicts)
    }

    fn note_key_uses(&self, used: &[(AccountId, KeyId, i64)]) -> Result<(), StoreError> {
        if used.is_empty() {
            return Ok(());
        }
        Ok(self.write(|connection| keys::note_key_uses(connection, used))?)
    }

    fn create_operator_key(&self, key: &OperatorKey) -> Result<bool, CommitError> {
        self.write(|connection| {
            Ok(!sql::run(connection, queries::create_operator_key(key))?.is_empty())
        })
    }

    fn delete_operator_key(&self, name: &str) -> Result<bool, CommitError> {
        self.write(|connection| {
            Ok(!sql::run(connection, queries::delete_operator_key(name))?.is_empty())
        })
    }

    fn change_sessions(&self, change: &SessionChange) -> Result<(), CommitError> {
        self.write(|connection| sql::run(connection, change.statement()).map(drop))
    }

    fn mark_clock(&self, mark: ClockMark, interval_us: i64) -> Result<i64, StoreError> {
        Ok(self.write(|connection| prune::mark_clock(connection, mark, interval_us))?)
    }

    fn prune(&self, prune: &Prune, rows_max: usize) -> Result<Pruned, StoreError> {
        let mut place = self.pruned.lock().unwrap_or_else(PoisonError::into_inner);
        let found = self.read(|connection| prune::find(connection, prune, *place, rows_max))?;
        let pruned = if found.is_empty() {
            Pruned { is_done: found.next.is_none(), ..Pruned::default() }
        } else {
            self.write(|connection| found.delete(connection, prune, rows_max))?
        };
        *place = found.next.unwrap_or(PruneCursor::START);
        Ok(pruned)
    }

    fn erase(&self, erasure: &Erasure, origin: &Origin) -> Result<Erased, StoreError> {
        let erased = self.writer().erase(erasure, origin)?;
        self.indexer.count_changes(1);
        Ok(erased)
    }

    fn purge(&self, rewrites: bool) -> Result<(), StoreError> {
        erase::purge(&self.writer().connection, rewrites)
    }
}
