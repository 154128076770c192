//! The feed as Server-Sent Events.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Response};
use futures_util::stream::unfold;

use super::change::Change;
use super::page::{LAST_EVENT_ID, refuse_filters};
use super::permits::ReaderPermits;
use crate::http::Closing;
use crate::http::api::code::Code;
use crate::http::api::prelude::*;
use crate::http::limits::{EVENTS_MAX, HEARTBEAT, STREAM_RETRY, STREAM_RETRY_MS};
use crate::permits::Permit;
use crate::service::{Failure, History};

/// Keeps nginx from holding events back until it has a bufferful.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Shows that the stream is alive.
const HEARTBEAT_COMMENT: &str = ":\n\n";

/// Answers with a stream that goes on until the client leaves or the server stops. Faults of the
/// request are answered by the status, as elsewhere.
pub async fn follow(
    caller: Caller<Read>,
    permits: &ReaderPermits,
    closing: Closing,
    headers: &HeaderMap,
    after: Option<u64>,
    mut parameters: Query,
) -> Answer {
    refuse_filters(&mut parameters);
    parameters.check()?;
    let permit = permits.take(caller.access.tenant.id())?;
    // A client that reconnects keeps its URL, so the header wins.
    let after = match last_event_id(headers)?.or(after) {
        Some(after) => after,
        None => caller.service.account_state(&caller.access.tenant).await?.version,
    };
    let mut stream = Stream { caller, after, closing, _permit: permit };
    let first = stream.read(Duration::ZERO).await?;
    // The id goes first: a client that loses the connection before the first event resumes here.
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
    let Some(value) = headers.get(LAST_EVENT_ID.name()) else { return Ok(None) };
    let id = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    let fault = || Problem::new(Code::InvalidHeader, "Last-Event-ID: it is the id of a change");
    id.map(Some).ok_or_else(fault)
}

/// What is sent next. It is polled once the client has taken what came before, so that a slow
/// client holds a page at most.
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
    /// The next chunk, and the state after it; none once the server stops.
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

    /// An event for each change, which counts as sent from then on.
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

    /// The event that ends a stream. It has no id, so that a client that reconnects skips nothing.
    fn problem(&self, problem: &Problem) -> String {
        let body = problem.body(self.caller.request_id);
        format!("event: problem\ndata: {}\n\n", String::from_utf8_lossy(&body))
    }
}
