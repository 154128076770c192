//! Names of skills.

use smol_str::SmolStr;

use crate::limits::SKILL_NAME_CHARACTERS_MAX;

/// A skill's name: 1 to 64 characters, no comma, no control character, no white space at either
/// end; matched exactly, case included (contract, "The state behind it"). Cheap to clone, as the
/// history names the skills of each change.
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
    /// A comma, which separates skills in a list, or a control character.
    #[error("a skill's name cannot contain {0:?}")]
    Character(char),
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
        match text.chars().find(|character| *character == ',' || character.is_control()) {
            Some(character) => Err(SkillNameFault::Character(character)),
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
            (",", SkillNameFault::Character(',')),
            ("a,b", SkillNameFault::Character(',')),
            ("a\tb", SkillNameFault::Character('\t')),
            ("a\0", SkillNameFault::Character('\0')),
            ("a\u{7f}b", SkillNameFault::Character('\u{7f}')),
            ("a\u{85}b", SkillNameFault::Character('\u{85}')),
        ] {
            assert_eq!(SkillName::parse(text), Err(fault), "{text:?}");
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
