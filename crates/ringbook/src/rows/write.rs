//! Writes phones as rows that [`Reader`](super::Reader) can read.

use std::borrow::Cow;
use std::io::{self, Write};

use directory::{PhoneName, PhoneNumber, SkillName};
use serde::Serialize;

use super::Format;

/// The names of the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CsvHeader {
    /// As in the native API: `number,name,skills`.
    Api,
    /// As in `PhoneManageV2`: `phoneNumber,phoneName,skills`.
    Legacy,
}

impl CsvHeader {
    /// The names of the columns.
    pub fn names(self) -> [&'static str; 3] {
        match self {
            Self::Api => ["number", "name", "skills"],
            Self::Legacy => ["phoneNumber", "phoneName", "skills"],
        }
    }
}

/// Writes phones, one row each.
pub struct Writer<W: Write> {
    rows: Rows<W>,
}

enum Rows<W: Write> {
    Csv(Box<csv::Writer<W>>),
    JsonLines(W),
}

#[derive(Serialize)]
struct JsonRow<'p> {
    number: &'p str,
    name: &'p str,
    skills: Vec<&'p str>,
}

impl<W: Write> Writer<W> {
    /// A writer without a header: see [`header`](Self::header).
    pub fn new(out: W, format: Format) -> Self {
        let rows = match format {
            Format::Csv => Rows::Csv(Box::new(csv::Writer::from_writer(out))),
            Format::JsonLines => Rows::JsonLines(out),
        };
        Self { rows }
    }

    /// Writes the header, which JSON Lines does not have.
    pub fn header(&mut self, header: CsvHeader) -> io::Result<()> {
        match &mut self.rows {
            Rows::Csv(csv) => csv.write_record(header.names()).map_err(io_error),
            Rows::JsonLines(_) => Ok(()),
        }
    }

    /// Writes a phone.
    pub fn phone(
        &mut self,
        number: PhoneNumber,
        name: &PhoneName,
        skills: &[SkillName],
    ) -> io::Result<()> {
        let (number, name) = (number.text(), name.as_str());
        let skills = skills.iter().map(SkillName::as_str).collect::<Vec<_>>();
        match &mut self.rows {
            Rows::Csv(csv) => {
                let skills = skills.join(",");
                let cells = [number.as_str(), &escape_formula(name), &escape_formula(&skills)];
                csv.write_record(cells).map_err(io_error)
            }
            Rows::JsonLines(out) => {
                let row = JsonRow { number: number.as_str(), name, skills };
                serde_json::to_writer(&mut *out, &row)?;
                out.write_all(b"\n")
            }
        }
    }

    /// Flushes the rows and returns the output.
    pub fn finish(self) -> io::Result<W> {
        match self.rows {
            Rows::Csv(csv) => csv.into_inner().map_err(csv::IntoInnerError::into_error),
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
