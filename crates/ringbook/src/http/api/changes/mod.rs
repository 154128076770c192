//! `/v1/changes`: the history, the feed, and reverting changes.

mod change;
pub mod item;
pub mod list;
pub mod revert;
mod stream;
