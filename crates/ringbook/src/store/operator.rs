//! Keys of the operator, who may make and delete accounts.

/// A key of the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorKey {
    /// What it is for; no two have the same name.
    pub name: String,
    /// SHA-256 of the key. The key itself is kept nowhere.
    pub sha256: [u8; 32],
    /// When it was made, microseconds UTC.
    pub created_us: i64,
    /// From when on it is no longer valid, microseconds UTC, if ever.
    pub expires_us: Option<i64>,
}
