//! The feed as Server-Sent Events.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::future::ready;
use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::response::IntoResponse as _;
use directory::ChangeId;
use futures_util::stream::{StreamExt as _, once, unfold};

use super::{Begin, Change, LAST_EVENT_ID};
use crate::http::Closing;
use crate::http::api::code::Code;
use crate::http::api::permits::{Permit, Permits};
use crate::http::api::prelude::*;
use crate::http::limits::{EVENTS_MAX, HEARTBEAT, STREAM_RETRY};
use crate::service::{Failure, History};

/// Keeps nginx from holding events back until it has a bufferful.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Shows that the stream is alive.
const HEARTBEAT_COMMENT: &str = ":\n\n";

/// Answers with a stream that goes on until the client leaves or the server stops. Faults of the
/// request are answered by the status, as elsewhere.
pub async fn follow(
    caller: Caller<Read>,
    permits: &Permits,
    closing: Closing,
    headers: &HeaderMap,
    begin: Begin,
) -> Answer {
    let permit = permits.take(caller.access.tenant.id())?;
    // A client that reconnects keeps its URL, so the header wins.
    let begin = last_event_id(headers)?.map_or(begin, Begin::After);
    let after = begin.after(&caller).await?;
    let mut stream = Stream { caller, after, closing, _permit: permit };
    let first = stream.read(Duration::ZERO).await?;
    // The id goes first: a client that loses the connection before the first event resumes here.
    let id = after.map(|after| format!("id: {}\n", ChangeId(after))).unwrap_or_default();
    let retry_ms = STREAM_RETRY.as_millis();
    let begin = format!("retry: {retry_ms}\n{id}\n{}", stream.events(first));
    // A chunk is read once the client has taken the one before: a slow client holds a page at most.
    let rest = unfold(Some(stream), |stream| async { stream?.step().await });
    let chunks = once(ready(begin)).chain(rest).map(Ok::<_, Infallible>);
    let headers =
        [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store"), (ACCEL_BUFFERING, "no")];
    Ok((headers, Body::from_stream(chunks)).into_response())
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<ChangeId>, Problem> {
    let Some(value) = headers.get(LAST_EVENT_ID.name) else { return Ok(None) };
    let id = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    let fault =
        || Problem::new(Code::InvalidHeader, "Last-Event-ID must be the id of a change, like c17");
    id.map(Some).ok_or_else(fault)
}

struct Stream {
    caller: Caller<Read>,
    /// The last change that was sent, or after which the stream begins.
    after: Option<u64>,
    closing: Closing,
    _permit: Permit,
}

impl Stream {
    /// The next chunk, and the stream if it goes on; none once the server stops.
    async fn step(mut self) -> Option<(String, Option<Self>)> {
        let closing = self.closing.clone();
        let read = tokio::select! {
            () = closing.wait() => return None,
            read = self.read(HEARTBEAT) => read,
        };
        let history = match read {
            Ok(history) => history,
            Err(Failure::Unavailable(why)) => {
                tracing::debug!(why, "a stream of changes waits for the store");
                tokio::select! {
                    () = closing.wait() => return None,
                    () = tokio::time::sleep(STREAM_RETRY) => {}
                }
                return Some((HEARTBEAT_COMMENT.into(), Some(self)));
            }
            Err(failure) => return Some((self.problem(&failure.into()), None)),
        };
        let mut chunk = self.events(history);
        if chunk.is_empty() {
            chunk.push_str(HEARTBEAT_COMMENT);
        }
        Some((chunk, Some(self)))
    }

    async fn read(&self, wait: Duration) -> Result<History, Failure> {
        let tenant = &self.caller.access.tenant;
        self.caller.service.changes_after(tenant, self.after, EVENTS_MAX, wait).await
    }

    /// An event for each change, which counts as sent from then on.
    fn events(&mut self, history: History) -> String {
        let mut events = String::new();
        self.after = history.changes.last().map(|last| last.row.version).or(self.after);
        for change in Change::all(history) {
            let data = serde_json::to_string(&change).expect("it is plain data");
            write!(events, "id: {}\nevent: change\ndata: {data}\n\n", change.id)
                .expect("writing to a String cannot fail");
        }
        events
    }

    /// The event that ends a stream. It has no id, so that a client that reconnects skips nothing.
    fn problem(&self, problem: &Problem) -> String {
        let body = problem.body(self.caller.request_id);
        format!("event: problem\ndata: {}\n\n", String::from_utf8_lossy(&body))
    }
}
