//! `ringbook sync`

mod print;
mod target;

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _};
use std::path::PathBuf;

use clap::Args;
use indicatif::ProgressBar;

use super::api::{AccountArgument, Api, Opens, Target};
use super::confirm::Confirmation;
use super::context::CliError;
use super::format::{ItemFormat, tell_ignored};
use super::input::Input;
use crate::http::limits::BULK_BYTES_MAX;
use crate::private;
use crate::rows::write_refused;
use crate::sync::{AtMost, File, Options, Plan, plan};
use target::Directory;

/// Make the phones of an account as a file says.
///
/// The file is CSV with the header id,number,name,skills, of which what is absent stays as it is; one named
/// *.jsonl has a JSON object a line, and may give the places in ring orders. A row belongs to the phone with
/// its id, which must have the number or the name too, or else with its number, or else with its name; a row
/// that fits none creates a phone. `ringbook phone export` writes such a file.
///
/// The plan is shown first: what is created, changed and deleted, and which rows are refused. All of it is
/// done, or nothing. For example: `ringbook sync --account acme --plan phones.csv`
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option")]
pub struct Sync {
    #[command(flatten)]
    account: AccountArgument,
    /// The file; - reads from standard input
    file: Input,
    /// Only show the plan. The exit code is 0 if nothing is to be done, 2 if something is, and 1 if rows are
    /// refused
    #[arg(long)]
    plan: bool,
    #[command(flatten)]
    confirmation: Confirmation,
    /// Delete the phones that the file does not have. As long as rows are refused, none is
    #[arg(long)]
    delete: bool,
    /// With --delete: how many phones at most, as a number or in a hundred of all; 10% unless given. If
    /// there are more, nothing is done
    #[arg(long, value_name = "N|N%", requires = "delete")]
    delete_at_most: Option<AtMost>,
    /// Create the skills that only the file names, instead of refusing their rows
    #[arg(long)]
    create_skills: bool,
    /// Ids count even if the phone has neither the number nor the name of the row
    #[arg(long)]
    trust_ids: bool,
    /// Do what can be done, and leave the rows that are refused. More than 200,000 changes are done only so,
    /// part by part; after an interruption, run it again
    #[arg(long)]
    keep_going: bool,
    /// Write the refused rows to this file, with a column that says why
    #[arg(long, value_name = "FILE")]
    refused: Option<PathBuf>,
    /// How to print the plan and what became of it
    #[arg(long, value_enum, default_value_t = ItemFormat::Table)]
    format: ItemFormat,
}

/// The share of phones that may be deleted unless another one is given.
const DELETE_AT_MOST: AtMost = AtMost::Percent(10);

/// The largest file, as of an import.
const FILE_BYTES_MAX: u64 = BULK_BYTES_MAX as u64;

impl Sync {
    pub fn run(self, target: &Target) -> Result<(), CliError> {
        let bytes = self.read()?;
        let opens = if self.plan { Opens::Read } else { Opens::Write };
        let api = Api::open(target, &self.account, opens)?;
        let directory = Directory::read(&api)?;
        let file = File::read(&*bytes, self.file.format(), &directory.current.skills);
        let file = file.map_err(|fault| self.cannot_read(&fault))?;
        tell_ignored(&file.ignored_columns);
        let plan = plan(&directory.current, file, self.options());
        let mut plan = plan.map_err(|fault| CliError::Message(fault.to_string()))?;
        directory.try_out(&mut plan, self.keep_going)?;
        match print::plan(self.format, &plan, &directory.current) {
            // Who has said yes without the end of the plan wants it done.
            Err(error) if error.kind() == ErrorKind::BrokenPipe && !self.plan => {}
            printed => printed?,
        }
        self.write_refused(&bytes, &plan)?;
        drop(bytes);
        if plan.refused_count() > 0 && !self.keep_going {
            let count = print::rows(plan.refused_count());
            let why = format!(
                "{count} refused, so nothing is changed: mend the file, or leave such rows out with --keep-going"
            );
            return Err(CliError::Message(why));
        }
        if self.plan {
            return match (plan.refused_count(), plan.is_empty()) {
                (0, true) => Ok(()),
                (0, false) => Err(CliError::Told(2)),
                (count, _) => Err(refused(count, "can be done")),
            };
        }
        let mut count = plan.refused_count();
        if !plan.is_empty() {
            self.confirmation.ask(&format!("Change {} so?", api.user_name()))?;
            let done = directory.carry_out(&plan, self.keep_going)?;
            print::outcome(self.format, &done, &api)?;
            count += done.refused.len();
        }
        if count == 0 { Ok(()) } else { Err(refused(count, "are as the file says")) }
    }

    fn options(&self) -> Options {
        Options {
            deletes: self.delete.then(|| self.delete_at_most.unwrap_or(DELETE_AT_MOST)),
            trusts_ids: self.trust_ids,
            creates_skills: self.create_skills,
        }
    }

    /// The whole file: it is needed again for the refused rows, and the standard input comes once.
    fn read(&self) -> Result<Vec<u8>, CliError> {
        let mut bytes = Vec::new();
        let input = self.file.open(&ProgressBar::hidden())?.take(FILE_BYTES_MAX + 1);
        let read = { input }.read_to_end(&mut bytes);
        read.map_err(|error| CliError::Message(error.to_string()))?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(self.cannot_read(&"it is larger than 256 MiB"));
        }
        Ok(bytes)
    }

    fn cannot_read(&self, why: &dyn std::fmt::Display) -> CliError {
        CliError::Message(format!("cannot read {}: {why}", self.file))
    }

    fn write_refused(&self, bytes: &[u8], plan: &Plan) -> Result<(), CliError> {
        let Some(file) = &self.refused else { return Ok(()) };
        let reasons: BTreeMap<_, _> =
            plan.refused.iter().map(|row| (row.line, row.why.clone())).collect();
        let write =
            |out: &mut dyn std::io::Write| write_refused(bytes, self.file.format(), &reasons, out);
        private::replace(file, write)
            .map_err(|error| CliError::Message(format!("cannot write {}: {error}", file.display())))
    }
}

/// Some rows are refused, and the others are done or can be.
fn refused(count: usize, others: &str) -> CliError {
    CliError::Message(format!("{} refused; the others {others}", print::rows(count)))
}
