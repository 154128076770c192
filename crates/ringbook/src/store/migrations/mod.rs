//! The schema, in the words of each engine.
//!
//! Until the first release there is one migration. It is edited in place, its number raised with
//! each edit, and a store of an earlier number is refused. From the first release on, migrations
//! are only appended.

use std::fmt::Display;

use super::StoreError;

/// What makes the tables, or changes those of the migration before.
#[derive(Debug, PartialEq, Eq)]
pub struct Migration {
    /// The schema that it leads to, as the store records it.
    pub number: u32,
    /// What it brings.
    pub name: &'static str,
    /// For SQLite.
    pub sqlite: &'static str,
    /// For PostgreSQL.
    pub postgres: &'static str,
}

/// A migration that has just been applied.
pub type Applied = &'static Migration;

/// All of them, oldest first.
const MIGRATIONS: &[Migration] = &[Migration {
    // 1 to 8 were never released.
    number: 9,
    name: "directory",
    sqlite: include_str!("schema.sqlite.sql"),
    postgres: include_str!("schema.postgres.sql"),
}];

/// The schema of this program.
pub const SCHEMA: u32 = MIGRATIONS[MIGRATIONS.len() - 1].number;

/// The migrations that a store of schema `found` lacks; 0 is an empty store. Refuses a schema from
/// before the first release, and one that is newer than this program.
pub fn missing(store: impl Display, found: u32) -> Result<&'static [Migration], StoreError> {
    let store = || store.to_string();
    if found > SCHEMA {
        return Err(StoreError::NewerSchema { store: store(), found, known: SCHEMA });
    }
    if found > 0 && found < MIGRATIONS[0].number {
        return Err(StoreError::UnreleasedSchema { store: store(), found, known: SCHEMA });
    }
    let applied = MIGRATIONS.partition_point(|migration| migration.number <= found);
    Ok(&MIGRATIONS[applied..])
}
