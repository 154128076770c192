//! `ringbook revert`

use std::io::Write as _;

use clap::Args;
use directory::{ChangeId, SaveMode};

use super::context::{AccountArgument, CliError, Context, StoreChoice};
use super::format::print_error;
use crate::service::{CommandRequest, RevertScope};
use crate::store::{Creates, ImportId};

/// Take back a change, or an import with all of its parts.
///
/// All of it is taken back or, if newer changes are in the way, nothing. With --keep-going what can
/// be is taken back. The history has the ids of the changes, and `phone import` prints the id of an
/// import.
///
/// For example: `ringbook revert --account acme c17`
#[derive(Debug, Args)]
pub struct Revert {
    #[command(flatten)]
    account: AccountArgument,
    /// The id of a change, like c17, or of an import, like i17
    #[arg(value_parser = target)]
    what: (u64, RevertScope),
    /// Only say what would be taken back
    #[arg(long)]
    dry_run: bool,
    /// Take back what can be, leave the rest
    #[arg(long)]
    keep_going: bool,
}

/// The version of a change, or of the first one of an import, and what is taken back.
fn target(text: &str) -> Result<(u64, RevertScope), &'static str> {
    if let Ok(ImportId(first)) = text.parse() {
        return Ok((first, RevertScope::Import));
    }
    let change = text.parse().map(|ChangeId(version)| (version, RevertScope::Change));
    change.map_err(|_| "must be the id of a change, like c17, or of an import, like i17")
}

impl Revert {
    pub fn run(self, store: &StoreChoice) -> Result<(), CliError> {
        let context = Context::open(store, Creates::No)?;
        let tenant = context.tenant(&self.account.user_name)?;
        let (version, scope) = self.what;
        let service = &context.service;
        let mode = if self.keep_going { SaveMode::GoodRows } else { SaveMode::AllOrNothing };
        let (command, import) = match scope {
            RevertScope::Import => {
                context.wait(service.revert_import(&tenant, ImportId(version), mode))?
            }
            scope => context.wait(service.revert(&tenant, version, scope, mode))?,
        };
        let outcome = if self.dry_run {
            context.wait(service.preview(&tenant, command))?
        } else {
            let request = CommandRequest::new(command, context.origin()).undoing(import);
            context.wait(service.execute(&tenant, request))?
        };
        let done = if self.dry_run { "would be made" } else { "made" };
        let changes = outcome.changes;
        writeln!(std::io::stdout(), "{changes} changes {done} to take it back")?;
        for fault in &outcome.row_faults {
            print_error(&fault.refusal);
        }
        match outcome.row_faults.len() {
            0 => Ok(()),
            left => Err(CliError::Message(format!("{left} changes are left as they are"))),
        }
    }
}
