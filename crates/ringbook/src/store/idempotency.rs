//! Idempotency records: a retried request gets the first answer again.

/// SHA-256 of an `Idempotency-Key`.
pub type IdempotencyKey = [u8; 32];

/// The answer to a request with an `Idempotency-Key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// The hash of the key.
    pub key: IdempotencyKey,
    /// SHA-256 of the request, to detect another request with the same key.
    pub request_sha256: [u8; 32],
    /// When it was answered, microseconds UTC.
    pub at_us: i64,
    /// The answer, in the format of the front end that gave it. It contains no secret.
    pub answer: Vec<u8>,
}
