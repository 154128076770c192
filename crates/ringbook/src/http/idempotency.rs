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

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let value =
            |value: &&str| (IDEMPOTENCY_KEY, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        values.iter().map(value).collect()
    }

    #[test]
    fn accepts_one_key_of_1_to_255_printable_characters() {
        let long = "k".repeat(IDEMPOTENCY_KEY_BYTES_MAX);
        assert_eq!(key(&headers(&[])), Ok(None));
        assert!(key(&headers(&["\"8e03978e-40d5\""])).unwrap().is_some());
        assert_ne!(key(&headers(&["a"])), key(&headers(&["b"])));
        assert!(key(&headers(&[&long])).is_ok());
        for bad in [&[""][..], &[&format!("{long}k")], &["a", "a"], &["é"]] {
            assert_eq!(key(&headers(bad)), Err(KeyFault), "{bad:?}");
        }
    }

    #[test]
    fn request_hash_covers_method_target_and_body() {
        let one = request_sha256("POST", "/a", b"b");
        for other in [("PUT", "/a", b"b"), ("POST", "/ab", b"b"), ("POST", "/a", b"c")] {
            assert_ne!(one, request_sha256(other.0, other.1, other.2));
        }
    }
}
