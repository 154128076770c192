//! `ringbook phone import`

use std::fs::File;
use std::io::{IsTerminal as _, Read, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use directory::{Command, Row, SaveMode};
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::context::{AccountArgument, CliError, Context};
use crate::cli::format::print_error;
use crate::rows::{Fault, Format, Kind, ROWS_PER_COMMIT, ReadRow, Reader};
use crate::service::{CommandRequest, Tenant};

/// The size of the read buffer.
const BUFFER_BYTES: usize = 64 * 1024;

/// Create phones from a CSV file: all of its rows, or none if one is refused.
///
/// The first line is the header phoneNumber,phoneName,skills; the skills of a row are separated
/// by commas within their cell, as in 1001,Desk-1,"Sales,Support". A file named *.jsonl has a JSON
/// object a line instead. Every refused row is listed with its line and the reason: on a terminal
/// the first hundred of them, elsewhere all.
///
/// For example: `ringbook phone import --account acme --dry-run phones.csv`
#[derive(Debug, Args)]
pub struct Import {
    #[command(flatten)]
    account: AccountArgument,
    /// The file; - reads from standard input
    file: PathBuf,
    /// Only say what would be refused
    #[arg(long)]
    pub dry_run: bool,
    /// Save the good rows, leave the bad ones
    #[arg(long, conflicts_with = "dry_run")]
    keep_going: bool,
}

/// The most refused rows shown on a terminal.
const BAD_ROWS_SHOWN: usize = 100;

/// A refused row: its line and the reason.
type BadRow = (u64, String);

impl Import {
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let tenant = context.tenant(&self.account.user_name)?;
        let bar = progress_bar();
        let (rows, mut bad) = self.read(&bar)?;
        let count = rows.len() + bad.len();
        bar.set_length(count as u64);
        // Reading has filled the bar; saving fills it again.
        bar.set_position(0);
        bar.set_message("saving");
        let saved = if self.keep_going {
            save_good_rows(context, &tenant, rows, &mut bad, &bar)?
        } else {
            let mode = if self.dry_run || !bad.is_empty() {
                SaveMode::Nothing
            } else {
                SaveMode::AllOrNothing
            };
            save(context, &tenant, rows, mode, &mut bad)?
        };
        bar.finish_and_clear();
        bad.sort();
        // A file gets all of them.
        let most = if std::io::stderr().is_terminal() { BAD_ROWS_SHOWN } else { bad.len() };
        describe(&bad, most).for_each(print_error);
        self.conclude(count, saved, bad.len())
    }

    fn conclude(&self, count: usize, saved: usize, bad: usize) -> Result<(), CliError> {
        if bad == 0 {
            let done = if self.dry_run { "can be imported" } else { "imported" };
            return Ok(writeln!(std::io::stdout(), "{count} rows {done}")?);
        }
        Err(CliError::Message(if self.keep_going {
            format!("{saved} of {count} rows imported, {bad} refused")
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
        let mut reader = Reader::new(self.format(), Kind::Import);
        let (mut rows, mut bad) = (Vec::new(), Vec::new());
        loop {
            let length = input.read(&mut buffer).map_err(|error| cannot(&error))?;
            if length == 0 {
                reader.finish();
            } else {
                reader.push(&buffer[..length]);
            }
            let next = || reader.next().transpose();
            for row in std::iter::from_fn(next) {
                let ReadRow { line, command } = row.map_err(|fault| {
                    if fault.is_of_header() {
                        CliError::Message(fault.to_string())
                    } else {
                        cannot(&fault)
                    }
                })?;
                match command {
                    Ok(command) => rows.push(Row { line, command }),
                    Err(faults) => bad.push((line, join(&faults))),
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

fn join(faults: &[Fault]) -> String {
    faults.iter().map(|fault| fault.detail.as_str()).collect::<Vec<_>>().join("; ")
}

fn save_good_rows(
    context: &Context,
    tenant: &Tenant,
    rows: Vec<Row>,
    bad: &mut Vec<BadRow>,
    bar: &ProgressBar,
) -> Result<usize, CliError> {
    let mut saved = 0;
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let chunk: Vec<_> = rows.by_ref().take(ROWS_PER_COMMIT).collect();
        let length = chunk.len() as u64;
        saved += save(context, tenant, chunk, SaveMode::GoodRows, bad)?;
        bar.inc(length);
    }
    Ok(saved)
}

fn save(
    context: &Context,
    tenant: &Tenant,
    rows: Vec<Row>,
    mode: SaveMode,
    bad: &mut Vec<BadRow>,
) -> Result<usize, CliError> {
    let command = Command::Several { rows, mode };
    let request = CommandRequest::new(command, context.origin());
    let outcome = context.wait(context.service.execute(tenant, request))?;
    bad.extend(outcome.row_faults.into_iter().map(|fault| (fault.line, fault.refusal.to_string())));
    Ok(outcome.changes)
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
