//! Which store: the text after `--store`.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use super::postgres::{PostgresStore, PostgresUrl};
use super::sqlite::{self, SqliteStore};
use super::{Applied, Store, StoreError};

/// Where the store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// `sqlite:FILE`.
    Sqlite(PathBuf),
    /// `memory:`, which ends with the process.
    Memory,
    /// `postgres://…`.
    Postgres(Box<PostgresUrl>),
}

/// A text that names no store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocationFault {
    /// It has an unknown prefix.
    #[error(
        "a store is a file (such as ringbook.db, or sqlite:FILE for any name), postgres://USER@HOST/DATABASE, or memory:"
    )]
    Unknown,
    /// The URL of a PostgreSQL store has a fault.
    #[error("the URL of the PostgreSQL store has a fault: {0}")]
    Postgres(String),
}

impl FromStr for Location {
    type Err = LocationFault;

    fn from_str(text: &str) -> Result<Self, LocationFault> {
        if ["memory", "memory:", ":memory:", "sqlite::memory:"].contains(&text) {
            return Ok(Self::Memory);
        }
        match text.split_once(':') {
            Some(("sqlite", file)) if !["", "//"].contains(&file) => {
                // As other tools write it: `sqlite://x.db`, and `sqlite:///var/lib/x.db`.
                Ok(Self::Sqlite(file.strip_prefix("//").unwrap_or(file).into()))
            }
            Some(("postgres" | "postgresql", _)) => {
                let url = text.parse().map_err(LocationFault::Postgres)?;
                Ok(Self::Postgres(Box::new(url)))
            }
            _ if is_path(text) => Ok(Self::Sqlite(text.into())),
            _ => Err(LocationFault::Unknown),
        }
    }
}

/// Whether a text can only be meant as the path of a file, and not as the URL or the parameters of a
/// database, which may contain a password.
fn is_path(text: &str) -> bool {
    let is_plain = |char: char| char.is_alphanumeric() || "/._- ".contains(char);
    text.starts_with(['/', '.']) || !text.is_empty() && text.chars().all(is_plain)
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(file) => write!(f, "sqlite:{}", file.display()),
            Self::Memory => f.write_str("memory:"),
            Self::Postgres(url) => write!(f, "{url}"),
        }
    }
}

/// Whether a missing store is created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Creates {
    /// It is created.
    Yes,
    /// It is an error: most likely the current directory is another one.
    No,
}

/// Whether an older schema is migrated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migrates {
    /// It is, by the first process that opens the store.
    Yes,
    /// It is an error: somebody migrates by hand.
    No,
}

/// Opens the store.
pub fn open(
    location: &Location,
    creates: Creates,
    migrates: Migrates,
) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match location {
        Location::Sqlite(file) => {
            if creates == Creates::No {
                sqlite::require_content(file)?;
            }
            Arc::new(SqliteStore::open(file, migrates)?)
        }
        Location::Memory => Arc::new(SqliteStore::in_memory()?),
        Location::Postgres(url) => Arc::new(PostgresStore::open(url, creates, migrates)?),
    })
}

/// A store in a database that is away, which is opened as soon as it is there. Until then all fails at once;
/// the log says why. None of another store.
pub fn open_later(
    location: &Location,
    creates: Creates,
    migrates: Migrates,
) -> Result<Option<Arc<dyn Store>>, StoreError> {
    let Location::Postgres(url) = location else { return Ok(None) };
    Ok(Some(Arc::new(PostgresStore::open_later(url, creates, migrates)?)))
}

/// Opens a store that exists and changes nothing of it: no write succeeds, and none is needed. Works on a
/// read-only medium, and on a standby.
pub fn open_read_only(location: &Location) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match location {
        Location::Sqlite(file) => Arc::new(SqliteStore::open_read_only(file)?),
        Location::Memory => Arc::new(SqliteStore::in_memory()?),
        Location::Postgres(url) => Arc::new(PostgresStore::open_read_only(url)?),
    })
}

/// Brings the schema up to date, creates a missing store, and returns the migrations applied.
pub fn migrate(location: &Location) -> Result<Vec<Applied>, StoreError> {
    match location {
        Location::Sqlite(file) => SqliteStore::migrate(file),
        Location::Memory => Ok(Vec::new()),
        Location::Postgres(url) => PostgresStore::migrate(url),
    }
}
