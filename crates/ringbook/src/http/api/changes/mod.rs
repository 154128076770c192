//! `/v1/changes`: the history, and reverting changes.

pub mod change;
mod cursor;
pub mod item;
pub mod list;
pub mod revert;
