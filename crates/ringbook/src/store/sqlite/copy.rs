//! All rows of a file, and a file made of rows.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, Row, params};

use super::open::{self, running};
use super::read::{ACCOUNT_COLUMNS, execute};
use crate::store::copy::{
    AccountRow, COUNT, ChangeRow, Key, PAGE_ROWS, PhoneRow, Rows, SkillRow, Source, Table, Target,
};
use crate::store::{Migrates, StoreError};

/// A file as it is now.
pub struct SqliteSource(Connection);

impl SqliteSource {
    /// Opens it and fixes the moment.
    pub fn open(file: &Path, migrates: Migrates) -> Result<Self, StoreError> {
        if !file.exists() {
            return Err(StoreError::NoStore(file.display().to_string()));
        }
        let (connection, _) = open::writer(file, migrates)?;
        execute(&connection, "BEGIN")?;
        Ok(Self(connection))
    }
}

impl Source for SqliteSource {
    fn count(&mut self) -> Result<u64, StoreError> {
        count(&self.0)
    }

    fn page(&mut self, table: Table, after: Key) -> Result<(Rows, Option<Key>), StoreError> {
        page(&self.0, table, after)
    }
}

fn count(connection: &Connection) -> Result<u64, StoreError> {
    connection.query_row(COUNT, [], |row| row.get::<_, u32>(0)).map(u64::from).map_err(running)
}

fn page(
    connection: &Connection,
    table: Table,
    after: Key,
) -> Result<(Rows, Option<Key>), StoreError> {
    Ok(match table {
        Table::Accounts => (Rows::Accounts(rows(connection, ACCOUNT_COLUMNS, [], account)?), None),
        Table::Skills => {
            let sql = "SELECT account_id, id, name FROM skill";
            (Rows::Skills(rows(connection, sql, [], skill)?), None)
        }
        Table::Phones => {
            let sql = "SELECT account_id, id, number, name, skills FROM phone \
                       WHERE key > ?1 ORDER BY key LIMIT ?2";
            let (account, id) = after;
            let found = rows(connection, sql, params![account << 32 | id, PAGE_ROWS], phone)?;
            let last = found.last().map(|last| (last.account_id, last.id));
            (Rows::Phones(found), last)
        }
        Table::Changes => {
            // By id, so that the copy has them in the order in which they came.
            let sql = "SELECT account_id, version, at_us, request_id, source, kind, subject_id, \
                       delta, id FROM change WHERE id > ?1 ORDER BY id LIMIT ?2";
            let mut last = None;
            let found = rows(connection, sql, params![after.0, PAGE_ROWS], |row| {
                last = Some((row.get(8)?, 0));
                change(row)
            })?;
            (Rows::Changes(found), last)
        }
    })
}

fn rows<R>(
    connection: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<R>,
) -> Result<Vec<R>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(running)?;
    let found = statement.query_map(values, read);
    found.and_then(Iterator::collect).map_err(running)
}

fn account(row: &Row<'_>) -> rusqlite::Result<AccountRow> {
    Ok(AccountRow {
        id: row.get(0)?,
        user_name: row.get(1)?,
        api_key_sha256: row.get(2)?,
        api_authentication: row.get(3)?,
        phone_number_limit: row.get(4)?,
        token_sha256: row.get(5)?,
        token_expires_us: row.get(6)?,
        tokens_issued_us: row.get(7)?,
        version: row.get(8)?,
        next_phone_id: row.get(9)?,
        next_skill_id: row.get(10)?,
    })
}

fn skill(row: &Row<'_>) -> rusqlite::Result<SkillRow> {
    Ok(SkillRow { account_id: row.get(0)?, id: row.get(1)?, name: row.get(2)? })
}

fn phone(row: &Row<'_>) -> rusqlite::Result<PhoneRow> {
    Ok(PhoneRow {
        account_id: row.get(0)?,
        id: row.get(1)?,
        number: row.get(2)?,
        name: row.get(3)?,
        skills: row.get(4)?,
    })
}

fn change(row: &Row<'_>) -> rusqlite::Result<ChangeRow> {
    Ok(ChangeRow {
        account_id: row.get(0)?,
        version: row.get(1)?,
        at_us: row.get(2)?,
        request_id: row.get(3)?,
        source: row.get(4)?,
        kind: row.get(5)?,
        subject_id: row.get(6)?,
        delta: row.get(7)?,
    })
}

/// A new file that is being filled, under another name until it is whole.
pub struct SqliteFill {
    file: PathBuf,
    partial: PathBuf,
    /// None only while it is dropped.
    connection: Option<Connection>,
}

impl SqliteFill {
    /// Makes the file.
    pub fn create(file: &Path) -> Result<Self, StoreError> {
        if file.exists() {
            return Err(StoreError::FileExists(file.to_owned()));
        }
        let mut partial = file.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        // What a copy has left that was killed.
        remove(&partial);
        let (connection, _) = open::writer(&partial, Migrates::Yes)?;
        // Nobody else uses it, and a crash leaves nothing to recover: it is synchronized once.
        for (pragma, value) in [("synchronous", 0), ("wal_autocheckpoint", 10_000)] {
            connection.pragma_update(None, pragma, value).map_err(running)?;
        }
        Ok(Self { file: file.to_owned(), partial, connection: Some(connection) })
    }

    fn connection(&self) -> &Connection {
        self.connection.as_ref().expect("there until it is dropped")
    }
}

impl Source for SqliteFill {
    fn count(&mut self) -> Result<u64, StoreError> {
        count(self.connection())
    }

    fn page(&mut self, table: Table, after: Key) -> Result<(Rows, Option<Key>), StoreError> {
        page(self.connection(), table, after)
    }
}

impl Target for SqliteFill {
    fn write(&mut self, rows: &Rows) -> Result<(), StoreError> {
        let connection = self.connection();
        execute(connection, "BEGIN IMMEDIATE")?;
        insert(connection, rows).map_err(running)?;
        execute(connection, "COMMIT")
    }

    fn finish(mut self: Box<Self>) -> Result<(), StoreError> {
        let connection = self.connection.take().expect("there until it is dropped");
        // No account gets the id of one that was deleted: the history still speaks of that one.
        connection
            .execute_batch(
                "DELETE FROM sqlite_sequence WHERE name = 'account'; \
                 INSERT INTO sqlite_sequence (name, seq) \
                 SELECT 'account', coalesce(max(account_id), 0) FROM change; \
                 PRAGMA wal_checkpoint(TRUNCATE);",
            )
            .map_err(running)?;
        connection.close().map_err(|(_, error)| running(error))?;
        super::backup::finish(&self.partial, &self.file)
    }
}

fn insert(connection: &Connection, rows: &Rows) -> rusqlite::Result<()> {
    match rows {
        Rows::Accounts(rows) => rows.iter().try_for_each(|row| insert_account(connection, row)),
        Rows::Skills(rows) => {
            let sql = "INSERT INTO skill (account_id, id, name) VALUES (?1, ?2, ?3)";
            let mut insert = connection.prepare_cached(sql)?;
            rows.iter().try_for_each(|row| {
                insert.execute(params![row.account_id, row.id, row.name]).map(drop)
            })
        }
        Rows::Phones(rows) => {
            let sql = "INSERT INTO phone (key, number, name, skills) VALUES (?1, ?2, ?3, ?4)";
            let mut insert = connection.prepare_cached(sql)?;
            rows.iter().try_for_each(|row| {
                let key = row.account_id << 32 | row.id;
                insert.execute(params![key, row.number, row.name, row.skills]).map(drop)
            })
        }
        Rows::Changes(rows) => {
            let sql = "INSERT INTO change (account_id, version, at_us, request_id, source, kind, \
                       subject_id, delta) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
            let mut insert = connection.prepare_cached(sql)?;
            rows.iter().try_for_each(|row| {
                let ChangeRow { account_id, version, at_us, request_id, .. } = row;
                let ChangeRow { source, kind, subject_id, delta, .. } = row;
                let values = params![
                    account_id, version, at_us, request_id, source, kind, subject_id, delta
                ];
                insert.execute(values).map(drop)
            })
        }
    }
}

fn insert_account(connection: &Connection, row: &AccountRow) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO account (id, user_name, api_key_sha256, api_authentication, \
         phone_number_limit, token_sha256, token_expires_us, tokens_issued_us) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            row.id,
            row.user_name,
            row.api_key_sha256,
            row.api_authentication,
            row.phone_number_limit,
            row.token_sha256,
            row.token_expires_us,
            row.tokens_issued_us
        ],
    )?;
    connection.execute(
        "INSERT INTO account_version (account_id, version, next_phone_id, next_skill_id) \
         VALUES (?1, ?2, ?3, ?4)",
        params![row.id, row.version, row.next_phone_id, row.next_skill_id],
    )?;
    Ok(())
}

impl Drop for SqliteFill {
    fn drop(&mut self) {
        drop(self.connection.take());
        // Gone already if it was finished.
        remove(&self.partial);
    }
}

fn remove(partial: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut file = partial.as_os_str().to_owned();
        file.push(suffix);
        let _ = std::fs::remove_file(file);
    }
}
