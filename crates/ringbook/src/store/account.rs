//! What is read of an account where not all of it is wanted.

use directory::routing::Routing;
use directory::{
    Account, AccountId, ApiKeys, Counters, Phone, PhoneId, PhonesBuilder, Profile, Skills, Tokens,
};

use super::StoreError;

/// An account without its skills, routing settings and phones.
#[derive(Debug, Clone)]
pub struct AccountHead {
    /// Which account.
    pub id: AccountId,
    /// Its settings.
    pub profile: Profile,
    /// Its tokens.
    pub tokens: Tokens,
    /// Its API keys beside the one among the settings.
    pub keys: ApiKeys,
    /// Its counters.
    pub counters: Counters,
}

impl AccountHead {
    /// Of an account.
    pub fn of(account: &Account) -> Self {
        let Account { id, profile, tokens, keys, counters, .. } = account;
        let (profile, tokens, keys) = (profile.clone(), tokens.clone(), keys.clone());
        Self { id: *id, profile, tokens, keys, counters: *counters }
    }

    /// The whole account.
    pub(super) fn with(self, skills: Skills, routing: Routing, phones: PhonesBuilder) -> Account {
        let empty = Account::new(self.id, self.profile, self.counters);
        let mut account =
            Account { tokens: self.tokens, keys: self.keys, skills, routing, ..empty };
        account.load_phones(phones);
        account
    }
}

/// The account of a `userName`, if there is one.
pub type FoundAccount = Result<Option<AccountHead>, StoreError>;

/// What other processes changed in an account since a version.
#[derive(Debug)]
pub enum CatchUp {
    /// Nothing.
    Current,
    /// These phones, and perhaps the settings and skills.
    Rows {
        /// The settings, tokens and counters now.
        head: Box<AccountHead>,
        /// The skills now.
        skills: Skills,
        /// All routing settings now, if some of them were changed.
        routing: Option<Routing>,
        /// The changed phones as they are now, each with its version; none for a deleted one.
        phones: Vec<(PhoneId, Option<(Phone, u64)>)>,
        /// Whether values were erased, which are to be forgotten wherever they are.
        has_erased: bool,
    },
    /// Too many changes, or too old: load the account again.
    Reload,
    /// The account was deleted.
    Gone,
}

/// An account in a list.
#[derive(Debug, Clone)]
pub struct AccountSummary {
    /// Its settings and counters.
    pub head: AccountHead,
    /// How many phones it has.
    pub phone_count: u64,
    /// How many skills it has.
    pub skill_count: u64,
}

/// An account of a list that cannot be read.
#[derive(Debug)]
pub struct DamagedAccount {
    /// Its `userName`, which may be no valid one.
    pub user_name: String,
    /// What is wrong.
    pub error: StoreError,
}

/// An account of a list. One that is damaged does not hide the others.
pub type ListedAccount = Result<AccountSummary, DamagedAccount>;
