//! Rows of a file, read and written: CSV as spreadsheets have it, and JSON Lines. Each row of a
//! file that comes in is something to do to one phone; one of a file that goes out is a phone.
//!
//! Bytes are pushed in as they come and rows are pulled out, so that nobody holds a file as a
//! whole. For every front end; this module must not know: HTTP, the command line, the service.

mod columns;
mod command;
mod fault;
mod fields;
mod lookup;
mod number;
mod record;
mod records;
mod write;

use directory::Command;
use sha2::{Digest as _, Sha256};

use columns::Columns;
pub use fault::{Fault, FileFault};
use fields::Fields;
pub use lookup::{IdText, lookup};
use records::Records;
pub use write::{CsvHeader, Writer, io_error};

/// Rows that are committed at a time where the good ones are saved: the write lock is held for
/// some hundredths of a second, and everybody else goes on.
pub const ROWS_PER_COMMIT: usize = 5_000;

/// Longest row. A phone takes some fifty bytes, and each of its skills some ten.
pub const ROW_BYTES_MAX: usize = 64 * 1024;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Cells with a header: for spreadsheets.
    Csv,
    /// A JSON object a line: for programs.
    JsonLines,
}

/// What the rows of a file may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// New phones.
    Import,
    /// Whatever each row says: create, edit, delete.
    Bulk,
}

/// A row that was read.
#[derive(Debug)]
pub struct ReadRow {
    /// The line where it begins, counted from 1.
    pub line: u64,
    /// What it asks for, or all that is wrong with it.
    pub command: Result<Command, Vec<Fault>>,
}

/// Reads rows from bytes that come piece by piece.
pub struct Reader {
    records: Records,
    format: Format,
    kind: Kind,
    columns: Option<Columns>,
    hash: Sha256,
}

impl Reader {
    /// Reads such rows.
    pub fn new(format: Format, kind: Kind) -> Self {
        let records = Records::new(format);
        Self { records, format, kind, columns: None, hash: Sha256::new() }
    }

    /// Takes the next bytes of the file.
    pub fn push(&mut self, bytes: &[u8]) {
        self.records.push(bytes);
    }

    /// No more bytes come.
    pub fn finish(&mut self) {
        self.records.finish();
    }

    /// The next row, if its bytes are all there.
    #[allow(clippy::should_implement_trait, reason = "none is there now, and more may come")]
    pub fn next(&mut self) -> Result<Option<ReadRow>, FileFault> {
        if self.format == Format::Csv && self.columns.is_none() {
            if !self.records.advance()? {
                return if self.records.is_finished() { Err(self.no_header()) } else { Ok(None) };
            }
            self.records.current().hash(&mut self.hash);
            self.columns = Some(Columns::find(self.records.current(), self.kind)?);
        }
        while self.records.advance()? {
            let record = self.records.current();
            let fields = match &self.columns {
                Some(columns) => {
                    // Spreadsheets write rows of nothing below the last one.
                    if record.is_blank() {
                        continue;
                    }
                    columns.fields(record)
                }
                None => Fields::of_json(record.cell(0), self.kind),
            };
            record.hash(&mut self.hash);
            let command = fields.and_then(|fields| fields.command(self.kind));
            return Ok(Some(ReadRow { line: record.line, command }));
        }
        Ok(None)
    }

    /// SHA-256 of what was read up to the last row, without regard to how its bytes were cut into
    /// pieces: it tells one file from another.
    pub fn sha256(&self) -> [u8; 32] {
        self.hash.clone().finalize().into()
    }

    fn no_header(&self) -> FileFault {
        FileFault::Header { kind: self.kind }
    }
}

#[cfg(test)]
mod tests;
