//! The answer with the results of rows, in the form that `Accept` asks for.

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, VARY};
use axum::http::{HeaderMap, Response};
use axum::response::IntoResponse as _;
use futures_util::stream;
use serde::Serialize;
use utoipa::ToSchema;

use super::results::{RowResult, Tally};
use crate::http::RequestLog;
use crate::http::accept::accepted;
use crate::http::api::code::Code;
use crate::http::api::permits::Permit;
use crate::http::api::problem::Problem;

/// The media types of JSON Lines. Answers have the first one.
pub const JSON_LINES: [&str; 3] =
    ["application/x-ndjson", "application/ndjson", "application/jsonl"];

/// How the results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An object with all of them.
    Json,
    /// A line for each row, and the summary as the last one.
    JsonLines,
}

/// How many rows there were, what became of them, and whether all were read
#[derive(Serialize, ToSchema)]
pub struct Summary {
    #[serde(flatten)]
    pub tally: Tally,
    /// The columns of CSV that mean nothing here, as the header has them; absent where there are none
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub ignored_columns: Vec<String>,
    /// Why the rows after these were not read; absent where all were
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub stopped: Option<Stopped>,
}

/// Why no more rows were read: those after it were not done
#[derive(Serialize, ToSchema)]
pub struct Stopped {
    /// The code of the problem
    #[schema(example = "invalid_file")]
    pub code: &'static str,
    /// A sentence for people
    pub detail: String,
    /// The line of the file that cannot be read, if it is that
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub line: Option<u64>,
}

/// What became of all rows
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes the answer")]
pub struct BulkDone {
    summary: Summary,
    rows: Vec<RowResult<'static>>,
}

/// A line of JSON Lines: what became of a row or, as the last one, of all of them
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it only describes the answer")]
pub enum BulkLine {
    Row(RowResult<'static>),
    Last(BulkLast),
}

/// The last line of JSON Lines
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes the answer")]
pub struct BulkLast {
    summary: Summary,
}

impl From<&Problem> for Stopped {
    fn from(problem: &Problem) -> Self {
        let line = problem.more.get("line").and_then(serde_json::Value::as_u64);
        Self { code: problem.code.as_str(), detail: problem.detail.clone(), line }
    }
}

/// Which form a client wants: this one, by its media type, or else JSON Lines.
pub fn accepted_or_lines<T: Copy>(
    headers: &HeaderMap,
    other: (&str, T),
    lines: T,
) -> Result<T, Problem> {
    let [x_ndjson, ndjson, jsonl] = JSON_LINES.map(|kind| (kind, lines));
    accepted(headers, &[other, x_ndjson, ndjson, jsonl]).ok_or_else(|| {
        let detail = format!("there are {} and {}", other.0, JSON_LINES[0]);
        Problem::new(Code::NotAcceptable, detail)
    })
}

impl Form {
    /// The form that a request asks for.
    pub fn accepted(headers: &HeaderMap) -> Result<Self, Problem> {
        accepted_or_lines(headers, ("application/json", Self::Json), Self::JsonLines)
    }

    /// Results of some rows, which are lines of JSON, as a piece of the answer.
    pub fn piece(self, lines: String) -> Bytes {
        match self {
            // JSON texts of one line contain no line breaks.
            Self::Json => lines.replace('\n', ",").into(),
            Self::JsonLines => lines.into(),
        }
    }

    /// The answer of all pieces. The permit is held until it was read.
    pub fn render(
        self,
        mut pieces: Vec<Bytes>,
        summary: &Summary,
        permit: Permit,
    ) -> Response<Body> {
        let json = serde_json::to_string(summary).expect("it is plain data");
        let kind = match self {
            Self::Json => {
                if let Some(last) = pieces.last_mut() {
                    last.truncate(last.len().saturating_sub(1));
                }
                pieces.insert(0, format!("{{\"summary\":{json},\"rows\":[").into());
                pieces.push("]}".into());
                "application/json"
            }
            Self::JsonLines => {
                pieces.push(format!("{{\"summary\":{json}}}\n").into());
                JSON_LINES[0]
            }
        };
        let length: usize = pieces.iter().map(Bytes::len).sum();
        let pieces = pieces.into_iter().map(move |piece| {
            // Moved here, so that it is given back with the last piece.
            let _ = &permit;
            Ok::<_, std::convert::Infallible>(piece)
        });
        let outcome = if summary.stopped.is_some() { "stopped" } else { "done" };
        let log = RequestLog { outcome, account: None };
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static(kind)),
            (CONTENT_LENGTH, HeaderValue::from(length)),
            (VARY, HeaderValue::from_static("accept")),
        ];
        (headers, Extension(log), Body::from_stream(stream::iter(pieces))).into_response()
    }
}
