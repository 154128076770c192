//! What can be asked of an account.

use crate::account::{ApiAuthentication, IssuedToken};
use crate::value::{PhoneName, PhoneNumber, SkillName};

/// Something to be done to one account, already parsed.
#[derive(Debug, Clone)]
pub enum Command {
    /// Create a phone. Its skills are an edit that starts from none.
    CreatePhone {
        /// The number of the new phone.
        number: PhoneNumber,
        /// The name of the new phone.
        name: PhoneName,
        /// The skills that it gets.
        skills: SkillEdit,
    },
    /// Edit the phone that both the number and the name of `phone` name.
    EditPhone {
        /// Which phone.
        phone: PhoneLookup,
        /// Its number from now on, or the one it has.
        number_new: Option<PhoneNumber>,
        /// Its name from now on, or the one it has.
        name_new: Option<PhoneName>,
        /// What happens to its skills.
        skills: SkillEdit,
    },
    /// Delete a phone.
    DeletePhone {
        /// Which phone.
        phone: PhoneLookup,
    },
    /// Create many phones.
    ImportPhones {
        /// One row a phone.
        rows: Vec<ImportRow>,
        /// What to do about rows that are refused.
        saves: ImportSaves,
    },
    /// Create skills. Ones that exist already are refused.
    CreateSkills {
        /// Their names.
        names: Vec<SkillName>,
    },
    /// Delete skills and their assignments.
    DeleteSkills {
        /// Their names.
        names: Vec<String>,
    },
    /// Set the ring order of a skill: `first` ring first, in that order; the others keep theirs
    /// and ring after them.
    OrderSkill {
        /// The skill's name.
        name: String,
        /// Numbers of phones that have the skill.
        first: Vec<PhoneNumber>,
    },
    /// Edit the account's settings.
    EditProfile(ProfileEdit),
    /// Make `issued` the account's token.
    IssueToken {
        /// The token to be.
        issued: IssuedToken,
    },
    /// Delete the account and all that belongs to it.
    DeleteAccount,
}

/// An existing phone as somebody names it. Whatever is given must be of the same phone.
#[derive(Debug, Clone, Default)]
pub struct PhoneLookup {
    /// The number as it was written, if one was given. It need not be a valid number: then there
    /// is no such phone.
    pub number: Option<String>,
    /// The name, in any case, if one was given.
    pub name: Option<String>,
}

/// What a command wants of a phone's skills: all of it or, at any fault, nothing of it
/// (contract, "Skills").
#[derive(Debug, Clone, Default)]
pub struct SkillEdit {
    /// Names of skills to unassign, which happens first.
    pub unassign: Vec<String>,
    /// Names of skills to assign.
    pub assign: Vec<String>,
    /// A fault that the front end saw already.
    pub fault: Option<crate::rules::SkillFault>,
}

/// One row of an import.
#[derive(Debug, Clone)]
pub struct ImportRow {
    /// Where it stands in the file, counted from 1; only for reporting.
    pub line: u64,
    /// The number of the new phone.
    pub number: PhoneNumber,
    /// The name of the new phone.
    pub name: PhoneName,
    /// A comma-separated list of skills.
    pub skills: Box<str>,
}

/// What an import saves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportSaves {
    /// Every row, or none if one is refused.
    AllOrNothing,
    /// The rows that are not refused.
    GoodRows,
    /// Nothing: only say what would be refused.
    Nothing,
}

/// New settings of an account; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct ProfileEdit {
    /// SHA-256 of a new API key.
    pub api_key_sha256: Option<[u8; 32]>,
    /// The new way of authentication.
    pub api_authentication: Option<ApiAuthentication>,
    /// The new creation limit.
    pub phone_number_limit: Option<u32>,
}
