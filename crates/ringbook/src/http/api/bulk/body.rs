//! Reads rows from a body as it comes.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use tokio::time::Instant;

use crate::http::api::body::{broken_off, check_encoding};
use crate::http::api::code::Code;
use crate::http::api::problem::Problem;
use crate::http::limits::{BULK_BYTES_MAX, LEAST_BYTES, LEAST_BYTES_TIMEOUT};
use crate::rows::{FileFault, Format, Kind, ReadRow, Reader};
use crate::service::Failure;

/// A body with rows in it.
pub struct RowBody {
    body: Body,
    format: Format,
}

impl<State: Send + Sync> FromRequest<State> for RowBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &State) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        check_encoding(&parts.headers)?;
        Ok(Self { body, format: format(&parts.headers)? })
    }
}

impl RowBody {
    pub fn rows(self, kind: Kind, verify: Verify<'_>) -> Rows<'_> {
        let reader = Reader::new(self.format, kind);
        let pace = Pace::default();
        Rows { body: self.body, reader, pace, verify, bytes: 0, count: 0, has_ended: false }
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
pub struct Rows<'a> {
    body: Body,
    reader: Reader,
    pace: Pace,
    verify: Verify<'a>,
    bytes: usize,
    count: usize,
    has_ended: bool,
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
        loop {
            while let Some(row) = self.reader.next().map_err(unreadable)? {
                rows.push(row);
                self.count += 1;
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

    pub fn count(&self) -> usize {
        self.count
    }

    /// SHA-256 of what was read up to the last row.
    pub fn sha256(&self) -> [u8; 32] {
        self.reader.sha256()
    }

    /// Reads the rest and drops it: most clients read no answer before they have sent all.
    pub async fn discard_rest(&mut self) {
        while self.bytes <= BULK_BYTES_MAX && matches!(self.piece().await, Ok(Some(_))) {}
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

fn format(headers: &HeaderMap) -> Result<Format, Problem> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "text/csv" => Ok(Format::Csv),
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => {
            Ok(Format::JsonLines)
        }
        other => {
            let detail = format!(
                "the Content-Type must be text/csv, application/x-ndjson or application/jsonl, not \
                 {other:?}"
            );
            Err(Problem::new(Code::UnsupportedType, detail))
        }
    }
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
        let slow = RowBody { body: body(1, 3), format: Format::Csv };
        let mut rows = slow.rows(Kind::Import, &|| Ok(()));
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
