//! Lists as a table, JSON or CSV.

use std::fmt::{Display, Write as _};
use std::io::{self, IsTerminal as _, Write};

use clap::ValueEnum;

use super::context::CliError;
use crate::rows::io_error;
use crate::secret::ApiKey;
use crate::service::clock::time_text;

/// How a list is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Columns, for people
    Table,
    /// A JSON array, for programs
    Json,
    /// CSV with a header, for spreadsheets
    Csv,
}

/// How a key is printed that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KeyFormat {
    /// The key alone, so that a script can take it
    Key,
    /// A JSON object with all there is to know of it
    Json,
}

/// A key that was made and is to be printed.
pub struct MadeKey<'k> {
    /// The key.
    pub key: &'k ApiKey,
    /// What it is.
    pub what: &'static str,
    /// What is told of it in JSON, beside the key.
    pub told: serde_json::Map<String, serde_json::Value>,
    /// How to have another one, should this one not be seen.
    pub instead: String,
}

/// Prints a key that was made, and the advice beside it. If it cannot be printed nobody has it,
/// so that is a failure even where the reader has gone away.
pub fn key(format: KeyFormat, made: MadeKey<'_>) -> Result<(), CliError> {
    let MadeKey { key, what, mut told, instead } = made;
    let line = match format {
        KeyFormat::Key => key.reveal().to_owned(),
        KeyFormat::Json => {
            told.insert("key".to_owned(), key.reveal().into());
            serde_json::Value::from(told).to_string()
        }
    };
    let mut out = io::stdout();
    writeln!(out, "{line}").map_err(|error| not_shown(what, &error, &instead))?;
    if out.is_terminal() {
        tell(format_args!("This is {what}. Keep it now: it is stored nowhere."));
    }
    Ok(())
}

/// A key was made that nobody has seen.
pub fn not_shown(what: &str, error: &io::Error, instead: &str) -> CliError {
    CliError::Said(format!("{what} was made but could not be shown: {error}; {instead}"))
}

/// Writes a line to stderr. If that is closed nobody listens, which ends nothing.
pub fn tell(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// When a key expires that is valid for so many days from now, microseconds UTC.
pub fn expires_us(days: Option<u32>, now_us: i64) -> Option<i64> {
    days.map(|days| now_us + i64::from(days) * 24 * 3_600_000_000)
}

/// A time in a table; nothing where there is none.
pub fn time_cell(at_us: Option<i64>) -> String {
    at_us.map(time_text).unwrap_or_default()
}

/// Prints rows of text as columns, each as wide as its widest cell.
pub fn table(out: &mut impl Write, header: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
    let mut widths: Vec<_> = header.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let header: Vec<_> = header.iter().map(|cell| (*cell).to_owned()).collect();
    for row in std::iter::once(&header).chain(rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            write!(line, "{cell:width$}  ").expect("writing to a String cannot fail");
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Prints rows as CSV.
pub fn csv(out: impl Write, header: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(header).map_err(io_error)?;
    for row in rows {
        writer.write_record(row).map_err(io_error)?;
    }
    writer.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut out = Vec::new();
        let rows = [vec!["+911".into(), "Ravi".into()], vec!["1".into(), "Jo".into()]];
        table(&mut out, &["number", "name"], &rows).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "number  name\n+911    Ravi\n1       Jo\n");
    }
}
