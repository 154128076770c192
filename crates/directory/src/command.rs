//! Commands: requests to change an account.

use crate::delta::RecordedChange;
use crate::routing::Setting;
use crate::skill_fault::SkillFault;
use crate::value::{
    ApiAuthentication, IssuedToken, KeyId, KeyName, KeyScope, PhoneId, PhoneName, PhoneNumber,
    SkillName,
};

/// A parsed request to change one account.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the docstring of a command says what its values are")]
pub enum Command {
    /// Create a phone. Its skills are an edit that starts from none.
    CreatePhone { number: PhoneNumber, name: PhoneName, skills: SkillEdit },
    /// Edit a phone. Absent values remain.
    EditPhone {
        phone: PhoneLookup,
        number_new: Option<PhoneNumber>,
        name_new: Option<PhoneName>,
        skills: SkillEdit,
    },
    /// Edit the phone that has the id, or else the number. Create it if there is no id, and no phone
    /// has the number; it needs a name then. Absent values remain. Unless the id is trusted, it counts
    /// only if the phone has the number or the name too: an id of another account must not make a
    /// stranger of it.
    UpsertPhone {
        id: Option<PhoneId>,
        number: Option<PhoneNumber>,
        name: Option<PhoneName>,
        skills: SkillEdit,
        trusts_id: bool,
    },
    /// Delete a phone.
    DeletePhone { phone: PhoneLookup },
    /// Execute many commands, each decided after the ones before it. Where all of them are saved or
    /// none, phones are named as they were before all of them, or else as one of them made them, and
    /// numbers and names have to be unique only after the last one. None of them is a `Several`.
    Several { rows: Vec<Row>, mode: SaveMode },
    /// Create skills, none of which may exist.
    CreateSkills { names: Vec<SkillName> },
    /// Rename a skill. Its assignments and its ring order remain.
    RenameSkill { name: String, name_new: SkillName },
    /// Delete skills.
    DeleteSkills { names: Vec<String>, if_assigned: IfAssigned },
    /// Change the ring order of a skill: refused if there is an expected
    /// [`Account::ring_version`](crate::Account::ring_version) that is stale.
    OrderSkill { name: String, order: RingOrder, expected_version: Option<u64> },
    /// Edit the account's settings.
    EditProfile(ProfileEdit),
    /// Edit routing settings, in order; the others remain. `expected_version` is
    /// [`View::routing_version`](crate::View::routing_version) as the caller knows it: refused if it is
    /// stale.
    EditRouting { of: RoutingOf, edits: Vec<SettingEdit>, expected_version: Option<u64> },
    /// Create an API key.
    CreateKey(NewKey),
    /// Change the name or the expiry of an API key; `Some(None)` is never.
    EditKey { id: KeyId, name: Option<KeyName>, expires_us: Option<Option<i64>> },
    /// Replace an API key, which may be the main one, by a new one with the same name and scope. The old
    /// key remains valid for an overlap. Times are microseconds UTC.
    RotateKey { id: KeyId, sha256: [u8; 32], now_us: i64, old_expires_us: i64 },
    /// Delete an API key, but not the main one.
    DeleteKey { id: KeyId },
    /// Revert changes, newest first, unless newer ones block that.
    Revert { changes: Vec<RecordedChange>, mode: SaveMode },
    /// Make `issued` the account's token.
    IssueToken { issued: IssuedToken },
    /// Delete the account with all its data.
    DeleteAccount,
    /// Execute a command if the settings of the account have this version: refused if it is stale.
    Expecting { settings_version: u64, command: Box<Command> },
}

/// How an existing phone is looked up. All given fields must belong to the same phone.
#[derive(Debug, Clone, Default)]
pub struct PhoneLookup {
    /// Its id, if it was given.
    pub id: Option<PhoneId>,
    /// The number as it was written, if one was given. No phone is found if it is not a valid
    /// number.
    pub number: Option<String>,
    /// The name, in any case, if one was given.
    pub name: Option<String>,
    /// [`View::phone_version`](crate::View::phone_version) as the caller knows it: refused if it
    /// is stale.
    pub expected_version: Option<u64>,
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

/// An edit of the skills of a phone. It is done as a whole, or not at all if it has a fault
/// (contract, "Skills").
#[derive(Debug, Clone, Default)]
pub struct SkillEdit {
    /// The complete new set of skills.
    pub set: Option<Vec<String>>,
    /// Ring positions that skills of the set get, from 1 to
    /// [`RING_POSITION_MAX`](crate::limits::RING_POSITION_MAX). The others keep theirs, or ring last.
    pub positions: Vec<(String, u64)>,
    /// Skills to unassign, which happens first.
    pub unassign: Vec<String>,
    /// Skills to assign.
    pub assign: Vec<String>,
    /// A fault that the front end has found.
    pub fault: Option<SkillFault>,
    /// Whether a fault refuses the whole command. Only the legacy endpoint saves the phone without
    /// its skills: others can correct a refused command, while a missing assignment would be
    /// noticed only in a queue.
    pub is_strict: bool,
}

/// A set of skills was given together with skills to assign or unassign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is given with assign or unassign, use one of the two ways")]
pub struct AmbiguousSkills;

impl SkillEdit {
    /// A strict edit, either by a complete set or by skills to assign and unassign.
    pub fn strict(
        set: Option<Vec<String>>,
        assign: Vec<String>,
        unassign: Vec<String>,
    ) -> Result<Self, AmbiguousSkills> {
        if set.is_some() && !(assign.is_empty() && unassign.is_empty()) {
            return Err(AmbiguousSkills);
        }
        Ok(Self { set, unassign, assign, is_strict: true, ..Self::default() })
    }
}

/// One of several commands.
#[derive(Debug, Clone)]
pub struct Row {
    /// The line in the file, counted from 1, for messages.
    pub line: u64,
    /// The command.
    pub command: Command,
    /// Whether its number may have lost a `+` or zeros before it in a spreadsheet, so that it is
    /// refused where a phone has it with them.
    pub may_be_cut: bool,
}

/// Which rows of several commands are saved, or which of several changes are reverted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaveMode {
    /// Every row, or none if one is refused.
    AllOrNothing,
    /// The rows that are not refused.
    GoodRows,
    /// None: a dry run.
    Nothing,
}

/// What happens if a skill to delete is assigned to phones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfAssigned {
    /// The assignments are deleted as well.
    Unassign,
    /// The deletion is refused.
    Refuse,
}

/// A new ring order.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the docstring of an order says what its values are")]
pub enum RingOrder {
    /// These phones ring first, in this order. The others ring after them in their current order.
    First(Vec<PhoneLookup>),
    /// The complete order, with each phone of the skill once.
    Whole(Vec<PhoneLookup>),
    /// One phone moves to the position, counted from 1; a higher one than the last is the last. The
    /// others keep their order.
    Move { phone: PhoneLookup, position: usize },
}

/// Whose routing settings are edited: a skill is named by its id or its name.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "they are named as what they name")]
pub enum RoutingOf {
    Account,
    Skill(String),
    Phone(PhoneLookup),
}

/// An edit of a routing setting.
#[derive(Debug, Clone)]
pub struct SettingEdit {
    /// Of a phone: the skill that it is for, by its id or name, if it is not for all.
    pub in_skill: Option<String>,
    /// Which setting.
    pub setting: Setting,
    /// The text of its new value, of an overflow the id or name of the skill; `None` removes it.
    pub value: Option<String>,
}

/// A new API key.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What it is for.
    pub name: KeyName,
    /// What it is allowed to do.
    pub scope: KeyScope,
    /// SHA-256 of the key.
    pub sha256: [u8; 32],
    /// Now, microseconds UTC.
    pub created_us: i64,
    /// When it expires, microseconds UTC, if ever.
    pub expires_us: Option<i64>,
}

/// New settings of an account. Absent ones remain.
#[derive(Debug, Clone, Default)]
pub struct ProfileEdit {
    /// SHA-256 of a new API key.
    pub api_key_sha256: Option<[u8; 32]>,
    /// The new way of authentication.
    pub api_authentication: Option<ApiAuthentication>,
    /// The new creation limit.
    pub phone_number_limit: Option<u32>,
}
