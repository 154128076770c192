//! `ringbook migrate`

use std::io::Write as _;

use clap::Args;

use super::context::{CliError, StoreChoice};
use crate::store;

/// Bring the schema of the store up to date, or make the store.
///
/// Every command does so by itself, under a lock, unless `--no-migrate` says not to. A store from
/// before the first release is refused.
#[derive(Debug, Args)]
pub struct Migrate {}

impl Migrate {
    /// Runs the command.
    pub fn run(store: &StoreChoice) -> Result<(), CliError> {
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
}
