//! Phones as rows that can be read again.

use std::borrow::Cow;
use std::io::{self, Write};

use directory::{PhoneName, PhoneNumber, SkillName};
use serde::Serialize;

use super::Format;

/// How the columns are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CsvHeader {
    /// As in the API: `number,name,skills`.
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

/// Writes phones, a row each.
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
    /// Goes on where rows were written already.
    pub fn new(out: W, format: Format) -> Self {
        let rows = match format {
            Format::Csv => Rows::Csv(Box::new(csv::Writer::from_writer(out))),
            Format::JsonLines => Rows::JsonLines(out),
        };
        Self { rows }
    }

    /// Begins a file.
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
                let cells = [number.as_str(), &guarded(name), &guarded(&skills)];
                csv.write_record(cells).map_err(io_error)
            }
            Rows::JsonLines(out) => {
                let row = JsonRow { number: number.as_str(), name, skills };
                serde_json::to_writer(&mut *out, &row)?;
                out.write_all(b"\n")
            }
        }
    }

    /// Ends, and gives back where it was written to.
    pub fn finish(self) -> io::Result<W> {
        match self.rows {
            Rows::Csv(csv) => csv.into_inner().map_err(csv::IntoInnerError::into_error),
            Rows::JsonLines(out) => Ok(out),
        }
    }
}

/// The error of the writer itself, whose kind `csv` would hide: a reader who has seen enough is no
/// failure.
pub fn io_error(error: csv::Error) -> io::Error {
    let told = error.to_string();
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        _ => io::Error::other(told),
    }
}

/// A cell that no spreadsheet takes for a formula: an apostrophe before it makes it a text, and
/// is taken away when the file is read. A cell that has one already gets another. Numbers stay as
/// they are: one with a `+` is read as a number and runs nothing.
fn guarded(text: &str) -> Cow<'_, str> {
    let is_risky = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']);
    if is_risky && PhoneNumber::parse(text).is_err() {
        return format!("'{text}").into();
    }
    text.into()
}
