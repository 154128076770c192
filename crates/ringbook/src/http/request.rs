//! What every request has: an id, a line in the log, word of the server's end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::http::{HeaderValue, Method, Response, Uri, header::HeaderName};
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

/// Stamps the response and writes the line.
pub fn finish<B>(
    response: &mut Response<B>,
    method: &Method,
    uri: &Uri,
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
    // The query is left out: callers put secrets there.
    tracing::info!(
        target: "request",
        method = method.as_str(),
        path = uri.path(),
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

    #[test]
    fn ids_differ_and_are_sixteen_hex_digits() {
        let ids = RequestIds::new();
        let made: std::collections::HashSet<_> = (0..10_000).map(|_| ids.next()).collect();
        assert_eq!(made.len(), 10_000);
        assert_eq!(ids.next().to_string().len(), 16);
    }
}
