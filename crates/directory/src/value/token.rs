//! Tokens of Generate Token.

/// An issued token. Only the newest one of an account is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedToken {
    /// SHA-256 of the token. The token itself is not stored.
    pub sha256: [u8; 32],
    /// When it was issued, microseconds UTC.
    pub issued_us: i64,
    /// When it expires, microseconds UTC.
    pub expires_us: i64,
}
