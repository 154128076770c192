//! Drains what a handler leaves unread of a request's body, before the response goes out: a client
//! that still sends would see a broken connection instead of the response.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header::EXPECT;
use http_body_util::BodyExt as _;
use hyper::body::{Frame, SizeHint};
use tokio::time::timeout;

use crate::http::limits::{BODY_IDLE_TIMEOUT, BULK_BYTES_MAX, DRAIN_BODY_TIMEOUT};

/// The part of a body that its handler leaves unread; empty while the handler runs.
#[derive(Debug, Default)]
pub struct UnreadBody(Arc<Mutex<Option<Rest>>>);

/// The unread rest of a body.
#[derive(Debug, Default)]
struct Rest {
    body: Body,
    /// Bytes read so far.
    read: u64,
}

impl UnreadBody {
    /// Of this request, whose body is wrapped.
    pub fn of(request: &mut Request) -> Self {
        let unread = Self::default();
        let is_withheld = request.headers().contains_key(EXPECT);
        let body = request.body_mut();
        if !body.is_end_stream() {
            let rest = Rest { body: std::mem::take(body), read: 0 };
            let slot = Arc::clone(&unread.0);
            *body = Body::new(WrappedBody { rest, slot, is_withheld, is_waiting: false });
        }
        unread
    }

    /// Reads and drops it, within limits of bytes and time.
    pub async fn drain(self) {
        let rest = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Rest { mut body, mut read }) = rest else { return };
        let bytes_max = BULK_BYTES_MAX as u64;
        // A client that cannot finish within the limit would not see the response anyway.
        if read.saturating_add(body.size_hint().lower()) > bytes_max {
            return;
        }
        let pieces = async {
            while read <= bytes_max
                && let Ok(Some(Ok(frame))) = timeout(BODY_IDLE_TIMEOUT, body.frame()).await
            {
                read += frame.data_ref().map_or(0, Bytes::len) as u64;
            }
        };
        // After the timeout the response goes out all the same.
        let _ = timeout(DRAIN_BODY_TIMEOUT, pieces).await;
    }
}

/// A body that leaves its unread rest in `slot` when it is dropped.
struct WrappedBody {
    rest: Rest,
    slot: Arc<Mutex<Option<Rest>>>,
    /// Whether the client waits for `100 Continue`, which reading the body sends.
    is_withheld: bool,
    /// Whether the reader gave up waiting for more: draining would wait as long again.
    is_waiting: bool,
}

impl HttpBody for WrappedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.rest.body).poll_frame(context);
        self.is_withheld = false;
        self.is_waiting = polled.is_pending();
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            self.rest.read += frame.data_ref().map_or(0, Bytes::len) as u64;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.rest.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.rest.body.size_hint()
    }
}

impl Drop for WrappedBody {
    fn drop(&mut self) {
        if self.is_withheld || self.is_waiting || self.rest.body.is_end_stream() {
            return;
        }
        let rest = std::mem::take(&mut self.rest);
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(rest);
    }
}
