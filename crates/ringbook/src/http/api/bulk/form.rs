//! The answer with the results of rows, in the form that `Accept` asks for.

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, LOCATION, VARY};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::response::IntoResponse as _;
use futures_util::stream;
use http_body_util::BodyExt as _;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::results::{RowResult, Tally};
use crate::http::RequestLog;
use crate::http::accept::accepted;
use crate::http::api::code::Code;
use crate::http::api::permits::Permit;
use crate::http::api::problem::Problem;
use crate::store::ImportId;

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
#[derive(Serialize, ToSchema)]
pub struct BulkDone<'r> {
    pub summary: &'r Summary,
    #[schema(value_type = Vec<RowResult>)]
    pub rows: &'r RawValue,
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

/// An answer as JSON, to be read again.
#[derive(Deserialize)]
struct Written<'w> {
    #[serde(borrow)]
    summary: &'w RawValue,
    #[serde(borrow)]
    rows: Vec<&'w RawValue>,
}

impl Form {
    const JSON_LINES: &str = "application/x-ndjson";

    /// The form that a request asks for.
    pub fn accepted(headers: &HeaderMap) -> Result<Self, Problem> {
        const OFFERED: [(&str, Form); 4] = [
            ("application/json", Form::Json),
            (Form::JSON_LINES, Form::JsonLines),
            ("application/ndjson", Form::JsonLines),
            ("application/jsonl", Form::JsonLines),
        ];
        let detail = "there are application/json and application/x-ndjson";
        accepted(headers, &OFFERED).ok_or_else(|| Problem::new(Code::NotAcceptable, detail))
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
        permit: Option<Permit>,
    ) -> Response<Body> {
        let json = serde_json::to_string(summary).expect("it is plain data");
        match self {
            Self::Json => {
                if let Some(last) = pieces.last_mut() {
                    last.truncate(last.len().saturating_sub(1));
                }
                pieces.insert(0, format!("{{\"summary\":{json},\"rows\":[").into());
                pieces.push("]}".into());
            }
            Self::JsonLines => pieces.push(format!("{{\"summary\":{json}}}\n").into()),
        }
        let length: usize = pieces.iter().map(Bytes::len).sum();
        let pieces = pieces.into_iter().map(move |piece| {
            // Moved here, so that it is given back with the last piece.
            let _ = &permit;
            Ok::<_, std::convert::Infallible>(piece)
        });
        let outcome = if summary.stopped.is_some() { "stopped" } else { "done" };
        let log = RequestLog { outcome, account: None };
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static(self.media_type())),
            (CONTENT_LENGTH, HeaderValue::from(length)),
            (VARY, HeaderValue::from_static("accept")),
        ];
        (headers, Extension(log), Body::from_stream(stream::iter(pieces))).into_response()
    }

    /// An answer that was rendered as JSON, perhaps for a request that asked for another form.
    pub async fn convert(self, answer: Response<Body>) -> Response<Body> {
        let (mut parts, body) = answer.into_parts();
        let is_done = parts.status.is_success();
        parts.headers.append(VARY, HeaderValue::from_static("accept"));
        if self == Self::Json || !is_done {
            return Response::from_parts(parts, body);
        }
        // It is in memory already.
        let json =
            body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let written: Written<'_> = serde_json::from_slice(&json).expect("it was written here");
        let lines = written.rows.iter().map(|row| format!("{}\n", row.get()));
        let last = format!("{{\"summary\":{}}}\n", written.summary.get());
        let text: String = lines.chain([last]).collect();
        parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.media_type()));
        Response::from_parts(parts, Body::from(text))
    }

    fn media_type(self) -> &'static str {
        if self == Self::Json { "application/json" } else { Self::JSON_LINES }
    }
}

/// The path of an import.
pub fn import_path(import: ImportId) -> String {
    format!("/v1/imports/{import}")
}

/// Makes an answer one that says that this import was created.
pub fn mark_created(answer: &mut Response<Body>, import: ImportId) {
    *answer.status_mut() = StatusCode::CREATED;
    let path = HeaderValue::from_str(&import_path(import)).expect("it is ASCII");
    answer.headers_mut().insert(LOCATION, path);
}
