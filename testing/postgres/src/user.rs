//! As whom servers run.

use std::process::Command;
use std::sync::OnceLock;

/// The ids of a user of this machine.
#[derive(Debug, Clone, Copy)]
pub struct User {
    pub user: u32,
    pub group: u32,
}

/// As whom servers run where that is not the current user: PostgreSQL refuses to run as root.
pub fn other_user() -> Option<User> {
    static OTHER_USER: OnceLock<Option<User>> = OnceLock::new();
    *OTHER_USER.get_or_init(|| {
        let is_root = rustix::process::geteuid().is_root();
        is_root.then(|| {
            let found = ["postgres", "nobody"].into_iter().find_map(look_up);
            found.expect("PostgreSQL does not run as root, and there is no user `postgres`")
        })
    })
}

/// Asks `id`, which knows users wherever they are kept.
fn look_up(name: &str) -> Option<User> {
    let id = |option| {
        let output = Command::new("id").args([option, name]).output().expect("run `id`");
        String::from_utf8_lossy(&output.stdout).trim().parse().ok()
    };
    Some(User { user: id("-u")?, group: id("-g")? })
}
