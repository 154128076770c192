//! The bytes of a connection. It never waits for its client without a limit, notices when the
//! client has gone, and ends in stages (RFC 9112, 9.6), so that no answer is lost to a reset.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use bytes::Buf as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::limits::{LEAST_BYTES, LEAST_BYTES_TIMEOUT, LINGER_IDLE_TIMEOUT, LINGER_TIMEOUT};
use super::request::Closing;
use super::unparsed::Completion;

/// Bytes that are read at a time to be dropped.
const DROPPED_BYTES: usize = 8 * 1024;

/// A connection with a client.
pub struct ClientStream<S> {
    stream: S,
    closing: Closing,
    completion: Completion,
    /// What is left to send of a response that was completed, the last one of its connection.
    completed: Bytes,
    /// Read while nobody asked for it, to see whether the client still sends.
    ahead: Option<u8>,
    /// Whether the client sends no more.
    has_ended: bool,
    /// Runs while the client is behind with reading.
    behind: Option<Pin<Box<Sleep>>>,
    /// Bytes that it has taken meanwhile.
    taken: usize,
    linger: Option<Linger>,
}

/// The end of a connection: what the client still sends is read and dropped.
struct Linger {
    until: Instant,
    idle: Pin<Box<Sleep>>,
    shutdown: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// Whether the client was told that no more comes.
    is_told: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> ClientStream<S> {
    /// A connection over `stream` whose requests `closing` tells when to stop waiting.
    pub fn new(stream: S, closing: Closing, completion: Completion) -> Self {
        let (completed, ahead, has_ended, behind) = (Bytes::new(), None, false, None);
        let (taken, linger) = (0, None);
        Self { stream, closing, completion, completed, ahead, has_ended, behind, taken, linger }
    }

    /// Looks whether the client still sends, if a request waits that would otherwise not notice.
    fn look_ahead(&mut self, context: &mut Context<'_>) {
        if self.ahead.is_some() || self.has_ended || !self.closing.is_awaited() {
            return;
        }
        let mut byte = [0];
        let mut buffer = ReadBuf::new(&mut byte);
        match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
            Poll::Pending => {}
            Poll::Ready(Ok(())) if !buffer.filled().is_empty() => self.ahead = Some(byte[0]),
            Poll::Ready(_) => {
                self.has_ended = true;
                self.closing.client_ended();
            }
        }
    }

    /// Limits how long the client may be behind with reading.
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let behind = self.behind.get_or_insert_with(|| {
            self.taken = 0;
            Box::pin(sleep(LEAST_BYTES_TIMEOUT))
        });
        behind.as_mut().poll(context).map(|()| io::ErrorKind::TimedOut.into())
    }

    /// Counts written bytes, or waits.
    fn written(
        &mut self,
        context: &mut Context<'_>,
        polled: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let Poll::Ready(written) = polled else { return self.wait(context).map(Err) };
        self.taken += written.as_ref().map_or(0, |written| *written);
        if self.taken >= LEAST_BYTES {
            self.behind = None;
        }
        Poll::Ready(written)
    }

    fn poll_completed(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.completed.is_empty() {
            let polled = Pin::new(&mut self.stream).poll_write(context, &self.completed);
            let count = ready!(self.written(context, polled))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.completed.advance(count);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for ClientStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Some(byte) = this.ahead.take() {
            buffer.put_slice(&[byte]);
        } else if !this.has_ended {
            let before = buffer.filled().len();
            ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
            this.has_ended = buffer.filled().len() == before;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for ClientStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let Some(completed) = this.completion.complete(bytes) {
            this.completed = completed;
            return Poll::Ready(Ok(bytes.len()));
        }
        let polled = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.written(context, polled)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [piece] = pieces {
            return self.poll_write(context, piece);
        }
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write_vectored(context, pieces);
        this.written(context, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper flushes whenever it has nothing more to do, so this is also where a connection looks
    /// after its client while a request waits.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.look_ahead(context);
        ready!(this.poll_completed(context))?;
        let Poll::Ready(flushed) = Pin::new(&mut this.stream).poll_flush(context) else {
            return this.wait(context).map(Err);
        };
        this.behind = None;
        Poll::Ready(flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_completed(context))?;
        let linger = this.linger.get_or_insert_with(|| Linger::new(this.closing.clone()));
        if this.has_ended && linger.is_told {
            return Poll::Ready(Ok(()));
        }
        linger.poll(&mut this.stream, context)
    }
}

impl Linger {
    fn new(closing: Closing) -> Self {
        let shutdown = Box::pin(async move { closing.server_stops().await });
        let idle = Box::pin(sleep(LINGER_IDLE_TIMEOUT));
        Self { until: Instant::now() + LINGER_TIMEOUT, idle, shutdown, is_told: false }
    }

    /// Ready when the client has gone, or had time enough.
    fn poll<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let mut dropped = [std::mem::MaybeUninit::uninit(); DROPPED_BYTES];
        loop {
            let timeout = self.idle.as_mut().poll(context);
            if timeout.is_ready() || self.shutdown.as_mut().poll(context).is_ready() {
                return Poll::Ready(Ok(()));
            }
            if !self.is_told {
                ready!(Pin::new(&mut *stream).poll_shutdown(context))?;
                self.is_told = true;
            }
            let mut buffer = ReadBuf::uninit(&mut dropped);
            ready!(Pin::new(&mut *stream).poll_read(context, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            let idle_until = Instant::now() + LINGER_IDLE_TIMEOUT;
            self.idle.as_mut().reset(idle_until.min(self.until));
        }
    }
}
