//! Writes phones as rows that [`Reader`](super::Reader) can read.

use std::borrow::Cow;
use std::io::{self, Write};

use directory::{PhoneId, PhoneName, PhoneNumber, SkillName};
use serde::Serialize;

use super::Format;
use super::number::may_have_lost_digits;

/// What a file of CSV is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// The columns of `PhoneManageV2`, without ids.
    CloudAgent,
    /// What a spreadsheet could take for a quantity, a date or a formula is marked as a text, every
    /// number too. A byte order mark says that it is UTF-8.
    Spreadsheet,
}

impl Product {
    /// All of them with their names.
    pub const ALL: [(&str, Self); 2] =
        [("cloudagent", Self::CloudAgent), ("spreadsheet", Self::Spreadsheet)];
}

/// Writes phones, one row each.
pub struct Writer<W: Write> {
    rows: Rows<W>,
    product: Option<Product>,
}

enum Rows<W: Write> {
    Csv(Box<csv::Writer<W>>),
    JsonLines(W),
}

#[derive(Serialize)]
struct JsonRow<'p> {
    id: String,
    number: &'p str,
    name: &'p str,
    skills: Vec<JsonSkill<'p>>,
}

#[derive(Serialize)]
struct JsonSkill<'p> {
    name: &'p str,
    position: u64,
}

impl<W: Write> Writer<W> {
    /// A writer without a header: see [`header`](Self::header). JSON Lines are the same for all
    /// products.
    pub fn new(out: W, format: Format, product: Option<Product>) -> Self {
        let rows = match format {
            Format::Csv => Rows::Csv(Box::new(csv::Writer::from_writer(out))),
            Format::JsonLines => Rows::JsonLines(out),
        };
        Self { rows, product }
    }

    /// Writes the header, which JSON Lines does not have.
    pub fn header(&mut self) -> io::Result<()> {
        let columns: &[_] = match self.product {
            None => &["id", "number", "name", "skills"],
            Some(Product::Spreadsheet) => &["\u{feff}id", "number", "name", "skills"],
            Some(Product::CloudAgent) => &["phoneNumber", "phoneName", "skills"],
        };
        match &mut self.rows {
            Rows::Csv(csv) => csv.write_record(columns).map_err(io_error),
            Rows::JsonLines(_) => Ok(()),
        }
    }

    /// Writes a phone. Its skills come with their positions in the ring orders, which CSV does not have.
    pub fn phone(
        &mut self,
        id: PhoneId,
        number: PhoneNumber,
        name: &PhoneName,
        skills: &[(SkillName, u64)],
    ) -> io::Result<()> {
        let (number, name, id) = (number.text(), name.as_str(), id.to_string());
        match &mut self.rows {
            Rows::Csv(csv) => {
                let number = number_cell(number.as_str(), self.product);
                let skills = join(skills);
                let (name, skills) =
                    (text_cell(name, self.product), text_cell(&skills, self.product));
                let first = usize::from(self.product == Some(Product::CloudAgent));
                let cells = [id.as_str(), &number, &name, &skills];
                csv.write_record(&cells[first..]).map_err(io_error)
            }
            Rows::JsonLines(out) => {
                let skills = skills.iter();
                let skills = skills
                    .map(|(name, position)| JsonSkill { name: name.as_str(), position: *position });
                let row = JsonRow { id, number: number.as_str(), name, skills: skills.collect() };
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

/// Names separated by commas. A comma behind a single name shows that its semicolons separate none.
fn join(skills: &[(SkillName, u64)]) -> String {
    let mut names = skills.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(",");
    if names.contains(';') && skills.len() == 1 {
        names.push(',');
    }
    names
}

/// An apostrophe marks a text. Spreadsheets keep it in the cell, through any number of files, and
/// reading removes it ([ADR 0032](../../../../docs/adr/0032-an-apostrophe-marks-text.md)).
fn marked(text: &str, is_marked: bool) -> Cow<'_, str> {
    if is_marked { format!("'{text}").into() } else { text.into() }
}

fn number_cell(number: &str, product: Option<Product>) -> Cow<'_, str> {
    let is_marked = match product {
        None => may_have_lost_digits(number),
        Some(Product::CloudAgent) => false,
        Some(Product::Spreadsheet) => true,
    };
    marked(number, is_marked)
}

fn text_cell(text: &str, product: Option<Product>) -> Cow<'_, str> {
    let is_formula = || text.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']);
    let is_marked = match product {
        Some(Product::CloudAgent) => is_formula() && PhoneNumber::parse(text).is_err(),
        Some(Product::Spreadsheet) => {
            is_no_word(text) || text.contains(|one: char| one.is_numeric())
        }
        None => is_no_word(text),
    };
    marked(text, is_marked)
}

/// Whether a spreadsheet could take a text for a formula, a quantity, a date or a truth. Its language
/// may have other words than these, so a file for one has an apostrophe before each text with a digit.
fn is_no_word(text: &str) -> bool {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let is_date = || {
        let month = text.get(..3).unwrap_or_default();
        text.contains(|one: char| one.is_numeric())
            && MONTHS.iter().any(|known| month.eq_ignore_ascii_case(known))
    };
    let is_truth = || ["true", "false"].iter().any(|truth| text.eq_ignore_ascii_case(truth));
    !text.is_empty() && (!text.starts_with(char::is_alphabetic) || is_truth() || is_date())
}
