//! The calls as Server-Sent Events.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::future::ready;
use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse as _;
use futures_util::stream::{StreamExt as _, once, unfold};
use tokio::time::{Instant, sleep};

use super::{Item, LAST_EVENT_ID};
use crate::http::Closing;
use crate::http::api::code::Code;
use crate::http::api::feed::{ACCEL_BUFFERING, HEARTBEAT_COMMENT};
use crate::http::api::permits::{Permit, Permits};
use crate::http::api::prelude::*;
use crate::http::limits::{HEARTBEAT, STREAM_RETRY};
use crate::service::CallQuery;

/// How often a stream looks for calls, so that recording them costs nothing for those who watch.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);

/// Answers with a stream that goes on until the client leaves, the server stops or the key ends.
pub fn follow(
    caller: Caller<Full>,
    permits: &Permits,
    closing: Closing,
    headers: &HeaderMap,
    query: CallQuery,
) -> Answer {
    let permit = permits.take(caller.access.tenant.id())?;
    let above_us = last_event_id(headers)?.or(query.above_us);
    let above_us = above_us.unwrap_or_else(|| caller.service.now_us());
    let query = CallQuery { above_us: Some(above_us), calls_max: usize::MAX, ..query };
    let stream = Stream { caller, query, closing, _permit: permit };
    let begin = format!("retry: {}\nid: {above_us}\n\n", STREAM_RETRY.as_millis());
    let rest = unfold(stream, Stream::step);
    let chunks = once(ready(begin)).chain(rest).map(Ok::<_, Infallible>);
    let headers =
        [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store"), (ACCEL_BUFFERING, "no")];
    Ok((headers, Body::from_stream(chunks)).into_response())
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get(LAST_EVENT_ID.name) else { return Ok(None) };
    let id = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    let fault = || Problem::new(Code::InvalidHeader, "Last-Event-ID must be that of an event");
    id.map(Some).ok_or_else(fault)
}

struct Stream {
    caller: Caller<Full>,
    query: CallQuery,
    closing: Closing,
    _permit: Permit,
}

impl Stream {
    /// The next chunk, and the stream, which goes on: an event for each call, or a heartbeat.
    async fn step(mut self) -> Option<(String, Self)> {
        let begun = Instant::now();
        loop {
            tokio::select! {
                () = self.closing.wait() => return None,
                () = sleep(LOOK_INTERVAL) => {}
            }
            let Caller { service, access, .. } = &self.caller;
            let calls = service.calls_in_view(&access.tenant, &self.query).ok()?;
            if let Some(newest) = calls.first() {
                self.query.above_us = Some(newest.at_us);
                let mut events = String::new();
                for call in calls.iter().rev() {
                    let data = serde_json::to_string(&Item::of(call)).expect("it is plain data");
                    write!(events, "id: {}\nevent: request\ndata: {data}\n\n", call.at_us)
                        .expect("writing to a String cannot fail");
                }
                return Some((events, self));
            }
            if begun.elapsed() >= HEARTBEAT {
                return Some((HEARTBEAT_COMMENT.to_owned(), self));
            }
        }
    }
}
