//! `ringbook phone import`

use std::fs::File;
use std::io::{IsTerminal as _, Read, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use directory::{Command, Row, SaveMode};
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::context::{AccountArgument, CliError, Context};
use crate::cli::format::print_error;
use crate::rows::{Action, FileFault, Format, Options, ROWS_PER_COMMIT, ReadRow, Reader};
use crate::service::{CommandRequest, IDEMPOTENCY_RECORD_LIFETIME_US, Tenant};
use crate::store::{Import as Stored, ImportId, ImportProgress, ImportState, Origin};

/// The size of the read buffer.
const BUFFER_BYTES: usize = 64 * 1024;

/// Create or edit phones from a CSV file: all of its rows, or none if one is refused.
///
/// The first line is the header, like number,name,skills; the skills of a row are separated by commas
/// within their cell, as in 1001,Desk-1,"Sales,Support". A file named *.jsonl has a JSON object a
/// line instead. Every refused row is listed with its line and the reason: on a terminal the first
/// hundred of them, elsewhere all.
///
/// To edit many phones: `ringbook phone export --account acme p.csv`, edit it in a spreadsheet, and
/// `ringbook phone import --account acme --action upsert --dry-run p.csv`
#[derive(Debug, Args)]
pub struct Import {
    #[command(flatten)]
    account: AccountArgument,
    /// The file; - reads from standard input
    file: PathBuf,
    /// What a row does that has no cell `action`. An upsert edits the phone with the id or else the
    /// number of the row, or creates it
    #[arg(long, value_name = "ACTION", default_value_t = Action::Create, value_parser = action_parser())]
    action: Action,
    /// With upsert: ids count even if the phone has neither the number nor the name of the row
    #[arg(long)]
    trust_ids: bool,
    /// Only say what would be refused
    #[arg(long)]
    pub dry_run: bool,
    /// Save the good rows, leave the bad ones
    #[arg(long, conflicts_with = "dry_run")]
    keep_going: bool,
    /// Count the rows to an import that broke off within the last 24 hours, like i17, so that both
    /// are taken back together
    #[arg(long, value_name = "IMPORT", requires = "keep_going")]
    resume: Option<ImportId>,
}

/// Parses the name of an action.
fn action_parser() -> impl TypedValueParser<Value = Action> {
    let parser = PossibleValuesParser::new(Action::ALL.map(|(name, _)| name));
    parser.map(|name| name.parse().expect("clap has checked the name"))
}

/// The most refused rows shown on a terminal.
const BAD_ROWS_SHOWN: usize = 100;

/// A refused row: its line and the reason.
type BadRow = (u64, String);

impl Import {
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let tenant = context.tenant(&self.account.user_name)?;
        let bar = progress_bar();
        let (rows, bad) = self.read(&bar)?;
        let count = rows.len() + bad.len();
        bar.set_length(count as u64);
        // Reading has filled the bar; saving fills it again.
        bar.set_position(0);
        bar.set_message("saving");
        let resumed = self.resumed(context, &tenant)?;
        let import = resumed.as_ref().map(|resumed| resumed.id);
        let mut progress = resumed.map(|resumed| resumed.progress).unwrap_or_default();
        progress.rows += bad.len() as u64;
        progress.refused += bad.len() as u64;
        let mut saved = Saved { context, tenant: &tenant, count: 0, import, progress, bad };
        if self.keep_going {
            saved.save_good_rows(rows, &bar)?;
        } else if self.dry_run || !saved.bad.is_empty() {
            saved.save(rows, SaveMode::Nothing, ImportState::Done)?;
        } else {
            saved.save(rows, SaveMode::AllOrNothing, ImportState::Done)?;
        }
        bar.finish_and_clear();
        let bad = &mut saved.bad;
        bad.sort();
        // A file gets all of them.
        let most = if std::io::stderr().is_terminal() { BAD_ROWS_SHOWN } else { bad.len() };
        describe(bad, most).for_each(print_error);
        self.conclude(count, &saved)
    }

    /// The import that the rows are counted to, if it can be resumed.
    fn resumed(&self, context: &Context, tenant: &Tenant) -> Result<Option<Stored>, CliError> {
        let Some(id) = self.resume else { return Ok(None) };
        let import = context.wait(context.service.import(tenant, id))?;
        if context.origin().at_us - import.begun_us > IDEMPOTENCY_RECORD_LIFETIME_US {
            let why = "began more than 24 hours ago: import the rest without --resume";
            return Err(CliError::Message(format!("{id} {why}")));
        }
        Ok(Some(import))
    }

    fn conclude(&self, count: usize, saved: &Saved<'_>) -> Result<(), CliError> {
        let undo = saved.import.map_or_else(String::new, |import| {
            let account = &self.account.user_name;
            format!("; `ringbook revert --account {account} {import}` takes them back")
        });
        let (bad, done) = (saved.bad.len(), saved.count);
        let same = match count - bad - done {
            0 => String::new(),
            unchanged => format!(", {unchanged} unchanged"),
        };
        if bad == 0 && self.dry_run {
            return Ok(writeln!(std::io::stdout(), "{count} rows can be imported")?);
        }
        if bad == 0 {
            return Ok(writeln!(std::io::stdout(), "{done} rows imported{same}{undo}")?);
        }
        Err(CliError::Message(if self.keep_going {
            format!("{done} of {count} rows imported{same}, {bad} refused{undo}")
        } else {
            format!(
                "{bad} of {count} rows refused, nothing was imported: mend the rows above, \
                 or save the others with --keep-going"
            )
        }))
    }

    fn read(&self, bar: &ProgressBar) -> Result<(Vec<Row>, Vec<BadRow>), CliError> {
        let cannot = |error: &dyn std::fmt::Display| {
            CliError::Message(format!("cannot read {}: {error}", self.file.display()))
        };
        let input: Box<dyn Read> = if self.file.as_os_str() == "-" {
            Box::new(std::io::stdin())
        } else {
            let file = File::open(&self.file).map_err(|error| cannot(&error))?;
            bar.set_length(file.metadata().map_err(|error| cannot(&error))?.len());
            Box::new(file)
        };
        bar.set_message("reading");
        let (mut input, mut buffer) = (bar.wrap_read(input), vec![0; BUFFER_BYTES]);
        let mut reader = Reader::new(Options {
            format: self.format(),
            action: self.action,
            trusts_ids: self.trust_ids,
        });
        let (mut rows, mut bad) = (Vec::new(), Vec::new());
        let refuse = |fault: FileFault| {
            if fault.is_of_header() { CliError::Message(fault.to_string()) } else { cannot(&fault) }
        };
        loop {
            let length = input.read(&mut buffer).map_err(|error| cannot(&error))?;
            match length {
                0 => reader.finish(),
                _ => reader.push(&buffer[..length]),
            }
            while let Some(ReadRow { line, command, may_be_cut }) = reader.next().map_err(refuse)? {
                match command {
                    Ok(command) => rows.push(Row { line, command, may_be_cut }),
                    Err(faults) => {
                        let details: Vec<_> =
                            faults.into_iter().map(|fault| fault.detail).collect();
                        bad.push((line, details.join("; ")));
                    }
                }
            }
            if length == 0 {
                return Ok((rows, bad));
            }
        }
    }

    fn format(&self) -> Format {
        let name = self.file.extension().unwrap_or_default();
        if name == "jsonl" || name == "ndjson" { Format::JsonLines } else { Format::Csv }
    }
}

/// A line for each refused row, up to `most`, and one with the number of the others.
fn describe(bad: &[BadRow], most: usize) -> impl Iterator<Item = String> {
    let (shown, others) = bad.split_at(most.min(bad.len()));
    let others = (!others.is_empty()).then(|| {
        format!("and {} rows more: `2> refused.txt` writes all of them to a file", others.len())
    });
    shown.iter().map(|(line, why)| format!("line {line}: {why}")).chain(others)
}

/// What was saved so far.
struct Saved<'c> {
    context: &'c Context,
    tenant: &'c Tenant,
    count: usize,
    import: Option<ImportId>,
    progress: ImportProgress,
    bad: Vec<BadRow>,
}

impl Saved<'_> {
    fn save_good_rows(&mut self, rows: Vec<Row>, bar: &ProgressBar) -> Result<(), CliError> {
        let mut rows = rows.into_iter().peekable();
        let mut is_told = false;
        while rows.peek().is_some() {
            let chunk: Vec<_> = rows.by_ref().take(ROWS_PER_COMMIT).collect();
            let length = chunk.len() as u64;
            let has_more = rows.peek().is_some();
            let state = if has_more { ImportState::Running } else { ImportState::Done };
            self.save(chunk, SaveMode::GoodRows, state)?;
            bar.inc(length);
            // At once, for somebody who interrupts it.
            let import = self.import.filter(|_| !is_told && has_more);
            if let Some(import) = import {
                is_told = true;
                let resume = format!("if it breaks off, --resume {import} goes on with it");
                bar.suspend(|| print_error(format_args!("this is import {import}: {resume}")));
            }
        }
        Ok(())
    }

    fn save(&mut self, rows: Vec<Row>, mode: SaveMode, state: ImportState) -> Result<(), CliError> {
        let count = rows.len();
        let origin = Origin { import: self.import, ..self.context.origin() };
        let import = ImportProgress { state, ..self.progress.clone() };
        let command = Command::Several { rows, mode };
        let request = CommandRequest::new(command, origin).importing(import);
        let outcome = self.context.wait(self.context.service.execute(self.tenant, request))?;
        self.progress = outcome.progress(count, &self.progress);
        let bad = outcome.row_faults.into_iter();
        self.bad.extend(bad.map(|fault| (fault.line, fault.refusal.to_string())));
        self.count += outcome.changes;
        self.import = self.import.or(outcome.import);
        Ok(())
    }
}

/// A bar that is drawn only on a terminal.
fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{msg:8} {wide_bar} {percent:>3} %  {elapsed}");
    bar.set_style(style.expect("the template is sound"));
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_beyond_the_limit_are_only_counted() {
        let bad: Vec<BadRow> = (2..7).map(|line| (line, "empty".to_owned())).collect();
        let shown = |most| describe(&bad, most).collect::<Vec<_>>();
        assert_eq!(shown(5).len(), 5);
        assert_eq!(shown(5)[4], "line 6: empty");
        let others = "and 2 rows more: `2> refused.txt` writes all of them to a file";
        assert_eq!(shown(3)[2..], ["line 4: empty", others]);
        assert_eq!(describe(&[], 3).count(), 0);
    }
}
