//! Where a run keeps its stores and logs, and the program that it measures.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Outcome;
use crate::fixture::Account;
use crate::prepare::Ringbook;

/// Where a run keeps its stores and logs, and the program that it measures.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The program under test.
    pub binary: &'a Path,
    /// The directory of this run.
    pub dir: &'a Path,
}

impl Place<'_> {
    /// The file of an `SQLite` store.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The program with that store.
    pub fn ringbook(&self, file: &str) -> Ringbook {
        Ringbook::with_file(self.binary, &self.file(file))
    }

    /// Where the program's log lines go.
    pub fn log(&self) -> PathBuf {
        self.dir.join("ringbook.log")
    }

    /// The warnings and errors among them.
    pub fn complaints(&self) -> Vec<String> {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let is_complaint = |line: &&str| line.contains(" WARN ") || line.contains("ERROR ");
        log.lines().filter(is_complaint).map(str::to_owned).collect()
    }

    /// A file for phones to be imported.
    pub fn csv(&self) -> PathBuf {
        self.dir.join("phones.csv")
    }

    /// Creates accounts through the command line.
    pub fn create<'b>(
        &self,
        ringbook: &Ringbook,
        accounts: impl IntoIterator<Item = &'b Account>,
    ) -> Outcome<()> {
        for account in accounts {
            ringbook.create(account, &self.csv())?;
        }
        Ok(())
    }
}
