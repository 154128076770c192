//! The history: who changed what, and how it was.

pub mod at;
pub mod list;
pub mod row;

/// Where it is.
pub const PATH: &str = "/console/history";
