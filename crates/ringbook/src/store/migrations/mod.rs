//! The steps from nothing to the schema of today, the same numbers and names in every store.
//!
//! A step only adds, or leaves a view in the place of what it takes away: programs of the version
//! before go on beside it while they are replaced one by one.

/// A step, in the words of each engine.
pub struct Migration {
    /// What it brings.
    pub name: &'static str,
    /// For SQLite.
    pub sqlite: &'static str,
    /// For PostgreSQL.
    pub postgres: &'static str,
}

/// All of them, oldest first: the number is the place here, counted from 1.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "directory",
        sqlite: include_str!("1_directory.sqlite.sql"),
        postgres: include_str!("1_directory.postgres.sql"),
    },
    Migration {
        name: "storage",
        sqlite: include_str!("2_storage.sqlite.sql"),
        postgres: include_str!("2_storage.postgres.sql"),
    },
    Migration {
        name: "native API",
        sqlite: include_str!("3_native_api.sqlite.sql"),
        postgres: include_str!("3_native_api.postgres.sql"),
    },
    Migration {
        name: "history in groups",
        sqlite: include_str!("4_history_in_groups.sqlite.sql"),
        postgres: include_str!("4_history_in_groups.postgres.sql"),
    },
];

/// The schema that all migrations lead to.
#[allow(clippy::cast_possible_truncation)] // There are few.
pub const SCHEMA: u32 = MIGRATIONS.len() as u32;

/// The migrations after schema `found`, each with its number.
pub fn after(found: u32) -> impl Iterator<Item = (u32, &'static Migration)> {
    (1..).zip(MIGRATIONS).skip(found as usize)
}
