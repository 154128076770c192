//! Writes phones as rows that [`Reader`](super::Reader) can read.

use std::borrow::Cow;
use std::io::{self, Write};

use directory::{PhoneId, PhoneName, PhoneNumber, SkillName};
use serde::Serialize;

use super::Format;

/// What a file of CSV is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// The columns of `PhoneManageV2`, without ids.
    CloudAgent,
}

impl Product {
    /// All of them with their names.
    pub const ALL: [(&str, Self); 1] = [("cloudagent", Self::CloudAgent)];
}

/// Writes phones, one row each.
pub struct Writer<W: Write> {
    rows: Rows<W>,
}

enum Rows<W: Write> {
    /// CSV with the last of the columns.
    Csv(Box<csv::Writer<W>>, &'static [&'static str]),
    JsonLines(W),
}

const COLUMNS: &[&str] = &["id", "number", "name", "skills"];
const CLOUD_AGENT_COLUMNS: &[&str] = &["phoneNumber", "phoneName", "skills"];

#[derive(Serialize)]
struct JsonRow<'p> {
    id: String,
    number: &'p str,
    name: &'p str,
    skills: Vec<&'p str>,
}

impl<W: Write> Writer<W> {
    /// A writer without a header: see [`header`](Self::header). JSON Lines are the same for all
    /// products.
    pub fn new(out: W, format: Format, product: Option<Product>) -> Self {
        let columns = match product {
            None => COLUMNS,
            Some(Product::CloudAgent) => CLOUD_AGENT_COLUMNS,
        };
        let rows = match format {
            Format::Csv => Rows::Csv(Box::new(csv::Writer::from_writer(out)), columns),
            Format::JsonLines => Rows::JsonLines(out),
        };
        Self { rows }
    }

    /// Writes the header, which JSON Lines does not have.
    pub fn header(&mut self) -> io::Result<()> {
        match &mut self.rows {
            Rows::Csv(csv, columns) => csv.write_record(*columns).map_err(io_error),
            Rows::JsonLines(_) => Ok(()),
        }
    }

    /// Writes a phone.
    pub fn phone(
        &mut self,
        id: PhoneId,
        number: PhoneNumber,
        name: &PhoneName,
        skills: &[SkillName],
    ) -> io::Result<()> {
        let (number, name, id) = (number.text(), name.as_str(), id.to_string());
        let skills = skills.iter().map(SkillName::as_str).collect::<Vec<_>>();
        match &mut self.rows {
            Rows::Csv(csv, columns) => {
                let (name, skills) = (escape_formula(name), skills.join(","));
                let cells = [&id, number.as_str(), &name, &escape_formula(&skills)];
                csv.write_record(&cells[COLUMNS.len() - columns.len()..]).map_err(io_error)
            }
            Rows::JsonLines(out) => {
                let row = JsonRow { id, number: number.as_str(), name, skills };
                serde_json::to_writer(&mut *out, &row)?;
                out.write_all(b"\n")
            }
        }
    }

    /// Flushes the rows and returns the output.
    pub fn finish(self) -> io::Result<W> {
        match self.rows {
            Rows::Csv(csv, _) => csv.into_inner().map_err(csv::IntoInnerError::into_error),
            Rows::JsonLines(out) => Ok(out),
        }
    }
}

/// The I/O error in an error of `csv`. Callers look at its kind: a closed pipe is no failure.
pub fn io_error(error: csv::Error) -> io::Error {
    let text = error.to_string();
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        _ => io::Error::other(text),
    }
}

/// Keeps spreadsheets from running a cell as a formula: puts an apostrophe before it, which reading
/// removes. A cell that begins with an apostrophe gets another one. Phone numbers are left alone: a
/// spreadsheet reads `+911` as a number.
fn escape_formula(text: &str) -> Cow<'_, str> {
    let may_be_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']);
    if may_be_formula && PhoneNumber::parse(text).is_err() {
        return format!("'{text}").into();
    }
    text.into()
}
