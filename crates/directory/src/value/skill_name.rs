//! Names of skills.

use smol_str::SmolStr;

use crate::limits::SKILL_NAME_CHARACTERS_MAX;
use crate::value::SkillId;

/// A skill's name: 1 to 64 characters, no comma, no white space at either end, no character that
/// cannot be seen; matched exactly, case included (contract, "The state behind it"). Cheap to clone,
/// as the history names the skills of each change.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SkillName(SmolStr);

/// Why a text is not a valid name of a skill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SkillNameFault {
    /// The text is empty.
    #[error("a skill's name cannot be empty")]
    Empty,
    /// More than 64 characters.
    #[error("a skill's name has at most 64 characters, this one has {0}")]
    Length(usize),
    /// White space at the start or end.
    #[error("a skill's name cannot start or end with white space")]
    Space,
    /// A comma, which separates skills in a list.
    #[error("a skill's name cannot contain ','")]
    Comma,
    /// The form of an id, or a step in a path: no path could name the skill.
    #[error("a skill's name cannot be '.', '..', or 's' and digits, which is an id in a path")]
    Reserved,
    /// A character that cannot be seen: with it, two names would look the same.
    #[error("a skill's name cannot contain U+{:04X}, which cannot be seen", u32::from(*.0))]
    Invisible(char),
}

impl SkillName {
    /// Parses a name.
    pub fn parse(text: &str) -> Result<Self, SkillNameFault> {
        if text.is_empty() {
            return Err(SkillNameFault::Empty);
        }
        if text.trim() != text {
            return Err(SkillNameFault::Space);
        }
        let characters = text.chars().count();
        if characters > SKILL_NAME_CHARACTERS_MAX {
            return Err(SkillNameFault::Length(characters));
        }
        if text.contains(',') {
            return Err(SkillNameFault::Comma);
        }
        if is_reserved(text) {
            return Err(SkillNameFault::Reserved);
        }
        match find_invisible(text) {
            Some(character) => Err(SkillNameFault::Invisible(character)),
            None => Ok(Self(text.into())),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The names in a comma-separated list: spaces around a name and empty items are dropped
    /// (contract, "Request").
    pub fn split_list(list: &str) -> impl Iterator<Item = &str> {
        list.split(',').map(str::trim).filter(|name| !name.is_empty())
    }
}

/// A map keyed by names can be searched by any text.
impl std::borrow::Borrow<str> for SkillName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

display_as_text!(SkillName);

/// Whether a path could not name a skill by this name.
fn is_reserved(text: &str) -> bool {
    let digits = text.strip_prefix(SkillId::LETTER).filter(|digits| !digits.is_empty());
    let is_like_id = digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    is_like_id || matches!(text, "." | "..")
}

/// The first character that cannot be seen. A joiner between two characters that can be seen is
/// allowed: it shapes them in Indic scripts, Persian and emoji.
fn find_invisible(text: &str) -> Option<char> {
    let is_visible = |character: char| !is_invisible(character) && !character.is_whitespace();
    let mut before = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let is_joiner = matches!(character, '\u{200c}' | '\u{200d}')
            && before.is_some_and(is_visible)
            && characters.peek().copied().is_some_and(is_visible);
        if is_invisible(character) && !is_joiner {
            return Some(character);
        }
        before = Some(character);
    }
    None
}

/// Whether a character leaves no mark: the categories Cc, Cf, Zl and Zp and the property
/// `Default_Ignorable_Code_Point` of Unicode 17 (`UnicodeData.txt`, `DerivedCoreProperties.txt`),
/// and the braille pattern without dots.
#[rustfmt::skip] // Ranges in their order, several a line.
pub(crate) fn is_invisible(character: char) -> bool {
    character.is_control() || matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
        | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
        | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}'
    )
}
