//! Which store: the text after `--store`.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use super::sqlite::SqliteStore;
use super::{Store, StoreError};

/// Where the store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// `sqlite:FILE`.
    Sqlite(PathBuf),
    /// `memory:`, which keeps nothing.
    Memory,
}

/// A text that names no store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a store is sqlite:FILE (such as sqlite:ringbook.db) or memory:")]
pub struct LocationFault;

impl FromStr for Location {
    type Err = LocationFault;

    fn from_str(text: &str) -> Result<Self, LocationFault> {
        match text.split_once(':') {
            Some(("sqlite", file)) if !file.is_empty() => {
                // `sqlite:///var/lib/x.db` is how other tools write an absolute path.
                let file = file.strip_prefix("//").filter(|path| path.starts_with('/'));
                let file = file.unwrap_or(&text["sqlite:".len()..]);
                Ok(Self::Sqlite(file.into()))
            }
            Some(("memory", "")) => Ok(Self::Memory),
            _ => Err(LocationFault),
        }
    }
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(file) => write!(f, "sqlite:{}", file.display()),
            Self::Memory => f.write_str("memory:"),
        }
    }
}

/// Whether a store is made where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Creates {
    /// It is made.
    Yes,
    /// Its absence is an error: most likely somebody stands in another directory.
    No,
}

/// Opens the store.
pub fn open(location: &Location, creates: Creates) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match location {
        Location::Sqlite(file) if creates == Creates::No && !file.exists() => {
            return Err(StoreError::NoStore(file.clone()));
        }
        Location::Sqlite(file) => Arc::new(SqliteStore::open(file)?),
        Location::Memory => Arc::new(SqliteStore::in_memory()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_stores() {
        for (text, location) in [
            ("sqlite:ringbook.db", Some(Location::Sqlite("ringbook.db".into()))),
            ("sqlite:/var/lib/r.db", Some(Location::Sqlite("/var/lib/r.db".into()))),
            ("sqlite:///var/lib/r.db", Some(Location::Sqlite("/var/lib/r.db".into()))),
            ("memory:", Some(Location::Memory)),
            ("memory:x", None),
            ("sqlite:", None),
            ("ringbook.db", None),
            ("mysql://host/x", None),
        ] {
            assert_eq!(text.parse().ok(), location, "{text}");
        }
    }
}
