//! The connection that writes: group commits.

use std::sync::Arc;

use directory::{AccountId, Change, Heads, Phone, PhoneId, Profile};
use rusqlite::{CachedStatement, Connection, ErrorCode, params};

use super::open::running;
use super::read::{execute, phone_key, version};
use super::versions::{Changed, Versions};
use super::{index, kept, rare};
use crate::store::codec::{delta, write_skills};
use crate::store::{
    AccountCommit, CommitError, KeptAnswer, Origin, StampedChange, StoreError, Verdict,
};

/// The connection that writes.
pub struct Writer {
    pub connection: Connection,
    /// `PRAGMA data_version` of what was followed: it changes when another process commits.
    data_version: i64,
    versions: Arc<Versions>,
    /// What the transaction under way has changed.
    changed: Changed,
    /// Whether the last commit has left a slice or more out of the index of the history.
    pub is_index_behind: bool,
}

impl Writer {
    pub fn new(connection: Connection, versions: Arc<Versions>) -> Result<Self, StoreError> {
        let mut writer = Self {
            connection,
            data_version: 0,
            versions,
            changed: Vec::new(),
            is_index_behind: false,
        };
        writer.data_version = writer.changed_elsewhere()?.unwrap_or_default();
        Ok(writer)
    }

    /// The `PRAGMA data_version`, if it is another one than the one that was followed.
    pub fn changed_elsewhere(&self) -> Result<Option<i64>, StoreError> {
        let data_version: i64 = self
            .connection
            .prepare_cached("PRAGMA data_version")
            .and_then(|mut s| s.query_row([], |row| row.get(0)))
            .map_err(running)?;
        Ok((data_version != self.data_version).then_some(data_version))
    }

    /// What others had committed by then is known.
    pub fn has_followed(&mut self, data_version: i64) {
        self.data_version = data_version;
    }

    pub fn commit(&mut self, batch: &[AccountCommit]) -> Result<Vec<Verdict>, CommitError> {
        self.transaction_on_accounts(|connection, changed| {
            let mut statements = Statements::prepare(connection)?;
            let mut commit = |account: &AccountCommit| {
                let verdict = statements.commit(connection, account)?;
                changed.extend(account.changed(verdict));
                Ok(verdict)
            };
            batch.iter().map(&mut commit).collect()
        })
    }

    pub fn create_account(
        &mut self,
        profile: &Profile,
        origin: &Origin,
        answer: Option<&KeptAnswer>,
    ) -> Result<Option<AccountId>, CommitError> {
        self.transaction(|connection| {
            let sql = "INSERT INTO account \
                 (user_name, api_key_sha256, api_authentication, phone_number_limit) \
                 VALUES (?1, ?2, ?3, ?4) ON CONFLICT (user_name) DO NOTHING";
            let inserted = connection
                .execute(
                    sql,
                    params![
                        profile.user_name.as_str(),
                        profile.api_key_sha256,
                        profile.api_authentication.as_str(),
                        profile.phone_number_limit
                    ],
                )
                .map_err(running)?;
            if inserted == 0 {
                return Ok(None);
            }
            let id = u32::try_from(connection.last_insert_rowid())
                .map_err(|_| StoreError::Engine("there are too many accounts".into()))?;
            let Heads { version, next_phone_id, next_skill_id } = Heads::NEW;
            connection
                .execute(
                    "INSERT INTO account_version VALUES (?1, ?2, ?3, ?4)",
                    params![id, version.cast_signed(), next_phone_id, next_skill_id],
                )
                .map_err(running)?;
            let mut statements = Statements::prepare(connection)?;
            let kind = directory::Kind::CreateAccount.as_str();
            statements.insert_change(AccountId(id), version, origin, kind, None, "{}")?;
            answer.map_or(Ok(()), |answer| kept::keep(connection, AccountId(id), answer))?;
            Ok(Some(AccountId(id)))
        })
    }

    /// Runs `write`, which changes no version of an account, under the write lock, all or nothing,
    /// and returns after the fsync.
    pub fn transaction<T>(
        &mut self,
        write: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, CommitError> {
        self.transaction_on_accounts(|connection, _| write(connection))
    }

    /// The same where `write` adds the accounts whose version it changes.
    fn transaction_on_accounts<T>(
        &mut self,
        write: impl FnOnce(&Connection, &mut Changed) -> Result<T, StoreError>,
    ) -> Result<T, CommitError> {
        execute(&self.connection, "BEGIN IMMEDIATE")?;
        let before = self.versions.state();
        self.changed.clear();
        // Within it: a slice of the index then costs no fsync of its own.
        let written = write(&self.connection, &mut self.changed)
            .and_then(|result| Ok((result, index::advance(&self.connection)?)));
        match written {
            Ok((result, is_index_behind)) => {
                self.is_index_behind = is_index_behind;
                match self.connection.prepare_cached("COMMIT").and_then(|mut s| s.execute([])) {
                    Ok(_) => {
                        self.versions.committed(before, &self.changed);
                        Ok(result)
                    }
                    Err(error) => Err(self.failed_commit(error)),
                }
            }
            Err(error) => {
                self.roll_back();
                Err(CommitError::NothingChanged(error))
            }
        }
    }

    /// Where a write to the log fails for want of space, its commit mark was never written.
    /// Any other failure, of the fsync above all, leaves open what a recovery would find.
    fn failed_commit(&mut self, error: rusqlite::Error) -> CommitError {
        self.roll_back();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy) => {
                CommitError::NothingChanged(running(error))
            }
            _ => CommitError::OutcomeUnknown(running(error)),
        }
    }

    fn roll_back(&mut self) {
        if !self.connection.is_autocommit()
            && let Err(error) = execute(&self.connection, "ROLLBACK")
        {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }
}

/// The statements of the commit path, prepared once a batch.
struct Statements<'c> {
    version: CachedStatement<'c>,
    insert_phone: CachedStatement<'c>,
    update_phone: CachedStatement<'c>,
    delete_phone: CachedStatement<'c>,
    insert_change: CachedStatement<'c>,
    skills: String,
}

impl<'c> Statements<'c> {
    fn prepare(connection: &'c Connection) -> Result<Self, StoreError> {
        let prepare = |sql| connection.prepare_cached(sql).map_err(running);
        Ok(Self {
            version: prepare(
                "UPDATE account_version SET version = ?1, next_phone_id = ?2, next_skill_id = ?3 \
                 WHERE account_id = ?4 AND version = ?5",
            )?,
            insert_phone: prepare(
                "INSERT INTO phone (key, number, name, skills) VALUES (?1, ?2, ?3, ?4)",
            )?,
            update_phone: prepare(
                "UPDATE phone SET number = ?2, name = ?3, skills = ?4 WHERE key = ?1",
            )?,
            delete_phone: prepare("DELETE FROM phone WHERE key = ?1")?,
            insert_change: prepare(
                "INSERT INTO change \
                 (account_id, version, at_us, request_id, source, kind, subject_id, delta) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?,
            skills: String::new(),
        })
    }

    fn commit(
        &mut self,
        connection: &Connection,
        account: &AccountCommit,
    ) -> Result<Verdict, StoreError> {
        if account.changes.is_empty() {
            let verdict = account.confirmed(version(connection, account.id)?);
            if verdict == Verdict::Committed {
                keep_answers(connection, account)?;
            }
            return Ok(verdict);
        }
        let Heads { version, next_phone_id, next_skill_id } = account.heads;
        let raised = self
            .version
            .execute(params![
                version.cast_signed(),
                next_phone_id,
                next_skill_id,
                account.id.0,
                account.expected_version.cast_signed()
            ])
            .map_err(running)?;
        if raised == 0 {
            return Ok(Verdict::Stale);
        }
        for (version, change) in (account.expected_version + 1..).zip(&account.changes) {
            self.write(connection, account.id, version, change)?;
        }
        keep_answers(connection, account)?;
        Ok(Verdict::Committed)
    }

    fn write(
        &mut self,
        connection: &Connection,
        account: AccountId,
        version: u64,
        StampedChange { change, origin }: &StampedChange,
    ) -> Result<(), StoreError> {
        let kind = change.kind().as_str();
        let subject = change.subject_id();
        match change {
            Change::Phone { id, before, after } => {
                self.write_phone(account, *id, before.is_some(), after.as_ref())?;
            }
            _ => rare::write(connection, account, change)?,
        }
        self.insert_change(account, version, origin, kind, subject, &delta(change))
    }

    fn write_phone(
        &mut self,
        account: AccountId,
        id: PhoneId,
        exists: bool,
        after: Option<&Phone>,
    ) -> Result<(), StoreError> {
        let key = phone_key(account, id);
        let Some(phone) = after else {
            self.delete_phone.execute([key]).map_err(running)?;
            return Ok(());
        };
        self.skills.clear();
        write_skills(&mut self.skills, phone.skills.iter());
        let number = phone.number.text();
        let statement = if exists { &mut self.update_phone } else { &mut self.insert_phone };
        let values = params![key, number.as_str(), phone.name.as_str(), self.skills];
        let written = statement.execute(values).map_err(running)?;
        if written != 1 {
            return Err(StoreError::Damaged(format!("account {account}, phone {}: no row", id.0)));
        }
        Ok(())
    }

    fn insert_change(
        &mut self,
        account: AccountId,
        version: u64,
        origin: &Origin,
        kind: &str,
        subject: Option<u64>,
        delta: &str,
    ) -> Result<(), StoreError> {
        self.insert_change
            .execute(params![
                account.0,
                version.cast_signed(),
                origin.at_us,
                origin.request_id.to_i64(),
                &*origin.source,
                kind,
                subject.map(u64::cast_signed),
                delta
            ])
            .map_err(running)?;
        Ok(())
    }
}

fn keep_answers(connection: &Connection, account: &AccountCommit) -> Result<(), StoreError> {
    account.answers.iter().try_for_each(|answer| kept::keep(connection, account.id, answer))
}
