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
pub enum SkillFault {
    /// A listed skill does not exist: *invalid skill*.
    #[error("no skill \"{}\" in this account{}", Escaped(name), did_you_mean(alike.as_ref()))]
    NoSuchSkill {
        /// The list that names it.
        list: SkillList,
        /// Its name.
        name: String,
        /// The skill that was perhaps meant. Strict commands alone say it.
        alike: Option<SkillName>,
    },
    /// A list is empty: *missing skill value*.
    #[error("names no skill")]
    NamesNone {
        /// The list.
        list: SkillList,
    },
    /// A field looks like a field for skills and is not one: *invalid skill key*.
    #[error("{}: not a field for skills", Escaped(key))]
    UnknownKey {
        /// The field's name.
        key: String,
    },
}

/// The end of a sentence that names no skill.
pub(crate) fn did_you_mean(alike: Option<&SkillName>) -> String {
    alike.map_or_else(String::new, |name| format!(": did you mean \"{}\"?", Escaped(name.as_str())))
}
