//! The cost of the history: edits on two stores that differ only in that one keeps no history.
//!
//! A trigger drops every row of the history before it is inserted, so the program is the same and
//! does everything else. After the loads both stores are checked.

use std::path::{Path, PathBuf};

use crate::error::{Context, Outcome};
use crate::one_off::sqlite3;

/// Makes a store drop its history.
pub const FORGET: &str =
    "CREATE TRIGGER forget BEFORE INSERT ON change_group BEGIN SELECT RAISE(IGNORE); END";

/// A store and its changes before the loads.
#[derive(Debug)]
pub struct Store {
    file: PathBuf,
    keeps_history: bool,
    made: u64,
    kept: u64,
}

impl Store {
    /// A store that a server will be started on.
    pub fn prepare(file: &Path, keeps_history: bool) -> Outcome<Self> {
        if !keeps_history {
            sqlite3(file, FORGET)?;
        }
        let (made, kept) = changes(file)?;
        Ok(Self { file: file.to_owned(), keeps_history, made, kept })
    }

    /// Checks that every change of the loads was kept, or that none was.
    pub fn check(&self) -> Outcome<()> {
        let (made, kept) = changes(&self.file)?;
        let (made, kept) = (made - self.made, kept - self.kept);
        if kept == if self.keeps_history { made } else { 0 } {
            return Ok(());
        }
        let file = self.file.display();
        Err(format!("the history of {file} has {kept} of the {made} changes of the loads").into())
    }
}

/// How many changes the accounts had, and how many of them the history holds.
fn changes(file: &Path) -> Outcome<(u64, u64)> {
    let count = |sql| sqlite3(file, sql)?.parse().context(sql);
    Ok((count("SELECT sum(version) FROM account_version")?, count("SELECT count(*) FROM change")?))
}
