//! The connection that writes, in group commits.

use std::sync::{Arc, Mutex, MutexGuard};

use directory::{AccountId, Counters, Kind, Profile};
use rusqlite::{Connection, ErrorCode, params};

use super::checkpoint::Checkpointer;
use super::groups::{self, Line};
use super::health::Health;
use super::open::{self, running};
use super::read::roll_back;
use super::sql::execute;
use super::statements::Statements;
use super::versions::{Changed, Versions};
use super::{erase, idempotency};
use crate::store::{
    AccountCommit, CommitError, Erased, Erasure, IdempotencyRecord, Origin, StoreError, Verdict,
};

/// The connection that writes.
pub struct Writer {
    /// None where the store is in memory. Dropped before the connection, which should be the last
    /// one to close the file.
    pub checkpointer: Option<Checkpointer>,
    pub connection: Connection,
    pub versions: Arc<Versions>,
    pub health: Arc<Health>,
}

/// Locks the writer, and rolls back a transaction that a panic has left open.
pub fn lock(writer: &Mutex<Writer>) -> MutexGuard<'_, Writer> {
    writer.lock().unwrap_or_else(|poisoned| {
        let writer = poisoned.into_inner();
        roll_back(&writer.connection);
        writer
    })
}

impl Writer {
    /// The writer of a store without a WAL of its own: in memory, or one that is only read.
    pub fn alone(connection: Connection) -> Self {
        let versions = Arc::new(Versions::new(None));
        let health = Arc::new(Health::new(Arc::default(), None, Arc::clone(&versions)));
        Self { checkpointer: None, connection, versions, health }
    }

    pub fn commit(&mut self, batch: &[AccountCommit]) -> Result<Vec<Verdict>, CommitError> {
        self.transaction_on_accounts(|connection, changed| {
            Statements::prepare(connection)?.commit(connection, batch, changed)
        })
    }

    pub fn create_account(
        &mut self,
        profile: &Profile,
        origin: &Origin,
        answer: Option<&IdempotencyRecord>,
    ) -> Result<Option<AccountId>, CommitError> {
        self.transaction_on_accounts(|connection, _| {
            let sql = "INSERT INTO account \
                 (user_name, api_key_sha256, api_authentication, phone_number_limit) \
                 VALUES (?1, ?2, ?3, ?4) ON CONFLICT (user_name) DO NOTHING";
            let values = params![
                profile.user_name.as_str(),
                profile.api_key_sha256,
                profile.api_authentication.as_str(),
                profile.phone_number_limit
            ];
            if execute(connection, sql, values)? == 0 {
                return Ok(None);
            }
            let id = u32::try_from(connection.last_insert_rowid())
                .map_err(|_| StoreError::Engine("there are too many accounts".into()))?;
            let Counters { version, next_phone_id, next_skill_id, settings_version } =
                Counters::NEW;
            let sql = "INSERT INTO account_version VALUES (?1, ?2, ?3, ?4, ?5)";
            let values = params![
                id,
                version.cast_signed(),
                next_phone_id,
                next_skill_id,
                settings_version.cast_signed()
            ];
            execute(connection, sql, values)?;
            let id = AccountId(id);
            let line = Line::of(id, version, origin, (Kind::CreateAccount, None), "{}");
            groups::insert_one(connection, &line)?;
            answer.map_or(Ok(()), |answer| idempotency::insert(connection, id, answer))?;
            Ok(Some(id))
        })
    }

    /// Erases, and overwrites also the pages that it frees.
    pub fn erase(&mut self, erasure: &Erasure, origin: &Origin) -> Result<Erased, CommitError> {
        open::set_secure_delete(&self.connection, "ON")?;
        let erased = self.transaction_on_accounts(|connection, changed| {
            erase::erase(connection, erasure, origin, changed)
        });
        open::set_secure_delete(&self.connection, open::SECURE_DELETE)?;
        erased
    }

    /// Runs `write` in one transaction and returns after its fsync. `write` changes no version of an
    /// account.
    pub fn transaction<T>(
        &mut self,
        write: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, CommitError> {
        self.transaction_on_accounts(|connection, _| write(connection))
    }

    /// The same for a `write` that changes versions. It adds the accounts to its second argument.
    fn transaction_on_accounts<T>(
        &mut self,
        write: impl FnOnce(&Connection, &mut Changed) -> Result<T, StoreError>,
    ) -> Result<T, CommitError> {
        self.health.check()?;
        execute(&self.connection, "BEGIN IMMEDIATE", [])?;
        let before = self.versions.state();
        let mut changed = Changed::new();
        let result = write(&self.connection, &mut changed).map_err(|error| {
            roll_back(&self.connection);
            CommitError::NothingChanged(error)
        })?;
        let committed = self.connection.prepare_cached("COMMIT").and_then(|mut s| s.execute([]));
        committed.map_err(|error| self.failed_commit(error))?;
        self.versions.committed(before, &changed);
        self.health.check_files().map_err(CommitError::OutcomeUnknown)?;
        if let Some(checkpointer) = &self.checkpointer {
            checkpointer.after_commit(&self.connection);
        }
        Ok(result)
    }

    /// A whole checkpoint, if the store is in a file.
    pub fn checkpoint(&self) {
        if let Some(checkpointer) = &self.checkpointer {
            checkpointer.run(&self.connection);
        }
    }

    /// If a write to the WAL fails as the disk is full, its commit mark was never written. After any
    /// other failure, above all of the fsync, a recovery may or may not find the commit.
    fn failed_commit(&self, error: rusqlite::Error) -> CommitError {
        roll_back(&self.connection);
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy) => {
                CommitError::NothingChanged(running(error))
            }
            _ => CommitError::OutcomeUnknown(running(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::store::sqlite::SqliteStore;

    #[test]
    fn lock_rolls_back_a_transaction_that_a_panic_left_open() {
        let store = SqliteStore::in_memory().unwrap();
        let writer = &store.writer;
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            lock(writer).transaction(|_| -> Result<(), StoreError> { panic!("in a transaction") })
        }));
        assert!(panicked.is_err() && writer.is_poisoned());
        lock(writer).transaction(|_| Ok(())).unwrap();
    }
}
