//! Lists as a table, JSON or CSV.

use std::fmt::Write as _;
use std::io::{self, Write};

use clap::ValueEnum;

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
