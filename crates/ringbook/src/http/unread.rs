//! The body of a request: whether all of it has arrived, and what a handler leaves unread of it.
//!
//! hyper closes a connection whose request was not read to its end, and its answer does not say so:
//! a client that reuses the connection would lose its next request. So a short rest is read, and
//! otherwise the answer says that the connection ends.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::{CONNECTION, EXPECT, HeaderValue};
use axum::http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::timeout;

use super::limits::{UNREAD_BYTES_MAX, UNREAD_TIMEOUT};

/// Whether a connection has a request that has arrived whole and is not answered yet. A body that the
/// handler does not want has arrived.
#[derive(Debug, Clone, Default)]
pub struct Arrival(Arc<AtomicBool>);

impl Arrival {
    /// Whether it has one.
    pub fn is_whole(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Ends the request once its response has been sent.
    pub fn until_sent(self, response: Response<Body>) -> Response<Body> {
        if response.body().size_hint().exact().is_some_and(|bytes| bytes <= SENT_AT_ONCE_BYTES) {
            self.set(false);
            return response;
        }
        let end = ResponseEnd(self);
        // The body owns `end`, and both are dropped together.
        response.map(|body| {
            Body::new(body.map_err(move |error| {
                let _ = &end;
                error
            }))
        })
    }

    fn set(&self, is_whole: bool) {
        self.0.store(is_whole, Ordering::Relaxed);
    }
}

struct ResponseEnd(Arrival);

impl Drop for ResponseEnd {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

/// Most bytes of a response that no client should take long to read.
const SENT_AT_ONCE_BYTES: u64 = 64 * 1024;

/// What is left of a request's body.
#[derive(Debug)]
pub struct Unread(Arc<Mutex<Rest>>);

#[derive(Debug)]
enum Rest {
    /// All of it was read.
    Nothing,
    /// This was not.
    Body(Incoming),
    /// More would come, but not soon, or the handler still reads.
    Withheld,
}

impl Unread {
    /// Of this request, whose body is wrapped.
    pub fn of(request: Request<Incoming>, arrival: &Arrival) -> (Request<Body>, Self) {
        let (head, body) = request.into_parts();
        arrival.set(body.is_end_stream());
        if body.is_end_stream() {
            let unread = Self(Arc::new(Mutex::new(Rest::Nothing)));
            return (Request::from_parts(head, Body::empty()), unread);
        }
        let rest = Arc::new(Mutex::new(Rest::Withheld));
        // A client that expects `100 Continue` gets it when the body is first read.
        let is_withheld = head.headers.contains_key(EXPECT);
        let (arrival, rest_of_body) = (arrival.clone(), Arc::clone(&rest));
        let body = WatchedBody { body: Some(body), rest: rest_of_body, is_withheld, arrival };
        (Request::from_parts(head, Body::new(body)), Self(rest))
    }

    /// Reads it within limits, so that the connection can be used again. If there is more, the
    /// answer says that the connection ends.
    pub async fn settle(self, response: &mut Response<Body>) {
        let rest = std::mem::replace(&mut *lock(&self.0), Rest::Withheld);
        let is_read = match rest {
            Rest::Nothing => true,
            Rest::Body(body) => drain(body).await,
            Rest::Withheld => false,
        };
        if !is_read {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

/// Whether the body ended within the limits.
async fn drain(mut body: Incoming) -> bool {
    if body.size_hint().lower() > UNREAD_BYTES_MAX {
        return false;
    }
    let pieces = async {
        let mut read = 0;
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return false };
            read += frame.data_ref().map_or(0, Bytes::len) as u64;
            if read > UNREAD_BYTES_MAX {
                return false;
            }
        }
        true
    };
    timeout(UNREAD_TIMEOUT, pieces).await.unwrap_or(false)
}

fn lock(rest: &Mutex<Rest>) -> std::sync::MutexGuard<'_, Rest> {
    rest.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A body that leaves its unread rest behind when it is dropped.
struct WatchedBody {
    /// `None` once there is no more.
    body: Option<Incoming>,
    rest: Arc<Mutex<Rest>>,
    /// Whether the client waits for `100 Continue`, or the reader gave up waiting for more: there
    /// is no use in waiting again.
    is_withheld: bool,
    arrival: Arrival,
}

impl HttpBody for WatchedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(context);
        self.is_withheld = polled.is_pending();
        if let Poll::Ready(None) = polled {
            self.body = None;
            self.arrival.set(true);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for WatchedBody {
    fn drop(&mut self) {
        self.arrival.set(true);
        *lock(&self.rest) = match self.body.take() {
            None => Rest::Nothing,
            Some(body) if body.is_end_stream() => Rest::Nothing,
            Some(_) if self.is_withheld => Rest::Withheld,
            Some(body) => Rest::Body(body),
        };
    }
}
