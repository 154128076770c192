//! Faults in the skills of a phone.

use crate::escaped::Escaped;
use crate::value::SkillName;

/// The list of skills that a fault is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkillList {
    /// The skills to assign.
    Assign,
    /// The skills to unassign.
    Unassign,
    /// The complete new set of skills.
    Set,
}

/// Why the skills of a phone are not changed. The phone itself may be saved nevertheless.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the sentence of a fault says what its values are")]
pub enum SkillFault {
    /// A listed skill does not exist: *invalid skill*. Of strict commands: one that was perhaps meant.
    #[error("no skill \"{}\" in this account{}", Escaped(name), did_you_mean(alike.as_ref()))]
    NoSuchSkill { list: SkillList, name: String, alike: Option<SkillName> },
    /// A list is empty: *missing skill value*.
    #[error("names no skill")]
    NamesNone { list: SkillList },
    /// A field looks like a field for skills and is not one: *invalid skill key*.
    #[error("{}: not a field for skills", Escaped(key))]
    UnknownKey { key: String },
}

/// The end of a sentence that names no skill.
pub(crate) fn did_you_mean(alike: Option<&SkillName>) -> String {
    alike.map_or_else(String::new, |name| format!(": did you mean \"{}\"?", Escaped(name.as_str())))
}
