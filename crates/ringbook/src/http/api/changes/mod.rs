//! `/v1/changes`: the history, the feed, and reverting changes.

pub mod change;
pub mod item;
pub mod list;
mod parameters;
pub mod revert;
mod stream;
