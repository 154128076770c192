//! Escapes texts from outside within messages.

use std::fmt::{self, Write as _};

use crate::limits::QUOTED_CHARACTERS_MAX;

/// Displays an untrusted text within one line, shortened if it is longer than any valid name. Escapes
/// line breaks, terminal control characters and characters that change the direction of text. Letters
/// of all scripts remain.
#[derive(Debug, Clone, Copy)]
pub struct Escaped<'t>(pub &'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        for character in characters.by_ref().take(QUOTED_CHARACTERS_MAX) {
            if is_harmful(character) {
                write!(f, "{}", character.escape_default())?;
            } else {
                f.write_char(character)?;
            }
        }
        if characters.next().is_some() { f.write_str("...") } else { Ok(()) }
    }
}

/// Control characters, the separators of lines and paragraphs, and marks of direction.
fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}
