//! `ringbook backup`, `check`, `copy` and `migrate`: commands about a store as a whole.

use std::io::Write as _;
use std::path::Path;

use clap::Args;

use super::context::{CliError, Context, QuietParser, StoreChoice};
use super::progress::{during, show};
use crate::store::{self, Location};
use crate::words::counted;

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
    #[arg(long, value_name = "URL", value_parser = QuietParser::<Location>::new())]
    from: Location,
    /// The store to fill
    #[arg(long, value_name = "URL", value_parser = QuietParser::<Location>::new())]
    to: Location,
}

impl Copy {
    /// Copies and prints the numbers of rows.
    pub fn run(self, store: &StoreChoice) -> Result<(), CliError> {
        let copied = during("copying", |bar| {
            let progress = |done, total| show(bar, done, total);
            store::copy(&self.from, &self.to, store.migrates(), progress)
        });
        let tally = copied.map_err(|error| CliError::Message(error.to_string()))?;
        let copied = ["account", "skill", "phone", "change"]
            .map(|table| counted(tally.rows_of(table), table))
            .join(", ");
        let checksum = tally.checksum();
        writeln!(
            std::io::stdout(),
            "copied {copied}\nchecksum {checksum}, the same on both sides"
        )?;
        Ok(())
    }
}

/// Copies the store to a new file.
pub fn backup(store: &StoreChoice, file: &Path) -> Result<(), CliError> {
    let context = Context::open_read_only(store)?;
    Ok(during("copying", |bar| {
        context.service.store().backup(file, &mut |done, total| show(bar, done, total))
    })?)
}

/// Checks the store and prints what is wrong.
pub fn check(store: &StoreChoice) -> Result<(), CliError> {
    let context = Context::open_read_only(store)?;
    let report = during("checking", |bar| {
        context.service.check(|done, total| show(bar, done as u64, total as u64))
    })?;
    let mut out = std::io::stdout().lock();
    for finding in &report.findings {
        writeln!(out, "{finding}")?;
    }
    let (accounts, phones) = (counted(report.accounts, "account"), counted(report.phones, "phone"));
    if report.findings.is_empty() {
        writeln!(out, "ok: {accounts}, {phones}")?;
        return Ok(());
    }
    let faults = counted(report.findings.len(), "fault");
    Err(CliError::Message(format!(
        "{faults} in {accounts} with {phones}: \
         restore a backup, or write to the maintainers with the lines above"
    )))
}

/// Brings the schema up to date and prints the migrations that were applied.
pub fn migrate(store: &StoreChoice) -> Result<(), CliError> {
    let applied = store::migrate(&store.store)?;
    let mut out = std::io::stdout().lock();
    for migration in &applied {
        writeln!(out, "applied {}: {}", migration.number, migration.name)?;
    }
    if applied.is_empty() {
        writeln!(out, "{} is up to date", store.store)?;
    }
    Ok(())
}
