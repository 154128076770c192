//! Writes the rows of a commit.

use directory::{AccountId, Change, Counters, Phone, PhoneId};
use rusqlite::{CachedStatement, Connection, params};

use super::groups::{Line, Pending};
use super::open::running;
use super::read::{phone_key, version};
use super::sql::run;
use super::versions::Changed;
use super::{account_changes, idempotency};
use crate::store::codec::{write_delta, write_skills};
use crate::store::{AccountCommit, StampedChange, StoreError, Verdict};

/// The statements of the commit path, prepared once a batch.
pub struct Statements<'c> {
    version: CachedStatement<'c>,
    insert_phone: CachedStatement<'c>,
    update_phone: CachedStatement<'c>,
    delete_phone: CachedStatement<'c>,
    history: Pending,
    skills: String,
    delta: String,
}

impl<'c> Statements<'c> {
    pub fn prepare(connection: &'c Connection) -> Result<Self, StoreError> {
        let prepare = |sql| connection.prepare_cached(sql).map_err(running);
        Ok(Self {
            version: prepare(
                "UPDATE account_version SET version = ?1, next_phone_id = ?2, next_skill_id = ?3, \
                 settings_version = ?4 WHERE account_id = ?5 AND version = ?6",
            )?,
            insert_phone: prepare(
                "INSERT INTO phone (key, number, name, skills, version) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?,
            update_phone: prepare(
                "UPDATE phone SET number = ?2, name = ?3, skills = ?4, version = ?5 WHERE key = ?1",
            )?,
            delete_phone: prepare("DELETE FROM phone WHERE key = ?1")?,
            history: Pending::default(),
            skills: String::new(),
            delta: String::new(),
        })
    }

    /// Writes the changes of each account that is still at the version they were decided against.
    pub fn commit(
        &mut self,
        connection: &Connection,
        batch: &[AccountCommit],
        changed: &mut Changed,
    ) -> Result<Vec<Verdict>, StoreError> {
        let commit = |account| self.commit_account(connection, account, changed);
        let verdicts = batch.iter().map(commit).collect::<Result<_, _>>()?;
        self.history.write(connection)?;
        Ok(verdicts)
    }

    fn commit_account(
        &mut self,
        connection: &Connection,
        account: &AccountCommit,
        changed: &mut Changed,
    ) -> Result<Verdict, StoreError> {
        if account.changes.is_empty() {
            let verdict = account.confirmed(version(connection, account.id)?);
            if verdict == Verdict::Committed {
                write_more(connection, account)?;
            }
            return Ok(verdict);
        }
        let Counters { version, next_phone_id, next_skill_id, settings_version } = account.counters;
        let raised = self
            .version
            .execute(params![
                version.cast_signed(),
                next_phone_id,
                next_skill_id,
                settings_version.cast_signed(),
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
        write_more(connection, account)?;
        changed.extend(account.changed());
        Ok(Verdict::Committed)
    }

    fn write(
        &mut self,
        connection: &Connection,
        account: AccountId,
        version: u64,
        StampedChange { change, skill_names, origin }: &StampedChange,
    ) -> Result<(), StoreError> {
        match change {
            Change::Phone { id, before, after } => {
                self.write_phone(account, *id, version, before.is_some(), after.as_ref())?;
            }
            _ => account_changes::write(connection, account, version, change)?,
        }
        self.delta.clear();
        write_delta(&mut self.delta, change, skill_names);
        let about = (change.kind(), change.subject_id());
        let line = Line::of(account, version, origin, about, &self.delta);
        self.history.push(connection, &line)
    }

    fn write_phone(
        &mut self,
        account: AccountId,
        id: PhoneId,
        version: u64,
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
        let name = phone.name.as_str();
        let values = params![key, number.as_str(), name, self.skills, version.cast_signed()];
        let written = statement.execute(values).map_err(running)?;
        if written != 1 {
            return Err(StoreError::Damaged(format!("account {account}, phone {}: no row", id.0)));
        }
        Ok(())
    }
}

/// Writes what a commit has beside its changes.
fn write_more(connection: &Connection, account: &AccountCommit) -> Result<(), StoreError> {
    for import in &account.imports {
        run(connection, import.statement(account.id))?;
    }
    account
        .answers
        .iter()
        .try_for_each(|answer| idempotency::insert(connection, account.id, answer))
}
