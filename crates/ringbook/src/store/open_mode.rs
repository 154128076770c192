//! What opening a store may change.

/// Whether a missing store is created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Creates {
    /// It is created.
    Yes,
    /// It is an error: most likely the current directory is another one.
    No,
}

/// Whether an older schema is migrated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migrates {
    /// It is, by the first process that opens the store.
    Yes,
    /// It is an error: somebody migrates by hand.
    No,
}
