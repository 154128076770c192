//! The body of a request: whether all of it has arrived, and what a handler leaves unread of it.
//!
//! hyper closes a connection whose request was not read to its end, and its answer does not say so:
//! a client that reuses the connection would lose its next request. So a short rest is read, and
//! otherwise the answer says that the connection ends.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::{CONNECTION, EXPECT, HeaderValue};
use axum::http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::timeout;

use super::limits::{UNREAD_BYTES_MAX, UNREAD_TIMEOUT};

/// Most bytes of a response that no client should take long to read.
const SENT_AT_ONCE_BYTES: u64 = 64 * 1024;

/// How far the request of a connection has come. There is one at a time.
#[derive(Debug, Clone, Default)]
pub struct Arrival(Arc<Mutex<Progress>>);

#[derive(Debug, Default)]
enum Progress {
    /// There is no request, or its response has been sent.
    #[default]
    Idle,
    /// The handler reads its body.
    Arriving,
    /// All of it has arrived.
    Whole,
    /// The handler left this unread.
    Unread(Incoming),
    /// The handler left something unread that would not come soon.
    Withheld,
}

impl Arrival {
    /// Whether there is a request that has arrived whole and is not answered yet. A body that the
    /// handler does not want has arrived.
    pub fn is_whole(&self) -> bool {
        !matches!(*self.lock(), Progress::Idle | Progress::Arriving)
    }

    /// Begins a request, and watches how its body is read.
    pub fn begin(&self, request: Request<Incoming>) -> Request<Body> {
        let (head, body) = request.into_parts();
        if body.is_end_stream() {
            *self.lock() = Progress::Whole;
            return Request::from_parts(head, Body::empty());
        }
        *self.lock() = Progress::Arriving;
        // A client that expects `100 Continue` gets it when the body is first read.
        let is_withheld = head.headers.contains_key(EXPECT);
        let body = WatchedBody { body: Some(body), is_withheld, arrival: self.clone() };
        Request::from_parts(head, Body::new(body))
    }

    /// Reads what is left of the body within limits, so that the connection can be used again. If
    /// there is more, the answer says that the connection ends.
    pub async fn settle(&self, response: &mut Response<Body>) {
        let progress = std::mem::replace(&mut *self.lock(), Progress::Whole);
        let is_read = match progress {
            Progress::Idle | Progress::Whole => true,
            Progress::Unread(body) => drain(body).await,
            Progress::Arriving | Progress::Withheld => false,
        };
        if !is_read {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }

    /// Ends the request once its response has been sent.
    pub fn until_sent(self, response: Response<Body>) -> Response<Body> {
        let end = ResponseEnd(self);
        if response.body().size_hint().exact().is_some_and(|bytes| bytes <= SENT_AT_ONCE_BYTES) {
            return response;
        }
        // The body owns `end`, and both are dropped together.
        response.map(|body| {
            Body::new(body.map_err(move |error| {
                let _ = &end;
                error
            }))
        })
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct ResponseEnd(Arrival);

impl Drop for ResponseEnd {
    fn drop(&mut self) {
        *self.0.lock() = Progress::Idle;
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

/// A body that leaves its unread rest behind when it is dropped.
struct WatchedBody {
    /// `None` once there is no more.
    body: Option<Incoming>,
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
            *self.arrival.lock() = Progress::Whole;
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
        let mut progress = self.arrival.lock();
        // If the request is settled, nobody takes a rest any more.
        if matches!(*progress, Progress::Arriving) {
            *progress = match self.body.take() {
                Some(body) if body.is_end_stream() => Progress::Whole,
                Some(_) if self.is_withheld => Progress::Withheld,
                Some(body) => Progress::Unread(body),
                None => Progress::Whole,
            };
        }
    }
}
