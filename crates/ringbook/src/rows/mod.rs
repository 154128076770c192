//! Reads and writes files of rows: CSV in the dialects of spreadsheets, and JSON Lines. A row that
//! is read becomes a command for one phone; a row that is written is a phone.
//!
//! Bytes are pushed in as they arrive and rows are pulled out, so nobody needs the whole file in
//! memory. All front ends use this module. It must not know HTTP, the command line or the service.

mod action;
mod columns;
mod command;
mod fault;
mod fields;
mod header;
mod number;
mod record;
mod records;
mod refused;
mod utf16;
mod wanted;
mod write;

use std::path::Path;

use directory::Command;
use sha2::{Digest as _, Sha256};

pub use action::Action;
use columns::Columns;
pub use command::lookup;
pub use fault::{Fault, FileFault, MORE_FAULTS};
use fields::Fields;
pub use header::{Header, field_of};
use records::Records;
pub use refused::{REFUSED, write_refused};
pub use wanted::Wanted;
pub use write::{Product, Writer, io_error};

/// Rows in one commit when only the valid rows are saved: as many as change an account in its place.
/// They take some milliseconds, for which calls and other writers wait.
pub const ROWS_PER_COMMIT: usize = 500;

/// The longest row. A phone takes about 50 bytes, each of its skills about 10.
pub const ROW_BYTES_MAX: usize = 64 * 1024;

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// CSV with a header, for spreadsheets.
    Csv,
    /// One JSON object in each line, for programs.
    JsonLines,
}

impl Format {
    /// The format of a file, by its name.
    pub fn of_file(file: &Path) -> Self {
        let name = file.extension().unwrap_or_default();
        if name == "jsonl" || name == "ndjson" { Self::JsonLines } else { Self::Csv }
    }

    /// The media type of such a file.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::JsonLines => "application/x-ndjson",
        }
    }
}

/// How rows are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The format of the file.
    pub format: Format,
    /// What a row does that does not say so in `action`.
    pub action: Action,
    /// Whether the `id` of an upsert counts whatever number and name its phone has.
    pub trusts_ids: bool,
    /// Whether each row says what it does.
    pub needs_action: bool,
}

impl Options {
    /// Options for a file whose rows create phones.
    pub const fn new(format: Format) -> Self {
        Self { format, action: Action::Create, trusts_ids: false, needs_action: false }
    }
}

/// Reads a row that is a JSON object: its command, or all its errors.
pub fn read_json_row(json: &str, options: Options) -> Result<Command, Vec<Fault>> {
    let fields = Fields::from_json(json);
    fields.and_then(|fields| fields.command(options)).map_err(Fault::told)
}

/// A row that was read: a command or, where a whole file says how a directory is to be, a [`Wanted`].
#[derive(Debug)]
pub struct ReadRow<T = Command> {
    /// The line where it begins, counted from 1.
    pub line: u64,
    /// What it says, or all its errors.
    pub content: Result<T, Vec<Fault>>,
    /// Whether its number is a cell that a spreadsheet takes for a quantity, so that a `+` or zeros
    /// before it may be lost: see [`Row::may_be_cut`](directory::Row::may_be_cut).
    pub may_be_cut: bool,
}

/// Reads rows from bytes that arrive in pieces.
pub struct Reader {
    records: Records,
    options: Options,
    columns: Option<Columns>,
    hash: Sha256,
}

impl Reader {
    /// A reader at the start of a file.
    pub fn new(options: Options) -> Self {
        let records = Records::new(options.format);
        Self { records, options, columns: None, hash: Sha256::new() }
    }

    /// Adds the next bytes of the file.
    pub fn push(&mut self, bytes: &[u8]) {
        self.records.push(bytes);
    }

    /// Marks the end of the file.
    pub fn finish(&mut self) {
        self.records.finish();
    }

    /// Reads the next row. Returns `None` if more bytes are needed, or at the end.
    #[allow(
        clippy::should_implement_trait,
        reason = "None may be followed by more rows, and errors end the file"
    )]
    pub fn next(&mut self) -> Result<Option<ReadRow>, FileFault> {
        let options = self.options;
        self.next_as(|fields| fields.command(options))
    }

    /// Reads the next row as what a phone is to be.
    pub fn next_wanted(&mut self) -> Result<Option<ReadRow<Wanted>>, FileFault> {
        self.next_as(wanted::read)
    }

    fn next_as<T>(
        &mut self,
        read: impl FnOnce(Fields<'_>) -> Result<T, Vec<Fault>>,
    ) -> Result<Option<ReadRow<T>>, FileFault> {
        if self.options.format == Format::Csv && self.columns.is_none() {
            if !self.records.advance()? {
                let no_header = FileFault::Header(self.options.action, String::new());
                return if self.records.is_finished { Err(no_header) } else { Ok(None) };
            }
            self.records.current.hash(&mut self.hash);
            self.columns = Some(Columns::find(&self.records.current, self.options.action)?);
        }
        while self.records.advance()? {
            let record = &self.records.current;
            let fields = match &self.columns {
                // Spreadsheets write empty rows below the last one.
                Some(_) if record.is_blank() => continue,
                Some(columns) => columns.fields(record),
                None => Fields::from_json(record.cell(0)),
            };
            let may_be_cut = fields.as_ref().is_ok_and(Fields::may_be_cut);
            let content = fields.and_then(read).map_err(Fault::told);
            record.hash(&mut self.hash);
            return Ok(Some(ReadRow { line: record.line, content, may_be_cut }));
        }
        Ok(None)
    }

    /// The columns that are ignored, as the header has them: spreadsheets have columns of their own.
    pub fn ignored_columns(&self) -> &[String] {
        self.columns.as_ref().map_or(&[], |columns| &columns.ignored)
    }

    /// SHA-256 of all cells read so far. It does not depend on how the bytes were cut into pieces.
    pub fn sha256(&self) -> [u8; 32] {
        self.hash.clone().finalize().into()
    }
}
