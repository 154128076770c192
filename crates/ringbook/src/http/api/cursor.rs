//! Cursors: where the next page of a list begins, as an opaque text that is good for that list alone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// Bytes of a scope. Cursors of other lists are refused by mistake about once in 2^48 times.
const SCOPE_BYTES: usize = 6;

/// The list that a cursor belongs to: a hash of the path and of all that decides which items are in
/// the list, and in which order. The same on every node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope([u8; SCOPE_BYTES]);

impl Scope {
    /// Of these texts, in this order.
    pub fn of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let mut hash = Sha256::new();
        for text in texts {
            hash.update(text);
            // UTF-8 has no such byte.
            hash.update([0xff]);
        }
        let mut scope = [0; SCOPE_BYTES];
        scope.copy_from_slice(&hash.finalize()[..SCOPE_BYTES]);
        Self(scope)
    }
}

/// A position in a list, as a cursor.
pub fn write(Scope(scope): Scope, position: &str) -> String {
    URL_SAFE_NO_PAD.encode([&scope, position.as_bytes()].concat())
}

/// The position that a cursor names. The fault continues a sentence that begins with "the cursor".
pub fn read(Scope(scope): Scope, cursor: &str) -> Result<String, &'static str> {
    if cursor.is_empty() {
        return Err("is empty: the first page is asked for without one");
    }
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    let parts = bytes.as_ref().and_then(|bytes| bytes.split_first_chunk());
    let position = parts.and_then(|(of, text)| Some((*of, str::from_utf8(text).ok()?)));
    match position {
        None => Err("cannot be read"),
        Some((of, _)) if of != scope => {
            Err("is of another list: send it with the same filters, sort and time")
        }
        Some((_, position)) => Ok(position.to_owned()),
    }
}
