//! What can be asked of an account.

use crate::account::{ApiAuthentication, IssuedToken, KeyId, KeyName, KeyScope, Profile};
use crate::past::PastChange;
use crate::value::{Phone, PhoneId, PhoneName, PhoneNumber, SkillId, SkillName};

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
    /// Do many things, each decided against the ones before it.
    Several {
        /// What to do: anything but another `Several`.
        rows: Vec<Row>,
        /// What to do about rows that are refused.
        saves: Saves,
    },
    /// Create skills. Ones that exist already are refused.
    CreateSkills {
        /// Their names.
        names: Vec<SkillName>,
    },
    /// Rename a skill. Its assignments and its ring order stay.
    RenameSkill {
        /// Its name until now.
        name: String,
        /// Its name from now on.
        name_new: SkillName,
    },
    /// Delete skills.
    DeleteSkills {
        /// Their names.
        names: Vec<String>,
        /// What becomes of their assignments.
        assigned: Assigned,
    },
    /// Change the ring order of a skill.
    OrderSkill {
        /// The skill's name.
        name: String,
        /// The order to be.
        order: RingOrder,
        /// The order that is to be changed: refused if it is another one by now.
        expected: Option<Vec<PhoneId>>,
    },
    /// Edit the account's settings.
    EditProfile(ProfileEdit),
    /// Make an API key.
    CreateKey(NewKey),
    /// Rename an API key, or have it expire at another time.
    EditKey {
        /// Which key.
        id: KeyId,
        /// Its name from now on, or the one it has.
        name: Option<KeyName>,
        /// When it expires from now on, if ever; or as it was.
        expires_us: Option<Option<i64>>,
    },
    /// Make another API key with the name and the scope of this one, which goes on for a while.
    RotateKey {
        /// Which key; the account's own one as well.
        id: KeyId,
        /// SHA-256 of the new key.
        sha256: [u8; 32],
        /// Now, microseconds UTC.
        now_us: i64,
        /// From when on the old key is no longer valid, microseconds UTC.
        old_expires_us: i64,
    },
    /// Delete an API key.
    DeleteKey {
        /// Which key; not the account's own one.
        id: KeyId,
    },
    /// Take changes back, if nothing newer stands in the way.
    Revert {
        /// What happened, newest first.
        changes: Vec<PastChange>,
        /// Skills that were deleted since and the last names that they had, as far as they are
        /// known: to tell of them.
        gone: Vec<(SkillId, SkillName)>,
    },
    /// Make `issued` the account's token.
    IssueToken {
        /// The token to be.
        issued: IssuedToken,
    },
    /// Delete the account and all that belongs to it.
    DeleteAccount,
    /// Do this to an account whose settings are these: refused if they are others by now.
    Expecting {
        /// The settings.
        settings: Settings,
        /// What to do.
        command: Box<Command>,
    },
}

/// An existing phone as somebody names it. Whatever is given must be of the same phone.
#[derive(Debug, Clone, Default)]
pub struct PhoneLookup {
    /// Its id, if it was given.
    pub id: Option<PhoneId>,
    /// The number as it was written, if one was given. It need not be a valid number: then there
    /// is no such phone.
    pub number: Option<String>,
    /// The name, in any case, if one was given.
    pub name: Option<String>,
    /// What the phone is expected to be: refused if it is another by now.
    pub expected: Option<Box<Phone>>,
}

impl PhoneLookup {
    /// The phone with that number.
    #[allow(clippy::needless_pass_by_value, reason = "callers have texts as well as numbers")]
    pub fn by_number(number: impl ToString) -> Self {
        Self { number: Some(number.to_string()), ..Self::default() }
    }

    /// The phone with that id.
    pub fn by_id(id: PhoneId) -> Self {
        Self { id: Some(id), ..Self::default() }
    }
}

/// What a command wants of a phone's skills: all of it or, at any fault, nothing of it
/// (contract, "Skills").
#[derive(Debug, Clone, Default)]
pub struct SkillEdit {
    /// Names of all skills that it shall have, in place of those that it has.
    pub set: Option<Vec<String>>,
    /// Names of skills to unassign, which happens before any is assigned.
    pub unassign: Vec<String>,
    /// Names of skills to assign.
    pub assign: Vec<String>,
    /// A fault that the front end saw already.
    pub fault: Option<crate::rules::SkillFault>,
    /// Whether a fault refuses the whole command. The legacy endpoint saves the phone without
    /// its skills; everybody else can mend a command that is refused, while a phone half
    /// assigned would be found out only in a queue.
    pub is_strict: bool,
}

/// Skills that are asked for in two ways at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is given with assign or unassign, use one of the two ways")]
pub struct AmbiguousSkills;

impl SkillEdit {
    /// A strict edit: either all skills that the phone shall have, or some that it gets and loses.
    pub fn strict(
        set: Option<Vec<String>>,
        assign: Vec<String>,
        unassign: Vec<String>,
    ) -> Result<Self, AmbiguousSkills> {
        if set.is_some() && !(assign.is_empty() && unassign.is_empty()) {
            return Err(AmbiguousSkills);
        }
        Ok(Self { set, unassign, assign, fault: None, is_strict: true })
    }
}

/// One of several commands.
#[derive(Debug, Clone)]
pub struct Row {
    /// Where it stands in the file, counted from 1; only for reporting.
    pub line: u64,
    /// What to do.
    pub command: Command,
}

/// What several commands save.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saves {
    /// Every row, or none if one is refused.
    AllOrNothing,
    /// The rows that are not refused.
    GoodRows,
    /// Nothing: only say what would be refused.
    Nothing,
}

/// What becomes of the assignments of a skill that is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assigned {
    /// They are deleted as well.
    Unassigned,
    /// The skill is not deleted while there are any.
    Kept,
}

/// How a ring order shall be.
#[derive(Debug, Clone)]
pub enum RingOrder {
    /// These ring first, in this order; the others keep theirs and ring after them.
    First(Vec<PhoneLookup>),
    /// This order: each of the skill's phones once.
    Whole(Vec<PhoneLookup>),
    /// One of the phones rings at another place, counted from 1; the others keep their order.
    Move {
        /// The phone.
        phone: PhoneLookup,
        /// Its place from now on; beyond the end, the last one.
        place: usize,
    },
}

/// An API key to be.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What it is for.
    pub name: KeyName,
    /// What it is good for.
    pub scope: KeyScope,
    /// SHA-256 of the key.
    pub sha256: [u8; 32],
    /// Now, microseconds UTC.
    pub created_us: i64,
    /// From when on it is no longer valid, microseconds UTC, if ever.
    pub expires_us: Option<i64>,
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

/// The settings of an account that somebody has seen, without its key: whoever sets the others
/// does not see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How calls are authenticated.
    pub api_authentication: ApiAuthentication,
    /// The creation limit.
    pub phone_number_limit: u32,
}

impl Settings {
    /// Those of a profile.
    pub fn of(profile: &Profile) -> Self {
        let Profile { api_authentication, phone_number_limit, .. } = *profile;
        Self { api_authentication, phone_number_limit }
    }
}
