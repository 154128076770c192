//! Answers that are kept, so that a request which is sent again gets the first answer again.

/// SHA-256 of what names the request: of an `Idempotency-Key`.
pub type IdempotencyKey = [u8; 32];

/// An answer that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// What names the request.
    pub key: IdempotencyKey,
    /// SHA-256 of what was asked, by which another request with the same key is told.
    pub request_sha256: [u8; 32],
    /// When it was given, microseconds UTC.
    pub at_us: i64,
    /// The answer, in the words of the front end that gave it. No secret is in it.
    pub answer: Vec<u8>,
}
