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
    /// Parses a new name.
    pub fn parse(text: &str) -> Result<Self, SkillNameFault> {
        let name = Self::parse_stored(text)?;
        if is_reserved(text) {
            return Err(SkillNameFault::Reserved);
        }
        match find_invisible(text) {
            Some(character) => Err(SkillNameFault::Invisible(character)),
            None => Ok(name),
        }
    }

    /// Parses a stored name. Earlier versions allowed invisible characters and reserved names.
    pub fn parse_stored(text: &str) -> Result<Self, SkillNameFault> {
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
        match text.chars().find(|character| character.is_control()) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_1_to_64_characters_that_a_list_can_carry() {
        let longest = "é".repeat(64);
        for text in [
            "x",
            "QA_Skill",
            "QA (night)",
            "a  b",
            "1;2",
            "Überweisung",
            "अ",
            "👍",
            // Joiners: Malayalam, Persian, a family.
            "അവന്\u{200d}റെ",
            "می\u{200c}خواهم",
            "👩\u{200d}👧",
            "a\u{a0}b",
            "\"q\"",
            &longest,
        ] {
            assert_eq!(SkillName::parse(text).unwrap().as_str(), text);
            let list = format!(" {text} ,{text}");
            assert_eq!(SkillName::split_list(&list).collect::<Vec<_>>(), [text, text]);
        }
    }

    #[test]
    fn rejects_others_with_the_fault() {
        let too_long = "é".repeat(65);
        for (text, fault) in [
            ("", SkillNameFault::Empty),
            (&too_long, SkillNameFault::Length(65)),
            (" ", SkillNameFault::Space),
            (" a", SkillNameFault::Space),
            ("a\n", SkillNameFault::Space),
            ("\u{a0}a", SkillNameFault::Space),
            ("a\u{3000}", SkillNameFault::Space),
            (",", SkillNameFault::Comma),
            ("a,b", SkillNameFault::Comma),
            ("a\tb", SkillNameFault::Invisible('\t')),
            ("a\0", SkillNameFault::Invisible('\0')),
            ("a\u{7f}b", SkillNameFault::Invisible('\u{7f}')),
            ("a\u{85}b", SkillNameFault::Invisible('\u{85}')),
        ] {
            assert_eq!(SkillName::parse(text), Err(fault), "{text:?}");
            assert_eq!(SkillName::parse_stored(text), Err(fault), "{text:?}");
        }
    }

    #[test]
    fn rejects_names_that_no_path_can_have_unless_they_are_stored() {
        for text in [".", "..", "s1", "s007", "s99999999999"] {
            assert_eq!(SkillName::parse(text), Err(SkillNameFault::Reserved), "{text}");
            assert!(SkillName::parse_stored(text).is_ok(), "{text}");
        }
        for text in ["...", "s", "S1", "s1a", "s-1", "s 1", "Sales"] {
            assert!(SkillName::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn rejects_invisible_characters_unless_they_are_stored() {
        for text in [
            "\u{3164}",
            "QA\u{200b}",
            "\u{200c}QA",
            "QA\u{200d}",
            "Q\u{200d}\u{200d}A",
            "Q\u{200c} A",
        ] {
            let fault = SkillName::parse(text).unwrap_err();
            assert!(matches!(fault, SkillNameFault::Invisible(_)), "{text:?}: {fault}");
            assert!(SkillName::parse_stored(text).is_ok(), "{text:?}");
        }
        let others = "\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{17b4}\u{180e}\u{200e}\u{2028}\u{202e}\u{2060}\u{2069}\u{2800}\u{fe0f}\u{feff}\u{ffa0}\u{fff9}\u{1d173}\u{e0041}";
        for other in others.chars() {
            let fault = SkillName::parse(&format!("Q{other}A")).unwrap_err();
            assert_eq!(fault, SkillNameFault::Invisible(other));
        }
    }

    #[test]
    fn split_list_drops_spaces_and_empty_items() {
        let names: Vec<_> = SkillName::split_list(" General ,,QA_Skill, ,").collect();
        assert_eq!(names, ["General", "QA_Skill"]);
        for list in ["", " ", ",", " , ,\t,"] {
            assert_eq!(SkillName::split_list(list).count(), 0, "{list:?}");
        }
    }
}
