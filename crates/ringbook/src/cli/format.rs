//! Lists as a table, JSON or CSV.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write};

use clap::ValueEnum;

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

/// Prints a key that was made, and the advice beside it.
pub fn key(
    format: KeyFormat,
    made: &ApiKey,
    what: &str,
    told: serde_json::Map<String, serde_json::Value>,
) -> io::Result<()> {
    let mut out = io::stdout();
    match format {
        KeyFormat::Key => writeln!(out, "{}", made.reveal())?,
        KeyFormat::Json => {
            let mut told = told;
            told.insert("key".to_owned(), made.reveal().into());
            writeln!(out, "{}", serde_json::Value::from(told))?;
        }
    }
    if out.is_terminal() {
        eprintln!("This is {what}. Keep it now: it is stored nowhere.");
    }
    Ok(())
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
    writer.write_record(header)?;
    for row in rows {
        writer.write_record(row)?;
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
