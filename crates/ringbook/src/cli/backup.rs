//! `ringbook backup`

use std::path::PathBuf;

use clap::Args;
use indicatif::ProgressBar;

use super::context::{CliError, Context, StoreChoice};
use crate::store::Creates;

/// `ringbook backup`
#[derive(Debug, Args)]
pub struct Backup {
    /// The new file; it is a store like any other
    file: PathBuf,
}

impl Backup {
    /// Runs the command.
    pub fn run(self, store: &StoreChoice) -> Result<(), CliError> {
        let context = Context::open(store, Creates::No)?;
        let bar = ProgressBar::new(0);
        context.service.store().backup(&self.file, &mut |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        })?;
        bar.finish_and_clear();
        Ok(())
    }
}
