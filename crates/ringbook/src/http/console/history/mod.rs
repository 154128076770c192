//! The history: who changed what, and how it was.

pub mod at;
pub mod change;
pub mod difference;
pub mod list;
pub mod row;

/// Where it is.
pub const PATH: &str = "/console/history";
