//! The question before what cannot be undone.

use std::io::{IsTerminal as _, Write as _, stderr, stdin};

use clap::Args;

use super::context::CliError;

/// `--yes`
#[derive(Debug, Args)]
pub struct Confirmation {
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl Confirmation {
    /// Asks a question such as `Delete the key k2?`, to be answered with yes, unless `--yes` is given.
    /// Without a terminal there is nobody to ask, so it is refused.
    pub fn ask(&self, question: &str) -> Result<(), CliError> {
        if self.yes {
            return Ok(());
        }
        if !stdin().is_terminal() {
            let fault = format!("{question} There is no terminal to ask on: --yes says yes");
            return Err(CliError::Usage(fault));
        }
        // Without stderr nobody can see the question, so this fails.
        write!(stderr(), "{question} [y/N] ")?;
        let mut answer = String::new();
        stdin().read_line(&mut answer)?;
        let is_yes = ["y", "yes"].contains(&answer.trim().to_lowercase().as_str());
        if is_yes { Ok(()) } else { Err(CliError::Message("nothing was changed".into())) }
    }
}
