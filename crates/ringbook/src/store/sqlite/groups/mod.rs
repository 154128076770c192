//! The history as it is in the file: a row of `change_group` has the changes of a commit, so many
//! at most, as a JSON array with one of them a line. One row an edit would take SQLite as long as
//! the edited phone.
//!
//! A group has the id of its newest change. The one before it in the group has the id before that,
//! and so on, therefore a change that is deleted leaves `null` in its place.

mod line;
mod read;
mod write;

pub use self::line::{Line, LineHead, push_delta};
pub use self::read::{Finder, lines, newest, walk, walk_account};
pub use self::write::{Group, Pending, insert};

/// Changes of a group at most. Whoever looks for one of them reads the others, and to delete one is
/// to write the others again: some three kilobytes.
pub const CHANGES_MAX: usize = 16;
