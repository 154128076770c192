//! `/v1/changes`: the history, and reverting changes.

pub mod change;
pub mod item;
pub mod list;
pub mod revert;
