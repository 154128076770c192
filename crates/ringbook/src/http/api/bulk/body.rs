//! Rows of a body: those of a file are read as it comes.

use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout};
use utoipa::ToSchema;

use super::form::JSON_LINES;
use crate::http::api::body::{broken_off, check_encoding};
use crate::http::api::code::Code;
use crate::http::api::problem::Problem;
use crate::http::limits::{BULK_BYTES_MAX, LEAST_BYTES, LEAST_BYTES_TIMEOUT};
use crate::rows::{FileFault, Format, Options, ReadRow, Reader};
use crate::service::Failure;

/// A file
// As its bytes: generated clients send them and save them.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct FileBytes(());

/// Why no more rows can be read.
#[derive(Debug)]
pub struct Stop {
    /// The answer.
    pub problem: Problem,
    /// Whether a retry stops at the same place: at a fault of the file, not of how it was sent.
    pub is_in_content: bool,
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self { problem, is_in_content: false }
    }
}

/// Refuses a caller who has lost the key.
pub type Verify<'a> = &'a (dyn Fn() -> Result<(), Failure> + Sync);

/// The rows of a body.
pub enum Rows<'a> {
    /// Of a file.
    File(Box<File<'a>>),
    /// Of JSON, all of which is read, with the hash of it.
    Json { rows: std::vec::IntoIter<ReadRow>, sha256: [u8; 32] },
}

/// A file while it is read.
pub struct File<'a> {
    body: BodyDataStream,
    reader: Reader,
    verify: Verify<'a>,
    bytes: usize,
    /// How long it was waited for, and the bytes that came, since the last [`LEAST_BYTES`].
    waited: Duration,
    waited_bytes: usize,
    has_ended: bool,
}

impl Rows<'_> {
    /// Reads rows until there are `rows_max`, or no more; says whether there may be more.
    pub async fn read(&mut self, rows: &mut Vec<ReadRow>, rows_max: usize) -> Result<bool, Stop> {
        match self {
            Self::File(file) => file.read(rows, rows_max).await,
            Self::Json { rows: all, .. } => {
                rows.extend(all.take(rows_max - rows.len()));
                Ok(all.len() > 0)
            }
        }
    }

    /// SHA-256 of what was read up to the last row; of JSON, of all of it.
    pub fn sha256(&self) -> [u8; 32] {
        match self {
            Self::File(file) => file.reader.sha256(),
            Self::Json { sha256, .. } => *sha256,
        }
    }

    /// The columns of CSV that are ignored.
    pub fn ignored_columns(&self) -> Vec<String> {
        match self {
            Self::File(file) => file.reader.ignored_columns().to_vec(),
            Self::Json { .. } => Vec::new(),
        }
    }

    /// Reads the rest and drops it: most clients read no answer before they have sent all.
    pub async fn discard_rest(&mut self) {
        if let Self::File(file) = self {
            while file.bytes <= BULK_BYTES_MAX && matches!(file.piece().await, Ok(Some(_))) {}
        }
    }
}

impl<'a> File<'a> {
    pub fn new(body: Body, options: Options, verify: Verify<'a>) -> Self {
        let (body, reader) = (body.into_data_stream(), Reader::new(options));
        let (waited, waited_bytes) = (Duration::ZERO, 0);
        Self { body, reader, verify, bytes: 0, waited, waited_bytes, has_ended: false }
    }

    async fn read(&mut self, rows: &mut Vec<ReadRow>, rows_max: usize) -> Result<bool, Stop> {
        loop {
            while let Some(row) = self.reader.next().map_err(unreadable)? {
                rows.push(row);
                if rows.len() == rows_max {
                    return Ok(true);
                }
            }
            if self.has_ended {
                return Ok(false);
            }
            if let Some(piece) = self.piece().await? {
                self.reader.push(&piece);
            } else {
                self.has_ended = true;
                self.reader.finish();
            }
        }
    }

    async fn piece(&mut self) -> Result<Option<Bytes>, Stop> {
        let piece = self.next_piece().await?;
        // A body may be open for hours, and its sender lose the key meanwhile.
        (self.verify)().map_err(Problem::from)?;
        self.bytes += piece.as_ref().map_or(0, Bytes::len);
        if self.bytes > BULK_BYTES_MAX {
            let detail = format!("the body is larger than {BULK_BYTES_MAX} bytes");
            // A retry may stop elsewhere, as the network decides where a piece ends.
            return Err(Problem::new(Code::TooLarge, detail).into());
        }
        Ok(piece)
    }

    /// The next bytes, unless they come too slowly while they are waited for.
    async fn next_piece(&mut self) -> Result<Option<Bytes>, Problem> {
        let begun = Instant::now();
        let within = LEAST_BYTES_TIMEOUT.saturating_sub(self.waited);
        let piece = timeout(within, self.body.next()).await.map_err(|_| {
            let (bytes, time_s) = (LEAST_BYTES, LEAST_BYTES_TIMEOUT.as_secs());
            let detail =
                format!("the body comes too slowly: send at least {bytes} bytes in {time_s} s");
            Problem::new(Code::TooSlow, detail)
        })?;
        let piece = piece.transpose().map_err(|error| broken_off(&error, Code::InvalidFile))?;
        self.waited += begun.elapsed();
        self.waited_bytes += piece.as_ref().map_or(0, Bytes::len);
        if self.waited_bytes >= LEAST_BYTES {
            (self.waited, self.waited_bytes) = (Duration::ZERO, 0);
        }
        Ok(piece)
    }
}

#[allow(clippy::needless_pass_by_value, reason = "it is passed to `map_err`")]
fn unreadable(fault: FileFault) -> Stop {
    let mut problem = Problem::new(Code::InvalidFile, fault.to_string());
    if let Some(line) = fault.line() {
        problem = problem.with("line", line);
    }
    Stop { problem, is_in_content: true }
}

/// The format of a file of rows; none for JSON with all rows.
pub fn format(headers: &HeaderMap) -> Result<Option<Format>, Problem> {
    check_encoding(headers)?;
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "text/csv" => Ok(Some(Format::Csv)),
        "application/json" => Ok(None),
        kind if JSON_LINES.contains(&kind) => Ok(Some(Format::JsonLines)),
        other => Err(unsupported(other, ", or of a bulk request application/json")),
    }
}

/// Refuses a type of body; `more` names another one that is taken.
pub fn unsupported(given: &str, more: &str) -> Problem {
    let detail = format!(
        "the Content-Type must be text/csv, application/x-ndjson or application/jsonl{more}; it is \
         {given:?}"
    );
    Problem::new(Code::UnsupportedType, detail)
}
