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
        if self.yes { Ok(()) } else { ask(question, "--yes") }
    }

    /// The same, to be answered with the name of what the question is about.
    pub fn ask_for(&self, name: &str, question: &str) -> Result<(), CliError> {
        if self.yes {
            return Ok(());
        }
        let answer = answer(question, "Type its name:", "--yes")?;
        go_on_if(answer == name)
    }
}

/// Asks a question to be answered with yes. Where nobody can be asked, `option` is the answer.
pub fn ask(question: &str, option: &str) -> Result<(), CliError> {
    let answer = answer(question, "[y/N]", option)?;
    go_on_if(["y", "yes"].contains(&answer.to_lowercase().as_str()))
}

fn answer(question: &str, how: &str, option: &str) -> Result<String, CliError> {
    if !stdin().is_terminal() {
        let fault = format!("{question} There is no terminal to ask on: {option} says yes");
        return Err(CliError::Usage(fault));
    }
    // Without stderr nobody can see the question, so this fails.
    stderr().write_all(format!("{question} {how} ").as_bytes())?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}

fn go_on_if(is_yes: bool) -> Result<(), CliError> {
    if is_yes { Ok(()) } else { Err(CliError::Message("nothing was changed".into())) }
}
