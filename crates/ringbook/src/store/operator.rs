//! Keys of the operator, who may create and delete accounts.

/// A key of the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorKey {
    /// Its unique name, which says what it is for.
    pub name: String,
    /// SHA-256 of the key. The key itself is not stored.
    pub sha256: [u8; 32],
    /// When it was created, microseconds UTC.
    pub created_us: i64,
    /// When it expires, microseconds UTC; none for never.
    pub expires_us: Option<i64>,
}
