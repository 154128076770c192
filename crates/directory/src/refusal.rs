//! Why a command is refused.

mod blocked;
mod several;

pub use blocked::{BlockedChange, Obstacle};
pub(crate) use several::Refusals;

use crate::account::Skills;
use crate::change::Kind;
use crate::escaped::Escaped;
use crate::routing::{Setting, SettingFault};
use crate::skill_fault::{SkillFault, did_you_mean};
use crate::value::{KeyId, PhoneId, PhoneName, PhoneNumber, SkillId, SkillName};
use blocked::blocked_text;

/// Why a command is refused. A refused command changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the sentence of a refusal says what its values are")]
pub enum Refusal {
    /// The account was deleted.
    #[error("there is no such account")]
    NoSuchAccount,
    /// No phone has the id.
    #[error("no phone with the id {0} in this account")]
    NoSuchPhone(PhoneId),
    /// No phone has the number.
    #[error("no phone {} in this account", Escaped(.0))]
    NoSuchNumber(String),
    /// No phone has the name.
    #[error("no phone named \"{}\" in this account", Escaped(.0))]
    NoSuchName(String),
    /// The number exists, and its phone has another name than the one given.
    #[error("{number} is named \"{name}\", not \"{}\"", Escaped(requested))]
    OtherName { number: PhoneNumber, name: PhoneName, requested: String },
    /// The id of a phone to upsert is that of no phone, or of one, with this number and name, that has
    /// neither the number nor the name that came with the id.
    #[error("{}", match phone {
        Some((number, name)) => format!(
            "{id} is that of {number}, named \"{name}\", which has neither this number nor this name"
        ),
        None => format!("{id} is that of no phone in this account"),
    })]
    IdOfOther { id: PhoneId, phone: Option<(PhoneNumber, PhoneName)> },
    /// No phone has the number, and a new one needs a name.
    #[error("no phone {0} in this account, and a new one needs a name")]
    NameMissing(PhoneNumber),
    /// The state that the command expects is stale.
    #[error("it was changed in the meantime")]
    Changed,
    /// Another phone has the number; `owner` is its name. Of several commands: the line of the one that
    /// gave it the number.
    #[error("{number}{}", match line {
        Some(line) => format!(": line {line} has it too"),
        None => format!(" belongs to \"{owner}\""),
    })]
    NumberTaken { number: PhoneNumber, id: PhoneId, owner: PhoneName, line: Option<u64> },
    /// Another phone has the name, as it is here; `owner` is its number. Of several commands: the line
    /// of the one that gave it the name.
    #[error("\"{name}\"{}", match line {
        Some(line) => format!(": line {line} has it too"),
        None => format!(" belongs to {owner}"),
    })]
    NameTaken { name: PhoneName, id: PhoneId, owner: PhoneNumber, line: Option<u64> },
    /// A spreadsheet has taken the beginning of the number away, as it seems: the phone has the whole
    /// number, or another one does. The id is that of the phone that has it.
    #[error(
        "{number} may be {whole}, whose beginning a spreadsheet has taken away: write {whole}, or \
         '{number} with the apostrophe if it is right"
    )]
    NumberCut { number: PhoneNumber, whole: PhoneNumber, id: PhoneId },
    /// The account would hold more numbers than its creation limit allows.
    #[error("holds {count} of at most {limit} phone numbers")]
    LimitExceeded { count: usize, limit: u32 },
    /// No skill has the name. Perhaps one that is alike was meant.
    #[error("no skill \"{}\" in this account{}", Escaped(name), did_you_mean(alike.as_ref()))]
    NoSuchSkill { name: String, alike: Option<SkillName> },
    /// The skills of a phone have a fault, and the command is strict.
    #[error(transparent)]
    Skills(SkillFault),
    /// A skill has the name already, the one with the id; none if the same command would create it.
    #[error("the skill \"{}\" exists already", Escaped(name))]
    SkillExists { id: Option<SkillId>, name: String },
    /// A skill that is to be deleted is assigned to phones.
    #[error("the skill \"{}\" is assigned to {phones} phone{}", Escaped(skill), if *phones == 1 { "" } else { "s" })]
    SkillAssigned { skill: String, phones: usize },
    /// The account would have too many skills.
    #[error("an account has at most {0} skills")]
    TooManySkills(usize),
    /// No id is left, as ids are never reused: after four billion phones, or a million skills, in
    /// the lifetime of the account.
    #[error("the account has had as many {0} as it can ever have: make a new account")]
    IdsUsedUp(&'static str),
    /// A phone in a new ring order does not have the skill.
    #[error("{} is not assigned to \"{}\"", Escaped(number), Escaped(skill))]
    NotAssigned { id: PhoneId, number: String, skill: String },
    /// A phone is listed twice in a new ring order.
    #[error("{number} is listed twice")]
    ListedTwice { id: PhoneId, number: PhoneNumber },
    /// A complete ring order lacks so many phones: this one, and others.
    #[error("{} of the skill's phones {} missing, {first} for one", count, if *count == 1 { "is" } else { "are" })]
    NotWhole { count: usize, id: PhoneId, first: PhoneNumber },
    /// The text of a routing setting is not valid, or the setting is not one of what it was given for.
    /// Of a phone, it may be for one skill, as the caller named it.
    #[error("{setting}{}: {fault}", in_skill.as_ref().map_or(String::new(), |skill| format!(" in \"{}\"", Escaped(skill))))]
    InvalidSetting { setting: Setting, in_skill: Option<String>, fault: SettingFault },
    /// No key has the id.
    #[error("no API key with the id {0} in this account")]
    NoSuchKey(KeyId),
    /// The account would have too many keys.
    #[error("an account has at most {0} API keys")]
    TooManyKeys(usize),
    /// The main key can only be rotated.
    #[error("the account's own API key can be rotated, and neither edited nor deleted")]
    MainKey,
    /// A change of a kind that can never be reverted.
    #[error("a change of the kind \"{}\" cannot be taken back", .0.as_str())]
    NotRevertible(Kind),
    /// A change of the creation limit, which only the operator may set.
    #[error("the phone number limit is the operator's to set: a change of it cannot be taken back")]
    LimitNotRevertible,
    /// A change whose values were erased.
    #[error("the numbers and names of the phone {0} were erased: its changes cannot be taken back")]
    Erased(PhoneId),
    /// Changes that newer changes prevent from being reverted: how many, and the newest of them, at most
    /// [`BLOCKED_NAMED_MAX`](crate::limits::BLOCKED_NAMED_MAX).
    #[error("{}", blocked_text(changes, *count))]
    Blocked { changes: Vec<BlockedChange>, count: usize },
    /// Several refusals at once.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Several(Vec<Refusal>),
    /// The last of several: how many others there are that are not told.
    #[error("and {0} more")]
    More(usize),
    /// So many tokens were issued within the hour: the next one is allowed after that time.
    #[error("{count} tokens were made within the last hour")]
    TooManyTokens { count: usize, retry_after_us: i64 },
}

impl Refusal {
    /// No skill has the name.
    pub fn no_such_skill(skills: &Skills, name: &str) -> Self {
        Self::NoSuchSkill { name: name.to_owned(), alike: skills.alike(name).first().cloned() }
    }

    /// The same, of which at most `max` are told and the others are counted.
    pub(crate) fn shortened(self, max: usize) -> Self {
        let Self::Several(told) = self else { return self };
        let mut refusals = Refusals::up_to(max);
        refusals.extend(told);
        refusals.check().expect_err("there are several")
    }
}

/// A refused row of several commands, or a change that a revert leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    /// The line of the row; of a change its version.
    pub line: u64,
    /// Why it is refused.
    pub refusal: Refusal,
}
