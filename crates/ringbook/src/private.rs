//! Files that nobody else of the machine reads: a directory of people's numbers is in them.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;

/// How a file is opened for writing that, where it is made, its owner alone can read. One that is
/// there already keeps its permissions: they are what somebody wanted.
pub fn writing() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}
