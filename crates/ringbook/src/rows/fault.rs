//! What can be wrong with a row, and with a file.

use std::borrow::Cow;

use super::{Kind, ROW_BYTES_MAX};

/// Something that is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field at fault, where it is one.
    pub field: Option<Cow<'static, str>>,
    /// What is wrong, for programs.
    pub code: &'static str,
    /// What is wrong and what to do about it, for people.
    pub detail: String,
}

impl Fault {
    /// Something that is wrong with a field.
    pub(super) fn of(
        field: impl Into<Cow<'static, str>>,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self { field: Some(field.into()), code, detail: detail.into() }
    }

    /// Something that is wrong with the row as a whole.
    pub(super) fn of_row(code: &'static str, detail: impl Into<String>) -> Self {
        Self { field: None, code, detail: detail.into() }
    }
}

/// Why a file cannot be read any further.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileFault {
    /// It does not begin with the columns that are needed.
    #[error("the first line must be the header {}", match kind {
        Kind::Import => "number,name,skills or phoneNumber,phoneName,skills",
        Kind::Bulk => "action,phone,number,name,skills,assign,unassign",
    })]
    Header {
        /// What the file is for.
        kind: Kind,
    },
    /// A column stands there twice.
    #[error("the header has the column \"{0}\" twice")]
    Twice(&'static str),
    /// A column that nobody knows, where each of them means something.
    #[error(
        "the header has the column \"{0}\": there are action, phone, number, name, skills, assign \
         and unassign"
    )]
    UnknownColumn(String),
    /// A quote that nothing closes, so that all behind it would be one cell.
    #[error("line {line} begins a row in which a quote is left open: no row behind it can be read")]
    OpenQuote {
        /// The line where the row begins.
        line: u64,
    },
    /// Compressed by gzip.
    #[error("the file is compressed: send it as it was before that")]
    Compressed,
    /// What some programs call "Unicode text".
    #[error("the file is UTF-16: save it as \"CSV UTF-8\"")]
    Utf16,
    /// A spreadsheet's own file.
    #[error("the file is a workbook or an archive: save it as \"CSV UTF-8\"")]
    Workbook,
    /// Characters of an old encoding.
    #[error(
        "line {line} is not UTF-8: save the file as UTF-8, which spreadsheets call \"CSV UTF-8\""
    )]
    NotUtf8 {
        /// The line where the row begins.
        line: u64,
    },
    /// Mostly a quote that is never closed.
    #[error(
        "line {line} begins a row of more than {ROW_BYTES_MAX} bytes: is a quote left open there?"
    )]
    LongRow {
        /// The line where the row begins.
        line: u64,
    },
}

impl FileFault {
    /// The line where it is, if it is not the first.
    pub fn line(&self) -> Option<u64> {
        match self {
            Self::NotUtf8 { line } | Self::LongRow { line } | Self::OpenQuote { line } => {
                Some(*line)
            }
            _ => None,
        }
    }

    /// Whether the header is at fault and not the file as such.
    pub fn is_of_header(&self) -> bool {
        matches!(self, Self::Header { .. } | Self::Twice(_) | Self::UnknownColumn(_))
    }
}
