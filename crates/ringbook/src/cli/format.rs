//! How the commands print: lists as a table, JSON or CSV, and new API keys.

use std::fmt::{Display, Write as _};
use std::io::{self, IsTerminal as _, Write};

use clap::ValueEnum;
use directory::{Escaped, escaped};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::api::{Api, Request};
use super::context::CliError;
use crate::rows::io_error;
use crate::secret::ApiKey;
use crate::time;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Columns, for people
    Table,
    /// A JSON array, for programs
    Json,
    /// CSV with a header, for spreadsheets
    Csv,
}

/// Of what is no list of rows of equal columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ItemFormat {
    /// Columns, for people
    Table,
    /// JSON, for programs
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KeyFormat {
    /// The key alone, so that a script can take it
    Key,
    /// A JSON object with all there is to know of it
    Json,
}

/// A new key that is to be printed.
pub struct MadeKey<'k> {
    pub key: &'k ApiKey,
    /// What it is, for messages.
    pub what: &'static str,
    /// The JSON object, without the key.
    pub object: Value,
    /// How to make another key if this one is lost.
    pub instead: String,
}

/// Prints a new key. Fails if the output is closed, because then nobody has the key.
pub fn key(format: KeyFormat, made: MadeKey<'_>) -> Result<(), CliError> {
    let MadeKey { key, what, mut object, instead } = made;
    let line = match format {
        KeyFormat::Key => key.reveal().to_owned(),
        KeyFormat::Json => {
            object["key"] = key.reveal().into();
            object.to_string()
        }
    };
    let mut out = io::stdout();
    writeln!(out, "{line}").map_err(|error| key_not_shown(what, &error, &instead))?;
    if out.is_terminal() {
        print_error(format_args!("This is {what}. Keep it now: it is stored nowhere."));
    }
    Ok(())
}

/// A new key could not be printed, so nobody has it.
pub fn key_not_shown(what: &str, error: &io::Error, instead: &str) -> CliError {
    CliError::Message(format!("{what} was made but could not be shown: {error}; {instead}"))
}

/// Writes a line to stderr. Unlike `eprintln!` it does not panic if stderr is closed.
pub fn print_error(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Tells the columns of a file that mean nothing, if there are any.
pub fn tell_ignored(columns: &[String]) {
    if !columns.is_empty() {
        let names: Vec<_> = columns.iter().map(|name| format!("\"{}\"", Escaped(name))).collect();
        print_error(format_args!("columns that are ignored: {}", names.join(", ")));
    }
}

/// Prints a list of the API: as JSON what the API answers, else these members as columns. `request` is
/// as in [`Api::pages`].
pub fn pages(
    format: Format,
    columns: &[&str],
    api: &Api,
    request: impl Fn() -> Request,
    limit: Option<usize>,
) -> Result<(), CliError> {
    let limit = limit.unwrap_or(usize::MAX);
    match format {
        Format::Json => json_array(api.pages::<Box<RawValue>>(request).take(limit)),
        _ => list(format, columns, api.pages(request).take(limit)),
    }
}

/// Prints a list of objects: as JSON, or with the members of these names as columns.
pub fn list(
    format: Format,
    columns: &[&str],
    objects: impl Iterator<Item = Result<Value, CliError>>,
) -> Result<(), CliError> {
    if format == Format::Json {
        return json_array(objects);
    }
    let cell = |object: &mut Value, column: &str| match object[column].take() {
        Value::String(at) if format == Format::Table && column.ends_with("_at") => {
            time::for_people(&at)
        }
        // A server may be anybody's.
        value if format == Format::Table => escaped(&cell(value), usize::MAX),
        value => cell(value),
    };
    let row = |mut object| columns.iter().map(|column| cell(&mut object, column)).collect();
    let rows = objects.map(|object| object.map(row)).collect::<Result<Vec<Vec<_>>, _>>()?;
    let mut out = io::stdout().lock();
    if format == Format::Table {
        return Ok(table(&mut out, columns, &rows)?);
    }
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(columns).map_err(io_error)?;
    rows.iter().try_for_each(|row| csv.write_record(row)).map_err(io_error)?;
    Ok(csv.flush()?)
}

/// A value of JSON as a cell: the items of a list with commas between them.
pub fn cell(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        Value::Array(items) => items.into_iter().map(cell).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// Prints items as a JSON array, each when it comes.
pub fn json_array<T: Serialize>(
    items: impl Iterator<Item = Result<T, CliError>>,
) -> Result<(), CliError> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut before = "[";
    for item in items {
        let json = serde_json::to_string(&item?).expect("it is plain data");
        write!(out, "{before}{json}")?;
        before = ",\n";
    }
    let begin = if before == "[" { before } else { "" };
    writeln!(out, "{begin}]")?;
    Ok(out.flush()?)
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
