//! All that a store has, row by row, from one to another.
//!
//! The source is read at one moment, while others may go on writing to it. The target is there
//! whole and verified, or not at all: whoever is interrupted begins again.

mod rows;

use std::fmt;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::location::Location;
use super::postgres::PostgresCopy;
use super::sqlite::{SqliteFill, SqliteSource};
use super::{Migrates, StoreError};
pub use rows::{
    AccountRow, AnswerRow, ApiKeyRow, COUNT, ChangeRow, Key, KeyUseRow, OperatorKeyRow,
    PAGE_ANSWERS, PAGE_ROWS, PhoneRow, Rows, SkillRow, Table,
};

/// What rows are read from, all at one moment.
pub trait Source {
    /// How many rows there are.
    fn count(&mut self) -> Result<u64, StoreError>;

    /// Some rows of a table after a key, and the key of the last one; none if nothing is left.
    fn page(&mut self, table: Table, after: &Key) -> Result<(Rows, Option<Key>), StoreError>;
}

/// An empty store that is being filled. Dropped before it is finished, it is empty again.
pub trait Target: Source {
    /// Writes some rows.
    fn write(&mut self, rows: &Rows) -> Result<(), StoreError>;

    /// Makes it a store that others see.
    fn finish(self: Box<Self>) -> Result<(), StoreError>;
}

/// What a store has: how many rows, and a checksum that tells whether they are the same,
/// whatever their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows of `account`.
    pub accounts: u64,
    /// Rows of `skill`.
    pub skills: u64,
    /// Rows of `phone`.
    pub phones: u64,
    /// Rows of `change`.
    pub changes: u64,
    /// Rows of `api_key` and `operator_key`.
    pub keys: u64,
    /// Rows of `key_use`.
    pub key_uses: u64,
    /// Rows of `idempotency_record`.
    pub answers: u64,
    /// The sum of the first 128 bits of each row's SHA-256.
    checksum: u128,
}

impl Tally {
    /// The checksum, 32 lower-case hex digits.
    pub fn checksum(&self) -> String {
        format!("{:032x}", self.checksum)
    }

    /// How many rows were counted.
    pub fn rows(&self) -> u64 {
        let Self { accounts, skills, phones, changes, keys, key_uses, answers, .. } = self;
        accounts + skills + phones + changes + keys + key_uses + answers
    }

    fn add(&mut self, rows: &Rows) {
        match rows {
            Rows::Accounts(rows) => self.add_all(rows, |tally| &mut tally.accounts),
            Rows::Skills(rows) => self.add_all(rows, |tally| &mut tally.skills),
            Rows::Phones(rows) => self.add_all(rows, |tally| &mut tally.phones),
            Rows::Changes(rows) => self.add_all(rows, |tally| &mut tally.changes),
            Rows::ApiKeys(rows) => self.add_all(rows, |tally| &mut tally.keys),
            Rows::KeyUses(rows) => self.add_all(rows, |tally| &mut tally.key_uses),
            Rows::OperatorKeys(rows) => self.add_all(rows, |tally| &mut tally.keys),
            Rows::Answers(rows) => self.add_all(rows, |tally| &mut tally.answers),
        }
    }

    fn add_all<R: fmt::Debug>(&mut self, rows: &[R], count: impl Fn(&mut Self) -> &mut u64) {
        for row in rows {
            // The debug text has each field with its name, and quotes what could be mistaken.
            let digest = Sha256::digest(format!("{row:?}"));
            let first = digest[..16].try_into().expect("16 of 32 bytes");
            self.checksum = self.checksum.wrapping_add(u128::from_be_bytes(first));
        }
        *count(self) += rows.len() as u64;
    }
}

/// Why a store was not copied. Nothing was written that anybody sees.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// One of the stores cannot do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The target has something already.
    #[error("{0} has accounts already: copy to an empty store")]
    NotEmpty(String),
    /// A store in memory is gone with its process.
    #[error("memory: keeps nothing, so it is nothing to copy from or to")]
    Memory,
    /// What was read back is not what was written.
    #[error(
        "what {0} has is not what was written to it, so it was undone: \
         {1} rows with checksum {2}, and {3} rows with checksum {4} were written"
    )]
    Differs(String, u64, String, u64, String),
}

/// Copies all that `from` has to `to`, which is made, or empty. `progress` is told the rows that
/// are done and those to do: each is written once and read back once.
pub fn copy(
    from: &Location,
    to: &Location,
    migrates: Migrates,
    mut progress: impl FnMut(u64, u64),
) -> Result<Tally, CopyError> {
    let mut source: Box<dyn Source> = match from {
        Location::Sqlite(file) => Box::new(SqliteSource::open(file, migrates)?),
        Location::Postgres(url) => Box::new(PostgresCopy::source(url, migrates)?),
        Location::Memory => return Err(CopyError::Memory),
    };
    let mut target: Box<dyn Target> = match to {
        Location::Sqlite(file) => Box::new(SqliteFill::create(Path::new(file))?),
        Location::Postgres(url) => Box::new(PostgresCopy::target(url, migrates)?),
        Location::Memory => return Err(CopyError::Memory),
    };
    if target.count()? > 0 {
        return Err(CopyError::NotEmpty(to.to_string()));
    }
    let total = 2 * source.count()?;
    let mut written = Tally::default();
    read_all(&mut *source, |rows| {
        target.write(&rows)?;
        written.add(&rows);
        progress(written.rows(), total);
        Ok(())
    })?;
    let mut read_back = Tally::default();
    read_all(&mut *target, |rows| {
        read_back.add(&rows);
        progress(written.rows() + read_back.rows(), total);
        Ok(())
    })?;
    if written != read_back {
        let [(a, b), (c, d)] = [&read_back, &written].map(|tally| (tally.rows(), tally.checksum()));
        return Err(CopyError::Differs(to.to_string(), a, b, c, d));
    }
    target.finish()?;
    Ok(written)
}

/// Reads table after table, page by page.
fn read_all(
    source: &mut (impl Source + ?Sized),
    mut each: impl FnMut(Rows) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for table in Table::ALL {
        let mut after = Some(Key::default());
        while let Some(key) = after {
            let (rows, last) = source.page(table, &key)?;
            each(rows)?;
            after = last;
        }
    }
    Ok(())
}
