//! Errors of rows and of files.

use std::borrow::Cow;

use directory::Escaped;
use directory::limits::ROW_FAULTS_MAX;

use super::{Action, ROW_BYTES_MAX};

/// An error in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field with the error; none if the whole row is wrong.
    pub field: Option<Cow<'static, str>>,
    /// A code for programs.
    pub code: &'static str,
    /// What is wrong and what to do about it, for people.
    pub detail: String,
}

/// The code of the error that counts those that are not told.
pub const MORE_FAULTS: &str = "more_faults";

/// Most characters of the detail of an error, which may have a text of the file.
const DETAIL_CHARACTERS_MAX: usize = 300;

impl Fault {
    pub(super) fn of(
        field: impl Into<Cow<'static, str>>,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self { field: Some(field.into()), ..Self::of_row(code, detail) }
    }

    /// An error in the row as a whole.
    pub(super) fn of_row(code: &'static str, detail: impl Into<String>) -> Self {
        let mut detail = detail.into();
        if let Some((end, _)) = detail.char_indices().nth(DETAIL_CHARACTERS_MAX) {
            detail.replace_range(end.., "...");
        }
        Self { field: None, code, detail }
    }

    /// The errors of a row as they are told: the first of them, and how many more there are.
    pub(super) fn told(mut faults: Vec<Self>) -> Vec<Self> {
        let more = faults.len().saturating_sub(ROW_FAULTS_MAX);
        if more > 0 {
            faults.truncate(ROW_FAULTS_MAX);
            faults.push(Self::of_row(MORE_FAULTS, format!("and {more} more")));
        }
        faults
    }
}

/// An error that ends the reading of a file. Numbers are those of the line where the row begins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the sentence of a fault says what its values are")]
pub enum FileFault {
    /// The header lacks a required column. The text is what there is instead.
    #[error(
        "the first line must be the header {}, or one with an action{}",
        .0.header(),
        if .1.is_empty() { String::new() } else { format!("; it is {}", Escaped(.1)) }
    )]
    Header(Action, String),
    /// The header has a column whose name is nearly that of a known one.
    #[error(
        "the header has the column \"{}\": name it \"{meant}\", or leave it out",
        Escaped(column)
    )]
    Misspelt { column: String, meant: &'static str },
    /// The header has a column twice.
    #[error("the header has the column \"{0}\" twice")]
    Twice(&'static str),
    /// The header has an unknown column beside `action`.
    #[error(
        "the header has the column \"{0}\": there are action, id, phone, number, name, skills, \
         assign and unassign"
    )]
    UnknownColumn(String),
    /// A quote is never closed, so the rest of the file would be one cell.
    #[error("line {0} begins a row in which a quote is left open: no row behind it can be read")]
    OpenQuote(u64),
    /// The file is compressed with gzip.
    #[error("the file is compressed: send it as it was before that")]
    Compressed,
    /// The file is UTF-16 without a byte order mark.
    #[error("the file is UTF-16: save it as \"CSV UTF-8\"")]
    Utf16,
    /// The file is a spreadsheet or a ZIP archive.
    #[error("the file is a workbook or an archive: save it as \"CSV UTF-8\"")]
    Workbook,
    /// A row has characters of another encoding.
    #[error("line {0} is not UTF-8: save the file as UTF-8, which spreadsheets call \"CSV UTF-8\"")]
    NotUtf8(u64),
    /// A row is too long, mostly because of a quote that is never closed.
    #[error(
        "line {0} begins a row of more than {ROW_BYTES_MAX} bytes: is a quote left open there?"
    )]
    LongRow(u64),
}

impl FileFault {
    /// The line where the faulty row begins; none if the file as a whole is wrong.
    pub fn line(&self) -> Option<u64> {
        match self {
            Self::NotUtf8(line) | Self::LongRow(line) | Self::OpenQuote(line) => Some(*line),
            _ => None,
        }
    }
}
