//! Rows of a body: those of a file are read as it comes.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::form::{Form, JSON_LINES};
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

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A file of that format.
    File(Format),
    /// JSON with all rows.
    Json,
}

/// A body with rows in it that is not read yet, and how its answer is written.
pub struct RowBody {
    pub source: Source,
    pub form: Form,
    pub request: Request,
}

impl<State: Send + Sync> FromRequest<State> for RowBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &State) -> Result<Self, Problem> {
        let headers = request.headers();
        check_encoding(headers)?;
        let (source, form) = (source(headers)?, Form::accepted(headers)?);
        Ok(Self { source, form, request })
    }
}

impl RowBody {
    /// Refuses rows as JSON.
    pub fn check_file(&self) -> Result<(), Problem> {
        match self.source {
            Source::File(_) => Ok(()),
            Source::Json => Err(unsupported("application/json", "")),
        }
    }
}

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
    body: Body,
    reader: Reader,
    pace: Pace,
    verify: Verify<'a>,
    bytes: usize,
    has_ended: bool,
}

/// The rows of a file.
pub fn rows(request: Request, options: Options, verify: Verify<'_>) -> Rows<'_> {
    let (body, reader) = (request.into_body(), Reader::new(options));
    let pace = Pace::default();
    Rows::File(Box::new(File { body, reader, pace, verify, bytes: 0, has_ended: false }))
}

/// How fast a body comes, while it is waited for.
#[derive(Default)]
struct Pace {
    bytes: usize,
    waited: Duration,
}

impl Pace {
    /// The next frame, or `None` if it would come too late.
    async fn frame(
        &mut self,
        body: &mut Body,
    ) -> Option<Option<Result<Frame<Bytes>, axum::Error>>> {
        let begun = Instant::now();
        let within = LEAST_BYTES_TIMEOUT.saturating_sub(self.waited);
        let frame = tokio::time::timeout(within, body.frame()).await.ok()?;
        self.waited += begun.elapsed();
        if let Some(Ok(frame)) = &frame {
            self.bytes += frame.data_ref().map_or(0, Bytes::len);
        }
        if self.bytes >= LEAST_BYTES {
            *self = Self::default();
        }
        Some(frame)
    }
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

    pub fn is_json(&self) -> bool {
        matches!(self, Self::Json { .. })
    }

    /// SHA-256 of what was read up to the last row; of JSON, of all of it.
    pub fn sha256(&self) -> [u8; 32] {
        match self {
            Self::File(file) => file.reader.sha256(),
            Self::Json { sha256, .. } => *sha256,
        }
    }

    /// Reads the rest and drops it: most clients read no answer before they have sent all.
    pub async fn discard_rest(&mut self) {
        if let Self::File(file) = self {
            while file.bytes <= BULK_BYTES_MAX && matches!(file.piece().await, Ok(Some(_))) {}
        }
    }
}

impl File<'_> {
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

    async fn next_piece(&mut self) -> Result<Option<Bytes>, Problem> {
        loop {
            let Some(frame) = self.pace.frame(&mut self.body).await else {
                let (bytes, time_s) = (LEAST_BYTES, LEAST_BYTES_TIMEOUT.as_secs());
                let detail =
                    format!("the body comes too slowly: send at least {bytes} bytes in {time_s} s");
                return Err(Problem::new(Code::TooSlow, detail));
            };
            let Some(frame) = frame else { return Ok(None) };
            let frame = frame.map_err(|error| broken_off(&error, Code::InvalidFile))?;
            // Frames without data are trailers, which are ignored.
            if let Ok(piece) = frame.into_data() {
                return Ok(Some(piece));
            }
        }
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

fn source(headers: &HeaderMap) -> Result<Source, Problem> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "text/csv" => Ok(Source::File(Format::Csv)),
        "application/json" => Ok(Source::Json),
        kind if JSON_LINES.contains(&kind) => Ok(Source::File(Format::JsonLines)),
        other => Err(unsupported(other, ", or of a bulk request application/json")),
    }
}

fn unsupported(given: &str, more: &str) -> Problem {
    let detail = format!(
        "the Content-Type must be text/csv, application/x-ndjson or application/jsonl{more}; it is \
         {given:?}"
    );
    Problem::new(Code::UnsupportedType, detail)
}

#[cfg(test)]
mod tests {
    use futures_util::stream::unfold;

    use super::*;

    /// A body of pieces of this size and interval.
    fn body(bytes: usize, pause_s: u64) -> Body {
        let pieces = unfold((), move |()| async move {
            tokio::time::sleep(Duration::from_secs(pause_s)).await;
            Some((Ok::<_, std::convert::Infallible>(vec![b'x'; bytes]), ()))
        });
        Body::from_stream(pieces)
    }

    /// How many pieces are read before they come too slowly.
    async fn pieces_read(mut body: Body) -> usize {
        let mut pace = Pace::default();
        for read in 0..1000 {
            if pace.frame(&mut body).await.is_none() {
                return read;
            }
        }
        1000
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_needs_10_kb_in_30_s() {
        for (bytes, pause_s, read) in
            [(1, 3, 10), (999, 3, 10), (1_000, 3, 1000), (10_000, 29, 1000), (1_000_000, 31, 0)]
        {
            let count = pieces_read(body(bytes, pause_s)).await;
            assert_eq!(count, read, "{bytes} each {pause_s} s");
        }
        let slow = Request::new(body(1, 3));
        let mut rows = rows(slow, Options::new(Format::Csv), &|| Ok(()));
        let stop = rows.read(&mut Vec::new(), 1).await.unwrap_err();
        assert_eq!((stop.problem.code, stop.is_in_content), (Code::TooSlow, false));
    }

    /// What a server does between two pieces is not the client's pace.
    #[tokio::test(start_paused = true)]
    async fn a_body_that_is_not_awaited_is_not_slow() {
        let (mut body, mut pace) = (Body::from("x"), Pace::default());
        tokio::time::sleep(LEAST_BYTES_TIMEOUT * 2).await;
        assert!(pace.frame(&mut body).await.is_some());
    }
}
