//! What the history costs an edit: two stores alike, but that one of them keeps none.
//!
//! A trigger in the store drops every row of the history before it is inserted, so the program is
//! the same one and does all else that it does. Whether the trigger does what it says, and nothing
//! is missing in the other store, is looked up when the loads are over.

use std::path::{Path, PathBuf};

use crate::error::Outcome;
use crate::fixture::Account;
use crate::load::Population;
use crate::place::Place;
use crate::server::Server;
use crate::sqlite;

/// Has a store forget each change.
pub const FORGET: &str =
    "CREATE TRIGGER forget BEFORE INSERT ON change_group BEGIN SELECT RAISE(IGNORE); END";

/// How many changes there were by the versions of the accounts, and how many the history has.
const CHANGES_MADE: &str = "SELECT sum(version) FROM account_version";
const CHANGES_KEPT: &str = "SELECT count(*) FROM change";

/// Ringbook on a store that keeps its history, and on one that does not.
#[derive(Debug)]
pub struct HistorySides {
    /// The first of them.
    pub with: HistorySide,
    /// The other one.
    pub without: HistorySide,
}

/// One of the two stores, and its server.
#[derive(Debug)]
pub struct HistorySide {
    /// Ringbook.
    pub server: Server,
    /// The phones of its accounts.
    pub phones: Population,
    file: PathBuf,
    before: Changes,
}

/// The changes of a store.
#[derive(Clone, Copy, Debug)]
struct Changes {
    made: u64,
    kept: u64,
}

impl HistorySides {
    /// Imports the accounts twice and starts the servers.
    pub fn start(place: &Place, accounts: &[Account]) -> Outcome<Self> {
        Ok(Self {
            with: HistorySide::start(place, "with-history.db", accounts, None)?,
            without: HistorySide::start(place, "without-history.db", accounts, Some(FORGET))?,
        })
    }

    /// Stops the servers, and looks whether one has kept every change and the other one none.
    pub fn stop(self) -> Outcome<()> {
        let with = self.with.stop()?;
        if with.made == 0 || with.kept != with.made {
            return Err(format!("a store that keeps its history has {with:?} of the loads").into());
        }
        let without = self.without.stop()?;
        if without.made == 0 || without.kept != 0 {
            return Err(format!("a store that keeps no history has {without:?} of them").into());
        }
        Ok(())
    }
}

impl HistorySide {
    fn start(
        place: &Place,
        name: &str,
        accounts: &[Account],
        prepared_by: Option<&str>,
    ) -> Outcome<Self> {
        let (ringbook, file) = (place.ringbook(name), place.file(name));
        place.create(&ringbook, accounts)?;
        prepared_by.map_or(Ok(String::new()), |sql| sqlite::run(&file, sql))?;
        let before = Changes::of(&file)?;
        let server = Server::start(ringbook.command(&["serve"]), &place.log())?;
        Ok(Self { server, phones: Population::new(accounts), file, before })
    }

    /// Stops the server; the changes that it made and kept.
    fn stop(self) -> Outcome<Changes> {
        self.server.stop_orderly()?;
        let after = Changes::of(&self.file)?;
        let Changes { made, kept } = self.before;
        Ok(Changes { made: after.made - made, kept: after.kept - kept })
    }
}

impl Changes {
    fn of(file: &Path) -> Outcome<Self> {
        Ok(Self {
            made: sqlite::count(file, CHANGES_MADE)?,
            kept: sqlite::count(file, CHANGES_KEPT)?,
        })
    }
}
