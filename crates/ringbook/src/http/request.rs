//! What every request has: an id, a line in the log, and the shutdown signal.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::MatchedPath;
use axum::http::header::{CACHE_CONTROL, ETAG};
use axum::http::{Extensions, HeaderName, HeaderValue, Method, Response};
use directory::AccountId;
use tokio::sync::watch;

use super::source::Source;
use crate::secret::random;
use crate::service::Failure;
use crate::store::RequestId;

/// The response header with the request id.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("ringbook-request-id");

/// The response header of a dry run: how many changes there would be.
pub const DRY_RUN: HeaderName = HeaderName::from_static("ringbook-dry-run");

/// The response header of a list: how many items all its pages have.
pub const COUNT: HeaderName = HeaderName::from_static("ringbook-count");

/// Generates unique request ids: a random start, then steps that visit each of the 2^64 values
/// once. Two processes collide with a probability of about requests / 2^63.
/// Clones share them.
#[derive(Debug, Clone)]
pub struct RequestIds(Arc<AtomicU64>);

impl RequestIds {
    /// 2^64 divided by the golden ratio: odd, and without a pattern in its bits.
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

    /// The next id.
    pub fn next(&self) -> RequestId {
        RequestId(self.0.fetch_add(Self::STEP, Ordering::Relaxed))
    }
}

impl Default for RequestIds {
    /// Starts at a random id.
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(u64::from_ne_bytes(random()))))
    }
}

/// Tells a request that it should wait no longer: the server shuts down, or its client sends no
/// more and may have gone. Streams and long polls would otherwise outlast them. Each request has one
/// among its extensions.
#[derive(Debug, Clone)]
pub struct Closing(Arc<Signals>);

#[derive(Debug)]
struct Signals {
    /// Its sender is dropped when the server shuts down.
    server: watch::Receiver<()>,
    client: watch::Sender<bool>,
}

impl Closing {
    /// Of a connection of the server that drops the sender of `server` when it shuts down.
    pub fn new(server: watch::Receiver<()>) -> Self {
        Self(Arc::new(Signals { server, client: watch::Sender::new(false) }))
    }

    /// Waits until the server shuts down, or the client sends no more.
    pub async fn wait(&self) {
        let mut client = self.0.client.subscribe();
        tokio::select! {
            () = self.server_stops() => {}
            _ = client.wait_for(|has_ended| *has_ended) => {}
        }
    }

    /// Waits until the server shuts down.
    pub async fn server_stops(&self) {
        let mut server = self.0.server.clone();
        // Nothing is ever sent: the loop ends when the sender is dropped.
        while server.changed().await.is_ok() {}
    }

    /// Whether a request waits.
    pub fn is_awaited(&self) -> bool {
        self.0.client.receiver_count() > 0
    }

    /// Notes that the client sends no more.
    pub fn client_ended(&self) {
        self.0.client.send_replace(true);
    }
}

/// What a handler adds to the log line of its request: an extension of the response.
#[derive(Debug, Clone, Copy)]
pub struct RequestLog {
    /// How it ended, in a word or two.
    pub outcome: &'static str,
    /// The account, if the credentials were right.
    pub account: Option<AccountId>,
}

/// The id that the server gives to each request.
pub fn request_id(extensions: &Extensions) -> RequestId {
    *extensions.get::<RequestId>().expect("the server gives each request an id")
}

tokio::task_local! {
    /// The request that this task handles.
    static CURRENT: RequestId;
}

/// Runs the handler of a request, so that log lines can name the request by [`current_id`].
pub async fn within<F: Future>(id: RequestId, answering: F) -> F::Output {
    CURRENT.scope(id, answering).await
}

/// The id of the request that is being handled. `None` once the response head was sent.
pub fn current_id() -> Option<String> {
    CURRENT.try_with(ToString::to_string).ok()
}

/// Logs why the store failed. Callers learn nothing of files and disks.
pub fn log_store_failure(failure: &Failure) {
    let request_id = current_id();
    match failure {
        Failure::Unavailable(why) => {
            tracing::warn!(why, request_id, "a request could not be answered");
        }
        Failure::OutcomeUnknown(why) => {
            tracing::error!(why, request_id, "the outcome of a request is not known");
        }
        _ => {}
    }
}

/// Adds the request id to the response, forbids to store what has no `ETag`, and writes the log line.
pub fn finish<B>(
    response: &mut Response<B>,
    method: &Method,
    id: RequestId,
    source: Source,
    begun: Instant,
) {
    let text = id.to_string();
    let value = HeaderValue::from_str(&text).expect("it is ASCII");
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, value);
    // Most answers have a key, a token or numbers of people in them. What has an `ETag` may be kept
    // to ask with `If-None-Match`.
    if !headers.contains_key(ETAG) {
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    let log = response.extensions_mut().remove::<RequestLog>();
    let outcome = log.map_or("", |log| log.outcome);
    let account = log.and_then(|log| log.account).map(|account| account.0);
    let time_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    // The route, not the URL: paths contain numbers and names, queries may contain secrets, and a
    // path that does not exist may contain anything.
    let route = response.extensions_mut().remove::<MatchedPath>();
    tracing::info!(
        target: "request",
        method = method.as_str(),
        path = route.as_ref().map_or("other", MatchedPath::as_str),
        status = response.status().as_u16(),
        outcome,
        account,
        source = %source.address,
        request_id = text,
        time_us,
    );
}
