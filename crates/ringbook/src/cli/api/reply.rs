//! Answers of the API.

use std::io::{self, Read};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::LOCATION;
use axum::http::response::Parts;
use axum::http::{HeaderMap, Response, StatusCode};
use bytes::Buf as _;
use http_body_util::{BodyExt as _, Limited};
use serde::de::DeserializeOwned;
use tokio::runtime::Runtime;

use crate::cli::context::CliError;
use crate::http::api::StoreFault;

/// How long the next bytes of an answer may take. Long polls take half of that.
const BYTES_TIMEOUT: Duration = Duration::from_mins(1);

/// The most bytes of a problem.
const PROBLEM_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The answer to a request that was carried out, whose body is read as it comes.
#[derive(Debug)]
pub struct Reply<'a> {
    runtime: &'a Runtime,
    headers: HeaderMap,
    body: Body,
    piece: Bytes,
}

impl<'a> Reply<'a> {
    /// An answer of a server or, without its address, of a store. A problem is an error.
    pub(super) fn of(
        runtime: &'a Runtime,
        response: Response<Body>,
        server: Option<&str>,
    ) -> Result<Self, CliError> {
        let (parts, body) = response.into_parts();
        if parts.status.is_success() {
            return Ok(Self { runtime, headers: parts.headers, body, piece: Bytes::new() });
        }
        if let Some(StoreFault(why)) = parts.extensions.get() {
            return Err(CliError::Message(why.to_string()));
        }
        let body = runtime.block_on(async {
            let body = Limited::new(body, PROBLEM_BYTES_MAX).collect();
            tokio::time::timeout(BYTES_TIMEOUT, body).await.ok()?.ok()
        });
        let problem = body.and_then(|body| serde_json::from_slice(&body.to_bytes()).ok());
        Err(problem.map_or_else(
            || foreign(&parts, server),
            |problem| CliError::Refused(Box::new(problem)),
        ))
    }

    /// A header; none if it is not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body, which is JSON.
    pub fn json<T: DeserializeOwned>(self) -> Result<T, CliError> {
        let read = serde_json::from_reader(io::BufReader::new(self));
        read.map_err(|error| CliError::Message(format!("cannot read the answer: {error}")))
    }
}

/// An answer that is not of Ringbook: of a proxy, or of what else is at the address.
fn foreign(parts: &Parts, server: Option<&str>) -> CliError {
    let (status, server) = (parts.status, server.unwrap_or("the store"));
    let location = parts.headers.get(LOCATION).and_then(|location| location.to_str().ok());
    CliError::Message(match location {
        Some(location) if status.is_redirection() => {
            let location = directory::Escaped(location);
            format!("{server} refers to {location}, which is not followed: name that with --server")
        }
        _ if status == StatusCode::UNAUTHORIZED => {
            format!("{server} asks for other credentials: is that Ringbook, or a proxy before it?")
        }
        _ => format!("{server} answers {status}, not as Ringbook does: is the address right?"),
    })
}

impl Read for Reply<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            let body = &mut self.body;
            let frame = self
                .runtime
                .block_on(async { tokio::time::timeout(BYTES_TIMEOUT, body.frame()).await });
            let Some(frame) = frame? else { return Ok(0) };
            let frame = frame.map_err(|_| io::Error::other("the answer broke off"))?;
            self.piece = frame.into_data().unwrap_or_default();
        }
        let length = buffer.len().min(self.piece.len());
        self.piece.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}
