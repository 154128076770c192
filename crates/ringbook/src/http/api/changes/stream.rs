//! The feed as Server-Sent Events.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Response};
use futures_util::stream::unfold;

use super::change::Change;
use super::list::refuse_filters;
use super::permits::ReaderPermits;
use crate::http::Closing;
use crate::http::api::access::{Caller, Read};
use crate::http::api::code::Code;
use crate::http::api::problem::Problem;
use crate::http::api::query::Query;
use crate::http::limits::{EVENTS_MAX, HEARTBEAT, STREAM_RETRY, STREAM_RETRY_MS};
use crate::permits::Permit;
use crate::service::{Failure, History};

/// What a client sends that connects again.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Keeps nginx from holding events back until it has a bufferful.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Says that we are still here.
const HEARTBEAT_COMMENT: &str = ":\n\n";

/// Answers with a stream that goes on until the client or the server leaves. What is wrong from
/// the beginning is told as anywhere else, by the status.
pub async fn follow(
    caller: Caller<Read>,
    permits: &ReaderPermits,
    closing: Closing,
    headers: &HeaderMap,
    after: Option<u64>,
    mut parameters: Query,
) -> Result<Response<Body>, Problem> {
    refuse_filters(&mut parameters);
    parameters.check()?;
    let permit = permits.take(caller.access.tenant.id())?;
    // The URL stays what it was when a client connects again, so the header counts more.
    let after = match last_event_id(headers)?.or(after) {
        Some(after) => after,
        None => caller.service.version(&caller.access.tenant).await?,
    };
    let mut stream = Stream { caller, after, closing, _permit: permit };
    let first = stream.read(Duration::ZERO).await?;
    // The id goes first: who loses the connection before the first event goes on from here.
    let mut begin = format!("retry: {STREAM_RETRY_MS}\nid: {after}\n\n");
    begin.push_str(&stream.events(first));
    let chunks = unfold(Next::Begin(begin, stream), |next| async {
        let (chunk, next) = match next {
            Next::Begin(chunk, stream) => (chunk, Next::Read(stream)),
            Next::Read(stream) => stream.step().await?,
            Next::End => return None,
        };
        Some((Ok::<_, Infallible>(Bytes::from(chunk)), next))
    });
    let mut response = Response::new(Body::from_stream(chunks));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
    Ok(response)
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let id = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    let fault = || Problem::new(Code::InvalidHeader, "Last-Event-ID: it is the id of a change");
    id.map(Some).ok_or_else(fault)
}

/// What comes next. It is asked for once the client has taken what came before, so that a slow
/// one holds a page at most.
enum Next {
    Begin(String, Stream),
    Read(Stream),
    End,
}

struct Stream {
    caller: Caller<Read>,
    /// The last change that was sent.
    after: u64,
    closing: Closing,
    _permit: Permit,
}

impl Stream {
    /// What is sent next, and what comes then; nothing once the server stops.
    async fn step(mut self) -> Option<(String, Next)> {
        let closing = self.closing.clone();
        let read = tokio::select! {
            () = closing.wait() => return None,
            read = self.read(HEARTBEAT) => read,
        };
        let history = match read {
            Ok(history) => match self.caller.check_still_valid() {
                Ok(()) => history,
                Err(problem) => return Some((self.problem(&problem), Next::End)),
            },
            Err(Failure::Unavailable(why)) => {
                tracing::debug!(why, "a stream of changes waits for the store");
                tokio::select! {
                    () = closing.wait() => return None,
                    () = tokio::time::sleep(STREAM_RETRY) => {}
                }
                return Some((HEARTBEAT_COMMENT.into(), Next::Read(self)));
            }
            Err(failure) => return Some((self.problem(&failure.into()), Next::End)),
        };
        let mut chunk = self.events(history);
        if chunk.is_empty() {
            chunk.push_str(HEARTBEAT_COMMENT);
        }
        Some((chunk, Next::Read(self)))
    }

    async fn read(&self, wait: Duration) -> Result<History, Failure> {
        let tenant = &self.caller.access.tenant;
        self.caller.service.changes_after(tenant, self.after, EVENTS_MAX, wait).await
    }

    /// An event for each change, which counts as sent from here on.
    fn events(&mut self, history: History) -> String {
        let mut events = String::new();
        for change in Change::all(history) {
            let data = serde_json::to_string(&change).expect("it is plain data");
            write!(events, "id: {}\nevent: change\ndata: {data}\n\n", change.id)
                .expect("writing to a String cannot fail");
            self.after = change.id;
        }
        events
    }

    /// The event that ends a stream. It has no id, so that nothing is skipped by who goes on.
    fn problem(&self, problem: &Problem) -> String {
        let body = problem.body(self.caller.request_id);
        format!("event: problem\ndata: {}\n\n", String::from_utf8_lossy(&body))
    }
}
