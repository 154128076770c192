//! The history in the file: a row of `change_group` has up to [`CHANGES_MAX`] changes of a commit, as
//! a JSON array with one change a line. A row for each change would cost as much as the edited phone.
//!
//! A group has the id of its newest change; the others count back from there. Therefore a deleted
//! change leaves `null` in its place.

mod line;
mod read;
mod write;

pub use self::line::{Line, raw_delta};
pub use self::read::{Finder, lines, newest, walk, walk_account};
pub use self::write::{Group, Pending, insert_one};

/// Changes of a group at most. To read one of them is to read all, and to delete one is to write the
/// others again: some three kilobytes.
pub const CHANGES_MAX: usize = 16;
