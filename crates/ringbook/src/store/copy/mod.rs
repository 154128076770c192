//! Copies all rows of a store to another one.
//!
//! The source is read as of one moment, while others may write to it. The target is complete and
//! verified, or empty: an interrupted copy starts again.

pub mod tables;

use sha2::{Digest as _, Sha256};

use self::tables::{Row, Source, TABLES, Target, Value};
use super::location::Location;
use super::postgres::PostgresCopy;
use super::sqlite::SqliteCopy;
use super::{Migrates, StoreError};

/// What a copy has read: how many rows of each table, and a checksum of all rows that does not
/// depend on their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// One a table of [`TABLES`].
    counts: [u64; TABLES.len()],
    /// The sum of the first 128 bits of each row's SHA-256.
    checksum: u128,
}

impl Tally {
    /// The checksum, 32 lower-case hex digits.
    pub fn checksum(&self) -> String {
        format!("{:032x}", self.checksum)
    }

    /// How many rows of all tables were read.
    pub fn rows(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// How many rows of a table were read; none if there is no such table.
    pub fn rows_of(&self, table: &str) -> u64 {
        let counts = TABLES.iter().zip(self.counts);
        counts.filter(|(one, _)| one.name == table).map(|(_, count)| count).sum()
    }

    /// Counts rows of a table, by its index in [`TABLES`].
    fn add(&mut self, table: usize, rows: &[Row]) {
        self.counts[table] += rows.len() as u64;
        for row in rows {
            self.checksum = self.checksum.wrapping_add(digest(TABLES[table].name, row));
        }
    }
}

/// The first 128 bits of a row's SHA-256. Each value is preceded by its type and length, so that no
/// two rows have the same text.
fn digest(table: &str, row: &Row) -> u128 {
    let mut hash = Sha256::new();
    let mut update = |tag: u8, bytes: &[u8]| {
        hash.update([tag]);
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    update(b't', table.as_bytes());
    for value in row {
        match value {
            Value::Null => update(b'0', &[]),
            Value::Integer(number) => update(b'1', &number.to_be_bytes()),
            Value::Text(text) => update(b'2', text.as_bytes()),
            Value::Blob(bytes) => update(b'3', bytes),
        }
    }
    let digest = hash.finalize();
    u128::from_be_bytes(digest[..16].try_into().expect("16 of 32 bytes"))
}

/// Why a store was not copied. The target is empty then.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// One of the stores cannot do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The target has something already.
    #[error("{0} has accounts already: copy to an empty store")]
    NotEmpty(String),
    /// A store in memory ends with its process.
    #[error("memory: keeps nothing, so it is nothing to copy from or to")]
    Memory,
    /// What was read back is not what was written.
    #[error(
        "what {0} has is not what was written to it, so it was undone: \
         {1} rows with checksum {2}, and {3} rows with checksum {4} were written"
    )]
    Differs(String, u64, String, u64, String),
}

/// Copies all rows of `from` to `to`, which is created or empty. `progress` gets the rows done and
/// the rows in all: each row is written once and read back once.
pub fn copy(
    from: &Location,
    to: &Location,
    migrates: Migrates,
    mut progress: impl FnMut(u64, u64),
) -> Result<Tally, CopyError> {
    let mut source: Box<dyn Source> = match from {
        Location::Sqlite(file) => Box::new(SqliteCopy::source(file)?),
        Location::Postgres(url) => Box::new(PostgresCopy::source(url)?),
        Location::Memory => return Err(CopyError::Memory),
    };
    let mut target: Box<dyn Target> = match to {
        Location::Sqlite(file) => Box::new(SqliteCopy::target(file)?),
        Location::Postgres(url) => Box::new(PostgresCopy::target(url, migrates)?),
        Location::Memory => return Err(CopyError::Memory),
    };
    if target.count()? > 0 {
        return Err(CopyError::NotEmpty(to.to_string()));
    }
    let total = 2 * source.count()?;
    let mut written = Tally::default();
    for (index, table) in TABLES.iter().enumerate() {
        source.read(table, &mut |rows| {
            target.write(table, &rows)?;
            written.add(index, &rows);
            progress(written.rows(), total);
            Ok(())
        })?;
    }
    let mut read_back = Tally::default();
    for (index, table) in TABLES.iter().enumerate() {
        target.read(table, &mut |rows| {
            read_back.add(index, &rows);
            progress(written.rows() + read_back.rows(), total);
            Ok(())
        })?;
    }
    if written != read_back {
        let [(a, b), (c, d)] = [&read_back, &written].map(|tally| (tally.rows(), tally.checksum()));
        return Err(CopyError::Differs(to.to_string(), a, b, c, d));
    }
    target.finish()?;
    Ok(written)
}
