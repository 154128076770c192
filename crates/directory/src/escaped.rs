//! Escapes texts from outside within messages.

use std::fmt;

use crate::limits::QUOTED_CHARACTERS_MAX;
use crate::value::is_invisible;

/// Displays an untrusted text as [`escaped`], shortened if it is longer than any valid name.
#[derive(Debug, Clone, Copy)]
pub struct Escaped<'t>(pub &'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escaped(self.0, QUOTED_CHARACTERS_MAX))
    }
}

/// A text within one line, of at most so many characters. Escapes what cannot be seen, such as line
/// breaks, terminal control characters and marks of direction, and spaces that look like others.
/// Letters of all scripts remain, with the marks that shape them.
pub fn escaped(text: &str, characters_max: usize) -> String {
    let mut escaped = String::with_capacity(text.len().min(characters_max));
    let mut characters = text.chars();
    for character in characters.by_ref().take(characters_max) {
        if is_escaped(character) {
            escaped.extend(character.escape_default());
        } else {
            escaped.push(character);
        }
    }
    if characters.next().is_some() {
        escaped.push_str("...");
    }
    escaped
}

/// All that cannot be seen or told from a space, but for joiners and variation selectors, which
/// letters and emoji need.
fn is_escaped(character: char) -> bool {
    let is_shape = matches!(character, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
    let is_space = character.is_whitespace() && character != ' ';
    !is_shape && (is_space || is_invisible(character))
}
