//! What every request has: an id, a line in the log, word of the server's end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::MatchedPath;
use axum::http::{HeaderValue, Method, Response, header::HeaderName};
use directory::AccountId;
use tokio::sync::watch;

use super::source::Source;
use crate::secret::random;
use crate::store::RequestId;

/// The header with the request's id.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("ringbook-request-id");

/// Makes ids that no other request has: a random start, then steps that visit each of the 2^64
/// values once. Two processes meet with a probability of about requests / 2^63.
#[derive(Debug)]
pub struct RequestIds(AtomicU64);

impl RequestIds {
    /// An odd number without a pattern in its bits: 2^64 divided by the golden ratio.
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

    /// Starts at a random id.
    pub fn new() -> Self {
        Self(AtomicU64::new(u64::from_ne_bytes(random())))
    }

    /// The next id.
    pub fn next(&self) -> RequestId {
        RequestId(self.0.fetch_add(Self::STEP, Ordering::Relaxed))
    }
}

impl Default for RequestIds {
    fn default() -> Self {
        Self::new()
    }
}

/// Tells those who would answer for long that the server stops. Each request of the native API has
/// one among its extensions.
#[derive(Debug, Clone)]
pub struct Closing(Arc<watch::Receiver<()>>);

impl Closing {
    /// Is told by the end of what sends there.
    pub fn new(closed: watch::Receiver<()>) -> Self {
        Self(Arc::new(closed))
    }

    /// Waits until the server stops.
    pub async fn wait(&self) {
        let mut closed = watch::Receiver::clone(&self.0);
        // Nothing is ever sent: it ends with the sender.
        while closed.changed().await.is_ok() {}
    }
}

/// What a handler knows of a request for the log, left in the response's extensions.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// How it ended, in a word or two.
    pub outcome: &'static str,
    /// The account it was about, once the credentials were right.
    pub account: Option<AccountId>,
}

tokio::task_local! {
    /// The request that this task answers.
    static CURRENT: RequestId;
}

/// Answers a request; whatever is logged meanwhile can name it.
pub async fn within<F: Future>(id: RequestId, answering: F) -> F::Output {
    CURRENT.scope(id, answering).await
}

/// The id of the request that is being answered, for a line in the log. None in what goes on after
/// the head of the answer, such as a stream.
pub fn current_id() -> Option<String> {
    CURRENT.try_with(ToString::to_string).ok()
}

/// Stamps the response and writes the line.
pub fn finish<B>(
    response: &mut Response<B>,
    method: &Method,
    id: RequestId,
    source: Source,
    begun: Instant,
) {
    let text = id.to_string();
    let value = HeaderValue::from_str(&text).expect("hex digits");
    response.headers_mut().insert(REQUEST_ID, value);
    let told = response.extensions_mut().remove::<Told>();
    let outcome = told.map_or("", |told| told.outcome);
    let account = told.and_then(|told| told.account).map(|account| account.0);
    let time_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    // The route and not what was asked for: there are numbers and names in paths, and secrets in
    // queries. Of a path that does not exist nobody knows what it has.
    let route = response.extensions_mut().remove::<MatchedPath>();
    tracing::info!(
        target: "request",
        method = method.as_str(),
        path = route.as_ref().map_or("other", MatchedPath::as_str),
        status = response.status().as_u16(),
        outcome,
        account,
        source = %source.0,
        request_id = text,
        time_us,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_logged_while_a_request_is_answered_can_name_it() {
        assert_eq!(current_id(), None);
        let told = within(RequestId(255), async { current_id() }).await;
        assert_eq!(told.as_deref(), Some("00000000000000ff"));
        assert_eq!(current_id(), None);
    }

    #[test]
    fn ids_differ_and_are_sixteen_hex_digits() {
        let ids = RequestIds::new();
        let made: std::collections::HashSet<_> = (0..10_000).map(|_| ids.next()).collect();
        assert_eq!(made.len(), 10_000);
        assert_eq!(ids.next().to_string().len(), 16);
    }
}
