//! Responses to requests whose head cannot be parsed.
//!
//! hyper makes them itself: a status, no body, and no call of a service. It has no setting for
//! their headers. So the stream that it writes to adds the request id, as every reply has one.

use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use bytes::Buf as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::request::{REQUEST_ID, RequestIds, log_unparsed};

/// A stream that completes such a response, which is the last one of its connection.
pub struct CompletedStream<S> {
    stream: S,
    peer: IpAddr,
    ids: RequestIds,
    /// What is left to send of a completed response.
    rest: Bytes,
}

impl<S: AsyncWrite + Unpin> CompletedStream<S> {
    pub fn new(stream: S, peer: IpAddr, ids: RequestIds) -> Self {
        Self { stream, peer, ids, rest: Bytes::new() }
    }

    /// Completes the response and logs it, if the bytes are one of hyper's.
    fn complete(&mut self, bytes: &[u8]) -> bool {
        let Some(status) = status_of_unparsed(bytes) else { return false };
        let id = self.ids.next();
        log_unparsed(status, id, self.peer);
        let head = &bytes[..bytes.len() - 2];
        self.rest = [head, format!("{REQUEST_ID}: {id}\r\n\r\n").as_bytes()].concat().into();
        true
    }

    fn poll_rest(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.rest.is_empty() {
            let count = ready!(Pin::new(&mut self.stream).poll_write(context, &self.rest))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.rest.advance(count);
        }
        Poll::Ready(Ok(()))
    }
}

/// The status of a response that hyper has made itself: a head without a body and without our
/// request id. No part of a body of ours looks like that.
fn status_of_unparsed(bytes: &[u8]) -> Option<u16> {
    let [_, b' ', b'4', ..] = bytes.strip_prefix(b"HTTP/1.")? else { return None };
    let head = str::from_utf8(bytes).ok()?.strip_suffix("\r\n\r\n")?;
    let is_ours = head.contains(REQUEST_ID.as_str()) || !head.contains("\r\ncontent-length: 0");
    head.split(' ').nth(1)?.parse().ok().filter(|_| !is_ours)
}

impl<S: AsyncWrite + Unpin> AsyncWrite for CompletedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.complete(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [piece] = pieces
            && self.complete(piece)
        {
            return Poll::Ready(Ok(piece.len()));
        }
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_rest(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_rest(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for CompletedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}
