//! Who runs the command, as the history has it.

use std::sync::Arc;

use rustix::process::geteuid;

/// The most characters of a name.
const CHARS_MAX: usize = 32;

/// The source of changes made here: `cli:asha`. The name is that of the user id in the password
/// database, which nobody can set. With `sudo`, it is `cli:root(asha)`: who called it is what the
/// environment says.
pub fn source() -> Arc<str> {
    let name = whoami::username().ok().as_deref().and_then(readable);
    let name = name.unwrap_or_else(|| format!("uid:{}", geteuid().as_raw()));
    let sudo_user = std::env::var("SUDO_USER").ok().as_deref().and_then(readable);
    match sudo_user.filter(|sudo_user| *sudo_user != name) {
        Some(sudo_user) => format!("cli:{name}({sudo_user})").into(),
        None => format!("cli:{name}").into(),
    }
}

/// The characters of a name that cannot be taken for anything else; none if there are none.
fn readable(name: &str) -> Option<String> {
    let is_allowed = |char: &char| char.is_ascii_graphic() && !['(', ')'].contains(char);
    let name: String = name.chars().filter(is_allowed).take(CHARS_MAX).collect();
    (!name.is_empty()).then_some(name)
}
