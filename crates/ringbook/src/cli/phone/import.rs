//! `ringbook phone import`

use std::io::{self, Write as _};

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::refused::Refused;
use crate::cli::api::{Api, Problem, Reply, Request, Summary, mode};
use crate::cli::context::CliError;
use crate::cli::format::{print_error, tell_ignored};
use crate::cli::input::Input;
use crate::cli::progress;
use crate::rows::{Action, Format};
use crate::secret::random;
use crate::words::{counted, grouped};

/// Create or edit phones from a CSV file: all of its rows, or none if one is refused.
///
/// The first line is the header, like number,name,skills; the skills of a row are separated by commas
/// within their cell, as in 1001,Desk-1,"Sales,Support". A file named *.jsonl has a JSON object a
/// line instead. Every refused row is listed with its line and the reason: on a terminal the first
/// hundred of them, elsewhere a thousand, with --keep-going all.
///
/// To edit many phones: `ringbook phone export --account acme p.csv`, edit it in a spreadsheet, and
/// `ringbook phone import --account acme --action upsert --dry-run p.csv`
#[derive(Debug, Args)]
pub struct Import {
    /// The file; - reads from standard input
    file: Input,
    /// What a row does that has no cell `action`. An upsert edits the phone with the id or else the
    /// number of the row, or creates it
    #[arg(long, value_name = "ACTION", default_value = "create", value_parser = PossibleValuesParser::new(Action::ALL.map(|(name, _)| name)))]
    action: String,
    /// With upsert: ids count even if the phone has neither the number nor the name of the row
    #[arg(long)]
    trust_ids: bool,
    /// Only say what would be refused
    #[arg(long)]
    pub dry_run: bool,
    /// Save the good rows, leave the bad ones
    #[arg(long)]
    keep_going: bool,
    /// Go on with an import that broke off within the last 24 hours, by the key that it has told. The
    /// file is the same: what is done is not done again
    #[arg(long, value_name = "KEY", conflicts_with = "dry_run")]
    resume: Option<String>,
}

/// From this size on a file takes some seconds, so that it is told before how to go on with it.
const LONG_BYTES: u64 = 1024 * 1024;

impl Import {
    pub fn run(self, api: &Api) -> Result<(), CliError> {
        let key = self.key(api);
        let sent = progress::during("importing", |bar| {
            let input = self.file.open(bar)?;
            let is_long = bar.length().is_some_and(|bytes| bytes > LONG_BYTES);
            let mut request = Request::post("/v1/imports")
                .query("mode", mode(self.keep_going))
                .query("action", &self.action)
                .query("trust_ids", self.trust_ids)
                .dry_run(self.dry_run)
                .accept(Format::JsonLines.media_type())
                .body(bar.wrap_read(input), self.file.format().media_type());
            if let Some(key) = &key {
                request = request.header("idempotency-key", key);
                if self.keep_going && is_long {
                    // At once, for somebody who interrupts it.
                    let how = format!("the same command with --resume {key} goes on with it");
                    bar.suspend(|| print_error(format_args!("if this breaks off, {how}")));
                }
            }
            api.send(request)
        });
        let imported = sent.and_then(|reply| self.conclude(api, reply));
        imported.map_err(|error| match (error, key) {
            (CliError::Refused(problem), _) => self.explain(*problem),
            (CliError::BrokenOff(why), None) => CliError::Message(why),
            (CliError::BrokenOff(why), Some(key)) => CliError::Message(format!(
                "{why}; the same command with --resume {key} goes on: what is done is not done again"
            )),
            (error, _) => error,
        })
    }

    /// Names the request, so that it can be sent again: where it may break off while it is carried
    /// out.
    fn key(&self, api: &Api) -> Option<String> {
        let may_break_off = !self.dry_run && (self.keep_going || api.is_remote());
        let new = || may_break_off.then(|| format!("{:016x}", u64::from_be_bytes(random())));
        self.resume.clone().or_else(new)
    }

    /// Tells what became of the rows.
    fn conclude(&self, api: &Api, reply: Reply<'_>) -> Result<(), CliError> {
        let mut refused = Refused::default();
        let summary = reply.rows(|row| {
            if !row.errors.is_empty() {
                refused.tell(&row);
            }
        })?;
        refused.tell_rest(summary.refused, &[]);
        tell_ignored(&summary.ignored_columns);
        let undo = summary.undo(api);
        let unchanged = match summary.unchanged {
            0 => String::new(),
            count => format!(", {} unchanged", grouped(count)),
        };
        let Summary { rows, done, refused, stopped, .. } = summary;
        let all = counted(rows, "row");
        let [some, others] = [done, refused].map(grouped);
        if let Some(why) = stopped {
            let why = format!("{some} of the first {all} imported, then it stopped: {why}");
            return Err(CliError::BrokenOff(why));
        }
        let mut out = io::stdout();
        match (self.dry_run, refused) {
            (true, 0) => writeln!(out, "{all} can be imported")?,
            (false, 0) => {
                writeln!(out, "{} imported{unchanged}{undo}", counted(done, "row"))?;
            }
            (true, _) => {
                return Err(CliError::Message(format!("{others} of {all} would be refused")));
            }
            (false, _) => {
                let why = format!("{some} of {all} imported{unchanged}, {others} refused{undo}");
                return Err(CliError::Message(why));
            }
        }
        Ok(())
    }

    /// Why nothing was imported.
    fn explain(&self, problem: Problem) -> CliError {
        let file = &self.file;
        CliError::Message(match &*problem.code {
            "rows_refused" => {
                let mut refused = Refused::default();
                problem.rows.iter().for_each(|row| refused.tell(row));
                let count = problem.count("refused");
                refused.tell_rest(count, &problem.causes);
                format!(
                    "{} refused, nothing was imported: mend the rows above, or save the others \
                     with --keep-going",
                    counted(count, "row")
                )
            }
            "invalid_file" => format!("{file}: {}", problem.detail),
            "idempotency_key_reused" => {
                let key = self.resume.as_deref().unwrap_or_default();
                format!(
                    "--resume {key}: the key was used within 24 hours for another file, or with other options"
                )
            }
            "too_large" => format!("{file}: {problem}"),
            _ => return CliError::Refused(Box::new(problem)),
        })
    }
}
