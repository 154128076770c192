//! Responses to requests whose head cannot be parsed.
//!
//! hyper makes them itself: a status, no body, and no call of a service. It has no setting for
//! their headers. So the stream that it writes to adds the request id, as every reply has one.

use std::net::IpAddr;

use axum::body::Bytes;

use super::request::{REQUEST_ID, RequestIds};

/// Completes such responses to a client.
pub struct Completion {
    /// The client.
    pub peer: IpAddr,
    /// Whence they get their ids.
    pub ids: RequestIds,
}

impl Completion {
    /// The response with a request id, which is logged, if the bytes are one of hyper's.
    pub fn complete(&self, bytes: &[u8]) -> Option<Bytes> {
        let status = status_of_unparsed(bytes)?;
        let (id, source, outcome) = (self.ids.next(), self.peer, "invalid head");
        // Of what it asks for, nothing is known.
        tracing::info!(
            target: "request", path = "other", status, outcome, %source, request_id = id.to_string()
        );
        let head = &bytes[..bytes.len() - 2];
        Some([head, format!("{REQUEST_ID}: {id}\r\n\r\n").as_bytes()].concat().into())
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
