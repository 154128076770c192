//! The rules: what a command means for an account, or why it is refused.
//!
//! Each rule of the contract stands here once, for every front end and every store.

mod account;
mod key;
mod phone;
mod revert;
mod ring;
mod several;
mod skill;

pub use phone::{Lookup, find_phone};
pub use revert::Obstacle;

use crate::account::{KeyId, View};
use crate::change::{Change, Kind};
use crate::command::{Command, Settings};
use crate::escaped::Escaped;
use crate::value::{PhoneId, PhoneName, PhoneNumber};

/// What a command comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decision {
    /// What changes, in order; nothing where the state is already as asked.
    pub changes: Vec<Change>,
    /// Why the phone was saved and its skills were not (contract, "Skills").
    pub skill_fault: Option<SkillFault>,
    /// The rows that are refused, of several.
    pub row_faults: Vec<RowFault>,
    /// How many of the changes are those of each row, of several; none where nothing is saved.
    pub row_changes: Vec<u32>,
}

impl From<Vec<Change>> for Decision {
    fn from(changes: Vec<Change>) -> Self {
        Self { changes, ..Self::default() }
    }
}

/// Why a command is refused: nothing changes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The account is gone.
    #[error("there is no such account")]
    NoSuchAccount,
    /// No phone has the id.
    #[error("no phone with the id {} in this account", .0.0)]
    NoSuchPhone(PhoneId),
    /// No phone has the number.
    #[error("no phone {} in this account", Escaped(.0))]
    NoSuchNumber(String),
    /// No phone has the name.
    #[error("no phone named \"{}\" in this account", Escaped(.0))]
    NoSuchName(String),
    /// The number exists, and its phone has another name than the one given.
    #[error("{number} is named \"{name}\", not \"{}\"", Escaped(asked))]
    OtherName {
        /// The number.
        number: PhoneNumber,
        /// The name of its phone.
        name: PhoneName,
        /// The name that was given.
        asked: String,
    },
    /// It is no longer as it was expected to be.
    #[error("it was changed in the meantime")]
    Changed,
    /// Another phone has the number.
    #[error("{number} belongs to \"{owner}\"")]
    NumberTaken {
        /// The number.
        number: PhoneNumber,
        /// The name of the phone that has it.
        owner: PhoneName,
    },
    /// Another phone has the name.
    #[error("\"{name}\" belongs to {owner}")]
    NameTaken {
        /// The name as the other phone has it.
        name: PhoneName,
        /// The number of the phone that has it.
        owner: PhoneNumber,
    },
    /// The account would hold more numbers than its creation limit allows.
    #[error("holds {count} of at most {limit} phone numbers")]
    LimitExceeded {
        /// How many it holds.
        count: usize,
        /// How many it may hold.
        limit: u32,
    },
    /// No skill has the name.
    #[error("no skill \"{}\" in this account", Escaped(.0))]
    NoSuchSkill(String),
    /// The skills of a phone cannot be as asked, and the command is strict about them.
    #[error(transparent)]
    Skills(SkillFault),
    /// A skill has the name already.
    #[error("the skill \"{}\" exists already", Escaped(.0))]
    SkillExists(String),
    /// A skill that shall be deleted has phones.
    #[error("the skill \"{}\" is assigned to {phones} phone{}", Escaped(skill), if *phones == 1 { "" } else { "s" })]
    SkillAssigned {
        /// The skill.
        skill: String,
        /// How many phones have it.
        phones: usize,
    },
    /// The account would have too many skills.
    #[error("an account has at most {0} skills")]
    TooManySkills(usize),
    /// Ids are never given twice, and there is none left: after four billion phones, or a million
    /// skills, that the account has had.
    #[error("the account has had as many {0} as it can ever have: make a new account")]
    IdsUsedUp(&'static str),
    /// A phone that shall be moved in a ring order is not in it.
    #[error("{} is not assigned to \"{}\"", Escaped(number), Escaped(skill))]
    NotAssigned {
        /// The phone's number.
        number: String,
        /// The skill.
        skill: String,
    },
    /// A phone stands twice in a ring order.
    #[error("{0} is listed twice")]
    ListedTwice(PhoneNumber),
    /// A ring order that shall be a whole one lacks phones.
    #[error("{} of the skill's phones {} missing, {first} for one", count, if *count == 1 { "is" } else { "are" })]
    NotWhole {
        /// How many are missing.
        count: usize,
        /// One of them.
        first: PhoneNumber,
    },
    /// No key has the id.
    #[error("no API key with the id {0} in this account")]
    NoSuchKey(KeyId),
    /// The account would have too many keys.
    #[error("an account has at most {0} API keys")]
    TooManyKeys(usize),
    /// The account's own key can be rotated, and that is all.
    #[error("the account's own API key can be rotated, and neither edited nor deleted")]
    MainKey,
    /// A change that cannot be taken back, whatever happened since.
    #[error("a change of the kind \"{}\" cannot be taken back", .0.as_str())]
    NotRevertible(Kind),
    /// A change of the creation limit, which only whoever runs the service may set.
    #[error("the phone number limit is the operator's to set: a change of it cannot be taken back")]
    LimitNotRevertible,
    /// A change that cannot be taken back as something newer stands in the way.
    #[error("change {version} cannot be taken back: {why}")]
    Blocked {
        /// The account's version after the change.
        version: u64,
        /// What stands in the way.
        why: Box<Obstacle>,
    },
    /// Several of these at once.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Several(Vec<Refusal>),
    /// Too many tokens were issued within the hour.
    #[error("{count} tokens were made within the last hour")]
    TooManyTokens {
        /// How many.
        count: usize,
        /// When the next one can be made: so many microseconds from now.
        retry_after_us: i64,
    },
}

/// Which list of skills a fault is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkillList {
    /// The skills to assign.
    Assign,
    /// The skills to unassign.
    Unassign,
    /// All the skills that there shall be.
    Set,
}

/// Why the skills of a phone stay as they are, though the phone is saved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SkillFault {
    /// A listed skill does not exist: *invalid skill*.
    #[error("no skill \"{}\" in this account", Escaped(name))]
    NoSuchSkill {
        /// The list that names it.
        list: SkillList,
        /// Its name.
        name: String,
    },
    /// A list names nothing: *missing skill value*.
    #[error("names no skill")]
    NamesNone {
        /// The list.
        list: SkillList,
    },
    /// A field that looks like one for skills and is none: *invalid skill key*.
    #[error("{}: not a field for skills", Escaped(key))]
    UnknownKey {
        /// The field's name.
        key: String,
    },
}

/// A refused row of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    /// The line of the row.
    pub line: u64,
    /// Why it is refused.
    pub refusal: Refusal,
}

/// Decides a command against an account as committed plus what was decided and staged before.
/// Whoever decides another command against the same view stages the changes of this one first.
pub fn decide(view: &View<'_>, command: &Command) -> Result<Decision, Refusal> {
    if view.is_deleted() {
        return Err(Refusal::NoSuchAccount);
    }
    match command {
        Command::CreatePhone { number, name, skills } => phone::create(view, *number, name, skills),
        Command::EditPhone { phone, number_new, name_new, skills } => {
            phone::edit(view, phone, *number_new, name_new.as_ref(), skills)
        }
        Command::DeletePhone { phone } => phone::delete(view, phone),
        Command::Several { rows, saves } => Ok(several::decide(view, rows, *saves)),
        Command::CreateSkills { names } => skill::create(view, names),
        Command::RenameSkill { name, name_new } => skill::rename(view, name, name_new),
        Command::DeleteSkills { names, assigned } => skill::delete(view, names, *assigned),
        Command::OrderSkill { name, order, expected } => {
            ring::order(view, name, order, expected.as_deref())
        }
        Command::EditProfile(edit) => Ok(account::edit(view, edit)),
        Command::CreateKey(new) => key::create(view, new),
        Command::EditKey { id, name, expires_us } => {
            key::edit(view, *id, name.as_ref(), *expires_us)
        }
        Command::RotateKey { id, sha256, now_us, old_expires_us } => {
            key::rotate(view, *id, *sha256, *now_us, *old_expires_us)
        }
        Command::DeleteKey { id } => key::delete(view, *id),
        Command::Revert { changes, gone } => revert::revert(view, changes, gone),
        Command::IssueToken { issued } => account::issue_token(view, issued),
        Command::DeleteAccount => Ok(vec![Change::AccountDeleted].into()),
        Command::Expecting { settings, .. } if *settings != Settings::of(view.profile()) => {
            Err(Refusal::Changed)
        }
        Command::Expecting { command, .. } => decide(view, command),
    }
}

#[cfg(test)]
mod tests;
