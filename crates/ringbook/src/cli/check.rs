//! `ringbook check`

use std::io::Write as _;

use clap::Args;
use indicatif::ProgressBar;

use super::context::{CliError, Context, StoreChoice};
use crate::store::Creates;

/// `ringbook check`
#[derive(Debug, Args)]
pub struct Check {}

impl Check {
    /// Runs the command.
    pub fn run(store: &StoreChoice) -> Result<(), CliError> {
        let context = Context::open(store, Creates::No)?;
        let bar = ProgressBar::new(0);
        let report = context.service.check(|done, total| {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        })?;
        bar.finish_and_clear();
        let mut out = std::io::stdout().lock();
        for finding in &report.findings {
            writeln!(out, "{finding}")?;
        }
        let (accounts, phones) = (report.accounts, report.phones);
        if report.findings.is_empty() {
            writeln!(out, "ok: {accounts} accounts, {phones} phones")?;
            return Ok(());
        }
        let count = report.findings.len();
        Err(CliError::Message(format!(
            "{count} faults in {accounts} accounts with {phones} phones: \
             restore a backup, or write to the maintainers with the lines above"
        )))
    }
}
