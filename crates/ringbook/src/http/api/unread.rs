//! What a handler leaves unread of a body: it is passed over before the answer goes out. A client
//! that still sends would not see the answer but a connection that breaks.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header::EXPECT;
use http_body_util::BodyExt as _;
use hyper::body::{Frame, SizeHint};
use tokio::time::timeout;

use crate::http::limits::{BODY_IDLE_TIMEOUT, BULK_BYTES_MAX, PASS_OVER_TIMEOUT};

/// Where the rest of a body is found once its handler has ended.
#[derive(Debug, Default)]
pub struct Unread(Arc<Mutex<Option<Rest>>>);

/// The rest of a body.
#[derive(Debug)]
struct Rest {
    body: Body,
    /// Bytes that were read of it.
    read: u64,
}

impl Unread {
    /// What will be unread of this request's body.
    pub fn of(request: &mut Request) -> Self {
        let unread = Self::default();
        let is_announced = request.headers().contains_key(EXPECT);
        let body = request.body_mut();
        if !body.is_end_stream() {
            let rest = Rest { body: std::mem::take(body), read: 0 };
            let slot = Arc::clone(&unread.0);
            *body = Body::new(Watched { rest, slot, is_withheld: is_announced, is_waiting: false });
        }
        unread
    }

    /// Lets the client send it, within limits, without a look at it.
    pub async fn pass_over(self) {
        let rest = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Rest { mut body, mut read }) = rest else { return };
        let bytes_max = BULK_BYTES_MAX as u64;
        // Who cannot come to an end within the limit sees as much of the answer either way.
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
        // Whatever came until then, the answer goes out now.
        let _ = timeout(PASS_OVER_TIMEOUT, pieces).await;
    }
}

/// A body that leaves its rest behind.
struct Watched {
    rest: Rest,
    slot: Arc<Mutex<Option<Rest>>>,
    /// Whether the client sends it once it is asked to, which reading it does.
    is_withheld: bool,
    /// Whether its reader waited for more in vain: nobody does so another time.
    is_waiting: bool,
}

impl HttpBody for Watched {
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

impl Drop for Watched {
    fn drop(&mut self) {
        if self.is_withheld || self.is_waiting || self.rest.body.is_end_stream() {
            return;
        }
        let rest = Rest { body: std::mem::take(&mut self.rest.body), read: self.rest.read };
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(rest);
    }
}
