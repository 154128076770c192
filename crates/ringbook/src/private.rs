//! Files with phone numbers, which other users of the machine must not read.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;

/// Options to open a file for writing. A new file is readable by its owner only; an existing file
/// keeps its permissions.
pub fn writing() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}
