//! One tenant's state, as it is committed.

mod keys;
mod phones;
mod skills;
mod view;

pub use keys::{ApiKey, ApiKeys, KeyId, KeyName, KeyNameFault, KeyScope};
pub use phones::Phones;
pub use skills::Skills;
pub use view::View;

use crate::change::Change;
use crate::limits::PHONE_NUMBER_LIMIT_DEFAULT;
use crate::value::{Phone, PhoneId, SkillId, UserName};

/// Names an account for good: never given to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(pub u32);

impl std::fmt::Display for AccountId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The setting "API Authentication" (contract, "The state behind it").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ApiAuthentication {
    /// The header `apiKey` with each call.
    #[default]
    BasicAuth,
    /// A token made from the API key, for an hour at a time.
    TokenAuth,
}

impl ApiAuthentication {
    /// The name that the contract gives it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BasicAuth => "BASIC_AUTH",
            Self::TokenAuth => "TOKEN_AUTH",
        }
    }

    /// The setting with that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::BasicAuth, Self::TokenAuth].into_iter().find(|setting| setting.as_str() == name)
    }
}

/// The settings of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The tenant's name, unique over all accounts.
    pub user_name: UserName,
    /// SHA-256 of the API key. The key itself is kept nowhere.
    pub api_key_sha256: [u8; 32],
    /// How calls are authenticated.
    pub api_authentication: ApiAuthentication,
    /// "Phone Number Creation Limit": no action may leave more numbers than this.
    pub phone_number_limit: u32,
}

impl Profile {
    /// The settings of a new account that asks for nothing special.
    pub fn new(user_name: UserName, api_key_sha256: [u8; 32]) -> Self {
        Self {
            user_name,
            api_key_sha256,
            api_authentication: ApiAuthentication::default(),
            phone_number_limit: PHONE_NUMBER_LIMIT_DEFAULT,
        }
    }
}

/// A token that was issued. Only the newest one of an account is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedToken {
    /// SHA-256 of the token. The token itself is kept nowhere.
    pub sha256: [u8; 32],
    /// When it was issued, microseconds UTC.
    pub issued_us: i64,
    /// From when on it is no longer valid, microseconds UTC.
    pub expires_us: i64,
}

/// The tokens of an account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tokens {
    /// The newest one.
    pub newest: Option<IssuedToken>,
    /// When the ones within the last hour were issued, oldest first.
    pub issued_us: Vec<i64>,
}

/// The counters of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counters {
    /// How many changes the account has seen. Two states with the same version are the same.
    pub version: u64,
    /// The id of the next phone.
    pub next_phone_id: u32,
    /// The id of the next skill.
    pub next_skill_id: u32,
}

impl Counters {
    /// Those of a new account, which exists by its first change.
    pub const NEW: Self = Self { version: 1, next_phone_id: 1, next_skill_id: 1 };

    /// Counts a change.
    pub fn count(&mut self, change: &Change) {
        self.version += 1;
        match change {
            Change::Phone { id, .. } => self.next_phone_id = self.next_phone_id.max(id.0 + 1),
            Change::Skill { id, .. } => self.next_skill_id = self.next_skill_id.max(id.0 + 1),
            Change::Profile { .. }
            | Change::Key { .. }
            | Change::Token { .. }
            | Change::AccountDeleted => {}
        }
    }
}

/// One tenant's state, as it is committed: settings, skills, phones.
#[derive(Debug, Clone)]
pub struct Account {
    /// Which account it is.
    pub id: AccountId,
    /// Its settings.
    pub profile: Profile,
    /// Its tokens.
    pub tokens: Tokens,
    /// Its API keys beside the one among the settings.
    pub keys: ApiKeys,
    /// Its skills.
    pub skills: Skills,
    /// Its phones.
    pub phones: Phones,
    /// Its counters.
    pub counters: Counters,
}

impl Account {
    /// An account without skills and phones.
    pub fn new(id: AccountId, profile: Profile, counters: Counters) -> Self {
        Self {
            id,
            profile,
            tokens: Tokens::default(),
            keys: ApiKeys::default(),
            skills: Skills::default(),
            phones: Phones::default(),
            counters,
        }
    }

    /// Puts a stored phone in, or takes it out, without counting a change: for loading, and for
    /// following what another process did.
    pub fn set_phone(&mut self, id: PhoneId, phone: Option<Phone>) {
        if let Some(phone) = &phone {
            self.skills.saw(&phone.skills);
        }
        self.phones.set(id, phone);
    }

    /// Takes over the skills as another process left them. The ends of the ring orders stay.
    pub fn follow_skills(&mut self, mut skills: Skills) {
        skills.take_last_positions(&self.skills);
        self.skills = skills;
    }

    /// Carries a committed change out.
    pub fn apply(&mut self, change: Change) {
        self.counters.count(&change);
        match change {
            Change::Phone { id, after, .. } => self.set_phone(id, after),
            Change::Skill { id, after: Some(name), .. } => self.skills.set(id, name),
            Change::Skill { id, after: None, .. } => self.skills.remove(id),
            Change::Profile { after, .. } => self.profile = after,
            Change::Key { id, after, .. } => self.keys.set(id, after),
            Change::Token { issued } => self.tokens.issue(issued),
            Change::AccountDeleted => {
                self.phones = Phones::default();
                self.skills = Skills::default();
            }
        }
    }

    /// The phones of a skill in ring order.
    pub fn ring_order(&self, skill: SkillId) -> Vec<(PhoneId, &Phone)> {
        let mut ring: Vec<_> = self
            .phones
            .iter()
            .filter_map(|(id, phone)| Some((phone.skills.get(skill)?.position(), id, phone)))
            .collect();
        ring.sort_unstable_by_key(|(position, id, _)| (*position, *id));
        ring.into_iter().map(|(_, id, phone)| (id, phone)).collect()
    }

    /// About how many bytes of memory the account takes.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.phones.bytes() + self.skills.bytes()
    }
}

impl Tokens {
    /// Makes `issued` the newest token and forgets issues that count no more.
    pub fn issue(&mut self, issued: IssuedToken) {
        let oldest_us = issued.issued_us - crate::limits::TOKEN_WINDOW_US;
        self.issued_us.retain(|at_us| *at_us > oldest_us);
        self.issued_us.push(issued.issued_us);
        self.newest = Some(issued);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Assignment, PhoneName, PhoneNumber, SkillName};

    fn account() -> Account {
        let profile = Profile::new(UserName::parse("demo").unwrap(), [1; 32]);
        let mut account = Account::new(AccountId(1), profile, Counters::NEW);
        account.skills.set(SkillId(1), SkillName::parse("QA").unwrap());
        account
    }

    fn phone(n: u32, position: u64) -> Phone {
        Phone {
            number: PhoneNumber::parse(&format!("+{n:03}")).unwrap(),
            name: PhoneName::parse(&format!("Agent-{n}")).unwrap(),
            skills: [Assignment::new(SkillId(1), position)].into_iter().collect(),
        }
    }

    fn ring(account: &Account) -> Vec<u32> {
        account.ring_order(SkillId(1)).iter().map(|(id, _)| id.0).collect()
    }

    #[test]
    fn a_ring_order_goes_by_position_and_then_by_id() {
        let mut account = account();
        for (id, position) in [(1, 9), (2, 4), (3, 9), (4, 4), (5, 1)] {
            account.set_phone(PhoneId(id), Some(phone(id, position)));
        }
        assert_eq!(ring(&account), [5, 2, 4, 1, 3]);
        account.set_phone(PhoneId(4), None);
        assert_eq!(ring(&account), [5, 2, 1, 3]);
        // So many that a sort which is not stable would mix them.
        for id in 1..=100 {
            account.set_phone(PhoneId(id), Some(phone(id, u64::from(id * 7 % 3))));
        }
        let at = |rest| (1..=100).filter(move |id| id * 7 % 3 == rest);
        assert_eq!(ring(&account), at(0).chain(at(1)).chain(at(2)).collect::<Vec<_>>());
        assert!(account.ring_order(SkillId(2)).is_empty());
    }

    #[test]
    fn loading_counts_no_change_and_finds_the_end_of_the_ring_order() {
        let mut account = account();
        account.set_phone(PhoneId(1), Some(phone(1, 7)));
        assert_eq!(account.counters, Counters::NEW);
        assert_eq!(View::new(&account).next_position(SkillId(1)), 8);
    }

    #[test]
    fn a_deleted_phone_gives_its_id_to_no_other() {
        let mut account = account();
        let (before, after) = (None, Some(phone(1, 1)));
        account.apply(Change::Phone { id: PhoneId(1), before, after: after.clone() });
        account.apply(Change::Phone { id: PhoneId(1), before: after, after: None });
        assert_eq!(account.counters, Counters { version: 3, next_phone_id: 2, next_skill_id: 1 });
    }

    #[test]
    fn a_larger_account_takes_more_memory() {
        let mut account = account();
        let empty = account.bytes();
        account.set_phone(PhoneId(1), Some(phone(1, 1)));
        assert!(account.bytes() > empty);
    }
}
