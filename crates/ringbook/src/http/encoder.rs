//! How a decision is written for a PBX, where another front end shows it: whoever makes the router passes
//! it on, as no front end uses another.

use directory::routing::Dialect;

use crate::service::Routed;

/// Writes the answer of a dialect at a time, microseconds UTC; an error if there is no template for it.
#[derive(Clone, Copy)]
pub struct Encoder(pub fn(Dialect, &Routed, i64) -> Result<Encoded, String>);

/// An answer as a PBX gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// Its text.
    pub text: String,
    /// Entries that are in it.
    pub shown: usize,
    /// Entries that there are.
    pub of: usize,
}
