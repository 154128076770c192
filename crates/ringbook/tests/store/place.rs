//! The stores, and a place for one of each.

use std::path::PathBuf;
use std::sync::Arc;

use ringbook::store::{self, Creates, Location, Store};
use rusqlite::Connection;
use tempfile::TempDir;

/// Where a new store is made, and gone with all its files when dropped.
pub struct Place {
    location: Location,
    directory: TempDir,
}

/// A store that keeps nothing.
pub fn memory() -> Place {
    Place { location: Location::Memory, directory: tempfile::tempdir().unwrap() }
}

/// A store in a file.
pub fn sqlite() -> Place {
    let directory = tempfile::tempdir().unwrap();
    Place { location: Location::Sqlite(directory.path().join("ringbook.db")), directory }
}

impl Place {
    /// Opens the store: another handle on the same one if it is kept, and a new one if not.
    pub fn open(&self) -> Arc<dyn Store> {
        store::open(&self.location, Creates::Yes).unwrap()
    }

    /// A place for another store of the same kind.
    pub fn another(&self) -> Self {
        match self.location {
            Location::Memory => memory(),
            Location::Sqlite(_) => sqlite(),
        }
    }

    /// Whether the store is kept.
    pub fn is_kept(&self) -> bool {
        self.location != Location::Memory
    }

    /// A file beside the store.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The rows of a query, as any SQL tool prints them: columns with ` | ` between.
    pub fn query(&self, sql: &str) -> Vec<String> {
        let connection = self.connection();
        let mut statement = connection.prepare(sql).unwrap();
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            let cells = (0..columns).map(|column| Ok(text(&row.get(column)?)));
            Ok(cells.collect::<rusqlite::Result<Vec<_>>>()?.join(" | "))
        });
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    }

    /// The engine's own connection, past everything of ours.
    pub fn connection(&self) -> Connection {
        match &self.location {
            Location::Sqlite(file) => Connection::open(file).unwrap(),
            Location::Memory => panic!("nobody else can read a store in memory"),
        }
    }
}

fn text(value: &rusqlite::types::Value) -> String {
    use rusqlite::types::Value;
    match value {
        Value::Null => "NULL".into(),
        Value::Integer(value) => value.to_string(),
        Value::Real(value) => value.to_string(),
        Value::Text(value) => value.clone(),
        Value::Blob(value) => format!("{} bytes", value.len()),
    }
}
