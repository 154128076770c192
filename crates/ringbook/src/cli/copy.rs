//! `ringbook copy`

use std::io::Write as _;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::context::{CliError, LocationParser, StoreChoice};
use crate::store::{self, Location, Migrates};

/// Copy all that a store has to another one: from SQLite to PostgreSQL, and back.
///
/// Accounts, skills, phones, and the whole history.
///
/// The source is read as it is when the copy begins; stop the servers on it first, as what they
/// change later is not copied. The target is made, or has no accounts yet. It is there whole and
/// verified, or not at all: after an interruption, run the same command again.
///
/// For example: `ringbook copy --from sqlite:ringbook.db --to postgres://ringbook@db/ringbook`
#[derive(Debug, Args)]
pub struct Copy {
    /// The store to read
    #[arg(long, value_name = "URL", value_parser = LocationParser)]
    from: Location,
    /// The store to fill
    #[arg(long, value_name = "URL", value_parser = LocationParser)]
    to: Location,
}

impl Copy {
    /// Runs the command.
    pub fn run(self, store: &StoreChoice) -> Result<(), CliError> {
        let migrates = if store.no_migrate { Migrates::No } else { Migrates::Yes };
        let style = "{bar:40} {percent}% of {len} rows written and read back, {eta} to go";
        let style = ProgressStyle::with_template(style).expect("a template");
        let bar = ProgressBar::new(0).with_style(style);
        let copied = store::copy(&self.from, &self.to, migrates, |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        let tally = copied.map_err(|error| CliError::Message(error.to_string()))?;
        let [accounts, skills, phones, changes] =
            ["account", "skill", "phone", "change"].map(|table| tally.rows_of(table));
        let checksum = tally.checksum();
        writeln!(
            std::io::stdout(),
            "copied {accounts} accounts, {skills} skills, {phones} phones, {changes} changes\n\
             checksum {checksum}, the same on both sides"
        )?;
        Ok(())
    }
}
