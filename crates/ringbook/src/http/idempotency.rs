//! The header `Idempotency-Key` of both APIs: a request that is sent again with the same key within
//! 24 hours is not executed again and gets the first answer.

use axum::http::{HeaderMap, HeaderName};
use sha2::{Digest as _, Sha256};

use super::limits::IDEMPOTENCY_KEY_BYTES_MAX;
use crate::store::IdempotencyKey;

/// The request header.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The response header: `true` if the answer is replayed.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A header that is not a valid key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Idempotency-Key: it is given once, as 1 to 255 printable ASCII characters")]
pub struct KeyFault;

/// The key of the request, if it has the header.
pub fn key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, KeyFault> {
    let mut given = headers.get_all(&IDEMPOTENCY_KEY).iter();
    let Some(first) = given.next() else { return Ok(None) };
    let text = first.as_bytes();
    let is_key = (1..=IDEMPOTENCY_KEY_BYTES_MAX).contains(&text.len())
        && text.iter().all(|byte| (b' '..=b'~').contains(byte));
    if !is_key || given.next().is_some() {
        return Err(KeyFault);
    }
    Ok(Some(Sha256::digest(text).into()))
}

/// The hash by which different requests with the same key are detected.
pub fn request_sha256(method: &str, target: &str, body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [method.as_bytes(), b" ", target.as_bytes(), b"\n", body] {
        hash.update(part);
    }
    hash.finalize().into()
}
