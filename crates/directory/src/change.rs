//! Changes of an account.

use crate::account::{Counters, Skills};
use crate::delta::SkillNames;
use crate::routing::{self, Settings, Subject, changed};
use crate::value::{
    ApiKey, IssuedToken, KeyId, Phone, PhoneId, Profile, SkillId, SkillName, SkillSet, UserName,
    named,
};

/// One change of an account: one row of the history. It raises the version of the account by one,
/// and has the values before and after, so that it can be read and reverted by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "what is changed is what it was and is")]
pub enum Change {
    /// A phone was created (`before` is absent), edited, or deleted (`after` is absent).
    Phone { id: PhoneId, before: Option<Phone>, after: Option<Phone> },
    /// A skill was created (`before` is absent), renamed, or deleted (`after` is absent).
    /// A skill is deleted only once no phone has it.
    Skill { id: SkillId, before: Option<SkillName>, after: Option<SkillName> },
    /// The settings of the account were edited.
    Profile { before: Profile, after: Profile },
    /// An API key was made (`before` is absent), edited, or deleted (`after` is absent).
    Key { id: KeyId, before: Option<ApiKey>, after: Option<ApiKey> },
    /// The routing settings of the account, of a skill or of a phone were edited. Those of a skill or a
    /// phone that is deleted are removed before it.
    Routing { subject: Subject, before: Settings, after: Settings },
    /// This token was issued; the earlier one is no longer valid.
    Token { issued: IssuedToken },
    /// The account of this `userName` was deleted. No change follows but its erasure.
    AccountDeleted(UserName),
}

named! {
    /// The kind of a change.
    #[allow(missing_docs, reason = "their names say it")]
    pub enum Kind {
        CreatePhone = "phone.create",
        EditPhone = "phone.edit",
        DeletePhone = "phone.delete",
        /// The numbers and names of a deleted phone were erased from all that is kept.
        ErasePhone = "phone.erase",
        CreateSkill = "skill.create",
        RenameSkill = "skill.rename",
        DeleteSkill = "skill.delete",
        CreateAccount = "account.create",
        EditAccount = "account.edit",
        EditAccountRouting = "account.routing",
        EditSkillRouting = "skill.routing",
        EditPhoneRouting = "phone.routing",
        CreateKey = "key.create",
        /// An API key was renamed, or expires at another time.
        EditKey = "key.edit",
        DeleteKey = "key.delete",
        IssueToken = "token.issue",
        DeleteAccount = "account.delete",
        /// The earlier history of the deleted account was erased.
        EraseAccount = "account.erase",
    }
}

/// The first word of a name is what the change is about.
impl Kind {
    /// Whether it is about a phone.
    pub fn is_of_phone(self) -> bool {
        self.as_str().starts_with("phone.")
    }

    /// Whether it is about a skill.
    pub fn is_of_skill(self) -> bool {
        self.as_str().starts_with("skill.")
    }

    /// Whether it is about routing settings.
    pub fn is_of_routing(self) -> bool {
        self.as_str().ends_with(".routing")
    }

    /// Whether it is about an API key.
    pub fn is_of_key(self) -> bool {
        self.as_str().starts_with("key.")
    }
}

impl Change {
    /// The kind of this change.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Phone { before: None, .. } => Kind::CreatePhone,
            Self::Phone { after: None, .. } => Kind::DeletePhone,
            Self::Phone { .. } => Kind::EditPhone,
            Self::Skill { before: None, .. } => Kind::CreateSkill,
            Self::Skill { after: None, .. } => Kind::DeleteSkill,
            Self::Skill { .. } => Kind::RenameSkill,
            Self::Profile { .. } => Kind::EditAccount,
            Self::Key { before: None, .. } => Kind::CreateKey,
            Self::Key { after: None, .. } => Kind::DeleteKey,
            Self::Key { .. } => Kind::EditKey,
            Self::Routing { subject: Subject::Account, .. } => Kind::EditAccountRouting,
            Self::Routing { subject: Subject::Skill(_), .. } => Kind::EditSkillRouting,
            Self::Routing { subject: Subject::Phone(_), .. } => Kind::EditPhoneRouting,
            Self::Token { .. } => Kind::IssueToken,
            Self::AccountDeleted(_) => Kind::DeleteAccount,
        }
    }

    /// The names of the skills in the assignments that it adds or removes, or in the routing settings that
    /// it edits, by the skills just before it. A change of a skill itself has its names.
    pub fn skill_names(&self, skills: &Skills) -> SkillNames {
        let mut names = SkillNames::new();
        let mut add = |id| names.extend(skills.name(id).map(|name| (id, name.clone())));
        match self {
            Self::Phone { before, after, .. } => {
                let none = SkillSet::default();
                let [before, after] = [before, after]
                    .map(|phone| phone.as_ref().map_or(&none, |phone| &phone.skills));
                before.not_in(after).chain(after.not_in(before)).for_each(|held| add(held.skill()));
            }
            Self::Routing { before, after, .. } => {
                for key in changed([before, after]) {
                    let values = [before, after].into_iter().filter_map(|side| side.get(&key));
                    values.flat_map(|value| routing::skills(key, value)).for_each(&mut add);
                }
            }
            _ => {}
        }
        names
    }

    /// Of a change that is not made, puts an id that names nothing in place of one that the account
    /// with these counters has not given yet.
    pub fn forget_new_id(&mut self, counters: &Counters) {
        match self {
            Self::Phone { id, .. } | Self::Routing { subject: Subject::Phone(id), .. }
                if id.0 >= counters.next_phone_id =>
            {
                *id = PhoneId::NONE;
            }
            Self::Skill { id, .. } | Self::Routing { subject: Subject::Skill(id), .. }
                if id.0 >= counters.next_skill_id =>
            {
                *id = SkillId::NONE;
            }
            Self::Key { id, after, .. } if id.0 > counters.version => {
                *id = KeyId::NONE;
                if let Some(key) = after {
                    key.id = KeyId::NONE;
                }
            }
            _ => {}
        }
    }

    /// The id of the phone, skill or key that it is about.
    pub fn subject_id(&self) -> Option<u64> {
        match self {
            Self::Phone { id, .. } | Self::Routing { subject: Subject::Phone(id), .. } => {
                Some(id.0.into())
            }
            Self::Skill { id, .. } | Self::Routing { subject: Subject::Skill(id), .. } => {
                Some(id.0.into())
            }
            Self::Key { id, .. } => Some(id.0),
            Self::Routing { subject: Subject::Account, .. }
            | Self::Profile { .. }
            | Self::Token { .. }
            | Self::AccountDeleted(_) => None,
        }
    }
}
