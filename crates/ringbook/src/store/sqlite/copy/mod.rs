//! Copying from a file, and to a new one.

mod history;
mod value;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, params_from_iter};

use super::backup;
use super::open::{self, running};
use super::read_only::{self, Unlocked};
use super::sql::{all_values, execute, value};
use crate::private::NewFile;
use crate::store::StoreError;
use crate::store::copy::tables::{EachPage, Row, Source, Table, Target, count_sql};

/// A file to copy from or to.
pub struct SqliteCopy {
    connection: Connection,
    /// What is read without locks.
    unlocked: Option<Unlocked>,
    /// The new file, which has another name until it is complete, and its name then.
    target: Option<(NewFile, PathBuf)>,
}

impl SqliteCopy {
    /// A store to read, as of now.
    pub fn source(file: &Path) -> Result<Self, StoreError> {
        let (connection, unlocked) = read_only::open(file)?;
        execute(&connection, "BEGIN", [])?;
        Ok(Self { connection, unlocked, target: None })
    }

    /// A new file to fill.
    pub fn target(file: &Path) -> Result<Self, StoreError> {
        let new = backup::create(file)?;
        let mut connection = open::filler(new.path())?;
        open::migrate(&mut connection, file)?;
        Ok(Self { connection, unlocked: None, target: Some((new, file.to_owned())) })
    }
}

impl Source for SqliteCopy {
    fn count(&mut self) -> Result<u64, StoreError> {
        value::<u32>(&self.connection, &count_sql(), []).map(u64::from)
    }

    fn read(&mut self, table: &Table, each_page: &mut EachPage<'_>) -> Result<(), StoreError> {
        read(&self.connection, table, each_page)?;
        self.unlocked.as_ref().map_or(Ok(()), Unlocked::check)
    }
}

/// Reads a table in one scan: the transaction fixes the moment, and no page needs a search.
fn read(
    connection: &Connection,
    table: &Table,
    each_page: &mut EachPage<'_>,
) -> Result<(), StoreError> {
    if table.name == "change" {
        return history::read(connection, table.page_rows, each_page);
    }
    let sql = format!("SELECT {} FROM {}", table.columns(), table.name);
    let mut statement = connection.prepare(&sql).map_err(running)?;
    let mut found = statement.query_map([], all_values).map_err(running)?;
    loop {
        let page = found.by_ref().take(table.page_rows).collect::<Result<Vec<_>, _>>();
        let page = page.map_err(running)?;
        if page.is_empty() {
            return Ok(());
        }
        each_page(page)?;
    }
}

fn insert(connection: &Connection, table: &Table, rows: &[Row]) -> Result<(), StoreError> {
    let sql = match table.name {
        "change" => return history::insert(connection, rows),
        // Account and id are one key here.
        "phone" => {
            // An id that does not fit is refused, and does not become another account's.
            "INSERT INTO phone (key, number, name, skills, version) VALUES \
             (iif(?2 BETWEEN 1 AND 4294967295, ?1 << 32 | ?2, 0), ?3, ?4, ?5, ?6)"
                .into()
        }
        name => {
            let columns = table.columns();
            let values = vec!["?"; columns.split(", ").count()].join(", ");
            format!("INSERT INTO {name} ({columns}) VALUES ({values})")
        }
    };
    for row in rows {
        execute(connection, &sql, params_from_iter(row))?;
    }
    Ok(())
}

impl Target for SqliteCopy {
    fn write(&mut self, table: &Table, rows: &[Row]) -> Result<(), StoreError> {
        execute(&self.connection, "BEGIN IMMEDIATE", [])?;
        insert(&self.connection, table, rows)?;
        execute(&self.connection, "COMMIT", []).map(drop)
    }

    fn finish(self: Box<Self>) -> Result<(), StoreError> {
        let Self { connection, target, .. } = *self;
        // No new account gets the id of a deleted one, which the history still names.
        connection
            .execute_batch(
                "DELETE FROM sqlite_sequence WHERE name = 'account'; \
                 INSERT INTO sqlite_sequence (name, seq) \
                 SELECT 'account', coalesce(max(account_id), 0) FROM \
                 (SELECT account_id FROM change UNION ALL SELECT account_id FROM idempotency_record);",
            )
            .map_err(running)?;
        connection.close().map_err(|(_, error)| running(error))?;
        target.map_or(Ok(()), |(new, file)| backup::finish(new, &file))
    }
}
